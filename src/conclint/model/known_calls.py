"""What calls of the language's own functions and classes give back, and those of a few that make or fetch values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.values import (
    NONE,
    NOTHING_KNOWN,
    UNKNOWN,
    ClassValue,
    Constant,
    FunctionValue,
    Instance,
    Items,
    Partial,
    Super,
    Symbol,
    element,
    every,
    union,
)
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from conclint.model.resolve import Resolver
    from conclint.model.values import Value, Values

HANDS_ON_ITEMS = frozenset({"values", "items", "copy"})
"""Methods of containers that give back what still holds the items."""

FIELDS = frozenset({"dataclasses.field", "attr.ib", "attr.attrib", "attr.field", "attrs.field"})
"""What declares in a class body that each object has an attribute."""


def called(resolver: Resolver, name: str, call: cst.Call) -> Values | None:
    """Return what a call of the function or class `name` gives, None when this module knows nothing of it."""
    known = _KNOWN.get(name)
    return known(resolver, call) if known is not None else None


def from_container(resolver: Resolver, containers: Values, call: cst.Call, method: str) -> Values:
    """Return what a method of a container gives back: itself, pairs with its items, or one of them."""
    default = _given(resolver, call, 1)
    if method == "items":
        return pairs(NOTHING_KNOWN, every(containers))
    if method in HANDS_ON_ITEMS:
        return containers
    if method == "popitem":
        return (Items((NOTHING_KNOWN, every(containers)), exact=True),)
    if method == "get":
        return union(every(containers), default or (NONE,))
    return union(every(containers), default) if default else every(containers)


def pairs(*parts: Values) -> Values:
    """Return an iterable of tuples."""
    return (Items(((Items(parts, exact=True),),)),)


def class_of(value: Value) -> Value:
    """Return the class of an object."""
    return ClassValue(value.cls) if isinstance(value, Instance) and value.cls is not None else UNKNOWN


def _given(resolver: Resolver, call: cst.Call, position: int) -> Values:
    """Return what an argument by position may be, () when there is none or a star hides it."""
    before = call.args[: position + 1]
    if len(before) <= position or any(argument.star or argument.keyword for argument in before):
        return ()
    return resolver.values(before[position].value)


def _keyword(resolver: Resolver, call: cst.Call, *names: str) -> Values:
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value in names:
            return resolver.values(argument.value)
    return ()


# containers


def _container(resolver: Resolver, call: cst.Call) -> Values:
    """`list(x)`, `deque()`: the items of the argument, and what is put in later."""
    first = _given(resolver, call, 0)
    elements = tuple(every((value,)) for value in first if value != NONE)
    return (Items((*elements, *resolver.displays.put_into(call))),)


def _mapping(resolver: Resolver, call: cst.Call) -> Values:
    elements = [every((value,)) for value in _given(resolver, call, 0)]
    elements = [element(items, 1) if _are_pairs(items) else items for items in elements]
    elements += [resolver.values(argument.value) for argument in call.args if argument.keyword is not None]
    return (Items((*elements, *resolver.displays.put_into(call))),)


def _are_pairs(values: Values) -> bool:
    return all(isinstance(value, Items) and value.exact and len(value.elements) == 2 for value in values)


def _default_table(resolver: Resolver, call: cst.Call) -> Values:
    made = tuple(made_by(resolver, value) for value in _given(resolver, call, 0) if value != NONE)
    return (Items((*made, *resolver.displays.put_into(call))),)


def made_by(resolver: Resolver, factory: Value) -> Values:
    """Return what a factory makes where no call of it is written."""
    if isinstance(factory, Partial):
        return made_by(resolver, factory.target)
    if isinstance(factory, FunctionValue):
        return resolver.returned(factory.function)
    if isinstance(factory, ClassValue):
        return (resolver.instance_of(factory.cls),)
    if isinstance(factory, Symbol):
        if factory.name in _EMPTY:
            return (Items(()),)
        return resolver.calls.of_type(factory.name)
    return NOTHING_KNOWN


def _enumerate(resolver: Resolver, call: cst.Call) -> Values:
    return pairs(NOTHING_KNOWN, every(_given(resolver, call, 0)))


def _zip(resolver: Resolver, call: cst.Call) -> Values:
    return pairs(*(every(resolver.values(argument.value)) for argument in call.args))


def _filtered(resolver: Resolver, call: cst.Call) -> Values:
    return (Items((every(_given(resolver, call, 1)),)),)


def _one_of(resolver: Resolver, call: cst.Call) -> Values:
    """`next(x)`, `min(x)`, `random.choice(x)`; a second argument of `next` is what comes when there is none."""
    return union(every(_given(resolver, call, 0)), _given(resolver, call, 1))


def _extreme(resolver: Resolver, call: cst.Call) -> Values:
    given = [resolver.values(argument.value) for argument in call.args if argument.keyword is None and not argument.star]
    return every(given[0]) if len(given) == 1 else union(*given)


# attributes and classes


def _attribute(resolver: Resolver, call: cst.Call) -> Values:
    names = _given(resolver, call, 1)
    if len(names) != 1 or not isinstance(names[0], Constant) or not isinstance(names[0].value, str):
        return NOTHING_KNOWN
    found = resolver.attribute_of(_given(resolver, call, 0), names[0].value)
    return union(found, _given(resolver, call, 2))


def _type(resolver: Resolver, call: cst.Call) -> Values:
    return tuple(map(class_of, _given(resolver, call, 0))) if len(call.args) == 1 else NOTHING_KNOWN


def _super(resolver: Resolver, call: cst.Call) -> Values:
    function = resolver.functions.get(id(resolver.tree.scope_of(call).execution))
    if function is None or function.cls is None or function.receiver_name is None:
        return NOTHING_KNOWN
    behind: Value = ClassValue(function.cls)
    if call.args:
        classes = resolver.values(call.args[0].value)
        behind = classes[0]
        if len(classes) != 1 or len(call.args) != 2 or dotted_name(call.args[1].value) != function.receiver_name:
            return NOTHING_KNOWN
    receivers = resolver.variable(function.receiver_name, function.scope)
    if not isinstance(behind, ClassValue) or not isinstance(receivers[0], (Instance, ClassValue)):
        return NOTHING_KNOWN
    return (Super(receivers[0], behind.cls),)


# functions that make values


def _partial(resolver: Resolver, call: cst.Call) -> Values:
    return tuple(Partial(value, call) for value in _given(resolver, call, 0))


def _field(resolver: Resolver, call: cst.Call) -> Values:
    """A field of a dataclass or of attrs: what its factory makes, or its default; () when only its annotation tells."""
    factories = _keyword(resolver, call, "default_factory", "factory")
    if factories:
        return union(*(resolver.calls.result(value, call) for value in factories))
    return _keyword(resolver, call, "default")


def _factory(resolver: Resolver, call: cst.Call) -> Values:
    return union(*(resolver.calls.result(value, call) for value in _given(resolver, call, 0)))


def _first(resolver: Resolver, call: cst.Call) -> Values:
    return _given(resolver, call, 0)


def _second(resolver: Resolver, call: cst.Call) -> Values:
    return _given(resolver, call, 1)


_EMPTY = frozenset({"builtins.list", "builtins.dict", "builtins.set", "collections.deque"})
_LISTS = ("builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.sorted", "builtins.reversed",
          "builtins.iter", "copy.copy", "collections.deque", "weakref.WeakSet", "itertools.chain")
_MAPPINGS = ("builtins.dict", "collections.OrderedDict", "weakref.WeakValueDictionary", "weakref.WeakKeyDictionary")
_KNOWN: dict[str, Callable[[Resolver, cst.Call], Values]] = {
    **dict.fromkeys(_LISTS, _container),
    **dict.fromkeys(_MAPPINGS, _mapping),
    **dict.fromkeys(("builtins.next", "random.choice"), _one_of),
    **dict.fromkeys(FIELDS, _field),
    **dict.fromkeys(("attr.Factory", "attrs.Factory"), _factory),
    **dict.fromkeys(("functools.partial", "functools.partialmethod"), _partial),
    **dict.fromkeys(("builtins.min", "builtins.max"), _extreme),
    "collections.defaultdict": _default_table,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.filter": _filtered,
    "builtins.getattr": _attribute,
    "builtins.type": _type,
    "builtins.super": _super,
    "typing.cast": _second,
    "weakref.proxy": _first,
}
