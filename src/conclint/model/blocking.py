"""Whether a call may make its thread wait: surely, as the facts say; surely not; or nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.values import ClassValue, FunctionValue, Instance, LibraryMethod, Partial, Symbol

if TYPE_CHECKING:
    from conclint.knowledge.schema import Blocks
    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel
    from conclint.model.values import Value

_DEEPEST = 4
_QUICK_MODULES = frozenset({"builtins", "collections", "functools", "itertools", "logging", "math", "operator", "os.path",
                            "string", "warnings"})
_QUICK_METHODS = frozenset(
    {"add", "append", "clear", "copy", "count", "debug", "endswith", "error", "exception", "extend", "format", "index", "info",
     "insert", "items", "keys", "lower", "pop", "remove", "replace", "setdefault", "sort", "split", "startswith", "strip",
     "update", "upper", "values", "warning"}
)


def blocks(module: ModuleModel, call: cst.Call) -> Blocks | None:
    """Return what the facts say of a call that may wait, None when it does not or nothing is said of it."""
    for value in module.values(call.func):
        if (stated := _stated(module, value)) is not None:
            return stated
    return None


def is_quick(module: ModuleModel, call: cst.Call, depth: int = 0) -> bool:
    """Tell whether a call surely waits for nothing that other threads or processes do.

    A function of the module is looked into; code of unknown origin may do anything.
    """
    return all(_is_quick(module, call, value, depth) for value in module.values(call.func))


def _is_quick(module: ModuleModel, call: cst.Call, value: Value, depth: int) -> bool:
    if isinstance(value, Partial):
        value = value.target
    if _stated(module, value) is not None:
        return False
    if isinstance(value, Symbol):
        if value.name.rpartition(".")[0] in _QUICK_MODULES:
            return not any(_is_callable(module, given.value) for given in call.args)
        return _is_described(module, value.name)
    if isinstance(value, LibraryMethod):
        return module.knowledge.method(value.receiver.type_name, value.name) is not None
    if isinstance(value, FunctionValue):
        return value.function.is_generator or value.function.is_async or _are_quick(module, value.function, depth)
    if isinstance(value, ClassValue):
        methods = [cls.methods["__init__"] for cls in module.resolver.mro(value.cls) if "__init__" in cls.methods]
        return module.resolver.is_closed(value.cls) and all(_are_quick(module, method, depth) for method in methods[:1])
    if isinstance(call.func, cst.Attribute) and call.func.attr.value in _QUICK_METHODS:
        return not any(isinstance(of, Instance) for of in module.values(call.func.value))
    return False


def _are_quick(module: ModuleModel, function: Function, depth: int) -> bool:
    if depth >= _DEEPEST or not isinstance(function.node, (cst.FunctionDef, cst.Lambda)):
        return False
    if any(scope.withs for scope in function.scope.walk()):
        return False
    return all(is_quick(module, call, depth + 1) for scope in function.scopes for call in scope.calls)


def _stated(module: ModuleModel, value: Value) -> Blocks | None:
    knowledge = module.knowledge
    if isinstance(value, Symbol):
        for facts in (knowledge.function(value.name), knowledge.type(value.name)):
            if facts is not None and facts.blocks is not None:
                return facts.blocks
    if isinstance(value, LibraryMethod):
        method = knowledge.method(value.receiver.type_name, value.name)
        return method.blocks if method is not None else None
    return None


def _is_described(module: ModuleModel, name: str) -> bool:
    return module.knowledge.function(name) is not None or module.knowledge.type(name) is not None


def _is_callable(module: ModuleModel, node: cst.BaseExpression) -> bool:
    """Tell what may be called back: `sorted(x, key=f)`."""
    return any(isinstance(value, (FunctionValue, LibraryMethod, Partial)) for value in module.values(node))
