"""What expressions are: names through imports, bindings and attributes to abstract values.

Locals are resolved by reaching definitions where a function binds a name more than once; attributes and globals by
everything that is ever stored to them.
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, TypeVar

import libcst as cst

from conclint.model.containers import takes_out
from conclint.model.hierarchy import Hierarchy
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
    LibraryMethod,
    Partial,
    Site,
    Super,
    Symbol,
    Value,
    Values,
)
from conclint.syntax import Binding, BindingKind, Scope, ScopeKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conclint.knowledge import Knowledge
    from conclint.knowledge.schema import Type
    from conclint.model.definitions import Class, Function
    from conclint.syntax import Tree

_Asked = TypeVar("_Asked")
_DEEPEST = 24
_NOWHERE = 1_000_000
_FARTHEST = 2
_WRAPPERS = frozenset({"builtins.list", "builtins.tuple", "builtins.set", "builtins.sorted", "builtins.reversed",
                       "builtins.iter", "copy.copy", "builtins.frozenset"})
_FILLING = frozenset({"append", "add", "appendleft"})
_HANDS_ON_ITEMS = ("values", "items", "copy")
_NAME_OF_IMPORT = (BindingKind.IMPORT, BindingKind.IMPORT_FROM)


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
        self._open: dict[int, int] = {}
        """The questions that are being answered, by how many are around each."""
        self._cut = _NOWHERE
        """The outermost of them that a question further in was cut short for."""
        self._passing = 0
        self._passing_since = 0
        hierarchy = self.hierarchy = Hierarchy(self.values, knowledge)
        self.mro, self.bases = hierarchy.mro, hierarchy.bases
        self.library_base, self.is_closed = hierarchy.library_base, hierarchy.is_closed
        self._by_class: dict[type[cst.CSTNode], Callable[..., Values]] = {
            cst.Name: self._name,
            cst.Attribute: self._attribute,
            cst.Call: self._call,
            cst.Subscript: self._subscript,
            cst.Lambda: self._lambda,
            cst.Await: lambda node: self.values(node.expression),
            cst.NamedExpr: lambda node: self.values(node.value),
            cst.IfExp: lambda node: _union(self.values(node.body), self.values(node.orelse)),
            cst.BooleanOperation: lambda node: _union(self.values(node.left), self.values(node.right)),
            cst.UnaryOperation: self._unary,
            cst.Tuple: self._display,
            cst.List: self._display,
            cst.Set: self._display,
            cst.Dict: self._dict,
            cst.ListComp: self._comprehension,
            cst.SetComp: self._comprehension,
            cst.GeneratorExp: self._comprehension,
            cst.DictComp: lambda node: (Items((self.values(node.value),)),),
            cst.SimpleString: lambda node: (Constant(node.evaluated_value),),
            cst.Integer: lambda node: (Constant(node.evaluated_value),),
            cst.Float: lambda node: (Constant(node.evaluated_value),),
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
        return self._answer(self._values, node, evaluate, NOTHING_KNOWN)

    def _answer(self, known: dict[int, Values], asked: _Asked, find: Callable[[_Asked], Values], without: Values) -> Values:
        """Return and remember what `find` says, or `without` where it says nothing or is at it already.

        When a question comes up again while it is being answered, what is found on the way back to it is provisional,
        and only its own answer is remembered; this is the low link of Tarjan's algorithm (SIAM J. Comput. 1972).
        """
        key, depth = id(asked), len(self._open)
        if key in self._open:
            self._cut = min(self._cut, self._open[key])
            return without
        before, self._cut = self._cut, _NOWHERE
        self._open[key] = depth
        try:
            found = find(asked) or without
        finally:
            del self._open[key]
        if self._cut >= depth:
            known[key] = found
            self._cut = before
        else:
            self._cut = min(self._cut, before)
        return found

    # names

    def _name(self, node: cst.Name) -> Values:
        if node.value in ("True", "False", "None"):
            return (Constant({"True": True, "False": False}.get(node.value)),)
        scope = self.tree.scope_of(node)
        return self.variable(node.value, scope, node)

    def variable(self, name: str, scope: Scope, use: cst.Name | None = None) -> Values:
        """Return what the variable `name` may be when used in `scope`."""
        owner = scope.owner(name)
        if owner is None:
            return self._unbound(name, scope)
        bindings = owner.bindings.get(name, [])
        if use is not None and len(bindings) > 1 and owner.execution is scope.execution:
            bindings = self.reaching(use, owner) or bindings
        elif owner.kind is ScopeKind.MODULE or owner is not scope.execution:
            bindings = bindings + self.rebound_elsewhere(name, owner)
        return _union(*(self.binding(binding) for binding in bindings))

    def rebound_elsewhere(self, name: str, owner: Scope) -> list[Binding]:
        """Bindings of a global or enclosing variable that stand in inner scopes under `global` or `nonlocal`."""
        return self._outside_bindings.get((id(owner), name), [])

    @functools.cached_property
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
        return self._answer(self._bindings, binding, self._bound, ())

    def _bound(self, binding: Binding) -> Values:
        kind = binding.kind
        if kind in _NAME_OF_IMPORT:
            qualified = self.imported(binding)
            return (Symbol(self.knowledge.canonical(qualified)),) if qualified else NOTHING_KNOWN
        if kind is BindingKind.DEFINITION:
            return self._definition(binding)
        if kind is BindingKind.PARAMETER:
            return self._parameter(binding)
        if kind is BindingKind.DECLARE:
            return self._annotated(binding.annotation) if binding.annotation is not None else ()
        if binding.value is None or kind in (BindingKind.AUGMENT, BindingKind.EXCEPTION):
            return NOTHING_KNOWN
        found = self.values(binding.value)
        if kind is BindingKind.ITERATE:
            found = _every(found)
        elif kind is BindingKind.ENTER:
            found = self._entered(found)
        for step in binding.path:
            found = _element(found, step)
        if binding.annotation is not None and all(value in (UNKNOWN, NONE) for value in found):
            return _union(self._annotated(binding.annotation), found)
        return found

    def imported(self, binding: Binding) -> str:
        """Return the absolute name that an import binds, empty when a relative one leads nowhere."""
        name = binding.qualified
        return self.tree.source.absolute(name) if name.startswith(".") else name

    def _definition(self, binding: Binding) -> Values:
        scope = self.tree.scopes.get(id(binding.node))
        if scope is None:
            return NOTHING_KNOWN
        if (cls := self.classes.get(id(scope))) is not None:
            return (ClassValue(cls),)
        return (FunctionValue(self.functions[id(scope)]),)

    def _parameter(self, binding: Binding) -> Values:
        function = self.functions.get(id(binding.scope))
        if function is not None and function.receiver_name == binding.name:
            cls = function.cls
            assert cls is not None
            if function.has_decorator("classmethod") or function.name in ("__new__", "__init_subclass__"):
                return (ClassValue(cls),)
            return (self.instance_of(cls),)
        found: Values = ()
        if binding.annotation is not None:
            found = self._annotated(binding.annotation)
        if binding.value is not None:
            found = _union(found, self.values(binding.value))
        if function is not None:
            passed = self._passed(function, binding.name)
            known = {value.type_name for value in passed if isinstance(value, Instance)}
            seen = (value for value in found if not isinstance(value, Instance) or value.type_name not in known)
            found = (*seen, *passed)  # what is passed says as much as an annotation, and where it was made
        return _union(found, NOTHING_KNOWN)

    def _passed(self, function: Function, parameter: str) -> Values:
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

    @functools.cached_property
    def _arguments(self) -> Passed:
        return Passed(self.tree.root, self.functions)

    def _annotated(self, annotation: cst.BaseExpression) -> Values:
        """Return an instance of the class that an annotation names, through Optional, unions and strings."""
        if isinstance(annotation, cst.SimpleString):
            try:
                text = annotation.evaluated_value
                inner = cst.parse_expression(text) if isinstance(text, str) else None
            except Exception:  # noqa: BLE001 -- an annotation may hold any text
                return NOTHING_KNOWN
            return self._annotated_text(inner) if inner is not None else NOTHING_KNOWN
        if isinstance(annotation, cst.BinaryOperation) and isinstance(annotation.operator, cst.BitOr):
            return _union(self._annotated(annotation.left), self._annotated(annotation.right))
        if isinstance(annotation, cst.Name) and annotation.value == "None":
            return (NONE,)
        if isinstance(annotation, cst.Subscript):
            outer = self.values(annotation.value)
            inner_of = {"typing.Optional", "typing.Annotated", "typing.Final", "typing.ClassVar"}
            if any(isinstance(value, Symbol) and value.name in inner_of for value in outer):
                part = annotation.slice[0].slice
                if isinstance(part, cst.Index):
                    return self._annotated(part.value)
            return self._instances(outer)
        return self._instances(self.values(annotation))

    def _annotated_text(self, expression: cst.BaseExpression) -> Values:
        dotted = dotted_name(expression)
        if not dotted:
            return NOTHING_KNOWN
        first, *rest = dotted.split(".")
        found = self.variable(first, self.tree.root)
        for name in rest:
            found = _union(*(self._member(value, name) for value in found))
        return self._instances(found)

    def _instances(self, classes: Values) -> Values:
        found: list[Value] = []
        for value in classes:
            if isinstance(value, ClassValue):
                found.append(self.instance_of(value.cls))
            elif isinstance(value, Symbol) and (facts := self.knowledge.type(value.name)) is not None:
                found.append(Instance(value.name, facts))
            else:
                found.append(UNKNOWN)
        return tuple(found)

    def _entered(self, managers: Values) -> Values:
        found: list[Value] = []
        for value in managers:
            if isinstance(value, Instance) and value.facts is not None:
                enters = value.facts.enters
                facts = self.knowledge.type(enters) if enters else None
                found.append(Instance(enters or "", facts) if facts is not None else value)
            elif isinstance(value, Instance) and value.cls is not None:
                found.extend(self._called_method(value, "__enter__"))
            else:
                found.append(UNKNOWN)
        return tuple(found)

    def _called_method(self, receiver: Instance, name: str) -> Values:
        return _union(
            *(
                self._returned(value.function)
                for value in self.members(receiver, name)
                if isinstance(value, FunctionValue)
            )
        )

    # attributes

    def _attribute(self, node: cst.Attribute) -> Values:
        name = node.attr.value
        return _union(*(self._member(value, name) for value in self.values(node.value)))

    def _member(self, value: Value, name: str) -> Values:
        if isinstance(value, Symbol):
            return (Symbol(self.knowledge.canonical(f"{value.name}.{name}")),)
        if isinstance(value, Instance) and name == "__class__":
            return (_class_of(value),)
        if isinstance(value, (Instance, ClassValue)):
            return self.members(value, name)
        if isinstance(value, Super) and value.receiver.cls is not None:
            known = itertools.takewhile(self.hierarchy.is_known, self.hierarchy.behind(value.receiver.cls, value.behind))
            return self._inherited(tuple(known), name, value.receiver) or NOTHING_KNOWN
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
            found = self._members_of(value, name)
            if self._cut >= len(self._open):
                self._members[key] = found
            self._cut = min(self._cut, before)
        return found

    def _members_of(self, value: Instance | ClassValue, name: str) -> Values:
        lineage = self.hierarchy.lineage(value.cls) if value.cls is not None else ()
        stored = [
            bound
            for entry in lineage
            if isinstance(entry, ClassValue)
            for binding in entry.cls.attributes.get(name, ())
            if binding.scope is not entry.cls.scope
            for bound in self.binding(binding)
        ]
        known = any(bound not in (UNKNOWN, NONE) for bound in stored)
        inherited = self._inherited(lineage, name, value, declared=not known)
        if stored or inherited is not None:
            return _union(tuple(stored), inherited or ())
        return self._library_member(value, name)

    def _inherited(
        self, lineage: Values, name: str, receiver: Instance | ClassValue, *, declared: bool = True
    ) -> Values | None:
        """Return what the first class of a lineage that has an attribute has there, None when none is seen to.

        `declared` tells whether a bare annotation counts.
        """
        for entry in lineage:
            if isinstance(entry, ClassValue):
                found = _union(
                    *(
                        self._bind_method(bound, receiver)
                        for binding in entry.cls.scope.bindings.get(name, ())
                        if declared or binding.kind is not BindingKind.DECLARE
                        for bound in self.binding(binding)
                    )
                )
                if found:
                    return found
            elif isinstance(entry, Symbol) and (facts := self.knowledge.type(entry.name)) is not None:
                as_base = isinstance(receiver, Instance) and receiver.type_name == entry.name
                found = self._library_member(
                    receiver if as_base else Instance(entry.name, facts, receiver.cls), name
                )
                if name == "__init__" or (found is not NOTHING_KNOWN and isinstance(receiver, ClassValue)):
                    return (Symbol(f"{entry.name}.{name}"),)
                if found is not NOTHING_KNOWN:
                    return found
        return None

    def _library_member(self, value: Instance | ClassValue, name: str) -> Values:
        if isinstance(value, Instance) and value.facts is not None:
            attribute = self.knowledge.attribute(value.type_name, name)
            if attribute is not None and attribute.returns is not None:
                return self._of_type(attribute.returns)
            if self.knowledge.method(value.type_name, name) is not None:
                return (LibraryMethod(value, name),)
        return NOTHING_KNOWN

    def _bind_method(self, value: Value, receiver: Instance | ClassValue) -> Values:
        if not isinstance(value, FunctionValue) or value.function.cls is None:
            return (value,)
        function = value.function
        if function.has_decorator("property", "cached_property"):
            return self._returned(function)
        if function.has_decorator("staticmethod"):
            return (value,)
        return (FunctionValue(function, receiver),)

    def instance_of(self, cls: Class) -> Instance:
        """Return an object of `cls` of which nothing more is known."""
        base = self.library_base(cls)
        return Instance(*base, cls=cls) if base is not None else Instance(cls=cls)

    # calls

    def _call(self, node: cst.Call) -> Values:
        if isinstance(node.func, cst.Attribute) and (takes_out(node) or node.func.attr.value in _HANDS_ON_ITEMS):
            containers = self.values(node.func.value)
            if any(isinstance(value, Items) for value in containers):
                return _from_container(containers, node.func.attr.value)
        return _union(*(self._result(value, node) for value in self.values(node.func)))

    def _result(self, called: Value, node: cst.Call) -> Values:
        if isinstance(called, Symbol):
            return self._symbol_called(called, node)
        if isinstance(called, ClassValue):
            instance = self.instance_of(called.cls)
            if instance.facts is None:
                return (instance,)
            site = self._site(node, instance.type_name, instance.facts, called.cls)
            return (Instance(instance.type_name, instance.facts, called.cls, site),)
        if isinstance(called, FunctionValue):
            return self._returned(called.function)
        if isinstance(called, LibraryMethod):
            return self._method_called(called, node)
        if isinstance(called, Partial):
            return self._result(called.target, node)
        return NOTHING_KNOWN

    def _symbol_called(self, called: Symbol, node: cst.Call) -> Values:
        name = called.name
        if (facts := self.knowledge.type(name)) is not None:
            if facts.items:
                return (Items(tuple(self._of_type(item) for item in facts.items), exact=True),)
            return (Instance(name, facts, site=self._site(node, name, facts)),)
        function = self.knowledge.function(name)
        if function is not None:
            if function.returns is not None:
                return self._of_type(function.returns)
            if function.yields is not None:
                return (Items((self._of_type(function.yields),)),)
        if name in ("builtins.enumerate", "builtins.zip"):
            parts = [_every(self.values(argument.value)) for argument in node.args]
            return _pairs(*([NOTHING_KNOWN, *parts[:1]] if name == "builtins.enumerate" else parts))
        if name == "functools.partial" and node.args:
            return tuple(Partial(value, node) for value in self.values(node.args[0].value))
        if name == "builtins.super":
            return self._super(node)
        if name in _WRAPPERS and node.args:
            return tuple(Items((_every((value,)),)) for value in self.values(node.args[0].value))
        if name in ("dataclasses.field", "attr.ib", "attrs.field"):
            return self._field(node)
        if name == "builtins.type" and len(node.args) == 1:
            return tuple(map(_class_of, self.values(node.args[0].value)))
        if name == "typing.cast" and len(node.args) > 1:
            return self.values(node.args[1].value)
        return NOTHING_KNOWN

    def _super(self, node: cst.Call) -> Values:
        function = self.functions.get(id(self.tree.scope_of(node).execution))
        if function is None or function.cls is None or function.receiver_name is None:
            return NOTHING_KNOWN
        behind: Value = ClassValue(function.cls)
        if node.args:
            classes = self.values(node.args[0].value)
            behind = classes[0]
            if len(classes) != 1 or len(node.args) != 2 or dotted_name(node.args[1].value) != function.receiver_name:
                return NOTHING_KNOWN
        receivers = self.variable(function.receiver_name, function.scope)
        if not isinstance(behind, ClassValue) or not isinstance(receivers[0], (Instance, ClassValue)):
            return NOTHING_KNOWN
        return (Super(receivers[0], behind.cls),)

    def _field(self, node: cst.Call) -> Values:
        for argument in node.args:
            if argument.keyword is not None and argument.keyword.value in ("default_factory", "factory"):
                return _union(*(self._result(value, node) for value in self.values(argument.value)))
        return NOTHING_KNOWN

    def _method_called(self, called: LibraryMethod, node: cst.Call) -> Values:
        method = self.knowledge.method(called.receiver.type_name, called.name)
        if method is None:
            return NOTHING_KNOWN
        if method.makes is not None and (facts := self.knowledge.type(method.makes)) is not None:
            if facts.items:
                return (Items(tuple(self._of_type(item) for item in facts.items), exact=True),)
            return (Instance(method.makes, facts, site=self._site(node, method.makes, facts)),)
        if method.returns is not None:
            return self._of_type(method.returns)
        if method.yields is not None:
            return (Items((self._of_type(method.yields),)),)
        return NOTHING_KNOWN

    def _of_type(self, name: str) -> Values:
        facts = self.knowledge.type(name)
        return (Instance(name, facts),) if facts is not None else NOTHING_KNOWN

    def _site(self, node: cst.Call, name: str, facts: Type, cls: Class | None = None) -> Site:
        site = self.sites.get(id(node))
        if site is None:
            site = self.sites[id(node)] = Site(node, self.tree.scope_of(node), name, facts, cls)
        return site

    def _returned(self, function: Function) -> Values:
        """Return what a call of a function of this module gives back: only small factories are looked into."""
        node = function.node
        if function.is_async or function.is_generator:
            return NOTHING_KNOWN
        if len(self._open) > _DEEPEST // 2:
            self._cut = 0
            return NOTHING_KNOWN
        found = _union(*(self.values(expression) for expression in function.returns))
        if isinstance(node, cst.FunctionDef) and node.returns is not None and UNKNOWN in (found or NOTHING_KNOWN):
            return _union(found, self._annotated(node.returns.annotation))
        return found or (NONE,)

    # containers and the rest

    def _unary(self, node: cst.UnaryOperation) -> Values:
        if not isinstance(node.operator, cst.Minus):
            return NOTHING_KNOWN
        return tuple(
            Constant(-value.value) if isinstance(value, Constant) and isinstance(value.value, (int, float)) else UNKNOWN
            for value in self.values(node.expression)
        )

    def _subscript(self, node: cst.Subscript) -> Values:
        containers = self.values(node.value)
        index = node.slice[0].slice
        if len(node.slice) == 1 and isinstance(index, cst.Index) and isinstance(index.value, cst.Integer):
            return _element(containers, index.value.evaluated_value)
        if isinstance(index, cst.Slice):
            return containers
        return _every(containers)

    def _lambda(self, node: cst.Lambda) -> Values:
        return (FunctionValue(self.functions[id(self.tree.scopes[id(node)])]),)

    def _display(self, node: cst.Tuple | cst.List | cst.Set) -> Values:
        exact = not any(isinstance(element, cst.StarredElement) for element in node.elements)
        elements = tuple(self.values(element.value) for element in node.elements)
        if isinstance(node, cst.List) or not exact:
            return (Items((*elements, *self._appended(node)), exact=False),)
        return (Items(elements, exact=True),)

    def _appended(self, node: cst.CSTNode) -> Iterable[Values]:
        """What is appended or added to the variable or attribute that a display is assigned to."""
        parent = self.tree.parent(node)
        if not isinstance(parent, (cst.Assign, cst.AnnAssign)):
            return
        targets = [parent.target] if isinstance(parent, cst.AnnAssign) else [t.target for t in parent.targets]
        scope = self.tree.scope_of(node)
        for target in targets:
            name = dotted_name(target)
            if not name:
                continue
            for inner, given in self._fillings.get(name, ()):
                if inner.is_within(self._reach(name, scope)):
                    yield self.values(given)

    def _reach(self, name: str, scope: Scope) -> Scope:
        """Return the scope in which a variable is the same: an attribute in all of the class."""
        function = self.functions.get(id(scope.execution)) if "." in name else None
        return function.cls.scope if function is not None and function.cls is not None else scope

    @functools.cached_property
    def _fillings(self) -> dict[str, list[tuple[Scope, cst.BaseExpression]]]:
        """What is appended or added to what, by its dotted name, in which scope."""
        found: dict[str, list[tuple[Scope, cst.BaseExpression]]] = {}
        for scope in self.tree.root.walk():
            for call in scope.calls:
                func = call.func
                if isinstance(func, cst.Attribute) and func.attr.value in _FILLING and len(call.args) == 1:
                    found.setdefault(dotted_name(func.value), []).append((scope, call.args[0].value))
        return found

    @functools.cached_property
    def _element_stores(self) -> dict[str, list[tuple[Scope, cst.CSTNode]]]:
        """What is stored to the elements of what, by its dotted name, in which scope."""
        found: dict[str, list[tuple[Scope, cst.CSTNode]]] = {}
        for scope in self.tree.root.walk():
            for store in scope.stores:
                if isinstance(store.node, cst.Subscript) and store.value is not None and not store.path:
                    found.setdefault(dotted_name(store.node.value), []).append((scope, store.value))
        return found

    def _dict(self, node: cst.Dict) -> Values:
        elements = [self.values(element.value) for element in node.elements if isinstance(element, cst.DictElement)]
        parent = self.tree.parent(node)
        if isinstance(parent, cst.Assign) and len(parent.targets) == 1:
            name = dotted_name(parent.targets[0].target)
            where = self._reach(name, self.tree.scope_of(node))
            for inner, value in self._element_stores.get(name, ()) if name else ():
                if inner.is_within(where):
                    elements.append(self.values(value))
        return (Items(tuple(elements)),)

    def _comprehension(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp) -> Values:
        return (Items((self.values(node.elt),)),)


def _union(*parts: Values) -> Values:
    if len(parts) == 1:
        return parts[0]
    return tuple(dict.fromkeys(value for part in parts for value in part))


def _class_of(value: Value) -> Value:
    return ClassValue(value.cls) if isinstance(value, Instance) and value.cls is not None else UNKNOWN


def _element(containers: Values, index: int) -> Values:
    found: list[Value] = []
    for value in containers:
        if not isinstance(value, Items):
            found.append(UNKNOWN)
        elif value.exact and 0 <= index < len(value.elements):
            found.extend(value.elements[index])
        else:
            found.extend(value.every())
    return tuple(dict.fromkeys(found)) or NOTHING_KNOWN


def _from_container(containers: Values, method: str) -> Values:
    """Return what a method of a container gives back: itself, pairs with its items, or one of them."""
    if method == "items":
        return _pairs(NOTHING_KNOWN, _every(containers))
    if method in _HANDS_ON_ITEMS:
        return containers
    return _union(_every(containers), (NONE,) if method == "get" else ())


def _pairs(*parts: Values) -> Values:
    """Return an iterable of tuples."""
    return (Items(((Items(parts, exact=True),),)),)


def _every(containers: Values) -> Values:
    found: list[Value] = []
    for value in containers:
        found.extend(value.every() if isinstance(value, Items) else (UNKNOWN,))
    return tuple(dict.fromkeys(found)) or NOTHING_KNOWN
