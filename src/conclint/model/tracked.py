"""The state of one object on one path: what it is called by now, what holds it, what has happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from conclint.model.events import Event


class History(msgspec.Struct, frozen=True):
    """What has happened to an object on some path: for each word its latest event.

    `fresh` tells that the path has seen the object being made, so that nothing else can have happened to it.
    """

    fresh: bool = False
    happened: tuple[tuple[str, Event], ...] = ()

    @property
    def words(self) -> frozenset[str]:
        """The words of what has happened."""
        return frozenset(word for word, _ in self.happened)

    def event(self, word: str) -> Event | None:
        """Return the latest event of this word."""
        return dict(self.happened).get(word)

    def after(self, event: Event) -> History:
        """Return the history with one more event."""
        others = tuple(item for item in self.happened if item[0] != event.word)
        return History(self.fresh, tuple(sorted((*others, (event.word, event)), key=lambda item: item[0])))


class Tracked(msgspec.Struct, frozen=True):
    """The object on one path. Expressions without a name are called by their `id`.

    `others` are names that surely stand for other objects that it could be taken for. `passed` are loops over a holder
    that have come by the object, `asked` is one that has just asked for its next item.
    """

    names: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    holders: frozenset[str] = frozenset()
    history: History = History()
    born: bool = False
    passed: frozenset[int] = frozenset()
    asked: int = 0

    def named(self, name: str) -> Tracked:
        """Return it with one more name."""
        return msgspec.structs.replace(self, names=self.names | {name})

    def unlike(self, name: str) -> Tracked:
        """Return it beside another object of this name."""
        return msgspec.structs.replace(self, others=self.others | {name}) if self.born else self

    def held(self, holder: str) -> Tracked:
        """Return it in one more container."""
        return msgspec.structs.replace(self, holders=self.holders | {holder}) if holder else self

    def exposed(self) -> Tracked:
        """Return it as something that others may have done anything to."""
        return msgspec.structs.replace(self, history=msgspec.structs.replace(self.history, fresh=False))

    def without(self, *bound: str) -> Tracked:
        """Return it without the names that new bindings take away."""
        return self._keeping(lambda name: not any(_hangs_on(name, one) for one in bound))

    def without_unnamed(self) -> Tracked:
        """Return it without what expressions are called: a statement has ended."""
        return self._keeping(lambda name: not name.startswith("<"))

    def _keeping(self, keep: Callable[[str], bool]) -> Tracked:
        if all(keep(name) for known in (self.names, self.others, self.holders) for name in known):
            return self
        return msgspec.structs.replace(
            self,
            names=frozenset(filter(keep, self.names)),
            others=frozenset(filter(keep, self.others)),
            holders=frozenset(filter(keep, self.holders)),
        )


def _hangs_on(name: str, bound: str) -> bool:
    return name == bound or name.startswith(f"{bound}.")
