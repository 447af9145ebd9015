"""From the paths that a user names to the files to read.

Nothing here reads or judges a Python file. Folders are walked without following links to other folders, so a
walk always ends; a link to a file counts as that file.
"""

from __future__ import annotations

import functools
import os
import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from conclint.errors import ConfigError
from conclint.finding import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

DEFAULT_EXCLUDES = frozenset(
    {
        ".bzr",
        ".conclint_cache",
        ".direnv",
        ".eggs",
        ".git",
        ".hg",
        ".hypothesis",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pants.d",
        ".pyenv",
        ".pytest_cache",
        ".pytype",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        "__pycache__",
        "__pypackages__",
        "_build",
        "buck-out",
        "build",
        "dist",
        "node_modules",
        "site-packages",
    }
)
"""Folders without code of the project; one that is a package (`build/__init__.py`) is walked all the same."""

_NEVER = frozenset({".git", "__pycache__"})
_PYTHON = (".py", ".pyw")
_STUB = ".pyi"
_EMACS_LOCK = ".#"  # begins the name of a link that points nowhere
_NOTHING = re.compile(r"(?!)")
_MARKER_OF_VIRTUAL_ENVIRONMENT = "pyvenv.cfg"


class Found(NamedTuple):
    """The files to read, spelled as the user reached them and sorted; and what could not be walked."""

    files: list[str]
    failures: list[Failure]


class Excludes(msgspec.Struct, frozen=True):
    """What a walk leaves out besides what git ignores.

    `patterns` are in the language of .gitignore, seen from the folder `root`. With `defaults`, the folders of
    `DEFAULT_EXCLUDES` too. Virtual environments are never entered.
    """

    root: str
    patterns: tuple[str, ...] = ()
    defaults: bool = True


class _Level(NamedTuple):
    """The patterns of one file, last first; `base` is their folder, absolute, ending in a separator."""

    base: str
    patterns: tuple[_Pattern, ...]


class _Pattern(NamedTuple):
    """A compiled pattern; `anywhere` tells that a name by itself decides."""

    search: Callable[[str], re.Match[str] | None]
    leaves_out: bool
    anywhere: bool


class _Folder(NamedTuple):
    shown: str
    real: str
    levels: tuple[_Level, ...]


def discover(paths: Sequence[str], excludes: Excludes | None = None) -> Found:
    """Return the files that `paths` stand for, each once.

    A file is taken whatever its name and whatever is excluded, save for stubs (`.pyi`), which are skipped. In
    a folder, `.py` and `.pyw` files are taken that neither git nor `excludes` leaves out; a folder that is
    named itself is walked even if it is left out. Raises `ConfigError` with every path that does not exist.
    """
    missing = [(path, reason) for path in paths if (reason := _why_missing(path))]
    if missing:
        raise ConfigError(missing)
    walk = _Walk(excludes or Excludes(os.getcwd()))
    for path in paths:
        walk.take(path)
    return walk.found()


def _why_missing(path: str) -> str:
    try:
        os.stat(path)
    except FileNotFoundError:
        return "no such file or folder"
    except (OSError, ValueError) as problem:
        return _reason(problem)
    return ""


class _Walk:
    """One discovery: what was found so far, by real path."""

    def __init__(self, excludes: Excludes) -> None:
        self._names: frozenset[str] = DEFAULT_EXCLUDES if excludes.defaults else _NEVER
        self._excluded = _levels_of(os.path.realpath(excludes.root), excludes.patterns)
        self._files: dict[str, str] = {}
        self._links: list[tuple[str, str]] = []
        self._failures: list[Failure] = []

    def take(self, path: str) -> None:
        real = os.path.realpath(path)
        if os.path.isdir(path):
            self._walk("" if path == os.curdir else path, real)
        elif not path.endswith(_STUB):
            self._files.setdefault(real, path)

    def found(self) -> Found:
        """Links come last, so that a file is shown by its own name where both were met."""
        for real, shown in sorted(self._links):
            self._files.setdefault(real, shown)
        return Found(sorted(self._files.values()), sorted(self._failures))

    def _walk(self, shown: str, real: str) -> None:
        pending = [_Folder(shown, real, self._levels_above(real))]
        while pending:
            folder = pending.pop()
            try:
                with os.scandir(folder.real) as scan:
                    entries = list(scan)
            except OSError as problem:
                self._failures.append(Failure(folder.shown or os.curdir, _reason(problem)))
                continue
            levels = self._levels_in(folder, {entry.name for entry in entries})
            for entry in entries:
                shown_entry = os.path.join(folder.shown, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    if not self._is_left_out(entry, levels):
                        pending.append(_Folder(shown_entry, entry.path, levels))
                elif entry.name.endswith(_PYTHON) and not _is_left_out(entry.path, levels + self._excluded):
                    self._meet(entry, shown_entry)

    def _meet(self, entry: os.DirEntry[str], shown: str) -> None:
        if not entry.is_symlink():
            if entry.is_file():
                self._files.setdefault(entry.path, shown)
        elif not os.path.isdir(entry.path) and not entry.name.startswith(_EMACS_LOCK):
            self._links.append((os.path.realpath(entry.path), shown))

    def _is_left_out(self, folder: os.DirEntry[str], levels: tuple[_Level, ...]) -> bool:
        if folder.name in self._names and not os.path.exists(os.path.join(folder.path, "__init__.py")):
            return True
        if os.path.exists(os.path.join(folder.path, _MARKER_OF_VIRTUAL_ENVIRONMENT)):
            return True
        return _is_left_out(folder.path + os.sep, levels + self._excluded)

    def _levels_above(self, real: str) -> tuple[_Level, ...]:
        """What the repository around a folder ignores; nothing where it ignores the folder itself."""
        above = _ancestors_in_repository(real)
        levels: tuple[_Level, ...] = ()
        for parent, child in zip(above, [*above, real][1:], strict=True):
            levels = self._levels_in(_Folder(parent, parent, levels), {".git", ".gitignore"})
            if _is_left_out(child + os.sep, levels):
                return ()
        return levels

    def _levels_in(self, folder: _Folder, names: set[str]) -> tuple[_Level, ...]:
        """Return the levels that hold inside `folder`; a repository inside another starts anew."""
        levels = folder.levels
        if ".git" in names and os.path.exists(os.path.join(folder.real, ".git")):
            levels = self._read(folder, os.path.join(".git", "info", "exclude"))
        if ".gitignore" in names:
            levels += self._read(folder, ".gitignore")
        return levels

    def _read(self, folder: _Folder, name: str) -> tuple[_Level, ...]:
        try:
            with open(os.path.join(folder.real, name), encoding="utf-8", errors="surrogateescape") as lines:
                return _levels_of(folder.real, lines.read().splitlines())
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as problem:
            self._failures.append(Failure(os.path.join(folder.shown, name), _reason(problem)))
            return ()


def _is_left_out(path: str, levels: tuple[_Level, ...]) -> bool:
    """Tell whether the last pattern that speaks of `path` leaves it out; a folder ends in a separator.

    What a pattern says of the folders around `path` does not count: those have been judged already.
    """
    for base, patterns in reversed(levels):
        if not path.startswith(base):
            continue
        below = path[len(base) :].replace(os.sep, "/")
        name = below[below.rfind("/", 0, -1) + 1 :]
        for pattern in patterns:
            if pattern.search(name if pattern.anywhere else below):
                return pattern.leaves_out
    return False


def _levels_of(folder: str, patterns: Iterable[str]) -> tuple[_Level, ...]:
    lines = [_exact(line) for line in patterns if line.strip() and not line.startswith("#")]
    compiled = tuple(_compiled(line) for line in reversed(lines) if is_pattern(line)) if lines else ()
    return (_Level(os.path.join(folder, ""), compiled),) if compiled else ()


@functools.cache
def _compiled(line: str) -> _Pattern:
    """Compile one pattern to match whole paths, where pathspec's own match takes what is below them too.

    pathspec anchors its expressions, save for those that hold for any file or any folder.
    """
    from pathspec import GitIgnoreSpec  # costly, and most small runs need none

    (pattern,) = GitIgnoreSpec.from_lines([line]).patterns
    if pattern.include is None or pattern.regex is None:
        return _Pattern(_NOTHING.search, leaves_out=False, anywhere=True)
    anywhere = not pattern.regex.pattern.startswith("^")
    search = pattern.regex.search if anywhere else pattern.regex.fullmatch
    return _Pattern(search, pattern.include, anywhere)


def _exact(pattern: str) -> str:
    """Spell out a trailing `**`: to git it is what is inside a folder, to pathspec the folder too."""
    bare = pattern.rstrip()
    if bare.endswith("/**"):
        return bare + "/*"
    return bare + "*/" if bare.endswith("/**/") else pattern


def is_pattern(text: str) -> bool:
    """Tell whether `text` is a pattern in the language of .gitignore."""
    try:
        _compiled(text)
    except (ValueError, re.error):
        return False
    return True


def _ancestors_in_repository(folder: str) -> list[str]:
    """Return the parents of `folder` from the root of the repository around it down; none outside of one."""
    parents = [folder, *_parents(folder)]
    for depth, parent in enumerate(parents):
        if os.path.exists(os.path.join(parent, ".git")):
            return parents[1 : depth + 1][::-1]
    return []


def _parents(path: str) -> Iterator[str]:
    while (parent := os.path.dirname(path)) != path:
        yield parent
        path = parent


def _reason(problem: Exception) -> str:
    return getattr(problem, "strerror", None) or str(problem)
