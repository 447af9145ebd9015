"""Where an object goes: what is done with it in plain sight, and where it gets out of sight.

This is escape analysis (Choi et al., OOPSLA 1999) for one module, without an order of events: the object is followed
through variables, local containers, loops and comprehensions. What happens to it elsewhere is not asked.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import libcst as cst

from conclint.model.containers import (
    DROPS_ITEM,
    SAME_ITEMS,
    TAKES_ITEM,
    TAKES_ITEMS,
    WRAPS_ITEMS,
    elements_of,
)
from conclint.model.fates import Escape, Fate, Use, Way
from conclint.model.values import FunctionValue, LibraryMethod
from conclint.syntax import BindingKind, ScopeKind

if TYPE_CHECKING:
    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding, Scope

_LEAVES_ALONE = frozenset(
    f"builtins.{name}" for name in ("print", "len", "id", "bool", "isinstance", "repr", "str", "type", "hash")
)
_GOES_THROUGH = frozenset({"builtins.all", "builtins.any"})
_ONE_ITEM = frozenset({"builtins.next", "builtins.min", "builtins.max", "random.choice"})
_MAKES_CONTAINER = frozenset(
    {"builtins.list", "builtins.dict", "builtins.set", "collections.deque", "collections.defaultdict",
     "collections.OrderedDict"}
)
_BINDS_NOTHING_ELSE = (BindingKind.AUGMENT, BindingKind.DECLARE, BindingKind.DELETE)
_DISPLAYS = (cst.List, cst.Tuple, cst.Set, cst.Dict, cst.ListComp, cst.SetComp, cst.DictComp)
_DEPTH_OF_METHOD = {"values": 0, "copy": 0, "popitem": 0, "pop": -1, "popleft": -1, "get": -1, "setdefault": -1}
_DEEPEST = 4
"""Containers of containers of ... that are followed; `x = [x]` in a loop has no end."""


def fate_of(module: ModuleModel, node: cst.BaseExpression) -> Fate:
    """Return what becomes of the object that an expression makes: of a creation site's call."""
    known = module.fates.get(id(node))
    if known is None:
        follower = _Follower(module)
        follower.value(node, 0)
        known = module.fates[id(node)] = follower.run()
    return known


def fate_of_variable(module: ModuleModel, binding: Binding) -> Fate:
    """Return what becomes of the object that a binding gives to a variable: of a parameter."""
    follower = _Follower(module)
    follower.variable(binding.scope, binding.name, binding, 0)
    return follower.run()


class _Follower:
    """Goes from an expression to where its value goes.

    `depth` tells whether the expression is the object itself (0), a container of it (1), a container of those (2) ...
    """

    def __init__(self, module: ModuleModel) -> None:
        self.module = module
        self.tree = module.tree
        self.fate = Fate()
        self._seen: set[tuple[int, int]] = set()
        self._pending: list[tuple[cst.CSTNode, int]] = []

    @classmethod
    @functools.cache
    def _following(cls) -> dict[type[cst.CSTNode], Callable[[_Follower, Any, Any, int], None]]:
        """Return where each construct that an expression may be part of leads."""
        harmless = (cst.Expr, cst.Comparison, cst.UnaryOperation, cst.If, cst.While, cst.Assert,
                    cst.FormattedStringExpression, cst.CompIf, cst.Del, cst.AssignTarget)
        return {
            cst.Attribute: cls._attribute,
            cst.Arg: cls._argument,
            cst.Assign: cls._assigned,
            cst.AnnAssign: lambda self, node, at, depth: self._target(at.target, node, depth),
            cst.NamedExpr: cls._walrus,
            cst.AugAssign: cls._augmented,
            cst.Return: lambda self, node, _at, _depth: self._escape(Way.RETURNED, node),
            cst.Yield: lambda self, node, _at, _depth: self._escape(Way.YIELDED, node),
            cst.From: lambda self, node, _at, _depth: self._escape(Way.YIELDED, node),
            cst.Await: lambda self, node, at, _depth: self._use("await", at, node),
            cst.Element: cls._element,
            cst.StarredElement: cls._element,
            cst.DictElement: cls._dict_element,
            cst.StarredDictElement: lambda self, _node, at, depth: self.value(self._around(at), depth),
            cst.ListComp: lambda self, _node, at, depth: self.value(at, depth + 1),
            cst.SetComp: lambda self, _node, at, depth: self.value(at, depth + 1),
            cst.GeneratorExp: lambda self, _node, at, depth: self.value(at, depth + 1),
            cst.DictComp: cls._dict_comprehension,
            cst.For: cls._iterable,
            cst.CompFor: cls._iterable,
            cst.Subscript: cls._subscript,
            cst.Index: cls._index,
            cst.WithItem: cls._manager,
            cst.BooleanOperation: lambda self, _node, at, depth: self.value(at, depth),
            cst.IfExp: cls._conditional,
            cst.BinaryOperation: cls._operand,
            cst.ComparisonTarget: cls._compared,
            **dict.fromkeys(harmless, lambda _self, _node, _at, _depth: None),
        }

    def value(self, node: cst.CSTNode, depth: int) -> None:
        """Follow the value of an expression to the construct that it is part of, once it comes to its turn."""
        if depth >= 0 and (id(node), depth) not in self._seen:
            self._seen.add((id(node), depth))
            self._pending.append((node, depth))

    def run(self) -> Fate:
        """Follow what there is to follow, without recursion: expressions may nest as deep as they like."""
        following = self._following()
        while self._pending:
            node, depth = self._pending.pop()
            at = self._around(node)
            follow = following.get(at.__class__)
            if follow is None or depth > _DEEPEST:
                self._escape(Way.PASSED, node)
            else:
                follow(self, node, at, depth)
        return self.fate

    def variable(self, owner: Scope, name: str, binding: Binding | None, depth: int) -> None:
        """Follow each use of a variable that sees a binding of it (None: that is set by an inner function)."""
        self.fate.variables.add(name)
        bound = {id(one.node) for scope in owner.walk() for one in scope.bindings.get(name, ())}
        several = len(owner.bindings.get(name, ())) > 1
        for scope in owner.walk():
            inside = scope.execution is owner.execution
            for use in scope.names:
                if use.value != name or id(use) in bound or scope.owner(name) is not owner:
                    continue
                if inside and several and binding is not None:
                    reaching = self.module.resolver.reaching(use, owner)
                    if reaching is not None and not any(
                        one is binding or one.kind is BindingKind.AUGMENT for one in reaching
                    ):
                        continue
                if not inside:
                    self.fate.captured.append(use)
                self.value(use, depth)

    def _around(self, node: cst.CSTNode) -> cst.CSTNode:
        return self.tree.parents[id(node)]

    def _escape(self, way: Way, node: cst.CSTNode) -> None:
        self.fate.escapes.append(Escape(way, node))

    def _use(self, name: str, node: cst.CSTNode, of: cst.CSTNode) -> None:
        self.fate.uses.append(Use(name, node, of))

    # into variables and containers

    def _assigned(self, node: cst.CSTNode, at: cst.Assign, depth: int) -> None:
        for one in at.targets:
            self._target(one.target, node, depth)

    def _target(self, target: cst.CSTNode, node: cst.CSTNode, depth: int) -> None:
        """Follow a value that is assigned to a target."""
        if isinstance(target, cst.Name):
            scope = self.tree.scope_of(target)
            owner = scope.owner(target.value)
            if owner is None or owner.kind is ScopeKind.CLASS:
                self._escape(Way.STORED, node)
                return
            if owner.kind is ScopeKind.MODULE and self._is_seen_by_importers(node):
                self._escape(Way.GLOBAL, node)
            bindings = [one for one in owner.bindings.get(target.value, ()) if one.node is target]
            self.variable(owner, target.value, bindings[0] if bindings else None, depth)
        elif isinstance(target, cst.Subscript):
            self._into(target.value, node, depth + 1)
        elif isinstance(target, (cst.Tuple, cst.List)) and depth:
            for element in target.elements:
                starred = isinstance(element, cst.StarredElement)
                self._target(element.value, node, depth if starred else depth - 1)
        else:
            self._escape(Way.STORED if isinstance(target, cst.Attribute) else Way.PASSED, node)

    def _is_seen_by_importers(self, node: cst.CSTNode) -> bool:
        calls = (at for at in (node, *self.tree.ancestors(node)) if isinstance(at, cst.Call))
        call = next(calls, None)
        return call is None or self.module.imports.path_to(call) is not None

    def _into(self, container: cst.BaseExpression, node: cst.CSTNode, depth: int) -> None:
        """Follow what is put into a container, which thereby holds the object at `depth`."""
        while isinstance(container, cst.Subscript):
            container, depth = container.value, depth + 1
        if not isinstance(container, cst.Name):
            self._escape(Way.STORED, node)
            return
        owner = self.tree.scope_of(container).owner(container.value)
        bindings = owner.bindings.get(container.value, []) if owner is not None else []
        made = [one for one in bindings if one.kind not in _BINDS_NOTHING_ELSE]
        if not made or not all(one.kind is BindingKind.ASSIGN and self._is_new_container(one) for one in made):
            self._escape(Way.STORED, node)
        for one in made:
            if one.value is not None and one.kind is BindingKind.ASSIGN:
                self.value(one.value, depth)

    def _is_new_container(self, binding: Binding) -> bool:
        value = binding.value
        if isinstance(value, cst.BinaryOperation):
            value = value.left
        if isinstance(value, cst.Call):
            return self.module.symbol(value.func) in _MAKES_CONTAINER
        return isinstance(value, _DISPLAYS) and not binding.path

    def _element(self, node: cst.CSTNode, at: cst.Element | cst.StarredElement, depth: int) -> None:
        display = self._around(at)
        starred = isinstance(at, cst.StarredElement)
        around = self._around(display)
        if isinstance(around, cst.Assign) and isinstance(display, (cst.Tuple, cst.List)) and not starred:
            index = next(i for i, element in enumerate(display.elements) if element is at)
            targets = [one.target for one in around.targets]
            if all(_fits(target, display) for target in targets):
                for target in targets:
                    assert isinstance(target, (cst.Tuple, cst.List))
                    self._target(target.elements[index].value, node, depth)
                return
        if starred and not depth:
            self._use("iterate", display, node)
        self.value(display, depth if starred else depth + 1)

    def _dict_element(self, node: cst.CSTNode, at: cst.DictElement, depth: int) -> None:
        if node is at.key:
            self._escape(Way.STORED, node)
        else:
            self.value(self._around(at), depth + 1)

    def _dict_comprehension(self, node: cst.CSTNode, at: cst.DictComp, depth: int) -> None:
        if node is at.key:
            self._escape(Way.STORED, node)
        else:
            self.value(at, depth + 1)

    def _walrus(self, node: cst.CSTNode, at: cst.NamedExpr, depth: int) -> None:
        self._target(at.target, node, depth)
        self.value(at, depth)

    def _augmented(self, node: cst.CSTNode, at: cst.AugAssign, depth: int) -> None:
        if node is at.value and depth:
            self._into(at.target, node, depth)
        elif node is at.value:
            self._escape(Way.PASSED, node)

    # out of containers

    def _iterable(self, node: cst.CSTNode, at: cst.For | cst.CompFor, depth: int) -> None:
        if depth:
            self._target(at.target, node, depth - 1)
        else:
            self._use("iterate", at, node)

    def _compared(self, node: cst.CSTNode, at: cst.ComparisonTarget, depth: int) -> None:
        if isinstance(at.operator, (cst.In, cst.NotIn)) and not depth:
            self._use("iterate", at, node)

    def _subscript(self, node: cst.CSTNode, at: cst.Subscript, depth: int) -> None:
        if not depth:
            self._use("subscript", at, node)
        else:
            self.value(at, depth if isinstance(at.slice[0].slice, cst.Slice) else depth - 1)

    def _index(self, node: cst.CSTNode, at: cst.Index, _depth: int) -> None:
        element = self._around(self._around(at))
        if isinstance(self._around(element), cst.AssignTarget):
            self._escape(Way.STORED, node)

    def _pairs(self, node: cst.CSTNode, call: cst.CSTNode, depth: int) -> None:
        """Follow a call whose items are tuples with items of the container `node`."""
        loop = self._around(call)
        if not isinstance(loop, (cst.For, cst.CompFor)) or isinstance(loop.target, cst.Name):
            self.value(call, depth + 1)
            return
        for container, target in elements_of(self.module, loop):
            if container is node:
                self._target(target, call, depth - 1)

    # through expressions

    def _conditional(self, node: cst.CSTNode, at: cst.IfExp, depth: int) -> None:
        if node is not at.test:
            self.value(at, depth)

    def _operand(self, node: cst.CSTNode, at: cst.BinaryOperation, depth: int) -> None:
        if depth:
            self.value(at, depth)
        else:
            self._escape(Way.PASSED, node)

    def _manager(self, node: cst.CSTNode, at: cst.WithItem, depth: int) -> None:
        self._use("with", at, node)
        if at.asname is not None:
            self._target(at.asname.name, node, depth)

    # attributes and calls

    def _attribute(self, node: cst.CSTNode, at: cst.Attribute, depth: int) -> None:
        name, around = at.attr.value, self._around(at)
        called = around if isinstance(around, cst.Call) and around.func is at else None
        if depth:
            if called is not None and name == "items":
                self._pairs(node, called, depth)
            elif called is not None and name in _DEPTH_OF_METHOD:
                self.value(called, depth + _DEPTH_OF_METHOD[name])
            return
        stores = isinstance(around, (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.Del)) and at is around.target
        self.fate.uses.append(Use(name, called or at, node, stores))
        if called is None and not stores and not isinstance(around, cst.Expr):
            if any(isinstance(value, (LibraryMethod, FunctionValue)) for value in self.module.values(at)):
                self._escape(Way.METHOD, node)

    def _argument(self, node: cst.CSTNode, at: cst.Arg, depth: int) -> None:
        call = self._around(at)
        if not isinstance(call, cst.Call):
            self._escape(Way.PASSED, node)
            return
        symbol = self.module.symbol(call.func) or ""
        if (symbol in _GOES_THROUGH or at.star) and not depth:
            self._use("iterate", call, node)
        if symbol in _LEAVES_ALONE or symbol in _GOES_THROUGH:
            return
        if depth and symbol in SAME_ITEMS:
            self.value(call, depth)
        elif depth and symbol in WRAPS_ITEMS:
            self._pairs(node, call, depth)
        elif depth and symbol in _ONE_ITEM:
            self.value(call, depth - 1)
        elif isinstance(call.func, cst.Attribute) and self._is_container_method(call.func, depth):
            name = call.func.attr.value
            if name not in DROPS_ITEM:
                self._into(call.func.value, node, depth + (name in TAKES_ITEM))
        else:
            self._escape(Way.PASSED, node)

    def _is_container_method(self, func: cst.Attribute, depth: int) -> bool:
        name = func.attr.value
        return name in TAKES_ITEM or name in DROPS_ITEM or (depth > 0 and name in TAKES_ITEMS)


def _fits(target: cst.CSTNode, display: cst.Tuple | cst.List) -> bool:
    """Tell whether each element of a display is assigned to one element of a target."""
    return (
        isinstance(target, (cst.Tuple, cst.List))
        and len(target.elements) == len(display.elements)
        and not any(isinstance(element, cst.StarredElement) for element in (*target.elements, *display.elements))
    )


__all__ = ["Escape", "Fate", "Use", "Way", "fate_of", "fate_of_variable"]
