"""The real objects behind qualified names, and their real signatures: what facts are held against."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import importlib.util
import inspect
import multiprocessing
import multiprocessing.pool
import queue
import re
import select
import sys
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from conclint.knowledge import load, standard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conclint.knowledge.schema import Deprecated, Library, Parameter

HERE = sys.version_info[:2]

with contextlib.suppress(ImportError):  # Django and what builds on it can only be imported with settings
    importlib.import_module("django.conf").settings.configure()


def new_enough(since: str | None) -> bool:
    """Tell whether this Python has what came with version `since`."""
    return since is None or tuple(int(part) for part in since.split(".")) <= HERE


def is_gone(deprecated: Deprecated | None) -> bool:
    """Tell whether this Python has dropped a name."""
    return deprecated is not None and deprecated.removed is not None and new_enough(deprecated.removed)


@functools.cache
def real(name: str) -> Any:
    """Return the object with this qualified name. Raises `LookupError` when there is none."""
    first, *rest = name.split(".")
    try:
        found = importlib.import_module(first)
        at = first
        for part in rest:
            at = f"{at}.{part}"
            # A package may give the name of a submodule to a function: dask.delayed.
            found = getattr(found, part) if hasattr(found, part) else importlib.import_module(at)
    except Exception as problem:  # a module for another platform can fail in any way
        raise LookupError(name) from problem
    return found


def is_missing(name: str) -> bool:
    """Tell whether no object has this qualified name here."""
    try:
        real(name)
    except LookupError:
        return True
    return False


def is_exception(name: str) -> bool:
    found = real(name) if "." in name else real(f"builtins.{name}")
    return inspect.isclass(found) and issubclass(found, BaseException)


# Functions that make a primitive: the methods are those of what they make.
_MADE: dict[str, Callable[[], Any]] = {
    "multiprocessing.Pool": lambda: multiprocessing.pool.Pool,
    "multiprocessing.Lock": multiprocessing.Lock,
    "multiprocessing.RLock": multiprocessing.RLock,
    "multiprocessing.Semaphore": multiprocessing.Semaphore,
    "multiprocessing.BoundedSemaphore": multiprocessing.BoundedSemaphore,
    "multiprocessing.Condition": multiprocessing.Condition,
    "multiprocessing.Event": multiprocessing.Event,
    "multiprocessing.Barrier": lambda: multiprocessing.Barrier(2),
    "multiprocessing.Queue": multiprocessing.Queue,
    "multiprocessing.JoinableQueue": multiprocessing.JoinableQueue,
    "multiprocessing.SimpleQueue": multiprocessing.SimpleQueue,
    "multiprocessing.Value": lambda: multiprocessing.Value("i", 0),
    "multiprocessing.Array": lambda: multiprocessing.Array("i", 2),
    "multiprocessing.RawValue": lambda: multiprocessing.RawValue("i", 0),
    "multiprocessing.RawArray": lambda: multiprocessing.RawArray("i", 2),
    "multiprocessing.context.BaseContext": multiprocessing.get_context,
    "asyncio.Condition": asyncio.Condition,
    "threading.Condition": lambda: threading.Condition(real("threading.Lock")()),
    "threading.Lock": lambda: real("threading.Lock")(),
    "threading.RLock": lambda: real("threading.RLock")(),
    "select.poll": select.poll,
}
# Proxies that are generated: their methods take what the class in the server takes.
_BEHIND_PROXY = {"Queue": queue.Queue, "JoinableQueue": queue.Queue, "Pool": multiprocessing.pool.Pool}
_MANAGER = "multiprocessing.managers.SyncManager"


def constructor(name: str) -> Any:
    """Return what is called to make the primitive that is described as `name`."""
    owner, _, method = name.rpartition(".")
    if owner == _MANAGER:
        return real(owner)._registry[method][0]
    return real(name)


def owner_of_methods(name: str) -> Any:
    """Return a class or an object with the methods of the type that is described as `name`."""
    owner, _, method = name.rpartition(".")
    if owner == _MANAGER:
        return _BEHIND_PROXY.get(method) or real(owner)._registry[method][3]
    if name in _MADE:
        return _MADE[name]()
    found = real(name)
    if inspect.isclass(found):
        return found
    described = standard().type(name)
    assert described is not None
    assert described.base is not None, f"{name}: no class, no base and no sample to hold it against"
    return owner_of_methods(described.base)


class Signature(NamedTuple):
    """Parameters without `self`; `loose` when only a docstring tells them, so their kinds are unknown."""

    names: tuple[str, ...]
    positional: int
    keywords: frozenset[str]
    rest_at: int | None
    other_keywords: bool
    loose: bool = False

    def takes(self, parameter: Parameter) -> bool:
        if parameter.rest:
            if parameter.position is None:
                return self.other_keywords
            return self.rest_at is not None and self.rest_at <= parameter.position
        by_position = parameter.position is None or (
            self.rest_at is not None and self.rest_at <= parameter.position
            if parameter.position >= self.positional
            else parameter.name is None or self.names[parameter.position] == parameter.name
        )
        by_name = parameter.name is None or parameter.name in self.keywords or self.other_keywords
        return by_position and by_name


def signature(called: Any, *, of_class: bool) -> Signature | None:
    """Return the signature; `of_class` drops `self`. None where Python itself can't tell."""
    try:
        parameters = list(inspect.signature(called).parameters.values())
    except ValueError:
        return _documented(called)
    if of_class:
        parameters = parameters[1:]
    kinds = inspect.Parameter
    positional = [p for p in parameters if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
    return Signature(
        names=tuple(p.name for p in positional),
        positional=len(positional),
        keywords=frozenset(
            p.name for p in parameters if p.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)
        ),
        rest_at=len(positional) if any(p.kind is kinds.VAR_POSITIONAL for p in parameters) else None,
        other_keywords=any(p.kind is kinds.VAR_KEYWORD for p in parameters),
    )


def _documented(called: Any) -> Signature | None:
    """Read `acquire(blocking=True, timeout=-1) -> bool` out of a docstring of a function written in C."""
    found = re.search(rf"\b{re.escape(called.__name__)}\((.*?)\)", called.__doc__ or "")
    if found is None:
        return None
    written = re.sub(r"[\[\]\s]", "", found[1])
    names = [part.partition("=")[0] for part in written.split(",") if part and part not in ("/", "*")]
    plain = tuple(name for name in names if not name.startswith("*"))
    return Signature(
        names=plain,
        positional=len(plain),
        keywords=frozenset(plain),
        rest_at=len(plain) if any(re.fullmatch(r"\*\w+", name) for name in names) else None,
        other_keywords=any(name.startswith("**") for name in names),
        loose=True,
    )


def stdlib() -> Iterator[tuple[str, Library]]:
    """Yield the facts about each root of the standard library."""
    for root, path in load.files().items():
        if path.parent.name == "stdlib":
            yield root, _read(root)


def installed() -> Iterator[tuple[str, Library]]:
    """Yield the facts about the standard library and all other libraries that are installed here."""
    yield from stdlib()
    for root in others():
        if importlib.util.find_spec(root) is not None:
            yield root, _read(root)


def others() -> Iterator[str]:
    """Yield the import roots of the libraries that don't come with Python."""
    for root, path in load.files().items():
        if path.parent.name != "stdlib":
            yield root


def _read(root: str) -> Library:
    found = load.library(root)
    assert found is not None
    return found


def _resolve_first() -> None:
    """Find the standard library's objects before a library (eventlet) puts its own in their place."""
    for _, library in stdlib():
        for name in (*library.modules, *library.types, *library.functions, *library.bases):
            with contextlib.suppress(LookupError):
                real(name)


_resolve_first()
