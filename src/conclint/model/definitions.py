"""The functions and classes of a module."""

from __future__ import annotations

from collections import Counter

import libcst as cst
import msgspec

from conclint.memo import cached_property
from conclint.syntax import Binding, Scope, ScopeKind
from conclint.syntax.children import is_a
from conclint.syntax.walk import dotted_name, every_parameter

_DOING_NOTHING = frozenset({cst.Raise, cst.Pass})


class Function(msgspec.Struct, eq=False, dict=True):
    """A function, lambda, class body or the module's own code: whatever has a control flow of its own."""

    scope: Scope
    cls: Class | None = None

    @property
    def node(self) -> cst.CSTNode:
        """The syntax that defines it."""
        return self.scope.node

    @property
    def name(self) -> str:
        """Its own name, empty for the module."""
        return self.scope.name

    @property
    def qualified_name(self) -> str:
        """As `__qualname__` spells it."""
        return self.scope.qualified_name

    @cached_property
    def scopes(self) -> list[Scope]:
        """Its own scope and those of the comprehensions that it runs, outer ones first."""
        return list(self.scope.running)

    @cached_property
    def named(self) -> Counter[str]:
        """The names of variables and attributes in its own code, comprehensions included, and how often each is there."""
        found: list[str] = []
        for scope in self.scopes:
            found += [name.value for name in scope.names]
            found += [attribute.attr.value for attribute in scope.attributes]
        return Counter(found)

    @property
    def is_module(self) -> bool:
        """The code at module level."""
        return self.scope.kind is ScopeKind.MODULE

    @cached_property
    def is_async(self) -> bool:
        """An `async def`."""
        return self.node.__class__ is cst.FunctionDef and self.node.asynchronous is not None

    @property
    def is_generator(self) -> bool:
        """A call only makes a generator; the body runs when that is iterated."""
        return bool(self.scope.yields) and isinstance(self.node, cst.FunctionDef)

    @cached_property
    def parameters(self) -> list[cst.Param]:
        """In the order of the signature, starred ones included."""
        if self.node.__class__ is cst.FunctionDef or self.node.__class__ is cst.Lambda:
            return every_parameter(self.node.params)
        return []

    @cached_property
    def decorators(self) -> list[str]:
        """The dotted names of its decorators as written, called or bare; empty for other expressions."""
        if self.node.__class__ is not cst.FunctionDef:
            return []
        names = []
        for decorator in self.node.decorators:
            expression = decorator.decorator
            names.append(dotted_name(expression.func if expression.__class__ is cst.Call else expression))
        return names

    def has_decorator(self, *names: str) -> bool:
        """Tell whether a decorator's last name is one of these."""
        node = self.scope.node
        if node.__class__ is not cst.FunctionDef or not node.decorators:
            return False
        return any(written.rpartition(".")[2] in names for written in self.decorators)

    @cached_property
    def receiver_name(self) -> str | None:
        """What the method calls the object it is bound to; None for functions and static methods."""
        if self.cls is None or self.has_decorator("staticmethod"):
            return None
        parameters = self.parameters
        return parameters[0].name.value if parameters else None

    @property
    def returns(self) -> list[cst.BaseExpression]:
        """The expressions that its `return` statements give back."""
        if self.node.__class__ is cst.Lambda:
            return [self.node.body]
        return [statement.value for statement in self.scope.returns if statement.value is not None]

    @property
    def yields(self) -> list[cst.BaseExpression]:
        """The expressions whose values it yields one at a time."""
        values = (found.value for found in self.scope.yields)
        return [value for value in values if isinstance(value, cst.BaseExpression)]


class Class(msgspec.Struct, eq=False):
    """A class of the module.

    Of a property, `methods` holds what gets it and `setters` what is called to set it. `attributes` holds what is
    stored to `self.x` or `cls.x` in any method, and to `x` in the class body.
    """

    scope: Scope
    methods: dict[str, Function] = msgspec.field(default_factory=dict)
    setters: dict[str, Function] = msgspec.field(default_factory=dict)
    attributes: dict[str, list[Binding]] = msgspec.field(default_factory=dict)

    @property
    def node(self) -> cst.ClassDef:
        """The syntax that defines it."""
        assert isinstance(self.scope.node, cst.ClassDef)
        return self.scope.node

    @property
    def name(self) -> str:
        """Its own name."""
        return self.scope.name

    @property
    def qualified_name(self) -> str:
        """As `__qualname__` spells it."""
        return self.scope.qualified_name


def define(root: Scope) -> tuple[dict[int, Function], dict[int, Class]]:
    """Return the functions and classes of a module by `id` of their scopes."""
    functions: dict[int, Function] = {}
    classes: dict[int, Class] = {}
    for scope in root.walk():
        if scope.kind is ScopeKind.CLASS:
            classes[id(scope)] = Class(scope)
        if scope.kind is ScopeKind.COMPREHENSION:
            continue
        function = functions[id(scope)] = Function(scope)
        outer = scope.parent
        if scope.is_callable and outer is not None and (cls := classes.get(id(outer))) is not None:
            function.cls = cls
            if scope.kind is ScopeKind.FUNCTION:
                cls.methods.setdefault(scope.name, function)
                if function.has_decorator("setter"):
                    cls.setters[scope.name] = function
    for cls in classes.values():
        for name, bindings in cls.scope.bindings.items():
            cls.attributes.setdefault(name, []).extend(bindings)
    for function in functions.values():
        if function.cls is not None and (receiver := function.receiver_name) is not None:
            _collect_stores(function, function.cls, receiver)
    return functions, classes


def _collect_stores(function: Function, cls: Class, receiver: str) -> None:
    for scope in function.scope.walk():
        for store in scope.stores:
            target = store.node
            if target.__class__ is not cst.Attribute or target.value.__class__ is not cst.Name:
                continue
            if target.value.value == receiver:
                cls.attributes.setdefault(store.name, []).append(store)


def is_stub(node: cst.FunctionDef) -> bool:
    """Tell a body that only raises, or does nothing: it is there to be overridden."""
    for line in node.body.body:
        for statement in line.body if line.__class__ is cst.SimpleStatementLine else (line,):
            if statement.__class__ not in _DOING_NOTHING and not (
                statement.__class__ is cst.Expr and is_a(statement.value, (cst.BaseString, cst.Ellipsis))
            ):
                return False
    return True
