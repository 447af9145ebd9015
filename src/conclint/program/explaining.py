"""Everything that the program knows about a place, in sentences: who runs it, what is held, what guards its variables."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from conclint.program.contexts import Context, Own, Runner, in_order
from conclint.program.telling import VERBS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conclint.draft import Place
    from conclint.program.program import Program
    from conclint.program.races import SharedAccess
    from conclint.program.summary import FunctionFact

_OWN = {
    Own.SHARED: "",
    Own.CAPTURED: ", for an object that a local variable holds",
    Own.SOMEBODYS: ", for an object that was reached through others",
    Own.DISTINCT: ", each run with an object of its own",
    Own.ALONE: ", for an object that this thread has made and nobody else has",
}


def explain(program: Program, path: str, line: int) -> list[str]:
    """Return what is known about line `line` (1-based) of the file `path`, as lines of text; empty when nothing is."""
    functions = [
        function
        for function in program.functions.values()
        if function.key.partition(":")[0] == path and any(_covers(place, line) for place in _places(function))
    ]
    return [text for function in functions for text in _function(program, function, line)]


def _places(function: FunctionFact) -> Iterator[Place]:
    for access in function.accesses:
        yield access.place
    for acquire in function.acquires:
        yield acquire.place
    for operation in function.operations:
        yield operation.place
    for call in function.calls:
        if call.place is not None:
            yield call.place


def _covers(place: Place, line: int) -> bool:
    return place.span.line <= line <= place.span.end_line


def _function(program: Program, function: FunctionFact, line: int) -> Iterator[str]:
    yield f"In '{function.name}':" if function.name else "At module level:"
    contexts = in_order(program.contexts(function.key))
    if not contexts:
        yield "  nobody is seen to run it"
    for context in contexts:
        yield f"  run by {_runner(context)}{_OWN[context.own]}{_way(program, function, context)}"
    entry = program.graph.entry_locks[function.key]
    if entry:
        yield f"  entered with {_labels(program, entry)} held"
    yield from _locks_here(program, function, line)
    for accesses in program.races.variables.values():
        for access in accesses:
            if access.function is function and _covers(access.fact.place, line):
                yield from _access(program, access, accesses)


def _runner(context: Context) -> str:
    if context.root is None:
        return {
            Runner.MAIN: "the main thread",
            Runner.USER: "unseen callers, supposed to be the main thread",
            Runner.ANYBODY: "unseen callers in any thread, since its class or module takes locks",
        }[context.runner]
    many = "several of " if context.many else ""
    place = context.root.place
    kind = "process" if context.in_process else context.root.where.value
    return f"{many}the {kind} handed over at {place.path}:{place.span.line}"


def _way(program: Program, function: FunctionFact, context: Context) -> str:
    names = [one.name or "module level" for one in program.path(function.key, context)]
    return f", through {' -> '.join(names)}" if len(names) > 1 else ""


def _locks_here(program: Program, function: FunctionFact, line: int) -> Iterator[str]:
    for acquire in function.acquires:
        if _covers(acquire.place, line):
            held = f" while {_labels(program, acquire.held)} held" if acquire.held else ""
            yield f"  takes '{program.locks.label(acquire.lock)}'{held}"
    for operation in function.operations:
        if _covers(operation.place, line):
            held = f" with {_labels(program, operation.locks)} held" if operation.locks else ""
            waits = f", which may wait for {operation.waits}" if operation.waits else ""
            yield f"  does '{operation.word}' ({operation.name}){waits}{held}"


def _access(program: Program, access: SharedAccess, accesses: list[SharedAccess]) -> Iterator[str]:
    held = f"with {_labels(program, access.locks)} held" if access.locks else "with no lock held"
    yield f"  '{access.fact.label}' is {VERBS[access.kind]} {held}"
    if access.in_construction:
        yield "    while the object is made, so nobody else has it"
    others = [one for one in accesses if one is not access and not one.in_construction]
    guards = Counter(lock for one in others for lock in one.locks)
    for lock, times in guards.most_common():
        yield f"    elsewhere {times} of {len(others)} accesses hold '{program.locks.label(lock)}'"
    for one in sorted(others, key=lambda other: other.fact.place):
        place = one.fact.place
        under = f" under {_labels(program, one.locks)}" if one.locks else ""
        yield f"    {place.path}:{place.span.line}: {VERBS[one.kind]} in '{one.function.name}'{under}"


def _labels(program: Program, locks: Iterable[str]) -> str:
    return ", ".join(f"'{label}'" for label in sorted({program.locks.label(lock) for lock in locks}))
