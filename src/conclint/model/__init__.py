"""The model of one module: creation sites, events, control flow, locksets, thread roots."""

from conclint.knowledge.schema import Domain, Primitive, Where
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
    Symbol,
)

__all__ = [
    "UNKNOWN",
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
    "Symbol",
    "Where",
]
