"""Pools and executors that objects keep for themselves, and who ends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.escape import Way
from conclint.model.kept import fates_of_attribute, private_attribute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class, Function
    from conclint.model.escape import Fate
    from conclint.model.events import Event
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_TEARDOWN = ("close", "stop", "shutdown", "terminate", "disconnect", "cleanup", "dispose", "__exit__", "__aexit__")
_ENDS = {
    Primitive.POOL: frozenset({"close", "terminate", "join"}),
    Primitive.EXECUTOR: frozenset({"shutdown", "terminate_workers", "kill_workers"}),
}


class Forgotten(msgspec.Struct, frozen=True):
    """A pool or executor in `attribute` that nothing ends, though the class has the method `teardown` to end what it has."""

    site: Site
    attribute: cst.Attribute
    cls: Class
    teardown: Function


class LeftToFinalizer(msgspec.Struct, frozen=True):
    """A pool whose only end is in the method `__del__`, where `join` waits for its workers."""

    join: cst.Call
    pool: cst.BaseExpression
    cls: Class


def forgotten(module: ModuleModel, kind: Primitive) -> Iterator[Forgotten]:
    """Yield the pools or executors in private attributes that the class forgets when its objects are closed."""
    for site in module.sites_of(kind):
        found = _kept_in(module, site)
        if found is None or site.cls is not None:
            continue
        attribute, cls = found
        teardown = next((cls.methods[name] for name in _TEARDOWN if name in cls.methods), None)
        if teardown is None or not module.resolver.is_closed(cls) or not _does_something(teardown):
            continue
        fates = list(fates_of_attribute(module, attribute.attr.value))
        if any(_may_end(module, kind, fate) for fate in fates):
            continue
        yield Forgotten(site, attribute, cls, teardown)


def left_to_finalizers(module: ModuleModel) -> Iterator[LeftToFinalizer]:
    """Yield the pools in attributes that only `__del__` ends, by waiting for the workers."""
    ends: dict[str, list[Event]] = {}
    for event in module.events:
        if event.kind is Primitive.POOL and event.word in _ENDS[Primitive.POOL] and isinstance(event.object, cst.Attribute):
            ends.setdefault(event.object.attr.value, []).append(event)
    for name, events in ends.items():
        functions = [module.function_at(event.node) for event in events]
        joins = [event for event in events if event.word == "join"]
        if not joins or not all(function is not None and function.name == "__del__" for function in functions):
            continue
        if any(escape.way is Way.METHOD for fate in fates_of_attribute(module, name) for escape in fate.escapes):
            continue
        cls = module.class_at(joins[0].node)
        assert isinstance(joins[0].node, cst.Call)
        if cls is not None and not _is_called(module, "__del__"):
            yield LeftToFinalizer(joins[0].node, joins[0].object, cls)


def _kept_in(module: ModuleModel, site: Site) -> tuple[cst.Attribute, Class] | None:
    """Return the private attribute, and its class, that what a site makes is assigned to."""
    assign = module.tree.parent(site.call)
    target = assign.targets[0].target if isinstance(assign, cst.Assign) and len(assign.targets) == 1 else None
    attribute = private_attribute(module, target) if target is not None else None
    cls = module.class_at(site.call)
    return (attribute, cls) if attribute is not None and cls is not None else None


def _may_end(module: ModuleModel, kind: Primitive, fate: Fate) -> bool:
    return bool(fate.escapes) or bool(fate.used("with", *_ENDS[kind]))


def _does_something(function: Function) -> bool:
    return any(scope.calls or scope.stores for scope in function.scope.walk())


def _is_called(module: ModuleModel, name: str) -> bool:
    return any(attribute.attr.value == name for scope in module.scopes for attribute in scope.attributes)
