"""Loops over what belongs to the whole process, as `sys.modules` does: any thread may change it meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from conclint.model.blocking import is_quick
from conclint.model.circumstances import expects_refusal
from conclint.syntax import BindingKind, ScopeKind
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding, Scope

_ASKING = frozenset({"builtins.getattr", "builtins.hasattr", "builtins.dir", "builtins.vars"})
_VIEWS = frozenset({"items", "keys", "values"})
_TAKING = frozenset({"clear", "pop", "popitem", "update"})
_ENTERING = frozenset({"__enter__", "__exit__", "__aenter__", "__aexit__"})
# A tuple is made for each item, and what is made may set off the garbage collector: finalizers run, threads take turns.
_COPYING = frozenset({"builtins.list", "builtins.tuple", "builtins.dict", "builtins.set", "builtins.sorted"})


class Walk(NamedTuple):
    """The container `name` is gone through at `node`, or copied item by item; `changed_by` tells what changes it meanwhile."""

    node: cst.CSTNode
    name: str
    changed_by: str
    in_a_copy: bool


def is_always_the_same(module: ModuleModel, store: Binding, container: cst.Attribute) -> bool:
    """Tell an element stored for good, the same by every thread: `os.environ["MODE"] = "quiet"`.

    That is meant for the whole process, as far as the function does not take it out again.
    """
    if not isinstance(store.node, cst.Subscript) or store.path or store.kind is not BindingKind.ASSIGN:
        return False
    value, scope = store.value, store.scope
    fixed = isinstance(value, cst.SimpleString) or (
        isinstance(value, cst.Name)
        and (owner := scope.owner(value.value)) is not None
        and owner.kind is ScopeKind.MODULE
        and all(one.kind in (BindingKind.IMPORT, BindingKind.IMPORT_FROM) for one in owner.bindings.get(value.value, ()))
    )
    uses = [one for one in scope.attributes if one.deep_equals(container)]
    return fixed and len(uses) == 1


def is_for_good(module: ModuleModel, store: Binding, variable: cst.Attribute) -> bool:
    """Tell a setting of the whole process that the function does not take back: `sys.excepthook = show`."""
    function = module.function_at(store.node)
    if function is None or function.name in _ENTERING or store.path or store.kind is not BindingKind.ASSIGN:
        return False
    if any(one is not store and one.node.deep_equals(store.node) for one in store.scope.stores):
        return False
    return isinstance(store.node, cst.Attribute) or not any(
        one.deep_equals(variable) and _takes_out(module.tree.parent(one)) for one in store.scope.attributes
    )


def _takes_out(around: cst.CSTNode | None) -> bool:
    """Tell from what stands around a container that elements of it are taken out or put back."""
    return isinstance(around, cst.Attribute) and around.attr.value in _TAKING


def walks(module: ModuleModel) -> Iterator[Walk]:
    """Yield the loops over containers of the process that run code of others meanwhile, and copies made item by item.

    What the code at module level does is left out: imports take their turns, as a rule before there are threads.
    """
    gone_through = {id(loop.iter) for loop in module.nodes(cst.For)} | {id(loop.iter) for loop in module.nodes(cst.CompFor)}
    for scope in module.scopes:
        for container in _may_be_walked(scope, gone_through) if scope.execution.is_callable else ():
            name = module.symbol(container)
            variable = module.knowledge.variable(name) if name is not None else None
            if name is None or variable is None or variable.changed_by is None:
                continue
            walked, in_a_copy = _walked(module, container)
            if walked is not None and not expects_refusal(module, walked):
                yield Walk(walked, name, variable.changed_by, in_a_copy)


def _may_be_walked(scope: Scope, gone_through: Container[int]) -> Iterator[cst.Attribute]:
    """Yield the attributes of a scope that stand where something may be gone through: most do not."""
    for attribute in scope.attributes:
        if id(attribute) in gone_through:
            yield attribute
        if attribute.attr.value in _VIEWS and attribute.value.__class__ is cst.Attribute:
            yield attribute.value


def _walked(module: ModuleModel, container: cst.Attribute) -> tuple[cst.CSTNode | None, bool]:
    node: cst.CSTNode = container
    method, call = _method(module, container)
    if call is not None:
        if method not in _VIEWS:
            return None, False
        node = call
    parent = module.tree.parent(node)
    if isinstance(parent, (cst.For, cst.CompFor)) and parent.iter is node:
        return (node if _runs_others(module, parent, keys=method in ("", "keys")) else None), False
    around = module.tree.parent(parent) if isinstance(parent, cst.Arg) else None
    if method == "items" and isinstance(around, cst.Call) and module.symbol(around.func) in _COPYING:
        return around, True
    return None, False


def _method(module: ModuleModel, container: cst.Attribute) -> tuple[str, cst.Call | None]:
    attribute = module.tree.parent(container)
    if not isinstance(attribute, cst.Attribute) or attribute.value is not container:
        return "", None
    call = module.tree.parent(attribute)
    return attribute.attr.value, call if isinstance(call, cst.Call) and call.func is attribute else None


def _runs_others(module: ModuleModel, loop: cst.For | cst.CompFor, *, keys: bool) -> bool:
    """Tell whether a loop runs code that is not its own: a call of it, or an attribute that a module may make when asked.

    Keys are strings or numbers, whose methods are quick.
    """
    around = loop if isinstance(loop, cst.For) else module.tree.parent(loop)
    going = {id(part) for part in descendants(loop.iter)}
    targets = {part.value for part in descendants(loop.target) if isinstance(part, cst.Name)}
    for part in descendants(around) if around is not None else ():
        of_item = isinstance(part, cst.Call) and isinstance(part.func, cst.Attribute) and _is_one(part.func.value, targets)
        if id(part) in going or (keys and of_item):
            continue
        if isinstance(part, cst.Call):
            asks = module.symbol(part.func) in _ASKING and any(_is_one(given.value, targets) for given in part.args)
            if asks or not is_quick(module, part):
                return True
        elif isinstance(part, cst.Attribute) and _is_one(part.value, targets):
            called = module.tree.parent(part)
            if not isinstance(called, cst.Call) or called.func is not part:
                return True
    return False


def _is_one(node: cst.CSTNode, names: set[str]) -> bool:
    return isinstance(node, cst.Name) and node.value in names
