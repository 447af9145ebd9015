"""Events that come out of turn: too late, after another that rules them out, or too early, before one they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.model.expecting import is_expected
from conclint.model.flow import straight_from
from conclint.model.lifetimes import settled_by_constructor
from conclint.model.typestate import histories
from conclint.model.values import NONE, Instance
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conclint.knowledge.schema import Order
    from conclint.model.definitions import Function
    from conclint.model.events import Event
    from conclint.model.module import ModuleModel


class OutOfTurn(msgspec.Struct, frozen=True):
    """An event that raises `exception`; `earlier` is what makes it come too late, None: it comes too early."""

    event: Event
    exception: str
    earlier: Event | None = None

    @property
    def repeats(self) -> bool:
        """Tell that it is the same call that comes round again."""
        return self.earlier is not None and self.earlier.node is self.event.node


def too_late(module: ModuleModel, asked: str, after: str) -> Iterator[OutOfTurn]:
    """Yield the events of the word `asked` that raise because on some path the event `after` has come before them."""

    def raised(event: Event) -> str | None:
        return _raised(module, event, lambda order: order.after.get(after))

    def matters(event: Event) -> bool:
        return _may_come_after(module, event, after) and raised(event) is not None

    for event, before in histories(module, frozenset({after}), asked, matters):
        earlier = next((found for history in before if (found := history.event(after)) is not None), None)
        if earlier is not None and (exception := raised(event)) is not None:
            late = OutOfTurn(event, exception, earlier)
            if not (late.repeats and _hangs_on_event(module, event)):
                yield late


def _may_come_after(module: ModuleModel, event: Event, word: str) -> bool:
    """Tell whether an event of a word may stand in front of another one: in its function or, of a method, in that of a class."""
    if event.word == word and module.repeats(event.node):
        return True
    function = module.function_at(event.node)
    for other in module.events_of(word):
        where = module.function_at(other.node)
        if other.node is not event.node and where is not None and function is not None:
            if where is function or (where.cls is not None and function.cls is not None):
                return True
    return False


def too_early(module: ModuleModel, asked: str, before: str) -> Iterator[OutOfTurn]:
    """Yield the events of the word `asked` that raise because no path has the event `before` in front of them."""

    def raised(event: Event) -> str | None:
        sure = len(_sites(module, event)) == 1 and not _is_asked_about(module, event)
        return _raised(module, event, lambda order: order.before.get(before)) if sure else None

    for event, found in histories(module, frozenset({before}), asked, lambda event: raised(event) is not None):
        if all(history.fresh and not history.happened for history in found) and (exception := raised(event)) is not None:
            yield OutOfTurn(event, exception)


def too_early_for_some(module: ModuleModel, asked: str, before: str) -> Iterator[OutOfTurn]:
    """Yield the events of the word `asked` that raise for some objects of a class: those that miss `before`.

    That is where only the constructor does it, on a condition, and a method does the other without any. `earlier` is what
    the constructor does.
    """
    events = {id(event.node): event for event in module.events if event.word == before}
    for event in module.events_of(asked) if events else ():
        function, path = module.function_at(event.node), dotted_name(event.object)
        if function is None or "." not in path or len(_sites(module, event)) != 1:
            continue
        first = settled_by_constructor(module, function, path, events)
        exception = _raised(module, event, lambda order: order.before.get(before)) if first is not None else None
        if exception is not None and _is_inevitable(module, function, event):
            yield OutOfTurn(event, exception, first)


def _is_inevitable(module: ModuleModel, function: Function, event: Event) -> bool:
    """Tell whether every call of a function comes to an event: no branch stands before it."""
    graph = module.graph(function)
    return graph is not None and any(op.node is event.node for op in straight_from(graph.entry))


def _hangs_on_event(module: ModuleModel, event: Event) -> bool:
    """Tell what only a turn of the loop does that finds an event unset, or set, which other threads see to."""
    for inner, outer in module.tree.outwards(event.node):
        if isinstance(outer, (cst.For, cst.While)):
            return False
        if isinstance(outer, cst.If) and inner is not outer.test:
            asked = (part.func for part in descendants(outer.test) if isinstance(part, cst.Call))
            if any(isinstance(func, cst.Attribute) and func.attr.value == "is_set" for func in asked):
                return True
    return False


def _is_asked_about(module: ModuleModel, event: Event) -> bool:
    """Tell an event that takes place only if the object says so: `if t.is_alive(): t.join()`."""
    name = dotted_name(event.object)
    tests = (outer.test for outer in module.tree.ancestors(event.node) if isinstance(outer, (cst.If, cst.While)))
    return any(
        isinstance(part, cst.Attribute) and dotted_name(part.value) == name
        for test in tests
        for part in descendants(test)
    )


def _sites(module: ModuleModel, event: Event) -> set[int]:
    """Return the creation sites of what an event happens to; 0 stands for others."""
    values = [value for value in module.values(event.object) if value != NONE]
    return {id(value.site) if isinstance(value, Instance) and value.site is not None else 0 for value in values}


def _raised(module: ModuleModel, event: Event, stated: Callable[[Order], str | None]) -> str | None:
    """Return what an event raises, None where it is in turn for an object of some type, or expected to raise."""
    exceptions = {stated(module.knowledge.order(one.type_name, event.word)) for one in event.instances}
    exception = exceptions.pop() if len(exceptions) == 1 else None
    return None if exception is None or is_expected(module, event.node, exception) else exception
