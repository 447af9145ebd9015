"""Expressions to operations, in the order of their evaluation (Language Reference 6.16 "Evaluation order")."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import libcst as cst

from conclint.model.graph import Block, OpKind
from conclint.model.lowering.flow import Flow
from conclint.syntax.children import children
from conclint.syntax.walk import every_parameter, literal


class ExpressionLowering(Flow):
    """Lowers expressions, conditions and the targets of assignments."""

    def __init__(self, never_returns: Callable[[cst.Call], bool]) -> None:
        super().__init__()
        self.never_returns = never_returns

    def _condition(self, test: cst.BaseExpression, yes: Block, no: Block) -> None:
        """Evaluate `test` and go to `yes` or `no`, short-circuiting as the language does."""
        if test.__class__ is cst.BooleanOperation:
            right = self._new()
            if isinstance(test.operator, cst.And):
                self._condition(test.left, right, no)
            else:
                self._condition(test.left, yes, right)
            self.at = right
            self._condition(test.right, yes, no)
        elif test.__class__ is cst.UnaryOperation and test.operator.__class__ is cst.Not:
            self._condition(test.expression, no, yes)
        elif (constant := constant_truth(test)) is not None:
            self._jump(yes if constant else no)
        else:
            self._expression(test)
            self._jump(yes, test, truth=True)
            self._jump(no, test, truth=False)

    def _target(self, target: cst.BaseExpression, value: cst.BaseExpression | None) -> None:
        if target.__class__ is cst.Name:
            self._op(OpKind.BIND, target, value)
        elif isinstance(target, (cst.Attribute, cst.Subscript)):
            for part in children(target):
                self._expression(part)
            self._op(OpKind.STORE, target, value)
        elif isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                self._target(element.value, None)
        elif isinstance(target, cst.StarredElement):
            self._target(target.value, None)

    def _defaults(self, parameters: cst.Parameters) -> None:
        for parameter in every_parameter(parameters):
            if parameter.default is not None:
                self._expression(parameter.default)

    def _expression(self, node: cst.CSTNode) -> None:
        lower = self.expressions.get(node.__class__)
        if lower is not None:
            lower(self, node)
        else:
            for child in children(node):
                self._expression(child)

    def _load(self, node: cst.CSTNode) -> None:
        self._op(OpKind.LOAD, node)

    def _operands_then_load(self, node: cst.CSTNode) -> None:
        for child in children(node):
            self._expression(child)
        self._op(OpKind.LOAD, node)

    def _call(self, node: cst.Call) -> None:
        for child in children(node):
            self._expression(child)
        self._op(OpKind.CALL, node)
        if self.never_returns(node):
            self._throw("SystemExit")

    def _await(self, node: cst.Await) -> None:
        self._expression(node.expression)
        self._op(OpKind.AWAIT, node)

    def _yield(self, node: cst.Yield) -> None:
        for child in children(node):
            self._expression(child.item if isinstance(child, cst.From) else child)
        self._op(OpKind.YIELD, node)

    def _boolean(self, node: cst.BooleanOperation) -> None:
        right, after = self._new(), self._new()
        if isinstance(node.operator, cst.And):
            self._condition(node.left, right, after)
        else:
            self._condition(node.left, after, right)
        self.at = right
        self._expression(node.right)
        self._jump(after)
        self.at = after

    def _conditional(self, node: cst.IfExp) -> None:
        yes, no, after = self._new(), self._new(), self._new()
        self._condition(node.test, yes, no)
        self.at = yes
        self._expression(node.body)
        self._jump(after)
        self.at = no
        self._expression(node.orelse)
        self._jump(after)
        self.at = after

    def _walrus(self, node: cst.NamedExpr) -> None:
        self._expression(node.value)
        self._target(node.target, node.value)

    def _lambda(self, node: cst.Lambda) -> None:
        self._defaults(node.params)

    def _comprehension(self, node: cst.DictComp | cst.BaseSimpleComp) -> None:
        after = self._new()
        self._comprehension_loop(node, node.for_in, after)
        self.at = after

    def _comprehension_loop(self, node: cst.DictComp | cst.BaseSimpleComp, loop: cst.CompFor, after: Block) -> None:
        self._expression(loop.iter)
        head, body = self._new(), self._new()
        self._jump(head)
        self.at = head
        if loop.asynchronous is not None:
            self._op(OpKind.AWAIT, loop)
        self._op(OpKind.NEXT, loop)
        self._jump(body)
        self._jump(after)
        self.at = body
        self._target(loop.target, None)
        for test in loop.ifs:
            passed = self._new()
            self._condition(test.test, passed, head)
            self.at = passed
        if loop.inner_for_in is not None:
            self._comprehension_loop(node, loop.inner_for_in, head)
            return
        if isinstance(node, cst.DictComp):
            self._expression(node.key)
            self._expression(node.value)
        else:
            self._expression(node.elt)
        self._jump(head)

    expressions: ClassVar[dict[type[cst.CSTNode], Callable[..., None]]] = {
        cst.Name: _load,
        cst.Attribute: _operands_then_load,
        cst.Subscript: _operands_then_load,
        cst.Call: _call,
        cst.Await: _await,
        cst.Yield: _yield,
        cst.BooleanOperation: _boolean,
        cst.IfExp: _conditional,
        cst.NamedExpr: _walrus,
        cst.Lambda: _lambda,
        cst.ListComp: _comprehension,
        cst.SetComp: _comprehension,
        cst.DictComp: _comprehension,
        cst.GeneratorExp: _comprehension,
    }


def constant_truth(node: cst.BaseExpression) -> bool | None:
    """Return the truth of a literal, None for anything that has to be evaluated."""
    if node.__class__ is cst.Name:
        return {"True": True, "False": False, "None": False}.get(node.value)
    if node.__class__ is cst.Integer:
        return literal(node) != 0
    return None
