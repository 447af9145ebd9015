"""Which threads and processes run which functions of a module, as far as the module itself shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.knowledge.schema import Domain, Where
from conclint.memo import cached_property
from conclint.model.calls import calls_of
from conclint.model.liveness import Liveness

if TYPE_CHECKING:
    from collections.abc import Iterable

    import libcst as cst

    from conclint.model.definitions import Function
    from conclint.model.events import Root
    from conclint.model.module import ModuleModel
    from conclint.model.values import Instance

ELSEWHERE = (Where.THREAD, Where.PROCESS, Where.WORKER, Where.HELPER)
"""Where code runs beside the code that brought it there."""


class Runners:
    """Follows the calls of a module from its roots, and from the code that anybody may call."""

    def __init__(self, module: ModuleModel) -> None:
        self._module = module
        self._on_entry: dict[int, frozenset[str]] = {}

    def roots(self, function: Function) -> tuple[Root, ...]:
        """Return the roots whose threads or processes run `function`, directly or through calls."""
        return tuple(self._reached.get(id(function), ()))

    def behind(self, instances: Iterable[Instance]) -> list[Root]:
        """Return the roots that thread or process objects run, as far as it is seen where these were made."""
        found: dict[int, Root] = {}
        for instance in instances:
            for root in self._module.roots:
                of_class = root.receiver is not None and instance.cls is not None and root.site is None
                if (instance.site is not None and root.site is instance.site.call) or (
                    of_class and root.receiver in self._module.resolver.mro(instance.cls)  # type: ignore[arg-type]
                ):
                    found[id(root)] = root
        return list(found.values())

    def in_caller(self, function: Function) -> bool:
        """Tell whether code that is no root's runs `function`: the module's own, or that of an importer."""
        return id(function) in self._reached_by_others

    def processes(self, function: Function, roots: Iterable[Root] | None = None) -> frozenset[Root | None]:
        """Return the processes that may run `function`: the roots of child processes, None for the parent.

        With `roots`, only these are taken to run it.
        """
        return self._find_processes(function, self.roots(function) if roots is None else roots, set())

    def _find_processes(self, function: Function, roots: Iterable[Root], seen: set[int]) -> frozenset[Root | None]:
        seen.add(id(function))
        found: set[Root | None] = {None} if self.in_caller(function) else set()
        for root in roots:
            starter = self._module.function_at(root.node)
            if root.domain is Domain.PROCESS:
                found.add(root)
            elif starter is not None and id(starter) not in seen:
                found |= self._find_processes(starter, self.roots(starter), seen)
        return frozenset(found)

    def together(self, ones: Iterable[Root], others: Iterable[Root]) -> tuple[Root, Root] | None:
        """Return a root of each (perhaps one twice) that may be running at the same time as the other."""
        others = tuple(others)
        pairs = ((one, other) for one in ones for other in others)
        return next((pair for pair in pairs if self._at_once(*pair)), None)

    def _at_once(self, one: Root, other: Root) -> bool:
        if one is other and not one.many:
            return False
        if one is not other and one.lane and one.lane == other.lane:
            return False
        sites = one.site, other.site
        return sites[0] is None or sites[1] is None or not self._liveness.are_apart(sites[0], sites[1])

    def held_on_entry(self, function: Function) -> frozenset[str]:
        """Return the keys of the locks that every seen caller of `function` holds; none where a root begins with it."""
        key = id(function)
        if key not in self._on_entry:
            self._on_entry[key] = frozenset()  # what a recursive call adds
            callers = [] if key in self._handed_over else self._callers.get(key, [])
            held = [
                self._module.locks.held_at(caller).get(id(node), frozenset()) | self.held_on_entry(caller)
                for caller, node in callers
                if caller is not function
            ]
            self._on_entry[key] = frozenset.intersection(*held) if held else frozenset()
        return self._on_entry[key]

    @cached_property
    def _liveness(self) -> Liveness:
        return Liveness(self._module)

    @cached_property
    def _handed_over(self) -> frozenset[int]:
        return frozenset(id(root.function) for root in self._module.roots if root.where in ELSEWHERE)

    @cached_property
    def _calls(self) -> dict[int, list[tuple[cst.CSTNode, Function]]]:
        return {
            id(function): [(site.node, called) for site in calls_of(self._module, function) for called in site.functions]
            for function in self._module.functions
        }

    @cached_property
    def _callers(self) -> dict[int, list[tuple[Function, cst.CSTNode]]]:
        found: dict[int, list[tuple[Function, cst.CSTNode]]] = {}
        for caller in self._module.functions:
            for node, called in self._calls[id(caller)]:
                found.setdefault(id(called), []).append((caller, node))
        return found

    @cached_property
    def _reached(self) -> dict[int, list[Root]]:
        found: dict[int, list[Root]] = {}
        for root in self._module.roots:
            if root.where in ELSEWHERE:
                for function in self._closure([root.function]):
                    found.setdefault(id(function), []).append(root)
        return found

    @cached_property
    def _reached_by_others(self) -> frozenset[int]:
        seeds = [
            function
            for function in self._module.functions
            if function.is_module or not (id(function) in self._handed_over or id(function) in self._callers)
        ]
        return frozenset(id(function) for function in self._closure(seeds))

    def _closure(self, functions: list[Function]) -> list[Function]:
        found: dict[int, Function] = {}
        pending = list(functions)
        while pending:
            function = pending.pop()
            if id(function) not in found:
                found[id(function)] = function
                pending.extend(called for _, called in self._calls[id(function)])
        return list(found.values())
