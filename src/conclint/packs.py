"""Finding rules: every package that an entry point of the group `conclint.rules` names is a rule pack.

Each public module of a pack holds exactly one rule. The built-in rules are found the same way.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import inspect
import pkgutil
import re
from typing import TYPE_CHECKING

from conclint.errors import PackError
from conclint.rule import ModuleRule, ProgramRule, Rule, SourceRule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

GROUP = "conclint.rules"
_CODE = re.compile(r"[A-Z]{3}[0-9]{3}")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@functools.cache
def installed_rules() -> tuple[Rule, ...]:
    """Return one instance of every rule of every installed pack, sorted by code.

    Raises `PackError` when a pack can't be imported, when a module of it does not hold exactly one rule, when
    two rules share a code or a name, or when no pack is installed at all.
    """
    entry_points = sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: point.name)
    if not entry_points:
        raise PackError("(any)", f"no rule pack is installed (entry point group '{GROUP}')")
    by_code: dict[str, Rule] = {}
    by_name: dict[str, Rule] = {}
    for point in entry_points:
        for rule in _rules_of(point.name, point.value):
            for known, key in ((by_code, rule.code), (by_name, rule.name)):
                if (other := known.setdefault(key, rule)) is not rule:
                    raise PackError(
                        point.name,
                        f"'{key}' is defined by {type(other).__module__} and {type(rule).__module__}",
                    )
    return tuple(by_code[code] for code in sorted(by_code))


def _rules_of(pack: str, package_name: str) -> Iterator[Rule]:
    package = _imported(pack, package_name)
    if not hasattr(package, "__path__"):
        raise PackError(pack, f"'{package_name}' is not a package")
    for found in pkgutil.iter_modules(package.__path__):
        if not found.name.startswith("_"):
            yield _only_rule(pack, _imported(pack, f"{package_name}.{found.name}"))


def _imported(pack: str, name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as problem:
        raise PackError(pack, f"can't import '{name}': {type(problem).__name__}: {problem}") from problem


def _only_rule(pack: str, module: ModuleType) -> Rule:
    classes = [
        member
        for member in vars(module).values()
        if inspect.isclass(member)
        and issubclass(member, Rule)
        and member not in (Rule, ModuleRule, ProgramRule, SourceRule)
        and member.__module__ == module.__name__
    ]
    if len(classes) != 1:
        raise PackError(pack, f"module '{module.__name__}' holds {len(classes)} rules, not one")
    (found,) = classes
    code, name = getattr(found, "code", None), getattr(found, "name", None)
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise PackError(pack, f"'{found.__qualname__}.code' is {code!r}, not three capitals and three digits")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PackError(pack, f"'{found.__qualname__}.name' is {name!r}, not words joined by hyphens")
    if inspect.isabstract(found):
        raise PackError(pack, f"'{found.__qualname__}' has no method 'check'")
    rule: Rule = found()
    return rule
