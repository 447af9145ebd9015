"""Positions, worked out for the nodes that are reported or summarised and for no others.

libcst's trees carry no positions. Writing the module out again while counting gives them; this does it with the
bookkeeping reduced to the wanted nodes, at a seventh of the cost of `PositionProvider`, with the same answers.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterable, Iterator

import libcst as cst
from libcst._nodes.internal import CodegenState

from conclint.finding import Span
from conclint.syntax.tree import Tree

_NEWLINE = re.compile(r"\r\n|\n|\r")


class Locator:
    """Finds the spans of nodes of one tree; ask for many at once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[int, Span] = {}

    def find(self, nodes: Iterable[cst.CSTNode]) -> None:
        """Work out the spans of these nodes in one pass."""
        wanted = {id(node) for node in nodes if id(node) not in self._known}
        if not wanted:
            return
        for key, span in _spans(self._tree.module, wanted).items():
            self._known[key] = self._in_text(span) if self._dropped else span

    @functools.cached_property
    def _dropped(self) -> dict[int, int]:
        """How many columns of which line are missing from the tree: libcst keeps no form feed in front of code."""
        text = self._tree.source.text
        if "\f" not in text:
            return {}
        lines = zip(_NEWLINE.split(text), _NEWLINE.split(self._tree.module.code))
        return {number: len(line) - len(kept) for number, (line, kept) in enumerate(lines, 1) if line != kept}

    def _in_text(self, span: Span) -> Span:
        dropped = self._dropped
        return Span(
            span.line,
            span.column + dropped.get(span.line, 0),
            span.end_line,
            span.end_column + dropped.get(span.end_line, 0),
        )

    def span(self, node: cst.CSTNode) -> Span:
        """Return where `node` stands in the source's text, its own parentheses left out."""
        if id(node) not in self._known:
            self.find((node,))
        return self._known[id(node)]


def _spans(module: cst.Module, wanted: set[int]) -> dict[int, Span]:
    state = _State(module, wanted)
    module._codegen(state)  # noqa: SLF001 -- the only way to libcst's own writer
    return state.spans()


class _State(CodegenState):
    """Collects tokens like its parent, and the token numbers at which wanted nodes begin and end."""

    def __init__(self, module: cst.Module, wanted: set[int]) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self._wanted = wanted
        self._marks: dict[int, tuple[int, int]] = {}
        self._starts: dict[int, int] = {}
        self._idle = contextlib.nullcontext()

    def before_codegen(self, node: cst.CSTNode) -> None:
        if id(node) in self._wanted:
            self._starts[id(node)] = len(self.tokens)

    def after_codegen(self, node: cst.CSTNode) -> None:
        key = id(node)
        if key in self._wanted and key not in self._marks:
            self._marks[key] = (self._starts[key], len(self.tokens))

    def record_syntactic_position(  # type: ignore[override]
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> contextlib.AbstractContextManager[None]:
        return self._recorded(node, start_node, end_node) if id(node) in self._wanted else self._idle

    @contextlib.contextmanager
    def _recorded(
        self, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> Iterator[None]:
        # A compound statement begins or ends where a part of it does, so that part is wanted too.
        self._wanted.update(id(part) for part in (start_node, end_node) if part is not None)
        start = len(self.tokens)
        yield
        end = len(self.tokens)
        if start_node is not None:
            start = self._marks[id(start_node)][0]
        if end_node is not None:
            end = self._marks[id(end_node)][1]
        self._marks[id(node)] = (start, end)

    def spans(self) -> dict[int, Span]:
        """Turn token numbers into lines and columns in one pass over the tokens."""
        edges = sorted({edge for mark in self._marks.values() for edge in mark})
        at: dict[int, tuple[int, int]] = {}
        line, column, done = 1, 1, 0
        for edge in edges:
            text = "".join(self.tokens[done:edge])
            lines = text.count("\n") + text.count("\r") - text.count("\r\n")
            if lines:
                line += lines
                column = len(text) - max(text.rfind("\n"), text.rfind("\r"))
            else:
                column += len(text)
            done = edge
            at[edge] = (line, column)
        return {key: Span(*at[start], *at[end]) for key, (start, end) in self._marks.items()}
