"""Which Python versions the linted code is for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

Version: TypeAlias = tuple[int, int]

SUPPORTED: tuple[Version, ...] = ((3, 10), (3, 11), (3, 12), (3, 13), (3, 14))
"""The versions whose behaviour conclint knows, oldest first."""

_VERSION = re.compile(r"(?:py)?3\.?(\d+)")
_CLAUSE = re.compile(r"(~=|===?|!=|<=|>=|<|>)\s*(\d+)(?:\.(\d+|\*))?(?:\.(\d+|\*))?\S*")


def parse(text: str) -> Version | None:
    """Return the supported version that `text` names (`3.12` or `py312`), or None."""
    match = _VERSION.fullmatch(text)
    version = (3, int(match[1])) if match else None
    return version if version in SUPPORTED else None


def since(version: Version) -> tuple[Version, ...]:
    """Return `version` and what came after it."""
    return tuple(other for other in SUPPORTED if other >= version)


def among(versions: Iterable[Version]) -> tuple[Version, ...]:
    """Return `versions` in order, each once."""
    wanted = set(versions)
    return tuple(version for version in SUPPORTED if version in wanted)


def required(specifier: str) -> tuple[Version, ...]:
    """Return the versions of which `requires-python` admits some release; all where it admits none of them.

    A clause that can't be read admits every version. The clauses are those of
    https://packaging.python.org/en/latest/specifications/version-specifiers/.
    """
    clauses = [match for clause in specifier.split(",") if (match := _CLAUSE.fullmatch(clause.strip()))]
    admitted = tuple(version for version in SUPPORTED if all(_admits(clause, version) for clause in clauses))
    return admitted or SUPPORTED


def _admits(clause: re.Match[str], version: Version) -> bool:
    """Tell whether some patch release of `version` satisfies the clause."""
    operator, major, minor, patch = clause.groups()
    bound: tuple[int, ...]
    here: tuple[int, ...]
    if minor in {None, "*"}:
        bound, here, exact = (int(major),), version[:1], minor == "*"
    else:
        bound, here, exact = (int(major), int(minor)), version, patch == "*"
    match operator:
        case ">=":
            return here >= bound
        case ">":
            return here >= bound if patch else here > bound
        case "<=":
            return here <= bound
        case "<":
            return here < bound or (here == bound and patch not in {None, "0", "*"})
        case "~=":
            return here == bound if patch else version[0] == bound[0] and here >= bound
        case "!=":
            return not (exact and here == bound)
        case _:
            return here == bound
