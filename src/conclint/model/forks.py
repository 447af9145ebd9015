"""Code that asks whether it has been forked: what it does in the new process, and which locks it has from the old one."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.words import Domain
from conclint.model.assuming import Assumption, bound_once, passable
from conclint.model.calls import Receiver, called_by, receiver_of
from conclint.model.graph import OpKind
from conclint.model.lock_bindings import bindings_of_lock
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.graph import Graph, Op
    from conclint.model.locks import Lock
    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding

_DEEPEST = 2
_EQUAL, _UNEQUAL = (cst.Equal, cst.Is), (cst.NotEqual, cst.IsNot)
_MAKERS = frozenset({"__init__", "__new__", "__post_init__"})
_HANDLERS = ("register_at_fork", "register_after_fork")


class InheritedLock(msgspec.Struct, frozen=True):
    """A lock, made at `made`, that `function` takes at `taken` in a new process too, which it tells by `test`."""

    lock: Lock
    made: cst.CSTNode
    function: Function
    taken: cst.CSTNode
    test: cst.CSTNode


def inherited_locks(module: ModuleModel) -> Iterator[InheritedLock]:
    """Yield the locks that functions which look out for forks wait for, though they may have been held at the fork.

    Left alone are modules that have something done at each fork, and locks that anything but a constructor makes.
    """
    if module.says(*_HANDLERS) or not _remembered(module):
        return
    assumption = Assumption(module, _in_new_process)
    told: set[int] = set()
    for function in module.functions:
        graph = module.graph(function)
        settled = assumption.settled(graph) if graph is not None else []
        for op, lock, owner in (
            _taken(module, function, graph, settled) if graph is not None and settled else ()
        ):
            made = _made_before(module, owner, lock)
            if made is not None and id(made) not in told:
                told.add(id(made))
                yield InheritedLock(lock, made.node, owner, op.node, settled[0][0])


def _taken(
    module: ModuleModel, function: Function, graph: Graph, settled: list[tuple[cst.BaseExpression, bool]]
) -> Iterator[tuple[Op, Lock, Function]]:
    """Yield what a function takes in a new process, and what those methods take that it calls there only."""
    anew = functools.partial(_makes_anew, module)
    always = {id(op) for op in graph.reachable(passable([(test, not outcome) for test, outcome in settled]))}
    for op in graph.reachable(passable(settled), anew):
        yield from _acquires(module, function, op)
        if id(op) not in always:
            yield from _acquired_inside(module, function, op, _DEEPEST)


def _acquires(module: ModuleModel, function: Function, op: Op) -> Iterator[tuple[Op, Lock, Function]]:
    event = module.locks.event(op)
    if event is not None and event[0] == "acquire":
        yield op, event[1], function


def _acquired_inside(
    module: ModuleModel, function: Function, op: Op, deep: int
) -> Iterator[tuple[Op, Lock, Function]]:
    """Yield what the functions take that a step calls, on the same object or as functions of the module."""
    if op.kind is not OpKind.CALL or not isinstance(op.node, cst.Call) or deep == 0:
        return
    if receiver_of(module, function, op.node) not in (Receiver.SELF, Receiver.SUPER, Receiver.NONE):
        return
    for called in called_by(module, op.node):
        graph = module.graph(called)
        if graph is None or called.is_async or called.is_generator:
            continue
        for inner in graph.reachable(until=functools.partial(_makes_anew, module)):
            yield from _acquires(module, called, inner)
            yield from _acquired_inside(module, called, inner, deep - 1)


def _made_before(module: ModuleModel, function: Function, lock: Lock) -> Binding | None:
    """Return where a lock of threads is made: with the module, the class or the object, and never again."""
    bindings = bindings_of_lock(module, function.cls, lock)
    if lock.kind is None or lock.domain is not Domain.THREAD:
        return None
    makers = [module.function_of(binding.scope) for binding in bindings]
    once = all(maker is None or not maker.scope.is_callable or maker.name in _MAKERS for maker in makers)
    return bindings[0] if bindings and once else None


def _makes_anew(module: ModuleModel, op: Op) -> bool:
    """Tell a step that sets the object up again: `self.__init__()`."""
    if (
        op.kind is not OpKind.CALL
        or not isinstance(op.node, cst.Call)
        or not isinstance(op.node.func, cst.Attribute)
    ):
        return False
    return any(function.name in _MAKERS for function in called_by(module, op.node))


def _in_new_process(module: ModuleModel, test: cst.BaseExpression) -> bool | None:
    """Tell how a comparison of the process's number with a remembered one comes out after a fork, None for other tests."""
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return None
    operator = test.comparisons[0].operator
    sides = (test.left, test.comparisons[0].comparator)
    if not isinstance(operator, (*_EQUAL, *_UNEQUAL)) or not any(
        _is_own_number(module, side) for side in sides
    ):
        return None
    remembered = any(_is_remembered(module, side) for side in sides if not _is_own_number(module, side))
    return isinstance(operator, _UNEQUAL) if remembered else None


def _is_remembered(module: ModuleModel, node: cst.BaseExpression) -> bool:
    """Tell an attribute, or a variable of the module, that the process's number is stored under."""
    if isinstance(node, cst.Name) and module.tree.scope_of(node).owner(node.value) is not module.tree.root:
        return False
    return dotted_name(node).rpartition(".")[2] in _remembered(module)


def _is_own_number(module: ModuleModel, node: cst.CSTNode | None) -> bool:
    """Tell `os.getpid()`, or a local variable that stands for it."""
    if node.__class__ is cst.Name and module.tree.scope_of(node).owner(node.value) is not module.tree.root:
        node = bound_once(module, node)
    return node.__class__ is cst.Call and module.symbol(node.func) == "os.getpid"


def _remembered(module: ModuleModel) -> frozenset[str]:
    """Return the names of attributes and globals that the process's number is stored under."""
    found: set[str] = set()
    for scope in module.scopes:
        kept = [*scope.stores]
        if not scope.is_callable:
            kept += [binding for bindings in scope.bindings.values() for binding in bindings]
        kept += [binding for name in scope.global_names for binding in scope.bindings.get(name, ())]
        found.update(binding.name for binding in kept if _is_own_number(module, binding.value))
    return frozenset(found)
