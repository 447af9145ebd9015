"""On which line of a TOML document each key and each element of an array stands.

The standard library's reader keeps no positions. This scanner finds them in a document which that reader has
accepted already, so it need not tell right from wrong.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Path: TypeAlias = tuple[str | int, ...]

_TOKEN = re.compile(
    r'''
      (?P<blank> [ \t\r]+ | \#[^\n]* )
    | (?P<string> """ (?: \\. | [^\\] )*? """ (?!") | \'\'\' .*? \'\'\' (?!')
                | " (?: \\. | [^"\\\n] )* " | ' [^'\n]* ' )
    | (?P<mark> [\[\]{},=.\n] )
    | (?P<bare> [^\s\[\]{},=.\#"']+ )
    ''',
    re.VERBOSE | re.DOTALL,
)
_ENDS_OF_VALUE = frozenset("\n,]}")


class _Token(NamedTuple):
    text: str
    line: int
    is_mark: bool


def lines(text: str) -> dict[Path, int]:
    """Return the 1-based line of every key path; an element of an array has its index as the last step."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._lines: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._at < len(self._tokens):
            if self._take("\n"):
                continue
            if self._take("["):
                self._take("[")
                table = self._key(())
                self._skip_past("\n")
            else:
                self._pair(table)
        return self._lines

    def _pair(self, table: Path) -> None:
        key = self._key(table)
        self._take("=")
        self._value(key)

    def _key(self, path: Path) -> Path:
        """Read a dotted key, and say of each of its prefixes where it was first met."""
        while True:
            token = self._next()
            path = (*path, _name(token.text))
            self._lines.setdefault(path, token.line)
            if not self._take("."):
                return path

    def _value(self, path: Path) -> None:
        if self._take("["):
            index = 0
            while not self._take("]"):
                if not self._take("\n") and not self._take(","):
                    self._lines[(*path, index)] = self._tokens[self._at].line
                    self._value((*path, index))
                    index += 1
        elif self._take("{"):
            while not self._take("}"):
                if not self._take("\n") and not self._take(","):
                    self._pair(path)
        else:
            while self._at < len(self._tokens) and not self._ends_value(self._tokens[self._at]):
                self._at += 1

    @staticmethod
    def _ends_value(token: _Token) -> bool:
        return token.is_mark and token.text in _ENDS_OF_VALUE

    def _next(self) -> _Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, mark: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at][::2] == (mark, True)
        self._at += found
        return found

    def _skip_past(self, mark: str) -> None:
        while self._at < len(self._tokens) and not self._take(mark):
            self._at += 1


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "blank":
            yield _Token(match[0], line, match.lastgroup == "mark")
        line += match[0].count("\n")


def _name(key: str) -> str:
    if key[0] not in "\"'":
        return key
    (name,) = tomllib.loads(f"{key} = 0")
    return name
