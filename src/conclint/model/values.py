"""What an expression may be: the abstract values of the model.

An expression has a set of possible values; `UNKNOWN` among them means that there may be others. Unknown means silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    import libcst as cst

    from conclint.knowledge.schema import Domain, Primitive, Type
    from conclint.model.definitions import Class, Function
    from conclint.syntax import Scope


class Symbol(msgspec.Struct, frozen=True):
    """Something of another module, by its canonical dotted name; `builtins.` for builtins."""

    name: str


class Constant(msgspec.Struct, frozen=True):
    """A literal: None, a bool, number or string."""

    value: object


class Site(msgspec.Struct, eq=False):
    """A creation site: the call that makes a primitive, and what is known of its type.

    `cls` is the class of this module that it is an instance of, when that derives from the primitive's type.
    """

    call: cst.Call
    scope: Scope
    type_name: str
    facts: Type
    cls: Class | None = None

    @property
    def kind(self) -> Primitive:
        """The kind of primitive."""
        return self.facts.kind

    @property
    def domain(self) -> Domain:
        """Between whom it works."""
        return self.facts.domain


class Instance(msgspec.Struct, frozen=True):
    """An object: of a library's type, of a class of this module, or of one that derives from the other.

    `site` is where it was made, when that can be seen. `facts` are no part of what it is.
    """

    type_name: str = ""
    facts: Type | None = None
    cls: Class | None = None
    site: Site | None = None

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Instance)
            and self.site is other.site
            and self.cls is other.cls
            and self.type_name == other.type_name
        )

    def __hash__(self) -> int:
        return hash((self.type_name, self.cls, self.site))


class FunctionValue(msgspec.Struct, frozen=True):
    """A function or lambda of this module; `receiver` is what it is bound to."""

    function: Function
    receiver: Instance | ClassValue | None = None


class ClassValue(msgspec.Struct, frozen=True):
    """A class of this module."""

    cls: Class


class Super(msgspec.Struct, frozen=True):
    """What `super()` gives: `receiver`, whose attributes are looked up behind the class `behind`."""

    receiver: Instance | ClassValue
    behind: Class


class LibraryMethod(msgspec.Struct, frozen=True):
    """A method of a library's type, bound to an object."""

    receiver: Instance
    name: str


class Partial(msgspec.Struct, frozen=True):
    """A callable with some of its arguments given: `functools.partial(f, 1)`."""

    target: Value
    call: cst.Call


class Items(msgspec.Struct, frozen=True):
    """A container, by what it holds: in order when `exact`, else what any element may be."""

    elements: tuple[tuple[Value, ...], ...]
    exact: bool = False

    def every(self) -> tuple[Value, ...]:
        """Return what any of the elements may be."""
        return tuple(dict.fromkeys(value for values in self.elements for value in values))


class Unknown(msgspec.Struct, frozen=True):
    """Anything."""


UNKNOWN = Unknown()
Value: TypeAlias = (
    "Symbol | Constant | Instance | FunctionValue | ClassValue | Super | LibraryMethod | Partial | Items | Unknown"
)
Values: TypeAlias = "tuple[Value, ...]"
NOTHING_KNOWN: Values = (UNKNOWN,)
NONE = Constant(None)


def union(*parts: Values) -> Values:
    """Return what any of several expressions may be."""
    if len(parts) == 1:
        return parts[0]
    return tuple(dict.fromkeys(value for part in parts for value in part))


def every(containers: Values) -> Values:
    """Return what an item of a container may be."""
    found: list[Value] = []
    for value in containers:
        found.extend(value.every() if isinstance(value, Items) else (UNKNOWN,))
    return tuple(dict.fromkeys(found)) or NOTHING_KNOWN


def element(containers: Values, index: int) -> Values:
    """Return what the item of a container at `index` may be; -1 stands for any."""
    found: list[Value] = []
    for value in containers:
        if not isinstance(value, Items):
            found.append(UNKNOWN)
        elif value.exact and 0 <= index < len(value.elements):
            found.extend(value.elements[index])
        else:
            found.extend(value.every())
    return tuple(dict.fromkeys(found)) or NOTHING_KNOWN
