"""Lexical scopes and what binds names in them (Language Reference 4.2, "Naming and binding")."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator
from typing import TypeAlias

import libcst as cst
import msgspec

ScopeNode: TypeAlias = (
    "cst.Module | cst.ClassDef | cst.FunctionDef | cst.Lambda | cst.ListComp | cst.SetComp | cst.DictComp"
    " | cst.GeneratorExp"
)


class ScopeKind(enum.Enum):
    """What opens a scope."""

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    LAMBDA = "lambda"
    COMPREHENSION = "comprehension"


class BindingKind(enum.Enum):
    """How a name comes to stand for a value."""

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

    ASSIGN = "assign"  # also annotated assignments with a value and the walrus
    AUGMENT = "augment"
    DECLARE = "declare"  # an annotation without a value
    IMPORT = "import"
    IMPORT_FROM = "import from"
    DEFINITION = "definition"
    PARAMETER = "parameter"
    ITERATE = "iterate"  # the target of a for loop or comprehension
    ENTER = "enter"  # with ... as
    EXCEPTION = "exception"
    MATCH = "match"
    DELETE = "delete"


class Binding(msgspec.Struct, eq=False):
    """One place that binds `name` in `scope`.

    `value` is what it is bound to: the right-hand side, the iterable of a loop, the context manager of a
    `with`, the definition, the default of a parameter. `path` leads from that value to the name through nested
    unpacking: `a, (b, c) = v` binds `c` to element (1, 1) of `v`; -1 stands for what lies behind a star.
    `qualified` is the imported dotted name.
    """

    name: str
    kind: BindingKind
    node: cst.CSTNode
    scope: Scope
    value: cst.CSTNode | None = None
    path: tuple[int, ...] = ()
    qualified: str = ""
    annotation: cst.BaseExpression | None = None


@dataclasses.dataclass(eq=False, slots=True, init=False)
class Scope:
    """A module, class, function, lambda or comprehension and what stands directly in it.

    `calls`, `withs`, `tests`, `returns`, `yields`, `attributes` and `names` list the nodes of that kind in source order,
    without those of inner scopes; `tests` are those of `if`, `names` holds loads and stores alike.
    """

    kind: ScopeKind
    node: ScopeNode
    parent: Scope | None
    name: str
    bindings: dict[str, list[Binding]]
    global_names: set[str]
    nonlocal_names: set[str]
    children: list[Scope]
    calls: list[cst.Call]
    withs: list[cst.With]
    tests: list[cst.If | cst.IfExp]
    returns: list[cst.Return]
    yields: list[cst.Yield]
    attributes: list[cst.Attribute]
    names: list[cst.Name]
    star_imports: list[str]
    stores: list[Binding]
    """What binds attributes and elements here (`self.x = v`, `d[k] = v`): `name` is the attribute, `[]` for an element."""

    execution: Scope
    """The function, lambda, class or module whose code runs this: a comprehension runs in its parent."""
    is_callable: bool
    """Tells a function or lambda from a module, class or comprehension."""
    qualified_name: str
    """As `__qualname__` spells it, comprehensions left out; empty for the module."""

    def __init__(self, kind: ScopeKind, node: ScopeNode, parent: Scope | None, name: str) -> None:
        # written out: a default factory costs a call for each of the many lists
        self.kind, self.node, self.parent, self.name = kind, node, parent, name
        self.bindings = {}
        self.global_names, self.nonlocal_names = set(), set()
        self.children, self.stores, self.star_imports = [], [], []
        self.calls, self.withs, self.tests, self.returns, self.yields = [], [], [], [], []
        self.attributes, self.names = [], []
        self.is_callable = kind is ScopeKind.FUNCTION or kind is ScopeKind.LAMBDA
        inside = parent is not None and kind is ScopeKind.COMPREHENSION
        self.execution = parent.execution if parent is not None and inside else self
        if parent is None:
            self.qualified_name = ""
        elif inside or not parent.qualified_name:
            self.qualified_name = parent.qualified_name if inside else name
        else:
            self.qualified_name = f"{parent.qualified_name}{'.<locals>.' if parent.is_callable else '.'}{name}"

    @property
    def module(self) -> Scope:
        """The outermost scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def let_go(self) -> None:
        """Drop every node and every other scope."""
        self.parent = self.node = self.execution = None  # type: ignore[assignment]
        for held in (
            *(self.bindings, self.children, self.stores),
            *(self.calls, self.withs, self.tests, self.returns, self.yields, self.attributes, self.names),
        ):
            held.clear()

    def is_within(self, outer: Scope) -> bool:
        """Tell whether this is `outer` or stands inside it."""
        scope: Scope | None = self
        while scope is not None and scope is not outer:
            scope = scope.parent
        return scope is outer

    @property
    def running(self) -> Iterator[Scope]:
        """This scope and the comprehensions that run as a part of it, outer ones first, in source order."""
        pending = [self]
        while pending:
            scope = pending.pop()
            yield scope
            pending.extend(child for child in reversed(scope.children) if child.kind is ScopeKind.COMPREHENSION)

    def bind(self, binding: Binding) -> None:
        """Add a binding, in source order."""
        self.bindings.setdefault(binding.name, []).append(binding)

    def owner(self, name: str) -> Scope | None:
        """Return the scope whose variable `name` is when used here, None when nothing in the module binds it.

        Class scopes are skipped from inside functions, as the language does.
        """
        if name in self.global_names:
            return self.module
        scope: Scope | None = self
        if name in self.nonlocal_names:
            scope = self.parent
        first = True
        while scope is not None:
            if (first or scope.kind is not ScopeKind.CLASS) and name in scope.bindings:
                if name in scope.global_names:
                    return scope.module
                if name not in scope.nonlocal_names:
                    return scope
            first = False
            scope = scope.parent
        return None

    def walk(self) -> Iterator[Scope]:
        """Yield this scope and all inside it, outer ones first, in source order."""
        pending = [self]
        while pending:
            scope = pending.pop()
            yield scope
            pending.extend(reversed(scope.children))
