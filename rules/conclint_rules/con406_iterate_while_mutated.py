"""CON406: a loop over what others change."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Remedy, Report
from conclint.finding import Edit, Severity, Span
from conclint.program import AccessKind, race_report, what_is_wrong
from conclint.rule import ProgramRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.program import Program


class IterateWhileMutated(ProgramRule):
    """A container is gone through while another thread may add to it or remove from it.

    ## Why

    A dict or set that changes its size during the loop raises RuntimeError ("dictionary changed size during iteration",
    "Set changed size during iteration"), a deque "deque mutated during iteration"; a list skips or repeats items in silence
    (Library Reference, "Mapping Types": "Iterating views while adding or deleting entries in the dictionary may raise a
    RuntimeError or fail to iterate over all entries"; all versions). It takes one client that leaves while a message is
    sent to all.

    `sys.modules` belongs to all threads, and each import changes it: also the import that looking at an attribute of a
    module sets off, where that loads its parts when they are asked for. `list(sys.modules.items())` is no protection up to
    Python 3.11: it makes a tuple for each item, so the garbage collector may run in between, finalizers with it, and other
    threads (bpo-40327, which put `sys.modules.copy()` into `pickle`).

    ## How to fix

    Go through a copy: `for client in list(clients)`, or `tuple(...)`, `.copy()`, which take one step. Or hold the lock of those
    who change the container during the whole loop. Of `sys.modules` take `sys.modules.copy()`.

    ## What is missed

    Containers of objects whose class cannot be seen, iteration inside a call (`sum(values)`), and changes by code outside of
    the program.

    ## Fix safety

    Unsafe: the loop goes through what was there when it began, which takes memory, and sends to a client that has left since.
    `list(d)` of a dict, set, list or deque is one step as long as its elements' `__hash__` and `__eq__` are not called,
    which copying does not do. `list(d.items())` makes a tuple for each item, and before Python 3.12 that may start the garbage
    collector, which may run code that lets another thread in; where RuntimeError must never happen take `d.copy().items()`, or
    hold a lock. The fix is not offered where a lock is held around the loop.
    """

    code: ClassVar[str] = "CON406"
    name: ClassVar[str] = "iterate-while-mutated"

    def check(self, program: Program) -> Iterator[Report]:
        """Yield the loops over containers that another thread changes, and those that any thread may change."""
        for conflict in program.conflicts:
            access = conflict.access
            if access.kind is AccessKind.ITERATE:
                message = (
                    f"'{access.fact.label}' is gone through in '{access.doer}' {what_is_wrong(program, conflict)}, "
                    f"while '{conflict.other.doer}', in another thread, may change it"
                )
                remedy = None if access.locks else _copied(access.fact.place.span)
                yield race_report(program, conflict, message, remedy)
        for operation in program.surroundings.walks():
            changed = f"which each thread changes that {operation.changed_by}"
            if operation.word == "walk":
                yield Report(operation.place, f"'{operation.name}' is gone through without a copy, {changed}")
            else:
                message = f"'{operation.name}' is copied item by item, {changed}"
                yield Report(operation.place, message, severity=Severity.WARNING)


def _copied(span: Span) -> Remedy:
    begin = Span(span.line, span.column, span.line, span.column)
    end = Span(span.end_line, span.end_column, span.end_line, span.end_column)
    return Remedy("go through a copy", (Edit(begin, "list("), Edit(end, ")")), safe=False)
