"""Containers of the language: what puts items into them, and how loops take them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.model.module import ModuleModel

TAKES_ITEM = frozenset({"append", "appendleft", "add", "insert", "setdefault"})
TAKES_ITEMS = frozenset({"extend", "extendleft", "update"})
DROPS_ITEM = frozenset({"remove", "discard", "index", "count"})
SAME_ITEMS = frozenset(
    {"builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.sorted", "builtins.reversed",
     "builtins.iter", "builtins.dict", "copy.copy", "collections.deque", "itertools.chain"}
)
WRAPS_ITEMS = frozenset({"builtins.enumerate", "builtins.zip", "itertools.zip_longest"})
_TAKES_OUT = frozenset({"pop", "popleft", "popitem", "get"})


def takes_out(call: cst.Call) -> bool:
    """Tell a call of a method that hands out an item of a container."""
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in _TAKES_OUT


def elements_of(
    module: ModuleModel, loop: cst.For | cst.CompFor
) -> Iterator[tuple[cst.BaseExpression, cst.BaseExpression]]:
    """Yield the containers that a loop goes over, each with the target that takes its items."""
    target = loop.target
    for index, container in _containers(module, loop.iter):
        if index is None:
            yield container, target
        elif isinstance(target, cst.Tuple) and index < len(target.elements):
            yield container, target.elements[index].value


def _containers(
    module: ModuleModel, iterable: cst.BaseExpression
) -> Iterator[tuple[int | None, cst.BaseExpression]]:
    """Yield containers with the position of their items in what the iterable yields, None: they are that."""
    if not isinstance(iterable, cst.Call):
        yield None, iterable
        return
    func, given = iterable.func, [argument.value for argument in iterable.args]
    if isinstance(func, cst.Attribute) and func.attr.value in ("values", "items", "copy"):
        yield (1 if func.attr.value == "items" else None), func.value
        return
    symbol = module.symbol(func)
    if symbol in SAME_ITEMS and len(given) == 1:
        yield from _containers(module, given[0])
    elif symbol == "builtins.enumerate" and given:
        yield 1, given[0]
    elif symbol in WRAPS_ITEMS:
        yield from enumerate(given)


def items_of_display(node: cst.CSTNode) -> Sequence[cst.BaseExpression]:
    """Return the items of a list, tuple, set, or the values of a dict, as far as each is written out."""
    if isinstance(node, (cst.List, cst.Tuple, cst.Set)):
        return [element.value for element in node.elements if isinstance(element, cst.Element)]
    if isinstance(node, cst.Dict):
        return [element.value for element in node.elements if isinstance(element, cst.DictElement)]
    return []
