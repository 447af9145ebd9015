"""A parameter, as facts write it: `target@1`."""

from __future__ import annotations


class Parameter:
    """How a call hands an argument over: by name, by 0-based position without `self`, or either.

    `rest` stands for all positional arguments from `position` on, or, without a position, for all other
    keywords. Immutable by convention; compares by value.
    """

    __slots__ = ("name", "position", "rest")

    def __init__(self, name: str | None = None, position: int | None = None, *, rest: bool = False) -> None:
        self.name = name
        self.position = position
        self.rest = rest

    @classmethod
    def parse(cls, text: str) -> Parameter:
        """Read the written form. Raises `ValueError` for any other text."""
        if text == "**":
            return cls(rest=True)
        name, at, position = text.partition("@")
        if not at or (position and not position.isdecimal()) or not (name or position):
            raise ValueError(f"'{text}' is no parameter: write name@position")
        index = int(position) if position else None
        if name == "*":
            if index is None:
                raise ValueError("'*@' needs a position: write *@1")
            return cls(position=index, rest=True)
        if name and not name.isidentifier():
            raise ValueError(f"'{name}' in '{text}' is no name of a parameter")
        return cls(name or None, index)

    def __str__(self) -> str:
        if self.rest:
            return "**" if self.position is None else f"*@{self.position}"
        return f"{self.name or ''}@{'' if self.position is None else self.position}"

    def __repr__(self) -> str:
        return f"Parameter.parse({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Parameter):
            return NotImplemented
        return (self.name, self.position, self.rest) == (other.name, other.position, other.rest)

    def __hash__(self) -> int:
        return hash((self.name, self.position, self.rest))
