"""What a manager's proxies give out: copies, whose changes never come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.escape import fate_of
from conclint.model.values import Instance, Items
from conclint.model.words import CHANGING
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.model.escape import Use
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site, Values

_GIVING = {"dict": ("get", "setdefault"), "list": ()}
"""The proxies of containers, and which of their methods give out an item."""
_OBJECTS = ("Namespace", "Value")
"""The proxies of objects, whose attributes are given out."""
_TAKING = {"append": 0, "insert": 1, "setdefault": 1, "extend": 0, "update": 0}
_TAKING_MANY = ("extend", "update")
_TAKING_OUT = frozenset({"pop", "popitem", "popleft", "setdefault"})
_DISPLAYS = (cst.List, cst.Tuple, cst.Set, cst.Dict, cst.ListComp, cst.SetComp, cst.DictComp)
_NEW = frozenset(
    {"builtins.list", "builtins.dict", "builtins.set", "builtins.bytearray", "collections.defaultdict",
     "collections.Counter", "collections.OrderedDict", "collections.deque", "copy.copy", "copy.deepcopy"}
)


class LostChange(msgspec.Struct, frozen=True):
    """`change` alters the copy that `fetched` got from the proxy `proxy`, and nobody puts the copy back."""

    change: cst.CSTNode
    fetched: cst.BaseExpression
    proxy: cst.BaseExpression
    site: Site


def lost_changes(module: ModuleModel) -> Iterator[LostChange]:
    """Yield the changes of what a proxy gave out, one for each time it does.

    Only proxies that hold plain values, as far as it is seen, and no proxies of their own, which do pass changes on.
    """
    plain = _plain_holders(module)
    for node, proxy in _fetches(module) if plain else ():
        site = _site(module, proxy)
        change = _only_changed(module, node) if site is not None and id(site.call) in plain else None
        if site is not None and change is not None:
            yield LostChange(change, node, proxy, site)


def _fetches(module: ModuleModel) -> Iterator[tuple[cst.BaseExpression, cst.BaseExpression]]:
    """Yield the expressions that get something out of a proxy, and the proxy."""
    for subscript in module.nodes(cst.Subscript):
        if not _is_target(module, subscript) and _proxy_of(module, subscript.value) in _GIVING:
            yield subscript, subscript.value
    for attribute in module.nodes(cst.Attribute):
        what, call = _proxy_of(module, attribute.value), module.tree.parent(attribute)
        if isinstance(call, cst.Call) and call.func is attribute:
            if attribute.attr.value in _GIVING.get(what, ()):
                yield call, attribute.value
        elif what in _OBJECTS and not _is_target(module, attribute):
            yield attribute, attribute.value


def _only_changed(module: ModuleModel, fetched: cst.BaseExpression) -> cst.CSTNode | None:
    """Return the first change of an object that is not used for anything but changes."""
    fate = fate_of(module, fetched)
    if fate.escapes or not fate.uses:
        return None
    changes = [_change(module, use, in_variable=bool(fate.variables)) for use in fate.uses]
    return None if None in changes else changes[0]


def _change(module: ModuleModel, use: Use, *, in_variable: bool) -> cst.CSTNode | None:
    if use.stores or (use.name == "subscript" and _is_target(module, use.node)):
        return use.node
    if isinstance(use.node, cst.Call):
        # Who takes items out of a variable may well work off a copy.
        return use.node if use.name in CHANGING and not (in_variable and use.name in _TAKING_OUT) else None
    if use.name == "subscript" and isinstance(use.node, cst.Subscript) and not in_variable:
        return _only_changed(module, use.node)
    return None


def _is_target(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell what an assignment stores to; a `+=` on an element puts the result back."""
    parent = module.tree.parent(node)
    if isinstance(parent, (cst.AugAssign, cst.AnnAssign)):
        return parent.target is node
    return isinstance(parent, (cst.AssignTarget, cst.Del))


def _proxy_of(module: ModuleModel, node: cst.BaseExpression) -> str:
    site = _site(module, node)
    return _what(site) if site is not None else ""


def _site(module: ModuleModel, node: cst.BaseExpression) -> Site | None:
    sites = {one.site for one in module.values(node) if isinstance(one, Instance)}
    site = sites.pop() if len(sites) == 1 else None
    return site if site is not None and site.facts.proxy and site.kind is Primitive.PROXY else None


def _what(site: Site) -> str:
    return site.type_name.rpartition(".")[2]


def _plain_holders(module: ModuleModel) -> frozenset[int]:
    """Return the proxies, by `id` of the calls that make them, that hold something changeable and no proxies."""
    held: dict[int, list[bool | None]] = {}
    for site in module.sites_of(Primitive.PROXY):
        if site.facts.proxy:
            items = [node for given in site.call.args for node in _items(given)]
            held[id(site.call)] = [_is_plain(module, node) for node in items]
    for scope in module.scopes if held else ():
        for store in scope.stores:
            if isinstance(store.node, (cst.Subscript, cst.Attribute)) and isinstance(store.value, cst.BaseExpression):
                _note(module, held, store.node.value, store.value)
        for call in scope.calls:
            func = call.func
            position = _TAKING.get(func.attr.value) if isinstance(func, cst.Attribute) else None
            if isinstance(func, cst.Attribute) and position is not None and position < len(call.args):
                given = call.args[position]
                for node in _items(given) if func.attr.value in _TAKING_MANY else [given.value]:
                    _note(module, held, func.value, node)
    return frozenset(key for key, found in held.items() if True in found and False not in found)


def _note(
    module: ModuleModel, held: dict[int, list[bool | None]], holder: cst.BaseExpression, value: cst.BaseExpression
) -> None:
    site = _site(module, holder)
    if site is not None:
        held.setdefault(id(site.call), []).append(_is_plain(module, value))


def _items(given: cst.Arg) -> Sequence[cst.BaseExpression]:
    """Return what a container gets from an argument that holds its items; a keyword names one item."""
    inner = [part for part in descendants(given.value) if isinstance(part, (cst.Call, *_DISPLAYS))]
    return inner if given.keyword is not None or inner[:1] != [given.value] else inner[1:]


def _is_plain(module: ModuleModel, value: cst.BaseExpression) -> bool | None:
    """Tell whether a value is a container or object of its own (True) or a proxy (False); None: neither, or unknown."""
    values = _flat(module.values(value))
    if any(isinstance(one, Instance) and one.facts is not None and one.facts.proxy for one in values):
        return False
    if isinstance(value, _DISPLAYS) or any(isinstance(one, Instance) and one.cls is not None for one in values):
        return True
    return True if isinstance(value, cst.Call) and module.symbol(value.func) in _NEW else None


def _flat(values: Values) -> Values:
    return tuple(one for value in values for one in (value.every() if isinstance(value, Items) else (value,)))
