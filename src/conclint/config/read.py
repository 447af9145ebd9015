"""Reading `[tool.conclint]`: all of it is checked, and every mistake is kept with its line."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from conclint.config import places, versions
from conclint.config.config import Config, Item, Problem, shown

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = ("tool", "conclint")
KEYS = (
    "exclude",
    "extend-exclude",
    "extend-select",
    "ignore",
    "paths",
    "per-file-ignores",
    "select",
    "target-version",
)
_AT_LINE = re.compile(r"^(?P<reason>.*?) \(at line (?P<line>\d+), column \d+\)$", re.DOTALL)
_AT_END = re.compile(r"^(?P<reason>.*?) \(at end of document\)$", re.DOTALL)


def read(path: str, *, required: bool = False) -> Config:
    """Return what the TOML file `path` says to conclint; never raises for what stands in it.

    `required` makes it a mistake that the file has no table `[tool.conclint]`.
    """
    return _Reader(path, required=required).config()


class _Reader:
    def __init__(self, path: str, *, required: bool) -> None:
        self._path = Path(path)
        self._shown = shown(str(self._path.absolute()))
        self._required = required
        self._problems: list[Problem] = []
        self._document: dict[str, Any] = {}
        self._table: dict[str, Any] = {}
        self._lines: dict[places.Path, int] = {}

    def config(self) -> Config:
        self._parse()
        self._check_keys()
        select = self._items("select") if "select" in self._table else None
        config = Config(
            root=os.fspath(self._path.absolute().parent),
            select=select,
            extend_select=self._items("extend-select"),
            ignore=self._items("ignore"),
            per_file_ignores=self._per_file_ignores(),
            exclude=(*self._patterns("exclude"), *self._patterns("extend-exclude")),
            default_excludes="exclude" not in self._table,
            paths=self._items("paths"),
            target_versions=self._target_versions(),
        )
        return msgspec.structs.replace(config, problems=tuple(self._problems))

    # --- the document

    def _parse(self) -> None:
        try:
            text = self._path.read_bytes().decode("utf-8")
        except OSError as problem:
            self._problems.append((self._shown, problem.strerror or str(problem)))
            return
        except UnicodeDecodeError as problem:
            line = problem.object.count(b"\n", 0, problem.start) + 1
            self._problems.append((f"{self._shown}:{line}", "not UTF-8, which TOML demands"))
            return
        try:
            self._document = tomllib.loads(text)
            self._lines = places.lines(text.replace("\r\n", "\n"))
        except tomllib.TOMLDecodeError as problem:
            self._problems.append(self._syntax_problem(text, str(problem)))
        except RecursionError:
            self._problems.append((self._shown, "nested too deeply"))
        self._table = self._own_table()

    def _syntax_problem(self, text: str, message: str) -> Problem:
        if match := _AT_LINE.match(message):
            return f"{self._shown}:{match['line']}", f"not TOML: {match['reason']}"
        if match := _AT_END.match(message):
            return f"{self._shown}:{len(text.splitlines()) or 1}", f"not TOML: {match['reason']} at the end"
        return self._shown, f"not TOML: {message}"

    def _own_table(self) -> dict[str, Any]:
        here: dict[str, Any] = self._document
        for depth, key in enumerate(TABLE, 1):
            if key not in here:
                if self._required and not self._problems:
                    self._problems.append((self._shown, "no table [tool.conclint]"))
                return {}
            value = here[key]
            if not isinstance(value, dict):
                self._mistake(TABLE[:depth], f"'{'.'.join(TABLE[:depth])}' is {_kind(value)}, not a table")
                return {}
            here = value
        return here

    def _place(self, path: places.Path) -> str:
        while path and path not in self._lines:
            path = path[:-1]
        return f"{self._shown}:{self._lines[path]}" if path else self._shown

    def _mistake(self, path: places.Path, reason: str) -> None:
        self._problems.append((self._place(path), reason))

    # --- the keys

    def _check_keys(self) -> None:
        for key in self._table:
            if key not in KEYS:
                self._mistake((*TABLE, key), f"unknown key '{key}'{_instead(key)}")

    def _items(self, key: str) -> tuple[Item, ...]:
        return self._strings((*TABLE, key), self._table.get(key, []))

    def _strings(self, path: places.Path, value: object) -> tuple[Item, ...]:
        if not isinstance(value, list):
            self._mistake(path, f"'{path[-1]}' is {_kind(value)}, not an array of strings")
            return ()
        items = []
        for index, element in enumerate(value):
            here = (*path, index)
            if not isinstance(element, str):
                self._mistake(here, f"'{path[-1]}' holds {_kind(element)}, not only strings")
            elif not element.strip():
                self._mistake(here, f"'{path[-1]}' holds an empty string")
            else:
                items.append(Item(element, self._place(here)))
        return tuple(items)

    def _patterns(self, key: str) -> tuple[str, ...]:
        return tuple(item.text for item in self._items(key) if self._is_pattern(item.text, item.place))

    def _is_pattern(self, text: str, place: str) -> bool:
        from pathspec import GitIgnoreSpec  # costly, and most configurations have no pattern

        try:
            says_something = any(
                pattern.include is not None for pattern in GitIgnoreSpec.from_lines([text]).patterns
            )
        except (ValueError, re.error):
            says_something = False
        if not says_something:
            self._problems.append((place, f"'{text}' is no pattern that could match a file"))
        return says_something

    def _per_file_ignores(self) -> tuple[tuple[str, tuple[Item, ...]], ...]:
        path: places.Path = (*TABLE, "per-file-ignores")
        value = self._table.get("per-file-ignores", {})
        if not isinstance(value, dict):
            self._mistake(path, f"'per-file-ignores' is {_kind(value)}, not a table")
            return ()
        return tuple(
            (pattern, self._strings((*path, pattern), codes))
            for pattern, codes in value.items()
            if self._is_pattern(pattern, self._place((*path, pattern)))
        )

    # --- versions

    def _target_versions(self) -> tuple[versions.Version, ...]:
        path: places.Path = (*TABLE, "target-version")
        value = self._table.get("target-version")
        if value is None:
            return self._required_versions()
        if isinstance(value, str):
            version = self._version(path, value)
            return versions.since(version) if version else versions.SUPPORTED
        if not isinstance(value, list):
            self._mistake(path, f"'target-version' is {_kind(value)}, not a string or an array of strings")
            return versions.SUPPORTED
        found = [self._version((*path, index), element) for index, element in enumerate(value)]
        return versions.among(filter(None, found)) or versions.SUPPORTED

    def _version(self, path: places.Path, value: object) -> versions.Version | None:
        if not isinstance(value, str):
            self._mistake(path, f"'target-version' holds {_kind(value)}, not only strings")
            return None
        version = versions.parse(value)
        if version is None:
            first, last = versions.SUPPORTED[0], versions.SUPPORTED[-1]
            known = f"3.{first[1]} to 3.{last[1]}"
            self._mistake(path, f"'{value}' is no Python version that conclint knows ({known})")
        return version

    def _required_versions(self) -> tuple[versions.Version, ...]:
        project = self._document.get("project")
        specifier = project.get("requires-python") if isinstance(project, dict) else None
        return versions.required(specifier) if isinstance(specifier, str) else versions.SUPPORTED


def _kind(value: object) -> str:
    """Return what TOML calls a value of this type."""
    kinds = {
        bool: "a boolean",
        str: "a string",
        int: "an integer",
        float: "a float",
        list: "an array",
        dict: "a table",
    }
    return kinds.get(type(value), "a date or time")


def _instead(key: str) -> str:
    import difflib  # needed for mistakes only

    near = difflib.get_close_matches(key.replace("_", "-").lower(), KEYS, n=1)
    return f", did you mean '{near[0]}'?" if near else f" (known: {', '.join(KEYS)})"
