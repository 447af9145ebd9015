"""`with` blocks that terminate a pool whose tasks nobody has waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.arguments import argument
from conclint.model.blocking import is_quick
from conclint.model.escape import Way, fate_of
from conclint.model.events import primitives_of
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.escape import Escape
    from conclint.model.events import Event
    from conclint.model.module import ModuleModel
    from conclint.model.values import Instance

_LOOPS = (cst.For, cst.While, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
_ASKS_LITTLE = frozenset({"cancel", "cancelled", "done", "running"})


class CutShort(msgspec.Struct, frozen=True):
    """A task that `call` gives to the pool of `block`, which the end of the block terminates.

    `asked` is where its handle is asked, returned or passed on, too late; None when nobody does.
    """

    call: cst.Call
    block: cst.With
    pool: cst.BaseExpression
    task: cst.BaseExpression
    asked: cst.CSTNode | None


def tasks_cut_short(module: ModuleModel) -> Iterator[CutShort]:
    """Yield the tasks that are handed to a pool in a `with` block of its own, which nothing in the block waits for.

    Blocks that may wait for anything at all are left alone: it may be for the tasks.
    """
    for event in module.events:
        call = event.node
        if event.facts is None or not (event.facts.handle or event.facts.lazy) or event.kind is not Primitive.POOL:
            continue
        if not isinstance(call, cst.Call) or not event.facts.runs:
            continue
        block = _block_of(module, event)
        task = argument(call, event.facts.runs[0].target)
        if block is None or task is None or not _lets_go(module, block, call):
            continue
        fate = fate_of(module, call)
        uses: list[cst.CSTNode] = [use.node for use in fate.uses if use.name not in _ASKS_LITTLE]
        if any(_is_inside(module, node, block) for node in uses):
            continue
        if all(_comes_later(module, escape, block) for escape in fate.escapes):
            uses += [escape.node for escape in fate.escapes if escape.way is not Way.GLOBAL]
            yield CutShort(call, block, event.object, task.value, uses[0] if uses else None)


def _comes_later(module: ModuleModel, escape: Escape, block: cst.With) -> bool:
    """Tell a use of which nothing comes before the block has ended: the handle is returned, or it stands behind it."""
    if escape.way in (Way.RETURNED, Way.GLOBAL):
        return True
    return escape.way is Way.PASSED and not _is_inside(module, escape.node, block)


def _block_of(module: ModuleModel, event: Event) -> cst.With | None:
    """Return the `with` of the same function whose end terminates the pool that an event happens to."""
    sites = {id(one.site) for one in event.instances if one.site is not None}
    block = module.inside(event.node, cst.With)
    while block is not None:
        for item in block.items:
            if sites & {id(one.site) for one in _terminated(module, item.item)}:
                return block
        block = module.inside(block, cst.With)
    return None


def _terminated(module: ModuleModel, manager: cst.BaseExpression) -> list[Instance]:
    return [
        one
        for one in primitives_of(module.values(manager))
        if one.site is not None and one.cls is None and module.knowledge.with_events(one.type_name)[1] == "terminate"
    ]


def _lets_go(module: ModuleModel, block: cst.With, call: cst.Call) -> bool:
    """Tell whether nothing that the block does behind `call`, or in a loop around it, may wait."""
    start: cst.CSTNode = call
    while (loop := module.inside(start, _LOOPS)) is not None and _is_inside(module, loop, block):
        start = loop
    inside = descendants(block.body)
    own = {id(node) for node in descendants(call)}
    at = next(index for index, node in enumerate(inside) if node is start)
    return not any(_may_wait(module, node) for node in inside[at:] if id(node) not in own)


def _may_wait(module: ModuleModel, node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Call):
        return not is_quick(module, node)
    if isinstance(node, cst.WithItem):
        return not isinstance(node.item, cst.Call)
    return isinstance(node, (cst.Await, cst.Yield))


def _is_inside(module: ModuleModel, node: cst.CSTNode, block: cst.With) -> bool:
    return any(outer is block.body for outer in module.tree.ancestors(node))
