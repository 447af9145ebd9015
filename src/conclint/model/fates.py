"""What becomes of an object: what is done with it in plain sight, and where it gets out of sight."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import libcst as cst


class Way(enum.Enum):
    """How an object gets out of sight."""

    RETURNED = "returned"
    YIELDED = "yielded"
    PASSED = "passed"  # to a call, or used in a way that is not followed
    STORED = "stored"  # to an attribute, or into a container that others have
    METHOD = "method"  # a bound method of it is handed on
    GLOBAL = "global"  # it is a variable of the module, which other modules can reach


class Escape(msgspec.Struct, frozen=True):
    """One place where an object gets out of sight; `node` is the expression that stands for it there."""

    way: Way
    node: cst.CSTNode


class Use(msgspec.Struct, frozen=True):
    """Something done with the object in plain sight.

    `name` is the method or attribute; `with`, `await`, `iterate`, `subscript` for those. `node` is the call, attribute,
    or statement; `object` the expression that stands for the object. `stores`: an attribute is set or deleted.
    """

    name: str
    node: cst.CSTNode
    object: cst.CSTNode
    stores: bool = False


class Fate(msgspec.Struct):
    """What becomes of an object. `captured` are its uses by functions inside the one that has it in a variable."""

    uses: list[Use] = msgspec.field(default_factory=list)
    escapes: list[Escape] = msgspec.field(default_factory=list)
    captured: list[cst.Name] = msgspec.field(default_factory=list)
    variables: set[str] = msgspec.field(default_factory=set)

    def used(self, *names: str) -> list[Use]:
        """Return the uses by these names."""
        return [use for use in self.uses if use.name in names]

    def escapes_but(self, *ways: Way) -> bool:
        """Tell whether the object gets out of sight in any way but these."""
        return any(escape.way not in ways for escape in self.escapes)
