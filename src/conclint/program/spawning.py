"""Which code a module has run elsewhere, code of other modules included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive, Where
from conclint.model.daemons import is_daemon, outlasts
from conclint.model.events import functions_of
from conclint.model.lanes import domain_of, is_awaited, is_many, lane_of
from conclint.syntax import BindingKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import Function, Handover, ModuleModel, Root


class Spawned(msgspec.Struct, frozen=True):
    """A root: `function` of this module, or what `symbol` names in another. See `RootFact`."""

    function: Function | None
    symbol: str
    where: Where
    domain: Domain
    node: cst.CSTNode
    many: bool
    lane: str
    site: cst.Call | None
    shares_object: bool
    sites: tuple[cst.Call, ...]
    daemon: bool = False
    object: str = ""
    awaited: bool = False
    handover: Handover | None = None
    outlasts: bool = True


def spawned(model: ModuleModel) -> Iterator[Spawned]:
    """Yield the roots of a module, those of its own functions first."""
    by_target = {id(handover.target): handover for handover in model.handovers}
    patched = _makes_greenlets(model)
    for root in model.roots:
        if _is_of_library(model, root):
            continue
        yield Spawned(
            root.function,
            "",
            Where.GREENLET if patched and root.where is Where.THREAD else _where(root.where, root.site),
            root.domain,
            root.node,
            root.many,
            root.lane,
            root.site,
            _shares_object(model, root),
            tuple(_sites_of(model, root)),
            _is_daemon(model, root.site),
            _object_of(model, root.node.value) if isinstance(root.node, cst.Arg) else "",
            root.awaited,
            by_target.get(id(root.node)),
            outlasts(model, root),
        )
    for handover in model.handovers:
        if handover.where is Where.CALLER or any(functions_of(model.values(handover.target.value))):
            continue
        symbol = model.foreign.path(handover.target.value)
        if symbol:
            yield _foreign(model, handover, symbol)


def _makes_greenlets(model: ModuleModel) -> bool:
    """Tell a module that has the standard library's threads replaced by greenlets when it is imported."""
    if not model.says("patch"):
        return False
    names = (model.symbol(call.func) for call in model.tree.root.calls)
    known = (model.knowledge.function(name) for name in names if name)
    return any(facts is not None and facts.effect == "monkey patch" for facts in known)


def _is_of_library(model: ModuleModel, root: Root) -> bool:
    """Tell what the source of a thread's class itself hands over: what its objects run is known of the library."""
    cls = model.class_at(root.node)
    facts = model.knowledge.type(f"{model.source.module}.{cls.qualified_name}") if cls is not None else None
    return facts is not None and facts.kind in (Primitive.THREAD, Primitive.TIMER, Primitive.PROCESS)


def _where(where: Where, call: cst.Call | None) -> Where:
    """A finalizer of nothing runs at exit only (multiprocessing.util.Finalize: `obj` None needs an `exitpriority`)."""
    if where is Where.FINALIZER and call is not None and call.args:
        first = call.args[0].value
        if isinstance(first, cst.Name) and first.value == "None":
            return Where.EXIT
    return where


def _sites_of(model: ModuleModel, root: Root) -> Iterator[cst.Call]:
    """Yield where the threads are made that run a root: the call that hands it over, or those of a Thread subclass."""
    if root.site is not None:
        yield root.site
    elif root.receiver is not None:
        for site in model.sites:
            if site.cls is not None and root.receiver in model.resolver.mro(site.cls):
                yield site.call


def _foreign(model: ModuleModel, handover: Handover, symbol: str) -> Spawned:
    lane = lane_of(model, handover)
    return Spawned(
        None,
        symbol,
        handover.where,
        domain_of(handover),
        handover.target,
        not lane and is_many(model, handover),
        lane,
        handover.call,
        _is_one_object(model, handover.target.value),
        (handover.call,),
        _is_daemon(model, handover.call),
        _object_of(model, handover.target.value),
        is_awaited(model, handover),
        handover,
    )


def _shares_object(model: ModuleModel, root: Root) -> bool:
    """Tell whether all runs of a root have one and the same `self`.

    A Thread subclass runs each of its objects once; a framework that makes an object for each request shares none.
    """
    if isinstance(root.node, cst.Arg):
        return _is_one_object(model, root.node.value)
    cls = root.receiver
    if cls is None:
        return True
    base = model.resolver.library_base(cls)
    names = [base[0]] if base is not None else []
    return base is None and not any(model.knowledge.fresh(name) for name in (*names, *model.base_names(cls)))


def _is_one_object(model: ModuleModel, target: cst.BaseExpression) -> bool:
    """Tell whether the object of a bound method stays the same: `self`, or made outside the loop it is started in."""
    if not isinstance(target, cst.Attribute):
        return True
    receiver = target.value
    if not isinstance(receiver, cst.Name):
        return isinstance(receiver, cst.Attribute)
    owner = model.tree.scope_of(receiver).owner(receiver.value)
    bindings = owner.bindings.get(receiver.value, []) if owner is not None else []
    return not any(
        binding.kind is BindingKind.ITERATE or (binding.kind is BindingKind.ASSIGN and model.repeats(binding.node))
        for binding in bindings
    )


def _object_of(model: ModuleModel, target: cst.BaseExpression) -> str:
    """Return the name of the object whose method is handed over, where a local or an attribute of `self` has it.

    That of a local begins with ":". It is empty for `self` itself, and for what whole modules know.
    """
    receiver = target.value if isinstance(target, cst.Attribute) else None
    function = model.function_at(target)
    if receiver is None or function is None or function.is_module:
        return ""
    name = dotted_name(receiver)
    first, _, attribute = (name or "").partition(".")
    if not first or function.scope.owner(first) is not function.scope:
        return ""
    if first != function.receiver_name:
        return f":{name}"
    return attribute


def _is_daemon(model: ModuleModel, site: cst.Call | None) -> bool:
    """Tell what runs in daemons: threads and processes that are made so, and tasks of a multiprocessing pool."""
    for handover in model.handovers:
        if handover.call is site and handover.receiver is not None and handover.receiver.facts is not None:
            # multiprocessing.pool.Pool._repopulate_pool_static makes its workers daemons; who starts processes in a way
            # of his own does not.
            facts = handover.receiver.facts
            pool = facts.kind is Primitive.POOL and facts.start_method is None
            return pool and domain_of(handover) is Domain.PROCESS
    made = model.resolver.sites.get(id(site))
    return made is not None and is_daemon(model, made) is True
