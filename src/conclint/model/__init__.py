"""The model of one module: creation sites, events, control flow, locksets, thread roots.

Names are imported when they are first used: rules import this package when they are loaded, and libcst, which most of
it needs, is worth its import only once a file is parsed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from conclint.knowledge.schema import Domain, Primitive, Where
from conclint.model.words import AccessKind

if TYPE_CHECKING:
    from conclint.model.definitions import Class, Function
    from conclint.model.events import Event, Handover, Root
    from conclint.model.locks import Lock
    from conclint.model.module import ModuleModel
    from conclint.model.values import (
        UNKNOWN,
        ClassValue,
        Constant,
        FunctionValue,
        Instance,
        Items,
        LibraryMethod,
        Partial,
        Site,
        Super,
        Symbol,
    )

_HOMES = {
    "definitions": ("Class", "Function"),
    "events": ("Event", "Handover", "Root"),
    "locks": ("Lock",),
    "module": ("ModuleModel",),
    "values": ("UNKNOWN", "ClassValue", "Constant", "FunctionValue", "Instance", "Items", "LibraryMethod", "Partial",
               "Site", "Super", "Symbol"),
}

__all__ = [
    "UNKNOWN",
    "AccessKind",
    "Class",
    "ClassValue",
    "Constant",
    "Domain",
    "Event",
    "Function",
    "FunctionValue",
    "Handover",
    "Instance",
    "Items",
    "LibraryMethod",
    "Lock",
    "ModuleModel",
    "Partial",
    "Primitive",
    "Root",
    "Site",
    "Super",
    "Symbol",
    "Where",
]


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"conclint.model.{home}"), name)
    raise AttributeError(f"module 'conclint.model' has no attribute '{name}'")
