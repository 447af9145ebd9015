"""From TOML to facts: one file a library, read when code names the library, never before."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from conclint.errors import ConfigError
from conclint.knowledge.schema import (
    Base,
    Decorator,
    Function,
    Kind,
    Library,
    Parameter,
    Primitive,
    StartMethod,
    Type,
    Variable,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
_TABLES: dict[str, type] = {
    "kinds": Kind,
    "types": Type,
    "functions": Function,
    "decorators": Decorator,
    "bases": Base,
    "variables": Variable,
}
_FIELDS: dict[str, Any] = {
    "source": str,
    "modules": tuple[str, ...],
    "reexports": dict[str, str],
    "hidden": tuple[str, ...],
    "start_methods": tuple[StartMethod, ...],
    "patterns": dict[str, str],
    "windows": tuple[str, ...],
    "fragments": dict[str, tuple[str, ...]],
}


@functools.cache
def files() -> dict[str, Path]:
    """Return the file of every library that conclint knows, by import root ("threading", "flask")."""
    return {
        path.stem: path
        for folder in ("stdlib", "libraries")
        for path in sorted((HERE / folder).glob("*.toml"))
    }


@functools.cache
def library(root: str) -> Library | None:
    """Return the facts about the library with this import root, None for an unknown one."""
    path = files().get(root)
    return None if path is None else read(path)


def read(path: Path) -> Library:
    """Read a file of facts. Raises `ConfigError` with every mistake in it."""
    return convert(tomllib.loads(path.read_text(encoding="utf-8")), path.name)


def convert(table: Mapping[str, object], place: str) -> Library:
    """Make facts of a parsed TOML table, entry by entry.

    Raises `ConfigError` with all mistakes; each names `place` and the entry.
    """
    problems: list[tuple[str, str]] = []
    fields: dict[str, Any] = {}
    for key, value in table.items():
        if key in _TABLES:
            fields[key] = _entries(key, value, place, problems)
        elif key in _FIELDS:
            converted = _converted(value, _FIELDS[key], f"{place}: {key}", problems)
            if converted is not None:
                fields[key] = converted
        else:
            known = ", ".join(sorted(_TABLES | _FIELDS))
            problems.append((f"{place}: {key}", f"unknown table or field; there are {known}"))
    if problems:
        raise ConfigError(problems)
    return Library(**fields)


def _entries(table: str, value: object, place: str, problems: list[tuple[str, str]]) -> dict[Any, Any]:
    if not isinstance(value, dict):
        problems.append((f"{place}: {table}", "a table is expected: one entry for each qualified name"))
        return {}
    entries: dict[Any, Any] = {}
    for name, entry in value.items():
        where = f'{place}: {table}."{name}"'
        key = _converted(name, Primitive, where, problems) if table == "kinds" else name
        converted = _converted(entry, _TABLES[table], where, problems)
        if table != "kinds" and "." not in name:
            problems.append((where, "a qualified name is expected: module.name"))
        entries[key] = converted
    return entries


def _converted(value: object, wanted: Any, where: str, problems: list[tuple[str, str]]) -> Any:
    try:
        return msgspec.convert(value, wanted, dec_hook=_custom)
    except msgspec.ValidationError as problem:
        problems.append((where, str(problem)))
        return None


def _custom(wanted: type, value: object) -> object:
    if wanted is not Parameter:
        raise NotImplementedError(wanted)  # so a `dec_hook` of msgspec refuses a type (msgspec, Extending)
    if not isinstance(value, str):
        # msgspec gives a ValueError the place in the table, and no other exception.
        raise ValueError(f"a parameter is expected, written name@position, not {value!r}")  # noqa: TRY004
    return Parameter.parse(value)
