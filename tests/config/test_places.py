"""Lines of keys and elements in TOML documents."""

import sys
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conclint.config import places

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DOCUMENT = '''\
# a comment with a = "b"
title = "x" # [no]
[owner]
name = """
not = 1
"quoted" ""\\"""" """""
'a.b'."c\\"d" . e = 1.5
dates = [ 1979-05-27 07:32:00, 07:32:00,
  # between
  [
    "n]", 'm#',
  ],
  { x = [1,
         2], y.z = true },
]
[a . "b"]
lit = \'\'\'
[x]
\'\'\'\'
last = -1_000
[[many]]
k = 1
[[many]]
[many.below]
j = {}
'''.replace('"quoted" ""\\"""" """""', '"quoted" ""\\""""')


def test_lines_of_a_document_with_everything() -> None:
    tomllib.loads(DOCUMENT)
    found = places.lines(DOCUMENT)
    assert found == {
        ("title",): 2,
        ("owner",): 3,
        ("owner", "name"): 4,
        ("owner", "a.b"): 7,
        ("owner", "a.b", 'c"d'): 7,
        ("owner", "a.b", 'c"d', "e"): 7,
        ("owner", "dates"): 8,
        ("owner", "dates", 0): 8,
        ("owner", "dates", 1): 8,
        ("owner", "dates", 2): 10,
        ("owner", "dates", 2, 0): 11,
        ("owner", "dates", 2, 1): 11,
        ("owner", "dates", 3): 13,
        ("owner", "dates", 3, "x"): 13,
        ("owner", "dates", 3, "x", 0): 13,
        ("owner", "dates", 3, "x", 1): 14,
        ("owner", "dates", 3, "y"): 14,
        ("owner", "dates", 3, "y", "z"): 14,
        ("a",): 16,
        ("a", "b"): 16,
        ("a", "b", "lit"): 17,
        ("a", "b", "last"): 20,
        ("many",): 21,
        ("many", "k"): 22,
        ("many", "below"): 24,
        ("many", "below", "j"): 25,
    }


TEXT = st.text(st.sampled_from("ab\"'\\\n#[]{}=., \té"), max_size=8)


def basic(text: str) -> str:
    return '"' + "".join(f"\\u{ord(char):04x}" if char in '"\\\n\t' else char for char in text) + '"'


SCALAR = st.one_of(
    TEXT.map(basic),
    TEXT.filter(lambda text: "'" not in text and "\n" not in text).map(lambda text: f"'{text}'"),
    TEXT.map(lambda text: '"""' + text.replace("\\", "").replace('"""', "").rstrip('"') + '"""'),
    TEXT.filter(lambda text: "'" not in text).map(lambda text: f"'''{text}'''"),
    st.sampled_from(["1", "-1.5e3", "true", "1979-05-27T07:32:00Z", "0xff", "inf"]),
)
VALUE = st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", # c ] \n ".join(items) + "\n]"),
        st.lists(inner, max_size=3).map(
            lambda items: "{" + ", ".join(f"k{number} = {item}" for number, item in enumerate(items)) + "}"
        ),
    ),
    max_leaves=6,
)


def paths_of(value: object, path: places.Path) -> set[places.Path]:
    children: list[tuple[Any, object]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    return {path}.union(*(paths_of(child, (*path, key)) for key, child in children))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(TEXT, VALUE), max_size=4, unique_by=lambda pair: pair[0]))
def test_every_path_of_a_document_has_a_line(pairs: list[tuple[str, str]]) -> None:
    document = ""
    expected: dict[str, int] = {}
    for key, value in pairs:
        expected[key] = document.count("\n") + 1
        document += f"{basic(key)} = {value}\n"
    read = tomllib.loads(document)
    found = places.lines(document)
    assert set(found) == paths_of(read, ()) - {()}
    assert {key: found[(key,)] for key in read} == expected
