"""What is put into the containers of a module, wherever that happens to the same variable or attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.model.containers import TAKES_ITEMS
from conclint.syntax import BindingKind, ScopeKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.syntax import Binding, Scope, Tree

# Methods of the language's containers, by the position of the item that they put in.
_ITEM = {"append": 0, "appendleft": 0, "add": 0, "insert": 1, "setdefault": 1}


class Filling(msgspec.Struct, frozen=True):
    """Something is put into a container in `scope`: `value`, or, for `many`, its items."""

    scope: Scope
    value: cst.CSTNode
    many: bool


class Fillings:
    """Finds what is put into a container by the name that it is bound to where it is made."""

    def __init__(self, tree: Tree, functions: dict[int, Function]) -> None:
        self._tree = tree
        self._functions = functions
        self._by_name: dict[str, list[Filling]] = {}
        for scope in tree.root.walk():
            for call in scope.calls:
                if call.func.__class__ is cst.Attribute and call.args:
                    self._note_call(scope, call, call.func)
            for bindings in (scope.stores, *scope.bindings.values()):
                for binding in bindings:
                    self._note_store(scope, binding)

    def _note_call(self, scope: Scope, call: cst.Call, method: cst.Attribute) -> None:
        name, count = method.attr.value, len(call.args)
        position = _ITEM.get(name)
        if position is not None and count == position + 1:
            self._note(method.value, Filling(scope, call.args[position].value, many=False))
        elif name in TAKES_ITEMS and count == 1 and call.args[0].keyword is None:
            self._note(method.value, Filling(scope, call.args[0].value, many=True))

    def _note_store(self, scope: Scope, binding: Binding) -> None:
        node, value = binding.node, binding.value
        if value is None or binding.path:
            return
        if binding.kind is BindingKind.AUGMENT:
            self._note(node, Filling(scope, value, many=True))
        elif binding.kind is BindingKind.ASSIGN and node.__class__ is cst.Subscript:
            self._note(node.value, Filling(scope, value, many=False))

    def _note(self, container: cst.CSTNode, filling: Filling) -> None:
        name = dotted_name(container)
        if name:
            self._by_name.setdefault(name, []).append(filling)

    def of(self, made: cst.CSTNode) -> Iterator[Filling]:
        """Yield what is put into the container that an expression makes and a statement gives a name."""
        parent = self._tree.parent(made)
        if parent.__class__ is cst.AnnAssign:
            targets = [parent.target]
        elif isinstance(parent, cst.Assign):
            targets = [target.target for target in parent.targets]
        else:
            return
        for target in targets:
            for name, reach in self._names(target):
                yield from (filling for filling in self._by_name.get(name, ()) if filling.scope.is_within(reach))

    def _names(self, target: cst.BaseExpression) -> Iterator[tuple[str, Scope]]:
        """Yield the names that an assigned variable or attribute goes by, each with the scope where it does."""
        name = dotted_name(target)
        scope = self._tree.scope_of(target)
        if not name:
            return
        if isinstance(target, cst.Attribute):
            function = self._functions.get(id(scope.execution))
            yield name, function.cls.scope if function is not None and function.cls is not None else scope
            return
        yield name, scope
        if scope.kind is ScopeKind.CLASS:
            methods = (self._functions.get(id(inner)) for inner in scope.children)
            receivers = {method.receiver_name for method in methods if method is not None}
            for receiver in sorted(receiver for receiver in receivers if receiver is not None):
                yield f"{receiver}.{name}", scope
            yield f"{scope.name}.{name}", scope.module
