"""Every name, parameter and position that the facts state, held against this Python and what is installed."""

from __future__ import annotations

import _thread
import asyncio
import contextvars
import inspect
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from real_things import (
    constructor,
    installed,
    is_exception,
    is_gone,
    is_missing,
    new_enough,
    others,
    owner_of_methods,
    real,
    signature,
    stdlib,
)

from conclint.knowledge import load, standard
from conclint.knowledge.schema import Base, Function, Method, Parameter, Type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.filterwarnings("ignore")  # importing some libraries warns

# Set on the object when it starts, so the class doesn't have it.
MADE_LATER = {("multiprocessing.managers.BaseManager", "shutdown")}
# Names that only Windows or a newer Python has.
ELSEWHERE = {"asyncio.ProactorEventLoop"}
NEWER = {
    "asyncio.EventLoop": "3.13",
    "asyncio.taskgroups": "3.11",
    "asyncio.timeouts": "3.11",
    "asyncio.TaskGroup": "3.12",  # 3.11 has it, but not in __all__
}
# The same thing in Python for what is otherwise written in C.
TWINS = {"queue._PySimpleQueue", "threading._RLock", "threading._PyRLock", "threading._CRLock"}
# What the name of a base stands for: the start methods' Process classes are siblings.
STANDS_FOR = {"multiprocessing.Process": "multiprocessing.process.BaseProcess"}


_LOOP = asyncio.new_event_loop()
_LOOP.close()


def _untold() -> dict[str, Callable[[], object]]:
    """Calls of what is written in C with neither a signature nor a docstring that tells it."""

    class Target:
        pass

    def callback(*_: object, **__: object) -> None:
        pass

    target, lock, rlock, context = Target(), _thread.allocate_lock(), threading.RLock(), contextvars.Context()
    future: asyncio.Future[None] = asyncio.Future(loop=_LOOP)

    def start_new() -> None:
        done = threading.Event()
        _thread.start_new(lambda first, second: done.set(), (1,), {"second": 2})
        assert done.wait(5)

    return {
        "_thread.start_new": start_new,
        "weakref.ref": lambda: weakref.ref(target, callback),
        "os.register_at_fork": lambda: os.register_at_fork(
            before=callback, after_in_child=callback, after_in_parent=callback
        ),
        "threading.Lock.acquire_lock": lambda: (
            lock.acquire_lock(True, 1),
            lock.acquire_lock(blocking=True, timeout=0.01),
        ),
        "threading.RLock.acquire": lambda: (rlock.acquire(True, 1), rlock.acquire(blocking=True, timeout=1)),
        # A future of a closed loop takes callbacks as long as it isn't done.
        "asyncio.Future.add_done_callback": lambda: future.add_done_callback(callback),
        "asyncio.Task.add_done_callback": lambda: future.add_done_callback(callback),
        "contextvars.Context.run": lambda: context.run(callback, 1, 2, third=3),
    }


UNTOLD = _untold()


@pytest.mark.parametrize("name", UNTOLD)
def test_untold_signature(name: str) -> None:
    UNTOLD[name]()


OTHERS = set(others())
# Descriptions of generated code: no library has an object of that name.
BY_FORM = set(load.read(load.HERE / "kinds.toml").patterns.values())


@pytest.mark.parametrize("root", sorted(OTHERS))
def test_installed(root: str) -> None:
    """Show which libraries' facts can't be held against anything here."""
    if root not in dict(installed()):
        pytest.skip(f"'{root}' is not installed")


def every(table: str) -> list[Any]:
    return [
        pytest.param(name, entry, id=name)
        for _, library in installed()
        for name, entry in getattr(library, table).items()
        if new_enough(getattr(entry, "since", None)) and name not in BY_FORM
    ]


def every_method() -> list[Any]:
    return [
        pytest.param(type_name, method_name, method, id=f"{type_name}.{method_name}")
        for _, library in installed()
        for type_name, described in library.types.items()
        if new_enough(described.since)
        for method_name, method in standard().methods(type_name).items()
        if new_enough(method.since) and (type_name, method_name) not in made_later()
    ]


def made_later() -> set[tuple[str, str]]:
    return {
        (type_name, method)
        for owner, method in MADE_LATER
        for _, library in installed()
        for type_name in library.types
        if standard().type(owner) in standard().lineage(type_name)
    }


def parameters(entry: object) -> Iterator[Parameter]:
    """Yield every parameter that an entry speaks of, however deep."""
    if isinstance(entry, Parameter):
        yield entry
    elif isinstance(entry, (tuple, list)):
        for item in entry:
            yield from parameters(item)
    elif isinstance(entry, msgspec.Struct) and not isinstance(entry, (Method, Base)):
        for field in entry.__struct_fields__:
            yield from parameters(getattr(entry, field))


def method_parameters(method: Method) -> Iterator[Parameter]:
    for field in method.__struct_fields__:
        yield from parameters(getattr(method, field))


@pytest.mark.parametrize(("name", "described"), every("types"))
def test_constructor(name: str, described: Type) -> None:
    called = constructor(name)
    assert callable(called)
    wanted = [p for field in described.__struct_fields__ for p in parameters(getattr(described, field))]
    if not wanted and not described.parameters:
        return
    taken = signature(called, of_class=False)
    assert taken is not None
    assert not [str(parameter) for parameter in wanted if not taken.takes(parameter)]
    assert taken.names[: len(described.parameters)] == described.parameters


@pytest.mark.parametrize(("name", "described"), every("functions"))
def test_function(name: str, described: Function) -> None:
    called = real(name)
    assert callable(called)
    assert inspect.iscoroutinefunction(called) == described.coroutine
    wanted = list(parameters(described))
    if not wanted or name in UNTOLD:
        return
    taken = signature(called, of_class=False)
    assert taken is not None, name
    assert not [str(parameter) for parameter in wanted if not taken.takes(parameter)]


@pytest.mark.parametrize(("type_name", "method_name", "method"), every_method())
def test_method(type_name: str, method_name: str, method: Method) -> None:
    owner = owner_of_methods(type_name)
    if is_gone(method.deprecated):
        assert not hasattr(owner, method_name)
        return
    called = getattr(owner, method_name)
    if inspect.iscoroutinefunction(called):
        assert method.coroutine
    elif type_name.startswith("asyncio."):
        assert not method.coroutine
    wanted = list(method_parameters(method))
    if not wanted or f"{type_name}.{method_name}" in UNTOLD:
        return
    bound = inspect.ismethod(called) or not inspect.isclass(owner)
    taken = signature(called, of_class=not bound)
    assert taken is not None
    assert not [str(parameter) for parameter in wanted if not taken.takes(parameter)]


@pytest.mark.parametrize(("name", "described"), every("types"))
def test_absent_methods_are_absent(name: str, described: Type) -> None:
    owner = owner_of_methods(name) if described.absent else None
    for method in described.absent:
        assert not hasattr(owner, method)


@pytest.mark.parametrize(("name", "described"), every("types"))
def test_with_statement(name: str, described: Type) -> None:
    if not inspect.isclass(constructor(name)) and (described.enter or described.exit or described.enters):
        return  # a function that makes the context manager
    if described.items or described.kind.value in ("subprocess", "process context") or described.proxy:
        assert standard().with_events(name) != (None, None) or described.kind.value != "lock"
        return
    owner = owner_of_methods(name)
    enterable = hasattr(owner, "__aenter__") or hasattr(owner, "__enter__")
    if standard().with_events(name) != (None, None):
        assert enterable


@pytest.mark.parametrize(("name", "described"), every("variables"))
def test_variable(name: str, described: object) -> None:
    real(name)
    assert described is not None


@pytest.mark.parametrize(("name", "described"), every("bases"))
def test_base(name: str, described: Base) -> None:
    found = real(name)
    assert inspect.isclass(found)
    if described.base is not None:
        assert issubclass(found, real(STANDS_FOR.get(described.base, described.base)))
    for method, override in described.methods.items():
        if method.endswith("*"):
            continue
        called = getattr(found, method, None)
        if called is None or override.passes is None:
            # The base class leaves it to its subclasses: http.server's do_GET.
            continue
        inspect.signature(called).bind(None, *range(override.passes))


@pytest.mark.parametrize(("name", "described"), every("decorators"))
def test_decorator(name: str, described: object) -> None:
    assert callable(real(name))
    assert described is not None


def every_reexport() -> list[Any]:
    return [
        pytest.param(name, target, id=name)
        for _, library in installed()
        for name, target in library.reexports.items()
        if name not in ELSEWHERE | TWINS and new_enough(NEWER.get(name))
    ]


@pytest.mark.parametrize(("name", "target"), every_reexport())
def test_reexport(name: str, target: str) -> None:
    described = standard().type(target)
    if described is not None and not new_enough(described.since):
        pytest.skip(f"since Python {described.since}")
    if is_missing(name):
        # Private names come and go, and other libraries' have versions; a public one must be there.
        private = any(part.startswith("_") for part in name.split("."))
        assert private or name.partition(".")[0] in OTHERS, f"{name} does not exist"
        return
    other = real(name)
    found = real(target)
    if inspect.ismodule(other):
        public = getattr(other, "__all__", [])
        described_names = [n for n in public if standard().canonical(f"{name}.{n}") == f"{target}.{n}"]
        assert described_names == list(public)
        assert all(getattr(found, n) is getattr(other, n) for n in public if hasattr(found, n))
    elif other is not found and not callable(found):
        assert type(other) is type(found)
    elif other is not found and inspect.isclass(other):
        made = owner_of_methods(target)
        made_class = made if inspect.isclass(made) else type(made)
        assert issubclass(other, made_class) or issubclass(made_class, other)
    elif other is not found:
        assert other.__qualname__.rpartition(".")[2] == found.__qualname__.rpartition(".")[2] or described


@pytest.mark.parametrize("module", sorted({module for _, library in stdlib() for module in library.modules}))
def test_star_import(module: str) -> None:
    bound: dict[str, Any] = {}
    exec(f"from {module} import *", bound)
    stated = standard().names_of(module)
    assert stated
    for name in stated - bound.keys():
        qualified = standard().canonical(f"{module}.{name}")
        entry = standard().type(qualified) or standard().function(qualified)
        version = NEWER.get(f"{module}.{name}", None if entry is None else entry.since)
        assert f"{module}.{name}" in ELSEWHERE or not new_enough(version), name


def exceptions(entry: object) -> Iterator[str]:
    if isinstance(entry, Method):
        yield from entry.raises
    elif isinstance(entry, Type):
        for order in entry.order.values():
            yield from order.before.values()
            yield from order.after.values()
        for method in entry.methods.values():
            if new_enough(method.since):
                yield from method.raises


@pytest.mark.parametrize(("name", "described"), every("types"))
def test_exceptions_exist(name: str, described: Type) -> None:
    newer = {"queue.ShutDown", "asyncio.QueueShutDown"} if not new_enough("3.13") else set()
    assert all(is_exception(raised) for raised in set(exceptions(described)) - newer), name
