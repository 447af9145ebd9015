"""Which fields of a libcst node hold code, in the order of the source text.

Whitespace, brackets, separators, operator leaves and names that are no variables (`x.attr`, `f(key=...)`) are
left out: the rest is 36 % of all nodes.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TypeGuard, TypeVar

import libcst as cst

Node = TypeVar("Node", bound=cst.CSTNode)

FIELDS: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.Module: ("body",),
    cst.SimpleStatementLine: ("body",),
    cst.SimpleStatementSuite: ("body",),
    cst.IndentedBlock: ("body",),
    # statements
    cst.AnnAssign: ("target", "annotation", "value"),
    cst.Annotation: ("annotation",),
    cst.Assert: ("test", "msg"),
    cst.Assign: ("targets", "value"),
    cst.AssignTarget: ("target",),
    cst.AugAssign: ("target", "value"),
    cst.Del: ("target",),
    cst.Expr: ("value",),
    cst.For: ("target", "iter", "body", "orelse"),
    cst.While: ("test", "body", "orelse"),
    cst.If: ("test", "body", "orelse"),
    cst.Else: ("body",),
    cst.Raise: ("exc", "cause"),
    cst.From: ("item",),
    cst.Return: ("value",),
    cst.Try: ("body", "handlers", "orelse", "finalbody"),
    cst.TryStar: ("body", "handlers", "orelse", "finalbody"),
    cst.ExceptHandler: ("type", "name", "body"),
    cst.ExceptStarHandler: ("type", "name", "body"),
    cst.Finally: ("body",),
    cst.With: ("items", "body"),
    cst.WithItem: ("item", "asname"),
    cst.AsName: ("name",),
    cst.Match: ("subject", "cases"),
    cst.MatchCase: ("pattern", "guard", "body"),
    cst.MatchAs: ("pattern", "name"),
    cst.MatchClass: ("cls", "patterns", "kwds"),
    cst.MatchKeywordElement: ("pattern",),
    cst.MatchList: ("patterns",),
    cst.MatchTuple: ("patterns",),
    cst.MatchMapping: ("elements", "rest"),
    cst.MatchMappingElement: ("key", "pattern"),
    cst.MatchOr: ("patterns",),
    cst.MatchOrElement: ("pattern",),
    cst.MatchSequenceElement: ("value",),
    cst.MatchSingleton: (),
    cst.MatchStar: ("name",),
    cst.MatchValue: ("value",),
    cst.Import: (),
    cst.ImportFrom: (),
    cst.Global: (),
    cst.Nonlocal: (),
    cst.Pass: (),
    cst.Break: (),
    cst.Continue: (),
    cst.TypeAlias: ("name", "value"),
    # definitions
    cst.FunctionDef: ("decorators", "params", "returns", "body"),
    cst.ClassDef: ("decorators", "bases", "keywords", "body"),
    cst.Decorator: ("decorator",),
    cst.Parameters: ("posonly_params", "params", "star_arg", "kwonly_params", "star_kwarg"),
    cst.Param: ("annotation", "default"),
    cst.ParamStar: (),
    cst.ParamSlash: (),
    cst.Lambda: ("params", "body"),
    # expressions
    cst.Arg: ("value",),
    cst.Attribute: ("value",),
    cst.Await: ("expression",),
    cst.BinaryOperation: ("left", "right"),
    cst.BooleanOperation: ("left", "right"),
    cst.Call: ("func", "args"),
    cst.Comparison: ("left", "comparisons"),
    cst.ComparisonTarget: ("comparator",),
    cst.ConcatenatedString: ("left", "right"),
    cst.Dict: ("elements",),
    cst.DictElement: ("key", "value"),
    cst.StarredDictElement: ("value",),
    cst.Element: ("value",),
    cst.StarredElement: ("value",),
    cst.FormattedString: ("parts",),
    cst.FormattedStringText: (),
    cst.FormattedStringExpression: ("expression", "format_spec"),
    cst.IfExp: ("body", "test", "orelse"),
    cst.List: ("elements",),
    cst.Set: ("elements",),
    cst.Tuple: ("elements",),
    cst.NamedExpr: ("target", "value"),
    cst.Subscript: ("value", "slice"),
    cst.SubscriptElement: ("slice",),
    cst.Index: ("value",),
    cst.Slice: ("lower", "upper", "step"),
    cst.UnaryOperation: ("expression",),
    cst.Yield: ("value",),
    cst.ListComp: ("elt", "for_in"),
    cst.SetComp: ("elt", "for_in"),
    cst.GeneratorExp: ("elt", "for_in"),
    cst.DictComp: ("key", "value", "for_in"),
    cst.CompFor: ("target", "iter", "ifs", "inner_for_in"),
    cst.CompIf: ("test",),
    cst.Name: (),
    cst.SimpleString: (),
    cst.Integer: (),
    cst.Float: (),
    cst.Imaginary: (),
    cst.Ellipsis: (),
}

# Those with a single field, which always holds a node.
ONLY: dict[type[cst.CSTNode], str] = {
    kind: FIELDS[kind][0]
    for kind in (
        *(cst.Annotation, cst.Arg, cst.AssignTarget, cst.Attribute, cst.Await, cst.CompIf, cst.ComparisonTarget),
        *(cst.Decorator, cst.Del, cst.Element, cst.Else, cst.Expr, cst.Finally, cst.From, cst.Index, cst.MatchValue),
        *(cst.StarredDictElement, cst.StarredElement, cst.SubscriptElement, cst.UnaryOperation),
    )
}

# What a field may hold instead of a node. CSTNode is an abstract base class, whose isinstance() is ten times slower.
NO_NODES = frozenset({type(None), str, bool, cst.MaybeSentinel})


def fields_of(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """Return the fields of a node class; one that this table does not know yet (newer syntax) gets all of its fields."""
    known = FIELDS.get(kind)
    if known is None:
        known = FIELDS[kind] = tuple(
            field.name for field in dataclasses.fields(kind) if not field.name.startswith(("whitespace", "lpar", "rpar"))
        )
    return known


@functools.cache
def _derives(kind: type[cst.CSTNode], kinds: type[cst.CSTNode] | tuple[type[cst.CSTNode], ...]) -> bool:
    return issubclass(kind, kinds)


def is_a(node: cst.CSTNode | None, kinds: type[Node] | tuple[type[Node], ...]) -> TypeGuard[Node]:
    """Tell what `isinstance` tells, several times faster where it is not so: libcst's classes are abstract base classes.

    Where many nodes are asked whether they are of one class that nothing derives from, `node.__class__ is` is cheaper still.
    """
    return _derives(node.__class__, kinds) if node is not None else False


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Return the nodes directly below `node` that hold code, in source order."""
    found: list[cst.CSTNode] = []
    fields = FIELDS.get(node.__class__)
    for field in fields_of(node.__class__) if fields is None else fields:
        value = getattr(node, field)
        kind = value.__class__
        if kind is list or kind is tuple:
            found.extend(value)
        elif kind not in NO_NODES:
            found.append(value)
    return found


def descendants(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Return `node` and all below it that hold code, in source order."""
    found: list[cst.CSTNode] = []
    pending = [node]
    while pending:
        item = pending.pop()
        found.append(item)
        fields = FIELDS.get(item.__class__)
        for field in reversed(fields_of(item.__class__) if fields is None else fields):
            value = getattr(item, field)
            kind = value.__class__
            if kind is list or kind is tuple:
                pending.extend(reversed(value))
            elif kind not in NO_NODES:
                pending.append(value)
    return found


def last_inside(node: cst.CSTNode) -> cst.CSTNode:
    """Return the last of all below a node, itself where nothing is."""
    below: cst.CSTNode | None = node
    while below is not None:
        node = below
        below = None
        for field in reversed(fields_of(node.__class__)):
            value = getattr(node, field)
            kind = value.__class__
            if kind is list or kind is tuple:
                below = value[-1] if value else None
            elif kind not in NO_NODES:
                below = value
            if below is not None:
                break
    return node
