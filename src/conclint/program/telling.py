"""How a race is told, so that a person can check it: who runs the two sides, under which locks, started where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Note, Report, Steps
from conclint.knowledge.schema import Where
from conclint.model.words import AccessKind
from conclint.program.conflicts import Conflict
from conclint.program.contexts import Context, Runner, in_order

if TYPE_CHECKING:
    from conclint.draft import Place, Remedy
    from conclint.finding import Severity
    from conclint.program.beliefs import Breach
    from conclint.program.graph import CallEdge
    from conclint.program.program import Program
    from conclint.program.races import Clash
    from conclint.program.summary import FunctionFact

VERBS = {
    AccessKind.READ: "read",
    AccessKind.STORE: "stored to",
    AccessKind.MUTATE: "changed",
    AccessKind.ITERATE: "gone through",
    AccessKind.UPDATE: "changed",
    AccessKind.UPDATE_WITH_CALL: "changed",
    AccessKind.CHECK_THEN_ACT: "tested and changed",
}
_MOST_CALLERS = 3
_RUNNERS = {
    Where.SIGNAL: "a signal handler",
    Where.FINALIZER: "a finalizer",
    Where.LOOP: "the event loop",
    Where.EXIT: "code at exit",
    Where.WORKER: "a worker thread",
}


def who_runs(clash: Clash) -> str:
    """Return who runs the two sides, for a message: `several threads run at once`."""
    one, two = clash.one, clash.two
    if one.number == two.number and one.runner is Runner.ROOT:
        return "several threads run at once"
    if Runner.ANYBODY in (one.runner, two.runner):
        return "several threads may run at once"
    if one.in_main or two.in_main:
        other = two if one.in_main else one
        return f"{_named(other)} and the main thread run at once"
    names = sorted({_named(one), _named(two)})
    if len(names) == 1 and clash.other.doer != clash.access.doer:
        return f"one thread runs while another is in '{clash.other.doer}'"
    return "two threads run at once" if len(names) == 1 else f"{names[0]} and {names[1]} run at once"


def _named(context: Context) -> str:
    return _RUNNERS.get(context.where, "a thread") if context.where is not None else "a thread"


def what_is_wrong(program: Program, clash: Clash) -> str:
    """Return what is wrong with the locks of the two sides, for a message: `without 'lock', which guards it on line 9`."""
    access, other = clash.access, clash.other
    guards = program.locks.labels(other.locks)
    if guards and not access.locks:
        place = other.fact.place
        where = f"line {place.span.line}" if place.path == access.fact.place.path else f"{place.path}:{place.span.line}"
        return f"without '{guards[0]}', which guards it on {where}{_how_often(clash)}"
    if access.locks:
        held = sorted(map(program.locks.label, access.locks))
        return f"under '{held[0]}', which the other side does not hold"
    return "without a lock"


def _how_often(clash: Clash) -> str:
    """Return the evidence that a lock is meant for a variable: ` (held at 5 of 6 other places)`."""
    if not isinstance(clash, Conflict) or clash.held is None or clash.held[1] < 2:
        return ""
    return f" (held at {clash.held[0]} of {clash.held[1]} other places)"


def past_the_lock(program: Program, breach: Breach) -> str:
    """Return which lock an access goes past, and how many others hold it, for a message."""
    lock = program.locks.label(breach.lock)
    return f"without '{lock}', which is held at {breach.guarded} of the {breach.places} places with it"


def race_report(
    program: Program, clash: Clash, message: str, remedy: Remedy | None = None, severity: Severity | None = None
) -> Report:
    """Return the report of a race at its unprotected side, with what both threads do."""
    return Report(
        clash.access.fact.place, message, _notes(program, clash), remedy, severity, _flows(program, clash)
    )


def _notes(program: Program, clash: Clash) -> tuple[Note, ...]:
    """Return the places that a person must look at: the other access, and how the threads come to the two."""
    access, other = clash.access, clash.other
    notes = []
    if other.fact != access.fact:
        guards = program.locks.labels(other.locks)
        under = f" under '{guards[0]}'" if guards else ""
        notes.append(Note(other.fact.place, f"{VERBS[other.kind]} in '{other.doer}'{under}"))
    for context, side in ((clash.one, access), (clash.two, other)):
        notes += _coming(program, side.function, context)
    taken = program.graph.lock_taken_by(access.function.owner)
    if clash.one.runner is clash.two.runner is Runner.ANYBODY and not (access.locks or other.locks) and taken is not None:
        notes.append(Note(taken.place, f"a lock of the class, '{program.locks.label(taken.lock)}', is taken here"))
    return tuple(dict.fromkeys(notes))


def how_it_is_reached(program: Program, function: FunctionFact) -> tuple[Note, ...]:
    """Return how a thread comes to a function, from where it is handed over or from what others call, if one is seen to."""
    contexts = in_order(program.contexts(function.key))
    context = next((one for one in contexts if one.root is not None), next(iter(contexts), None))
    return tuple(_coming(program, function, context)) if context is not None else ()


def _coming(program: Program, function: FunctionFact, context: Context) -> list[Note]:
    """Return the places through which a thread comes to a function."""
    way = [one.name for one in program.path(function.key, context)]
    if context.root is not None:
        through = f", and comes to '{function.name}' through '{way[0]}'" if len(way) > 1 else ""
        start = Note(context.root.place, f"handed to {_named(context)} here{through}")
        return [start, *_way(program, context, function)]
    if len(way) > 1:
        return _way(program, context, function)
    calls = [edge.fact for edge in program.graph.callers.get(function.key, ()) if _lets_in(edge)]
    places = sorted(call.place for call in calls if call.place is not None)
    return [_called(place, function) for place in places[:_MOST_CALLERS]]


def _lets_in(edge: CallEdge) -> bool:
    """Tell a call on the same object that keeps nobody else out."""
    return edge.receiver == "self" and edge.caller != edge.callee and not edge.fact.locks


def _flows(program: Program, clash: Clash) -> tuple[Steps, ...]:
    """Return what each of the two threads does, from where it is handed its function to the access."""
    flows = []
    for context, side in ((clash.one, clash.access), (clash.two, clash.other)):
        notes = []
        if context.root is not None:
            notes.append(Note(context.root.place, f"handed to {_named(context)} here"))
        notes += _way(program, context, side.function)
        held = sorted(map(program.locks.label, side.locks))
        under = f" under '{held[0]}'" if held else ""
        notes.append(Note(side.fact.place, f"'{side.fact.label}' is {VERBS[side.kind]} here{under}"))
        flows.append(Steps("the main thread" if context.in_main else _named(context), tuple(notes)))
    return tuple(flows)


def _way(program: Program, context: Context, function: FunctionFact) -> list[Note]:
    """Return the calls through which a thread comes to a function."""
    ways = program.way(function.key, context)
    return [_called(call.place, callee) for call, callee in ways if call.place is not None]


def _called(place: Place, function: FunctionFact) -> Note:
    caller = f"'{place.context}' calls" if place.context else "module code calls"
    return Note(place, f"{caller} '{function.name}' here")


def made_notes(program: Program, lock: str) -> tuple[Note, ...]:
    """Return the place where a lock is made that its holder can't take again, for a finding that an `RLock` might mend."""
    made = program.locks.made(lock)
    if made is None:
        return ()
    return (Note(made, f"'{program.locks.label(lock)}' is made here, and its holder can't take it again"),)
