"""What goes wrong when two threads pass the same test and both act on it.

Often nothing: both set the same flag, or fill a cache with what is the same whoever computes it. It matters where the
second act raises, takes what is not there any more, or replaces an object that somebody has already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.expecting import is_expected
from conclint.model.values import ClassValue, Instance
from conclint.model.words import AccessKind, Stake
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name, is_constant, is_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from conclint.model.accesses import Access
    from conclint.model.module import ModuleModel

_ONCE = ("start", "release", "submit")
_RAISES = {
    "pop": ("KeyError", "IndexError"),
    "popitem": ("KeyError",),
    "popleft": ("IndexError",),
    "remove": ("KeyError", "ValueError"),
}
_GROWS = frozenset({"append", "appendleft", "insert"})
_MEASURES = (cst.NotIn, cst.In, cst.LessThan, cst.LessThanEqual, cst.GreaterThan, cst.GreaterThanEqual)
_CONTAINERS = frozenset({"dict", "list", "set", "deque", "defaultdict", "OrderedDict", "Counter", "WeakSet"})


def stake_of(
    module: ModuleModel, test: cst.BaseExpression, acts: Sequence[Access], region: Iterable[cst.CSTNode], uses: Sequence[Access]
) -> Stake:
    """Return what is at stake in a check-then-act.

    `region` is the code that believes the test, `uses` are the accesses of the variable in it.
    """
    if any(_matters(module, test, act) for act in acts) or _fills_later(acts):
        return Stake.HARM
    constant = [act for act in acts if act.stored is not None and is_constant(act.stored)]
    latching = [act for act in constant if not _is_in_handler(module, act.node, test)]
    if latching and (_does_once(module, region) or (any(map(_is_none, latching)) and _is_used(module, uses))):
        return Stake.HARM
    flags = [act for act in constant if is_literal(act.stored) and not isinstance(act.stored, cst.SimpleString)]
    return Stake.NOTHING if len(flags) == len(acts) else Stake.REFILL


def _matters(module: ModuleModel, test: cst.BaseExpression, act: Access) -> bool:
    if act.kind.updates:
        return True
    if act.stored is not None:
        return _is_one_of_its_kind(module, act.stored, element=act.element)
    if act.operation in _RAISES:
        call = act.node
        assert isinstance(call, cst.Call)
        defaulted = act.operation == "pop" and len(call.args) > 1
        return not defaulted and _raises(module, call, *_RAISES[act.operation])
    if act.operation in _GROWS:
        return _is_measured(test)
    return act.deletes and _raises(module, act.node, "KeyError", "IndexError", "AttributeError")


def _raises(module: ModuleModel, node: cst.CSTNode, *exceptions: str) -> bool:
    return not any(is_expected(module, node, exception) for exception in exceptions)


def _is_measured(test: cst.BaseExpression) -> bool:
    """Tell a test that keeps an element from coming twice, or a container from growing too large."""
    return any(isinstance(part, cst.ComparisonTarget) and isinstance(part.operator, _MEASURES) for part in descendants(test))


def _is_one_of_its_kind(module: ModuleModel, value: cst.CSTNode, *, element: bool, deep: bool = True) -> bool:
    """Tell a new object that is not as good as another one: it will be filled, locked, or closed."""
    if isinstance(value, (cst.List, cst.Dict, cst.Set)):
        return element and not value.elements
    if not isinstance(value, cst.Call):
        return False
    name = dotted_name(value.func).rpartition(".")[2]
    if name in _CONTAINERS:
        return element and (not value.args or name == "defaultdict")
    if name == "object" or any(isinstance(one, ClassValue) for one in module.values(value.func)):
        return True
    if any(isinstance(one, Instance) for one in module.values(value)):
        return True
    called = module.called_function(value)
    if called is not None and not called.is_generator and deep:
        made = called.returns
        return bool(made) and all(_is_one_of_its_kind(module, one, element=element, deep=False) for one in made)
    return not element and name[:1].isupper() and not name.isupper()


def _fills_later(acts: Sequence[Access]) -> bool:
    """Tell a placeholder that others find until the right value takes its place."""
    stored = [act.stored for act in acts if act.element and act.stored is not None]
    return len(stored) > 1 and is_constant(stored[0]) and not all(map(is_constant, stored))


def _is_none(act: Access) -> bool:
    return isinstance(act.stored, cst.Name) and act.stored.value == "None"


def _does_once(module: ModuleModel, region: Iterable[cst.CSTNode]) -> bool:
    """Tell code that must not run twice: a second start or release raises."""
    once = {id(event.node) for word in _ONCE for event in module.events_of(word)}
    return bool(once) and any(id(node) in once and _raises(module, node, "RuntimeError") for node in region)


def _is_in_handler(module: ModuleModel, node: cst.CSTNode, test: cst.CSTNode) -> bool:
    """Tell what is only done when something has gone wrong since the test."""
    outside = set(map(id, module.tree.ancestors(test)))
    return any(outer.__class__ is cst.ExceptHandler and id(outer) not in outside for outer in module.tree.ancestors(node))


def _is_used(module: ModuleModel, uses: Sequence[Access]) -> bool:
    """Tell whether something is asked of what the variable holds, which is None for the second thread."""
    for use in uses:
        outer = module.tree.parent(use.node)
        asked = isinstance(outer, cst.Attribute) and outer.value is use.node
        if asked and use.kind is AccessKind.READ and dotted_name(use.node).rpartition(".")[2] == use.variable.name:
            return _raises(module, use.node, "AttributeError")
    return False
