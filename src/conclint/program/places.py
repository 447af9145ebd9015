"""Where the nodes are that a module's summary tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Place

if TYPE_CHECKING:
    import libcst as cst

    from conclint.model import Function, ModuleModel
    from conclint.syntax import Locator


class Places:
    """Tells where nodes of one module are."""

    def __init__(self, model: ModuleModel, locator: Locator) -> None:
        self._model = model
        self._locator = locator
        self._path = model.source.path
        self._in_document = model.source.in_document

    def of(self, function: Function, node: cst.CSTNode, *, exactly: bool = True) -> Place:
        """Return where a node is; where nothing is reported but perhaps passed on the way, the line is told at less cost."""
        span = self._locator.span(node) if exactly else self._locator.line_span(node)
        return Place(self._path, self._in_document(span), function.qualified_name)

    def at(self, node: cst.CSTNode) -> Place:
        """Return where a node is, of whichever function."""
        return Place(self._path, self._in_document(self._locator.span(node)), self._model.context_of(node))
