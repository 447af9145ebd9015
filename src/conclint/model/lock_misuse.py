"""Locks that are asked or entered in a way that locks nothing: their methods, or the results of these, as values."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain
from conclint.model.locks import LOCKING
from conclint.model.values import UNKNOWN, Instance, LibraryMethod
from conclint.syntax import BindingKind
from conclint.syntax.children import descendants, is_a
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.module import ModuleModel

_ANSWERING = (Domain.THREAD, Domain.PROCESS)
_DOES = ("acquire", "release")
_Testing: TypeAlias = cst.If | cst.While | cst.IfExp | cst.Assert | cst.CompIf
_TESTING: tuple[type[_Testing], ...] = (cst.If, cst.While, cst.IfExp, cst.Assert, cst.CompIf)


class Misuse(enum.Enum):
    """What is done with the lock."""

    ENTERED = "entered"  # with lock.acquire():
    METHOD = "method"  # if lock.acquire:
    TRUTH = "truth"  # if lock:
    UNCALLED = "uncalled"  # lock.release


class MisusedLock(msgspec.Struct, frozen=True):
    """An expression that stands where a lock was meant to be taken; `lock` is the part of it that is the lock."""

    how: Misuse
    node: cst.BaseExpression
    lock: cst.BaseExpression
    method: str = ""
    arguments: bool = False
    coroutine: bool = False
    """The method makes a coroutine, which answers with a bool once it is awaited."""


def misused_locks(module: ModuleModel) -> Iterator[MisusedLock]:
    """Yield what enters the result of a lock's method, or tests a lock or its method as if it were a state.

    Only locks of threads, processes and asyncio count, whose methods answer with a bool: `acquire()` of other libraries
    may well return a context manager.
    """
    for scope in module.scopes:
        for statement in scope.withs:
            for item in statement.items:
                awaits = isinstance(item.item, cst.Await)
                call = item.item.expression if isinstance(item.item, cst.Await) else item.item
                if isinstance(call, cst.Call) and (lock := _lock_of(module, call.func)) is not None:
                    assert isinstance(call.func, cst.Attribute)
                    coroutine = not awaits and lock.facts is not None and lock.facts.domain is Domain.ASYNCIO
                    method, arguments = call.func.attr.value, awaits or bool(call.args)
                    yield MisusedLock(Misuse.ENTERED, item.item, call.func.value, method, arguments, coroutine)
        for attribute in scope.attributes:
            if attribute.attr.value in _DOES and module.is_discarded(attribute):
                if _lock_of(module, attribute) is not None:
                    yield MisusedLock(Misuse.UNCALLED, attribute, attribute.value, attribute.attr.value)
    makes_locks = bool(module.sites_of(*LOCKING))
    for node in module.nodes(*_TESTING):
        for operand in _operands(node.test):
            if _lock_of(module, operand) is not None:
                assert isinstance(operand, cst.Attribute)
                yield MisusedLock(Misuse.METHOD, operand, operand.value, operand.attr.value)
            elif makes_locks and is_a(operand, (cst.Name, cst.Attribute)) and _is_always_a_lock(module, operand):
                if not isinstance(node, cst.Assert) and not _uses(node, dotted_name(operand)):
                    yield MisusedLock(Misuse.TRUTH, operand, operand)


def _uses(node: cst.If | cst.While | cst.IfExp | cst.CompIf, lock: str) -> bool:
    """Tell whether the lock is used where the test came out true: then the test asked whether there is one."""
    body = None if isinstance(node, cst.CompIf) else node.body
    return body is not None and any(dotted_name(part) == lock for part in descendants(body))


def _operands(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """Yield the parts of a test whose truth decides."""
    if test.__class__ is cst.BooleanOperation:
        yield from _operands(test.left)
        yield from _operands(test.right)
    elif test.__class__ is cst.UnaryOperation and test.operator.__class__ is cst.Not:
        yield from _operands(test.expression)
    else:
        yield test


def _lock_of(module: ModuleModel, node: cst.BaseExpression) -> Instance | None:
    """Return the lock that a method belongs to, None for anything else."""
    if node.__class__ is not cst.Attribute or node.attr.value not in ("acquire", "locked", "release"):
        return None
    found: Instance | None = None
    for value in module.values(node):
        if value is UNKNOWN:
            continue  # an annotation leaves room for more
        if not isinstance(value, LibraryMethod) or not _answers_with_bool(value.receiver):
            return None
        found = value.receiver
    return found


def _answers_with_bool(lock: Instance) -> bool:
    if lock.facts is None or lock.facts.kind not in LOCKING:
        return False
    return lock.facts.domain in _ANSWERING or lock.type_name.startswith("asyncio.")


def _is_always_a_lock(module: ModuleModel, node: cst.BaseExpression) -> bool:
    """Tell a lock that was made in sight and is nothing else, None least of all; its class has no truth of its own.

    What a test before has ruled out may be so again: another thread may have set the variable to None by now.
    """
    if node.__class__ is cst.Name:
        scope = module.tree.scope_of(node)
        owner = scope.owner(node.value)
        if owner is None or any(bound.kind is BindingKind.PARAMETER for bound in owner.bindings.get(node.value, ())):
            return False  # callers may pass anything
        values = module.resolver.variable(node.value, scope)
    else:
        values = module.values(node)
    return bool(values) and all(
        isinstance(value, Instance)
        and value.site is not None
        and value.cls is None
        and _answers_with_bool(value)
        for value in values
    )
