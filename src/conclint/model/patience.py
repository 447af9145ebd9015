"""How long a call may wait."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.arguments import argument, has_star
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.knowledge.schema import Blocks
    from conclint.model.events import Event
    from conclint.model.module import ModuleModel
    from conclint.model.values import Instance

# Of os.waitpid, fcntl.flock, socket.recv; of ssl.create_default_context, for a server, which checks no certificates.
_FLAGS = frozenset({"WNOHANG", "LOCK_NB", "MSG_DONTWAIT", "CLIENT_AUTH"})
_MAY_BE_FLAGS = re.compile(r"flags?$|options?$")  # a variable that may hold one of them
_SHORT = 0.1  # seconds that nobody minds


def waits_for_ever(node: cst.CSTNode, blocks: Blocks | None) -> bool:
    """Tell a call that surely waits until what it waits for has happened."""
    if blocks is None or not isinstance(node, cst.Call) or has_star(node) or is_bounded(node, blocks):
        return False
    if _has_flag(node):
        return False
    blocking = argument(node, blocks.blocking)
    return blocking is None or (isinstance(blocking.value, cst.Name) and blocking.value.value == "True")


def has_room(instance: Instance) -> bool:
    """Tell whether a queue never makes anybody wait to put something in, or may be such a one: it has no maximal size."""
    if instance.site is None or instance.facts is None:
        return True
    given = argument(instance.site.call, instance.facts.count)
    return given is None or (isinstance(given.value, cst.Integer) and given.value.evaluated_value == 0)


def is_bounded(node: cst.CSTNode, blocks: Blocks) -> bool:
    """Tell whether a call that may wait gives up after a while: a timeout is given and is not None."""
    if not isinstance(node, cst.Call):
        return False
    given = argument(node, blocks.timeout)
    if blocks.on == "time":
        return given is not None and _is_short(given.value)
    if given is None:
        return blocks.default_timeout is not None
    return not (isinstance(given.value, cst.Name) and given.value.value == "None")


def _is_short(seconds: cst.BaseExpression) -> bool:
    return isinstance(seconds, (cst.Integer, cst.Float)) and seconds.evaluated_value <= _SHORT


def is_computed(node: cst.CSTNode, blocks: Blocks) -> bool:
    """Tell a call for whose time another place decides: `sleep(until_next)`."""
    given = argument(node, blocks.timeout) if isinstance(node, cst.Call) else None
    return given is not None and not isinstance(given.value, (cst.Integer, cst.Float))


def is_done(module: ModuleModel, event: Event) -> bool:
    """Tell whether what is asked for its result stands behind a test that it is there: `if future.done():`."""
    name = dotted_name(event.object)
    for inner, outer in module.tree.outwards(event.node):
        if isinstance(outer, cst.If) and inner is outer.body:
            calls = (part for part in descendants(outer.test) if isinstance(part, cst.Call))
            asked = (call for call in calls if dotted_name(call.func) == f"{name}.done")
            if any(not isinstance(module.tree.parent(call), cst.UnaryOperation) for call in asked):
                return True
    return False


def is_instant(node: cst.CSTNode, blocks: Blocks) -> bool:
    """Tell whether a call that may wait is told not to: `blocking=False`, or a timeout of 0."""
    if not isinstance(node, cst.Call):
        return False
    if _has_flag(node) or argument(node, blocks.unless) is not None:
        return True
    blocking, timeout = argument(node, blocks.blocking), argument(node, blocks.timeout)
    if blocking is not None and isinstance(blocking.value, cst.Name) and blocking.value.value == "False":
        return True
    if blocks.default_timeout == 0 and timeout is None:
        return True
    return timeout is not None and isinstance(timeout.value, cst.Integer) and timeout.value.evaluated_value == 0


def _has_flag(call: cst.Call) -> bool:
    """Tell whether a flag among the arguments says not to wait: `os.waitpid(pid, os.WNOHANG)`."""
    pending: list[cst.BaseExpression] = [given.value for given in call.args]
    while pending:
        node = pending.pop()
        if isinstance(node, cst.BinaryOperation):
            pending += [node.left, node.right]
        elif isinstance(node, cst.Attribute):
            pending.append(node.attr)
        elif isinstance(node, cst.Name) and (node.value in _FLAGS or _MAY_BE_FLAGS.search(node.value)):
            return True
    return False


def is_set_not_to_wait(module: ModuleModel, node: cst.BaseExpression) -> bool:
    """Tell a socket, by its name, that the module makes non-blocking, perhaps before it gives it that name."""
    return _name_of(node) in _non_blocking(module)


def _non_blocking(module: ModuleModel) -> frozenset[str]:
    if not module.says("setblocking", "settimeout"):
        return frozenset()
    calls = (call for scope in module.scopes for call in scope.calls if isinstance(call.func, cst.Attribute))
    return frozenset(
        _name_of(call.func.value)  # type: ignore[attr-defined]
        for call in calls
        if call.func.attr.value in ("setblocking", "settimeout") and call.args and _is_nothing(call.args[0].value)  # type: ignore[attr-defined]
    )


def _is_nothing(node: cst.BaseExpression) -> bool:
    if isinstance(node, (cst.Integer, cst.Float)):
        return node.evaluated_value == 0
    return isinstance(node, cst.Name) and node.value == "False"


def _name_of(node: cst.CSTNode) -> str:
    return dotted_name(node).rpartition(".")[2].strip("_")
