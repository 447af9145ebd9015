"""How long a call may wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.arguments import argument, has_star

if TYPE_CHECKING:
    from conclint.knowledge.schema import Blocks
    from conclint.model.values import Instance

# Of os.waitpid, fcntl.flock, socket.recv; of ssl.create_default_context, for a server, which checks no certificates.
_FLAGS = frozenset({"WNOHANG", "LOCK_NB", "MSG_DONTWAIT", "CLIENT_AUTH"})
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
        elif isinstance(node, cst.Name) and node.value in _FLAGS:
            return True
    return False
