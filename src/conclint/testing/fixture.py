"""Fixtures: small programs that prove a rule, with what they say about themselves."""

from __future__ import annotations

import ast
import dataclasses
import enum
import re
from pathlib import Path
from typing import TYPE_CHECKING

from conclint.memo import cached_property
from conclint.source.lines import split_lines
from conclint.source.load import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.source import Source

_FOLDER = re.compile(r"(?P<code>[A-Z]{3}[0-9]{3})-(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)")
_FILE = re.compile(r"(?P<kind>bad|fixed|ok|missed)(?:_(?P<variant>\w+))?")
_HEADER = re.compile(r"#\s*(?P<key>[a-z-]+):\s*(?P<value>.*?)\s*")
_NO_HEADER = re.compile(r"#!|#.*coding[:=]")
_TEXT = r'"(?:[^"\\]|\\.)*"'
_CODES = r"[A-Z]{3}[0-9]{3}(?:\s*,\s*[A-Z]{3}[0-9]{3})*"
_MARKER = re.compile(rf"#\s*(?P<key>error|missed):\s*(?P<codes>{_CODES})(?=\s*(?:$|#))")
_VERSION = re.compile(r"(?P<below><)?\s*(?P<major>\d+)\.(?P<minor>\d+)")


class FixtureError(ValueError):
    """A fixture whose name, header or place says nothing that the harness understands."""


class Kind(enum.Enum):
    """What a program is there to show, by the beginning of its file's name."""

    BAD = "bad"
    FIXED = "fixed"
    OK = "ok"
    MISSED = "missed"


@dataclasses.dataclass(frozen=True, slots=True)
class Hangs:
    """The program prints the line `after` and then never ends."""

    after: str


@dataclasses.dataclass(frozen=True, slots=True)
class Raises:
    """A traceback that ends in this exception appears on the error stream, whichever thread or process it is of."""

    exception: str


@dataclasses.dataclass(frozen=True, slots=True)
class Exits:
    """The program ends with this status."""

    status: int


@dataclasses.dataclass(frozen=True, slots=True)
class Prints:
    """All that the program prints is `wrong`, where its fixed twin prints `right`."""

    wrong: str
    right: str


@dataclasses.dataclass(frozen=True, slots=True)
class Works:
    """The program ends with status 0 and an empty error stream; with `prints`, this is all that it prints."""

    prints: str | None = None


Claim = Hangs | Raises | Exits | Prints | Works


@dataclasses.dataclass(frozen=True, order=True, slots=True)
class Marker:
    """A code that is to be reported on a line (1-based) or, if `missed`, that should be but is not yet."""

    line: int
    code: str
    missed: bool = False


@dataclasses.dataclass(frozen=True)
class Fixture:
    """One program of a rule's folder.

    `python` is the lowest version that it is for, `below` the first that it is not for, `start_method` the way of
    starting processes that the platform must have.
    """

    path: Path
    code: str
    slug: str
    kind: Kind
    variant: str
    claim: Claim
    python: tuple[int, int] | None = None
    below: tuple[int, int] | None = None
    start_method: str | None = None

    def __str__(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    @cached_property
    def source(self) -> Source:
        """The program's text. Raises `SourceError` where it can't be read."""
        return load(str(self.path))

    @cached_property
    def markers(self) -> tuple[Marker, ...]:
        """What the comments `# error: CODE` and `# missed: CODE` at line ends demand."""
        return tuple(sorted(_markers(self.source.text)))

    def with_markers_as(self, comment: str) -> str:
        """Return the text with each `# error:` marker replaced; `{codes}` in `comment` are its codes."""

        def replacement(match: re.Match[str]) -> str:
            return match[0] if match["key"] == "missed" else comment.format(codes=match["codes"])

        return "".join(_MARKER.sub(replacement, line) for line in split_lines(self.source.text))


def fixtures_in(folder: str | Path) -> list[Fixture]:
    """Return the fixtures below `folder`, sorted: a folder of one rule (`CON401-unguarded-global`) or of several.

    Raises `FixtureError` for what is there and can't be read as a fixture, and where there is none at all.
    """
    top = Path(folder)
    folders = [top]
    if not _FOLDER.fullmatch(top.name):
        folders = sorted(path for path in top.iterdir() if path.is_dir() and path.name[0] not in "._")
    found = [fixture for each in folders for fixture in _of_rule(each)]
    if not found:
        raise FixtureError(f"{top}: there is no fixture here")
    return found


def _of_rule(folder: Path) -> Iterator[Fixture]:
    named = _FOLDER.fullmatch(folder.name)
    if named is None:
        raise FixtureError(
            f"{folder}: the name of a fixtures folder is a code and a slug, joined by a hyphen"
        )
    for path in sorted(folder.glob("*.py")):
        yield _fixture(path, named["code"], named["slug"])


def _fixture(path: Path, code: str, slug: str) -> Fixture:
    named = _FILE.fullmatch(path.stem)
    if named is None:
        raise FixtureError(f"{path}: the name of a fixture begins with bad, fixed, ok or missed")
    kind, variant = Kind(named["kind"]), named["variant"] or ""
    header = _header(path)
    claim = _claim(path, header.get("fails", []))
    if kind is Kind.BAD and isinstance(claim, Works):
        raise FixtureError(f"{path}: a bad program says how it fails, '# fails: ...'")
    if kind in {Kind.FIXED, Kind.OK} and not isinstance(claim, Works):
        raise FixtureError(f"{path}: only a bad or missed program fails")
    if kind is Kind.FIXED:
        claim = _claim_of_fixed(path.with_name(path.name.replace("fixed", "bad", 1)))
    python, below = _versions(path, header.get("python", []))
    methods = header.get("start-method", [])
    if len(methods) > 1:
        raise FixtureError(f"{path}: one start method is enough")
    return Fixture(path, code, slug, kind, variant, claim, python, below, methods[0] if methods else None)


def _header(path: Path) -> dict[str, list[str]]:
    header: dict[str, list[str]] = {}
    for line in load(str(path)).text.splitlines():
        if not line.startswith("#"):
            break
        match = _HEADER.fullmatch(line)
        if match and match["key"] in {"fails", "python", "start-method"}:
            header.setdefault(match["key"], []).append(match["value"])
        elif not _NO_HEADER.match(line):
            raise FixtureError(f"{path}: '{line}' is no line of a header")
    return header


def _claim(path: Path, said: list[str]) -> Claim:
    if not said:
        return Works()
    if len(said) > 1:
        raise FixtureError(f"{path}: a program fails in one way")
    (value,) = said
    if match := re.fullmatch(rf"hangs after ({_TEXT})", value):
        return Hangs(ast.literal_eval(match[1]))
    if match := re.fullmatch(r"raises ([A-Za-z_][\w.]*)", value):
        return Raises(match[1])
    if match := re.fullmatch(r"exits ([0-9]+)", value):
        return Exits(int(match[1]))
    if match := re.fullmatch(rf"prints ({_TEXT}) instead of ({_TEXT})", value):
        return Prints(ast.literal_eval(match[1]), ast.literal_eval(match[2]))
    raise FixtureError(f"{path}: '# fails: {value}' is none of the known forms")


def _claim_of_fixed(bad: Path) -> Works:
    if not bad.exists():
        raise FixtureError(
            f"{bad.with_name(bad.name.replace('bad', 'fixed', 1))}: there is no {bad.name} beside it"
        )
    claim = _claim(bad, _header(bad).get("fails", []))
    return Works(claim.right if isinstance(claim, Prints) else None)


def _versions(path: Path, said: list[str]) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    bounds: dict[bool, tuple[int, int]] = {}
    for value in said:
        match = _VERSION.fullmatch(value)
        if match is None or bool(match["below"]) in bounds:
            raise FixtureError(f"{path}: '# python: {value}' is no bound of versions")
        bounds[bool(match["below"])] = (int(match["major"]), int(match["minor"]))
    return bounds.get(False), bounds.get(True)


def _markers(text: str) -> Iterator[Marker]:
    for number, line in enumerate(split_lines(text), 1):
        for match in _MARKER.finditer(line):
            for code in match["codes"].split(","):
                yield Marker(number, code.strip(), missed=match["key"] == "missed")
