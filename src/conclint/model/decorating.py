"""Whether the name of a decorated function still stands for the function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.values import LibraryMethod, Symbol

if TYPE_CHECKING:
    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel
    from conclint.model.resolve import Resolver

# What these give back takes the same arguments and gives the same result as the function.
_TRANSPARENT = frozenset(
    {
        "abc.abstractmethod",
        "atexit.register",
        "builtins.classmethod",
        "builtins.staticmethod",
        "functools.cache",
        "functools.lru_cache",
        "functools.wraps",
        "typing.final",
        "typing.no_type_check",
        "typing.override",
        "typing_extensions.final",
        "typing_extensions.override",
    }
)


def runs_as_written(module: ModuleModel, function: Function) -> bool:
    """Tell whether who calls a function by its name runs its code with the arguments given: no decorator interferes."""
    decorators = function.node.decorators if isinstance(function.node, cst.FunctionDef) else ()
    return function.node.__class__ is cst.Lambda or all(is_transparent(module.resolver, each) for each in decorators)


def is_transparent(resolver: Resolver, decorator: cst.Decorator, more: frozenset[str] = frozenset()) -> bool:
    """Tell a decorator that gives back what does the same as the function; `more` are others that count as such."""
    expression = decorator.decorator
    values = resolver.values(expression.func if isinstance(expression, cst.Call) else expression)
    if len(values) != 1:
        return False
    (value,) = values
    if isinstance(value, LibraryMethod):
        name = f"{value.receiver.type_name}.{value.name}"
    elif isinstance(value, Symbol):
        name = value.name
    else:
        return False
    facts = resolver.knowledge.decorator(name)
    return name in _TRANSPARENT or name in more or (facts is not None and facts.returns is None)
