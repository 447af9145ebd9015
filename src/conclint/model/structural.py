"""Conditions that are known by what is done with them, where their class is a parameter or comes from a factory."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.events import Event
from conclint.model.values import NONE, UNKNOWN, Instance
from conclint.syntax.children import is_a

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.module import ModuleModel

_TYPE = "threading.Condition"
_WORDS = {"wait": "wait", "notify": "notify", "notify_all": "notify", "notifyAll": "notify"}


def condition_paths(module: ModuleModel) -> frozenset[str]:
    """Return the access paths of objects of unknown class that this module enters with `with`, waits for and notifies.

    Nothing else than a condition has all three.
    """
    seen: dict[str, set[str]] = defaultdict(set)
    for scope in module.scopes:
        for call in scope.calls:
            if call.func.__class__ is cst.Attribute and call.func.attr.value in _WORDS:
                seen[_path(module, call.func.value)].add(_WORDS[call.func.attr.value])
        for statement in scope.withs:
            for item in statement.items:
                if is_a(item.item, (cst.Name, cst.Attribute)) and item.asname is None:
                    seen[_path(module, item.item)].add("with")
    return frozenset(path for path, words in seen.items() if path and words == {"with", "wait", "notify"})


def condition_like_waits(module: ModuleModel) -> Iterator[Event]:
    """Yield the waits for such objects."""
    facts, method = module.knowledge.type(_TYPE), module.knowledge.method(_TYPE, "wait")
    for scope in module.scopes if module.condition_paths else ():
        for call in scope.calls:
            func = call.func
            if isinstance(func, cst.Attribute) and func.attr.value == "wait":
                if _path(module, func.value) in module.condition_paths:
                    yield Event("wait", call, func.value, (Instance(_TYPE, facts),), "wait", method)


def _path(module: ModuleModel, node: cst.BaseExpression) -> str:
    """Return the access path of an expression of which nothing is known, empty for any other."""
    if any(value not in (UNKNOWN, NONE) for value in module.values(node)):
        return ""
    return module.locks.path(node) or ""
