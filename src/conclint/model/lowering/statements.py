"""Statements to control flow (Language Reference 7 "Simple statements" and 8 "Compound statements")."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

import libcst as cst

from conclint.model.graph import Block, Edge, Graph, Op, OpKind
from conclint.model.lowering.expressions import ExpressionLowering
from conclint.model.lowering.flow import Frame, TooComplex
from conclint.syntax.children import children
from conclint.syntax.walk import dotted_name

_CATCH_ALL = frozenset({"BaseException", "Exception"})


def build(
    node: cst.CSTNode,
    *,
    never_returns: Callable[[cst.Call], bool],
    suppresses: Callable[[cst.BaseExpression], bool],
) -> Graph:
    """Return the graph of a function, lambda, class body or module.

    `never_returns` tells calls such as `sys.exit()`; `suppresses` tells context managers that swallow exceptions.
    Raises `TooComplex` when nested `finally` bodies multiply beyond reason or expressions nest too deeply.
    """
    try:
        return _Lowering(node, never_returns, suppresses).run()
    except RecursionError:
        raise TooComplex from None


class _Lowering(ExpressionLowering):
    def __init__(
        self,
        node: cst.CSTNode,
        never_returns: Callable[[cst.Call], bool],
        suppresses: Callable[[cst.BaseExpression], bool],
    ) -> None:
        super().__init__(never_returns)
        self.node = node
        self.suppresses = suppresses

    def run(self) -> Graph:
        node = self.node
        if node.__class__ is cst.Lambda:
            self._expression(node.body)
            self._op(OpKind.RETURN, node.body)
        elif node.__class__ is cst.Module:
            self._body(node.body)
        else:
            assert isinstance(node, (cst.FunctionDef, cst.ClassDef))
            self._body(node.body.body)
        self._jump(self.returned)
        self.raised.number = len(self.blocks)
        self.blocks.append(self.raised)
        return Graph(node, self.entry, self.returned, self.raised, self.blocks)

    def _body(self, statements: Iterable[cst.CSTNode]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, node: cst.CSTNode) -> None:
        lower = self.statements.get(node.__class__)
        if lower is not None:
            lower(self, node)
        else:
            for child in children(node):
                self._expression(child)

    def _simple_line(self, node: cst.SimpleStatementLine | cst.IndentedBlock) -> None:
        self._body(node.body)

    # branches

    def _if(self, node: cst.If) -> None:
        yes, no, after = self._new(), self._new(), self._new()
        self._condition(node.test, yes, no)
        self.at = yes
        self._statement(node.body)
        self._jump(after)
        self.at = no
        if node.orelse.__class__ is cst.If:
            self._if(node.orelse)
        elif node.orelse is not None:
            self._statement(node.orelse.body)
        self._jump(after)
        self.at = after

    def _while(self, node: cst.While) -> None:
        head, body, done, after = self._new(), self._new(), self._new(), self._new()
        self._jump(head)
        self.at = head
        self._condition(node.test, body, done)
        self._loop_body(node.body, body, head, after)
        self.at = done
        if node.orelse is not None:
            self._statement(node.orelse.body)
        self._jump(after)
        self.at = after

    def _for(self, node: cst.For) -> None:
        self._expression(node.iter)
        head, body, done, after = self._new(), self._new(), self._new(), self._new()
        self._jump(head)
        self.at = head
        if node.asynchronous is not None:
            self._op(OpKind.AWAIT, node)
        self._op(OpKind.NEXT, node)
        self._jump(body)
        self._jump(done)
        self.at = body
        self._target(node.target, None)
        body = self.at
        self._loop_body(node.body, body, head, after)
        self.at = done
        if node.orelse is not None:
            self._statement(node.orelse.body)
        self._jump(after)
        self.at = after

    def _loop_body(self, statements: cst.CSTNode, body: Block, head: Block, after: Block) -> None:
        self.frames.append(Frame(self.handler, None, after, head))
        self.at = body
        self._statement(statements)
        self._jump(head)
        self.frames.pop()

    def _match(self, node: cst.Match) -> None:
        self._expression(node.subject)
        after = self._new()
        for case in node.cases:
            body, following = self._new(), self._new()
            for part in children(case.pattern):
                if not isinstance(part, cst.Name):
                    self._expression(part)
            if case.guard is not None:
                guarded = self._new()
                self._jump(guarded)
                self._jump(following)
                self.at = guarded
                self._condition(case.guard, body, following)
            else:
                self._jump(body)
                if not _irrefutable(case.pattern):
                    self._jump(following)
            self.at = body
            self._statement(case.body)
            self._jump(after)
            self.at = following
        self._jump(after)
        self.at = after

    # leaving

    def _return(self, node: cst.Return) -> None:
        if node.value is not None:
            self._expression(node.value)
        self._op(OpKind.RETURN, node)
        self._unwind(0)
        self._jump(self.returned)
        self._start()

    def _break(self, _node: cst.Break) -> None:
        self._loop_exit(lambda frame: frame.break_to)

    def _continue(self, _node: cst.Continue) -> None:
        self._loop_exit(lambda frame: frame.continue_to)

    def _raise(self, node: cst.Raise) -> None:
        for part in children(node):
            self._expression(part.item if isinstance(part, cst.From) else part)
        self._op(OpKind.RAISE, node)
        self._throw(_raised_name(node))

    def _assert(self, node: cst.Assert) -> None:
        good, bad = self._new(), self._new()
        self._condition(node.test, good, bad)
        self.at = bad
        if node.msg is not None:
            self._expression(node.msg)
        self._op(OpKind.RAISE, node)
        self._throw("AssertionError")
        self.at = good

    # exceptions and context managers

    def _try(self, node: cst.Try | cst.TryStar) -> None:
        outer = self.handler
        after = self._new()
        on_raise = outer
        if node.finalbody is not None:
            final = node.finalbody.body
            on_raise = self._new()
            self.frames.append(Frame(outer, lambda: self._statement(final)))
        entries: list[tuple[cst.ExceptHandler | cst.ExceptStarHandler, Block]] = []
        self.handler = on_raise
        if node.handlers:
            dispatch = self._new()
            names: dict[str, Block] = {"": dispatch}
            for handler in node.handlers:
                entry = self._new()
                entries.append((handler, entry))
                dispatch.edges.append(Edge(entry))
                for name in caught_names(handler.type):
                    names.setdefault(name, entry)
            if not any(_catches_all(handler.type) for handler in node.handlers):
                dispatch.edges.append(Edge(on_raise, explicit_raise=True))
            self.handler = dispatch
            self.caught.append(names)
        self._protected(node.body)
        if node.handlers:
            self.caught.pop()
        self.handler = on_raise
        if node.orelse is not None:
            self._protected(node.orelse.body)
        self._jump(after)
        for clause, entry in entries:
            self.at = entry
            if clause.name is not None:
                self._target(clause.name.name, None)
            self._statement(clause.body)
            self._jump(after)
        self.handler = outer
        after.handler = outer
        if node.finalbody is not None:
            self.frames.pop()
            on_raise.handler = outer
            self.at = on_raise
            self._protected(node.finalbody.body)
            self._jump(outer, raising=True)
            self.at = after
            self._protected(node.finalbody.body)
        else:
            self.at = after
            self._jump(self._new())
            self.at = self.blocks[-1]

    def _protected(self, statements: cst.CSTNode) -> None:
        """Lower into a block of its own, so that the current handler applies to all of it and nothing else."""
        following = self._new()
        self._jump(following)
        self.at = following
        self._statement(statements)

    def _with(self, node: cst.With) -> None:
        self._with_items(node, list(node.items))

    def _with_items(self, node: cst.With, items: Sequence[cst.WithItem]) -> None:
        if not items:
            self._statement(node.body)
            return
        item = items[0]
        self._expression(item.item)
        if node.asynchronous is not None:
            self._op(OpKind.AWAIT, node)
        self._op(OpKind.ENTER, item)
        outer = self.handler
        on_raise = self._new()
        self.frames.append(Frame(outer, lambda: self._op(OpKind.EXIT, item)))
        self.handler = on_raise
        following = self._new()
        self._jump(following)
        self.at = following
        if item.asname is not None:
            self._target(item.asname.name, item.item)
        self._with_items(node, items[1:])
        self.frames.pop()
        self.handler = outer
        after = self._new()
        self._jump(after)
        on_raise.ops.append(Op(OpKind.EXIT, item))
        on_raise.handler = outer
        on_raise.edges.append(Edge(outer, explicit_raise=True))
        self.at = after
        self._op(OpKind.EXIT, item)
        if self.suppresses(item.item):
            swallowed = self._new()
            self._jump(swallowed)
            on_raise.edges.append(Edge(swallowed))
            self.at = swallowed

    # other statements

    def _assign(self, node: cst.Assign) -> None:
        self._expression(node.value)
        for target in node.targets:
            self._target(target.target, node.value)

    def _annotated(self, node: cst.AnnAssign) -> None:
        if node.value is not None:
            self._expression(node.value)
            self._target(node.target, node.value)

    def _augmented(self, node: cst.AugAssign) -> None:
        if isinstance(node.target, (cst.Attribute, cst.Subscript)):
            for part in children(node.target):
                self._expression(part)
        self._expression(node.value)
        self._op(OpKind.AUGMENT, node, node.value)

    def _del(self, node: cst.Del) -> None:
        targets: Sequence[cst.BaseExpression] = [node.target]
        if isinstance(node.target, (cst.Tuple, cst.List)):
            targets = [element.value for element in node.target.elements]
        for target in targets:
            if isinstance(target, (cst.Attribute, cst.Subscript)):
                for part in children(target):
                    self._expression(part)
            self._op(OpKind.DELETE, target)

    def _import(self, node: cst.Import | cst.ImportFrom) -> None:
        self._op(OpKind.IMPORT, node)

    def _function(self, node: cst.FunctionDef) -> None:
        for decorator in node.decorators:
            self._expression(decorator.decorator)
        self._defaults(node.params)
        self._op(OpKind.BIND, node.name, node)

    def _class(self, node: cst.ClassDef) -> None:
        for part in (*node.decorators, *node.bases, *node.keywords):
            self._expression(part)
        self._op(OpKind.BIND, node.name, node)

    statements: ClassVar[dict[type[cst.CSTNode], Callable[..., None]]] = {
        cst.SimpleStatementLine: _simple_line,
        cst.SimpleStatementSuite: _simple_line,
        cst.IndentedBlock: _simple_line,
        cst.If: _if,
        cst.While: _while,
        cst.For: _for,
        cst.Try: _try,
        cst.TryStar: _try,
        cst.With: _with,
        cst.Match: _match,
        cst.FunctionDef: _function,
        cst.ClassDef: _class,
        cst.Return: _return,
        cst.Raise: _raise,
        cst.Break: _break,
        cst.Continue: _continue,
        cst.Assert: _assert,
        cst.Assign: _assign,
        cst.AnnAssign: _annotated,
        cst.AugAssign: _augmented,
        cst.Del: _del,
        cst.Import: _import,
        cst.ImportFrom: _import,
    }


def _irrefutable(pattern: cst.MatchPattern) -> bool:
    return isinstance(pattern, cst.MatchAs) and pattern.pattern is None


def _raised_name(node: cst.Raise) -> str:
    raised = node.exc
    if isinstance(raised, cst.Call):
        raised = raised.func
    return dotted_name(raised).rpartition(".")[2] if raised is not None else ""


def caught_names(caught: cst.BaseExpression | None) -> list[str]:
    if isinstance(caught, cst.Tuple):
        return [name for element in caught.elements if (name := dotted_name(element.value).rpartition(".")[2])]
    name = dotted_name(caught).rpartition(".")[2] if caught is not None else ""
    return [name] if name else []


def _catches_all(caught: cst.BaseExpression | None) -> bool:
    return caught is None or not _CATCH_ALL.isdisjoint(caught_names(caught))
