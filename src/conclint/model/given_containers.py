"""What a function does to the containers that it was given; whose they are its callers know.

RacerD's summaries speak of formal parameters in the same way, and put what is passed in their place at each call.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst
import msgspec

from conclint.model.accesses import Collector
from conclint.model.checks import checks
from conclint.model.memory import once_per_function, once_per_module
from conclint.model.variables import Variable
from conclint.model.words import CHANGING, AccessKind, Base
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name, every_parameter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conclint.model.accesses import Access
    from conclint.model.definitions import Function
    from conclint.model.events import Handover
    from conclint.model.module import ModuleModel
    from conclint.syntax import Scope

_NAMED = frozenset({cst.Name, cst.Attribute})
_LOCKS = re.compile("lock|mutex|cond|sem", re.IGNORECASE)
Argument: TypeAlias = "tuple[str, cst.BaseExpression]"
"""The name by which an argument is given, if any, and the argument."""


class Passed(msgspec.Struct, frozen=True):
    """What a call gives, by position, or by name where that is told: a container or a parameter of its own, or a lock."""

    position: int
    name: str
    variable: Variable | None
    lock: str


class _Parameters:
    """Tells the parameters of functions, which nothing else is ever bound to; inner functions see them too."""

    def __init__(self, module: ModuleModel) -> None:
        self._module = module

    def of_name(self, name: str, scope: Scope) -> Variable | None:
        owner = scope.owner(name)
        function = self._module.function_of(owner) if owner is not None and owner.is_callable else None
        return _parameters(self._module, function).get(name) if function is not None else None

    def of_attribute(self, _node: cst.Attribute, _function: Function) -> Variable | None:
        return None

    def is_container(self, _variable: Variable) -> bool:
        return True  # the callers decide


@once_per_function
def _parameters(_module: ModuleModel, function: Function) -> dict[str, Variable]:
    owner, node = function.scope, function.node
    if not isinstance(node, (cst.FunctionDef, cst.Lambda)):
        return {}
    names = (one.name.value for one in every_parameter(node.params) if not one.star)
    return {
        name: Variable(owner.qualified_name, name, Base.PARAMETER, name)
        for name in names
        if name != function.receiver_name and len(owner.bindings[name]) == 1
    }


@once_per_function
def accesses_of_given(module: ModuleModel, function: Function) -> list[Access]:
    """Return the changes and walks of containers that are parameters of a function or of one around it."""
    if not function.scope.is_callable or not _touches_parameters(module, function):
        return []
    collector = Collector(module, function, _Parameters(module))
    found = list(collector.collect())
    kept = [one for one in found if one.kind is AccessKind.ITERATE or (one.kind.writes and one.element)]
    return [*kept, *(one for one in checks(module, function, found, collector.leaves_out) if one.element)] if kept else []


def _touches_parameters(module: ModuleModel, function: Function) -> bool:
    """Tell by the names alone whether a function may change or go through what is a parameter; most do not."""
    names = set(names_gone_through(module).get(id(function), ()))
    for scope in function.scopes:
        names.update(store.node.value.value for store in scope.stores if _is_element_of_name(store.node))  # type: ignore[attr-defined]
        for call in scope.calls:
            func = call.func
            if func.__class__ is cst.Attribute and func.attr.value in CHANGING and func.value.__class__ is cst.Name:
                names.add(func.value.value)
    for name in tuple(names):
        bindings = function.scope.bindings.get(name, ())
        names.update(binding.value.value for binding in bindings if binding.value.__class__ is cst.Name)
    parameters = _Parameters(module)
    return any(parameters.of_name(name, function.scope) is not None for name in names)


def _is_element_of_name(node: cst.CSTNode) -> bool:
    return node.__class__ is cst.Subscript and node.value.__class__ is cst.Name


@once_per_module
def names_gone_through(module: ModuleModel) -> dict[int, set[str]]:
    """Return the names of variables and attributes in what loops go through, by `id` of the function."""
    found: dict[int, set[str]] = {}
    loops: list[cst.For | cst.CompFor] = module.nodes(cst.For, cst.CompFor)
    for loop in loops:
        names = found.setdefault(id(module.function_at(loop.iter)), set())
        for part in descendants(loop.iter):
            if part.__class__ is cst.Name:
                names.add(part.value)
            elif part.__class__ is cst.Attribute:
                names.add(part.attr.value)
    return found


def passed(module: ModuleModel, function: Function, given: Iterable[Argument]) -> Iterator[Passed]:
    """Yield the shared containers, locks and parameters among the arguments of a call that `function` makes."""
    for position, (name, value) in enumerate(given):
        if value.__class__ not in _NAMED:
            continue
        variable = shared_container(module, function, value)
        lock = module.locks.lock(value) if _is_called_lock(value) else None
        if variable is not None or lock is not None:
            yield Passed(position, name, variable, lock.key if lock is not None else "")


def _is_called_lock(node: cst.BaseExpression) -> bool:
    """Tell a lock by the last part of its dotted name."""
    last = node.attr.value if node.__class__ is cst.Attribute else node.value if node.__class__ is cst.Name else ""
    return _LOCKS.search(last) is not None and bool(dotted_name(node))


def parameter_of(module: ModuleModel, node: cst.Name) -> str:
    """Return the parameter that a name is, of the function where it stands; empty for anything else."""
    scope = module.tree.scope_of(node)
    found = _Parameters(module).of_name(node.value, scope)
    return node.value if found is not None and scope.owner(node.value) is scope.execution else ""


def arguments_of(call: cst.Call) -> Iterator[Argument]:
    """Yield the arguments of a call, by position until a star hides how many there are."""
    for argument in call.args:
        if argument.star:
            return
        yield (argument.keyword.value if argument.keyword is not None else ""), argument.value


def arguments_handed_over(handover: Handover) -> Iterator[Argument]:
    """Yield the arguments that a callable is handed over with."""
    if handover.arguments is not None and isinstance(handover.arguments.value, (cst.Tuple, cst.List)):
        for element in handover.arguments.value.elements:
            if isinstance(element, cst.StarredElement):
                return
            yield "", element.value
    for argument in handover.loose_arguments:
        if argument.star:
            return
        yield (argument.keyword.value if argument.keyword is not None else ""), argument.value


def shared_container(module: ModuleModel, function: Function, node: cst.BaseExpression) -> Variable | None:
    """Return the shared variable, surely a container, that an expression means, or the parameter that it is."""
    if node.__class__ is cst.Name:
        scope = module.tree.scope_of(node)
        owner = scope.owner(node.value)
        if owner is None:
            return None
        if owner.is_callable and (taking := module.function_of(owner)) is not None:
            found = _parameters(module, taking).get(node.value)
            if found is not None or owner is scope.execution:
                return found
        variable = module.variables.of_name(node.value, scope)
    elif node.__class__ is cst.Attribute and node.attr.value in module.variables.container_attributes:
        variable = module.variables.of_attribute(node, function)
    else:
        return None
    return variable if variable is not None and module.variables.is_container(variable) else None
