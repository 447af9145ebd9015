"""The ModuleModel: one module, answered for in the words of concurrency.

Rules ask it, and only it. It works out what is asked for and no more: values of expressions, control flow and
locksets are computed for the functions that a question leads to.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

import libcst as cst

from conclint.knowledge import Knowledge, standard
from conclint.knowledge.words import Primitive, Where
from conclint.memo import cached_property
from conclint.model import events as _events
from conclint.model import leaks as _leaks
from conclint.model import queue_ends as _queue_ends
from conclint.model.calls import Operator, SpecialMethods, operators_of, special_methods
from conclint.model.definitions import Class, Function, define
from conclint.model.entry_locks import EntryLocks
from conclint.model.fallible import Fallible
from conclint.model.foreign import Foreign
from conclint.model.graph import Graph, Op
from conclint.model.importing import ImportTime
from conclint.model.locksets import Locks
from conclint.model.lowering import TooComplex, build
from conclint.model.paths import Conditions
from conclint.model.reaching import Uses, reaching_definitions, uses_by_name
from conclint.model.resolve import Resolver
from conclint.model.runners import Runners
from conclint.model.structural import condition_paths
from conclint.model.values import (
    FunctionValue,
    Partial,
    Site,
    Symbol,
    Unknown,
    Values,
)
from conclint.model.variables import Variables
from conclint.syntax import Binding, Scope, Tree
from conclint.syntax.children import is_a
from conclint.syntax.walk import dotted_name, plain_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from conclint.model.events import Event, Handover, Root
    from conclint.model.fates import Fate
    from conclint.model.leaks import Leak
    from conclint.model.queue_ends import Queue

_Node = TypeVar("_Node", bound=cst.CSTNode)
_LOOPS = (cst.For, cst.While, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
_DEFINING = frozenset({cst.FunctionDef, cst.Lambda, cst.ClassDef})
_STATEMENTS: tuple[type[cst.BaseSmallStatement | cst.BaseStatement], ...] = (cst.BaseSmallStatement, cst.BaseStatement)
_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)


class ModuleModel:
    """What is known about one module."""

    def __init__(self, tree: Tree, knowledge: Knowledge | None = None) -> None:
        self.tree = tree
        self.source = tree.source
        self.knowledge = knowledge or standard()
        self._functions, self._classes = define(tree.root)
        self.resolver = Resolver(tree, self.knowledge, self._functions, self._classes, self._reaching)
        self.values: Callable[[cst.CSTNode], Values] = self.resolver.values
        """Returns what an expression may be."""
        self.conditions = Conditions(self.code)
        self.locks = Locks(self)
        self.imports = ImportTime(self)
        self.foreign = Foreign(self)
        self.variables = Variables(self)
        self.fates: dict[int, Fate] = {}  # what `fate_of` has found
        self._graphs: dict[int, Graph | None] = {}
        self.answers: defaultdict[object, dict[int, object]] = defaultdict(dict)
        """What was asked so far, by question and `id` of the function, see `memory`."""
        self._said: dict[tuple[str, ...], bool] = {}
        self._fallible = Fallible(self)
        self._reached: dict[tuple[int, str], dict[int, list[Binding]]] = {}
        self._uses: dict[int, dict[str, Uses]] = {}

    def let_go(self) -> None:
        """Drop the tree and all that was found out about it, of which much refers to each other in circles."""
        self.tree.let_go()
        for graph in self._graphs.values():
            if graph is not None:
                graph.let_go()
        for cls in self._classes.values():
            cls.methods.clear()
            cls.setters.clear()
            cls.attributes.clear()
        self.locks.let_go()
        for room in (self.resolver, self.imports, self.foreign, self.variables, self.conditions, self._fallible):
            vars(room).clear()
        vars(self).clear()

    # definitions

    @cached_property
    def scopes(self) -> list[Scope]:
        """Every scope of the module, outer ones first."""
        return list(self.tree.root.walk())

    @property
    def functions(self) -> list[Function]:
        """Every function, lambda and class body, and the module's own code."""
        return list(self._functions.values())

    @property
    def classes(self) -> list[Class]:
        """Every class."""
        return list(self._classes.values())

    @property
    def main(self) -> Function:
        """The module's own code."""
        return self._functions[id(self.tree.root)]

    def function_of(self, scope: Scope) -> Function | None:
        """Return the function whose code a scope belongs to."""
        return self._functions.get(id(scope.execution))

    def class_of(self, scope: Scope) -> Class | None:
        """Return the class whose body a scope is."""
        return self._classes.get(id(scope))

    def function_at(self, node: cst.CSTNode) -> Function | None:
        """Return the function, lambda, class body or module code in which `node` is executed."""
        return self.function_of(self.tree.scope_of(node))

    def class_at(self, node: cst.CSTNode) -> Class | None:
        """Return the class in whose body or methods `node` stands."""
        scope: Scope | None = self.tree.scope_of(node)
        while scope is not None:
            if (cls := self.class_of(scope)) is not None:
                return cls
            scope = scope.parent
        return None

    def base_names(self, cls: Class) -> list[str]:
        """Return the canonical names of the classes of other modules that `cls` derives from."""
        found = (value for owner in self.resolver.mro(cls) for value in self.resolver.bases(owner))
        return [value.name for value in found if isinstance(value, Symbol)]

    def class_of_receiver(self, node: cst.CSTNode) -> Class | None:
        """Return the class whose object `node` is when it is the receiver of the method around it, or of an outer one."""
        if node.__class__ is not cst.Name:
            return None
        owner = self.tree.scope_of(node).owner(node.value)
        function = self.function_of(owner) if owner is not None else None
        if function is None or function.receiver_name != node.value:
            return None
        return function.cls

    @cached_property
    def special_methods(self) -> SpecialMethods:
        """The module's methods that Python calls where no call is written."""
        return special_methods(self)

    @cached_property
    def operators(self) -> dict[int, list[Operator]]:
        """The uses of operators that a class of the module may have a method for, by `id` of the function."""
        return operators_of(self)

    def says(self, *words: str) -> bool:
        """Tell whether one of these words stands anywhere in the text, if only in a comment or a longer word."""
        if words not in self._said:
            self._said[words] = any(word in self.source.text for word in words)
        return self._said[words]

    @cached_property
    def words(self) -> frozenset[str]:
        """The names that stand in the code: of variables and attributes, and of what is imported under another one."""
        imports: list[cst.Import | cst.ImportFrom] = self.nodes(cst.Import, cst.ImportFrom)
        imported = {
            word
            for node in imports
            for alias in (node.names if not isinstance(node.names, cst.ImportStar) else ())
            for word in dotted_name(alias.name).split(".")
        }
        return frozenset(imported.union(*(function.named for function in self.functions)))

    def context_of(self, node: cst.CSTNode) -> str:
        """Return the qualified name of the function or class around `node`, empty at module level."""
        return self.tree.scope_of(node).qualified_name

    # values

    def symbol(self, node: cst.CSTNode) -> str | None:
        """Return the canonical dotted name of what `node` surely is, when that is of another module."""
        values = self.values(node)
        if len(values) == 1 and isinstance(values[0], Symbol):
            return values[0].name
        return None

    def called_function(self, call: cst.Call) -> Function | None:
        """Return the function of this module that a call surely runs."""
        values = self.values(call.func)
        if len(values) != 1:
            return None
        (value,) = values
        if isinstance(value, Partial):
            value = value.target
        return value.function if isinstance(value, FunctionValue) else None

    @cached_property
    def sites(self) -> list[Site]:
        """Every creation site of a primitive, in source order of each scope."""
        for scope in self.scopes:
            for call in scope.calls:
                # What a function of this module returns is made where that is written.
                if not all(isinstance(value, (FunctionValue, Unknown)) for value in self.values(call.func)):
                    self.values(call)
        return sorted(self.resolver.sites.values(), key=lambda site: self.number_of(site.call))

    def number_of(self, call: cst.Call) -> int:
        """Return which call of the module this is, in source order of each scope: a name for it that is the same in each run."""
        return self._call_numbers[id(call)]

    @cached_property
    def _call_numbers(self) -> dict[int, int]:
        return {id(call): index for index, call in enumerate(c for s in self.scopes for c in s.calls)}

    def sites_of(self, *kinds: Primitive) -> list[Site]:
        """Return the creation sites of some kinds of primitive."""
        return [site for site in self.sites if site.kind in kinds]

    # events

    @cached_property
    def events(self) -> list[Event]:
        """Everything that happens to primitives."""
        return list(_events.find_events(self))

    def events_of(self, word: str, *kinds: Primitive) -> list[Event]:
        """Return the events of one word that happen to some kinds of primitive."""
        return [event for event in self.events if event.word == word and (not kinds or event.kind in kinds)]

    @cached_property
    def handovers(self) -> list[Handover]:
        """Every callable that is handed over to run elsewhere."""
        return list(_events.find_handovers(self))

    @cached_property
    def roots(self) -> list[Root]:
        """The functions of this module that run in other threads, processes, loops or handlers."""
        return list(_events.find_roots(self))

    @cached_property
    def runners(self) -> Runners:
        """Which threads and processes of this module run which of its functions."""
        return Runners(self)

    @cached_property
    def queues(self) -> list[Queue]:
        """Every queue that the module makes, and who does what to it."""
        return list(_queue_ends.find_queues(self))

    @cached_property
    def condition_paths(self) -> frozenset[str]:
        """The access paths of what is known as a condition only by what is done with it."""
        return condition_paths(self)

    @cached_property
    def handles_signals(self) -> bool:
        """Whether the module has functions that a signal runs."""
        return any(root.where is Where.SIGNAL for root in self.roots)

    @cached_property
    def leaks(self) -> list[Leak]:
        """Every acquire that some way out of its function does not undo."""
        return list(_leaks.find_leaks(self))

    # control flow

    def graph(self, function: Function) -> Graph | None:
        """Return the control flow of a function, None when it is too large to be followed."""
        key = id(function)
        if key not in self._graphs:
            try:
                self._graphs[key] = build(
                    function.node, never_returns=self._never_returns, suppresses=self.suppresses
                )
            except TooComplex:
                self._graphs[key] = None
        return self._graphs[key]

    def _reaching(self, use: cst.Name, owner: Scope) -> list[Binding] | None:
        key = id(owner), use.value
        if key not in self._reached:
            self._reached[key] = {}
            function = self.function_of(owner)
            graph = self.graph(function) if function is not None else None
            if graph is not None:
                if id(owner) not in self._uses:
                    self._uses[id(owner)] = uses_by_name(graph, owner)
                uses = self._uses[id(owner)][use.value]
                self._reached[key] = reaching_definitions(graph, owner, use.value, uses)
        return self._reached[key].get(id(use))

    def _never_returns(self, call: cst.Call) -> bool:
        name = dotted_name(call.func)
        if name.rpartition(".")[2] not in ("exit", "_exit", "abort", "quit"):
            return False
        symbol = self.symbol(call.func)
        return symbol in ("sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit")

    def suppresses(self, manager: cst.BaseExpression) -> bool:
        """Tell a context manager that may swallow exceptions of its body, or demands one."""
        if not isinstance(manager, cst.Call):
            return False
        name = dotted_name(manager.func).rpartition(".")[2]
        return name in ("suppress", "raises", "assertRaises", "assertRaisesRegex", "ExitStack", "AsyncExitStack")

    def may_raise(self, op: Op) -> bool:
        """Tell whether an operation may raise, see `Fallible.of`."""
        return self._fallible.of(op)

    def repeats(self, node: cst.CSTNode) -> bool:
        """Tell whether `node` is executed again and again in one call of its function: it stands in a loop."""
        around: cst.CSTNode | None = None
        for inner, outer in self.tree.outwards(node):
            if is_a(outer, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
                return False
            if is_a(outer, (cst.For, cst.While)) and inner is outer.body:
                return True
            if self.tree.is_first_iterable(inner, outer):
                around = self.tree.parent(outer)
            if is_a(outer, _COMPREHENSIONS) and outer is not around:
                return True
        return False

    # callers

    @cached_property
    def entries(self) -> EntryLocks:
        """Who calls the functions of this module."""
        return EntryLocks(self)

    def entry_locks(self, function: Function) -> frozenset[str]:
        """Return the keys of the locks that are surely held whenever `function` is entered; `held_at` leaves them out.

        These are the locks that a contract names (`locks.assumed`) and, for a private function, those that all its
        callers in this module hold, be it because theirs do. Private is what starts with `_` or stands inside another
        function, has a caller here, is never a thread's target or another root, never handed on as a value (a
        bound method, a callback), and not decorated by what might hand it on. What runs during the call that takes it
        (`wait_for(predicate)`) is entered under what is held there. Constructors are callers like others.
        """
        return self.entries.of(function)

    # concrete syntax

    def nodes(self, *kinds: type[_Node]) -> list[_Node]:
        """Return the nodes of these classes, kind after kind, each in source order."""
        return [node for kind in kinds for node in self.tree.of_kind(kind)]

    def statement_of(self, node: cst.CSTNode) -> cst.BaseSmallStatement | cst.BaseStatement | None:
        """Return the innermost statement that `node` is part of."""
        found: cst.CSTNode | None = node
        while found is not None:
            if is_a(found, _STATEMENTS):
                return found
            found = self.tree.parent(found)
        return None

    def is_discarded(self, node: cst.CSTNode) -> bool:
        """Tell whether the value of an expression is thrown away: it stands alone as a statement."""
        parent = self.tree.parent(node)
        return isinstance(parent, cst.Expr)

    def code(self, node: cst.CSTNode) -> str:
        """Return the source text of `node`."""
        return plain_code(node) or self.tree.module.code_for_node(node)

    def label(self, node: cst.CSTNode) -> str:
        """Return a short name for an expression, for messages: its dotted name, or its code on one line."""
        name = dotted_name(node)
        if name:
            return name
        text = " ".join(self.code(node).split())
        return text if len(text) <= 40 else f"{text[:37]}..."

    def inside(self, node: cst.CSTNode, kind: type[_Node] | tuple[type[_Node], ...]) -> _Node | None:
        """Return the innermost node of a class around `node` that belongs to the same function."""
        for outer in self.tree.ancestors(node):
            if is_a(outer, kind):
                return outer
            if outer.__class__ in _DEFINING:
                return None
        return None
