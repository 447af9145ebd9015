"""The Python of Markdown documents, and where it stands there."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conclint.finding import Span
from conclint.source.lines import split_lines, without_end
from conclint.source.markdown import fences
from conclint.source.source import Source


def only(text: str) -> Source:
    (source,) = fences("x.md", text)
    return source


def texts(text: str) -> list[str]:
    return [source.text for source in fences("x.md", text)]


def assert_maps(document: str, sources: list[Source]) -> None:
    """Each sign of a fragment must stand in the document where its position says."""
    lines = [without_end(line) for line in split_lines(document)]
    for source in sources:
        for number, line in enumerate(split_lines(source.text), 1):
            for column, sign in enumerate(without_end(line), 1):
                if sign not in " \t":
                    at = source.in_document(Span(number, column, number, column + 1))
                    stands = lines[at.line - 1]
                    magic = "!!! note" in stands  # in a fence that is what IPython takes for a command
                    assert magic or stands[at.column - 1 : at.end_column - 1] == sign


CODE = st.lists(
    st.sampled_from(
        [
            *(
                "import threading",
                "t = Thread(target=f)",
                "",
                "",
                "    indented()",
                "\ttabbed()",
                "  ",
                "x = '``'",
            ),
            *(
                ">>> prompt()",
                "... more()",
                "...",
                "output",
                "# note",
                "```",
                "~~~",
                "> quote",
                "- item",
                "é，x",
            ),
        ]
    ),
    max_size=6,
)
CONTAINERS = st.lists(
    st.sampled_from(
        [
            ("", ""),
            ("> ", "> "),
            (">", ">"),
            ("- ", "  "),
            ("10. ", "    "),
            ("-\t", "\t"),
            ("  ", "  "),
            ("!!! note\n    ", "    "),
        ]
    ),
    max_size=4,
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Fences in lists, quotes and boxes in one another, and what looks like them."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        mark = draw(st.sampled_from(["```", "~~~", "````"]))
        info = draw(
            st.sampled_from(["python", "py title=x", "{.python}", "pycon", "text", "", "{code-block} python"])
        )
        lines = [mark + info, *draw(CODE), draw(st.sampled_from([mark, "", mark + mark]))]
        for first, rest in draw(CONTAINERS):
            start, _, last = first.rpartition("\n")
            lines = [line for line in [start] if line] + [
                last + lines[0],
                *((rest + line) for line in lines[1:]),
            ]
        parts += [*lines, draw(st.sampled_from(["", "text"]))]
    return draw(st.sampled_from(["\n", "\r\n", "\r"])).join(parts)


@given(documents())
def test_positions_are_those_of_the_document(document: str) -> None:
    assert_maps(document, fences("x.md", document))


@given(st.text(st.sampled_from("`~>- \t\n\rpython1.=:{}'\"x")))
def test_positions_hold_in_any_text(text: str) -> None:
    document = f"```python\n{text}\n```\n> ~~~ py\n{text}"
    assert_maps(document, fences("x.md", document))


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    for source in fences("x.md", text):
        assert source.fragment
        assert source.text.strip()


@pytest.mark.parametrize(
    "info",
    [
        *(
            "python",
            "py",
            "Python",
            "python3",
            "py3",
            "python3.12",
            "ipython",
            "ipython3",
            " python ",
            "testcode",
        ),
        *("{.python}", "{ .python .numberLines }", "{python}", "{python, echo=FALSE}", "{.py hl_lines='1'}"),
        *(
            "{code-block} python",
            "{code-cell} ipython3",
            "python title='x.py'",
            "python,ignore",
            "python:n",
            "py{1,3}",
        ),
    ],
)
def test_what_python_is_called(info: str) -> None:
    assert texts(f"```{info}\nx = 1\n```\n") == ["x = 1\n"]


@pytest.mark.parametrize(
    "info",
    [
        "",
        "text",
        "bash",
        "pytb",
        "python2",
        "cython",
        "rust python",
        "{.bash}",
        "{note} python",
        "console",
        "pyi",
    ],
)
def test_what_is_called_otherwise(info: str) -> None:
    assert texts(f"```{info}\nx = 1\n```\n") == []


def test_a_fence_is_a_fragment_with_its_place() -> None:
    source = only("# Title\r\n\r\n```python\r\nx = 1\r\n\r\ny = 2\r\n```\r\n")
    assert source == Source("x.md", "x = 1\r\n\r\ny = 2\r\n", first_line=4, fragment=True)


def test_each_fence_is_a_module_of_its_own() -> None:
    sources = fences("x.md", "```python\nx\n```\n```py\ny\n```\n")
    assert [(source.text, source.first_line) for source in sources] == [("x\n", 2), ("y\n", 5)]


def test_a_fence_in_a_list() -> None:
    source = only("1. Do\n\n   ```python\n   if x:\n       y\n\n   z\n   ```\n")
    assert source.text == "if x:\n    y\n\nz\n"
    assert not source.indented
    assert source.in_document(Span(2, 5, 2, 6)) == Span(5, 8, 5, 9)


def test_a_fence_in_a_quote() -> None:
    source = only("> Do\n> ~~~python\n> if x:\n>     y\n>\n> z\n> ~~~\n")
    assert source.text == "if x:\n    y\n\nz\n"
    assert source.in_document(Span(2, 5, 4, 2)) == Span(4, 7, 6, 4)


def test_a_fence_in_boxes() -> None:
    source = only("!!! note\n    ```python\n    x\n\n    y\n    ```\n")
    assert (source.text, source.margin(1), source.first_line) == ("x\n\ny\n", 4, 3)
    tabs = '=== "Threads"\n\n    Text\n\n    ```python\n    x\n    ```\n\n=== "Processes"\n\n    ```python\n    y\n    ```\n\nz\n'
    assert texts(tabs) == ["x\n", "y\n"]
    assert texts("- a\n\n    ??? tip\n        ```python\n        x\n        ```\n") == ["x\n"]
    assert texts("    !!! note\n        ```python\n        x\n        ```\n") == []


def test_an_indented_fence_is_the_inside_of_a_block() -> None:
    source = only("```python\n    with lock:\n        x += 1\n\n    y()\n```\n")
    assert source.text == "with lock:\n    x += 1\n\ny()\n"
    assert source.indented
    assert source.in_document(Span(2, 5, 2, 6)) == Span(3, 9, 3, 10)


def test_tabs_that_reach_over_the_edge_of_a_list_item() -> None:
    document = "- a\n\n\t```python\n\tif x:\n\t\ty\n\t```\n"
    source = only(document)
    assert source.text == "if x:\n\ty\n"
    assert_maps(document, [source])


@pytest.mark.parametrize("info", ["python", "pycon", "doctest"])
def test_prompts_are_taken_off(info: str) -> None:
    source = only(f"```{info}\n>>> with x:\n...     y()\n...\n42\n...\n>>> z\n>>>\n```\n")
    assert source.text == "with x:\n    y()\n\n\n\nz\n\n"
    assert source.in_document(Span(2, 5, 2, 8)) == Span(3, 9, 3, 12)


def test_prompts_of_ipython_are_taken_off() -> None:
    source = only("```ipython\nIn [1]: with x:\n   ...:     y()\n   ...:\nOut[1]: 3\n```\n")
    assert source.text == "with x:\n    y()\n\n\n"
    assert source.in_document(Span(2, 5, 2, 8)) == Span(3, 13, 3, 16)


def test_a_session_without_prompts_holds_no_python() -> None:
    assert texts("```pycon\nTraceback (most recent call last):\n```\n") == []


def test_a_docstring_with_a_session_is_no_session() -> None:
    body = 'def f():\n    """\n    >>> f()\n    """\n'
    assert texts(f"```python\n{body}```\n") == [body]


@pytest.mark.parametrize(
    ("code", "python"),
    [
        ("!pip install x\nx", "pass          \nx"),
        ("%timeit f()\n", "pass       \n"),
        ("if x:\n    !ls\n", "if x:\n    0  \n"),
        ("%%time\nx\n", "pass  \nx\n"),
        ("!pip install \\\n  x\ny", "pass          \n   \ny"),
        ("x = !ls -l\n", "x = None  \n"),
        ("x = %sql select\n", "x = None       \n"),
        ("f?\nf.g??\n?f\n", "0 \npass \n0 \n"),
        ("f(a\n  % b,\n  !x)\n", "f(a\n  % b,\n  !x)\n"),
        ("x = a \\\n  % b\n", "x = a \\\n  % b\n"),
        ('x = """\n%s\n!y\n"""\n', 'x = """\n%s\n!y\n"""\n'),
        ("x = a %b\n", "x = a %b\n"),
        ("f('x = %s' % y, !a)\n", "f('x = %s' % y, !a)\n"),
        ("x, y = !ls\n", "x, y = 0  \n"),
    ],
)
def test_lines_for_ipython_are_blanked_in_place(code: str, python: str) -> None:
    assert texts(f"```python\n{code.rstrip()}\n```\n") == [f"{python.rstrip(chr(10))}\n"]


def test_a_cell_in_another_language_is_none() -> None:
    assert texts("```ipython\n%%bash\nls\n```\n") == []


def test_options_of_directives_are_blanked() -> None:
    assert texts("```{code-block} python\n:linenos:\n:caption: x\n\nx\n```\n") == ["\n\n\nx\n"]
    assert texts("```{code-cell} python\n---\ntags: [a]\n---\nx\n```\n") == ["\n\n\nx\n"]
    assert texts("```python\n:x\n```\n") == [":x\n"]


def test_signs_of_other_keyboards_stay() -> None:
    assert texts("```python\nt = Thread（target=f）\n```\n") == ["t = Thread（target=f）\n"]


def test_the_parser_is_imported_for_documents_only() -> None:
    code = """
        import sys
        import conclint.source.markdown
        assert "markdown_it" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)
