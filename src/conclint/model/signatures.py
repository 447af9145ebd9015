"""Whether the arguments that are handed over with a callable fit it, as `inspect.Signature.bind` would tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.arguments import has_star, rest_arguments
from conclint.model.binding import (
    EITHER,
    KEYWORD_ONLY,
    KEYWORDS,
    POSITIONAL_ONLY,
    STARRED,
    THE_OBJECT,
    Given,
    Signature,
)
from conclint.model.decorating import runs_as_written
from conclint.model.definitions import is_stub
from conclint.model.values import NONE, ClassValue, FunctionValue, Instance, Items, Partial

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class, Function
    from conclint.model.events import Handover
    from conclint.model.module import ModuleModel
    from conclint.model.values import Value


class Misfit(msgspec.Struct, frozen=True):
    """A callable is run, by `taker`, with arguments that it does not take.

    `problem` says what is wrong, to be read after "calls 'f'"; `node` is where they are given, `function` what is run.
    """

    node: cst.CSTNode
    taker: str
    problem: str
    function: Function

    @property
    def definition(self) -> cst.CSTNode:
        """The name behind `def`, or the lambda."""
        return self.function.node.name if isinstance(self.function.node, cst.FunctionDef) else self.function.node


def misfits(module: ModuleModel) -> Iterator[Misfit]:
    """Yield the hand-overs whose arguments surely don't fit, and the `run` methods that ask for arguments."""
    for handover in module.handovers:
        given = given_with(module, handover)
        if given is None:
            continue
        values = [value for value in module.values(handover.target.value) if value != NONE]
        found = [_misfit(module, value, given) for value in values]
        if found and all(found) and found[0] is not None:
            function, problem = found[0]
            yield Misfit(place_of_arguments(handover), module.label(handover.call.func), problem, function)
    for cls in module.classes:
        run, base = cls.methods.get("run"), module.resolver.library_base(cls)
        if run is None or base is None or base[1].kind not in (Primitive.THREAD, Primitive.PROCESS):
            continue
        wrong = _problem(module, run, THE_OBJECT)
        if wrong is not None and isinstance(run.node, cst.FunctionDef):
            yield Misfit(run.node.name, f"{base[0].rpartition('.')[2]}.start", wrong, run)


def place_of_arguments(handover: Handover) -> cst.CSTNode:
    """Return where a hand-over gives the arguments, or else the target."""
    given = handover.arguments or next(iter(handover.loose_arguments), None) or handover.target
    return given.value


# what is given


def given_with(module: ModuleModel, handover: Handover) -> Given | None:
    """Return what the callable will be called with, None when that is not settled here."""
    runs, call = handover.runs, handover.call
    if runs.coroutine or runs.methods or handover.bound is not None or has_star(call):
        return None
    if runs.each is not None:
        if runs.star or runs.args is not None:
            return None
        return Given(len(rest_arguments(call, runs.each)) if runs.each.rest else 1)
    if runs.args is None:
        return Given(runs.passes) if runs.passes is not None else None
    if runs.args.rest and handover.target.keyword is not None:
        return None
    positional = (
        len(rest_arguments(call, runs.args)) if runs.args.rest else _count(module, handover.arguments)
    )
    names = _names(module, handover)
    if positional is None or names is None:
        return None
    return Given(positional + (runs.passes or 0), (*names, *runs.names))


def _count(module: ModuleModel, given: cst.Arg | None) -> int | None:
    """Return how many arguments a tuple or list of them holds, None when unknown."""
    if given is None:
        return 0
    if isinstance(given.value, (cst.Tuple, cst.List)):
        starred = any(isinstance(element, cst.StarredElement) for element in given.value.elements)
        return None if starred else len(given.value.elements)
    values = module.values(given.value)
    if values == (NONE,):
        return 0
    if len(values) == 1 and isinstance(values[0], Items) and values[0].exact:
        return len(values[0].elements)
    return None


def _names(module: ModuleModel, handover: Handover) -> tuple[str, ...] | None:
    """Return the names of the keyword arguments, None when they are not known."""
    runs = handover.runs
    if runs.kwargs is None:
        return ()
    if runs.kwargs.rest:
        given = [argument.keyword.value for argument in handover.call.args if argument.keyword is not None]
        return tuple(name for name in given if name not in runs.own)
    table = handover.keyword_arguments
    if table is None:
        return ()
    if isinstance(table.value, cst.Call) and module.symbol(table.value.func) == "builtins.dict":
        keys = [argument.keyword for argument in table.value.args]
        return tuple(key.value for key in keys if key is not None) if all(keys) else None
    if not isinstance(table.value, cst.Dict):
        return () if module.values(table.value) == (NONE,) else None
    names: list[str] = []
    for element in table.value.elements:
        if not isinstance(element, cst.DictElement) or not isinstance(element.key, cst.SimpleString):
            return None
        names.append(str(element.key.evaluated_value))
    return tuple(names)


# what is taken


def _misfit(module: ModuleModel, called: Value, given: Given) -> tuple[Function, str] | None:
    """Return what is run and what is wrong with the arguments, None if they may fit."""
    if isinstance(called, Partial):
        first = called.call.args[1:]
        if any(argument.star for argument in called.call.args):
            return None
        bound = Given(
            sum(argument.keyword is None for argument in first),
            tuple(argument.keyword.value for argument in first if argument.keyword is not None),
        )
        return _misfit(module, called.target, bound.before(given))
    if isinstance(called, ClassValue):
        init = _constructor(module, called.cls)
        return _with_problem(module, init, THE_OBJECT.before(given)) if init is not None else None
    if isinstance(called, Instance) and called.cls is not None:
        methods = module.resolver.members(called, "__call__")
        return _misfit(module, methods[0], given) if len(methods) == 1 else None
    if not isinstance(called, FunctionValue) or _may_be_another(module, called):
        return None
    bound = THE_OBJECT.before(given) if _is_bound(called) else given
    return _with_problem(module, called.function, bound)


def _with_problem(module: ModuleModel, function: Function, given: Given) -> tuple[Function, str] | None:
    problem = _problem(module, function, given)
    return (function, problem) if problem is not None else None


def _is_bound(called: FunctionValue) -> bool:
    """Tell whether the object or class that the method is bound to becomes its first argument."""
    if called.receiver is None or called.function.has_decorator("staticmethod"):
        return False
    return isinstance(called.receiver, Instance) or called.function.has_decorator("classmethod")


def _may_be_another(module: ModuleModel, called: FunctionValue) -> bool:
    """Tell a method that a subclass may have replaced: it is only there to be overridden, or is, in this module."""
    function = called.function
    if called.receiver is None or function.cls is None:
        return False
    if isinstance(function.node, cst.FunctionDef) and is_stub(function.node):
        return True
    return any(
        function.name in cls.methods and cls is not function.cls and function.cls in module.resolver.mro(cls)
        for cls in module.classes
    )


def _constructor(module: ModuleModel, cls: Class) -> Function | None:
    """Return the `__init__` that a call of a class runs, None when there is none or something may come in between."""
    if cls.node.decorators or cls.node.keywords or not module.resolver.is_closed(cls):
        return None
    for owner in module.resolver.mro(cls):
        if "__new__" in owner.scope.bindings or owner.node.decorators or owner.node.keywords:
            return None
        if "__init__" in owner.scope.bindings:
            return owner.methods.get("__init__") if len(owner.scope.bindings["__init__"]) == 1 else None
    return None


def _problem(module: ModuleModel, function: Function, given: Given) -> str | None:
    """Return why a function can't be called so, None if it can or if that is unknown."""
    signature = signature_of(module, function)
    return signature.problem(given) if signature is not None else None


def takes(module: ModuleModel, method: Function, count: int | None) -> bool:
    """Tell whether a method can be called with so many arguments by position; what is unknown can."""
    if count is None or method.has_decorator("staticmethod"):
        return True
    return _problem(module, method, THE_OBJECT.before(Given(count))) is None


def signature_of(module: ModuleModel, function: Function) -> Signature | None:
    """Return the signature that calls of a function by its name meet, None where a decorator may have changed it."""
    node = function.node
    if not isinstance(node, (cst.FunctionDef, cst.Lambda)) or not runs_as_written(module, function):
        return None
    parameters = node.params
    kinds = "".join(_kind(POSITIONAL_ONLY, one) for one in parameters.posonly_params)
    kinds += "".join(_kind(EITHER, one) for one in parameters.params)
    kinds += STARRED if parameters.star_arg.__class__ is cst.Param else ""
    kinds += "".join(_kind(KEYWORD_ONLY, one) for one in parameters.kwonly_params)
    kinds += KEYWORDS if parameters.star_kwarg is not None else ""
    return Signature(tuple(parameter.name.value for parameter in function.parameters), kinds)


def _kind(kind: str, parameter: cst.Param) -> str:
    return kind if parameter.default is None else kind.upper()
