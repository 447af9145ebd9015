"""Words of the model that rules compare with: no more than enumerations, so that loading a rule costs nothing."""

from __future__ import annotations

import enum

from conclint.knowledge.words import Primitive


class AccessKind(enum.Enum):
    """What is done to shared state.

    A plain store or load is atomic with and without the GIL, and so is one operation of a built-in container (Python
    FAQ, "What kinds of global value mutation are thread-safe?"). A read-modify-write is not; one that calls something
    between the read and the write loses updates on every CPython, a bare one up to 3.9 and on free-threaded builds.
    """

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

    READ = "read"
    STORE = "store"
    MUTATE = "mutate"  # one operation that changes a container: append, d[k] = v, del d[k]
    ITERATE = "iterate"  # a loop over a container, which somebody may change meanwhile
    UPDATE = "update"  # read, changed and written back
    UPDATE_WITH_CALL = "update with call"
    CHECK_THEN_ACT = "check then act"  # a test, and a write or removal that believes it

    @property
    def writes(self) -> bool:
        """Others may see a change afterwards."""
        return self not in (AccessKind.READ, AccessKind.ITERATE)

    @property
    def updates(self) -> bool:
        """The new value is computed from the old one."""
        return self in (AccessKind.UPDATE, AccessKind.UPDATE_WITH_CALL)

    @property
    def compound(self) -> bool:
        """It takes several steps, between which another thread may run."""
        return self not in (AccessKind.READ, AccessKind.STORE, AccessKind.MUTATE)


class Base(enum.Enum):
    """Whose variable is accessed, as seen from the function that does it."""

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

    GLOBAL = "global"  # a module's
    CLASS = "class"  # the class's own, shared by all objects
    SELF = "self"  # the object's that the method is bound to
    COMMON = "common"  # that of an object which a global or an enclosing function's variable holds
    OTHER = "other"  # some object's that is not seen to be made here
    CAPTURED = "captured"  # a local of an enclosing function
    PARAMETER = "parameter"  # what a function was given, under its own name for it

    @property
    def is_attribute(self) -> bool:
        """An object's or a class's."""
        return self in (Base.CLASS, Base.SELF, Base.COMMON, Base.OTHER)


class Stake(enum.Enum):
    """What goes wrong when two threads pass the same test and both act on it."""

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

    NOTHING = "nothing"  # both set the same flag
    REFILL = "refill"  # both store what is the same for everybody, but perhaps over what a third has stored
    HARM = "harm"  # the second act raises, or takes the place of what somebody has already


class PhaseKind(enum.Enum):
    """What code has surely behind it."""

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

    JOINED = "joined"  # threads have been joined
    STORED = "stored"  # a variable was given a value
    IS = "is"  # a test has found that it has it
    IS_NOT = "is not"


class Confinement(enum.Enum):
    """To which thread code keeps by a test of its own."""

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

    NONE = ""
    MAIN = "main"
    OWNER = "owner"  # the one that some variable names


FOR_LOOP_ONLY = {
    Primitive.EVENT_LOOP: frozenset({"submit", "shutdown"}),
    Primitive.TASK: frozenset({"set", "cancel", "callback"}),
    Primitive.FUTURE: frozenset({"set", "cancel", "callback"}),
    Primitive.TASK_GROUP: frozenset({"submit"}),
    Primitive.QUEUE: frozenset({"put", "get", "task_done", "shutdown"}),
    Primitive.EVENT: frozenset({"set"}),
    Primitive.LOCK: frozenset({"release"}),
    Primitive.SEMAPHORE: frozenset({"release"}),
    Primitive.CONDITION: frozenset({"notify", "notify_all", "release"}),
}
"""What wakes tasks or changes a loop's own lists ("Concurrency and Multithreading" in the documentation of asyncio)."""

# One operation each, which the GIL or, without it, the container's own lock makes atomic (Python FAQ, "What kinds of
# global value mutation are thread-safe?").
CHANGING = frozenset({
    "add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop", "popitem", "popleft",
    "remove", "reverse", "rotate", "setdefault", "sort", "update", "move_to_end", "difference_update",
    "intersection_update", "symmetric_difference_update", "subtract",
})  # fmt: skip
