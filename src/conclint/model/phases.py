"""What a function has surely behind it where it does something: flags that it has set or tested, threads it has joined.

Such things put code of several threads in an order: who has set the flag under the lock does what follows alone, when all
others leave as soon as they find it set; and a thread that has been joined does nothing any more.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, cast

import libcst as cst

from conclint.knowledge.schema import Primitive
from conclint.model.accesses import accesses
from conclint.model.definitions import Class
from conclint.model.events import primitives_of
from conclint.model.graph import OpKind
from conclint.model.memory import once_per_function
from conclint.model.passing import given_for
from conclint.model.paths import explore
from conclint.model.values import FunctionValue
from conclint.model.variables import Variable
from conclint.model.words import AccessKind, PhaseKind
from conclint.syntax.children import descendants
from conclint.syntax.walk import is_constant, is_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from conclint.model.definitions import Function
    from conclint.model.events import Event
    from conclint.model.graph import Op
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Facts, State

_RUNNING = (Primitive.THREAD, Primitive.PROCESS, Primitive.TIMER)
_SAME = (cst.Equal, cst.Is)
_OTHER = (cst.NotEqual, cst.IsNot)


@dataclasses.dataclass(frozen=True, slots=True)
class Phase:
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
    tested = dict(_tested(module, function))
    joins = dict(_joined(module, function))
    stores = {id(node): phase for node, phase in _stores(module, function)} if module.locks.handles_locks(function) else {}
    called = dict(_stored_by_calls(module, function))
    if not tested and not joins and not called and not any(stored.value for stored in stores.values()):
        return {}
    graph = module.graph(function)
    if graph is None:
        return {}
    found: dict[int, frozenset[Phase]] = {}

    def step(op: Op, state: State) -> Iterable[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        before: frozenset[Phase] = state  # type: ignore[assignment]
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

    exploration = explore(graph, frozenset(), step, module.conditions)
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
        if called is not None and not called.is_async and module.locks.handles_locks(called):
            phases = frozenset(
                phase for node, phase in _stores(module, called) if phase.value and _is_unconditional(module, node)
            )
            if phases:
                yield id(call), phases


def _is_unconditional(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell what every call of its function comes to: nothing is around it but `with`."""
    around = itertools.takewhile(lambda one: not isinstance(one, cst.FunctionDef), module.tree.ancestors(node))
    return not any(isinstance(one, (cst.If, cst.Try, cst.TryStar, cst.For, cst.While, cst.Match)) for one in around)


def _stores(module: ModuleModel, function: Function) -> Iterator[tuple[cst.CSTNode, Phase]]:
    """Yield the stores to shared variables; one whose value is no constant, or that no lock guards, has no value."""
    held = module.locks.held_at(function)
    for access in accesses(module, function):
        if access.kind.writes and access.kind is not AccessKind.CHECK_THEN_ACT and not access.element:
            locks = held.get(id(access.node), frozenset())
            value = module.code(access.stored) if locks and access.stored is not None and is_constant(access.stored) else ""
            yield access.node, Phase(PhaseKind.STORED, access.variable, value, locks)


def _flags(module: ModuleModel) -> frozenset[Variable]:
    """Return the variables that are given a constant under a lock somewhere."""
    key = _flags, 0
    if key not in module.answers:
        locking = (function for function in module.functions if module.locks.handles_locks(function))
        stores = (stored for function in locking for _, stored in _stores(module, function))
        module.answers[key] = frozenset(stored.name for stored in stores if stored.value)
    return cast("frozenset[Variable]", module.answers[key])


def _tested(module: ModuleModel, function: Function) -> Iterator[tuple[str, Phase]]:
    """Yield the names of the conditions that tell something, each with what it says where it holds."""
    held = module.locks.held_at(function) if module.locks.handles_locks(function) else {}
    flags = _flags(module)
    for scope in function.scopes:
        for test in scope.tests:
            for part in descendants(test.test):
                for node, value in _asked(module, part):
                    asked = _variable(module, function, node) or _parameter(module, function, node)
                    if asked in flags or isinstance(asked, str) or (asked is not None and is_named_constant(value)):
                        name, _ = module.conditions.key(part)  # type: ignore[arg-type]
                        yield name, Phase(PhaseKind.IS, asked, value, held.get(id(node), frozenset()))


def _asked(module: ModuleModel, part: cst.CSTNode) -> Iterator[tuple[cst.BaseExpression, str]]:
    if isinstance(part, cst.Comparison):
        if len(part.comparisons) == 1 and isinstance(part.comparisons[0].operator, (*_SAME, *_OTHER)):
            right = part.comparisons[0].comparator
            if is_constant(right) and not _is_truth(right):
                yield part.left, module.code(right)
    elif isinstance(part, (cst.Name, cst.Attribute)) and not is_literal(part):
        yield part, ""


def _is_truth(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value in ("True", "False")


def _variable(module: ModuleModel, function: Function, node: cst.BaseExpression) -> Variable | None:
    if isinstance(node, cst.Attribute):
        return module.variables.of_attribute(node, function)
    return module.variables.of_name(node.value, function.scope) if isinstance(node, cst.Name) else None


def _parameter(module: ModuleModel, function: Function, node: cst.BaseExpression) -> str | None:
    """Return the parameter that a name is, of a function that some call gives None for it."""
    if not isinstance(node, cst.Name) or node.value not in _given_none(module).get(id(function), ()):
        return None
    return node.value if len(function.scope.bindings.get(node.value, ())) == 1 else None


def _given_none(module: ModuleModel) -> dict[int, set[str]]:
    key = _given_none, 0
    if key not in module.answers:
        found: dict[int, set[str]] = {}
        for scope in module.scopes:
            for call in scope.calls:
                for function, parameter in nones_in(module, call):
                    found.setdefault(id(function), set()).add(parameter)
        module.answers[key] = found
    return cast("dict[int, set[str]]", module.answers[key])


def nones_in(module: ModuleModel, call: cst.Call) -> Iterator[tuple[Function, str]]:
    """Yield the parameters, each with its function of this module, for which a call gives None as it stands there."""
    if any(_is_none(given.value) for given in call.args):
        called = module.called_function(call)
        for parameter, value in given_for(called, call) if called is not None else ():
            if _is_none(value):
                yield called, parameter  # type: ignore[misc]


def _is_none(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"


def is_named_constant(value: str) -> bool:
    """Tell a constant or member of an enumeration by its dotted name; None, True and False are none."""
    return value.rpartition(".")[2].isupper()


def _outcome(phase: Phase, *, truth: bool) -> Phase:
    if not phase.value:
        return dataclasses.replace(phase, value=str(truth))
    return phase if truth else dataclasses.replace(phase, kind=PhaseKind.IS_NOT)


def _joined(module: ModuleModel, function: Function) -> Iterator[tuple[int, frozenset[Phase]]]:
    """Yield the joins of threads, those with a timeout too: who goes on after that takes them for ended."""
    own = {id(call) for call in function.scope.calls}
    for event in module.events_of("join", *_RUNNING):
        if id(event.node) in own:
            joined = frozenset(Phase(PhaseKind.JOINED, thread) for thread in _threads(module, event))
            if joined:
                yield id(event.node), joined


def _threads(module: ModuleModel, event: Event) -> Iterator[cst.Call | Class]:
    for value in primitives_of(module.values(event.object)):
        if value.site is not None:
            yield value.site.call
        elif value.cls is not None:
            yield value.cls
