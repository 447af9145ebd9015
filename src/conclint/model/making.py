"""Whether making an object of a class is all that its constructor does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.knowledge.schema import Primitive
from conclint.model.circumstances import is_conditional
from conclint.model.escape import fate_of_variable
from conclint.model.values import Instance
from conclint.syntax.children import is_a
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.definitions import Class, Function
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site, Value

_CONSTRUCTS = ("__new__", "__init__", "__post_init__")


def is_made_idle(module: ModuleModel, site: Site) -> bool:
    """Tell whether what a site makes is as its library makes it: its class neither starts it nor shows it to anybody."""
    if site.cls is None:
        return True
    classes = module.resolver.mro(site.cls)
    if not module.resolver.is_closed(site.cls) or any(cls.node.decorators or cls.node.keywords for cls in classes):
        return False
    constructors = [cls.methods[name] for cls in classes for name in _CONSTRUCTS if name in cls.methods]
    return all(leaves_alone(module, site.cls, constructor) for constructor in constructors)


def leaves_alone(module: ModuleModel, cls: Class, method: Function) -> bool:
    """Tell whether a method of a thread's class neither starts the object nor lets others have it."""
    name = method.receiver_name
    if name is None or method.name == "__new__":
        return False
    fate = fate_of_variable(module, method.scope.bindings[name][0])
    known = {"start", "run"}.union(*(owner.methods for owner in module.resolver.mro(cls)))
    if any(use.name in known and use.name != "__init__" for use in fate.uses):
        return False
    return all(_is_for_base(module, escape.node) for escape in fate.escapes)


def renews_locks(module: ModuleModel, function: Function) -> bool:
    """Tell a method that gives its object a new lock whatever happens."""
    return any(
        store.value.__class__ is cst.Call
        and is_a(store.node, cst.Attribute)
        and dotted_name(store.node.value) == function.receiver_name
        and not is_conditional(module, store.node)
        and any(_is_lock(value) for value in module.values(store.value))
        for store in function.scope.stores
    )


def _is_lock(value: Value) -> bool:
    return isinstance(value, Instance) and value.facts is not None and value.facts.kind is Primitive.LOCK


def _is_for_base(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell the argument of `Base.__init__(self)`."""
    call = module.tree.enclosing(node, cst.Call)
    return call is not None and isinstance(call.func, cst.Attribute) and call.func.attr.value == "__init__"
