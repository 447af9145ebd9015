"""What the calls in a module pass to the parameters of its functions, directly or through a thread's `args`."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import libcst as cst

from conclint.syntax import BindingKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.model.definitions import Class, Function
    from conclint.syntax import Scope

_MOST_CALLS = 6
_BESIDE = (("target", "args", "kwargs"), ("initializer", "initargs", ""))
_FOLLOWING = frozenset({"submit", "to_thread"})
_BEFORE_A_TUPLE = frozenset({"apply", "apply_async", "Pool", "ThreadPool", "Timer", "start_new_thread"})


class Passed:
    """Finds the arguments for a parameter among the calls that name the function: `f(x)`, `self.m(x)`, `C(x)`,
    `Thread(target=f, args=(x,))`, `Pool(initializer=f, initargs=(x,))`, `pool.submit(f, x)`.
    """

    def __init__(self, root: Scope, functions: dict[int, Function]) -> None:
        self._functions = functions
        self._callable = {name for one in functions.values() for name in (one.name, one.cls.name if one.cls else "")}
        self._callable.discard("")
        self._named: dict[
            str, list[tuple[cst.BaseExpression, Scope, Sequence[cst.BaseExpression | None], dict[str, cst.BaseExpression]]]
        ] = {}
        for scope in root.walk():
            for call in scope.calls:
                name = _last_name(call.func)
                if name in self._callable:
                    self._note(call.func, scope, _positional(call.args), _named(call.args))
                if call.args:
                    self._note_target(call, scope)
                    if name in _FOLLOWING or name in _BEFORE_A_TUPLE:
                        self._note_task(call, scope, name)

    def _note_target(self, call: cst.Call, scope: Scope) -> None:
        # a keyword comes last, stars aside, and most calls have none
        if call.args[-1].keyword is None and not call.args[-1].star:
            return
        keywords = _named(call.args)
        for target, positional, named in _BESIDE:
            if target in keywords:
                given = _elements(keywords.get(positional))
                self._note(keywords[target], scope, given, _items(keywords.get(named)))

    def _note_task(self, call: cst.Call, scope: Scope, name: str) -> None:
        given = _positional(call.args)
        if name in _FOLLOWING and given and given[0] is not None:
            self._note(given[0], scope, given[1:], _named(call.args))
        else:
            for task, arguments in itertools.pairwise(given):
                if task is not None and isinstance(arguments, (cst.Tuple, cst.List)):
                    self._note(task, scope, _elements(arguments), {})

    def _note(
        self,
        func: cst.BaseExpression,
        scope: Scope,
        given: Sequence[cst.BaseExpression | None],
        named: dict[str, cst.BaseExpression],
    ) -> None:
        name = _last_name(func)
        if name in self._callable:
            self._named.setdefault(name, []).append((func, scope, given, named))

    def arguments(self, function: Function, parameter: str) -> Iterator[cst.BaseExpression]:
        """Yield what is passed for a parameter; nothing for functions that are called from very many places."""
        cls = function.cls if function.name == "__init__" else None
        calls = self._named.get(cls.name if cls is not None else function.name, ())
        if cls is not None:
            calls = [*calls, *self._named.get(function.name, ())]  # of classes that derive from it
        calls = [entry for entry in calls if self._means(entry[0], entry[1], function)]
        if len(calls) > _MOST_CALLS:
            return
        names = [each.name.value for each in function.parameters]
        if function.receiver_name is not None:
            names = names[1:]
        position = names.index(parameter) if parameter in names else len(names)
        for _, _, given, named in calls:
            if parameter in named:
                yield named[parameter]
            before = given[: position + 1]
            if position < len(given) and None not in before and (value := given[position]) is not None:
                yield value

    def _means(self, func: cst.BaseExpression, scope: Scope, function: Function) -> bool:
        """Tell whether an expression is the function (or the class that it initializes) and can be nothing else."""
        if func.__class__ is cst.Name:
            node = (
                function.cls.node
                if function.cls is not None and function.name == "__init__"
                else function.node
            )
            owner = scope.owner(func.value)
            bindings = owner.bindings.get(func.value, []) if owner is not None else []
            return (
                len(bindings) == 1 and bindings[0].kind is BindingKind.DEFINITION and bindings[0].node is node
            )
        if not isinstance(func, cst.Attribute) or function.cls is None:
            return False
        caller = self._functions.get(id(scope.execution))
        if func.value.__class__ is cst.Call:
            return function.name == "__init__" and _is_super(func.value) and _derives(caller, function.cls)
        if not isinstance(func.value, cst.Name):
            return False
        return caller is not None and caller.cls is function.cls and caller.receiver_name == func.value.value


def _is_super(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Name) and call.func.value == "super"


def _derives(caller: Function | None, base: Class) -> bool:
    """Tell a method of a class whose only base goes by the name of another."""
    bases = caller.cls.node.bases if caller is not None and caller.cls is not None else ()
    return len(bases) == 1 and isinstance(bases[0].value, cst.Name) and bases[0].value.value == base.name


def _last_name(func: cst.BaseExpression) -> str:
    if func.__class__ is cst.Attribute:
        return func.attr.value
    return func.value if func.__class__ is cst.Name else ""


def _positional(arguments: Sequence[cst.Arg]) -> list[cst.BaseExpression | None]:
    """Return the positional arguments, None for a star that hides how many there are."""
    return [None if given.star else given.value for given in arguments if given.keyword is None]


def _named(arguments: Sequence[cst.Arg]) -> dict[str, cst.BaseExpression]:
    return {given.keyword.value: given.value for given in arguments if given.keyword is not None}


def _elements(display: cst.BaseExpression | None) -> list[cst.BaseExpression | None]:
    if not isinstance(display, (cst.Tuple, cst.List)):
        return []
    return [None if isinstance(e, cst.StarredElement) else e.value for e in display.elements]


def _items(display: cst.BaseExpression | None) -> dict[str, cst.BaseExpression]:
    """Return the items of `{"name": value}`."""
    if not isinstance(display, cst.Dict):
        return {}
    return {
        str(element.key.evaluated_value): element.value
        for element in display.elements
        if isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString)
    }


def given_for(function: Function, call: cst.Call) -> Iterator[tuple[str, cst.BaseExpression]]:
    """Yield the parameters of a function that a call of it names or reaches, each with what is given for it."""
    names = [each.name.value for each in function.parameters]
    if function.receiver_name is not None:
        names = names[1:]
    for name, value in zip(names, _positional(call.args)):
        if value is None:
            break
        yield name, value
    yield from ((name, value) for name, value in _named(call.args).items() if name in names)
