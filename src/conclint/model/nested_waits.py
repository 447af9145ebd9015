"""Tasks that wait for other tasks of the executor which runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Where
from conclint.model.arguments import argument
from conclint.model.escape import Way, fate_of
from conclint.model.events import functions_of, workers_of
from conclint.model.lanes import has_one_worker
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.events import Event, Handover
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_DEEPEST = 4
_ONCE = frozenset({"", "main", "_main"})


class NestedWait(msgspec.Struct, frozen=True):
    """`task`, which `outer` hands to a pool, hands another task to the same pool by `inner`, and waits for it at `wait`."""

    outer: cst.Call
    task: Function
    inner: cst.Call
    wait: cst.CSTNode
    pool: cst.BaseExpression


def nested_waits(module: ModuleModel) -> Iterator[NestedWait]:
    """Yield the tasks that hold one thread of a pool while they wait for another of the same pool.

    There have to be enough of them to hold all threads: the pool has only one, or who submits the tasks may do so
    any number of times, or the tasks submit their like.
    """
    waits = [(event, wait) for event in module.events if (wait := _wait_for(module, event)) is not None]
    seen: set[int] = set()
    for handover in module.handovers if waits else ():
        site = _site_of(module, handover)
        if site is None:
            continue
        for task, _ in functions_of(module.values(handover.target.value)):
            reached = _reached(module, task)
            for event, wait in waits:
                inner = event.node
                assert isinstance(inner, cst.Call)
                if id(module.function_at(inner)) not in reached or id(inner) in seen:
                    continue
                if not _is_same_pool(module, handover, event, site):
                    continue
                if _holds_all(module, handover, site) or _is_of_its_like(module, inner, reached):
                    seen.add(id(inner))
                    yield NestedWait(handover.call, task, inner, wait, event.object)


def _site_of(module: ModuleModel, handover: Handover) -> Site | None:
    """Return the pool of threads that surely runs what is handed over, by its creation site."""
    if handover.where is not Where.WORKER or handover.runs.initializer:
        return None
    sites = [instance.site for instance in workers_of(module, handover)]
    site = sites[0] if len(sites) == 1 else None
    return site if site is not None and site.domain is Domain.THREAD else None


def _reached(module: ModuleModel, task: Function) -> set[int]:
    """Return the functions of the module that run in the thread of a task, by `id`."""
    found = {id(task)}
    level = [task]
    for _ in range(_DEEPEST):
        following: list[Function] = []
        for function in level:
            for scope in function.scope.walk():
                for call in scope.calls if scope.execution is function.scope else ():
                    called = module.called_function(call)
                    if called is not None and id(called) not in found and not (called.is_async or called.is_generator):
                        found.add(id(called))
                        following.append(called)
        level = following
    return found


def _is_same_pool(module: ModuleModel, handover: Handover, event: Event, site: Site) -> bool:
    """Tell whether a task is given to the very pool that runs who gives it: not to that of another object.

    A task that calls the function which makes the pool gets another one there.
    """
    if [instance.site for instance in event.instances] != [site]:
        return False
    if module.function_at(event.node) is module.function_at(site.call):
        return False
    outer = handover.call.func.value if isinstance(handover.call.func, cst.Attribute) else None
    given, taken = dotted_name(event.object), dotted_name(outer) if outer is not None else ""
    if "." not in given:
        return bool(given)
    target = handover.target.value
    of_same = not isinstance(target, cst.Attribute) or dotted_name(target.value) == taken.rpartition(".")[0]
    return given == taken and of_same


def _holds_all(module: ModuleModel, handover: Handover, site: Site) -> bool:
    """Tell whether there may be as many of the outer tasks as the pool has threads."""
    instances = workers_of(module, handover)
    if any(has_one_worker(instance) for instance in instances):
        return True
    function = module.function_at(handover.call)
    many = handover.runs.each is not None or module.repeats(handover.call)
    return many or function is None or not (function.name in _ONCE or function.name.startswith("test_"))


def _is_of_its_like(module: ModuleModel, inner: cst.Call, reached: set[int]) -> bool:
    """Tell whether what a task submits may submit and wait in turn."""
    return any(
        id(function) in reached
        for handover in module.handovers
        if handover.call is inner
        for function, _ in functions_of(module.values(handover.target.value))
    )


# the wait


def _wait_for(module: ModuleModel, event: Event) -> cst.CSTNode | None:
    """Return where the outcome of a task is waited for without limit, in the function that submits it."""
    call = event.node
    if not isinstance(call, cst.Call) or event.facts is None or event.word not in ("submit", "map"):
        return None
    if event.facts.blocks is not None:
        return call
    if not event.facts.handle and not event.facts.lazy:
        return None
    fate, function = fate_of(module, call), module.function_at(call)
    asked = [use.node for use in fate.uses if _waits(module, use.node, use.name)]
    asked += [escape.node for escape in fate.escapes if escape.way is Way.PASSED and _is_taken(module, escape.node)]
    return next((node for node in asked if module.function_at(node) is function), None)


def _waits(module: ModuleModel, node: cst.CSTNode, name: str) -> bool:
    if name == "iterate":
        return True
    return isinstance(node, cst.Call) and name in ("result", "get", "exception", "wait", "next") and not node.args


def _is_taken(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell whether handles are given to a function that waits for them, or that goes through an iterator of results."""
    given = module.tree.parent(node)
    call = module.tree.parent(given) if isinstance(given, cst.Arg) else None
    symbol = module.symbol(call.func) if isinstance(call, cst.Call) else None
    facts = module.knowledge.function(symbol) if symbol is not None else None
    if facts is None or facts.blocks is None or facts.consumes is None:
        return symbol in ("builtins.list", "builtins.tuple", "builtins.set", "builtins.sum", "builtins.sorted", "builtins.dict")
    assert isinstance(call, cst.Call)
    return argument(call, facts.blocks.timeout) is None
