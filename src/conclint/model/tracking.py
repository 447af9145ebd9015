"""Following one object through a function: what it is called on each path, and what has happened to it.

The object is any one of those that an expression makes, or what a name stands for on entry. Names that surely stand for
it (must-aliases; Fink et al., "Effective typestate verification in the presence of aliasing", TOSEM 2008) and
local containers that surely hold it are kept apart path by path. A loop over such a container comes by it once.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst
import msgspec

from conclint.model.containers import TAKES_ITEM, elements_of, items_of_display, takes_out
from conclint.model.escape import Fate, fate_of
from conclint.model.events import primitives_of
from conclint.model.graph import OpKind
from conclint.model.making import is_made_idle
from conclint.model.tracked import History, Tracked
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from conclint.model.definitions import Function
    from conclint.model.events import Event
    from conclint.model.graph import Graph, Op
    from conclint.model.module import ModuleModel
    from conclint.model.paths import State

    After: TypeAlias = "list[tuple[State, tuple[tuple[str, bool], ...]]]"

_LOOPS = (cst.For, cst.CompFor)
_EMPTIES = frozenset({"clear", "remove", "discard"})


class Match(enum.Enum):
    """Whether an expression stands for the object."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


class Tracker:
    """The steps of one object: of what `birth` makes, or of what is there on entry."""

    def __init__(
        self,
        module: ModuleModel,
        function: Function,
        events: Mapping[int, Event],
        known: AbstractSet[int] = frozenset(),
        birth: cst.Call | None = None,
    ) -> None:
        """Follow what `birth` makes, None: what is there on entry. `known` are calls that are events of any word."""
        self._module = module
        self._function = function
        self._events = events
        self._birth = birth
        self._replaced: dict[str, bool] = {}
        self._asking: dict[int, cst.For | cst.CompFor] = {}
        fate = fate_of(module, birth) if birth is not None else Fate()
        self._repeats = birth is not None and module.repeats(birth)
        site = module.resolver.sites.get(id(birth))
        self._fresh = site is not None and not fate.captured and is_made_idle(module, site)
        self._exposing = {id(escape.node) for escape in fate.escapes}
        self._exposing |= {id(use.node) for use in fate.uses if isinstance(use.node, cst.Call)} - known
        self._seen = {id(use.node) for use in fate.uses}

    def step(self, op: Op, state: State) -> After | None:
        """Return the states after an operation, None for no change."""
        assert isinstance(state, Tracked)
        if not state.born and op.node is not self._birth:
            return None  # what is not made yet has no name
        before = state
        if state.asked and not self._is_target_of(op, state.asked):
            if state.asked not in state.passed:
                return []  # the loop has come by everything in the container but the object: no such path
            before = self._left(state)
        around = self._module.tree.parent(op.node) if before.passed else None
        if id(around) in before.passed and isinstance(around, _LOOPS) and op.node is around.iter:
            before = msgspec.structs.replace(before, passed=before.passed - {id(around)})
        after = self._after(op, before)
        if len(after) == 1 and (after[0] is state or after[0] == state):
            return None
        return [(one, ()) for one in after]

    def _left(self, state: Tracked) -> Tracked:
        """Return the state behind a loop, whose variables stand for some item or other."""
        targets = [_name(target) for _, target in elements_of(self._module, self._asking[state.asked])]
        return msgspec.structs.replace(state, asked=0, passed=state.passed - {state.asked}).without(*targets)

    def match(self, node: cst.CSTNode | None, state: Tracked) -> Match:
        """Tell whether an expression stands for the object."""
        if isinstance(node, cst.NamedExpr):
            node = node.value
        if node is None or not state.born:
            return Match.NO
        if _name(node) in state.names:
            return Match.YES
        if isinstance(node, cst.Subscript) and _name(node.value) in state.holders:
            return Match.NO if isinstance(node.slice[0].slice, cst.Slice) else Match.MAYBE
        return Match.NO

    def _after(self, op: Op, state: Tracked) -> list[Tracked]:
        if id(op.node) in self._exposing:
            state = state.exposed()
        if op.kind is OpKind.CALL:
            assert isinstance(op.node, cst.Call)
            return self._called(op, op.node, state)
        if op.kind in (OpKind.BIND, OpKind.STORE):
            return self._bound(op, state)
        if op.kind is OpKind.AUGMENT and isinstance(op.node, cst.AugAssign):
            return [self._put_all(op.node.value, _name(op.node.target), state)]
        if op.kind is OpKind.DELETE:
            return [state.without(_name(op.node))]
        if op.kind is OpKind.NEXT and isinstance(op.node, _LOOPS):
            if any(_name(container) in state.holders for container, _ in elements_of(self._module, op.node)):
                self._asking[id(op.node)] = op.node
                return [msgspec.structs.replace(state.without_unnamed(), asked=id(op.node))]
        return [state]

    # calls

    def _called(self, op: Op, call: cst.Call, state: Tracked) -> list[Tracked]:
        if call is self._birth:
            return self._made(call, state)
        event = self._events.get(id(call))
        if event is not None:
            return self._happens(event, state)
        state = self._maybe_replaced(op, state)
        if not isinstance(call.func, cst.Attribute):
            return [state]
        holder, method = _name(call.func.value), call.func.attr.value
        if method in TAKES_ITEM and call.args and self.match(call.args[-1].value, state) is Match.YES:
            return [state.held(holder)]
        if holder in state.holders and takes_out(call):
            return [state.without(holder).named(_name(call)), state.unlike(_name(call))]
        if holder in state.holders and method in _EMPTIES:
            return [state.without(holder)]
        return [state]

    def _made(self, call: cst.Call, state: Tracked) -> list[Tracked]:
        if state.born:
            return [state.without(_name(call)).unlike(_name(call))]
        made = Tracked(history=History(self._fresh), born=True)
        around = self._module.tree.parent(call)
        if isinstance(around, (cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp)):
            made = made.held(_name(around))
        else:
            made = made.named(_name(call))
        if id(call) in self._exposing:
            made = made.exposed()
        return [made, state] if self._repeats else [made]

    def _happens(self, event: Event, state: Tracked) -> list[Tracked]:
        match = self.match(event.object, state)
        if match is Match.NO:
            other = id(event.node) not in self._seen or _name(event.object) in state.others
            return [state if other else state.exposed()]
        after = msgspec.structs.replace(state, history=state.history.after(event))
        return [after] if match is Match.YES else [after, state]

    def _maybe_replaced(self, op: Op, state: Tracked) -> Tracked:
        """Drop the names that the called code may give to other objects."""
        lost = [name for name in state.names if self._is_replaced(name)]
        if not lost or not self._module.may_raise(op):
            return state
        return msgspec.structs.replace(state, names=state.names.difference(lost))

    def _is_replaced(self, path: str) -> bool:
        """Tell whether other functions store to what a name stands for."""
        if path not in self._replaced:
            self._replaced[path] = self._stored_elsewhere(path)
        return self._replaced[path]

    def _stored_elsewhere(self, path: str) -> bool:
        first, _, rest = path.partition(".")
        owner = self._function.scope.owner(first)
        if not rest:
            mine = self._function.scope
            return owner is not None and owner is not mine and len(owner.bindings.get(first, ())) > 1
        cls = self._function.cls
        if cls is None or first != self._function.receiver_name:
            return not first.startswith("<")
        return sum(len(one.attributes.get(rest, ())) for one in self._module.resolver.mro(cls)) > 1

    # bindings

    def _bound(self, op: Op, state: Tracked) -> list[Tracked]:
        if id(op.node) in self._events:
            return self._happens(self._events[id(op.node)], state)
        if isinstance(op.node, cst.Subscript):
            match = self.match(op.extra, state)
            return [state.held(_name(op.node.value)) if match is Match.YES else state]
        name = _name(op.node)
        loop = self._loop_of(op)
        if loop is not None:
            return self._taken(loop, name, state)
        value = op.extra if op.extra is not None else self._paired(op.node)
        if isinstance(value, cst.NamedExpr):
            value = value.value
        cleared = state.without(name)
        match = self.match(value, state)
        if match is Match.YES:
            return [cleared.named(name)]
        if match is Match.MAYBE:
            return [cleared.named(name), cleared.unlike(name)]
        if value is not None and _name(value) in state.others:
            return [cleared.unlike(name)]
        after = self._put_all(value, name, cleared, state)
        return [after if op.extra is None else after.without_unnamed()]

    def _put_all(
        self, value: cst.CSTNode | None, holder: str, state: Tracked, before: Tracked | None = None
    ) -> Tracked:
        """Return the state after a container has been given the items of another, or of a display."""
        before = before or state
        if value is None or not holder:
            return state
        if _name(value) in before.holders:
            return state.without(_name(value)).held(holder) if _name(value).startswith("<") else state.held(holder)
        if any(self.match(item, before) is Match.YES for item in items_of_display(value)):
            return state.held(holder)
        return state

    def _taken(self, loop: cst.For | cst.CompFor, name: str, state: Tracked) -> list[Tracked]:
        """The loop takes the next item: the object, if it has not come by it already, or another."""
        rest = msgspec.structs.replace(state.without(name), asked=0)
        container = next(c for c, target in elements_of(self._module, loop) if _name(target) == name)
        if _name(container) not in state.holders or id(loop) in state.passed:
            return [rest.unlike(name) if _name(container) in state.holders else rest]
        taken = msgspec.structs.replace(rest, passed=state.passed | {id(loop)})
        return [taken.named(name), rest.unlike(name)]

    def _loop_of(self, op: Op) -> cst.For | cst.CompFor | None:
        """Return the loop that binds an item of a container with this operation."""
        loop = self._module.tree.enclosing(op.node, _LOOPS) if op.extra is None else None
        if isinstance(loop, _LOOPS) and any(target is op.node for _, target in elements_of(self._module, loop)):
            return loop
        return None

    def _is_target_of(self, op: Op, loop: int) -> bool:
        return op.kind is OpKind.BIND and id(self._module.tree.enclosing(op.node, _LOOPS)) == loop

    def _paired(self, target: cst.CSTNode) -> cst.CSTNode | None:
        """Return the call whose value a tuple assignment binds to a target: `a, b = make(), make()`."""
        element = self._module.tree.parent(target)
        display = self._module.tree.parent(element) if isinstance(element, cst.Element) else None
        if not isinstance(display, cst.Tuple):
            return None
        assign = self._module.tree.enclosing(display, cst.Assign)
        values = assign.value if assign is not None else None
        if not isinstance(values, cst.Tuple) or len(values.elements) != len(display.elements):
            return None
        return values.elements[display.elements.index(element)].value


def births(module: ModuleModel, graph: Graph) -> list[cst.Call]:
    """Return the calls of a function that make, or give, primitives."""
    calls = {id(op.node): op.node for op in graph.ops() if op.kind is OpKind.CALL}
    return [
        call
        for call in calls.values()
        if isinstance(call, cst.Call) and not takes_out(call) and primitives_of(module.values(call))
    ]


def _name(node: cst.CSTNode) -> str:
    """Return what an expression is called: its dotted name, or a name of its own."""
    return dotted_name(node) or f"<{id(node)}>"
