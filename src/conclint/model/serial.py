"""Tasks that a loop hands over one at a time: each is waited for before the next is submitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.draft import Change, Remedy
from conclint.knowledge.schema import Primitive
from conclint.model.arguments import argument, has_star
from conclint.model.blocking import blocks
from conclint.model.carried import assigned, depends_on_itself, mentioned
from conclint.model.lanes import has_one_worker
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.model.events import Event
    from conclint.model.module import ModuleModel

_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
_LOOPS = (cst.For, cst.While, *_COMPREHENSIONS)
_STOPS = (cst.Break, cst.Return, cst.Yield)


class SerialTask(msgspec.Struct, frozen=True):
    """`loop` submits a task by `call`, and `wait` waits for it before the loop goes on.

    They are the same call where submitting itself waits: `Pool.apply`.
    """

    call: cst.Call
    wait: cst.Call
    pool: cst.BaseExpression
    task: cst.BaseExpression
    loop: cst.CSTNode

    @property
    def waits_by(self) -> str:
        """The method that waits."""
        assert isinstance(self.wait.func, cst.Attribute)
        return self.wait.func.attr.value


def serial_tasks(module: ModuleModel) -> Iterator[SerialTask]:
    """Yield the tasks of loops over given items that could run side by side, and do not.

    Left alone: pools with one worker, waits with a timeout, loops that may stop early, are paced by something else or
    give what a task returned to a later one.
    """
    events = {id(event.node): event for event in module.events}
    for event in module.events:
        call = event.node
        if event.word != "submit" or event.kind not in (Primitive.POOL, Primitive.EXECUTOR):
            continue
        if not isinstance(call, cst.Call) or event.facts is None or not event.facts.runs:
            continue
        target, wait = argument(call, event.facts.runs[0].target), _wait_for(module, events, event)
        loop = module.inside(call, _LOOPS)
        if target is None or wait is None or loop is None or module.inside(wait, _LOOPS) is not loop:
            continue
        if not _goes_over_items(module, loop, call) or not _is_side_by_side(module, event, loop):
            continue
        found = SerialTask(call, wait, event.object, target.value, loop)
        if _is_free(module, events, found):
            yield found


def _goes_over_items(module: ModuleModel, loop: cst.CSTNode, call: cst.Call) -> bool:
    """Tell a loop over given items, in each round of which `call` is executed."""
    if isinstance(loop, cst.For):
        return loop.asynchronous is None and module.repeats(call)
    return isinstance(loop, _COMPREHENSIONS) and loop.for_in.asynchronous is None and module.repeats(call)


def _is_side_by_side(module: ModuleModel, event: Event, loop: cst.CSTNode) -> bool:
    """Tell whether the pool has several workers and outlives the loop's rounds; else its point is not speed."""
    return all(
        instance.site is not None
        and not has_one_worker(instance)
        and not any(at is loop for at in module.tree.ancestors(instance.site.call))
        for instance in event.instances
    )


def _wait_for(module: ModuleModel, events: dict[int, Event], event: Event) -> cst.Call | None:
    """Return the call that waits, without a timeout and at once, for the task that an event submits."""
    call = event.node
    assert isinstance(call, cst.Call)
    assert event.facts is not None
    if event.facts.blocks is not None:
        return call
    if not event.facts.handle:
        return None
    parent = module.tree.parent(call)
    if isinstance(parent, cst.Assign):
        return _next_line(module, events, parent)
    return _result(module, events, parent)


def _result(module: ModuleModel, events: dict[int, Event], method: cst.CSTNode | None) -> cst.Call | None:
    wait = module.tree.parent(method) if isinstance(method, cst.Attribute) else None
    event = events.get(id(wait))
    if not isinstance(wait, cst.Call) or event is None or event.word != "result" or event.facts is None:
        return None
    blocks = event.facts.blocks
    return wait if blocks is not None and not wait.args else None


def _next_line(module: ModuleModel, events: dict[int, Event], assign: cst.Assign) -> cst.Call | None:
    """Return the wait for a future in the line behind the one that puts it into a variable."""
    target = assign.targets[0].target
    line = module.tree.parent(assign)
    block = module.tree.parent(line) if line is not None else None
    if not isinstance(target, cst.Name) or not isinstance(block, cst.IndentedBlock) or len(assign.targets) > 1:
        return None
    body: Sequence[cst.CSTNode] = block.body
    after = next(index for index, each in enumerate(body) if each is line) + 1
    if after == len(body) or not isinstance(body[after], cst.SimpleStatementLine):
        return None
    for node in descendants(body[after]):
        if isinstance(node, cst.Name) and node.value == target.value:
            return _result(module, events, module.tree.parent(node))
    return None


# what the loop does besides


def _is_free(module: ModuleModel, events: dict[int, Event], found: SerialTask) -> bool:
    """Tell whether the tasks of a loop could as well be submitted all at once."""
    loop = found.loop
    inside = descendants(loop.body if isinstance(loop, cst.For) else loop)
    if any(isinstance(node, _STOPS) for node in inside):
        return False
    for node in inside:
        if isinstance(node, cst.Call) and node is not found.call and node is not found.wait:
            event = events.get(id(node))
            if (event is not None and event.word in ("submit", "map")) or blocks(module, node) is not None:
                return False
    if isinstance(loop, cst.For):
        return not depends_on_itself(module, loop, found.call, found.wait)
    return not any(isinstance(node, cst.NamedExpr) for node in inside)


# the fix


def submit_first(module: ModuleModel, found: SerialTask) -> Remedy | None:
    """Return the change that submits all tasks before it waits for the first, None where that is not simple."""
    loop, names = found.loop, {name.value for name in module.tree.scope_of(found.loop).execution.names}
    if "future" in names or has_star(found.call):
        return None
    if found.call is not found.wait and isinstance(module.tree.parent(found.call), cst.Assign):
        return None
    if any(isinstance(node, cst.Lambda) for node in descendants(found.call)):
        return None  # it may see the loop's variable, and would see its last value
    if isinstance(loop, cst.For):
        changes = _two_loops(module, found, loop)
    elif isinstance(loop, (cst.ListComp, cst.GeneratorExp)) and loop.for_in.inner_for_in is None:
        changes = _two_comprehensions(module, found, loop)
    else:
        changes = ()
    return Remedy("submit all tasks before waiting for the first", changes, safe=False) if changes else None


def _two_comprehensions(
    module: ModuleModel, found: SerialTask, loop: cst.ListComp | cst.GeneratorExp
) -> tuple[Change, ...]:
    if _others(loop.elt, found) & mentioned(loop.for_in.target):
        return ()
    asked = loop.elt.deep_replace(found.call, _asked(found))
    assert isinstance(asked, cst.BaseExpression)
    text = f"{module.code(asked)} for future in [{_submission(module, found)}{module.code(loop.for_in)}]"
    return (Change(loop.elt, text, loop.for_in),)


def _two_loops(module: ModuleModel, found: SerialTask, loop: cst.For) -> tuple[Change, ...]:
    bound = {path for line in descendants(loop.body) for path in assigned(line)}
    if bound & mentioned(found.call):
        return ()
    target, iterable, submission = module.code(loop.target), module.code(loop.iter), _submission(module, found)
    if isinstance(loop.target, cst.Tuple) and not loop.target.lpar:
        target = f"({target})"
    if isinstance(loop.iter, (cst.Tuple, cst.IfExp, cst.Lambda)) and not loop.iter.lpar:
        iterable = f"({iterable})"
    if _others(loop.body, found) & mentioned(loop.target):
        heads = Change(loop.target, f"{target}, future"), f"[({target}, {submission})"
    else:
        heads = Change(loop.target, "future"), f"[{submission}"
    asked = Change(found.call, module.code(_asked(found)))
    return heads[0], Change(loop.iter, f"{heads[1]} for {target} in {iterable}]"), asked


def _asked(found: SerialTask) -> cst.BaseExpression:
    return cst.parse_expression("future.get()" if found.call is found.wait else "future")


def _submission(module: ModuleModel, found: SerialTask) -> str:
    call = found.call
    if call is found.wait and isinstance(call.func, cst.Attribute):
        call = call.with_changes(func=call.func.with_changes(attr=cst.Name("apply_async")))
    return module.code(call)


def _others(node: cst.CSTNode, found: SerialTask) -> set[str]:
    """Return what a piece of code mentions outside of the submission."""
    return mentioned(node, frozenset(id(part) for part in descendants(found.call)))
