"""What code does at the border of event loops and threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.knowledge.schema import Domain, Where
from conclint.model.circumstances import expects_refusal
from conclint.model.escape import fate_of
from conclint.model.events import Event
from conclint.model.graph import OpKind
from conclint.model.lanes import domain_of
from conclint.model.memory import once_per_module
from conclint.model.values import NONE, LibraryMethod
from conclint.model.words import FOR_LOOP_ONLY
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.events import Handover
    from conclint.model.graph import Block, Op
    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding

_THREADS = (Where.THREAD, Where.WORKER, Where.HELPER)
_CURRENT_LOOP = frozenset({"asyncio.get_running_loop", "asyncio.get_event_loop"})
_SUBMITTING = "asyncio.run_coroutine_threadsafe"
_WAITING = ("result", "exception")
_ASKING = frozenset({"current_thread", "get_ident", "get_native_id", "main_thread", "_MainThread"})
_ASKING_FOR_LOOP = frozenset({"get_running_loop", "_get_running_loop"})  # also wrappers of that name
_RUNNING_LOOP = frozenset({"run_forever", "run_until_complete", "run_sync"})
_ASKING_OR_RUNNING = _ASKING | _ASKING_FOR_LOOP | _RUNNING_LOOP | {"get_event_loop"}


def asks_who_runs(module: ModuleModel, function: Function) -> bool:
    """Tell whether a function asks which thread, or which loop, it is run by, and so may be prepared for either.

    Who runs a loop, whatever object that is, knows as well.
    """
    if module.words.isdisjoint(_ASKING_OR_RUNNING):
        return False
    if function.named.keys().isdisjoint(_ASKING_OR_RUNNING) and not _renames_asking(module):
        return False
    if not function.is_async and any(attribute.attr.value in _RUNNING_LOOP for attribute in function.scope.attributes):
        return True
    named = {attribute.attr.value for attribute in function.scope.attributes}
    named |= {name.value for name in function.scope.names}
    if not named.isdisjoint(_ASKING if function.is_async else _ASKING | _ASKING_FOR_LOOP):
        return True
    asking = (call for call in function.scope.calls if module.symbol(call.func) in _CURRENT_LOOP)
    return any(expects_refusal(module, call) or _is_compared(module, call) for call in asking)


@once_per_module
def _renames_asking(module: ModuleModel) -> bool:
    """Tell whether a module may call what asks who runs it by another name, from an import or its own code."""
    imports: list[cst.ImportFrom] = module.nodes(cst.ImportFrom)
    aliases = (alias for node in imports for alias in (node.names if not isinstance(node.names, cst.ImportStar) else ()))
    renamed = any(alias.asname is not None and alias.evaluated_name in _ASKING_OR_RUNNING for alias in aliases)
    return renamed or not module.main.named.keys().isdisjoint(_ASKING_OR_RUNNING)


def _is_compared(module: ModuleModel, call: cst.Call) -> bool:
    return isinstance(module.tree.parent(call), (cst.Comparison, cst.ComparisonTarget))


def own_loop_results(module: ModuleModel) -> Iterator[tuple[cst.Call, cst.Call]]:
    """Yield the calls that wait for what was submitted to the loop of the running coroutine, with the call that submits it."""
    for handover in module.handovers:
        if handover.type_name != _SUBMITTING or not _goes_to_current_loop(module, handover):
            continue
        fate = fate_of(module, handover.call)
        if fate.used("done") or fate.escapes:
            continue  # somebody may have seen to it that it is done
        for use in fate.used(*_WAITING):
            call = module.tree.parent(use.node) if isinstance(use.node, cst.Attribute) else use.node
            if isinstance(call, cst.Call):
                yield call, handover.call


def _goes_to_current_loop(module: ModuleModel, handover: Handover) -> bool:
    given = [arg for arg in handover.call.args if arg is not handover.target]
    return len(given) == 1 and not given[0].star and is_current_loop(module, given[0].value)


def is_current_loop(module: ModuleModel, node: cst.BaseExpression) -> bool:
    """Tell whether an expression is surely the loop that runs the coroutines of the module.

    It is where all that it is bound to is the running loop of a coroutine.
    """
    if isinstance(node, cst.Call):
        function = module.function_at(node)
        return function is not None and function.is_async and module.symbol(node.func) in _CURRENT_LOOP
    if isinstance(node, cst.Name):
        owner = module.tree.scope_of(node).owner(node.value)
        if owner is None:
            return False
        return _are_current(module, owner.bindings.get(node.value, []) + module.resolver.rebound_elsewhere(node.value, owner))
    if isinstance(node, cst.Attribute):
        return _are_current(
            module, [store for scope in module.scopes for store in scope.stores if store.name == node.attr.value]
        )
    return False


def _are_current(module: ModuleModel, bindings: list[Binding]) -> bool:
    bound = [binding.value for binding in bindings if not _is_none(module, binding)]
    return bool(bound) and all(isinstance(value, cst.Call) and is_current_loop(module, value) for value in bound)


def _is_none(module: ModuleModel, binding: Binding) -> bool:
    return binding.value is not None and module.values(binding.value) == (NONE,)


def handed_to_threads(module: ModuleModel) -> Iterator[Event]:
    """Yield what threads will do to objects of asyncio whose methods they are given: `Timer(1, event.set)`."""
    for handover in module.handovers:
        given = handover.target.value
        if handover.where not in _THREADS or domain_of(handover) is Domain.PROCESS or not isinstance(given, cst.Attribute):
            continue
        for value in module.values(given):
            if isinstance(value, LibraryMethod) and value.receiver.facts is not None:
                facts, of = module.knowledge.method(value.receiver.type_name, value.name), value.receiver.facts
                if facts is not None and facts.event in FOR_LOOP_ONLY.get(of.kind, ()) and of.domain is Domain.ASYNCIO:
                    assert facts.event is not None
                    yield Event(facts.event, given, given.value, (value.receiver,), value.name, facts)
                    break


def preexec_calls(module: ModuleModel) -> Iterator[tuple[cst.Call, str]]:
    """Yield the calls that have a child process run code before it becomes another program, and their names."""
    for handover in module.handovers:
        named = handover.runs.target.name == "preexec_fn"
        if handover.where is Where.FORK and named and NONE not in module.values(handover.target.value):
            yield handover.call, handover.type_name


def is_kept_across_await(module: ModuleModel, store: cst.Attribute) -> bool:
    """Tell whether a coroutine stores something of its own, made of its parameters, and gives way to others after that."""
    function, value = module.function_at(store), _stored(module, store)
    if function is None or not function.is_async or value is None:
        return False
    parameters = {parameter.name.value for parameter in function.parameters} - {function.receiver_name}
    own = any(isinstance(node, cst.Name) and node.value in parameters for node in (value, *descendants(value)))
    return own and _gives_way_after(module, function, store)


def _stored(module: ModuleModel, store: cst.Attribute) -> cst.BaseExpression | None:
    target = module.tree.parent(store)
    statement = module.tree.parent(target) if isinstance(target, cst.AssignTarget) else None
    return statement.value if isinstance(statement, cst.Assign) else None


def is_awaited(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell a call whose result is awaited: it gives back something to wait for in place of waiting itself."""
    return module.tree.parent(node).__class__ is cst.Await


def may_have_given_way(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell whether a coroutine may have awaited something before it comes to `node`, perhaps the end of what it asks there."""
    function = module.function_at(node)
    graph = module.graph(function) if function is not None and function.is_async else None
    awaits = [_after(block, i) for block in graph.blocks for i, op in enumerate(block.ops) if _gives_way(op)] if graph else []
    return any(op.node is node for follows in awaits for op in follows)


def _gives_way_after(module: ModuleModel, function: Function, store: cst.Attribute) -> bool:
    graph = module.graph(function)
    stores = [_after(block, i) for block in graph.blocks for i, op in enumerate(block.ops) if op.node is store] if graph else []
    return any(_gives_way(op) for follows in stores for op in follows)


def _after(block: Block, index: int) -> Iterator[Op]:
    """Yield the operations that may follow one, exceptions included."""
    pending: list[tuple[Block, int]] = [(block, index + 1)]
    seen: set[int] = set()
    while pending:
        at, first = pending.pop()
        yield from at.ops[first:]
        following = [edge.target for edge in at.edges] + ([at.handler] if at.handler is not None else [])
        pending += [(target, 0) for target in following if id(target) not in seen]
        seen.update(map(id, following))


def _gives_way(op: Op) -> bool:
    return op.kind in (OpKind.AWAIT, OpKind.YIELD)
