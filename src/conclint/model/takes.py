"""Where a function takes items out of a queue, and what it calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel

_GETTERS = frozenset({"get", "get_nowait"})
_LOOPS = (cst.For, cst.While)
_KEEPING = frozenset({"append", "appendleft", "add", "extend", "insert", "heappush"})


class Take(msgspec.Struct, frozen=True):
    """An item is taken out of `queue`.

    `node` is the step of execution that has got it: the call, the `await` around that, or the target of `for item in
    iter(queue.get, None)`. `call` is what to point to. `items` are the variables that get the item, or a part of it.
    `loop` is the innermost loop that does it again.
    """

    node: cst.CSTNode
    call: cst.CSTNode
    queue: cst.BaseExpression
    items: frozenset[str]
    loop: cst.For | cst.While | None


def own_calls(function: Function) -> Iterator[cst.Call]:
    """Yield the calls in a function's own code, comprehensions included."""
    for scope in function.scopes:
        yield from scope.calls


def takes_of(module: ModuleModel, function: Function, is_queue: Callable[[cst.BaseExpression], bool]) -> list[Take]:
    """Return where a function takes items out of a queue, itself or through a function that gives them back at once."""
    found: list[Take] = []
    for call in own_calls(function):
        queue = _getter(call) or _handed_back(module, call)
        if queue is not None and is_queue(queue):
            found.append(_by_call(module, call, queue))
        elif (loop := _iterates_gets(module, call)) is not None:
            getter = call.args[0].value
            assert isinstance(getter, cst.Attribute)
            if is_queue(getter.value) and isinstance(loop.target, cst.Name):
                items = frozenset({loop.target.value})
                found.append(Take(loop.target, call, getter.value, items, loop))
    return found


def loop_around(module: ModuleModel, node: cst.CSTNode) -> cst.For | cst.While | None:
    """Return the innermost loop of the same function that `node` stands in."""
    found = module.inside(node, _LOOPS)
    return found if isinstance(found, _LOOPS) else None


def is_one_by_one(module: ModuleModel, takes: Sequence[Take], others: Sequence[cst.CSTNode]) -> bool:
    """Tell whether items are dealt with one after the other: each round of a loop takes one, keeps none for later and
    does what is in `others`.
    """
    loops = {id(take.loop) for take in takes} | {id(loop_around(module, node)) for node in others}
    return len(loops) == 1 and not any(_is_kept(module, take) for take in takes)


def _getter(call: cst.Call) -> cst.BaseExpression | None:
    func = call.func
    return func.value if isinstance(func, cst.Attribute) and func.attr.value in _GETTERS else None


def _handed_back(module: ModuleModel, call: cst.Call) -> cst.BaseExpression | None:
    """Return the queue whose `get()` is all that a called method of the same object gives back."""
    func = call.func
    function = module.called_function(call) if isinstance(func, cst.Attribute) else None
    caller = module.function_at(call)
    if function is None or caller is None or len(function.returns) != 1 or function.cls is None:
        return None
    given = function.returns[0]
    same = isinstance(func, cst.Attribute) and dotted_name(func.value) == caller.receiver_name
    return _getter(given) if same and isinstance(given, cst.Call) else None


def _iterates_gets(module: ModuleModel, call: cst.Call) -> cst.For | None:
    """Return the loop `for item in iter(queue.get, sentinel)` that a call of `iter` stands in."""
    loop = module.tree.parent(call)
    if not isinstance(loop, cst.For) or loop.iter is not call or len(call.args) != 2:
        return None
    getter = call.args[0].value
    is_get = isinstance(getter, cst.Attribute) and getter.attr.value in _GETTERS
    return loop if is_get and module.symbol(call.func) == "builtins.iter" else None


def _by_call(module: ModuleModel, call: cst.Call, queue: cst.BaseExpression) -> Take:
    parent = module.tree.parent(call)
    value: cst.BaseExpression = parent if isinstance(parent, cst.Await) else call
    around = module.tree.parent(value)
    targets: list[cst.CSTNode] = []
    if isinstance(around, cst.Assign):
        targets = [each.target for each in around.targets]
    elif isinstance(around, (cst.AnnAssign, cst.NamedExpr)):
        targets = [around.target]
    items = frozenset(
        part.value for target in targets for part in descendants(target) if isinstance(part, cst.Name)
    )
    loop = loop_around(module, call)
    if isinstance(loop, cst.For) and any(part is call for part in descendants(loop.iter)):
        loop = loop_around(module, loop)
    return Take(value, call, queue, items, loop)


def _is_kept(module: ModuleModel, take: Take) -> bool:
    """Tell an item that is put aside in the moment it is taken, or that the function gives back."""
    parent = module.tree.parent(take.node)
    if isinstance(parent, (cst.Arg, cst.Return, cst.Yield, cst.Element)):
        call = module.tree.parent(parent)
        func = call.func if isinstance(call, cst.Call) else None
        return not isinstance(call, cst.Call) or (isinstance(func, cst.Attribute) and func.attr.value in _KEEPING)
    function = module.function_at(take.call)
    if function is None:
        return True
    given = [*function.returns, *(node.value for node in descendants(function.node) if isinstance(node, cst.Yield))]
    return any(
        isinstance(part, cst.Name) and part.value in take.items
        for node in given
        if node is not None
        for part in descendants(node)
    )
