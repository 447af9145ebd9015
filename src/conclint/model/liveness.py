"""Which threads may be running where: between their start and their join.

What the main thread does before the first start and after the join is ordered with what the thread does, so it
can't race with it (threading documentation, "Thread Objects": `join` waits until the thread terminates).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import libcst as cst

from conclint.knowledge.schema import Domain, Primitive, Where
from conclint.memo import cached_property
from conclint.model.alternatives import are_alternatives, is_over_with_block
from conclint.model.events import primitives_of
from conclint.model.graph import Graph, Op, OpKind
from conclint.model.paths import Facts, State, explore

if TYPE_CHECKING:
    from conclint.model.definitions import Function
    from conclint.model.events import Event
    from conclint.model.module import ModuleModel

_RUNNING = frozenset({Primitive.THREAD, Primitive.TIMER, Primitive.PROCESS, Primitive.POOL, Primitive.EXECUTOR})
_CONCERNS = frozenset({OpKind.CALL, OpKind.EXIT, OpKind.NEXT, OpKind.BIND})
_ENDING = frozenset({"join", "shutdown", "result", "get", "wait"})
_LOOPS = (cst.For, cst.CompFor)
_SOMEBODY = 0
"""Stands for a thread whose creation site is not to be seen; nothing is known to end it."""


class Liveness:
    """Tells for the functions of one module whether other threads of it may be running."""

    def __init__(self, module: ModuleModel) -> None:
        self._module = module
        self._events: dict[int, Event] = {id(event.node): event for event in module.events}
        self._starting = {id(event.node) for event in module.events if event.word == "start"}
        self._given = {
            id(one.call) for one in module.handovers if one.where is Where.WORKER and isinstance(one.call.func, cst.Attribute)
        }
        self._leaves: dict[int, frozenset[int]] = {}
        self._ends: dict[int, frozenset[int]] = {}
        self._joined: dict[int, frozenset[int]] = {}
        self._running: dict[int, tuple[dict[int, frozenset[int]], bool] | None] = {}

    def live_at(self, function: Function) -> dict[int, bool]:
        """Return for the nodes of calls, stores and bindings, by `id`, whether a thread started here may be running."""
        found = self._running_at(function)
        if found is None:
            return {}
        sites, complete = found
        return {node: not complete or any(site >= 0 for site in running) for node, running in sites.items()}

    def threads_at(self, function: Function) -> dict[int, bool]:
        """Return the same for threads of this very process that are seen to be made."""
        found = self._running_at(function)
        if found is None:
            return {}
        sites, complete = found
        return {node: not complete or not self._threads.isdisjoint(running) for node, running in sites.items()}

    @cached_property
    def _threads(self) -> frozenset[int]:
        return frozenset(id(site.call) for site in self._module.sites if site.domain is Domain.THREAD)

    def _running_at(self, function: Function) -> tuple[dict[int, frozenset[int]], bool] | None:
        """Return which threads may be running at each node, and whether that is certain."""
        if id(function) not in self._running:
            graph = self._module.graph(function)
            self._running[id(function)] = self._followed(graph) if graph is not None else None
        return self._running[id(function)]

    def _followed(self, graph: Graph) -> tuple[dict[int, frozenset[int]], bool]:
        found: dict[int, frozenset[int]] = {}

        def see(op: Op, states: Mapping[State, Facts]) -> None:
            running: frozenset[int] = frozenset().union(*states)  # type: ignore[arg-type]
            before = found.get(id(op.node))
            found[id(op.node)] = running if before is None else before | running

        exploration = explore(graph, frozenset(), self._step, self._module.conditions, concerns=_CONCERNS)
        exploration.visit(see)
        if exploration.complete and any(id(op.node) not in found for op in graph.ops()):
            # The body of a handler is often reached by nothing but a failing call.
            reached, found = found, {}
            may_raise, conditions = self._module.may_raise, self._module.conditions
            exploration = explore(graph, frozenset(), self._step, conditions, may_raise=may_raise, concerns=_CONCERNS)
            exploration.visit(see)
            found |= reached
        return found, exploration.complete

    def starts_any(self, function: Function) -> bool:
        """Tell whether threads may begin to run during a call of `function`: it starts one, or calls what does."""
        if not self._starting and not self._given:
            return False
        if id(function) not in self._starters:
            return False
        for scope in function.scopes:
            for call in scope.calls:
                if id(call) in self._given or id(call) in self._starting:
                    return True
                called = self._module.called_function(call)
                if called is not None and self.left_running(called):
                    return True
        return False

    @cached_property
    def _starters(self) -> frozenset[int]:
        """The functions, by `id`, that start a thread or hand something over, or call what does, directly or not."""
        if not self._given and not self._starting:
            return frozenset()
        callers: dict[int, list[int]] = {}
        pending: list[int] = []
        for function in self._module.functions:
            for call in (call for scope in function.scopes for call in scope.calls):
                if id(call) in self._given or id(call) in self._starting:
                    pending.append(id(function))
                elif (called := self._module.called_function(call)) is not None:
                    callers.setdefault(id(called), []).append(id(function))
        found: set[int] = set()
        while pending:
            key = pending.pop()
            if key not in found:
                found.add(key)
                pending += callers.get(key, ())
        return frozenset(found)

    def left_running(self, function: Function) -> frozenset[int]:
        """Return the creation sites, by `id` of their calls, of threads that outlive a call of `function`."""
        key = id(function)
        if key not in self._leaves:
            self._leaves[key] = frozenset()
            graph = self._module.graph(function) if key in self._starters and self._concerns(function) else None
            if graph is not None:
                exploration = explore(graph, frozenset(), self._step, self._module.conditions, concerns=_CONCERNS)
                ends = exploration.ends(graph.returned)
                self._leaves[key] = frozenset(site for state in ends for site in state if site >= 0)  # type: ignore[attr-defined]
        return self._leaves[key]

    def ended_by(self, function: Function) -> frozenset[int]:
        """Return the creation sites, by `id` of their calls, of threads that a call of `function` surely sees end."""
        key = id(function)
        if key not in self._ends:
            self._ends[key] = frozenset()
            ends_any = any(
                event.word in _ENDING
                for call in function.scope.calls
                if (event := self._events.get(id(call))) is not None
            )
            graph = self._module.graph(function) if ends_any else None
            if graph is not None:
                everything = frozenset(id(site.call) for site in self._module.sites)
                exploration = explore(graph, everything, self._step, self._module.conditions, concerns=_CONCERNS)
                states = exploration.ends(graph.returned)
                left = frozenset(site for state in states for site in state)  # type: ignore[attr-defined]
                self._ends[key] = everything - left if exploration.complete and states else frozenset()
        return self._ends[key]

    def is_joined(self, site: cst.Call | None) -> bool:
        """Tell whether the threads made at a creation site are joined where they are started, or a task ends with its block."""
        return id(site) in self._starts or is_over_with_block(self._module, site)

    def are_apart(self, one: cst.Call | None, other: cst.Call | None) -> bool:
        """Tell whether two threads, by their creation sites, are surely never running at the same time.

        They are when one function starts and joins both, and never starts one while the other may be running; or gives a
        task to an executor in two branches. Asked of one site twice: whether the threads made there follow one another.
        """
        if are_alternatives(self._module, one, other):
            return True
        starts = self._starts
        if id(one) not in starts or id(other) not in starts:
            return False
        return not any(id(other) in live for live in starts[id(one)]) and not any(
            id(one) in live for live in starts[id(other)]
        )

    @cached_property
    def _starts(self) -> dict[int, list[frozenset[int]]]:
        """For each creation site whose threads are joined where they are started: what may be running at each start."""
        found: dict[int, list[frozenset[int]]] = {}
        escaping: set[int] = set()
        for function in self._module.functions:
            if not any(id(call) in self._starting for call in function.scope.calls):
                continue
            graph = self._module.graph(function)
            if graph is None:
                continue
            escaping |= self.left_running(function)

            def see(op: Op, states: Mapping[State, Facts]) -> None:
                event = self._events.get(id(op.node))
                if op.kind is OpKind.CALL and event is not None and event.word == "start":
                    live = frozenset(site for state in states for site in state)  # type: ignore[attr-defined]
                    for site in self._sites(event.object):
                        found.setdefault(site, []).append(live)

            exploration = explore(graph, frozenset(), self._step, self._module.conditions, concerns=_CONCERNS)
            if exploration.complete:
                exploration.visit(see)
        return {site: lives for site, lives in found.items() if site not in escaping}

    def _concerns(self, function: Function) -> bool:
        return any(
            id(call) in self._events or id(call) in self._given or self._module.called_function(call) is not None
            for call in function.scope.calls
        )

    def _step(self, op: Op, state: State) -> Iterable[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        live: frozenset[int] = state  # type: ignore[assignment]
        if op.kind in (OpKind.NEXT, OpKind.BIND):
            return self._step_of_loop(op, live)
        if op.kind is OpKind.EXIT and isinstance(op.node, cst.WithItem):
            ended = self._sites(op.node.item)
            return ((live - ended, ()),) if ended & live else None
        if op.kind is not OpKind.CALL or not isinstance(op.node, cst.Call):
            return None
        if id(op.node) in self._given:
            assert isinstance(op.node.func, cst.Attribute)
            return ((live | (self._sites(op.node.func.value) or {_SOMEBODY}), ()),)
        event = self._events.get(id(op.node))
        if event is not None and event.kind in _RUNNING:
            sites = self._sites(event.object)
            if event.word == "start":
                return ((live | (sites or {_SOMEBODY}), ()),)
            if event.word in _ENDING and (not op.node.args or self._is_last_word(event, op.node)):
                return ((live - sites, ()),)
            return None
        called = self._module.called_function(op.node)
        if called is None:
            return None
        after = (live - self.ended_by(called) if live else live) | self.left_running(called)
        return ((after, ()),) if after != live else None

    def _is_last_word(self, event: Event, call: cst.Call) -> bool:
        """Tell a join with a timeout that is not tried again: who goes on after that takes the thread for ended."""
        return event.word == "join" and self._module.inside(call, (cst.For, cst.While)) is None

    def _step_of_loop(self, op: Op, live: frozenset[int]) -> Iterable[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        """A loop that joins each thread has ended them all when it is left; inside, they are running.

        So asking for the next one puts the sites aside, as negative numbers, and its coming brings them back.
        """
        if not live:
            return None
        loop = op.node if op.kind is OpKind.NEXT else self._loop_binding(op.node)
        if not isinstance(loop, _LOOPS):
            return None
        sign = 1 if op.kind is OpKind.NEXT else -1
        turned = frozenset(site * sign for site in self._joined_in(loop) if site) & live
        return ((live - turned | {-site for site in turned}, ()),) if turned else None

    def _loop_binding(self, name: cst.CSTNode) -> cst.CSTNode | None:
        """Return the loop that a name, or a tuple around it, is the target of."""
        target, around = name, self._module.tree.parent(name)
        while isinstance(around, (cst.Element, cst.StarredElement, cst.Tuple, cst.List)):
            target, around = around, self._module.tree.parent(around)
        return around if isinstance(around, _LOOPS) and target is around.target else None

    def _joined_in(self, loop: cst.For | cst.CompFor) -> frozenset[int]:
        if id(loop) not in self._joined:
            self._joined[id(loop)] = frozenset(
                site
                for call in self._done_in(loop)
                if (event := self._events.get(id(call))) is not None and event.word == "join"
                if isinstance(call, cst.Call) and not call.args
                for site in self._sites(event.object)
            )
        return self._joined[id(loop)]

    def _done_in(self, loop: cst.For | cst.CompFor) -> Iterable[cst.CSTNode]:
        """Yield the expressions that each turn of a loop evaluates, or each whose object is still alive."""
        if isinstance(loop, cst.CompFor):
            comprehension = self._module.tree.parent(loop)
            if isinstance(comprehension, (cst.ListComp, cst.SetComp)) and not loop.ifs:
                yield comprehension.elt
            return
        pending: list[cst.CSTNode] = [loop.body]
        while pending:
            node = pending.pop()
            if isinstance(node, cst.Expr):
                yield node.value
            elif isinstance(node, cst.If):
                event = self._events.get(id(node.test))
                pending += [node.body] if event is not None and event.word == "alive" else []
            elif isinstance(node, (cst.IndentedBlock, cst.SimpleStatementLine, cst.SimpleStatementSuite)):
                pending += node.body

    def _sites(self, node: cst.BaseExpression) -> frozenset[int]:
        instances = primitives_of(self._module.values(node))
        return frozenset(id(one.site.call) for one in instances if one.site is not None)
