"""Which locks every caller of a private function holds.

This is the greatest fixpoint that RacerD gets by composing private methods into their callers: a function that is only
entered under a lock runs under that lock (Blackshear et al., "RacerD: compositional static race detection", OOPSLA 2018).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Where
from conclint.memo import cached_property
from conclint.model.calls import CallSite, Receiver, calls_of
from conclint.model.events import functions_of
from conclint.model.locks import LockNames
from conclint.model.passing import given_for
from conclint.syntax import ScopeKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel

_HARMLESS_DECORATORS = frozenset(
    {"staticmethod", "classmethod", "property", "cached_property", "override", "final", "abstractmethod",
     "contextmanager", "asynccontextmanager", "requires"}
)  # fmt: skip
_OWN = (Receiver.SELF, Receiver.SUPER, Receiver.FRESH)


class Entry(msgspec.Struct, frozen=True):
    """A place in `caller` that runs a function. `within`: it hands the function over, to be run during the call."""

    node: cst.CSTNode
    caller: Function
    receiver: Receiver
    within: bool = False


class EntryLocks:
    """Tells for the functions of one module who calls them, and under which locks."""

    def __init__(self, module: ModuleModel) -> None:
        self._module = module
        self._known: dict[int, frozenset[str]] = {}

    def of(self, function: Function) -> frozenset[str]:
        """Return the keys of the locks that are surely held whenever `function` is entered."""
        if id(function) not in self._known:
            self._known.update(self._settled(function))
        return self._known[id(function)]

    def held_by_callers(self, function: Function) -> frozenset[str]:
        """Return what all callers in this module hold, whether there may be others or not."""
        held: dict[int, frozenset[str] | None] = {id(entry.caller): self.of(entry.caller) for entry in self.at(function)}
        return self._by_callers(function, held) or frozenset()

    def without(self, function: Function, key: str) -> Iterator[Entry]:
        """Yield the places that run `function` where a lock, by the key that it has there, is not surely held."""
        for entry in self.at(function):
            held: dict[int, frozenset[str] | None] = {id(entry.caller): self.of(entry.caller)}
            seen = self._held_at(entry, function, held)
            if seen is not None and key not in seen:
                yield entry

    def at(self, function: Function) -> list[Entry]:
        """Return the places in this module that may run `function`."""
        return self._entries.get(id(function), [])

    def is_private(self, function: Function) -> bool:
        """Tell a function that is only run by the places in this module that call it, as `ModuleModel.entry_locks` says."""
        if function.is_module or function.scope.kind is ScopeKind.CLASS or id(function) in self._open:
            return False
        named = _is_nested(function) or (function.name.startswith("_") and not function.name.endswith("__"))
        return named and not self.may_be_wrapped(function) and bool(self.at(function))

    def may_be_wrapped(self, function: Function) -> bool:
        """Tell whether a decorator may take locks around a function, or hand it on."""
        return any(name.rpartition(".")[2] not in _HARMLESS_DECORATORS for name in function.decorators)

    # who calls

    @cached_property
    def _entries(self) -> dict[int, list[Entry]]:
        module = self._module
        found: dict[int, list[Entry]] = defaultdict(list)
        for caller in module.functions:
            for site in calls_of(module, caller):
                for function in site.functions:
                    for one in (function, *self._overriding(function, site)):
                        found[id(one)].append(Entry(site.node, caller, site.receiver))
        for handover in module.handovers:
            outer = module.function_at(handover.call)
            if handover.where is Where.CALLER and outer is not None:
                for function, _ in functions_of(module.values(handover.target.value)):
                    found[id(function)].append(Entry(handover.call, outer, Receiver.NONE, within=True))
        return found

    def _overriding(self, called: Function, site: CallSite) -> Iterator[Function]:
        """Yield the methods of derived classes that a call on the caller's own object may run instead."""
        if called.cls is None or site.receiver is not Receiver.SELF:
            return
        for cls in self._module.classes:
            method = cls.methods.get(called.name)
            if method is not None and method is not called and called.cls in self._module.resolver.mro(cls):
                yield method

    @cached_property
    def _open(self) -> frozenset[int]:
        """Functions, by `id`, that others may run as well: roots of threads, and what is handed on as a value."""
        module = self._module
        found = {id(root.function) for root in module.roots}
        names = {function.name for function in module.functions}
        run_meanwhile = {id(handover.target.value) for handover in module.handovers if handover.where is Where.CALLER}
        for scope in module.scopes:
            written: list[cst.Name | cst.Attribute] = [*scope.names, *scope.attributes]
            for node in written:
                if (node.attr.value if node.__class__ is cst.Attribute else node.value) not in names:
                    continue
                parent = module.tree.parent(node)
                called = parent.__class__ is cst.Call and parent.func is node
                if not called and id(node) not in run_meanwhile:
                    found.update(id(function) for function, _ in functions_of(module.values(node)))
        return frozenset(found)

    # under which locks

    def _settled(self, asked: Function) -> dict[int, frozenset[str]]:
        """Return the answers for a function and all that its answer depends on."""
        depends: dict[int, Function] = {}
        pending = [asked]
        while pending:
            function = pending.pop()
            if id(function) not in depends and id(function) not in self._known:
                depends[id(function)] = function
                if self.is_private(function):
                    pending.extend(entry.caller for entry in self.at(function))
        contracts = {key: self._module.locks.assumed(function) for key, function in depends.items()}
        private = [function for function in depends.values() if self.is_private(function)]
        held: dict[int, frozenset[str] | None] = {**self._known, **contracts}
        held.update({id(function): None for function in private})  # None: all there are
        changed = True
        while changed:
            changed = False
            for function in private:
                now = self._by_callers(function, held)
                now = now if now is None else now | contracts[id(function)]
                if now != held[id(function)]:
                    held[id(function)] = now
                    changed = True
        return {key: contracts[key] if (keys := held[key]) is None else keys for key in depends}

    def _by_callers(self, function: Function, held: dict[int, frozenset[str] | None]) -> frozenset[str] | None:
        common: frozenset[str] | None = None
        for entry in self.at(function):
            seen = self._held_at(entry, function, held)
            if seen is not None:
                common = seen if common is None else common & seen
        return common

    def _held_at(
        self, entry: Entry, function: Function, held: dict[int, frozenset[str] | None]
    ) -> frozenset[str] | None:
        """Return what is held where a function is run, by the keys it has there; None for all that there may be."""
        around = held[id(entry.caller)]
        here = self._module.locks.held_at(entry.caller).get(id(entry.node))
        if around is None or here is None:
            return None
        given_back = self._module.locks.effect(entry.caller).releases
        return frozenset(self._seen_from(entry, function, here | (around - given_back)))

    def _seen_from(self, entry: Entry, function: Function, held: frozenset[str]) -> Iterator[str]:
        """Yield the keys by which a function knows the locks that are held where it is run."""
        known = {key: lock for key in held if (lock := self._module.locks.by_key.get(key)) is not None}
        if entry.within or _is_nested(function):
            yield from held
            return
        node = entry.node
        base = node.func.value if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) else None
        through = f"@{dotted_name(base)}" if base is not None else ""
        for key, lock in known.items():
            if "@" in key:
                if entry.receiver not in _OWN and key.endswith(through) and through != "@":
                    yield key.removesuffix(through)
            elif not lock.of_self or entry.receiver in (Receiver.SELF, Receiver.SUPER):
                yield key
        for parameter, given in given_for(function, node) if isinstance(node, cst.Call) else ():
            passed = self._module.locks.lock(given)
            if passed is not None and passed.key in held:
                yield LockNames.key_of_parameter(function, parameter)
            elif self._module.class_of_receiver(given) is not None:
                yield from (lock.seen_through(parameter).key for lock in known.values() if lock.of_self)


def _is_nested(function: Function) -> bool:
    parent = function.scope.parent
    return function.scope.kind is ScopeKind.LAMBDA or (parent is not None and parent.is_callable)
