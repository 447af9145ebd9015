"""Where code is and where strings and comments are, in text that is no Python."""

from __future__ import annotations

import io
import itertools
import time
import tokenize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conclint.source.scan import scan
from conclint.source.twins import LIKELY, SURE, TWINS

PROGRAM = '''\
"""A docstring，with signs（of all kinds）。"""
import threading  # ＃ 注释：都可以
from queue import (
    Queue,
    Empty,
)

数据: "dict[str, int]" = {'键': 1, "k，": [1, 2.5, -3]}


@staticmethod
def work(q, *args, name='“x”', **kwargs) -> None:
\tlog = f"{name}：{args[0]!r:>{len(args)}} {{，}} {q.get(timeout=1)}"

\tif not args or kwargs != {} and 数据 <= set() | {3} & {4} ^ {5}: return
\twhile q.qsize() % 2 >= 1 or ~1 << 2 > 0:
\t\tprint(log + r'\\d，' + b"".decode() @ x, sep="")
\tx = lambda y: (y := 3) ** 2 // 4; del x
'''


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in scan(text).places]


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("print（1，2）", "（，）"),
        ("x = “a，b” ＋ ‘c’", "“”＋‘’"),
        ("x = ＂a，＂", "＂＂"),
        ("x = “say \\”，”", "“”"),
        ("x = “”，y", "“”，"),
        ("“““，\n”””；", "“““”””；"),
        ('"""，\n"""；', "；"),
        ('"""，\n”””；', "”””；"),
        ('x = "a，b”，"c”', "”，”"),
        ('print("a”, "b")', "”"),
        ('print("a”, “b")', ""),
        ('"don’t" "“，”"，', "，"),
        ("'it’s'，", "，"),
        ("don’t", "’"),
        ("x = “abc", "“"),
        ("f“{a，1}，{b：，}”，", "“，：”，"),
        ('f"{x，y：，}，" ，', "，：，"),
        ('f"{d["，"]}，"，', "，"),
        ('f"{x"，', "，"),
        ('f"{{，}} {x！r}"', "！"),
        ("f'{x:>{w，}}'", "，"),
        ('f"{x\u200b}，"', "\u200b"),
        ('rb"，" u"，" Rb"，"', ""),
        ("xf“，”", "“”"),
        ("＃ 注，（", "＃"),
        ("x # 注，（", ""),
        ("range（１０）", "（|１０|）"),
        ("x１ = 1０", "０"),
        ("ｎａｍｅ = 名，", "，"),
        ("a\u3000\u3000b\xa0\u3000c", "\u3000\u3000|\xa0|\u3000"),
        ("x = 1 ＼\n + 2", "＼"),
        ("x = 1 \\\n + 2，", "，"),
        ("x = '''\n，", ""),
        ("a_b＿c", ""),
        ("number·total", ""),
    ],
)
def test_places(text: str, signs: str) -> None:
    assert found(text) == (signs.split("|") if "|" in signs else list(signs))


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("", [0]),
        ("a\nb\r\nc\rd", [0, 2, 5, 7]),
        ("f(\n)\ng（\n）\nh", [0, 5, 10]),
        ('"""\n"""\nx', [0, 8]),
        ("x = 1 \\\n+ 2\ny", [0, 12]),
        ("# (\nx", [0, 4]),
        ('f"{x\n', [0, 5]),
    ],
)
def test_where_statements_may_start(text: str, statements: list[int]) -> None:
    assert scan(text).statements == statements


def test_no_sign_could_be_part_of_a_name() -> None:
    assert [sign for sign in TWINS if f"a{sign}".isidentifier() and sign not in "０１２３４５６７８９"] == []
    assert not SURE.keys() & LIKELY.keys()
    assert all(twin.isascii() and not sign.isascii() for sign, twin in TWINS.items())


def test_strings_and_comments_are_left_alone() -> None:
    assert found(PROGRAM) == []


def corruptible() -> list[tuple[int, int, str]]:
    """Return the operators of the program that have a sign for a twin, with that sign."""
    by_twin = {twin: sign for sign, twin in SURE.items() if twin.strip() and "\uff00" < sign < "\uff5f"}
    lines = PROGRAM.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
    formatted = range(
        PROGRAM.index('f"'), PROGRAM.index('timeout=1)}"') + 12
    )  # its braces are operators since 3.12
    places = []
    for token in tokenize.generate_tokens(io.StringIO(PROGRAM).readline):
        if token.type == tokenize.OP:
            for shift, sign in enumerate(token.string):
                at = starts[token.start[0] - 1] + token.start[1] + shift
                if sign in by_twin and at not in formatted:
                    places.append((at, at + 1, by_twin[sign]))
    return places


@given(st.sets(st.sampled_from(corruptible())))
def test_exactly_the_signs_that_replace_operators_are_found(changed: set[tuple[int, int, str]]) -> None:
    text = list(PROGRAM)
    for start, _, sign in changed:
        text[start] = sign
    assert scan("".join(text)).places == sorted((start, end) for start, end, _ in changed)


@given(st.text(st.sampled_from("“”‘’\"'{}()（）：，\\f \n\rx1１#＃…\u3000\u200b"), max_size=60))
def test_any_text_can_be_scanned(text: str) -> None:
    places, statements = scan(text)
    assert all(text[start] in TWINS for start, _ in places)
    assert places == sorted(set(places))
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(places))
    assert statements == sorted(set(statements))


@pytest.mark.parametrize(
    "part",
    ["“", "“‘", '"a”, ', '"a”', "'", '"', "f'{", "f\"{f'{", "f“{“", '"""', "“““", "（", "\\", "‘a", "f'{x}"],
)
def test_the_time_is_linear_in_the_text(part: str) -> None:
    text = part * (50_000 // len(part))
    started = time.process_time()
    scan(text)
    assert time.process_time() - started < 3
