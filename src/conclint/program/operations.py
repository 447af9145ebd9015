"""What the functions of a module do to primitives and to the whole process."""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Primitive, Type
from conclint.model.circumstances import is_kept_to_main_thread, is_on_this_machine, is_switched_off
from conclint.model.loop_border import (
    handed_to_threads,
    is_awaited,
    is_kept_across_await,
    may_have_given_way,
    own_loop_results,
    preexec_calls,
)
from conclint.model.patience import has_room, is_bounded, is_computed, is_done, is_instant, is_set_not_to_wait
from conclint.model.process_wide import is_always_the_same, is_for_good, walks
from conclint.model.spawning import find_spawns
from conclint.model.through_loop import through_loop
from conclint.model.values import NOTHING_KNOWN, Instance, Symbol
from conclint.program.summary import OperationFact
from conclint.syntax import BindingKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.draft import Place
    from conclint.knowledge.schema import Blocks, Function, Method
    from conclint.model import Event, ModuleModel
    from conclint.program.keys import Keys
    from conclint.syntax import Binding


class Operation(msgspec.Struct, frozen=True):
    """One operation; `node` is the call, or the target of the assignment that it is."""

    model: ModuleModel
    node: cst.CSTNode
    word: str
    name: str
    event: Event | None = None
    facts: Method | Function | Type | None = None
    effect: str = ""
    start_method: str = ""
    changed_by: str = ""
    for_good: bool = False

    def fact(
        self, place: Place, locks: tuple[str, ...], live: bool, keys: Keys, *, threads: bool = False
    ) -> OperationFact:
        """Return the operation as plain data."""
        facts = self.facts
        blocks = getattr(facts, "blocks", None)
        event = self.event
        first = event.instances[0] if event is not None else None
        path = _identity(self.model, event) if event is not None else None
        sites = sorted({keys.of_site(one.site.call) for one in event.instances if one.site is not None}) if event else []
        return OperationFact(
            self.word,
            self.name,
            place,
            locks,
            live,
            self.model.label(event.object) if event is not None else "",
            first.facts.kind if first is not None and first.facts is not None else None,
            first.facts.domain if first is not None and first.facts is not None else Domain.THREAD,
            keys.of_lock(path) if path is not None else "",
            tuple(sites),
            blocks.on if blocks is not None and self._waits(blocks) else "",
            blocks is not None and is_bounded(self.node, blocks),
            blocks is not None and blocks.releases,
            blocks is not None and is_computed(self.node, blocks),
            self.effect or getattr(facts, "effect", None) or "",
            getattr(facts, "main_thread_only", False),
            self._is_thread_safe(),
            None if isinstance(facts, Type) else getattr(facts, "reentrant", None),
            getattr(facts, "coroutine", False) or is_awaited(self.model, self.node),
            is_kept_to_main_thread(self.model, self.node),
            threads,
            self.start_method,
            self._runs_at_import(),
            blocks is not None and may_have_given_way(self.model, self.node),
            self.changed_by,
            through_loop(self.model, event) if event is not None else "",
            self.for_good,
        )

    def _waits(self, blocks: Blocks) -> bool:
        if blocks.on == "io" and self.event is not None and is_set_not_to_wait(self.model, self.event.object):
            return False
        if blocks.on == "future" and self.event is not None and is_done(self.model, self.event):
            return False
        full = self.word != "put" or self.event is None or not all(map(has_room, self.event.instances))
        near = blocks.on == "network" and is_on_this_machine(self.model, self.node)
        return full and not near and not is_instant(self.node, blocks)

    def _is_thread_safe(self) -> bool | None:
        """A method that says nothing of itself is as safe as its type."""
        said: bool | None = getattr(self.facts, "thread_safe", None)
        if said is None and self.event is not None and self.event.instances[0].facts is not None:
            return self.event.instances[0].facts.thread_safe
        return said

    def _runs_at_import(self) -> bool:
        starting = self.word == "start" and isinstance(self.node, cst.Call)
        return starting and self.model.imports.path_to(self.node) is not None  # type: ignore[arg-type]


def _identity(model: ModuleModel, event: Event) -> str | None:
    """Return the identity of what an event happens to; a condition is the lock that it was made with."""
    lock = model.locks.lock(event.object)
    return lock.key if lock is not None else model.locks.path(event.object)


def operations(model: ModuleModel) -> dict[int, list[Operation]]:
    """Return the operations of a module's functions by `id` of the function, in source order of each scope."""
    found: dict[int, list[Operation]] = defaultdict(list)
    kinds = (_events, _library_calls, _variables, _walks, _callbacks, _handed_in, _spawns, _locals, _at_border)
    for operation in (one for kind in kinds for one in kind(model)):
        function = model.function_at(operation.node)
        if function is not None and not is_switched_off(model, operation.node):
            found[id(function)].append(operation)
    return found


def _events(model: ModuleModel) -> Iterator[Operation]:
    for event in model.events:
        name = f"{event.instances[0].type_name}.{event.method}"
        yield Operation(model, event.node, event.word, name, event, event.facts)


def _library_calls(model: ModuleModel) -> Iterator[Operation]:
    """Calls of functions and constructors that wait, change the process, or mind which thread they run in.

    Making a lock or a queue takes none of its locks: nothing interrupted is half through what is new.
    """
    for scope in model.scopes:
        for call in scope.calls:
            values = model.values(call.func)
            if len(values) != 1 or not isinstance(values[0], Symbol):
                continue
            name = values[0].name
            facts = model.knowledge.function(name) or model.knowledge.type(name)
            if facts is not None and _matters(facts):
                yield Operation(model, call, "call", name, None, facts)


def _matters(facts: Function | Type) -> bool:
    if facts.blocks is not None:
        return True
    return any(
        getattr(facts, name, None) not in (None, False, "")
        for name in ("effect", "main_thread_only")
    ) or (not isinstance(facts, Type) and facts.reentrant is False) or _minds_threads(facts)


def _minds_threads(facts: Function | Type) -> bool:
    """Tell what must not be called in any thread, and the functions that are made for calls from another."""
    return facts.thread_safe is False or (facts.thread_safe is True and not isinstance(facts, Type))


def _variables(model: ModuleModel) -> Iterator[Operation]:
    """Stores to variables of the whole process: `os.environ["X"] = ...`."""
    for scope in model.scopes:
        for store in scope.stores:
            target = store.node.value if store.node.__class__ is cst.Subscript else store.node
            if not isinstance(target, cst.Attribute):
                continue
            module = model.symbol(target.value)
            symbol = f"{module}.{target.attr.value}" if module is not None else None
            variable = model.knowledge.variable(symbol) if symbol is not None else None
            if symbol is not None and variable is not None and variable.effect is not None:
                if not is_always_the_same(model, store, target):
                    lasting = variable.changed_by is None and is_for_good(model, store, target)
                    yield Operation(model, store.node, "store", symbol, effect=variable.effect, for_good=lasting)


def _walks(model: ModuleModel) -> Iterator[Operation]:
    """Loops over containers of the whole process: `for name in sys.modules`."""
    for walk in walks(model):
        word = "copy" if walk.in_a_copy else "walk"
        yield Operation(model, walk.node, word, walk.name, changed_by=walk.changed_by)


def _callbacks(model: ModuleModel) -> Iterator[Operation]:
    """Calls of what somebody has left in an attribute's container: `for callback in self._callbacks: callback(x)`."""
    for scope in model.scopes:
        for call in scope.calls:
            if call.func.__class__ is not cst.Name or not scope.is_callable:
                continue
            bindings = scope.bindings.get(call.func.value, [])
            if bindings and all(_comes_from_attribute(binding) for binding in bindings) and not _is_reference(model, call):
                yield Operation(model, call, "hook", call.func.value)


def _handed_in(model: ModuleModel) -> Iterator[Operation]:
    """Calls of what somebody has handed in together with its arguments: `job.func(*job.args, **job.kwargs)`."""
    for scope in model.scopes:
        for call in scope.calls:
            if len(call.args) != 2 or [given.star for given in call.args] != ["*", "**"] or not scope.is_callable:
                continue
            parts = [call.func, *(given.value for given in call.args)]
            if _of_one_object(model, parts) or _out_of_one_item(model, parts):
                yield Operation(model, call, "task", model.label(call.func))


def _of_one_object(model: ModuleModel, parts: list[cst.BaseExpression]) -> bool:
    owners = {model.code(part.value) for part in parts if isinstance(part, cst.Attribute)}
    return len(owners) == 1 and all(isinstance(part, cst.Attribute) for part in parts) and model.values(parts[0]) == NOTHING_KNOWN


def _out_of_one_item(model: ModuleModel, parts: list[cst.BaseExpression]) -> bool:
    """Tell locals that one statement has unpacked: `func, args, kwargs = queue.get()`."""
    statements = set()
    for part in parts:
        scope = model.tree.scope_of(part)
        bindings = scope.bindings.get(part.value, []) if isinstance(part, cst.Name) else []
        if len(bindings) != 1 or not bindings[0].path:
            return False
        statements.add(id(bindings[0].value))
    return len(statements) == 1


def _spawns(model: ModuleModel) -> Iterator[Operation]:
    """Whatever makes processes, by `multiprocessing`'s start methods or by a fork."""
    for spawn in find_spawns(model):
        if _is_of_other_library(model, spawn.call):
            continue  # joblib's and others' pools have start methods of their own
        yield Operation(model, spawn.call, "spawn", spawn.what, start_method=spawn.method or "")


def _is_of_other_library(model: ModuleModel, call: cst.Call) -> bool:
    makers = [value.type_name for value in model.values(call) if isinstance(value, Instance) and value.type_name]
    return any(name.partition(".")[0] not in sys.stdlib_module_names for name in makers)


def _locals(model: ModuleModel) -> Iterator[Operation]:
    """What is stored in and read from the attributes of plain `threading.local` objects."""
    if not _names_locals(model) and not model.sites_of(Primitive.THREAD_LOCAL):
        return
    for scope in model.scopes:
        stored = {id(store.node) for store in scope.stores}
        for attribute in scope.attributes:
            for value in model.values(attribute.value):
                plain = value.__class__ is Instance and value.cls is None and value.facts is not None
                if plain and value.facts.kind is Primitive.THREAD_LOCAL:  # type: ignore[union-attr]
                    path = model.locks.path(attribute.value)
                    if path is not None:
                        yield from _local(model, attribute, path, stored=id(attribute) in stored)
                    break


def _names_locals(model: ModuleModel) -> bool:
    """Tell whether a module may name a type of thread-locals, all of which come with conclint and end with the word."""
    if not model.says("local", "Local"):
        return False
    quoted = model.says("ocal'", 'ocal"')  # in an annotation
    return quoted or any(word.endswith(("local", "Local")) for word in model.words)


def _local(model: ModuleModel, attribute: cst.Attribute, path: str, *, stored: bool) -> Iterator[Operation]:
    name = f"{path}.{attribute.attr.value}"
    yield Operation(model, attribute, "local set" if stored else "local get", name)
    if stored and is_kept_across_await(model, attribute):
        yield Operation(model, attribute, "local across await", name)


def _at_border(model: ModuleModel) -> Iterator[Operation]:
    """What goes wrong by where it is done: by one's own loop, by another thread, between fork and exec."""
    for call, _submitted in own_loop_results(model):
        yield Operation(model, call, "own loop result", "asyncio.run_coroutine_threadsafe")
    for event in handed_to_threads(model):
        name = f"{event.instances[0].type_name}.{event.method}"
        yield Operation(model, event.node, "handed to thread", name, event, event.facts)
    for call, name in preexec_calls(model):
        yield Operation(model, call, "preexec", name)


def _comes_from_attribute(binding: Binding) -> bool:
    source = binding.value
    if isinstance(source, cst.Call):
        func = source.func
        source = source.args[0].value if source.args else func.value if isinstance(func, cst.Attribute) else None
    return binding.kind is BindingKind.ITERATE and not binding.path and isinstance(source, cst.Attribute)


def _is_reference(model: ModuleModel, call: cst.Call) -> bool:
    """Tell what only gives back the callback: a weak reference, `callback = ref()`."""
    return not call.args and isinstance(model.tree.parent(call), (cst.Assign, cst.AnnAssign, cst.NamedExpr))
