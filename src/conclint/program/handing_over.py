"""What a module hands over to run elsewhere, and with which arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.draft import Place
from conclint.model.definitions import is_stub
from conclint.model.signatures import given_with, misfits, place_of_arguments, signature_of
from conclint.program.summary import HandoverFact, MisfitFact
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import Function, ModuleModel
    from conclint.syntax import Locator


class HandingOver:
    """The hand-overs of one module: of its own functions those that don't fit, of others all whose arguments are known."""

    def __init__(self, model: ModuleModel) -> None:
        self._model = model
        self._misfits = list(misfits(model))
        self._foreign = [
            (handover, symbol, given)
            for handover in model.handovers
            if (symbol := model.foreign.path(handover.target.value)) and not symbol.startswith("builtins.")
            if not _may_be_bound(model, handover.target.value, symbol)
            if (given := given_with(model, handover)) is not None
        ]

    @property
    def nodes(self) -> Iterator[cst.CSTNode]:
        """The syntax whose position is needed."""
        for found in self._misfits:
            yield from (found.node, found.definition)
        for handover, _, _ in self._foreign:
            yield place_of_arguments(handover)

    def misfits(self, locator: Locator) -> tuple[MisfitFact, ...]:
        """Return the hand-overs of the module's own functions whose arguments don't fit."""
        return tuple(
            MisfitFact(
                self._place(locator, found.node),
                found.taker,
                found.function.name,
                found.problem,
                self._place(locator, found.definition) if found.definition is not found.node else None,
            )
            for found in self._misfits
        )

    def handovers(self, locator: Locator) -> tuple[HandoverFact, ...]:
        """Return the hand-overs of what is defined in other modules."""
        label = self._model.label
        return tuple(
            HandoverFact(self._place(locator, place_of_arguments(one)), label(one.call.func), symbol, given)
            for one, symbol, given in self._foreign
        )

    def _place(self, locator: Locator, node: cst.CSTNode) -> Place:
        source = self._model.source
        return Place(source.path, source.in_document(locator.span(node)), self._model.context_of(node))


def _may_be_bound(model: ModuleModel, target: cst.BaseExpression, symbol: str) -> bool:
    """Tell the method of what an attribute of `self` holds, as far as can be seen a class: as likely it is an object of it."""
    if "()" in symbol or not isinstance(target, cst.Attribute):
        return False
    function = model.function_at(target)
    return function is not None and dotted_name(target).partition(".")[0] == function.receiver_name


def kinds_of(model: ModuleModel, function: Function) -> str | None:
    """Return the kinds of a function's parameters, None where who calls it by its name may meet something else."""
    if function.has_decorator("staticmethod", "classmethod") or function.node.__class__ is not cst.FunctionDef:
        return None
    if function.cls is not None and is_stub(function.node):
        return None
    signature = signature_of(model, function)
    return signature.kinds if signature is not None else None
