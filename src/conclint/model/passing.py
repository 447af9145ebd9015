"""What the calls in a module pass to the parameters of its functions, directly or through a thread's `args`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.syntax import BindingKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.model.definitions import Function
    from conclint.syntax import Scope

_MOST_CALLS = 6


class Passed:
    """Finds the arguments for a parameter among the calls that name the function: `f(x)`, `self.m(x)`, `C(x)`,
    `Thread(target=f, args=(x,))`.
    """

    def __init__(self, root: Scope, functions: dict[int, Function]) -> None:
        self._functions = functions
        self._named: dict[
            str, list[tuple[cst.BaseExpression, Scope, Sequence[cst.BaseExpression | None], cst.Call]]
        ] = {}
        for scope in root.walk():
            for call in scope.calls:
                self._note(call.func, scope, _positional(call.args), call)
                self._note_target(call, scope)

    def _note_target(self, call: cst.Call, scope: Scope) -> None:
        keywords = {given.keyword.value: given.value for given in call.args if given.keyword is not None}
        target, given = keywords.get("target"), keywords.get("args")
        if target is not None and isinstance(given, (cst.Tuple, cst.List)):
            elements = [None if isinstance(e, cst.StarredElement) else e.value for e in given.elements]
            self._note(target, scope, elements, call)

    def _note(
        self,
        func: cst.BaseExpression,
        scope: Scope,
        given: Sequence[cst.BaseExpression | None],
        call: cst.Call,
    ) -> None:
        name = (
            func.attr.value
            if isinstance(func, cst.Attribute)
            else func.value
            if isinstance(func, cst.Name)
            else ""
        )
        if name:
            self._named.setdefault(name, []).append((func, scope, given, call))

    def arguments(self, function: Function, parameter: str) -> Iterator[cst.BaseExpression]:
        """Yield what is passed for a parameter; nothing for functions that are called from very many places."""
        cls = function.cls if function.name == "__init__" else None
        calls = self._named.get(cls.name if cls is not None else function.name, ())
        calls = [entry for entry in calls if self._means(entry[0], entry[1], function)]
        if len(calls) > _MOST_CALLS:
            return
        names = [each.name.value for each in function.parameters]
        if function.receiver_name is not None:
            names = names[1:]
        position = names.index(parameter) if parameter in names else len(names)
        for func, _, given, call in calls:
            if call.func is func:
                yield from (
                    a.value for a in call.args if a.keyword is not None and a.keyword.value == parameter
                )
            before = given[: position + 1]
            if position < len(given) and None not in before and (value := given[position]) is not None:
                yield value

    def _means(self, func: cst.BaseExpression, scope: Scope, function: Function) -> bool:
        """Tell whether an expression is the function (or the class that it initializes) and can be nothing else."""
        if isinstance(func, cst.Name):
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
        if (
            not isinstance(func, cst.Attribute)
            or not isinstance(func.value, cst.Name)
            or function.cls is None
        ):
            return False
        caller = self._functions.get(id(scope.execution))
        return caller is not None and caller.cls is function.cls and caller.receiver_name == func.value.value


def _positional(arguments: Sequence[cst.Arg]) -> list[cst.BaseExpression | None]:
    """Return the positional arguments, None for a star that hides how many there are."""
    return [None if given.star else given.value for given in arguments if given.keyword is None]
