"""Events that come out of turn: too late, after another that rules them out, or too early, before one they need."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from conclint.model.expecting import is_expected
from conclint.model.typestate import histories

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.events import Event
    from conclint.model.module import ModuleModel


@dataclasses.dataclass(frozen=True, slots=True)
class OutOfTurn:
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
    for event, before in histories(module, frozenset({after}), asked):
        earlier = next((found for history in before if (found := history.event(after)) is not None), None)
        exception = _raised(module, event, frozenset({after}))
        if earlier is not None and exception is not None:
            yield OutOfTurn(event, exception, earlier)


def too_early(module: ModuleModel, asked: str, before: str) -> Iterator[OutOfTurn]:
    """Yield the events of the word `asked` that raise because no path has the event `before` in front of them."""
    for event, found in histories(module, frozenset({before}), asked):
        if all(history.fresh and not history.happened for history in found):
            exception = _raised(module, event, frozenset())
            if exception is not None:
                yield OutOfTurn(event, exception)


def _raised(module: ModuleModel, event: Event, happened: frozenset[str]) -> str | None:
    """Return what an event raises, None where it is in turn for an object of some type, or expected to raise."""
    exceptions = {
        module.knowledge.order(instance.type_name, event.word).raised(happened) for instance in event.instances
    }
    exception = exceptions.pop() if len(exceptions) == 1 else None
    return None if exception is None or is_expected(module, event.node, exception) else exception
