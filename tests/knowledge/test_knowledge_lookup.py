"""How facts are found: other names of a thing, what a type inherits, what a user adds."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from conclint.errors import ConfigError
from conclint.knowledge import Knowledge, load, standard
from conclint.knowledge.schema import Domain, Library, Order, Parameter, Primitive, Where

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

knowledge = standard()


@pytest.mark.parametrize(
    ("written", "name", "position", "rest"),
    [
        ("target@1", "target", 1, False),
        ("daemon@", "daemon", None, False),
        ("@0", None, 0, False),
        ("*@1", None, 1, True),
        ("**", None, None, True),
    ],
)
def test_parameter(written: str, name: str | None, position: int | None, rest: bool) -> None:
    parameter = Parameter.parse(written)
    assert (parameter.name, parameter.position, parameter.rest) == (name, position, rest)
    assert str(parameter) == written
    assert parameter == Parameter(name, position, rest=rest)
    assert hash(parameter) == hash(Parameter(name, position, rest=rest))
    assert parameter != Parameter("other", position)


@pytest.mark.parametrize(
    "written", ["", "target", "@", "target@x", "target@-1", "*@", "two words@1", "target@²"]
)
def test_no_parameter(written: str) -> None:
    with pytest.raises(ValueError, match="parameter|position"):
        Parameter.parse(written)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("threading.Thread", "threading.Thread"),
        ("_thread.allocate_lock", "threading.Lock"),
        ("asyncio.locks.Lock", "asyncio.Lock"),
        ("asyncio.locks.Lock.acquire", "asyncio.Lock.acquire"),
        ("multiprocessing.context.Process", "multiprocessing.Process"),
        ("multiprocessing.pool.Pool", "multiprocessing.Pool"),
        ("multiprocessing.dummy.Pool", "multiprocessing.pool.ThreadPool"),
        ("concurrent.futures.thread.ThreadPoolExecutor", "concurrent.futures.ThreadPoolExecutor"),
        ("threading.Locksmith", "threading.Locksmith"),
        ("nobody.knows.this", "nobody.knows.this"),
        ("", ""),
    ],
)
def test_canonical(name: str, canonical: str) -> None:
    assert knowledge.canonical(name) == canonical


def test_type_by_any_name() -> None:
    assert knowledge.type("asyncio.queues.Queue") is knowledge.type("asyncio.Queue")
    assert knowledge.type("threading.current_thread") is None
    assert knowledge.type("unheard.of") is None


def test_method_of_the_type_before_its_base_before_its_kind() -> None:
    own = knowledge.method("multiprocessing.Lock", "acquire")
    assert own is not None
    assert own.blocks is not None
    assert own.blocks.blocking == Parameter.parse("block@0")
    of_kind = knowledge.method("threading.Lock", "acquire")
    assert of_kind is not None
    assert of_kind.blocks is not None
    assert of_kind.blocks.blocking == Parameter.parse("blocking@0")
    of_base = knowledge.method("threading.Timer", "join")
    assert of_base is not None
    assert of_base.event == "join"
    assert knowledge.method("threading.Timer", "cancel") is not None
    assert knowledge.method("threading.Thread", "cancel") is None
    assert knowledge.method("unheard.of", "acquire") is None


def test_absent_method() -> None:
    assert knowledge.method("contextvars.Token", "reset") is None
    assert knowledge.methods("contextvars.Token") == {}
    assert "reset" in knowledge.methods("contextvars.ContextVar")


def test_methods_lists_all() -> None:
    methods = knowledge.methods("threading.Timer")
    assert {"start", "join", "cancel", "setDaemon"} <= methods.keys()
    assert all(method is knowledge.method("threading.Timer", name) for name, method in methods.items())
    assert knowledge.methods("unheard.of") == {}


def test_order_of_base() -> None:
    assert knowledge.order("threading.Timer", "start").raised({"start"}) == "RuntimeError"
    assert knowledge.order("threading.Timer", "start").raised(set()) is None
    assert knowledge.order("threading.Timer", "cancel") == Order()


def test_with_events() -> None:
    assert knowledge.with_events("threading.Lock") == ("acquire", "release")
    assert knowledge.with_events("multiprocessing.pool.ThreadPool") == (None, "terminate")
    assert knowledge.with_events("threading.Event") == (None, None)


def test_attributes() -> None:
    assert knowledge.attribute_event(Primitive.PROCESS, "daemon") == "daemon"
    assert knowledge.attribute_event(Primitive.LOCK, "daemon") is None
    lock = knowledge.attribute("logging.Handler", "lock")
    assert lock is not None
    assert lock.returns == "threading.RLock"
    assert knowledge.attribute("logging.Handler", "level") is None


def test_override_by_prefix_and_base() -> None:
    answer = knowledge.override("http.server.SimpleHTTPRequestHandler", "do_GET")
    assert answer is not None
    assert answer.where is Where.CALLER
    assert knowledge.override("http.server.SimpleHTTPRequestHandler", "handle") is not None
    assert knowledge.override("http.server.SimpleHTTPRequestHandler", "undo") is None
    mixed = knowledge.mixes("http.server.ThreadingHTTPServer")
    assert mixed is not None
    assert mixed.many
    assert knowledge.mixes("threading.Thread") is None


def test_names_of_star_import() -> None:
    names = knowledge.names_of("threading")
    assert {"Thread", "Lock", "enumerate"} <= names
    assert "currentThread" not in names
    assert "locks" not in knowledge.names_of("asyncio")
    assert knowledge.names_of("threading.Thread") == frozenset()
    assert knowledge.names_of("nobody") == frozenset()


@pytest.mark.parametrize(
    ("bare", "beside", "name"),
    [
        ("Thread", (), "threading.Thread"),
        ("threading", (), "threading"),
        ("Lock", (), "threading.Lock"),
        ("Lock", ("Thread", "print"), "threading.Lock"),
        ("Lock", ("Process", "Lock"), "multiprocessing.Lock"),
        ("Lock", ("Process", "Thread"), None),
        ("Lock", ("asyncio",), "asyncio.Lock"),
        ("Queue", ("ThreadPoolExecutor",), "queue.Queue"),
        ("Queue", ("mp",), "multiprocessing.Queue"),
        ("Queue", ("subprocess", "Popen"), "queue.Queue"),
        ("frobnicate", ("Thread",), None),
    ],
)
def test_well_known(bare: str, beside: tuple[str, ...], name: str | None) -> None:
    assert knowledge.well_known(bare, beside) == name


def test_well_known_names_are_described() -> None:
    for candidates in load.read(load.HERE / "fragments.toml").fragments.values():
        for name in candidates:
            modules = [m for root in load.files() for m in _library(root).modules]
            assert (
                knowledge.type(name)
                or knowledge.function(name)
                or any(module == name or module.startswith(f"{name}.") for module in modules)
            ), name


def _library(root: str) -> Library:
    found = load.library(root)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("platform", "version", "method"),
    [
        ("linux", (3, 13), "fork"),
        ("linux", (3, 14), "forkserver"),
        ("linux", (3, 15), "forkserver"),
        ("darwin", (3, 10), "spawn"),
        ("win32", (3, 14), "spawn"),
        ("freebsd14", (3, 12), "fork"),
        ("emscripten", (3, 12), "spawn"),
    ],
)
def test_default_start_method(platform: str, version: tuple[int, int], method: str) -> None:
    assert knowledge.default_start_method(platform, version) == method


USER = """
[types."ours.locks.Latch"]
kind = "lock"
reentrant = true

[types."ours.locks.Latch".methods]
lock = { event = "acquire" }

[types."threading.Event"]
kind = "event"
domain = "process"

[functions."ours.spawn"]
runs = [{ target = "work@0", where = "thread" }]

[decorators."ours.App.page"]
where = "worker"
many = true

[types."ours.App"]
kind = "server"

[types."ours.BigApp"]
kind = "server"
base = "ours.App"

[bases."ours.Job".methods]
run = { where = "thread", many = true }

[reexports]
"ours.Latch" = "ours.locks.Latch"
"""


def ours(text: str = USER) -> Knowledge:
    return knowledge.with_user(tomllib.loads(textwrap.dedent(text)))


def test_user_adds_and_corrects() -> None:
    richer = ours()
    latch = richer.type("ours.Latch")
    assert latch is not None
    assert latch.reentrant
    assert richer.method("ours.Latch", "lock") is not None
    assert richer.method("ours.Latch", "release") is not None
    event = richer.type("threading.Event")
    assert event is not None
    assert event.domain is Domain.PROCESS
    spawn = richer.function("ours.spawn")
    assert spawn is not None
    assert spawn.runs[0].where is Where.THREAD
    for app in ("ours.App", "ours.BigApp"):
        decorator = richer.decorator(f"{app}.page")
        assert decorator is not None
        assert decorator.many
    assert richer.override("ours.Job", "run") is not None
    unchanged = knowledge.type("threading.Event")
    assert unchanged is not None
    assert unchanged.domain is Domain.THREAD
    assert knowledge.type("ours.Latch") is None


def test_circles_end() -> None:
    around = ours(
        """
        [reexports]
        "ours.a" = "ours.b"
        "ours.b" = "ours.a"
        "ours.deep" = "ours.deep.deeper"

        [types."ours.x"]
        kind = "lock"
        base = "ours.y"

        [types."ours.y"]
        kind = "lock"
        base = "ours.x"

        [bases."ours.p"]
        base = "ours.q"

        [bases."ours.q"]
        base = "ours.p"
        """
    )
    assert around.canonical("ours.a") in {"ours.a", "ours.b"}
    assert around.canonical("ours.deep").startswith("ours.deep")
    assert around.method("ours.x", "release") is not None
    assert around.override("ours.p", "run") is None
    assert around.decorator("ours.x.page") is None


def test_every_mistake_of_a_user_is_told() -> None:
    with pytest.raises(ConfigError) as caught:
        ours(
            """
            types.Latch.kind = "lock"
            types."ours.A".kind = "padlock"
            types."ours.B" = { kind = "lock", reentrent = true }
            functions."ours.f".runs = [{ target = "work", where = "thread" }]
            functions."ours.g".runs = [{ target = 3, where = "thread" }]
            functions."ours.h".runs = [{ target = "@0", where = "nowhere" }]
            kinds.padlock.enter = "acquire"
            bases = 3
            modules = "ours"
            typos = {}
            """
        )
    told = dict(caught.value.problems)
    place = "tool.conclint.knowledge"
    assert told.keys() == {
        f'{place}: types."Latch"',
        f'{place}: types."ours.A"',
        f'{place}: types."ours.B"',
        f'{place}: functions."ours.f"',
        f'{place}: functions."ours.g"',
        f'{place}: functions."ours.h"',
        f'{place}: kinds."padlock"',
        f"{place}: bases",
        f"{place}: modules",
        f"{place}: typos",
    }
    assert "padlock" in told[f'{place}: types."ours.A"']
    assert "reentrent" in told[f'{place}: types."ours.B"']
    assert "name@position" in told[f'{place}: functions."ours.f"']
    assert "runs[0].target" in told[f'{place}: functions."ours.g"']


def test_a_library_is_read_only_when_named() -> None:
    program = """
    from conclint.knowledge import load, standard
    standard().type("threading.Thread")
    read = load.library.cache_info().currsize
    standard().type("project.module.Thing")
    print(read, load.library("multiprocessing") is not None)
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["1", "True"]


def test_user_adds_to_a_kind() -> None:
    richer = ours(
        """
        [kinds.lock.methods]
        grab = { event = "acquire" }
        """
    )
    assert richer.method("threading.Lock", "grab") is not None
    assert richer.method("threading.Lock", "release") is not None
    assert richer.with_events("threading.Lock") == ("acquire", "release")
    assert knowledge.method("threading.Lock", "grab") is None


def test_user_describes_generated_code() -> None:
    richer = ours(
        """
        [patterns]
        "*_stubs.*Handler" = "ours.Handler"

        [bases."ours.Handler".methods]
        "*" = { where = "thread", many = true }
        """
    )
    assert richer.override("shop_stubs.CartHandler", "add") is not None
    assert richer.override("shop_stubs.Cart", "add") is None
    assert richer.override("greeter_pb2_grpc.GreeterServicer", "Greet") is not None


def test_servicers_are_known_by_form() -> None:
    assert knowledge.override("greeter_pb2_grpc.GreeterServicer", "SayHello") is not None
    constructor = knowledge.override("pkg.greeter_pb2_grpc.GreeterServicer", "__init__")
    assert constructor is not None
    assert constructor.where is Where.CALLER
    assert knowledge.function("greeter_pb2_grpc.add_GreeterServicer_to_server") is not None
    assert knowledge.base("greeter_pb2.Greeter") is None


def test_hooks_and_fresh_objects() -> None:
    hook = knowledge.hook("paho.mqtt.client.Client", "on_message")
    assert hook is not None
    assert hook.when == "start"
    assert knowledge.hook("paho.mqtt.client.Client", "message") is None
    assert knowledge.fresh("http.server.SimpleHTTPRequestHandler")
    assert knowledge.fresh("rest_framework.generics.ListAPIView")
    assert not knowledge.fresh("watchdog.events.FileSystemEventHandler")
    assert not knowledge.fresh("threading.Thread")


def test_decorator_of_a_base() -> None:
    for name in (
        "flask.Flask.route",
        "flask.app.Flask.route",
        "flask.Blueprint.route",
        "fastapi.FastAPI.get",
    ):
        decorator = knowledge.decorator(name)
        assert decorator is not None, name
        assert decorator.many
    assert knowledge.decorator("flask.Flask.run") is None
    assert knowledge.decorator("functools.wraps") is None
