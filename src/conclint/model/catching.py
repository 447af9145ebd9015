"""Which functions let no exception out: what they do cannot raise, or is caught and not raised again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.graph import Op, OpKind
from conclint.model.values import LibraryMethod
from conclint.syntax import BindingKind
from conclint.syntax.children import children, descendants, is_a
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel

_CATCH_ALL = frozenset({"builtins.Exception", "builtins.BaseException"})
_REPORTING = frozenset(
    {
        "debug",
        "info",
        "warning",
        "error",
        "exception",
        "critical",
        "log",
        "put",
        "put_nowait",
        "set",
        "task_done",
    }
)


_ONLY_ADDS = frozenset({"add", "add_done_callback", "append", "appendleft", "discard"})


def is_caught(module: ModuleModel, node: cst.CSTNode, *exceptions: str) -> bool:
    """Tell whether a handler around `node`, in the same function, names one of these exceptions."""
    for outer in module.tree.ancestors(node):
        if is_a(outer, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            return False
        for handler in outer.handlers if outer.__class__ is cst.Try or outer.__class__ is cst.TryStar else ():
            caught = [handler.type, *descendants(handler.type)] if handler.type is not None else []
            if any(isinstance(part, cst.Name) and part.value in exceptions for part in caught):
                return True
    return False


def catches_all(module: ModuleModel, function: Function) -> bool:
    """Tell whether no exception leaves a function: it can raise none, or `except Exception` is around what can."""
    return _lets_nothing_out(module, function, frozenset())


def takes_care(module: ModuleModel, function: Function) -> bool:
    """Tell a function whose author has thought of exceptions: it lets none out, or none of its main work.

    What does nothing but call such a function takes care, too.
    """
    if catches_all(module, function) or _cares_for_its_work(module, function):
        return True
    calls = list(_calls(function.node.body)) if isinstance(function.node, cst.FunctionDef) else []
    called = module.called_function(calls[0]) if len(calls) == 1 else None
    return called is not None and _cares_for_its_work(module, called)


def _cares_for_its_work(module: ModuleModel, function: Function) -> bool:
    """Tell a function that catches all that happens in at least a third of its calls, which are its main work.

    What is caught and passed over in silence is no main work.
    """
    if not isinstance(function.node, cst.FunctionDef):
        return False
    inside = outside = 0
    for statement in function.node.body.body:
        if isinstance(statement, cst.Try) and _is_catching(module, statement) and not _is_silent(statement):
            inside += _number_of_calls(statement.body)
        else:
            outside += _number_of_calls(statement)
    return inside > 0 and outside <= 2 * inside


def _number_of_calls(node: cst.CSTNode) -> int:
    return sum(not _reports(call) for call in _calls(node))


def _is_silent(statement: cst.Try) -> bool:
    """Tell a `try` whose handlers do nothing."""
    return not any(
        isinstance(part, (cst.Assign, cst.Call)) for handler in statement.handlers for part in descendants(handler.body)
    )


def _calls(node: cst.CSTNode) -> Iterator[cst.Call]:
    return (part for part in _done_here(node) if isinstance(part, cst.Call))


def _lets_nothing_out(module: ModuleModel, function: Function, within: frozenset[int]) -> bool:
    """The same, `within` some functions that call each other."""
    within |= {id(function)}
    node = function.node
    if isinstance(node, cst.Lambda):
        return not _can_raise(module, [node.body], within)
    if not isinstance(node, cst.FunctionDef) or any(_is_wrapping(name) for name in function.decorators):
        return True
    return _safe(module, node.body.body, within)


def _is_wrapping(decorator: str) -> bool:
    """Tell a decorator that may catch what the function raises."""
    return decorator.rpartition(".")[2] not in ("staticmethod", "classmethod", "override")


def _safe(module: ModuleModel, statements: Sequence[cst.CSTNode], within: frozenset[int]) -> bool:
    return all(_is_safe(module, statement, within) for statement in statements)


def _is_safe(module: ModuleModel, statement: cst.CSTNode, within: frozenset[int]) -> bool:
    if isinstance(statement, (cst.IndentedBlock, cst.SimpleStatementSuite)):
        return _safe(module, statement.body, within)
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
        return True
    if isinstance(statement, (cst.Try, cst.TryStar)):
        catching = _is_catching(module, statement)
        if statement.orelse is not None and not _is_safe(module, statement.orelse, within):
            return False
        if catching:  # who takes care of all that is trusted to clean up without fail
            last = descendants(statement.finalbody) if statement.finalbody is not None else []
            return not any(isinstance(part, cst.Raise) for part in last)
        clean = statement.finalbody is None or _is_safe(module, statement.finalbody.body, within)
        return clean and _is_safe(module, statement.body, within)
    if isinstance(statement, (cst.While, cst.If)):
        rest = statement.orelse is None or _is_safe(module, statement.orelse, within)
        return rest and not _can_raise(module, [statement.test], within) and _is_safe(module, statement.body, within)
    if isinstance(statement, cst.Else):
        return _is_safe(module, statement.body, within)
    if isinstance(statement, cst.For):
        return not _can_raise(module, [statement.iter], within) and _is_safe(module, statement.body, within)
    if isinstance(statement, cst.With):
        managers = [item.item for item in statement.items]
        careful = any(_is_catching(module, part) for part in statement.body.body)
        return (careful or not _can_raise(module, managers, within)) and _is_safe(module, statement.body, within)
    return not _can_raise(module, [statement], within)


def _is_catching(module: ModuleModel, statement: cst.CSTNode) -> bool:
    """Tell a `try` that takes care of all that happens in it; such code is trusted with what little is around that, too."""
    handlers = statement.handlers if isinstance(statement, (cst.Try, cst.TryStar)) else ()
    return any(_catches(module, handler) for handler in handlers)


def _catches(module: ModuleModel, handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    """Tell a handler that takes every exception and does not raise it again."""
    if any(isinstance(part, cst.Raise) for part in descendants(handler.body)):
        return False
    return handler.type is None or module.symbol(handler.type) in _CATCH_ALL


def _can_raise(module: ModuleModel, nodes: Sequence[cst.CSTNode], within: frozenset[int]) -> bool:
    for node in nodes:
        for part in _done_here(node):
            if isinstance(part, (cst.Raise, cst.Assert, cst.BinaryOperation)) or _is_operation(part):
                return True
            if isinstance(part, cst.Await) and not _only_pauses(module, part.expression):
                return True
            if isinstance(part, cst.Call) and not _reports(part) and module.may_raise(Op(OpKind.CALL, part)):
                if not (_is_harmless(module, part) or _is_taken_care_of(module, part, within)):
                    return True
            if isinstance(part, cst.Subscript) and module.may_raise(Op(OpKind.LOAD, part)):
                return True
    return False


def _done_here(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the parts of a statement that are carried out with it: not what a lambda will do."""
    pending = [node]
    while pending:
        part = pending.pop()
        if not isinstance(part, cst.Lambda):
            yield part
            pending.extend(children(part))


def _is_harmless(module: ModuleModel, call: cst.Call) -> bool:
    return (
        _only_makes_coroutine(module, call)
        or _makes_exception(call)
        or _only_adds(module, call.func)
        or _is_known_to_work(module, call)
        or _is_given(module, call)
    )


def _is_taken_care_of(module: ModuleModel, call: cst.Call, within: frozenset[int]) -> bool:
    """Tell a call of a function of this module that lets no exception out itself."""
    called = module.called_function(call)
    if called is None or called.is_async or called.is_generator or id(called) in within:
        return False
    return _lets_nothing_out(module, called, within)


def _only_adds(module: ModuleModel, func: cst.BaseExpression) -> bool:
    """Tell a method that puts something into a collection or takes it out if it is there, also by a name given to that."""
    if isinstance(func, cst.Attribute):
        return func.attr.value in _ONLY_ADDS
    owner = module.tree.scope_of(func).owner(func.value) if isinstance(func, cst.Name) else None
    bindings = owner.bindings.get(func.value, ()) if owner is not None and isinstance(func, cst.Name) else ()
    values = [binding.value for binding in bindings]
    return bool(values) and all(isinstance(one, cst.Attribute) and one.attr.value in _ONLY_ADDS for one in values)


def _makes_exception(call: cst.Call) -> bool:
    return dotted_name(call.func).endswith(("Error", "Exception", "Warning"))


def _reports(call: cst.Call) -> bool:
    """Tell a call that only passes an outcome on: to a log, a queue, an event."""
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in _REPORTING


def _only_pauses(module: ModuleModel, awaited: cst.BaseExpression) -> bool:
    return isinstance(awaited, cst.Call) and module.symbol(awaited.func) == "asyncio.sleep"


def _only_makes_coroutine(module: ModuleModel, call: cst.Call) -> bool:
    """Tell a call that does nothing yet: what it makes has to be awaited."""
    called = module.called_function(call)
    if called is not None:
        return called.is_async
    facts = module.knowledge.function(module.symbol(call.func) or "")
    return facts is not None and facts.coroutine


def _is_known_to_work(module: ModuleModel, call: cst.Call) -> bool:
    """Tell a method of a library's primitive of which no exception is known: `event.wait()`."""
    for value in module.values(call.func):
        if not isinstance(value, LibraryMethod):
            return False
        method = module.knowledge.method(value.receiver.type_name, value.name)
        if method is None or method.raises or (method.runs and not method.handle):
            return False  # a pool refuses tasks only once it is shut down
        if method.blocks is not None and method.blocks.on_timeout == "raises" and call.args:
            return False
    return True


def _is_operation(node: cst.CSTNode) -> bool:
    """Tell an augmented assignment that does more than count."""
    return isinstance(node, cst.AugAssign) and not isinstance(node.value, (cst.Integer, cst.Float))


def _is_given(module: ModuleModel, call: cst.Call) -> bool:
    """Tell a call of what somebody has passed: a wrapper raises what it wraps, of which nothing is known."""
    if not isinstance(call.func, cst.Name):
        return False
    owner = module.tree.scope_of(call.func).owner(call.func.value)
    bindings = owner.bindings[call.func.value] if owner is not None else []
    return bool(bindings) and all(binding.kind is BindingKind.PARAMETER for binding in bindings)
