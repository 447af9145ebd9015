"""The one walk over a tree: parents, scopes and bindings in a single read-only pass.

The walk keeps its own stack, so deep expressions can't overflow the interpreter's, and goes by a table from node
class to fields: a few hundredths of the cost of the parse, where libcst's visitor costs more than the parse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import libcst as cst

from conclint.source import Source
from conclint.syntax.children import NO_NODES, ONLY, fields_of
from conclint.syntax.scopes import Binding, BindingKind, Scope, ScopeKind
from conclint.syntax.tree import Tree

# What of a node is evaluated in the scope around it, where that is not all; handlers see to the rest.
_OUTSIDE: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.FunctionDef: ("decorators", "params", "returns"),
    cst.ClassDef: ("decorators", "bases", "keywords"),
    cst.Lambda: ("params",),
    cst.CompFor: ("target",),
}
_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
_LITERALS = frozenset({cst.Integer, cst.Float, cst.SimpleString})
# What begins a logical line, decorators aside.
_LINES: frozenset[type[cst.CSTNode]] = frozenset(
    {
        *(cst.SimpleStatementLine, cst.FunctionDef, cst.ClassDef, cst.If, cst.Else, cst.For, cst.While, cst.With),
        *(cst.Try, cst.TryStar, cst.ExceptHandler, cst.ExceptStarHandler, cst.Finally, cst.Match, cst.MatchCase),
    }
)
# The list of a scope that a node without bindings goes into.
_LISTED: dict[type[cst.CSTNode], str] = {
    cst.Name: "names",
    cst.Call: "calls",
    cst.Attribute: "attributes",
    cst.If: "tests",
    cst.IfExp: "tests",
    cst.Return: "returns",
    cst.Yield: "yields",
}
_Handler: TypeAlias = Callable[[cst.CSTNode, Scope], Scope]
_Plan: TypeAlias = tuple[Callable[[cst.CSTNode], None], str | None, _Handler | None, str | None, tuple[str, ...]]
"""What is done with a node: noted among those of its class, listed, handled, and gone into by its only field or by
several, the last one first."""


def walk(module: cst.Module, source: Source) -> Tree:
    """Return the tree of `module` with parents and scopes."""
    walker = _Walker(module)
    walker.run()
    walker.handlers.clear()  # they refer to the walker, which nobody needs any more
    return Tree(source, module, walker.root, walker.parents, walker.scopes, walker.by_kind, walker.lines)


class _Walker:
    def __init__(self, module: cst.Module) -> None:
        self.root = Scope(ScopeKind.MODULE, module, None, "")
        self.scopes: dict[int, Scope] = {id(module): self.root}
        self.parents: dict[int, cst.CSTNode] = {}
        self.by_kind: dict[type[cst.CSTNode], list[cst.CSTNode]] = {}
        self.lines: list[cst.CSTNode] = []
        self.stack: list[tuple[cst.CSTNode, cst.CSTNode, Scope]] = [(module, module, self.root)]
        self.handlers: dict[type[cst.CSTNode], _Handler] = {
            cst.With: self._with,
            cst.Assign: self._assign,
            cst.AnnAssign: self._annotated,
            cst.AugAssign: self._augmented,
            cst.NamedExpr: self._walrus,
            cst.For: self._for,
            cst.CompFor: self._comprehension_for,
            cst.ExceptHandler: self._except,
            cst.ExceptStarHandler: self._except,
            cst.Import: self._import,
            cst.ImportFrom: self._import_from,
            cst.Global: self._global,
            cst.Nonlocal: self._nonlocal,
            cst.Del: self._del,
            cst.MatchAs: self._match,
            cst.MatchStar: self._match,
            cst.MatchMapping: self._match,
            cst.TypeAlias: self._type_alias,
            cst.FunctionDef: self._function,
            cst.ClassDef: self._class,
            cst.Lambda: self._lambda,
            **dict.fromkeys(_COMPREHENSIONS, self._comprehension),
        }

    def run(self) -> None:
        stack, parents = self.stack, self.parents
        plans: dict[type[cst.CSTNode], _Plan] = {}
        node, parent, scope = stack.pop()
        while True:
            kind = node.__class__
            try:
                note, listed, handler, only, fields = plans[kind]
            except KeyError:
                note, listed, handler, only, fields = plans[kind] = self._plan(kind)
            note(node)
            if listed is not None:
                getattr(scope, listed).append(node)
            elif handler is not None:
                scope = handler(node, scope)
            if only is not None:
                parent = node
                node = getattr(node, only)
            else:
                for field in fields:
                    value = getattr(node, field)
                    if not value:
                        continue
                    of = value.__class__
                    if of is list or of is tuple:
                        for item in reversed(value):
                            stack.append((item, node, scope))
                    elif of not in NO_NODES:
                        stack.append((value, node, scope))
                if not stack:
                    return
                node, parent, scope = stack.pop()
            parents[id(node)] = parent

    def _plan(self, kind: type[cst.CSTNode]) -> _Plan:
        same, lines = self.by_kind.setdefault(kind, []), self.lines

        def note_line(node: cst.CSTNode) -> None:
            same.append(node)
            lines.append(node)

        fields = _OUTSIDE.get(kind) or fields_of(kind)
        note = note_line if kind in _LINES else same.append
        return note, _LISTED.get(kind), self.handlers.get(kind), ONLY.get(kind), fields[::-1]

    # handlers return the scope of the node's children, those left out that they have seen to themselves

    def _with(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.With)
        scope.withs.append(node)
        for item in node.items:
            if item.asname is not None:
                self._bind_target(item.asname.name, scope, BindingKind.ENTER, item.item)
        return scope

    def _assign(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.Assign)
        for target in node.targets:
            self._bind_target(target.target, scope, BindingKind.ASSIGN, node.value)
        return scope

    def _annotated(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.AnnAssign)
        kind = BindingKind.DECLARE if node.value is None else BindingKind.ASSIGN
        annotation = node.annotation.annotation
        self._bind_target(node.target, scope, kind, node.value, annotation=annotation)
        return scope

    def _augmented(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.AugAssign)
        self._bind_target(node.target, scope, BindingKind.AUGMENT, node.value)
        return scope

    def _walrus(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.NamedExpr)
        # PEP 572: inside a comprehension the name is bound in the scope around it
        self._bind_target(node.target, scope.execution, BindingKind.ASSIGN, node.value)
        return scope

    def _for(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.For)
        self._bind_target(node.target, scope, BindingKind.ITERATE, node.iter)
        return scope

    def _comprehension_for(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.CompFor)
        self._bind_target(node.target, scope, BindingKind.ITERATE, node.iter)
        # Language Reference 6.2.4: the first iterable is evaluated in the scope around the comprehension
        around = scope.parent if self.parents[id(node)] is scope.node else scope
        assert around is not None
        if node.inner_for_in is not None:
            self.stack.append((node.inner_for_in, node, scope))
        self.stack.extend((condition, node, scope) for condition in reversed(node.ifs))
        self.stack.append((node.iter, node, around))
        return scope

    def _except(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, (cst.ExceptHandler, cst.ExceptStarHandler))
        if node.name is not None:
            self._bind_target(node.name.name, scope, BindingKind.EXCEPTION, node.type)
        return scope

    def _import(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.Import)
        for alias in node.names:
            dotted = dotted_name(alias.name)
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                name = alias.asname.name.value
            else:
                name = dotted = dotted.partition(".")[0]
            scope.bind(Binding(name, BindingKind.IMPORT, alias, scope, qualified=dotted))
        return scope

    def _import_from(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.ImportFrom)
        origin = "." * len(node.relative) + (dotted_name(node.module) if node.module is not None else "")
        if isinstance(node.names, cst.ImportStar):
            scope.star_imports.append(origin)
            return scope
        for alias in node.names:
            name = dotted_name(alias.name)
            qualified = f"{origin}{name}" if origin.endswith(".") else f"{origin}.{name}"
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                name = alias.asname.name.value
            scope.bind(Binding(name, BindingKind.IMPORT_FROM, alias, scope, qualified=qualified))
        return scope

    def _global(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.Global)
        scope.global_names.update(item.name.value for item in node.names)
        return scope

    def _nonlocal(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.Nonlocal)
        scope.nonlocal_names.update(item.name.value for item in node.names)
        return scope

    def _del(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.Del)
        self._bind_target(node.target, scope, BindingKind.DELETE, None)
        return scope

    def _match(self, node: cst.CSTNode, scope: Scope) -> Scope:
        name = node.rest if isinstance(node, cst.MatchMapping) else node.name  # type: ignore[attr-defined]
        if name is not None:
            scope.bind(Binding(name.value, BindingKind.MATCH, name, scope))
        return scope

    def _type_alias(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.TypeAlias)
        scope.bind(Binding(node.name.value, BindingKind.ASSIGN, node.name, scope, node.value))
        return scope

    def _function(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.FunctionDef)
        scope.bind(Binding(node.name.value, BindingKind.DEFINITION, node, scope, node))
        inner = self._open(ScopeKind.FUNCTION, node, scope, node.name.value)
        self._parameters(node.params, inner)
        self.stack.append((node.body, node, inner))
        return scope

    def _class(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.ClassDef)
        scope.bind(Binding(node.name.value, BindingKind.DEFINITION, node, scope, node))
        inner = self._open(ScopeKind.CLASS, node, scope, node.name.value)
        self.stack.append((node.body, node, inner))
        return scope

    def _lambda(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, cst.Lambda)
        inner = self._open(ScopeKind.LAMBDA, node, scope, "<lambda>")
        self._parameters(node.params, inner)
        self.stack.append((node.body, node, inner))
        return scope

    def _comprehension(self, node: cst.CSTNode, scope: Scope) -> Scope:
        assert isinstance(node, _COMPREHENSIONS)
        return self._open(ScopeKind.COMPREHENSION, node, scope, "<comprehension>")

    def _open(
        self,
        kind: ScopeKind,
        node: cst.ClassDef | cst.FunctionDef | cst.Lambda | cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp,
        parent: Scope,
        name: str,
    ) -> Scope:
        scope = Scope(kind, node, parent, name)
        parent.children.append(scope)
        self.scopes[id(node)] = scope
        return scope

    def _parameters(self, parameters: cst.Parameters, scope: Scope) -> None:
        for parameter in every_parameter(parameters):
            annotation = parameter.annotation.annotation if parameter.annotation is not None else None
            name, default = parameter.name.value, parameter.default
            scope.bind(Binding(name, BindingKind.PARAMETER, parameter, scope, default, (), "", annotation))

    def _bind_target(
        self,
        target: cst.CSTNode,
        scope: Scope,
        kind: BindingKind,
        value: cst.CSTNode | None,
        path: tuple[int, ...] = (),
        annotation: cst.BaseExpression | None = None,
    ) -> None:
        if target.__class__ is cst.Name:
            scope.bind(Binding(target.value, kind, target, scope, value, path, "", annotation))
        elif target.__class__ is cst.Attribute:
            scope.stores.append(
                Binding(target.attr.value, kind, target, scope, value, path, "", annotation)
            )
        elif isinstance(target, cst.Subscript):
            scope.stores.append(Binding("[]", kind, target, scope, value, path))
        elif isinstance(target, (cst.Tuple, cst.List)):
            for index, element in enumerate(target.elements):
                step = -1 if element.__class__ is cst.StarredElement else index
                self._bind_target(element.value, scope, kind, value, (*path, step))


def every_parameter(parameters: cst.Parameters) -> list[cst.Param]:
    """Return the parameters in the order of the signature, starred ones included."""
    found = [*parameters.posonly_params, *parameters.params]
    if parameters.star_arg.__class__ is cst.Param:
        found.append(parameters.star_arg)
    found.extend(parameters.kwonly_params)
    if parameters.star_kwarg is not None:
        found.append(parameters.star_kwarg)
    return found


def dotted_name(node: cst.CSTNode) -> str:
    """Return `a.b.c` for a chain of names, empty for anything else."""
    if node.__class__ is cst.Name:
        return node.value
    parts: list[str] = []
    while node.__class__ is cst.Attribute:
        parts.append(node.attr.value)
        node = node.value
    if node.__class__ is not cst.Name:
        return ""
    parts.append(node.value)
    return ".".join(reversed(parts))


def plain_code(node: cst.CSTNode) -> str:
    """Return the code of a name, a text, a number or an attribute of a name without brackets; empty for anything else."""
    if node.__class__ is cst.Name or node.__class__ is cst.SimpleString or node.__class__ is cst.Integer:
        return "" if node.lpar else node.value
    if node.__class__ is not cst.Attribute or node.lpar:
        return ""
    if not node.dot.whitespace_before.empty or not node.dot.whitespace_after.empty:
        return ""
    holder = plain_code(node.value)
    return f"{holder}.{node.attr.value}" if holder and not node.attr.lpar else ""


def is_constant(node: cst.CSTNode | None) -> bool:
    """Tell a literal, and what by its name is a constant or a member of an enumeration, from everything else."""
    if is_literal(node):
        return True
    kind = node.__class__
    if kind is cst.UnaryOperation:
        return is_constant(node.expression)  # type: ignore[union-attr]
    if kind is cst.Attribute and not node.attr.value.isupper():  # type: ignore[union-attr]
        return False
    return (kind is cst.Name or kind is cst.Attribute) and dotted_name(node).rpartition(".")[2].isupper()  # type: ignore[arg-type]


def literal(node: cst.SimpleString | cst.Integer | cst.Float) -> object:
    """Return the value of a string or number; the plain ones, most of them, without the compiler's help."""
    code = node.value
    if node.__class__ is cst.SimpleString:
        if code[0] in "\"'" and code[:3] != code[0] * 3 and "\\" not in code:
            return code[1:-1]
    elif code == "0" or (code.isdecimal() and code.isascii() and code[0] != "0"):
        return int(code)
    return node.evaluated_value


def is_literal(node: cst.CSTNode | None) -> bool:
    """Tell None, True, False, a number or a string from everything else."""
    kind = node.__class__
    if kind is cst.Name:
        return node.value in ("None", "True", "False")  # type: ignore[union-attr]
    return kind in _LITERALS
