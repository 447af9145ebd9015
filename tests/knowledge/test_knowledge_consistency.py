"""What must hold of all files of facts, also of libraries that aren't installed here."""

from __future__ import annotations

import re
from typing import Any

import pytest

from conclint.knowledge import load, standard
from conclint.knowledge.schema import Function, Library, Method, Type

EVENTS = set(
    re.findall(
        r"[a-z_]+",
        """
        start join run daemon name acquire release query wait wait_for notify notify_all set clear submit map
        shutdown close terminate kill put get task_done result cancel send recv poll abort reset alive callback
        unlink join_thread cancel_join_thread settimeout acquire_shared release_shared
        """,
    )
)
EFFECTS = {
    "cwd", "umask", "fork", "environment", "signal", "event loop", "start method", "locale", "warnings", "streams",
    "socket timeout", "interpreter", "limits", "user", "random", "monkey patch",
}  # fmt: skip

MODULES = [module for root in load.files() for module in (load.library(root) or Library()).modules]


def libraries() -> list[Any]:
    return [pytest.param(root, load.read(path), id=root) for root, path in load.files().items()]


def is_described(name: str) -> bool:
    return standard().type(name) is not None


@pytest.mark.parametrize(("root", "library"), libraries())
def test_a_file_speaks_of_its_own_library(root: str, library: Library) -> None:
    names = [*library.types, *library.functions, *library.decorators, *library.bases, *library.variables]
    names += [*library.reexports, *library.modules, *library.hidden]
    assert names
    assert [name for name in names if name.partition(".")[0] != root] == []
    assert library.source.startswith("https://")


@pytest.mark.parametrize(("root", "library"), libraries())
def test_what_is_spoken_of_is_described(root: str, library: Library) -> None:
    assert root
    spoken_of: list[str | None] = []
    for described in library.types.values():
        spoken_of += [described.base, described.enters, *described.items]
        spoken_of += [attribute.returns for attribute in described.attributes.values()]
        for method in described.methods.values():
            spoken_of += [method.makes, method.returns, method.yields]
    for function in library.functions.values():
        spoken_of += [function.returns, function.yields]
    spoken_of += [variable.type for variable in library.variables.values()]
    spoken_of += [decorator.returns for decorator in library.decorators.values()]
    assert [name for name in spoken_of if name is not None and not is_described(name)] == []
    bases = [base.base for base in library.bases.values()]
    assert [name for name in bases if name is not None and standard().base(name) is None] == []


@pytest.mark.parametrize(("root", "library"), libraries())
def test_reexports_lead_somewhere(root: str, library: Library) -> None:
    assert root
    for name, target in library.reexports.items():
        assert name != target
        assert name not in library.types, f"{name} is described itself"
        known = standard()
        end = known.canonical(target)
        assert (
            known.type(end)
            or known.function(end)
            or known.variable(end)
            or known.decorator(end)
            or known.base(end)
            or any(m == end or m.startswith(f"{end}.") for m in MODULES)
            or end.endswith("Error")
        ), f"{name} -> {end}"


def entries(library: Library) -> list[tuple[str, Type | Method | Function]]:
    found: list[tuple[str, Type | Method | Function]] = [*library.types.items(), *library.functions.items()]
    for name, described in library.types.items():
        found += [(f"{name}.{method}", meaning) for method, meaning in described.methods.items()]
    return found


@pytest.mark.parametrize(("root", "library"), libraries())
def test_words_are_the_agreed_ones(root: str, library: Library) -> None:
    assert root
    for name, entry in entries(library):
        if isinstance(entry, Type):
            events = {entry.enter, entry.exit, *entry.order} - {None, "enter"}
            for order in entry.order.values():
                events |= {word for words in order.before for word in words.split()} | set(order.after)
        elif isinstance(entry, Method):
            events = {entry.event} - {None}
        else:
            events = set()
        assert events <= EVENTS, name
        effect = getattr(entry, "effect", None)
        assert effect is None or effect in EFFECTS, name
    for name, variable in library.variables.items():
        assert variable.effect is None or variable.effect in EFFECTS, name


def test_kinds_use_the_agreed_words() -> None:
    for kind in load.read(load.HERE / "kinds.toml").kinds.values():
        used = {method.event for method in kind.methods.values()} | set(kind.attributes.values())
        used |= {kind.enter, kind.exit}
        assert used - {None} <= EVENTS


@pytest.mark.parametrize(("root", "library"), libraries())
def test_versions_are_versions(root: str, library: Library) -> None:
    assert root
    for name, entry in entries(library):
        versions = [entry.since]
        if entry.deprecated is not None:
            versions += [entry.deprecated.since, entry.deprecated.removed]
        for version in versions:
            assert version is None or re.fullmatch(r"\d+(\.\d+)+", version), name


@pytest.mark.parametrize(("root", "library"), libraries())
def test_a_handle_is_something(root: str, library: Library) -> None:
    assert root
    for name, entry in entries(library):
        if isinstance(entry, (Method, Function)):
            assert not entry.handle or entry.returns, f"{name}: a handle of which type?"
            for run in entry.runs:
                assert run.target.name != "", name


def test_forms_of_names_are_described() -> None:
    for form, name in load.read(load.HERE / "kinds.toml").patterns.items():
        example = form.replace("*", "greeter")
        assert standard().base(example) or standard().function(example), form
        assert standard().base(name) or standard().function(name), name


@pytest.mark.parametrize(("root", "library"), libraries())
def test_what_is_waited_for_instead_of_asking_is_a_method(root: str, library: Library) -> None:
    assert root
    for name, described in library.types.items():
        for method, facts in standard().methods(name).items():
            if facts.polled is not None and method not in described.absent:
                assert standard().method(name, facts.polled.use) is not None, f"{name}.{method}"
