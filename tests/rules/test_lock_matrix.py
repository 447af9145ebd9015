"""Every mistake with every kind of lock by every means: which cells fail, which are right, and why.

The shape is lockdep's (linux, lib/locking-selftest.c): programs are generated, and each cell states its verdict.
"""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Callable, Iterator

import pytest

from conclint.packs import installed_rules
from conclint.testing import lint

CODES = frozenset(f"CON{number}" for number in (*range(201, 218), 701)) - {"CON209", "CON208"}
RULES = [rule for rule in installed_rules() if rule.code in CODES]


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of lock; `make` is the call that makes one."""

    make: str
    reentrant: bool = False
    semaphore: bool = False
    told: bool = False  # it has a method `locked` in every version of Python

    @property
    def asyncio(self) -> bool:
        return self.make.startswith("asyncio.")

    @property
    def name(self) -> str:
        return self.make.removesuffix("()").removesuffix("(1)")


KINDS = (
    Kind("threading.Lock()", told=True),
    Kind("threading.RLock()", reentrant=True),
    Kind("threading.Condition()", reentrant=True),
    Kind("threading.Condition(threading.Lock())"),
    Kind("threading.Semaphore(1)", semaphore=True),
    Kind("threading.BoundedSemaphore(1)", semaphore=True),
    Kind("multiprocessing.Lock()"),
    Kind("multiprocessing.RLock()", reentrant=True),
    Kind("multiprocessing.Condition()", reentrant=True),
    Kind("multiprocessing.Semaphore(1)", semaphore=True),
    Kind("multiprocessing.BoundedSemaphore(1)", semaphore=True),
    Kind("asyncio.Lock()", told=True),
    Kind("asyncio.Condition()"),
    Kind("asyncio.Semaphore(1)", semaphore=True),
    Kind("asyncio.BoundedSemaphore(1)", semaphore=True),
)

# BODY is what is done under the lock; AWAIT and ASYNC stand for the words that asyncio needs.
MEANS = {
    "with": """
        ASYNC with lock:
            BODY
    """,
    "acquire and release": """
        AWAIT lock.acquire()
        BODY
        lock.release()
    """,
    "try finally": """
        AWAIT lock.acquire()
        try:
            BODY
        finally:
            lock.release()
    """,
    "ExitStack": """
        ASYNC with contextlib.STACK() as stack:
            AWAIT stack.ENTER(lock)
            BODY
    """,
    "helper functions": """
        AWAIT take()
        BODY
        give()
    """,
    "a context manager": """
        ASYNC with holding():
            BODY
    """,
    "a decorator": """
        @locked
        ASYNC def inner():
            BODY
        AWAIT inner()
    """,
}
HELPERS = {
    "helper functions": """
        ASYNC def take():
            AWAIT lock.acquire()
        def give():
            lock.release()
    """,
    "a context manager": """
        @contextlib.MANAGER
        ASYNC def holding():
            ASYNC with lock:
                yield
    """,
    "a decorator": """
        def locked(function):
            ASYNC def wrapper():
                ASYNC with lock:
                    return AWAIT function()
            return wrapper
    """,
}
PLAIN = "acquire and release"


@dataclasses.dataclass(frozen=True)
class Cell:
    """A program, the codes that it deserves, and the reason."""

    kind: Kind
    means: str
    scenario: str
    text: str
    codes: frozenset[str]
    why: str

    def __str__(self) -> str:
        return f"{self.scenario} | {self.kind.name} | {self.means}"


def filled(text: str, **parts: str) -> str:
    """Return `text` with each word replaced by a text of several lines, indented as the word is."""
    lines = []
    for given in textwrap.dedent(text).strip("\n").split("\n"):
        line = given
        margin = line[: len(line) - len(line.lstrip())]
        for word, part in parts.items():
            line = line.replace(word, textwrap.indent(textwrap.dedent(part).strip(), margin).lstrip())
        lines.append(line)
    return "\n".join(lines)


def spelt(text: str, *, asynchronous: bool) -> str:
    """Return a text with the words that stand for what asyncio needs."""
    words = {
        "ASYNC ": ("", "async "),
        "AWAIT ": ("", "await "),
        "STACK": ("ExitStack", "AsyncExitStack"),
        "ENTER": ("enter_context", "enter_async_context"),
        "MANAGER": ("contextmanager", "asynccontextmanager"),
    }
    for word, (plain, asyncio) in words.items():
        text = text.replace(word, asyncio if asynchronous else plain)
    return text


PROGRAM = """
    import asyncio, contextlib, multiprocessing, threading
    items = []
    lock = MAKE
    HELPER
    ASYNC def f(x):
        CODE
"""


def program(kind: Kind, means: str, body: str, *, around: str = "CODE") -> str:
    """Return a module in which a function does `body` under a lock, itself set into `around`."""
    code = filled(around, CODE=filled(MEANS[means], BODY=body))
    text = filled(PROGRAM, MAKE=kind.make, HELPER=HELPERS.get(means, "pass"), CODE=code)
    return spelt(text, asynchronous=kind.asyncio)


Verdict = tuple[str, str, str]
"""The program's text, the codes it deserves, and the reason."""
Scenario = Callable[[Kind, str], "Verdict | None"]


def nothing_can_fail(kind: Kind, means: str) -> Verdict:
    return program(kind, means, "y = x"), "", "an assignment raises nothing and goes nowhere"


def body_may_raise(kind: Kind, means: str) -> Verdict:
    text = program(kind, means, "work(x)")
    if means in (PLAIN, "helper functions"):
        return text, "CON202", "when 'work' raises, nobody releases"
    return text, "", "the lock is given back whatever happens"


def early_return(kind: Kind, means: str) -> Verdict:
    text = program(kind, means, "if x:\n    return")
    if means in (PLAIN, "helper functions"):
        return text, "CON201", "the return jumps over the release"
    return text, "", "the lock is given back on the way out"


def taken_twice(kind: Kind, means: str) -> Verdict | None:
    if means == "helper functions":
        return None  # what they leave taken is composed by the program's own tests
    text = program(kind, means, "ASYNC with lock:\n    y = x")
    cancelled = "CON202 " if kind.asyncio and means == PLAIN else ""  # while it waits inside
    if kind.semaphore:
        return text, cancelled, "a semaphore has as many permits as it is made with; how many is not counted"
    if kind.reentrant:
        return text, cancelled, "its holder may take it again"
    return text, f"{cancelled}CON207", "the holder waits for itself"


def released_twice(kind: Kind, means: str) -> Verdict | None:
    if means in HELPERS:
        return None
    text = program(kind, means, "y = x", around="CODE\nlock.release()")
    if kind.semaphore:
        return text, "", "a permit may be given by anybody"
    return text, "CON217", "nobody holds it any more"


def released_inside(kind: Kind, means: str) -> Verdict | None:
    if means != "with":
        return None
    text = program(kind, means, "if x:\n    lock.release()\n    return")
    return (text, "", "permits are not owned") if kind.semaphore else (text, "CON217", "'with' releases it again")


def acquired_inside_try(kind: Kind, means: str) -> Verdict | None:
    if means != "try finally":
        return None
    code = "try:\n    AWAIT lock.acquire()\n    y = x\nfinally:\n    lock.release()"
    text = spelt(filled(PROGRAM, MAKE=kind.make, HELPER="pass", CODE=code), asynchronous=kind.asyncio)
    return text, "CON203", "an acquire that is broken off is released all the same"


def limit_ignored(kind: Kind, means: str) -> Verdict | None:
    if kind.asyncio or means not in (PLAIN, "try finally"):
        return None  # asyncio's acquire knows no limit, and only acquire has one
    text = program(kind, means, "y = work(x)").replace("lock.acquire()", "lock.acquire(timeout=1)")
    return text, "CON210", "False is not heard, and the rest runs without the lock"


def limit_heard(kind: Kind, means: str) -> Verdict | None:
    if kind.asyncio or means != "try finally":
        return None
    text = program(kind, means, "y = work(x)")
    return text.replace("lock.acquire()", "if not lock.acquire(timeout=1): return"), "", "the answer decides"


def asked_first(kind: Kind, means: str) -> Verdict | None:
    if not kind.told or means in HELPERS or means == "ExitStack":
        return None  # the others have no locked(), or not everywhere
    text = program(kind, means, "y = x", around="if not lock.locked():\n    CODE")
    if kind.asyncio:
        return text, "", "nothing comes between question and acquire on an event loop"
    return text, "CON211", "another thread may come in between"


def made_per_call(kind: Kind, means: str) -> Verdict | None:
    if means in HELPERS:
        return None
    text = program(kind, means, "items.append(x)", around=f"lock = {kind.make}\nCODE")
    return text, "CON206", "each call has one of its own"


def awaited_under(kind: Kind, means: str) -> Verdict | None:
    if kind.asyncio or means in ("helper functions", "ExitStack", "a decorator"):
        return None
    helper = HELPERS.get(means, "pass")
    code = filled(MEANS[means], BODY="await work(x)")
    text = spelt(filled(PROGRAM, MAKE=kind.make, HELPER=helper, CODE=code), asynchronous=False).replace("def f", "async def f")
    both = "CON202 CON701" if means == PLAIN else "CON701"
    return text, both, "other coroutines run on this thread, and wait for it with the lock they need"


def awaited_under_its_own(kind: Kind, means: str) -> Verdict | None:
    if not kind.asyncio:
        return None
    text = program(kind, means, "await work(x)")
    codes = "CON202" if means in (PLAIN, "helper functions") else ""
    return text, codes, "a lock of the event loop is there to be held over an await"


def made_on_the_spot(kind: Kind, means: str) -> Verdict | None:
    if means != "with":
        return None
    code = f"ASYNC with {kind.make}:\n    y = x"
    text = spelt(filled(PROGRAM, MAKE=kind.make, HELPER="pass", CODE=code), asynchronous=kind.asyncio)
    if "Condition(" in kind.make and not kind.make.endswith("Condition()"):
        return text, "", "a condition locks with the lock that it is given"
    return text, "CON205", "nobody else can have it"


def acquire_entered(kind: Kind, means: str) -> Verdict | None:
    if means != "with" or kind.asyncio:
        return None  # 'async with' refuses a coroutine by itself
    return program(kind, means, "y = x").replace("with lock:", "with lock.acquire():"), "CON204", "a bool is entered"


def replaced(kind: Kind, means: str) -> Verdict | None:
    if means != "with":
        return None
    text = program(kind, means, "y = x") + f"\n\ndef reset():\n    global lock\n    lock = {kind.make}\n"
    if kind.asyncio:
        return text, "", "a lock of an event loop may be renewed with the loop"
    return text, "CON212", "a thread may be inside, under the old one"


def given_to_a_process(kind: Kind, means: str) -> Verdict | None:
    if means != "with":
        return None
    text = program(kind, means, "y = x") + "\n\ndef start():\n    multiprocessing.Process(target=f, args=(lock,)).start()\n"
    if kind.make.startswith("multiprocessing."):
        return text, "", "it works between processes"
    return text, "CON213", "the process gets a copy"


SCENARIOS: tuple[Scenario, ...] = (
    nothing_can_fail,
    body_may_raise,
    early_return,
    taken_twice,
    released_twice,
    released_inside,
    acquired_inside_try,
    limit_ignored,
    limit_heard,
    asked_first,
    made_per_call,
    awaited_under,
    awaited_under_its_own,
    made_on_the_spot,
    acquire_entered,
    replaced,
    given_to_a_process,
)


def cells() -> Iterator[Cell]:
    for scenario in SCENARIOS:
        for kind in KINDS:
            for means in MEANS:
                verdict = scenario(kind, means)
                if verdict is not None:
                    text, codes, why = verdict
                    yield Cell(kind, means, scenario.__name__, text, frozenset(codes.split()), why)


@pytest.mark.parametrize("cell", tuple(cells()), ids=str)
def test_cell(cell: Cell) -> None:
    compile(cell.text, "cell.py", "exec")
    found = {finding.code for finding in lint(cell.text, RULES)}
    assert found == cell.codes, f"{cell.why}\n\n{cell.text}"


def test_the_matrix_is_full() -> None:
    """Each scenario has cells, and each kind and means has cells that fail and cells that are right."""
    found = list(cells())
    assert {cell.scenario for cell in found} == {scenario.__name__ for scenario in SCENARIOS}
    for kind in KINDS:
        verdicts = {bool(cell.codes) for cell in found if cell.kind is kind}
        assert verdicts == {True, False}
