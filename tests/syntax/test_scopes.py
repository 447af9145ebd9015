"""What binds a name, and which scope owns it where it is used."""

from __future__ import annotations

import symtable
import textwrap
from typing import TYPE_CHECKING

import pytest

from conclint.source import Source
from conclint.syntax import BindingKind, ScopeKind, parse

if TYPE_CHECKING:
    from conclint.syntax import Scope


def root_of(text: str) -> Scope:
    return parse(Source("module.py", textwrap.dedent(text))).root


def scope_named(text: str, name: str) -> Scope:
    (found,) = [scope for scope in root_of(text).walk() if scope.name == name]
    return found


def owner_name(text: str, scope: str, variable: str) -> str | None:
    """Return the qualified name of the scope whose variable it is, "module" for the module."""
    owner = scope_named(text, scope).owner(variable)
    return None if owner is None else owner.qualified_name or "module"


@pytest.mark.parametrize(
    ("statement", "name", "kind"),
    [
        ("x = 1", "x", BindingKind.ASSIGN),
        ("x: int = 1", "x", BindingKind.ASSIGN),
        ("x: int", "x", BindingKind.DECLARE),
        ("x += 1", "x", BindingKind.AUGMENT),
        ("x, (y, *z) = v", "z", BindingKind.ASSIGN),
        ("x = y = 1", "y", BindingKind.ASSIGN),
        ("(x := 1)", "x", BindingKind.ASSIGN),
        ("import x", "x", BindingKind.IMPORT),
        ("import x.y.z", "x", BindingKind.IMPORT),
        ("import a.b as x", "x", BindingKind.IMPORT),
        ("from a import x", "x", BindingKind.IMPORT_FROM),
        ("from a import b as x", "x", BindingKind.IMPORT_FROM),
        ("def x(): pass", "x", BindingKind.DEFINITION),
        ("async def x(): pass", "x", BindingKind.DEFINITION),
        ("class x: pass", "x", BindingKind.DEFINITION),
        ("for x in y: pass", "x", BindingKind.ITERATE),
        ("for _, [x, y] in z: pass", "x", BindingKind.ITERATE),
        ("with a as x: pass", "x", BindingKind.ENTER),
        ("with (a as b, c as (x, y)): pass", "x", BindingKind.ENTER),
        ("try: pass\nexcept E as x: pass", "x", BindingKind.EXCEPTION),
        ("try: pass\nexcept* E as x: pass", "x", BindingKind.EXCEPTION),
        ("match a:\n    case x: pass", "x", BindingKind.MATCH),
        ("match a:\n    case [1, *x]: pass", "x", BindingKind.MATCH),
        ("match a:\n    case {'k': v, **x}: pass", "x", BindingKind.MATCH),
        ("match a:\n    case C(k=[x]): pass", "x", BindingKind.MATCH),
        ("match a:\n    case (1 | 2) as x: pass", "x", BindingKind.MATCH),
        ("del x", "x", BindingKind.DELETE),
        ("type x = int", "x", BindingKind.ASSIGN),
    ],
)
def test_every_statement_that_binds_a_name(statement: str, name: str, kind: BindingKind) -> None:
    (binding,) = root_of(statement).bindings[name]
    assert (binding.name, binding.kind) == (name, kind)


@pytest.mark.parametrize(
    ("statement", "name", "qualified"),
    [
        ("import threading", "threading", "threading"),
        ("import threading as t", "t", "threading"),
        ("import concurrent.futures", "concurrent", "concurrent"),
        ("import concurrent.futures as cf", "cf", "concurrent.futures"),
        ("from threading import Lock", "Lock", "threading.Lock"),
        ("from threading import Lock as L", "L", "threading.Lock"),
        ("from concurrent import futures", "futures", "concurrent.futures"),
        ("from . import x", "x", ".x"),
        ("from .a import x", "x", ".a.x"),
        ("from ..a.b import x as y", "y", "..a.b.x"),
    ],
)
def test_the_dotted_name_that_an_import_binds(statement: str, name: str, qualified: str) -> None:
    (binding,) = root_of(statement).bindings[name]
    assert binding.qualified == qualified


def test_unpacking_remembers_the_way_from_the_value_to_the_name() -> None:
    root = root_of("a, (b, *c), d = v")
    assert {name: root.bindings[name][0].path for name in "abcd"} == {"a": (0,), "b": (1, 0), "c": (1, -1), "d": (2,)}


def test_attributes_and_elements_are_stores_not_bindings() -> None:
    root = root_of("a.b.c = 1\nd[k] = 2\ne.f, g = v\nh.i += 1")
    assert [store.name for store in root.stores] == ["c", "[]", "f", "i"]
    assert set(root.bindings) == {"g"}


def test_star_imports_are_listed_and_bind_nothing() -> None:
    root = root_of("from threading import *\nfrom .own import *")
    assert root.star_imports == ["threading", ".own"]
    assert not root.bindings


SCOPES = """
x = y = shared = 0
class C:
    x = 1
    y = x
    def method(self, p=x):
        return x
    z = [x for x in y]
def outer(shared):
    local = 1
    def inner():
        nonlocal local
        local = 2
        shared
        def innermost():
            global x
            x = 3
            local
    class D:
        local = 4
        def m(self):
            return local
    return lambda q: q + local
"""


@pytest.mark.parametrize(
    ("scope", "variable", "owner"),
    [
        ("C", "x", "C"),
        ("method", "x", "module"),  # a class's names are not seen from its methods
        ("method", "self", "C.method"),
        ("outer", "shared", "outer"),
        ("inner", "shared", "outer"),
        ("inner", "local", "outer"),
        ("innermost", "local", "outer"),
        ("innermost", "x", "module"),
        ("D", "local", "outer.<locals>.D"),
        ("m", "local", "outer"),
        ("<lambda>", "q", "outer.<locals>.<lambda>"),
        ("<lambda>", "local", "outer"),
        ("method", "print", None),
    ],
)
def test_the_scope_that_owns_a_name(scope: str, variable: str, owner: str | None) -> None:
    assert owner_name(SCOPES, scope, variable) == owner


def test_a_walrus_in_a_comprehension_binds_in_the_function_around_it() -> None:
    text = """
    def f(items):
        [y := g(x) for x in items]
        return y
    """
    function = scope_named(text, "f")
    assert set(function.bindings) == {"items", "y"}
    (comprehension,) = function.children
    assert set(comprehension.bindings) == {"x"}


def test_a_comprehension_runs_in_the_scope_around_it() -> None:
    text = """
    def f(items):
        return [[y for y in x] for x in items]
    """
    scopes = list(root_of(text).walk())
    assert [scope.kind for scope in scopes] == [
        ScopeKind.MODULE,
        ScopeKind.FUNCTION,
        ScopeKind.COMPREHENSION,
        ScopeKind.COMPREHENSION,
    ]
    assert all(scope.execution is scopes[1] for scope in scopes[1:])
    assert {scope.qualified_name for scope in scopes[1:]} == {"f"}


def test_decorators_defaults_bases_and_annotations_are_evaluated_around_the_definition() -> None:
    text = """
    @decorate(around)
    def f(a: annotate(around) = default(around)) -> result(around):
        body(inside)
    class C(base(around), metaclass=meta(around)):
        member(inside)
    g = lambda a=default(around): body(inside)
    """
    tree = parse(Source("module.py", textwrap.dedent(text)))
    for scope in tree.root.walk():
        for call in scope.calls:
            name = call.args[0].value
            assert tree.scope_of(call) is scope
            assert tree.module.code_for_node(name) == ("around" if scope is tree.root else "inside")
    assert len(tree.root.calls) == 7


def test_the_first_iterable_of_a_comprehension_is_evaluated_around_it() -> None:
    text = """
    class C:
        names = ["a"]
        copies = [name for name in names]
    """
    tree = parse(Source("module.py", textwrap.dedent(text)))
    uses = [name for scope in tree.root.walk() for name in scope.names if name.value == "names"]
    assert len(uses) == 2
    owners = [tree.scope_of(use).owner("names") for use in uses]
    assert [owner.qualified_name if owner else None for owner in owners] == ["C", "C"]


@pytest.mark.parametrize(
    ("name", "qualified"),
    [
        ("C", "C"),
        ("method", "C.method"),
        ("inner", "outer.<locals>.inner"),
        ("innermost", "outer.<locals>.inner.<locals>.innermost"),
        ("m", "outer.<locals>.D.m"),
    ],
)
def test_qualified_names_are_those_of_the_language(name: str, qualified: str) -> None:
    assert scope_named(SCOPES, name).qualified_name == qualified


def test_owners_agree_with_symtable() -> None:
    """The interpreter's own symbol tables call a name global, free or local just where `owner` does."""
    text = SCOPES
    scopes = {
        scope.qualified_name: scope for scope in root_of(text).walk() if scope.kind is not ScopeKind.COMPREHENSION
    }
    compared = 0

    def compare(table: symtable.SymbolTable, path: tuple[str, ...]) -> None:
        nonlocal compared
        scope = scopes.get(".".join(path))
        if scope is not None and table.get_type() in ("function", "class"):
            for symbol in table.get_symbols():
                owner = scope.owner(symbol.get_name())
                if symbol.get_name().startswith((".", "__")) or owner is None:
                    continue
                compared += 1
                if symbol.is_global():
                    assert owner.kind is ScopeKind.MODULE, symbol
                elif symbol.is_free():
                    assert owner not in (scope, scope.module), symbol
                elif symbol.is_local():
                    assert owner is scope, symbol
        for inner in table.get_children():
            within = (*path, "<locals>") if table.get_type() == "function" else path
            compare(inner, (*within, "<lambda>" if inner.get_name() == "lambda" else inner.get_name()))

    compare(symtable.symtable(text, "module.py", "exec"), ())
    assert compared > 15
