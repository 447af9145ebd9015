"""CON208: threads take the same locks in different orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report, Steps
from conclint.program import how_it_is_reached
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.program import Ordering, Program


class LockOrderInversion(ProgramRule):
    """Two threads can take the same locks in opposite order, and each then waits for what the other holds.

    ## Why

    A thread that holds A and wants B, and one that holds B and wants A, wait for ever. So do three threads in a circle
    of three locks, and two calls of one function that locks the two objects it is given in the order of its arguments.
    Nothing in Python detects that or ends it ("Lock Objects" in the documentation of `threading`; all versions, with and without
    the global interpreter lock).

    ## How to fix

    Take the locks in one order everywhere: by a rule that everybody knows, or for objects of one class by a key, such as
    `first, second = sorted((a, b), key=id)`. Or call foreign code only after the own lock is released. A common
    outer lock, held on every way, also orders them.

    ## What is missed

    Locks whose identity cannot be seen: from a getter of an unknown object, or out of a container. Acquires with a timeout
    or `blocking=False` end by themselves and count for nothing.
    """

    code: ClassVar[str] = "CON208"
    name: ClassVar[str] = "lock-order-inversion"

    def check(self, program: Program) -> Iterator[Report]:
        """Yield each edge of a circle in the lock order, with a note for each of the others."""
        for circle in program.deadlocks.inversions():
            if len(circle) == 1:
                yield self._instances(program, circle[0])
                continue
            for index, edge in enumerate(circle):
                yield self._edge(program, edge, [*circle[index + 1 :], *circle[:index]])

    def _edge(self, program: Program, edge: Ordering, others: Sequence[Ordering]) -> Report:
        held, wanted = program.locks.label(edge.first), program.locks.label(edge.second)
        places = " and ".join(f"'{other.function.name}' on line {other.place.span.line}" for other in others)
        message = f"'{wanted}' is taken under '{held}' in '{edge.function.name}', and in the other order in {places}"
        if len(others) > 1:
            message = f"'{wanted}' is taken under '{held}' in '{edge.function.name}', which closes a circle with {places}"
        notes = [Note(place, "which leads here") for place in edge.way[1:]]
        notes += how_it_is_reached(program, edge.function)
        for other in others:
            there = f"here '{program.locks.label(other.second)}' is taken under '{program.locks.label(other.first)}'"
            notes += [Note(other.place, there), *how_it_is_reached(program, other.function)]
        flows = tuple(_steps(program, each) for each in (edge, *others))
        return Report(edge.place, message, tuple(dict.fromkeys(notes)), flows=flows)

    def _instances(self, program: Program, edge: Ordering) -> Report:
        held, wanted = program.locks.label(edge.first), program.locks.label(edge.second)
        message = (
            f"'{wanted}' is taken under '{held}', another object's lock of the same kind, in whatever order "
            f"'{edge.function.name}' is given the two"
        )
        notes = (*(Note(place, "which leads here") for place in edge.way[1:]), *how_it_is_reached(program, edge.function))
        return Report(edge.place, message, notes)


def _steps(program: Program, edge: Ordering) -> Steps:
    held, wanted = program.locks.label(edge.first), program.locks.label(edge.second)
    *calls, taking = edge.way
    notes = [*how_it_is_reached(program, edge.function), *(Note(place, f"a call under '{held}'") for place in calls)]
    return Steps(f"a thread in '{edge.function.name}'", (*notes, Note(taking, f"'{wanted}' is taken under '{held}' here")))
