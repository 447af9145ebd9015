"""Binding arguments to a signature, as `inspect.Signature.bind` does it; on plain data, for modules and programs alike."""

from __future__ import annotations

import msgspec

POSITIONAL_ONLY, EITHER, STARRED, KEYWORD_ONLY, KEYWORDS = "o", "p", "s", "k", "d"
"""The kinds of parameters, in the order of a signature. A capital letter tells that there is a default."""


class Given(msgspec.Struct, frozen=True):
    """The arguments of a call: how many by position, and which by name.

    `own` of them are the object or class that a method is bound to.
    """

    positional: int
    names: tuple[str, ...] = ()
    own: int = 0

    def before(self, other: Given) -> Given:
        """Return these followed by others, whose names win."""
        names = tuple(dict.fromkeys(self.names + other.names))
        return Given(self.positional + other.positional, names, self.own + other.own)


THE_OBJECT = Given(1, own=1)


class Signature(msgspec.Struct, frozen=True):
    """The names of the parameters of a function, and the kind of each."""

    names: tuple[str, ...]
    kinds: str

    def problem(self, given: Given) -> str | None:
        """Return why a call with these arguments raises TypeError, to be read after "calls 'f'"; None if it does not."""
        parameters = list(zip(self.names, self.kinds))
        by_position = [(name, kind) for name, kind in parameters if kind.lower() in (POSITIONAL_ONLY, EITHER)]
        by_name = {name for name, kind in parameters if kind.lower() in (EITHER, KEYWORD_ONLY)}
        if given.positional > len(by_position) and STARRED not in self.kinds:
            return _too_many(len(by_position), given)
        filled = {name for name, _ in by_position[: given.positional]}
        for name in given.names:
            if name in by_name and name in filled:
                return f"with two values for '{name}'"
            if name not in by_name and KEYWORDS not in self.kinds:
                return f"with an argument '{name}' that it does not have"
        named = by_name.intersection(given.names)
        for name, kind in (*by_position[given.positional :], *parameters):
            required = kind in (POSITIONAL_ONLY, EITHER, KEYWORD_ONLY)
            if required and name not in filled and name not in named:
                return f"without its argument '{name}'"
        return None


def _too_many(takes: int, given: Given) -> str:
    if takes < given.own:
        return "with its object as first argument, and it takes none"
    count, most = given.positional - given.own, takes - given.own
    return f"with {count} argument{'s' if count > 1 else ''} by position, of which it takes {most or 'none'}"
