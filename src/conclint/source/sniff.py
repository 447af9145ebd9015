"""Does a text handle concurrency at all? Decided from the text, so that other files are never parsed.

No file that imports one of the modules is left out, however the import is spelled: on any line, in a list, after a
semicolon, over continued lines, through `importlib.import_module("threading")` or `__import__`. Some files are
let through that only look as if they did. Words are searched for first, which settles most files at the speed
of memory; only where one stands are the imports looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conclint.source.source import Source

CORE = ("threading", "_thread", "multiprocessing", "concurrent", "queue", "socketserver")
"""Modules of the standard library for threads and processes: what imports one is worth reading."""

BORDER = ("asyncio", "subprocess", "signal")
"""Modules where concurrency shows at the border only: what imports nothing else is worth reading where it does more with them
than run a command or catch a signal's number, and a rule finds one of its own words there."""

_AT_THE_BORDER = {
    "async": r"async(?<!\wasync)(?!\w)",
    "signal(": r"signal(?<!\wsignal)(?=\()",
    "lock": r"lock(?:(?<![^\W_]lock)|(?<=rlock)(?<![^\W_]rlock))s?(?!\w)",
    **{
        ending: rf"{ending}(?!\w)"
        for ending in (
            *("Lock", "mutex", "acquire", "Thread", "Executor", "coroutine", "fork", "preexec_fn", "Protocol"),
            *("create_task", "ensure_future", "to_thread", "run_in_executor", "threadsafe", "_signal_handler"),
            *("set_wakeup_fd", "call_soon", "call_later", "call_at", "add_reader", "add_writer", "add_callback"),
            "add_done_callback",
        )
    },
}
"""What stands where coroutines, an event loop's callbacks, signal handlers, forks, threads or locks that came from elsewhere are
the matter: parts of words, and the words. Each by itself is found many times faster than any of them is."""

_PIPE, _WAITS_FOR_CHILD = "PIPE", ("wait", "poll(", "call(")
"""And where a child may be stuck in its output."""

NAMES = ("os.fork", "forkpty", "ThreadingHTTPServer", "ThreadingMixIn", "QueueListener", "notify_all")
"""Names that start threads or processes and are reached through modules with mostly other uses; and what is called on a
condition, which may have been handed in."""

SHARING = ("ContextDecorator", "with self:")
"""What stands where an object serves every call of the functions that it decorates, whoever runs the threads: worth reading
where a rule finds one of its own words there."""

WEAK = "WeakValueDictionary"
"""A mapping out of which other threads and the garbage collector take objects: a file that asks one what it has, `key in cache`,
is worth reading where a rule finds one of its own words there."""

WALKED = "sys.modules"
"""A container of the whole process. A file that goes through it is worth reading, whatever it imports."""

WELL_KNOWN = (
    *("Thread", "Timer", "Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "Event", "Barrier"),
    *(
        "Process",
        "Pool",
        "ThreadPool",
        "ThreadPoolExecutor",
        "ProcessPoolExecutor",
        "Manager",
        "Pipe",
        "Popen",
    ),
    *("Queue", "SimpleQueue", "LifoQueue", "PriorityQueue", "JoinableQueue", "mp", "start_new_thread"),
    *("acquire", "release", "notify", "notify_all", "notifyAll", "apply_async", "map_async", "submit"),
    *("run_in_executor", "to_thread", "create_task", "run_coroutine_threadsafe", "call_soon_threadsafe"),
)
"""Words that show a fragment without imports to be about concurrency."""

# The module after `from`, or all from `import` to the end of the logical line, or the argument of a function that
# imports; a longer word that ends with `import` imports nothing itself. Each way on is told by one character and
# nothing long has to follow, so the time is linear in the text, whatever stands there.
_FROM = re.compile(r"from(?:[^\S\r\n]|\\(?:\r\n|[\r\n]))+[\w.]+")
_IMPORT = re.compile(
    r"""
    import (?:
        (?<!\wimport) (?=[\s\\]) (?: [^\r\n\\(]+ | \\(?:\r\n|[\s\S]) | \( (?: [^)#]+ | \#[^\r\n]* )* \)? )*
      | \w{0,40} \s* \( \s* [rRuUbB]? ["'] [\w.]+
    )
    """,
    re.VERBOSE,
)


_WALK = re.compile(
    r"""
    \bfor \s+ \(?\w+ (?: \s*,\s* \w+ )? \)? \s+ in \s+ sys\.modules \b (?!\.copy)
  | \b(?:list|tuple|dict|set|sorted)\( \s* sys\.modules\.items\(
    """,
    re.VERBOSE,
)

_ASKED = re.compile(r"\bin\s+([\w.]+)")
_BOUND = re.compile(r"\b(\w+)\s*[:=]")
_NEAR = 160


class Sniff:
    """What must stand in a text for it to be worth reading.

    `needles` holds those of each rule that is on, an empty tuple for a rule that wants every file that handles
    threads or processes; without `needles` every file counts that imports one of `CORE` or `BORDER`. `modules`
    are top-level modules that count like those of `CORE`, `names` words that count in fragments.
    """

    def __init__(
        self,
        needles: Iterable[tuple[str, ...]] | None = None,
        modules: Iterable[str] = (),
        names: Iterable[str] = (),
    ) -> None:
        self._modules = (*CORE, *BORDER, *modules)
        self._core, self._wide = _modules((*CORE, *modules)), _modules(self._modules)
        self._names = _words(NAMES)
        self._fragment = _words((*self._modules, *NAMES, *WELL_KNOWN, *names))
        self._everything = needles is None
        wanted = [tuple(words) for words in needles or ()]
        self._all_core = not all(wanted)
        self._needles = tuple(dict.fromkeys(word for words in wanted for word in words))

    def wants(self, source: Source) -> bool:
        """Tell whether a rule may have something to say about `source`."""
        return self.wants_fragment(source.text) if source.fragment else self.wants_text(source.text)

    def wants_text(self, text: str) -> bool:
        """Tell whether a rule may have something to say about a module of this text."""
        core, concurrent = self._looked_at(text)
        if not concurrent:
            return False
        if self._everything or (core and self._all_core):
            return True
        if not core and not _is_telling(text):
            return False
        return any(word in text for word in self._needles)

    def wants_fragment(self, text: str) -> bool:
        """Tell the same of a piece of a document, whose imports may stand elsewhere."""
        return self._fragment.search(text) is not None

    def _looked_at(self, text: str) -> tuple[bool, bool]:
        """Tell whether the text is about threads or processes, and whether it is about concurrency at all."""
        imports = "\n".join(imports_in(text))
        wide = self._wide.search(imports) is not None
        if wide and self._core.search(imports):
            return True, True
        if any(name in text for name in NAMES) and self._names.search(text):
            return True, True
        if WALKED in text and _WALK.search(text):
            return True, True
        return False, wide or _has_shared_objects(text)


def _is_telling(text: str) -> bool:
    """Tell whether a module that imports nothing but modules of `BORDER` does more than run a command and name a signal."""
    if any(part in text and re.search(word, text) for part, word in _AT_THE_BORDER.items()) or _has_shared_objects(text):
        return True
    return _PIPE in text and any(word in text for word in _WAITS_FOR_CHILD)


def _has_shared_objects(text: str) -> bool:
    """Tell whether a text has objects that others meet without any import: decorators, the values of weak mappings."""
    return any(words in text for words in SHARING) or (WEAK in text and _asks_a_weak_mapping(text))


def is_concurrent(text: str) -> bool:
    """Tell whether a module of this text imports, or seems to import, a module for concurrency."""
    return _ANY.wants_text(text)


def is_concurrent_fragment(text: str) -> bool:
    """Tell whether a piece of a document seems to handle concurrency, whatever it imports."""
    return _ANY.wants_fragment(text)


def imports_in(text: str) -> list[str]:
    """Return what looks like an import in a text, in order; of `from a import b` that is `from a` and `import b`."""
    found: list[str] = []
    end = 0
    # what begins with one certain word is found many times faster than what begins with either of two
    for match in sorted((*_FROM.finditer(text), *_IMPORT.finditer(text)), key=re.Match.start):
        if match.start() >= end:
            found.append(match[0])
            end = match.end()
    return found


def _asks_a_weak_mapping(text: str) -> bool:
    """Tell whether a variable to which a weak mapping is bound, or one that is bound just before, stands behind an `in`."""
    asked = {name.rpartition(".")[2] for name in _ASKED.findall(text)}
    made = (match.start() for match in re.finditer(WEAK, text))
    return any(not asked.isdisjoint(_BOUND.findall(text, max(0, at - _NEAR), at)) for at in made)


def _modules(names: Iterable[str]) -> re.Pattern[str]:
    """Match one of the names, not within a longer word and not as a later part of something dotted."""
    return re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, dict.fromkeys(names)))})(?!\w)")


def _words(words: Iterable[str]) -> re.Pattern[str]:
    """Match one of the words, not within a longer word."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, dict.fromkeys(words)))})(?!\w)")


_ANY = Sniff()
