"""Where child processes come into being, and by which start method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Domain, Parameter, Primitive
from conclint.model.arguments import argument
from conclint.model.memory import once_per_module
from conclint.model.values import Instance, LibraryMethod, Site, Symbol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.module import ModuleModel

UNDECIDED = "undecided"
_CONTEXT_ARGUMENT = Parameter("context")


class Spawn(msgspec.Struct, frozen=True):
    """A call that starts processes.

    `method` is the start method as far as the code settles it: a name, `UNDECIDED` when it is worked out at run
    time, None for the default of the platform.
    """

    call: cst.Call
    what: str
    method: str | None


def find_spawns(module: ModuleModel) -> Iterator[Spawn]:
    """Yield the calls that start processes: `Process.start()`, and making a pool, manager or busy executor."""
    for event in module.events_of("start", Primitive.PROCESS, Primitive.MANAGER):
        if isinstance(event.node, cst.Call) and event.method == "start":
            methods = {_method(module, instance.site) for instance in event.instances if instance.site}
            method = methods.pop() if len(methods) == 1 else UNDECIDED if methods else None
            yield Spawn(event.node, f"{module.label(event.object)}.start", method or _method_set(module))
    for site in module.sites_of(Primitive.POOL, Primitive.EXECUTOR, Primitive.MANAGER):
        if site.domain is not Domain.PROCESS or site.facts.proxy or site.cls is not None:
            continue
        started = site.kind is Primitive.POOL or site.type_name == "multiprocessing.Manager"
        if started or (
            site.kind is Primitive.EXECUTOR and _is_library_executor(site) and _is_busy(module, site)
        ):
            yield Spawn(site.call, module.label(site.call.func), _method(module, site) or _method_set(module))


def start_method(module: ModuleModel, site: Site) -> str | None:
    """Return the start method of the processes that a site makes, as in `Spawn.method`."""
    return _method(module, site) or _method_set(module)


def _is_library_executor(site: Site) -> bool:
    return site.type_name == "concurrent.futures.ProcessPoolExecutor"


def _is_busy(module: ModuleModel, site: Site) -> bool:
    """Tell whether importing the module gives an executor work: it starts no process before that."""
    if isinstance(module.tree.parent(site.call), cst.WithItem):
        return True
    for handover in module.handovers:
        receiver = handover.receiver
        if (
            receiver is not None
            and receiver.site is site
            and module.imports.path_to(handover.call) is not None
        ):
            return True
    return False


@once_per_module
def _method_set(module: ModuleModel) -> str | None:
    """Return the start method that `set_start_method` sets for good, `UNDECIDED` where several calls differ."""
    found: set[str | None] = set()
    for scope in module.scopes:
        for call in scope.calls:
            for value in module.values(call.func):
                if isinstance(value, Symbol) and (facts := module.knowledge.function(value.name)) is not None:
                    if facts.effect == "start method":
                        found.add(_literal(call, facts.start_method))
    return found.pop() if len(found) == 1 else UNDECIDED if found else None


def _method(module: ModuleModel, site: Site | None) -> str | None:
    if site is None:
        return None
    if site.facts.start_method is not None:
        return site.facts.start_method
    if site.cls is not None:
        classes = module.resolver.mro(site.cls)
        for base in (base.value for cls in classes for base in cls.node.bases):
            if isinstance(base, cst.Attribute) and any(isinstance(v, LibraryMethod) for v in module.values(base)):
                return _context_method(module, base.value)
        for value in (v for cls in classes for v in module.resolver.bases(cls)):
            facts = module.knowledge.type(value.name) if isinstance(value, Symbol) else None
            if facts is not None and facts.start_method is not None:
                return facts.start_method
    given = argument(site.call, site.facts.context or _CONTEXT_ARGUMENT)
    if given is not None:
        return _context_method(module, given.value)
    func = site.call.func
    if isinstance(func, cst.Attribute) and any(isinstance(v, LibraryMethod) for v in module.values(func)):
        return _context_method(module, func.value)
    return None


def _context_method(module: ModuleModel, context: cst.BaseExpression) -> str | None:
    """Return the start method of the contexts that an expression may be."""
    methods = {_made_by(module, call) for call in _sources(module, context)}
    if not methods:
        for value in module.values(context):
            if isinstance(value, Instance) and value.facts is not None and value.facts.start_method:
                return value.facts.start_method
        return UNDECIDED
    return methods.pop() if len(methods) == 1 else UNDECIDED


def _made_by(module: ModuleModel, call: cst.Call) -> str | None:
    for value in module.values(call.func):
        facts = module.knowledge.function(value.name) if isinstance(value, Symbol) else None
        if facts is not None and facts.start_method is not None:
            return _literal(call, facts.start_method) if call.args else None
    return UNDECIDED


def _literal(call: cst.Call, parameter: Parameter | None) -> str | None:
    given = argument(call, parameter)
    if given is not None and isinstance(given.value, cst.SimpleString):
        return str(given.value.evaluated_value)
    return UNDECIDED


def _sources(module: ModuleModel, node: cst.BaseExpression) -> list[cst.Call]:
    """Return the calls that an expression, or the variable or attribute that it is, gets its value from."""
    if isinstance(node, cst.Call):
        return [node]
    bindings = []
    if isinstance(node, cst.Name):
        owner = module.tree.scope_of(node).owner(node.value)
        bindings = owner.bindings.get(node.value, []) if owner is not None else []
    elif isinstance(node, cst.Attribute):
        for value in module.values(node.value):
            if isinstance(value, Instance) and value.cls is not None:
                for cls in module.resolver.mro(value.cls):
                    bindings += cls.attributes.get(node.attr.value, [])
    return [binding.value for binding in bindings if isinstance(binding.value, cst.Call) and not binding.path]
