"""How a call that is for an event loop's own thread reads when another thread hands it to the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.knowledge.schema import Domain, Primitive
from conclint.model.words import FOR_LOOP_ONLY
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.events import Event
    from conclint.model.module import ModuleModel

_KNOW_THEIR_LOOP = (Primitive.FUTURE, Primitive.TASK)


def through_loop(module: ModuleModel, event: Event) -> str:
    """Return the call of `call_soon_threadsafe` that does what an event does, empty where none is known to.

    A future and a task know their loop (`get_loop`, Python 3.7). What is called on a queue or a lock can't be told, nor what
    somebody waits for the value of.
    """
    facts, call = event.instances[0].facts, event.node
    if facts is None or facts.kind is None or facts.domain is not Domain.ASYNCIO or not isinstance(call, cst.Call):
        return ""
    if event.word not in FOR_LOOP_ONLY.get(facts.kind, ()) or not isinstance(call.func, cst.Attribute):
        return ""
    if facts.kind is Primitive.EVENT_LOOP and event.method == "call_soon":
        return _on_one_line(module, call.with_deep_changes(call.func.attr, value="call_soon_threadsafe"))
    name = dotted_name(call.func.value)
    own = (event.instances[0].type_name or "").startswith("asyncio.")
    if facts.kind not in _KNOW_THEIR_LOOP or not own or not name or not _is_statement(module, call):
        return ""
    given = [_on_one_line(module, arg.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for arg in call.args]
    if not all(given) or any(arg.keyword is not None or arg.star == "**" for arg in call.args):
        return ""
    return f"{name}.get_loop().call_soon_threadsafe({', '.join([f'{name}.{event.method}', *given])})"


def _is_statement(module: ModuleModel, call: cst.Call) -> bool:
    return isinstance(module.tree.parent(call), cst.Expr)


def _on_one_line(module: ModuleModel, node: cst.CSTNode) -> str:
    code = module.code(node).strip()
    return "" if "\n" in code or "\r" in code else code
