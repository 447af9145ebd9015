"""Locks that are asked or entered in a way that locks nothing: their methods as values, and locks made on the spot."""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst

from conclint.knowledge.schema import Domain
from conclint.model.arguments import argument
from conclint.model.locks import LOCKING
from conclint.model.values import UNKNOWN, Instance, LibraryMethod
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.module import ModuleModel

_OWN = (Domain.THREAD, Domain.PROCESS)
_Testing: TypeAlias = cst.If | cst.While | cst.IfExp | cst.Assert | cst.CompIf
_TESTING: tuple[type[_Testing], ...] = (cst.If, cst.While, cst.IfExp, cst.Assert, cst.CompIf)


class Misuse(enum.Enum):
    """What is done with the lock."""

    ENTERED = "entered"  # with lock.acquire():
    METHOD = "method"  # if lock.acquire:
    TRUTH = "truth"  # if lock:


@dataclasses.dataclass(frozen=True, slots=True)
class MisusedLock:
    """An expression that stands where a lock was meant to be taken; `lock` is the part of it that is the lock."""

    how: Misuse
    node: cst.BaseExpression
    lock: cst.BaseExpression
    method: str = ""
    arguments: bool = False


def misused_locks(module: ModuleModel) -> Iterator[MisusedLock]:
    """Yield what enters the result of a lock's method, or tests a lock or its method as if it were a state.

    Only locks of threads and processes count, whose methods answer with a bool: `acquire()` of other libraries
    may well return a context manager.
    """
    for scope in module.scopes:
        for statement in scope.withs:
            for item in statement.items:
                call = item.item
                if isinstance(call, cst.Call) and (method := _lock_method(module, call.func)):
                    assert isinstance(call.func, cst.Attribute)
                    yield MisusedLock(Misuse.ENTERED, call, call.func.value, method, bool(call.args))
    makes_locks = bool(module.sites_of(*LOCKING))
    for node in module.nodes(*_TESTING):
        for operand in _operands(node.test):
            if method := _lock_method(module, operand):
                assert isinstance(operand, cst.Attribute)
                yield MisusedLock(Misuse.METHOD, operand, operand.value, method)
            elif makes_locks and isinstance(operand, (cst.Name, cst.Attribute)) and _is_always_a_lock(module, operand):
                if not isinstance(node, cst.Assert) and not _uses(node, dotted_name(operand)):
                    yield MisusedLock(Misuse.TRUTH, operand, operand)


def inline_locks(module: ModuleModel) -> Iterator[cst.Call]:
    """Yield the calls that make a lock in the very expression that takes it, so that nobody else can have it."""
    for site in module.sites_of(*LOCKING):
        if site.domain is Domain.HOST or site.cls is not None or argument(site.call, site.facts.guarded_by):
            continue
        parent = module.tree.parent(site.call)
        if isinstance(parent, cst.Arg) and _is_default_of_get(module, parent):
            parent = module.tree.parent(parent)
            assert parent is not None
            parent = module.tree.parent(parent)
        if isinstance(parent, cst.WithItem):
            statement = module.tree.parent(parent)
            waits = isinstance(statement, cst.With) and statement.asynchronous is not None
            # A plain `with` on asyncio's locks raises at once, so it locks nobody out.
            if waits or site.domain is not Domain.ASYNCIO:
                yield site.call
        elif isinstance(parent, cst.Attribute) and _is_acquired(module, parent):
            yield site.call


def _uses(node: cst.If | cst.While | cst.IfExp | cst.CompIf, lock: str) -> bool:
    """Tell whether the lock is used where the test came out true: then the test asked whether there is one."""
    body = None if isinstance(node, cst.CompIf) else node.body
    return body is not None and any(dotted_name(part) == lock for part in descendants(body))


def _is_default_of_get(module: ModuleModel, given: cst.Arg) -> bool:
    call = module.tree.parent(given)
    return (
        isinstance(call, cst.Call)
        and isinstance(call.func, cst.Attribute)
        and call.func.attr.value == "get"
        and len(call.args) == 2
        and call.args[1] is given
    )


def _is_acquired(module: ModuleModel, attribute: cst.Attribute) -> bool:
    call = module.tree.parent(attribute)
    return attribute.attr.value == "acquire" and isinstance(call, cst.Call) and call.func is attribute


def _operands(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """Yield the parts of a test whose truth decides."""
    if isinstance(test, cst.BooleanOperation):
        yield from _operands(test.left)
        yield from _operands(test.right)
    elif isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        yield from _operands(test.expression)
    else:
        yield test


def _lock_method(module: ModuleModel, node: cst.BaseExpression) -> str:
    if not isinstance(node, cst.Attribute) or node.attr.value not in ("acquire", "locked"):
        return ""
    values = [
        value for value in module.values(node) if value is not UNKNOWN
    ]  # an annotation leaves room for more
    for value in values:
        if not isinstance(value, LibraryMethod) or value.receiver.facts is None:
            return ""
        if value.receiver.facts.kind not in LOCKING or value.receiver.facts.domain not in _OWN:
            return ""
    return node.attr.value if values else ""


def _is_always_a_lock(module: ModuleModel, node: cst.BaseExpression) -> bool:
    """Tell a lock that was made in sight and is nothing else, None least of all; its class has no truth of its own."""
    values = module.values(node)
    return bool(values) and all(
        isinstance(value, Instance)
        and value.site is not None
        and value.cls is None
        and value.site.kind in LOCKING
        and value.site.domain in _OWN
        for value in values
    )
