"""What is given where a callable, or the arguments for one, is expected."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import libcst as cst

from conclint.knowledge.schema import Primitive, Where
from conclint.model.arguments import has_star
from conclint.model.decorating import runs_as_written
from conclint.model.values import (
    UNKNOWN,
    ClassValue,
    Constant,
    FunctionValue,
    Instance,
    Items,
    LibraryMethod,
    Partial,
    Symbol,
)
from conclint.syntax import BindingKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class, Function
    from conclint.model.events import Handover
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site, Value
    from conclint.syntax import Binding

_PLAIN_TYPES = frozenset(
    f"builtins.{name}"
    for name in (
        "bool",
        "bytes",
        "complex",
        "dict",
        "float",
        "frozenset",
        "int",
        "list",
        "set",
        "str",
        "tuple",
    )
)
# Functions that people give as work and that return no callable (Library Reference, each one's entry).
_NO_CALLABLE = frozenset(
    {
        "builtins.print",
        "builtins.input",
        "time.sleep",
        "os.system",
        "subprocess.call",
        "subprocess.run",
        "subprocess.check_call",
        "subprocess.check_output",
    }
)
_RETURN_NONE = frozenset({"builtins.print", "time.sleep"})
_ELSEWHERE = (Where.THREAD, Where.PROCESS, Where.WORKER, Where.HELPER, Where.INTERPRETER, Where.GREENLET)
_NOT_ITERABLE = frozenset(
    {
        Primitive.LOCK,
        Primitive.SEMAPHORE,
        Primitive.CONDITION,
        Primitive.EVENT,
        Primitive.BARRIER,
        Primitive.TIMER,
        Primitive.THREAD,
        Primitive.PROCESS,
        Primitive.QUEUE,
        Primitive.CONNECTION,
    }
)


_NUMBERS = ("int", "float", "bool", "complex")
_RESULTS = {
    "builtins.str": "str",
    "builtins.repr": "str",
    "builtins.format": "str",
    "builtins.int": "int",
    "builtins.len": "int",
    "builtins.id": "int",
    "builtins.float": "float",
    "builtins.bool": "bool",
    "time.time": "float",
    "time.monotonic": "float",
    "time.perf_counter": "float",
}


# the result of a call as a target


@dataclasses.dataclass(frozen=True, slots=True)
class CalledTarget:
    """A hand-over whose target is the result of a call, which is no callable; `returns_none`: it is None."""

    handover: Handover
    call: cst.Call
    returns_none: bool

    def taker(self, module: ModuleModel) -> str:
        """Return what the target is given to, as it is written."""
        return module.label(self.handover.call.func)


def called_targets(module: ModuleModel) -> Iterator[CalledTarget]:
    """Yield the hand-overs whose target was called instead of being named."""
    for handover in module.handovers:
        call = handover.target.value
        if handover.where not in _ELSEWHERE or handover.runs.coroutine or handover.runs.methods:
            continue
        if not isinstance(call, cst.Call):
            continue
        none = _gives_none(module, call)
        if none is not None:
            yield CalledTarget(handover, call, none)


def named_instead(module: ModuleModel, handover: Handover, call: cst.Call) -> str | None:
    """Return the argument, or arguments, that hand over what `call` calls, and with what; None: not simple."""
    target, runs = handover.target, handover.runs
    name = f"{target.keyword.value}=" if target.keyword is not None else ""
    text = f"{name}{module.code(call.func)}"
    if not call.args:
        return text
    last = target is handover.call.args[-1]
    followed = not last and any(given.keyword is None for given in _behind(handover.call, target))
    taken = handover.arguments or handover.loose_arguments or followed
    if runs.args is None or has_star(call) or taken:
        return None
    if runs.args.rest:
        own = ", ".join(
            module.code(given.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for given in call.args
        )
        return None if name else f"{text}, {own}"
    if any(given.keyword is not None for given in call.args) or runs.args.name is None:
        return None
    values = ", ".join(module.code(given.value) for given in call.args)
    return f"{text}, {runs.args.name}=({values}{',' if len(call.args) == 1 else ''})"


def _behind(call: cst.Call, argument: cst.Arg) -> list[cst.Arg]:
    return list(call.args[call.args.index(argument) + 1 :])


def _gives_none(module: ModuleModel, call: cst.Call) -> bool | None:
    """Tell whether a call gives None (True) or something else that is no callable (False); None: unknown."""
    symbol = module.symbol(call.func)
    if symbol in _NO_CALLABLE:
        return symbol in _RETURN_NONE
    values = module.values(call.func)
    if len(values) != 1:
        return None
    if isinstance(values[0], ClassValue):
        return None if _may_be_callable(module, values[0].cls) else False
    if not isinstance(values[0], FunctionValue):
        return None
    function = values[0].function
    node = function.node
    if not isinstance(node, cst.FunctionDef) or function.is_async or function.is_generator:
        return None
    if not runs_as_written(module, function) or is_stub(node):
        return None
    returned = function.returns
    if all(isinstance(expression, cst.Name) and expression.value == "None" for expression in returned):
        return True
    if node.returns is not None and (told := _annotated_plain(module, node.returns.annotation)) is not None:
        return told
    if all(_is_plain(module, expression) for expression in returned):
        return False
    return None


def _may_be_callable(module: ModuleModel, cls: Class) -> bool:
    """Tell whether instances of a class may be called: it, or something unknown about it, may define `__call__`."""
    resolver = module.resolver
    return not resolver.is_closed(cls) or any(
        owner.node.keywords
        or owner.node.decorators
        or {"__call__", "__new__"} & (owner.methods.keys() | owner.attributes.keys())
        for owner in resolver.mro(cls)
    )


def is_stub(node: cst.FunctionDef) -> bool:
    """Tell a body that only raises, or does nothing: it is there to be overridden."""
    statements: list[cst.CSTNode] = []
    for line in node.body.body:
        statements.extend(line.body if isinstance(line, cst.SimpleStatementLine) else (line,))
    return all(
        isinstance(statement, (cst.Raise, cst.Pass))
        or (isinstance(statement, cst.Expr) and isinstance(statement.value, (cst.BaseString, cst.Ellipsis)))
        for statement in statements
    )


def _annotated_plain(module: ModuleModel, annotation: cst.BaseExpression) -> bool | None:
    if isinstance(annotation, cst.Name) and annotation.value == "None":
        return True
    if isinstance(annotation, cst.Subscript):
        annotation = annotation.value
    return False if module.symbol(annotation) in _PLAIN_TYPES else None


def _is_plain(module: ModuleModel, expression: cst.BaseExpression) -> bool:
    if isinstance(
        expression, (cst.BaseString, cst.Comparison, cst.BinaryOperation, cst.ListComp, cst.DictComp)
    ):
        return not isinstance(expression, cst.BinaryOperation) or _is_plain(module, expression.left)
    return all(isinstance(value, (Constant, Items)) for value in module.values(expression))


# the arguments


@dataclasses.dataclass(frozen=True, slots=True)
class BareArguments:
    """A hand-over whose arguments are one value instead of a tuple with that value.

    `harmless` tells a text of one letter, which comes out right when it is spread.
    """

    handover: Handover
    value: cst.BaseExpression
    is_text: bool
    harmless: bool
    text: str


def bare_arguments(module: ModuleModel) -> Iterator[BareArguments]:
    """Yield the hand-overs that give a text, a number or an object that can't be iterated for the arguments."""
    for handover in module.handovers:
        given = handover.arguments
        if given is None or given.star:
            continue
        value = given.value
        plain = plain_type(module, value)
        texts = _literals(module, value)
        if plain is None and not texts and not _are_single(module, value):
            continue
        if any(text in ("", b"") for text in texts):
            continue
        is_text = plain in ("str", "bytes")
        letters = bool(texts) and all(isinstance(text, (str, bytes)) and len(text) == 1 for text in texts)
        yield BareArguments(
            handover, value, is_text, letters, module.code(value.with_changes(lpar=(), rpar=()))
        )


def plain_type(module: ModuleModel, node: cst.BaseExpression) -> str | None:
    """Return the builtin type, of text or numbers, that an expression surely has: "str", "int", ..."""
    if isinstance(node, (cst.FormattedString, cst.ConcatenatedString)):
        return "str"
    if isinstance(node, cst.BinaryOperation):
        return _operation_type(module, node)
    if isinstance(node, cst.Call):
        if isinstance(node.func, cst.Attribute) and node.func.attr.value in ("format", "join"):
            return "str" if plain_type(module, node.func.value) == "str" else None
        return _RESULTS.get(module.symbol(node.func) or "")
    kinds = {type(literal).__name__ for literal in _literals(module, node)}
    if not kinds and isinstance(node, cst.Name):
        owner = module.tree.scope_of(node).owner(node.value)
        bindings = owner.bindings.get(node.value, []) if owner is not None else []
        found = [_bound_type(module, binding) for binding in bindings]
        kinds = {kind for kind in found if kind is not None} if None not in found else set()
    return kinds.pop() if len(kinds) == 1 else None


def _operation_type(module: ModuleModel, node: cst.BinaryOperation) -> str | None:
    left, right = plain_type(module, node.left), plain_type(module, node.right)
    if isinstance(node.operator, cst.Modulo) and left == "str":
        return left
    if isinstance(node.operator, (cst.Add, cst.Subtract)):
        return left or right
    return left if left in _NUMBERS and right in _NUMBERS else None


def _bound_type(module: ModuleModel, binding: Binding) -> str | None:
    """Return the builtin type that one binding gives a name: items of a range, annotated parameters."""
    if binding.kind is BindingKind.PARAMETER and isinstance(binding.node, cst.Param):
        if binding.annotation is None or binding.node.star or binding.value is not None:
            return None
        name = (module.symbol(binding.annotation) or "").removeprefix("builtins.")
        return name if name in ("str", "bytes", *_NUMBERS) else None
    if binding.kind is BindingKind.ITERATE and isinstance(binding.value, cst.Call):
        iterated = module.symbol(binding.value.func)
        if (iterated, binding.path) in (("builtins.range", ()), ("builtins.enumerate", (0,))):
            return "int"
    return None


def _literals(module: ModuleModel, node: cst.BaseExpression) -> list[object]:
    """Return the literals that an expression may be; empty if it may be something else."""
    values = module.values(node)
    found = [value.value for value in values if isinstance(value, Constant) and value.value is not None]
    return found if len(found) == len(values) else []


def _are_single(module: ModuleModel, node: cst.BaseExpression) -> bool:
    return all(_is_single(module, value) for value in module.values(node))


def _is_single(module: ModuleModel, value: Value) -> bool:
    if isinstance(value, FunctionValue):
        return True
    if not isinstance(value, Instance) or value.facts is None or value.facts.proxy:
        return False
    if value.cls is not None and (
        not module.resolver.is_closed(value.cls)
        or any({"__iter__", "__getitem__"} & owner.methods.keys() for owner in module.resolver.mro(value.cls))
    ):
        return False
    return value.facts.kind in _NOT_ITERABLE


# the first positional argument of threads and processes


@dataclasses.dataclass(frozen=True, slots=True)
class GivenGroup:
    """A thread or process whose first parameter, the unused `group`, is given something.

    `arguments` is a second positional argument that is a tuple or list, meant for the target.
    """

    site: Site
    group: cst.Arg
    arguments: cst.Arg | None
    can_rename: bool


def given_groups(module: ModuleModel) -> Iterator[GivenGroup]:
    """Yield the creation sites of threads and processes that give a function, or the only argument, as the group."""
    for site in module.sites_of(Primitive.THREAD, Primitive.PROCESS):
        call = site.call
        if site.facts.parameters[:1] != ("group",) or not call.args or has_star(call):
            continue
        first = call.args[0]
        if first.keyword is not None or not _has_library_constructor(module, site):
            continue
        targets = any(
            argument.keyword is not None and argument.keyword.value == "target" for argument in call.args
        )
        positional = [argument for argument in call.args if argument.keyword is None]
        second = positional[1] if len(positional) > 1 else None
        is_tuple = second is not None and isinstance(second.value, (cst.Tuple, cst.List))
        alone = not targets and (second is None or is_tuple) and site.cls is None
        if _are_callables(module, first.value) or (alone and _is_something(module, first.value)):
            can_rename = not targets and (second is None or (is_tuple and len(positional) == 2))
            yield GivenGroup(site, first, second, can_rename)


def _has_library_constructor(module: ModuleModel, site: Site) -> bool:
    """Tell whether the constructor is the library's: no class of this module comes in between."""
    if site.cls is None:
        return True
    if not module.resolver.is_closed(site.cls):
        return False
    return not any({"__init__", "__new__"} & owner.methods.keys() for owner in module.resolver.mro(site.cls))


def _are_callables(module: ModuleModel, node: cst.BaseExpression) -> bool:
    return all(
        isinstance(value, (FunctionValue, LibraryMethod, Partial, ClassValue))
        or (isinstance(value, Symbol) and module.knowledge.function(value.name) is not None)
        for value in module.values(node)
    )


def _is_something(module: ModuleModel, node: cst.BaseExpression) -> bool:
    """Tell a name, attribute or the like that is not None as far as is known."""
    return not any(isinstance(value, Constant) and value.value is None for value in module.values(node))


@dataclasses.dataclass(frozen=True, slots=True)
class DirectRun:
    """A call of the method `run` of the thread or process `receiver`."""

    call: cst.Call
    receiver: cst.BaseExpression
    method: cst.Name


def direct_runs(module: ModuleModel) -> Iterator[DirectRun]:
    """Yield the calls of `run` on thread and process objects from outside of their classes."""
    started = {_place(module, event.object) for event in module.events_of("start")}
    for scope in module.scopes:
        for call in scope.calls:
            func = call.func
            if not isinstance(func, cst.Attribute) or func.attr.value != "run":
                continue
            # Where the same function also starts the object, running it here is the other branch of a choice.
            if _is_thread(module, func.value) and _place(module, func.value) not in started:
                yield DirectRun(call, func.value, func.attr)


def _place(module: ModuleModel, node: cst.BaseExpression) -> tuple[str, int]:
    return module.label(node), id(module.function_at(node))


def _is_thread(module: ModuleModel, node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Name) and _is_receiver(module.function_at(node), node.value, module):
        return False
    threads = 0
    for value in module.values(node):
        if isinstance(value, Instance) and value.facts is not None:
            if value.facts.kind not in (Primitive.THREAD, Primitive.PROCESS, Primitive.TIMER):
                return False
            threads += 1
        elif value is not UNKNOWN and not (isinstance(value, Constant) and value.value is None):
            return False
    return threads > 0


def _is_receiver(function: Function | None, name: str, module: ModuleModel) -> bool:
    while function is not None:
        if function.receiver_name == name:
            return True
        outer = function.scope.parent
        function = module.function_of(outer) if outer is not None else None
    return False
