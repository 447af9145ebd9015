"""What a module tells the program about itself: plain data, so that it can be cached and sent.

Functions, classes and locks go by keys, unique in the program: the path of their file and a name. What a module can only
name but doesn't define goes by a symbol, a dotted path in which `()` stands for what a call gives back.
"""

from __future__ import annotations

import msgspec

from conclint.draft import Place
from conclint.knowledge.schema import Domain, Primitive, Where
from conclint.model.binding import Given
from conclint.model.words import AccessKind, Base, Confinement, PhaseKind, Stake

PARAMETER = "="
"""Stands before a parameter where other names are keys of variables."""


class PhaseFact(msgspec.Struct, frozen=True):
    """What code has behind it: `name` is the key of a variable, or, of what was joined, of a creation site or class."""

    kind: PhaseKind
    name: str
    value: str = ""
    locks: tuple[str, ...] = ()


class AccessFact(msgspec.Struct, frozen=True):
    """An access of a variable.

    `locks` are surely held at it, by this function alone; `live` tells whether threads that this function has
    started may be running by then. `owner` is the key of the class for an attribute. `element` tells an access of what a
    container holds.
    """

    variable: str
    label: str
    kind: AccessKind
    place: Place
    locks: tuple[str, ...]
    live: bool
    base: Base = Base.GLOBAL
    element: bool = False
    acts_under: tuple[str, ...] = ()
    """Of what rests on a test: the locks that are held at the act or use, though not at the test."""
    constant: bool = False
    """A plain store of a flag: None, True, False or a number. A string names one state of several."""
    grows: bool = False
    """Adds to what a container holds, and takes nothing away."""
    takes: bool = False
    """A check-then-act that takes an element out where there is one."""
    of_list: bool = False
    """What is gone through or added to is a list."""
    returned: bool = False
    """A read whose value, a container, the function returns as it is."""
    confined: Confinement = Confinement.NONE
    """The thread to which the function keeps the access, by a test."""
    method: str = ""
    """The method that is called on the object which the variable holds, where that does not see to its own locking."""
    believes: bool = False
    """A read that raises when what a test has seen there, an object or an element, is gone meanwhile."""
    counts: bool = False
    """A check-then-act that keeps a number within a limit."""
    drains: bool = False
    """Reads out and then empties a container, in two steps."""
    voids: bool = False
    """Takes away what a test may have seen: stores None, or removes an element."""
    given: bool = False
    """A plain store of what the function was given, as it is or in another type."""
    of_some_key: bool = False
    """Of an element whose key is computed, so that others may mean other elements."""
    replaces: bool = False
    """A store of an element that is surely there already."""
    own_key: bool = False
    """One operation, of a constructor, on the element whose key is the new object's own."""
    stake: Stake = Stake.HARM
    """Of a check-then-act: what goes wrong when two threads act on the same test."""
    phases: tuple[PhaseFact, ...] = ()
    fills: bool = False
    """Of a check-then-act: it acts where there is nothing."""
    leans: bool = False
    """It goes on to use what it has put there."""
    value: str = ""
    """Of a variable that is set anew where a test says so: the code of what is stored, where that is the time."""
    key: str = ""
    """The parameter that is the key of the element, of what takes several steps."""
    number: str = ""
    """Of a read that passes the number of a process or open file on: "uses" it, or "ends" what it stands for."""


class PassedFact(msgspec.Struct, frozen=True):
    """An argument of a call that is a container or a lock: its variable, or the parameter that the caller has it from.

    `position` counts the arguments of the call; `name` is the parameter where the call says it. `lock` is its key as a lock.
    """

    position: int
    name: str
    variable: str
    label: str
    base: Base
    lock: str = ""


class ObjectFact(msgspec.Struct, frozen=True):
    """An argument that a constructor is given: an object of the class `cls`, by key or symbol, or else a parameter of the caller.

    `position` and `name` as in `PassedFact`; what is not known is left out.
    """

    position: int
    name: str
    cls: str


class CallFact(msgspec.Struct, frozen=True):
    """A call: `callee` is the key of a function or empty, `symbol` what it is in the words of another module.

    `receiver` is whose method is called, a value of `conclint.model.calls.Receiver`: "none", "self", "super", "fresh",
    "common", "captured", "part", "parameter" or "other".
    """

    callee: str
    locks: tuple[str, ...]
    live: bool
    symbol: str = ""
    receiver: str = "none"
    place: Place | None = None
    receiver_path: str = ""
    """The receiver's dotted name, as written."""
    conditional: bool = False
    """It depends on a test, a loop or an exception of the function whether it is made at all."""
    confined: Confinement = Confinement.NONE
    """The thread to which the function keeps the call, by a test."""
    phases: tuple[PhaseFact, ...] = ()
    nones: tuple[str, ...] = ()
    """The parameters for which it gives None."""
    passed: tuple[PassedFact, ...] = ()
    later: bool = False
    """It only makes a coroutine, for somebody else to run."""
    repeated: bool = False
    """Such a call stands in a loop, so there may be several of what it makes."""
    objects: tuple[ObjectFact, ...] = ()
    """The arguments of a call that makes an object, or that hands on those to a base class."""


class AcquireFact(msgspec.Struct, frozen=True):
    """A lock is taken while `held` are held on some path, and `surely` on each.

    `tried` acquires may fail at once, `timed` ones after a while; neither waits for ever.
    """

    lock: str
    held: tuple[str, ...]
    surely: tuple[str, ...]
    place: Place
    tried: bool = False
    timed: bool = False
    asks: bool = False
    """It depends on a test of what the function is given whether it takes the lock at all."""
    ordered: bool = False
    """The function puts objects in an order (`sorted`, `min`, `<`, `id`) before it takes their locks."""


class OperationFact(msgspec.Struct, frozen=True):
    """Something a function does to a primitive or to the whole process.

    `name` is the canonical name of what is called (`threading.Thread.join`, `os.chdir`), `word` the event that it is.
    `object` is the identity of the primitive as of a lock, `sites` the creation sites that it may be, both where
    known. `waits` is what it may wait for; `bounded` tells a timeout. The rest are facts about the function called.
    """

    word: str
    name: str
    place: Place
    locks: tuple[str, ...]
    live: bool
    label: str = ""
    kind: Primitive | None = None
    domain: Domain = Domain.THREAD
    object: str = ""
    sites: tuple[str, ...] = ()
    waits: str = ""
    bounded: bool = False
    releases: bool = False
    computed: bool = False
    """How long it waits is not written down where it does."""
    effect: str = ""
    main_thread_only: bool = False
    thread_safe: bool | None = None
    reentrant: bool | None = None
    coroutine: bool = False
    guarded: bool = False
    """The function has made sure that the main thread runs it, or is prepared for another."""
    threads: bool = False
    """Threads that the function has started in this process may be running."""
    start_method: str = ""
    """Of a spawn: the start method that the code settles, "undecided", or empty for the platform's default."""
    at_import: bool = False
    """Of a start: importing the module is enough to run it."""
    after_await: bool = False
    """The coroutine that does it may have awaited something before."""
    changed_by: str = ""
    """Of a walk through a container of the whole process: what other threads do that changes it."""
    through_loop: str = ""
    """The call that has the event loop do the same, where there is one (`model.through_loop`)."""
    for_good: bool = False
    """Of a setting of the whole process: the function does not take it back."""


class FunctionFact(msgspec.Struct, frozen=True):
    """A function: `name` as `__qualname__` spells it. `exported` ones may be called by code that is not to be seen.

    `assumed` are the locks that its contract says are held when it is called.
    """

    key: str
    name: str
    exported: bool
    accesses: tuple[AccessFact, ...] = ()
    calls: tuple[CallFact, ...] = ()
    acquires: tuple[AcquireFact, ...] = ()
    operations: tuple[OperationFact, ...] = ()
    owner: str = ""
    is_async: bool = False
    is_constructor: bool = False
    assumed: tuple[str, ...] = ()
    declares: bool = False
    """Its contract is declared in one of the forms of `conclint.contracts`, and not merely hinted at."""
    parameters: tuple[str, ...] = ()
    kinds: str | None = None
    """The kinds of the parameters (`model.binding`); None where a call by its name may meet another signature."""
    assumes_unknown: bool = False
    """Its contract says that a lock is held, but not which."""
    renews_locks: bool = False
    """It gives the object new locks, as only those do who know that nobody else has it."""
    asks_who_runs: bool = False
    """It asks which thread or loop runs it, so it may be prepared for either."""
    is_stub: bool = False
    """It does nothing itself: who calls it on some object means what a derived class has in its place."""
    given: tuple[AccessFact, ...] = ()
    """What it does to containers that it, or a function around it, was given: the variable is the key of a parameter."""
    defined_if: tuple[tuple[str, bool], ...] = ()
    """The conditions, as paths know them, and how they must come out for it to be defined."""


class ClassFact(msgspec.Struct, frozen=True):
    """A class: `bases` are keys or symbols in order, `methods` name -> key of the function.

    `attributes` are all names that are ever stored on it or its objects; `locks` those that hold a lock.
    """

    key: str
    name: str
    bases: tuple[str, ...] = ()
    methods: dict[str, str] = {}
    attributes: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    of_window: bool = False
    """Its objects belong to the thread of the window (Qt, tkinter ...), whatever locks they have."""
    given: dict[str, str] = {}
    """The attributes that hold what the constructor is given, each with its parameter."""


class RootFact(msgspec.Struct, frozen=True, cache_hash=True):
    """A function that another thread, process or handler runs, and where it is handed over.

    `function` is its key, or else `symbol` names it. Roots with the same `lane` never run at the same time: they share
    an executor with one worker. `shares_object` tells whether the runs of a bound method are of one and the same object.
    `sites` are the creation sites of the threads, processes or timers. `made_in` is the key of the function that hands it over.
    """

    function: str
    where: Where
    domain: Domain
    many: bool
    place: Place
    lane: str = ""
    apart: tuple[int, ...] = ()
    """The positions, among the module's roots, of those that are never running while this one is."""
    symbol: str = ""
    shares_object: bool = True
    sites: tuple[str, ...] = ()
    made_in: str = ""
    daemon: bool = False
    object: str = ""
    """The name of the object whose method it is: of a local, with ":" in front, or of an attribute of `self`."""
    awaited: bool = False
    """The coroutine that hands it over waits for it on the spot."""
    passed: tuple[PassedFact, ...] = ()
    pool: str = ""
    """The identity, as of a lock, of the pool that it is handed to."""
    blocks: bool = False
    """Who hands it over waits on the spot until it has ended."""
    outlasts: bool = True
    """It may still be running when code at exit runs: nothing shows that the program's end waits for it first."""
    anew: tuple[str, ...] = ()
    """The arguments that are others in each run, by position or by the name of the parameter."""


class HandoverFact(msgspec.Struct, frozen=True):
    """At `place`, `taker` is given something of another module to run, which `symbol` names, with its arguments."""

    place: Place
    taker: str
    symbol: str
    given: Given


class MisfitFact(msgspec.Struct, frozen=True):
    """At `place`, `taker` is given arguments for the function `name` that it can't be called with, for a `problem`."""

    place: Place
    taker: str
    name: str
    problem: str
    definition: Place | None = None


class LockFact(msgspec.Struct, frozen=True):
    """A lock: `owner` is the key of the class that has it as `attribute`, `symbol` names one of another module."""

    key: str
    label: str
    kind: Primitive | None
    reentrant: bool
    domain: Domain = Domain.THREAD
    owner: str = ""
    attribute: str = ""
    symbol: str = ""
    own: bool = False
    """Each object has one of its own: the attribute is only ever bound to a new lock."""
    of_self: bool = False
    """It belongs to the object whose method names it."""
    handed_on: bool = False
    """It is a local that the function gives to others, who may release it."""
    parameter: bool = False
    """It is only known as a parameter of a function."""
    made: Place | None = None
    """Where it is made, if that is one place."""


class ModuleSummary(msgspec.Struct, frozen=True):
    """All that program rules see of a module.

    `name` is the dotted name under which it is imported. `exports` maps its module-level names to keys and symbols,
    `stars` are the modules it imports everything from.
    """

    path: str
    name: str = ""
    functions: tuple[FunctionFact, ...] = ()
    classes: tuple[ClassFact, ...] = ()
    roots: tuple[RootFact, ...] = ()
    locks: tuple[LockFact, ...] = ()
    exports: dict[str, str] = {}
    stars: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    """The names, of modules or of what they define, that are imported anywhere in it."""
    guards: dict[str, str] = {}
    """Variable -> the lock that is declared to guard it."""
    handovers: tuple[HandoverFact, ...] = ()
    misfits: tuple[MisfitFact, ...] = ()
