"""Who a function calls: written calls, and those that Python makes for it (properties, `with`, operators)."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst
import msgspec

from conclint.model.memory import once_per_function
from conclint.model.values import ClassValue, FunctionValue, Instance, Partial
from conclint.syntax import BindingKind
from conclint.syntax.children import is_a
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class, Function
    from conclint.model.module import ModuleModel
    from conclint.model.values import Value
    from conclint.syntax import Scope

_ASKED = {"len": "__len__", "iter": "__iter__", "bool": "__bool__", "str": "__str__", "repr": "__repr__", "next": "__next__"}
_OPERATORS = frozenset({*_ASKED.values(), "__getitem__", "__setitem__", "__delitem__", "__contains__"})

Operator: TypeAlias = "tuple[cst.CSTNode, cst.BaseExpression, str]"
"""A use of an operator, the operand whose class decides what it does, and the name of the method."""


class Receiver(enum.Enum):
    """Whose method is called, as seen from the caller."""

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

    NONE = "none"  # a function, or a class's static method
    SELF = "self"  # the caller's own object
    SUPER = "super"  # that too, and no override of the method
    FRESH = "fresh"  # an object that the caller has made and not given away
    COMMON = "common"  # one that a global holds
    CAPTURED = "captured"  # one that an enclosing function's variable holds
    PART = "part"  # one that an attribute of the caller's own object holds
    PARAMETER = "parameter"  # one that the caller was given
    OTHER = "other"


class CallSite(msgspec.Struct, frozen=True):
    """A place that runs other functions: `functions` of this module, or what `foreign` names in another of the program.

    `base` is the dotted name of the object whose method it is.
    """

    node: cst.CSTNode
    functions: tuple[Function, ...]
    receiver: Receiver
    foreign: str = ""
    base: str = ""


@once_per_function
def calls_of(module: ModuleModel, function: Function) -> list[CallSite]:
    """Return the calls in a function's own code, comprehensions included."""
    return list(_calls_of(module, function))


def _calls_of(module: ModuleModel, function: Function) -> Iterator[CallSite]:
    for scope in function.scopes:
        for call in scope.calls:
            site = _written(module, function, call)
            if site is not None:
                yield site
        yield from _implied(module, function, scope)


def _written(module: ModuleModel, function: Function, call: cst.Call) -> CallSite | None:
    func = call.func
    found = called_by(module, call)
    path = "" if found else module.foreign.path(func)
    if not found and (not path or path.startswith("builtins.")):
        return None  # nobody knows what it runs, or no module of a program defines it
    base = dotted_name(func.value) if func.__class__ is cst.Attribute else ""
    return CallSite(call, found, receiver_of(module, function, call), path, base)


def called_by(module: ModuleModel, call: cst.Call) -> tuple[Function, ...]:
    """Return the functions of this module that a written call may run; of a class its `__init__`."""
    values = module.values(call.func)
    if len(values) == 1:  # as a rule
        return _functions(module, values[0])
    return tuple(dict.fromkeys(one for value in values for one in _functions(module, value)))


def _functions(module: ModuleModel, value: Value) -> tuple[Function, ...]:
    if isinstance(value, FunctionValue):
        return (value.function,)
    if isinstance(value, Partial):
        return _functions(module, value.target)
    if isinstance(value, ClassValue):
        for cls in module.resolver.mro(value.cls):
            if "__init__" in cls.methods:
                return (cls.methods["__init__"],)
    return ()


def receiver_of(module: ModuleModel, function: Function, call: cst.Call) -> Receiver:
    """Return whose method a call runs; a class that is called makes a fresh object."""
    func = call.func
    if any(isinstance(value, ClassValue) for value in module.values(func)):
        return Receiver.FRESH
    return _whose(module, function, func.value) if func.__class__ is cst.Attribute else Receiver.NONE


def _whose(module: ModuleModel, function: Function, node: cst.BaseExpression) -> Receiver:
    if node.__class__ is cst.Name:
        if function.cls is not None and node.value == function.receiver_name:
            return Receiver.SELF
        if module.class_of_receiver(node) is not None:
            return Receiver.SELF  # the enclosing method's
        return _of_variable(module, function, node.value)
    if is_a(node, cst.Attribute):
        return _PARTS.get(_whose(module, function, node.value), Receiver.OTHER)
    if is_a(node, cst.Call):
        func = node.func
        if is_a(func, cst.Name) and func.value == "super":
            return Receiver.SUPER
        if any(isinstance(value, ClassValue) for value in module.values(func)):
            return Receiver.FRESH
    return Receiver.OTHER


_PARTS = {
    Receiver.SELF: Receiver.PART,
    Receiver.PART: Receiver.PART,
    Receiver.COMMON: Receiver.COMMON,
    Receiver.CAPTURED: Receiver.CAPTURED,
    Receiver.PARAMETER: Receiver.PARAMETER,
    Receiver.FRESH: Receiver.FRESH,
}


def _of_variable(module: ModuleModel, function: Function, name: str) -> Receiver:
    owner = function.scope.owner(name)
    if owner is not function.scope:
        return Receiver.CAPTURED if owner is not None and owner.is_callable else Receiver.COMMON
    if module.variables.is_fresh(name, function):
        return Receiver.FRESH
    bindings = owner.bindings.get(name, [])
    if all(binding.kind is BindingKind.PARAMETER for binding in bindings):
        return Receiver.PARAMETER
    if len(bindings) == 1 and bindings[0].kind is BindingKind.ASSIGN and not bindings[0].path:
        value = bindings[0].value
        if is_a(value, (cst.Name, cst.Attribute)) and name not in dotted_name(value).split("."):
            return _whose(module, function, value)
    return Receiver.OTHER


def _implied(module: ModuleModel, function: Function, scope: Scope) -> Iterator[CallSite]:
    special = module.special_methods
    if special.properties:
        stored = {id(store.node) for store in scope.stores if store.kind is not BindingKind.AUGMENT}
        for attribute in scope.attributes:
            if attribute.attr.value in special.properties:
                setter = id(attribute) in stored
                yield from _method(module, function, attribute, attribute.value, attribute.attr.value, setter=setter)
    if "__enter__" in special.names:
        for statement in scope.withs:
            for item in statement.items:
                yield from _method(module, function, item, item.item, "__enter__")
                yield from _method(module, function, item, item.item, "__exit__")
    if scope is function.scope and scope.is_callable:
        for node, receiver, name in module.operators.get(id(function), ()):
            yield from _method(module, function, node, receiver, name)


def operators_of(module: ModuleModel) -> dict[int, list[Operator]]:
    """Return the uses of operators and the like that a class of the module may have a method for, by `id` of the function."""
    defined = module.special_methods.names
    found: dict[int, list[Operator]] = {}
    for node, receiver, name in _operators(module) if not defined.isdisjoint(_OPERATORS) else ():
        if name in defined and is_a(receiver, (cst.Name, cst.Attribute, cst.Call)):
            found.setdefault(id(module.function_at(node)), []).append((node, receiver, name))
    return found


def _operators(module: ModuleModel) -> Iterator[Operator]:
    for node in module.nodes(cst.Subscript):
        parent = module.tree.parent(node)
        stored = parent.__class__ is cst.AssignTarget
        name = "__setitem__" if stored else "__delitem__" if parent.__class__ is cst.Del else "__getitem__"
        yield node, node.value, name
    for comparison in module.nodes(cst.Comparison):
        for target in comparison.comparisons:
            if is_a(target.operator, (cst.In, cst.NotIn)):
                yield comparison, target.comparator, "__contains__"
    loops: list[cst.For | cst.CompFor] = module.nodes(cst.For, cst.CompFor)
    for loop in loops:
        yield loop.iter, loop.iter, "__iter__"
    for call in module.nodes(cst.Call):
        if call.func.__class__ is cst.Name and len(call.args) == 1:
            if (asked := _ASKED.get(call.func.value)) is not None:
                yield call, call.args[0].value, asked


def _method(
    module: ModuleModel,
    function: Function,
    node: cst.CSTNode,
    receiver: cst.BaseExpression,
    name: str,
    *,
    setter: bool = False,
) -> Iterator[CallSite]:
    if not is_a(receiver, (cst.Name, cst.Attribute, cst.Call)):
        return
    found = []
    for value in module.values(receiver):
        cls = value.cls if isinstance(value, Instance) else None
        if cls is not None and (method := _defined(module, cls, name, setter=setter)) is not None:
            found.append(method)
    if found:
        whose = _whose(module, function, receiver)
        yield CallSite(node, tuple(dict.fromkeys(found)), whose, base=dotted_name(receiver))


def _defined(module: ModuleModel, cls: Class, name: str, *, setter: bool) -> Function | None:
    for one in module.resolver.mro(cls):
        if name in one.methods:
            return one.setters.get(name) if setter else one.methods[name]
    return None


class SpecialMethods(msgspec.Struct, frozen=True):
    """The names of the module's methods that Python calls where no call is written."""

    names: frozenset[str]
    properties: frozenset[str]


def special_methods(module: ModuleModel) -> SpecialMethods:
    """Return which of them the classes of a module define."""
    methods = [(name, method) for cls in module.classes for name, method in cls.methods.items()]
    return SpecialMethods(
        frozenset(name for name, _ in methods if name.startswith("__")),
        frozenset(name for name, method in methods if method.has_decorator("property", "cached_property")),
    )


__all__ = [
    "CallSite",
    "Receiver",
    "SpecialMethods",
    "called_by",
    "calls_of",
    "operators_of",
    "receiver_of",
    "special_methods",
]
