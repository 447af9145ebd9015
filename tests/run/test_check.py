"""One source through the rules: nothing that is read can make it raise."""

from __future__ import annotations

import gc
import inspect
import threading
from typing import TYPE_CHECKING, ClassVar

import hypothesis
import hypothesis.strategies as st
import libcst as cst
import pytest

from conclint import packs
from conclint.draft import Change, Note, Remedy, Report
from conclint.finding import Edit, Fix, Related, Severity, Span
from conclint.rule import ModuleRule, ProgramRule, SourceRule
from conclint.run.check import check_source
from conclint.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.errors import SyntaxFailure
    from conclint.model import ModuleModel
    from conclint.program import Program


class Calls(ModuleRule):
    """Reports every call."""

    code: ClassVar[str] = "TST001"
    name: ClassVar[str] = "calls"

    def check(self, module: ModuleModel) -> Iterator[Report]:
        for scope in module.scopes:
            for call in scope.calls:
                remedy = Remedy("leave it out", (Change(call, "None"),), safe=True)
                yield Report(call, f"'{module.label(call.func)}' is called", (Note(call.func, "this"),), remedy)


class Everything(ModuleRule):
    """Asks the model for all it knows."""

    code: ClassVar[str] = "TST002"
    name: ClassVar[str] = "everything"

    def check(self, module: ModuleModel) -> Iterator[Report]:
        for scope in module.scopes:
            for node in (*scope.names, *scope.calls, *scope.attributes):
                assert module.values(node)
                module.repeats(node)
        for function in module.functions:
            module.locks.held_at(function)
            module.locks.effect(function)
        assert module.sites is not None
        assert module.events is not None
        assert module.roots is not None
        assert module.leaks is not None
        yield from ()


class Failing(ModuleRule):
    """Fails after its first report."""

    code: ClassVar[str] = "TST003"
    name: ClassVar[str] = "failing"

    def check(self, module: ModuleModel) -> Iterator[Report]:
        yield Report(module.tree.module, "the module")
        raise LookupError("no such thing")


class Broken(SourceRule):
    """Reports text that is no Python."""

    code: ClassVar[str] = "TST004"
    name: ClassVar[str] = "broken"

    def check(self, source: Source, failure: SyntaxFailure) -> Iterator[Report]:
        span = Span(failure.line, failure.column, failure.line, failure.column)
        yield Report(span, failure.reason, remedy=Remedy("mend it", (Edit(span, ""),), safe=False))


class Needy(Calls):
    """Wants a word in the text."""

    code: ClassVar[str] = "TST005"
    needles: ClassVar[tuple[str, ...]] = ("threading", "lock")


class OfPrograms(ProgramRule):
    """Is none for one source."""

    code: ClassVar[str] = "TST006"
    name: ClassVar[str] = "of-programs"

    def check(self, program: Program) -> Iterator[Report]:
        raise AssertionError("not asked for a file")


RULES = [Calls(), Everything(), Broken(), OfPrograms()]


def test_a_report_becomes_a_finding() -> None:
    result = check_source(Source("a.py", "class C:\n    def m(self):\n        f(1)\n"), [Calls()])
    (finding,) = result.findings
    assert finding.path == "a.py"
    assert finding.span == Span(3, 9, 3, 13)
    assert (finding.code, finding.name, finding.severity) == ("TST001", "calls", Severity.ERROR)
    assert finding.message == "'f' is called"
    assert finding.context == "C.m"
    assert finding.related == (Related("a.py", Span(3, 9, 3, 10), "this"),)
    assert finding.fix == Fix("leave it out", (Edit(Span(3, 9, 3, 13), "None"),), safe=True)
    assert result.failures == ()
    assert result.summary is not None


def test_places_are_those_of_the_document_around_a_fragment() -> None:
    source = Source("a.md", "x = 1\nf()\n", first_line=10, indent=4, fragment=True)
    (finding,) = check_source(source, [Calls()]).findings
    assert finding.span == Span(11, 5, 11, 8)
    assert finding.related[0].span == Span(11, 5, 11, 6)
    assert finding.fix is not None
    assert finding.fix.edits[0].span == Span(11, 5, 11, 8)


def test_a_rule_that_fails_costs_nothing_but_itself() -> None:
    result = check_source(Source("a.py", "f()\n"), [Failing(), Calls()])
    assert "TST001" in {finding.code for finding in result.findings}
    (failure,) = result.failures
    assert failure.internal
    assert failure.path == "a.py"
    assert "TST003" in failure.message
    assert "no such thing" in failure.message


def test_broken_text_is_for_source_rules_alone() -> None:
    result = check_source(Source("a.py", "x = = 1\nf()\n"), [Calls(), Broken(), OfPrograms()])
    (finding,) = result.findings
    assert (finding.code, finding.span.line, finding.span.column) == ("TST004", 1, 5)
    assert finding.fix is not None
    assert not finding.fix.safe
    assert result.failures == ()
    assert result.summary is None


def test_good_text_is_not_for_source_rules() -> None:
    assert check_source(Source("a.py", "f = 1\n"), [Broken(), OfPrograms()]).findings == ()


@pytest.mark.parametrize(("text", "found"), [("f()\n", 0), ("f()  # threading\n", 1), ("block()\n", 1)])
def test_a_rule_is_asked_when_one_of_its_words_is_there(text: str, found: int) -> None:
    assert len(check_source(Source("a.py", text), [Needy()]).findings) == found


def test_no_summary_is_made_when_none_is_wanted() -> None:
    assert check_source(Source("a.py", "x = 1\n"), [], summarise=False).summary is None


def test_a_long_chain_is_looked_at_all_the_same() -> None:
    for text in ("x = " + " + ".join(["f()"] * 300) + "\n", "if a: f()\n" + "elif b: f()\n" * 300):
        result = check_source(Source("a.py", text), [Calls(), Everything()])
        assert len(result.findings) >= 300
        assert result.failures == ()


def test_what_is_nested_beyond_reach_is_a_failure_of_the_text() -> None:
    for text in ("x = " + "not " * 2_500 + "f()\n", "x = a" + ".b" * 1_800 + "()\n"):
        result = check_source(Source("a.py", text), RULES)
        assert all(not failure.internal for failure in result.failures)


@hypothesis.given(st.text())
@hypothesis.settings(deadline=None)
def test_any_text_gives_findings_or_none_and_no_failure(text: str) -> None:
    assert check_source(Source("a.py", text), RULES).failures == ()


_PIECES = st.sampled_from(
    [
        "import threading",
        "from threading import *",
        "lock = threading.Lock()",
        "with lock:",
        "with lock as x, y:",
        "lock.acquire()",
        "if lock.acquire(False):",
        "lock.release()",
        "def f(x=lock):",
        "async def g():",
        "class C(threading.Thread):",
        "self.lock = lock",
        "threading.Thread(target=f, args=(1,)).start()",
        "try:",
        "except OSError as lock:",
        "else:",
        "finally:",
        "while True:",
        "for lock in [lock]:",
        "match lock:",
        "case [lock, *x]:",
        "return lock",
        "yield",
        "break",
        "continue",
        "raise",
        "global lock",
        "nonlocal x",
        "del lock",
        "lock += 1",
        "lambda: (yield)",
        "[lock for lock in lock if (x := lock)]",
        "await lock",
        "pass",
        "if __name__ == '__main__':",
    ]
)


@hypothesis.given(st.lists(st.tuples(_PIECES, st.integers(-2, 1)), max_size=25))
@hypothesis.settings(deadline=None, max_examples=200)
def test_any_program_gives_findings_or_none_and_no_failure(pieces: list[tuple[str, int]]) -> None:
    """Statements in any order, blocks opened and closed at will: what `return` stands in a class may well be odd."""
    lines, depth = [], 0
    for piece, step in pieces:
        lines.append("    " * depth + piece)
        if piece.endswith(":"):
            depth += 1
            lines.append("    " * depth + "pass")
        elif step < 0:
            depth = max(0, depth + step)
    assert check_source(Source("a.py", "\n".join(lines) + "\n"), RULES).failures == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "x = '\ud800'\n",
        "\ufeff\ufeffx = 1\n",
        "x = " + "(" * 2_000 + ")" * 2_000 + "\n",
        "x = a" + ".b" * 700 + "()\n",
        "x = " + "f(" * 140 + ")" * 140 + "\n",
        "x = " + "not " * 700 + "f()\n",
        "x = " + " + ".join(["f()"] * 500) + "\n",
        "if a: f()\n" + "elif b: f()\n" * 300,
        "".join(" " * depth + "with lock:\n" for depth in range(95)) + " " * 95 + "f()\n",
        "def f():\n" + "  try: f()\n  finally: f()\n" * 300,
        "".join(f"def f{i}(): f{i + 1}()\n" for i in range(1_500)),
        "".join(f"a{i} = a{i + 1}\n" for i in range(1_500)) + "a0()\n",
        "a = a.a\nclass C(C): C = C\nlambda: (lambda: a)\n",
        "return\nyield\nbreak\nawait x\n*a\n",
    ],
    ids=range(16),
)
def test_monstrous_text_gives_findings_or_none_and_no_failure(text: str) -> None:
    assert check_source(Source("a.py", text), RULES).failures == ()


def test_a_checked_file_leaves_the_garbage_collector_little_to_do() -> None:
    source = Source("threading.py", inspect.getsource(threading))
    rules = packs.installed_rules()
    check_source(source, rules)  # reads what is read once
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(one, cst.CSTNode) for one in gc.get_objects())
        check_source(source, rules)
        left = sum(isinstance(one, cst.CSTNode) for one in gc.get_objects()) - before
    finally:
        gc.enable()
    assert left < 500, "of some 14,000 nodes"
