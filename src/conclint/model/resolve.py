"""What expressions are: names through imports, bindings and attributes to abstract values.

Locals are resolved by reaching definitions where a function binds a name more than once; attributes and globals by
everything that is ever stored to them.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeVar

import libcst as cst

from conclint.memo import cached_property
from conclint.model.annotations import Annotations
from conclint.model.attributes import Attributes
from conclint.model.bound import Bound
from conclint.model.call_results import CallResults
from conclint.model.containers import takes_out
from conclint.model.decorating import is_transparent
from conclint.model.displays import Displays
from conclint.model.hierarchy import Hierarchy
from conclint.model.known_calls import HANDS_ON_ITEMS, class_of, from_container
from conclint.model.narrowing import Narrowing
from conclint.model.passing import Passed
from conclint.model.values import (
    NONE,
    NOTHING_KNOWN,
    UNKNOWN,
    ClassValue,
    Constant,
    FunctionValue,
    Instance,
    Items,
    Site,
    Super,
    Symbol,
    Value,
    Values,
    union,
)
from conclint.syntax import Binding, Scope, ScopeKind
from conclint.syntax.walk import literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from conclint.knowledge import Knowledge
    from conclint.model.definitions import Class, Function
    from conclint.syntax import Tree

_Asked = TypeVar("_Asked")
_DEEPEST = 24
_NOWHERE = 1_000_000
_FARTHEST = 2
_PROPERTIES = frozenset({"builtins.property", "functools.cached_property"})
_CONSTANTS: dict[str, Values] = {"True": (Constant(True),), "False": (Constant(False),), "None": (NONE,)}


class Resolver:
    """Evaluates expressions of one module to abstract values, each once."""

    def __init__(
        self,
        tree: Tree,
        knowledge: Knowledge,
        functions: dict[int, Function],
        classes: dict[int, Class],
        reaching: Callable[[cst.Name, Scope], list[Binding] | None],
    ) -> None:
        self.tree = tree
        self.knowledge = knowledge
        self.functions = functions
        self.classes = classes
        self.reaching = reaching
        self.sites: dict[int, Site] = {}
        self._values: dict[int, Values] = {}
        self._bindings: dict[int, Values] = {}
        self._members: dict[tuple[Instance | ClassValue, str], Values] = {}
        self._same_everywhere: dict[tuple[int, str], Values] = {}
        """What a name is wherever it stands in a scope, by `id` of that."""
        self._open: dict[int, int] = {}
        """The questions that are being answered, by how many are around each."""
        self._cut = _NOWHERE
        """The outermost of them that a question further in was cut short for."""
        self._provisional: dict[tuple[int, int], tuple[int, Values]] = {}
        self._provisional_until: dict[int, list[tuple[int, int]]] = {}
        self._passing = 0
        self._passing_since = 0
        hierarchy = self.hierarchy = Hierarchy(self.values, knowledge)
        self.mro, self.bases = hierarchy.mro, hierarchy.bases
        self.library_base, self.is_closed = hierarchy.library_base, hierarchy.is_closed
        self.annotations = Annotations(self)
        self.bound = Bound(self)
        self._attributes = Attributes(self)
        self.narrowing = Narrowing(self)
        self.calls = CallResults(self)
        displays = self.displays = Displays(self)
        self._by_class: dict[type[cst.CSTNode], Callable[..., Values]] = {
            cst.Name: self._name,
            cst.Attribute: self._attribute,
            cst.Call: self._call,
            cst.Subscript: displays.subscript,
            cst.Lambda: self._lambda,
            cst.Await: lambda node: self.values(node.expression),
            cst.NamedExpr: lambda node: self.values(node.value),
            cst.IfExp: lambda node: union(self.values(node.body), self.values(node.orelse)),
            cst.BooleanOperation: lambda node: union(self.values(node.left), self.values(node.right)),
            cst.UnaryOperation: displays.unary,
            cst.BinaryOperation: displays.operation,
            cst.Tuple: displays.display,
            cst.List: displays.display,
            cst.Set: displays.display,
            cst.Dict: displays.dictionary,
            cst.ListComp: displays.comprehension,
            cst.SetComp: displays.comprehension,
            cst.GeneratorExp: displays.comprehension,
            cst.DictComp: lambda node: (Items((self.values(node.value),)),),
            cst.SimpleString: lambda node: (Constant(literal(node)),),
            cst.Integer: lambda node: (Constant(literal(node)),),
            cst.Float: lambda node: (Constant(literal(node)),),
        }

    def values(self, node: cst.CSTNode) -> Values:
        """Return what `node` may be; never empty."""
        known = self._values.get(id(node))
        if known is not None:
            return known
        evaluate = self._by_class.get(node.__class__)
        if evaluate is None:
            return NOTHING_KNOWN
        if len(self._open) > _DEEPEST:
            self._cut = 0
            return NOTHING_KNOWN
        # Most names and attributes need no question of their own, which costs more than they do.
        found: Values | None = None
        if node.__class__ is cst.Name:
            found = self._same_everywhere.get((id(self.tree.scope_of(node)), node.value))
        elif node.__class__ is cst.Attribute:
            found = self._plain_attribute(node)
        if found is None:
            return self._answer(self._values, node, evaluate, NOTHING_KNOWN)
        self._values[id(node)] = found
        return found

    def _answer(self, known: dict[int, Values], asked: _Asked, find: Callable[[_Asked], Values], without: Values) -> Values:
        """Return and remember what `find` says, or `without` where it says nothing or is at it already.

        When a question comes up again while it is being answered, what is found on the way back to it is provisional,
        and only its own answer is remembered; this is the low link of Tarjan's algorithm (SIAM J. Comput. 1972). Until it
        has been answered the provisional answers are given again: what they lack, it gets by the first way to them.
        """
        key, depth = id(asked), len(self._open)
        if key in self._open:
            self._cut = min(self._cut, self._open[key])
            return without
        provisional = self._provisional.get((key, self._passing))
        if provisional is not None:
            self._cut = min(self._cut, provisional[0])
            return provisional[1]
        before, self._cut = self._cut, _NOWHERE
        self._open[key] = depth
        try:
            found = find(asked) or without
        finally:
            del self._open[key]
            for done in self._provisional_until.pop(depth, ()):
                del self._provisional[done]
        if self._cut >= depth:
            known[key] = found
            self._cut = before
        else:
            self._provisional[key, self._passing] = self._cut, found
            self._provisional_until.setdefault(self._cut, []).append((key, self._passing))
            self._cut = min(self._cut, before)
        return found

    # names

    def _name(self, node: cst.Name) -> Values:
        name = node.value
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        scope = self.tree.scope_of(node)
        found = self.variable(name, scope, node)
        if self.narrowing.may_narrow(name, found):
            return self.narrowing.narrowed(node, found)
        if self._is_settled(name, scope):
            self._same_everywhere[id(scope), name] = found
        return found

    def _is_settled(self, name: str, scope: Scope) -> bool:
        """Tell whether there is one place that binds a variable, and no question about that is open."""
        owner = scope.owner(name)
        if self.rebound_elsewhere(name, owner or self.tree.root):
            return False
        bindings = owner.bindings.get(name, ()) if owner is not None else ()
        return owner is None or (len(bindings) == 1 and id(bindings[0]) in self._bindings)

    def variable(self, name: str, scope: Scope, use: cst.Name | None = None) -> Values:
        """Return what the variable `name` may be when used in `scope`."""
        owner = scope.owner(name)
        if owner is None:
            # A global that only functions bind, under `global`: an initializer, most often.
            elsewhere = self.rebound_elsewhere(name, self.tree.root)
            return union(*map(self.binding, elsewhere)) if elsewhere else self._unbound(name, scope)
        bindings = owner.bindings.get(name, [])
        if use is not None and len(bindings) > 1 and owner.execution is scope.execution:
            if (found := self._one_value(bindings)) is not None:
                return found  # whichever of them it is
            bindings = self.reaching(use, owner) or bindings
        elif owner.kind is ScopeKind.MODULE or owner is not scope.execution:
            bindings = bindings + self.rebound_elsewhere(name, owner)
        return union(*(self.binding(binding) for binding in bindings))

    def _one_value(self, bindings: list[Binding]) -> Values | None:
        """Return what all of some bindings give if that is the same, so that it does not matter which of them reaches a use."""
        before = self._cut
        first = self.binding(bindings[0])
        for binding in bindings:
            if self.binding(binding) != first or id(binding) not in self._bindings:
                self._cut = before  # nothing comes of what was cut short
                return None
        return first

    def rebound_elsewhere(self, name: str, owner: Scope) -> list[Binding]:
        """Bindings of a global or enclosing variable that stand in inner scopes under `global` or `nonlocal`."""
        return self._outside_bindings.get((id(owner), name), [])

    @cached_property
    def _outside_bindings(self) -> dict[tuple[int, str], list[Binding]]:
        found: dict[tuple[int, str], list[Binding]] = {}
        for scope in self.tree.root.walk():
            for name in scope.global_names | scope.nonlocal_names:
                owner = scope.owner(name)
                if owner is not None and owner is not scope and name in scope.bindings:
                    found.setdefault((id(owner), name), []).extend(scope.bindings[name])
        return found

    def _unbound(self, name: str, scope: Scope) -> Values:
        for module in scope.module.star_imports:
            if name in self.knowledge.names_of(module):
                return (Symbol(self.knowledge.canonical(f"{module}.{name}")),)
        if self.tree.source.fragment and (known := self.knowledge.well_known(name)) is not None:
            return (Symbol(known),)
        if scope.module.star_imports:
            return NOTHING_KNOWN
        return (Symbol(f"builtins.{name}"),)

    def binding(self, binding: Binding) -> Values:
        """Return what one binding binds its name to."""
        known = self._bindings.get(id(binding))
        if known is not None:
            return known
        return self._answer(self._bindings, binding, self.bound.by, ())

    def passed(self, function: Function, parameter: str) -> Values:
        """Return the objects that calls in this module pass for a parameter, through few functions."""
        if self._passing >= _FARTHEST:
            self._cut = min(self._cut, self._passing_since)
            return ()
        if not self._passing:
            self._passing_since = len(self._open) - 1
        self._passing += 1
        try:
            found = [value for given in self._arguments.arguments(function, parameter) for value in self.values(given)]
        finally:
            self._passing -= 1
        return tuple(value for value in found if isinstance(value, Instance))

    @cached_property
    def _arguments(self) -> Passed:
        return Passed(self.tree.root, self.functions)

    # attributes

    def _attribute(self, node: cst.Attribute) -> Values:
        return self.narrowing.narrowed(node, self.attribute_of(self.values(node.value), node.attr.value))

    def _plain_attribute(self, node: cst.Attribute) -> Values | None:
        """Return what an attribute of one known object is, None where it takes more to find out."""
        objects, name = self.values(node.value), node.attr.value
        if len(objects) != 1 or id(node.value) not in self._values:
            return None
        value = objects[0]
        if value is UNKNOWN:
            found: Values | None = objects
        elif value.__class__ is Symbol:
            found = self._member(value, name)
        else:
            found = self._members.get((value, name))  # type: ignore[arg-type]
        return None if found is None or self.narrowing.may_narrow(name, found) else found

    def attribute_of(self, objects: Values, name: str) -> Values:
        """Return what an attribute of any of some objects may be."""
        return union(*(self._member(value, name) for value in objects))

    def _member(self, value: Value, name: str) -> Values:
        if isinstance(value, Symbol):
            return (Symbol(self.knowledge.canonical(f"{value.name}.{name}")),)
        if isinstance(value, Instance) and name == "__class__":
            return (class_of(value),)
        if isinstance(value, (Instance, ClassValue)):
            return self.members(value, name)
        if isinstance(value, Super) and value.receiver.cls is not None:
            known = itertools.takewhile(self.hierarchy.is_known, self.hierarchy.behind(value.receiver.cls, value.behind))
            return self._attributes.inherited(tuple(known), name, value.receiver) or NOTHING_KNOWN
        if isinstance(value, Constant) and value.value is None:
            return ()
        return NOTHING_KNOWN

    def members(self, value: Instance | ClassValue, name: str) -> Values:
        """Return what the attribute `name` of an object or class may be.

        What methods store is one place for all classes; what class bodies bind hides what bases bind.
        """
        key = value, name
        found = self._members.get(key)
        if found is None:
            before, self._cut = self._cut, _NOWHERE
            found = self._attributes.of(value, name)
            if self._cut >= len(self._open):
                self._members[key] = found
            self._cut = min(self._cut, before)
        return found

    def instance_of(self, cls: Class) -> Instance:
        """Return an object of `cls` of which nothing more is known."""
        base = self.library_base(cls)
        return Instance(*base, cls=cls) if base is not None else Instance(cls=cls)

    # calls

    def _call(self, node: cst.Call) -> Values:
        if node.func.__class__ is cst.Attribute:
            method = node.func.attr.value
            if method in HANDS_ON_ITEMS or method == "setdefault" or takes_out(node):
                containers = self.values(node.func.value)
                if method == "setdefault" or any(isinstance(value, Items) for value in containers):
                    return from_container(self, containers, node, method)
            if method == "enter_context" and len(node.args) == 1:
                return self.calls.entered_by(node.args[0].value)
        return union(*(self.calls.result(value, node) for value in self.values(node.func)))

    def returned(self, function: Function) -> Values:
        """Return what a call of a function of this module gives back: only small factories are looked into."""
        node = function.node
        if function.is_async or function.is_generator:
            return NOTHING_KNOWN
        if len(self._open) > _DEEPEST // 2:
            self._cut = 0
            return NOTHING_KNOWN
        found = union(*(self.values(expression) for expression in function.returns))
        if isinstance(node, cst.FunctionDef) and not all(is_transparent(self, d, _PROPERTIES) for d in node.decorators):
            found = union(found or (NONE,), NOTHING_KNOWN)
        if isinstance(node, cst.FunctionDef) and node.returns is not None and UNKNOWN in (found or NOTHING_KNOWN):
            return union(found, self.annotations.values(node.returns.annotation))
        return found or (NONE,)

    def _lambda(self, node: cst.Lambda) -> Values:
        return (FunctionValue(self.functions[id(self.tree.scopes[id(node)])]),)
