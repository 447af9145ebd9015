"""What a function has surely behind it where it does something: flags that it has set or tested, threads it has joined.

Such things put code of several threads in an order: who has set the flag under the lock does what follows alone, when all
others leave as soon as they find it set; and a thread that has been joined does nothing any more.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.accesses import accesses
from conclint.model.definitions import Class
from conclint.model.events import primitives_of
from conclint.model.graph import OpKind
from conclint.model.memory import once_per_function, once_per_module
from conclint.model.needless_joins import asked_before
from conclint.model.passing import given_for
from conclint.model.paths import explore
from conclint.model.values import FunctionValue
from conclint.model.variables import Variable
from conclint.model.words import AccessKind, PhaseKind
from conclint.syntax.children import descendants, is_a
from conclint.syntax.walk import is_constant, is_literal

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from conclint.model.definitions import Function
    from conclint.model.events import Event
    from conclint.model.graph import Op
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Facts, State

_RUNNING = (Primitive.THREAD, Primitive.PROCESS, Primitive.TIMER)
_EQUALITY = frozenset({cst.Equal, cst.Is, cst.NotEqual, cst.IsNot})
_CONCERNS = frozenset({OpKind.CALL, OpKind.STORE, OpKind.BIND})


class Phase(msgspec.Struct, frozen=True):
    """`name` has been stored or tested to be `value`, under `locks`; or the threads of a site or class have been joined.

    A bare string names a parameter of the function.
    """

    kind: PhaseKind
    name: Variable | cst.Call | Class | str
    value: str = ""
    locks: frozenset[str] = frozenset()


@once_per_function
def phases_at(module: ModuleModel, function: Function) -> dict[int, frozenset[Phase]]:
    """Return for the nodes of a function, by `id`, what it has behind it there; what is left out has nothing."""
    if not _flags(module) and id(function) not in _concerned(module):
        return {}
    tested = dict(_tested(module, function))
    joins = _joins(module).get(id(function), {})
    needless = asked_before(module, [event for event in _joins_of(module) if id(event.node) in joins]) if joins else {}
    stores = {id(node): phase for node, phase in _stores(module, function)}
    called = dict(_stored_by_calls(module, function))
    if not tested and not joins and not called and not any(stored.value for stored in stores.values()):
        return {}
    graph = module.graph(function)
    if graph is None:
        return {}
    found: dict[int, frozenset[Phase]] = {}

    def step(op: Op, state: State) -> Iterable[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        before: frozenset[Phase] = state  # type: ignore[assignment]
        if id(op.node) in needless and op.kind in (OpKind.LOAD, OpKind.CALL):
            join, name, there = needless[id(op.node)]
            return ((before, ((name, there),)), (before | joins[id(join)], ((name, not there),)))
        if op.kind is OpKind.CALL and id(op.node) in joins:
            return ((before | joins[id(op.node)], ()),)
        if op.kind is OpKind.CALL and (set_there := called.get(id(op.node))):
            names = {phase.name for phase in set_there}
            return ((frozenset(phase for phase in before if phase.name not in names) | set_there, ()),)
        stored = stores.get(id(op.node)) if op.kind in (OpKind.STORE, OpKind.BIND) else None
        if stored is None:
            return None
        others = frozenset(phase for phase in before if phase.name != stored.name)
        return ((others | {stored} if stored.value else others, ()),)

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        here: frozenset[Phase] = frozenset.intersection(*states) if states else frozenset()  # type: ignore[arg-type]
        known = frozenset.intersection(*states.values()) if states else frozenset()
        here |= {_outcome(tested[name], truth=holds) for name, holds in known if name in tested}
        found[id(op.node)] = here & found.get(id(op.node), here)

    concerns = _CONCERNS | {OpKind.LOAD} if needless else _CONCERNS
    exploration = explore(graph, frozenset(), step, module.conditions, concerns=concerns)
    if exploration.complete:
        exploration.visit(see)
    return {node: phases for node, phases in found.items() if phases}


def _stored_by_calls(module: ModuleModel, function: Function) -> Iterator[tuple[int, frozenset[Phase]]]:
    """Yield the calls of functions of this module that surely set flags under a lock: `flags.flag_as_broken()`."""
    if not _flags(module):
        return
    for call in function.scope.calls:
        functions = [value.function for value in module.values(call.func) if isinstance(value, FunctionValue)]
        called = functions[0] if len(functions) == 1 else None
        if called is not None and not called.is_async:
            phases = frozenset(
                phase for node, phase in _stores(module, called) if phase.value and _is_unconditional(module, node)
            )
            if phases:
                yield id(call), phases


def _is_unconditional(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell what every call of its function comes to: nothing is around it but `with`."""
    around = itertools.takewhile(lambda one: not isinstance(one, cst.FunctionDef), module.tree.ancestors(node))
    return not any(is_a(one, (cst.If, cst.Try, cst.TryStar, cst.For, cst.While, cst.Match)) for one in around)


@once_per_function
def _stores(module: ModuleModel, function: Function) -> list[tuple[cst.CSTNode, Phase]]:
    """Return the stores to shared variables of a function that handles locks.

    One whose value is no constant, or that no lock guards, has no value.
    """
    if not module.locks.handles_locks(function):
        return []
    held = module.locks.held_at(function)
    found = []
    for access in accesses(module, function):
        if access.kind.writes and access.kind is not AccessKind.CHECK_THEN_ACT and not access.element:
            locks = held.get(id(access.node), frozenset())
            value = module.code(access.stored) if locks and access.stored is not None and is_constant(access.stored) else ""
            found.append((access.node, Phase(PhaseKind.STORED, access.variable, value, locks)))
    return found


@once_per_module
def _flags(module: ModuleModel) -> frozenset[Variable]:
    """Return the variables that are given a constant under a lock somewhere."""
    stores = (stored for function in module.functions for _, stored in _stores(module, function))
    return frozenset(stored.name for stored in stores if stored.value and isinstance(stored.name, Variable))


@once_per_module
def _names_of_flags(module: ModuleModel) -> frozenset[str]:
    return frozenset(flag.name for flag in _flags(module))


def _tested(module: ModuleModel, function: Function) -> Iterator[tuple[str, Phase]]:
    """Yield the names of the conditions that tell something, each with what it says where it holds."""
    flags, named = _flags(module), _names_of_flags(module)
    given_none = _given_none(module).get(id(function), set())
    if not named and not given_none and id(function) not in _comparing(module):
        return
    held = module.locks.held_at(function) if module.locks.handles_locks(function) else {}
    for scope in function.scopes:
        for test in scope.tests:
            for part, node, value in _asked(module, test.test):
                name = node.attr.value if node.__class__ is cst.Attribute else node.value
                constant = is_named_constant(value)
                if not constant and name not in named and name not in given_none:
                    continue  # the name alone tells that nothing is known of it
                asked = _variable(module, function, node) or _parameter(function, node, given_none)
                locks = held.get(id(node), frozenset())
                # What is asked of a flag without the lock says nothing: it may have been set meanwhile.
                if (locks and asked in flags) or isinstance(asked, str) or (asked is not None and constant):
                    condition, _ = module.conditions.key(part)
                    yield condition, Phase(PhaseKind.IS, asked, value, locks)


@once_per_module
def _concerned(module: ModuleModel) -> frozenset[int]:
    """Return the functions, by `id`, that may have something behind them even where no flag is set under a lock."""
    return _comparing(module) | _given_none(module).keys() | _joins(module).keys()


@once_per_module
def _comparing(module: ModuleModel) -> frozenset[int]:
    """Return the functions, by `id`, that compare something with a named constant."""
    return frozenset(
        id(module.function_at(comparison))
        for comparison in module.nodes(cst.Comparison)
        if is_constant(right := comparison.comparisons[0].comparator) and is_named_constant(module.code(right))
    )


def _asked(
    module: ModuleModel, test: cst.BaseExpression
) -> Iterator[tuple[cst.BaseExpression, cst.Name | cst.Attribute, str]]:
    """Yield the parts of a test that ask for a name or attribute, what they ask for, and the constant it is compared with."""
    for part in descendants(test):
        if part.__class__ is cst.Name:
            if not is_literal(part):
                yield part, part, ""
        elif part.__class__ is cst.Attribute:
            yield part, part, ""
        elif part.__class__ is cst.Comparison and is_a(part.left, (cst.Name, cst.Attribute)) and len(part.comparisons) == 1:
            (compared,) = part.comparisons
            right = compared.comparator
            if compared.operator.__class__ in _EQUALITY and is_constant(right) and not _is_truth(right):
                yield part, part.left, module.code(right)


def _is_truth(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value in ("True", "False")


def _variable(module: ModuleModel, function: Function, node: cst.Name | cst.Attribute) -> Variable | None:
    if isinstance(node, cst.Attribute):
        return module.variables.of_attribute(node, function)
    return module.variables.of_name(node.value, function.scope)


def _parameter(function: Function, node: cst.BaseExpression, given_none: Container[str]) -> str | None:
    """Return the parameter that a name is, of a function that some call gives None for it."""
    if not isinstance(node, cst.Name) or node.value not in given_none:
        return None
    return node.value if len(function.scope.bindings.get(node.value, ())) == 1 else None


@once_per_module
def _given_none(module: ModuleModel) -> dict[int, set[str]]:
    """Return the parameters for which some call gives None, by `id` of their function."""
    found: dict[int, set[str]] = {}
    for function, parameters in nones_given(module).values():
        found.setdefault(id(function), set()).update(parameters)
    return found


@once_per_module
def nones_given(module: ModuleModel) -> dict[int, tuple[Function, tuple[str, ...]]]:
    """Return the calls, by `id`, that give None as it stands there, with the function of this module and its parameters."""
    found: dict[int, tuple[Function, tuple[str, ...]]] = {}
    for none in module.nodes(cst.Name):
        if none.value != "None" or not is_a(given := module.tree.parent(none), cst.Arg):
            continue
        call = module.tree.parent(given)
        if is_a(call, cst.Call) and id(call) not in found and (called := module.called_function(call)) is not None:
            parameters = tuple(name for name, value in given_for(called, call) if _is_none(value))
            if parameters:
                found[id(call)] = called, parameters
    return found


def _is_none(node: cst.CSTNode) -> bool:
    return node.__class__ is cst.Name and node.value == "None"


def is_named_constant(value: str) -> bool:
    """Tell a constant or member of an enumeration by its dotted name; None, True and False are none."""
    return value.rpartition(".")[2].isupper()


def _outcome(phase: Phase, *, truth: bool) -> Phase:
    if not phase.value:
        return msgspec.structs.replace(phase, value=str(truth))
    return phase if truth else msgspec.structs.replace(phase, kind=PhaseKind.IS_NOT)


def _joins_of(module: ModuleModel) -> Iterable[Event]:
    return module.events_of("join", *_RUNNING)


@once_per_module
def _joins(module: ModuleModel) -> dict[int, dict[int, frozenset[Phase]]]:
    """Return the joins of threads, by `id` of the function and of the call.

    Those with a timeout too: who goes on after that takes them for ended.
    """
    found: dict[int, dict[int, frozenset[Phase]]] = {}
    for event in _joins_of(module):
        joined = frozenset(Phase(PhaseKind.JOINED, thread) for thread in _threads(module, event))
        scope = module.tree.scope_of(event.node)
        if joined and (function := module.function_of(scope)) is not None and function.scope is scope:
            found.setdefault(id(function), {})[id(event.node)] = joined
    return found


def _threads(module: ModuleModel, event: Event) -> Iterator[cst.Call | Class]:
    for value in primitives_of(module.values(event.object)):
        if value.site is not None:
            yield value.site.call
        elif value.cls is not None:
            yield value.cls
