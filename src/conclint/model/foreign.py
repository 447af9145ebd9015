"""What an expression is in the words of the modules that it comes from: `shop.stock.Shelf().take`.

The model of one module doesn't know what another defines. This names it so that the program can look it up: a dotted
path in which `()` stands for what a call gives back. Never a guess: where an expression may be two things, it is none.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.values import NONE, UNKNOWN, Instance, Symbol
from conclint.syntax import BindingKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.definitions import Class
    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding

_DEEPEST = 6
_VALUES = frozenset({"values", "itervalues", "viewvalues"})
_ITEMS = frozenset({"items", "iteritems", "viewitems"})
_AS_GIVEN = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "copy"})
_MAPPINGS = frozenset({"dict", "defaultdict", "OrderedDict", "WeakValueDictionary", "WeakKeyDictionary"})
_BOUND = (BindingKind.ASSIGN, BindingKind.ENTER)


class Foreign:
    """Names the things of other modules that expressions of one module stand for."""

    def __init__(self, module: ModuleModel) -> None:
        self._module = module
        self._known: dict[int, str] = {}

    def path(self, node: cst.CSTNode, deep: int = 0) -> str:
        """Return the path of what `node` stands for, empty where that is not of another module or not certain."""
        found = self._known.get(id(node))
        if found is None:
            self._known[id(node)] = ""  # what is asked about again on the way is named after itself: `queue: queue.Queue`
            found = self._known[id(node)] = "" if deep > _DEEPEST else self._path(node, deep)
        return found

    def _path(self, node: cst.CSTNode, deep: int) -> str:
        values = self._module.values(node)
        if len(values) == 1 and isinstance(values[0], Symbol):
            return values[0].name
        if node.__class__ is cst.Call:
            called = self.path(node.func, deep + 1)
            return f"{called}()" if called else ""
        if node.__class__ is cst.Await:
            return self.path(node.expression, deep + 1)
        if node.__class__ is cst.Attribute:
            return self._attribute(node, deep)
        if node.__class__ is cst.Name:
            scope = self._module.tree.scope_of(node)
            owner = scope.owner(node.value)
            bound = self._bound(owner.bindings.get(node.value, []), deep) if owner is not None else ""
            return bound or self._tested(node)
        return ""

    def _tested(self, node: cst.Name) -> str:
        """What `isinstance` has found to be of a class of another module holds what a call of that class gives."""
        classes = self._module.resolver.narrowing.class_at(node)
        return self._annotated(classes) if classes is not None else ""

    def _element(self, node: cst.CSTNode, step: tuple[int, ...], deep: int, *, values: bool = False) -> str:
        """Return the path of what a loop gets out of a container, at the place `step` where each item is a pair.

        `values` tells that these are the values of a mapping, which is gone through by its keys otherwise.
        """
        if isinstance(node, cst.Call):
            func = node.func
            name = func.attr.value if isinstance(func, cst.Attribute) else func.value if isinstance(func, cst.Name) else ""
            inner = node.args[0].value if node.args else func.value if isinstance(func, cst.Attribute) else None
            if inner is None:
                return ""
            if name in _AS_GIVEN:
                return self._element(inner, step, deep, values=values)
            of_values = (name in _VALUES and not step) or (name in _ITEMS and step == (1,))
            return self._element(inner, (), deep, values=True) if of_values else ""
        if not isinstance(node, cst.Attribute) or step or (cls := self._module.class_of_receiver(node.value)) is None:
            return ""
        found = {
            self.path(filling.value, deep + 1)
            for owner in self._module.resolver.mro(cls)
            for binding in owner.attributes.get(node.attr.value, ())
            if binding.value is not None and _is_mapping(binding.value) is values
            for filling in self._module.resolver.displays.fillings.of(binding.value)
            if not filling.many
        }
        # Of the standard library's own objects all that counts is known as facts.
        found = {path for path in found if path and path.partition(".")[0] not in sys.stdlib_module_names}
        return found.pop() if len(found) == 1 else ""

    def _attribute(self, node: cst.Attribute, deep: int) -> str:
        cls = self._module.class_of_receiver(node.value) or self._class_of(node.value)
        if cls is not None:
            for owner in self._module.resolver.mro(cls):
                if node.attr.value in owner.attributes:
                    bindings = owner.attributes[node.attr.value]
                    given = self._is_given(owner, bindings)
                    return self._bound(bindings, deep) or (self._of_class(owner, node.attr.value) if given else "")
            # What a base in another module defines.
            return "" if self._module.resolver.is_closed(cls) else self._of_class(cls, node.attr.value)
        base = self.path(node.value, deep + 1)
        return f"{base}.{node.attr.value}" if base else ""

    def _class_of(self, node: cst.BaseExpression) -> Class | None:
        """Return the one class of this module of which `node` holds an object, as far as is known."""
        known = [value for value in self._module.values(node) if value is not UNKNOWN and value != NONE]
        value = known[0] if known and all(other == known[0] for other in known[1:]) else None
        return value.cls if isinstance(value, Instance) else None

    def _of_class(self, cls: Class, attribute: str) -> str:
        name = self._module.source.module
        return f"{name}.{cls.qualified_name}().{attribute}" if name else ""

    def _is_given(self, cls: Class, bindings: list[Binding]) -> bool:
        """Tell an attribute of which nothing is known but that methods set it: the program may tell by what is asked of it."""
        if any(binding.scope is cls.scope or binding.annotation is not None for binding in bindings):
            return False
        values = {value for binding in bindings for value in self._module.resolver.binding(binding)}
        return UNKNOWN in values and values <= {UNKNOWN, NONE}

    def _bound(self, bindings: list[Binding], deep: int) -> str:
        """Return the one path of everything a variable is bound to, None left aside."""
        found: set[str] = set()
        for binding in bindings:
            if binding.kind is BindingKind.DELETE or _is_none(binding.value):
                continue
            path = self._of_binding(binding, deep)
            if not path:
                return ""
            found.add(path)
        return found.pop() if len(found) == 1 else ""

    def _of_binding(self, binding: Binding, deep: int) -> str:
        if binding.annotation is not None:
            written = self._annotated(binding.annotation)
            if written:
                return written
        if binding.kind is BindingKind.ITERATE and binding.value is not None:
            return self._element(binding.value, binding.path, deep + 1)
        if binding.kind in _BOUND and binding.value is not None and not binding.path:
            return self.path(binding.value, deep + 1)
        return ""

    def _quoted(self, text: str) -> str:
        """Return the path of an imported name in an annotation that is written as a string."""
        first, _, rest = text.partition(".")
        bindings = self._module.tree.root.bindings.get(first, [])
        if len(bindings) != 1 or bindings[0].kind not in (BindingKind.IMPORT, BindingKind.IMPORT_FROM):
            return ""
        imported = self._module.resolver.bound.imported(bindings[0])
        return f"{imported}.{rest}" if imported and rest else imported

    def _annotated(self, annotation: cst.BaseExpression) -> str:
        """A parameter or attribute annotated with a class of another module holds what a call of that class gives."""
        if isinstance(annotation, cst.Subscript):
            outer = self.path(annotation.value)
            inner = annotation.slice[0].slice
            if outer == "typing.Optional" and isinstance(inner, cst.Index):
                return self._annotated(inner.value)
            return ""
        if isinstance(annotation, cst.BinaryOperation):
            sides = {self._annotated(side) for side in (annotation.left, annotation.right) if not _is_none(side)}
            return sides.pop() if len(sides) == 1 else ""
        if isinstance(annotation, cst.SimpleString):
            path = self._quoted(str(annotation.evaluated_value))
        elif isinstance(annotation, (cst.Name, cst.Attribute)):
            path = self.path(annotation)
        else:
            return ""
        return f"{path}()" if path and not path.startswith("builtins.") else ""


def _is_mapping(made: cst.CSTNode) -> bool:
    if isinstance(made, cst.Call):
        return dotted_name(made.func).rpartition(".")[2] in _MAPPINGS
    return isinstance(made, (cst.Dict, cst.DictComp))


def _is_none(value: cst.CSTNode | None) -> bool:
    return value.__class__ is cst.Name and value.value == "None"
