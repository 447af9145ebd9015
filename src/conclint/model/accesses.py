"""What a function reads and changes that other threads can see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import libcst as cst
import msgspec

from conclint.model.memory import once_per_function
from conclint.model.words import CHANGING, AccessKind, Base, Stake
from conclint.syntax import BindingKind
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel
    from conclint.model.variables import Variable
    from conclint.syntax import Binding, Scope

_GROWING = frozenset({"append", "extend", "insert", "add", "appendleft", "extendleft"})
_TAKING = frozenset({"pop", "popleft", "popitem"})
_REMOVING = _TAKING | {"clear", "remove", "discard"}
_CONVERTING = frozenset({"bool", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"})
_VIEWS = frozenset({"items", "keys", "values", "elements"})
_LAZY = frozenset({"enumerate", "zip", "reversed", "map", "filter", "iter", "chain", "islice", "cycle", "takewhile",
                   "dropwhile", "filterfalse", "starmap", "zip_longest", "iteritems", "itervalues", "iterkeys", "viewitems",
                   "viewvalues", "viewkeys"})
_CALLING = frozenset({cst.Call, cst.Await, cst.Yield})
_NO_USES = frozenset({cst.Param, cst.Annotation, cst.NameItem})
_ORDERING = (cst.LessThan, cst.LessThanEqual, cst.GreaterThan, cst.GreaterThanEqual)
_COPYING = frozenset({"list", "tuple", "set", "frozenset", "dict", "sorted", "copy", "deepcopy", "len", "bool"})


class Access(msgspec.Struct, frozen=True):
    """One access of a shared variable.

    `node` is the syntax to point to; `parts` are the nodes at which locks must be held for the access as a whole to
    be protected: of a read-modify-write its read and its write, of a check-then-act its test and its act.
    `element` tells an access of what a container holds. `acts` are those of the parts that act on a test.
    """

    variable: Variable
    kind: AccessKind
    node: cst.CSTNode
    parts: tuple[cst.CSTNode, ...]
    element: bool = False
    acts: tuple[cst.CSTNode, ...] = ()
    stored: cst.CSTNode | None = None
    """What a plain store, also of an element, stores, where that can be told."""
    deletes: bool = False
    """It is a `del`."""
    stake: Stake = Stake.HARM
    """Of a check-then-act: what goes wrong when two threads act on the same test."""
    fills: bool = False
    """Of a check-then-act: it acts where there is nothing (`conclint.model.filling`)."""
    leans: bool = False
    """It goes on to use what it has put there."""

    @property
    def method(self) -> str:
        """The method that is called on the object that the variable holds, of which nothing else is known."""
        call = self.parts[0]
        if self.kind is not AccessKind.READ or call.__class__ is not cst.Call or call.func.__class__ is not cst.Attribute:
            return ""
        return call.func.attr.value if call.func.value is self.node else ""

    @property
    def believes(self) -> bool:
        """It is a read that rests on a test (`conclint.model.believed`)."""
        return self.kind is AccessKind.READ and bool(self.acts)

    @property
    def drains(self) -> bool:
        """It empties a container that has been read out before (`conclint.model.drains`)."""
        return self.kind is AccessKind.UPDATE_WITH_CALL and bool(self.acts)

    @property
    def grows(self) -> bool:
        """It adds to what a container holds and takes nothing away."""
        return self.kind is AccessKind.MUTATE and _method_of(self.node) in _GROWING

    @property
    def removes(self) -> bool:
        """It is one operation that takes something out of a container."""
        return self.kind is AccessKind.MUTATE and _method_of(self.node) in _REMOVING

    @property
    def only_removes(self) -> bool:
        """It is a check-then-act that takes things out of a container and does nothing else to it."""
        return self.kind is AccessKind.CHECK_THEN_ACT and all(_method_of(act) in _REMOVING for act in self.acts)

    @property
    def counts(self) -> bool:
        """It is a check-then-act that compares a number with a limit, and then adds to it or takes from it."""
        if self.kind is not AccessKind.CHECK_THEN_ACT or self.element or not isinstance(self.node, cst.Comparison):
            return False
        compared = {id(self.node.left), *(id(target.comparator) for target in self.node.comparisons)}
        ordered = all(isinstance(target.operator, _ORDERING) for target in self.node.comparisons)
        return ordered and id(self.parts[0]) in compared and bool(self.acts) and all(_adds_number(act) for act in self.acts)

    @property
    def takes(self) -> bool:
        """It is a check-then-act that takes elements out of a container and does nothing else to it."""
        return self.kind is AccessKind.CHECK_THEN_ACT and all(_method_of(act) in _TAKING for act in self.acts)

    @property
    def value(self) -> cst.CSTNode | None:
        """What a plain store stores, where that can be told."""
        return self.stored if self.kind is AccessKind.STORE else None

    def is_given(self, function: Function) -> bool:
        """Tell a plain store of what the function was given, as it is or in another type: `self._hosts = set(hosts)`."""
        value = self.value
        if value is None:
            return False
        given: list[cst.CSTNode | None] = [value]
        if value.__class__ is cst.Call and value.func.__class__ is cst.Name and value.func.value in _CONVERTING:
            given = [part.value for part in value.args]
        parameters = {parameter.name.value for parameter in function.parameters}
        return bool(given) and all(part.__class__ is cst.Name and part.value in parameters for part in given)

    @property
    def operation(self) -> str:
        """The method whose call it is, of a container that this changes; empty for anything else."""
        return _method_of(self.node)


@once_per_function
def accesses(module: ModuleModel, function: Function) -> list[Access]:
    """Return the accesses of shared variables in a function's own code, comprehensions included, in source order.

    Code at module and class level is left out: it runs once, under the import lock (Library Reference, importlib).
    """
    return accesses_named(module, function, None)


def accesses_named(module: ModuleModel, function: Function, names: Collection[str] | None) -> list[Access]:
    """Return the same of those variables alone that have one of some names, at less cost; None stands for all."""
    if not function.scope.is_callable:
        return []
    from conclint.model.checks import checks
    from conclint.model.drains import drains

    collector = Collector(module, function, module.variables, names)
    found = list(collector.collect())
    return [*found, *checks(module, function, found, collector.leaves_out), *drains(module, found)]


class NamesVariables(Protocol):
    """Tells which variables count, and which expressions mean them."""

    def of_name(self, name: str, scope: Scope, /) -> Variable | None:
        """Return the variable that a bare name means."""

    def of_attribute(self, node: cst.Attribute, function: Function, /) -> Variable | None:
        """Return the variable that `x.name` means."""

    def is_container(self, variable: Variable, /) -> bool:
        """Tell a variable that holds built-in containers only."""


class Collector:
    """Finds the accesses of some variables in one function."""

    def __init__(
        self, module: ModuleModel, function: Function, variables: NamesVariables, names: Collection[str] | None = None
    ) -> None:
        self.module = module
        self.function = function
        self.variables = variables
        self.names: Collection[str] = function.named if names is None else names
        self.scopes = function.scopes
        self.stored = {
            id(binding.node): binding for scope in self.scopes for binding in self._stores(scope)
        }
        self.aliases = dict(self._aliases())

    @staticmethod
    def _stores(scope: Scope) -> Iterator[Binding]:
        yield from scope.stores
        for name in scope.global_names | scope.nonlocal_names:
            yield from scope.bindings.get(name, ())

    def _aliases(self) -> Iterator[tuple[str, Variable]]:
        """Locals that only ever stand for what one shared variable holds.

        A function that binds the variable anew has swapped it, as a rule, to have the old object for itself.
        """
        aliases = [
            (name, variable)
            for name, bindings in self.function.scope.bindings.items()
            if len(bindings) == 1 and bindings[0].kind is BindingKind.ASSIGN and not bindings[0].path
            if (variable := self._wanted(bindings[0].value)) is not None
        ]
        swapped = {
            variable
            for binding in (self.stored.values() if aliases else ())
            if binding.kind is BindingKind.ASSIGN and (variable := self._wanted(binding.node)) is not None
        }
        yield from (alias for alias in aliases if alias[1] not in swapped)

    def _wanted(self, node: cst.CSTNode | None) -> Variable | None:
        name = node.attr.value if node.__class__ is cst.Attribute else node.value if node.__class__ is cst.Name else ""
        return self._variable(node) if name in self.names else None

    def leaves_out(self, node: cst.CSTNode) -> bool:
        """Tell whether a name or attribute is that of a variable whose accesses are left out."""
        name = node.attr.value if node.__class__ is cst.Attribute else node.value if node.__class__ is cst.Name else ""
        return bool(name) and name not in self.names and self._variable(node) is not None

    def _variable(self, node: cst.CSTNode | None) -> Variable | None:
        if node.__class__ is cst.Name:
            return self.variables.of_name(node.value, self.function.scope)
        if node.__class__ is cst.Attribute:
            return self.variables.of_attribute(node, self.function)
        return None

    def collect(self) -> Iterator[Access]:
        """Yield the accesses of one step, and the read-modify-writes."""
        for scope in self.scopes:
            wanted = {node.value for node in scope.names}.intersection(self.names)
            shared = {name: variable for name in wanted if (variable := self.variables.of_name(name, scope)) is not None}
            for name in scope.names if shared or self.aliases else ():
                if name.value in self.aliases:
                    yield from self._through_alias(name, self.aliases[name.value])
                elif name.value in shared:
                    yield from self._access(name, shared[name.value])
            for attribute in scope.attributes:
                if attribute.attr.value in self.names:
                    variable = self.variables.of_attribute(attribute, self.function)
                    if variable is not None:
                        yield from self._access(attribute, variable)

    def _through_alias(self, name: cst.Name, variable: Variable) -> Iterator[Access]:
        """What is done to the object that an alias stands for is done to the variable's; the alias itself is local."""
        for access in self._access(name, variable):
            if access.element or access.kind in (AccessKind.MUTATE, AccessKind.ITERATE):
                yield access

    def _access(self, node: cst.Name | cst.Attribute, variable: Variable) -> Iterator[Access]:
        parent = self.module.tree.parent(node)
        binding = self.stored.get(id(node))
        if binding is not None:
            yield self._stored(node, variable, binding, element=False)
        elif parent.__class__ is cst.Subscript and parent.value is node:
            yield self._subscripted(parent, variable)
        elif parent.__class__ is cst.Attribute and parent.value is node:
            yield self._method(parent, variable)
        elif self._is_gone_through(node):
            yield Access(variable, AccessKind.ITERATE, node, (node,))
        elif parent.__class__ not in _NO_USES:
            yield Access(variable, AccessKind.READ, node, (node,))

    def _subscripted(self, subscript: cst.Subscript, variable: Variable) -> Access:
        binding = self.stored.get(id(subscript))
        if binding is None:
            return Access(variable, AccessKind.READ, subscript, (subscript,), element=True)
        return self._stored(subscript, variable, binding, element=True)

    def _stored(self, node: cst.CSTNode, variable: Variable, binding: Binding, *, element: bool) -> Access:
        plain = AccessKind.MUTATE if element else AccessKind.STORE
        value = binding.value
        if binding.kind is BindingKind.AUGMENT and value is not None:
            statement = self.module.tree.parent(node)
            assert statement is not None
            kind = AccessKind.UPDATE_WITH_CALL if _calls(value) else AccessKind.UPDATE
            return Access(variable, kind, statement, (statement,), element)
        if binding.kind is not BindingKind.ASSIGN or value is None:
            return Access(variable, plain, node, (node,), element, deletes=binding.kind is BindingKind.DELETE)
        reads = [] if self._is_the_only_use(node, variable) else list(self._reads(variable, value))
        if not reads or _is_copy(value, reads) or (element and self._copies_another(node, reads)):
            return Access(variable, plain, node, (node,), element, stored=None if binding.path else value)
        far = any(self.module.statement_of(read) is not self.module.statement_of(node) for read in reads)
        kind = AccessKind.UPDATE_WITH_CALL if far or _calls(value) else AccessKind.UPDATE
        return Access(variable, kind, node, (node, *reads), element)

    def _is_the_only_use(self, stored: cst.CSTNode, variable: Variable) -> bool:
        """Tell by its name that a function does nothing else with a variable than to store this once."""
        target = stored.value if stored.__class__ is cst.Subscript else stored
        name = target.attr.value if target.__class__ is cst.Attribute else target.value if target.__class__ is cst.Name else ""
        return name == variable.name and self.function.named[name] == 1

    def _copies_another(self, target: cst.CSTNode, reads: list[cst.CSTNode]) -> bool:
        """Tell a store of one element that only repeats other elements: `known[name] = known["default"]`."""
        elements = [self.module.tree.parent(read) for read in reads]
        name = self.module.code(target)
        return all(isinstance(one, cst.Subscript) and self.module.code(one) != name for one in elements)

    def _reads(self, variable: Variable, value: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield the reads of a variable that a value is computed from: directly, else through one local.

        What is read anew for the store is up to date, whatever else was looked up before.
        """
        parts = descendants(value)
        directly = [part for part in parts if self._is_of(variable, part)]
        yield from directly
        for part in parts if not directly else ():
            if part.__class__ is cst.Name:
                for binding in self._local_bindings(part):
                    if binding.kind is BindingKind.ASSIGN and binding.value is not None and not binding.path:
                        yield from (inner for inner in descendants(binding.value) if self._is_of(variable, inner))

    def _local_bindings(self, name: cst.Name) -> list[Binding]:
        """Return what may have bound a local of this function when `name` uses it."""
        owner = self.function.scope
        bindings = owner.bindings.get(name.value, []) if owner.owner(name.value) is owner else []
        return (self.module.resolver.reaching(name, owner) or bindings) if len(bindings) > 1 else bindings

    def _is_of(self, variable: Variable, node: cst.CSTNode) -> bool:
        if node.__class__ is cst.Attribute:
            return node.attr.value == variable.name and self._variable(node) == variable
        return node.__class__ is cst.Name and node.value == variable.name and self._variable(node) == variable

    def _method(self, attribute: cst.Attribute, variable: Variable) -> Access:
        call = self.module.tree.parent(attribute)
        name = attribute.attr.value
        if call.__class__ is not cst.Call or call.func is not attribute:
            return Access(variable, AccessKind.READ, attribute.value, (attribute,))
        if name in CHANGING and self.variables.is_container(variable):
            return Access(variable, AccessKind.MUTATE, call, (call,), element=True)
        if name in _VIEWS and self._is_gone_through(call):
            return Access(variable, AccessKind.ITERATE, call, (call,))
        return Access(variable, AccessKind.READ, attribute.value, (call,), element=True)

    def _is_gone_through(self, node: cst.CSTNode) -> bool:
        """Tell what a loop goes through step by step, as it is or through what hands on one item at a time."""
        parent = self.module.tree.parent(node)
        if parent.__class__ is cst.Arg:
            call = self.module.tree.parent(parent)
            if call.__class__ is not cst.Call or parent.star:
                return False
            called = (self.module.symbol(call.func) or "").rpartition(".")[2]
            return called in _LAZY and self._is_gone_through(call)
        if parent.__class__ is not cst.For and parent.__class__ is not cst.CompFor:
            return False
        return parent.iter is node and parent.asynchronous is None


def _adds_number(node: cst.CSTNode) -> bool:
    if not isinstance(node, cst.AugAssign) or not isinstance(node.operator, (cst.AddAssign, cst.SubtractAssign)):
        return False
    return isinstance(node.value, (cst.Integer, cst.Name, cst.Attribute))


def _method_of(node: cst.CSTNode) -> str:
    func = node.func if node.__class__ is cst.Call else None
    return func.attr.value if func.__class__ is cst.Attribute else ""


def _calls(node: cst.CSTNode) -> bool:
    return any(part.__class__ in _CALLING for part in descendants(node))


def _is_copy(value: cst.CSTNode, reads: list[cst.CSTNode]) -> bool:
    """Tell `x = x` and what merely hands a variable on, like `x = x or default`'s first half does not."""
    return len(reads) == 1 and value is reads[0]


__all__ = ["Access", "Base", "accesses", "accesses_named"]
