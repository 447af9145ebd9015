"""Questions about what libraries mean, answered from the facts: `standard()` is the one object to ask."""

from __future__ import annotations

import fnmatch
import functools
import re
from typing import TYPE_CHECKING, Any, TypeVar

from conclint.knowledge import load
from conclint.knowledge.schema import (
    Attribute,
    Base,
    Decorator,
    Domain,
    Function,
    Kind,
    Library,
    Method,
    Order,
    Override,
    Primitive,
    Reserved,
    Type,
    Variable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

_Entry = TypeVar("_Entry")
_NO_KIND = Kind()
_MOST_NAMES = 10_000  # of which it is remembered whether they have some form; a few files' worth
_LONGEST_CHAIN = 8  # of names that lead to each other; a user's table could make a circle


class Knowledge:
    """What is known about libraries. Names are qualified and may be any public spelling of the thing.

    Facts of a library are read when one of its names is first asked for. Answers are remembered.
    """

    def __init__(self, user: tuple[Library, ...] = ()) -> None:
        self._user = user
        common = _common()
        self._kinds = functools.reduce(_with_kinds, reversed(user), common.kinds)
        self._forms = {
            form: name for library in (common, *reversed(user)) for form, name in library.patterns.items()
        }
        self._has_form = _any_of(self._forms)
        self._is_of_window = _any_of(form for library in (common, *user) for form in library.windows)
        self._libraries: dict[str, tuple[Library, ...]] = {}
        self._canonical: dict[str, str] = {}
        self._found: dict[tuple[str, str], Any] = {}
        self._methods: dict[tuple[str, str], Method | None] = {}

    def with_user(self, table: Mapping[str, object], place: str = "tool.conclint.knowledge") -> Knowledge:
        """Return knowledge that a user's table adds to, or corrects.

        Raises `ConfigError` with every mistake in the table, each at `place`.
        """
        return Knowledge((load.convert(table, place), *self._user))

    def canonical(self, name: str) -> str:
        """Return the name under which the facts speak of `name`, or `name` itself.

        `multiprocessing.context.Process` is `multiprocessing.Process`; what is reached through a class or a
        module goes with it: `asyncio.locks.Lock.acquire` is `asyncio.Lock.acquire`.
        """
        if not self._about(name):
            return name
        found = self._canonical.get(name)
        if found is None:
            found = self._canonical[name] = self._resolved(name)
        return found

    def _resolved(self, name: str) -> str:
        for _ in range(_LONGEST_CHAIN):
            step = self._step(name)
            if step == name:
                break
            name = step
        return name

    def _step(self, name: str) -> str:
        libraries = self._about(name)
        end = len(name)
        while end > 0:
            head = name[:end]
            for library in libraries:
                described = library.types.get(head) or library.functions.get(head)
                target = library.reexports.get(head, described.alias_of if described else None)
                if target is not None:
                    return target + name[end:]
                if described is not None:
                    return name
            end = name.rfind(".", 0, end)
        return name

    def type(self, name: str) -> Type | None:
        """Return the facts about a class, or function that makes a primitive."""
        found: Type | None = self._entry("types", name)
        return found

    def function(self, name: str) -> Function | None:
        """Return the facts about a function that makes no primitive."""
        found: Function | None = self._entry("functions", self._by_form(name))
        return found

    def variable(self, name: str) -> Variable | None:
        """Return the facts about a module's variable: `os.environ`."""
        found: Variable | None = self._entry("variables", name)
        return found

    def kind(self, primitive: Primitive) -> Kind:
        """Return what holds for every value of a kind."""
        return self._kinds.get(primitive, _NO_KIND)

    def lineage(self, type_name: str) -> tuple[Type, ...]:
        """Return the facts about a type and the types it is based on, itself first; empty if unknown."""
        found: list[Type] = []
        at: str | None = type_name
        while at is not None and (here := self.type(at)) is not None and here not in found:
            found.append(here)
            at = here.base
        return tuple(found)

    def method(self, type_name: str, method_name: str) -> Method | None:
        """Return what a method means: as the type itself says, its bases, or its kind."""
        key = type_name, method_name
        if key not in self._methods:
            self._methods[key] = self._method(type_name, method_name)
        return self._methods[key]

    def _method(self, type_name: str, method_name: str) -> Method | None:
        lineage = self.lineage(type_name)
        for described in lineage:
            if method_name in described.methods:
                return described.methods[method_name]
            if method_name in described.absent:
                return None
        return _first(self.kind(described.kind).methods.get(method_name) for described in lineage)

    def methods(self, type_name: str) -> dict[str, Method]:
        """Return all methods that are known of a type, by name."""
        lineage = self.lineage(type_name)
        names = {
            name: None
            for described in reversed(lineage)
            for methods in (self.kind(described.kind).methods, described.methods)
            for name in methods
        }
        found = ((name, self.method(type_name, name)) for name in names)
        return {name: method for name, method in found if method is not None}

    def order(self, type_name: str, event: str) -> Order:
        """Return what an event of an object raises when it comes out of turn."""
        lineage = self.lineage(type_name)
        stated = _first(described.order.get(event) for described in lineage)
        if stated is None:
            stated = _first(self.kind(described.kind).order.get(event) for described in lineage)
        return stated or Order()

    def with_events(self, type_name: str) -> tuple[str | None, str | None]:
        """Return the events of entering and leaving `with value:`, (None, None) where it means nothing."""
        lineage = self.lineage(type_name)
        stated: list[Type | Kind] = [*lineage]
        stated += [self.kind(described.kind) for described in lineage]
        for described in stated:
            if described.enter or described.exit:
                return described.enter, described.exit
            if isinstance(described, Type) and "__enter__" in described.absent:
                break
        return None, None

    def attribute_event(self, kind: Primitive, attribute: str) -> str | None:
        """Return the event of storing to an attribute: `thread.daemon = True` is "daemon"."""
        return self.kind(kind).attributes.get(attribute)

    def hook(self, type_name: str, attribute: str) -> Override | None:
        """Return where a callable runs that is stored to an attribute: `client.on_message = f`."""
        return _first(_matching(described.hooks, attribute) for described in self.lineage(type_name))

    def attribute(self, type_name: str, attribute: str) -> Attribute | None:
        """Return the facts about an attribute whose value is of interest."""
        return _first(described.attributes.get(attribute) for described in self.lineage(type_name))

    def decorator(self, name: str) -> Decorator | None:
        """Return where a function decorated so runs.

        A decorator that is a method is asked for through its type: `flask.Flask.route`.
        """
        found: Decorator | None = self._entry("decorators", name)
        if found is None and self._about(name):
            owner, _, method = self.canonical(name).rpartition(".")
            bases = [described.base for described in self.lineage(owner) if described.base]
            found = _first(self._entry("decorators", f"{base}.{method}") for base in bases)
        return found

    def base(self, name: str) -> Base | None:
        """Return which methods of classes derived from this one are called from where."""
        found: Base | None = self._entry("bases", self._by_form(name))
        return found

    def is_of_window(self, name: str) -> bool:
        """Tell a class whose objects only the thread of the window may touch, or what only its subclasses have."""
        return self._is_of_window(name) is not None

    def override(self, base_name: str, method_name: str) -> Override | None:
        """Return where a method runs that a class derived from `base_name` defines, None when unknown."""
        lineage = self._base_lineage(base_name)
        return _first(_matching(described.methods, method_name) for described in lineage)

    def mixes(self, base_name: str) -> Override | None:
        """Return where a server runs its handlers when this class is among its bases, None: no matter."""
        return _first(described.mixes for described in self._base_lineage(base_name))

    def fresh(self, base_name: str) -> bool:
        """Tell whether a framework makes an object of a class derived from this one for each run."""
        return any(described.fresh for described in self._base_lineage(base_name))

    def reserved(self, base_name: str) -> dict[str, Reserved]:
        """Return the names that a class derived from this one should leave alone."""
        names: dict[str, Reserved] = {}
        for described in self._base_lineage(base_name):
            names = {**described.reserved, **names}
        return names

    def _base_lineage(self, name: str) -> Iterator[Base]:
        at: str | None = name
        seen: list[Base] = []
        while at is not None and (described := self.base(at)) is not None and described not in seen:
            seen.append(described)
            at = described.base
        yield from seen

    def names_of(self, module: str) -> frozenset[str]:
        """Return the described names that `from module import *` binds; empty for an unknown module."""
        prefix = f"{module}."
        return frozenset(
            name.removeprefix(prefix)
            for library in self._about(module)
            if module in library.modules
            for name in _names(library)
            if name.startswith(prefix) and "." not in name.removeprefix(prefix) and name not in library.hidden
        )

    def well_known(self, bare_name: str, beside: Collection[str] = ()) -> str | None:
        """Return what a bare name stands for in a fragment of code without imports: `Thread`, `threading`.

        A name that several libraries have (`Lock`, `Queue`) stands for that of threads, of processes or
        of asyncio, whichever the other bare names of the fragment, given as `beside`, belong to. None: unknown, or ambiguous.
        """
        candidates = self._fragment(bare_name)
        if len(candidates) < 2:
            return candidates[0] if candidates else None
        certain = (known[0] for name in beside if len(known := self._fragment(name)) == 1)
        domains = {self._domain(name) for name in certain}
        fitting = [candidate for candidate in candidates if self._domain(candidate) in domains]
        if not fitting:
            return candidates[0]
        return fitting[0] if len(fitting) == 1 else None

    def _domain(self, name: str) -> Domain | None:
        """Return the domain of a type, or of what a module mostly has, None for a function."""
        described = self.type(name)
        if described is None and "." not in name and (library := load.library(name)) is not None:
            described = next(iter(library.types.values()), None)
        return None if described is None or described.kind is Primitive.SUBPROCESS else described.domain

    def _fragment(self, bare_name: str) -> tuple[str, ...]:
        libraries = (*self._user, _fragments())
        return _first(library.fragments.get(bare_name) for library in libraries) or ()

    def default_start_method(self, platform: str, version: tuple[int, int]) -> str:
        """Return multiprocessing's default start method on a `sys.platform` under a version of Python."""
        library = load.library("multiprocessing")
        applicable = [
            entry
            for entry in (library.start_methods if library else ())
            if platform.startswith(entry.platform) and _version(entry.since) <= version
        ]
        return max(applicable, key=lambda entry: _version(entry.since)).method if applicable else "spawn"

    def _entry(self, table: str, name: str) -> Any:
        key = table, name
        if key not in self._found:
            if not self._about(name):
                return None
            known = self.canonical(name)
            tables = (getattr(library, table) for library in self._about(known))
            self._found[key] = _first(entries.get(known) for entries in tables)
        return self._found[key]

    def _by_form(self, name: str) -> str:
        if self._has_form(name) is None:
            return name
        return next(known for form, known in self._forms.items() if fnmatch.fnmatchcase(name, form))

    def _about(self, name: str) -> tuple[Library, ...]:
        root = name.partition(".")[0]
        found = self._libraries.get(root)
        if found is None:
            known = load.library(root)
            found = self._libraries[root] = self._user if known is None else (*self._user, known)
        return found


def _with_kinds(kinds: dict[Primitive, Kind], library: Library) -> dict[Primitive, Kind]:
    richer = dict(kinds)
    for primitive, added in library.kinds.items():
        known = kinds.get(primitive, _NO_KIND)
        richer[primitive] = Kind(
            methods={**known.methods, **added.methods},
            attributes={**known.attributes, **added.attributes},
            order={**known.order, **added.order},
            enter=added.enter or known.enter,
            exit=added.exit or known.exit,
        )
    return richer


def _any_of(forms: Iterable[str]) -> Callable[[str], re.Match[str] | None]:
    return functools.lru_cache(_MOST_NAMES)(re.compile("|".join(map(fnmatch.translate, forms))).match)


def _first(found: Iterator[_Entry | None]) -> _Entry | None:
    return next((entry for entry in found if entry is not None), None)


def _matching(overrides: dict[str, Override], name: str) -> Override | None:
    exact = overrides.get(name)
    if exact is not None:
        return exact
    prefixes = (form for form in overrides if form.endswith("*") and name.startswith(form[:-1]))
    return overrides.get(max(prefixes, key=len, default=""))


def _names(library: Library) -> Iterator[str]:
    for table in (library.types, library.functions, library.decorators, library.variables):
        yield from table
    yield from (name for name, target in library.reexports.items() if target not in library.modules)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


@functools.cache
def _common() -> Library:
    return load.read(load.HERE / "kinds.toml")


@functools.cache
def _fragments() -> Library:
    return load.read(load.HERE / "fragments.toml")


@functools.cache
def standard() -> Knowledge:
    """Return the knowledge that ships with conclint: one object for the whole process."""
    return Knowledge()
