"""Positions, worked out for the nodes that are reported or summarised and for no others.

libcst's trees carry no positions. Writing code out again while counting gives them; this writes the statements in which
wanted nodes stand, from where the text says that they begin, and makes sure that what it writes is what stands there.
Where it is not, the whole module is written.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence

import libcst as cst
from libcst._nodes.internal import CodegenState

from conclint.finding import Span
from conclint.memo import cached_property
from conclint.syntax.children import children
from conclint.syntax.lines import Lines, heads
from conclint.syntax.tokens import extents
from conclint.syntax.tree import Tree

_NEWLINE = re.compile(r"\r\n|\n|\r")
_IDLE = contextlib.nullcontext()
# Above this share of the lines it is cheaper to write the whole module.
_MOST_LINES = 0.6


class Locator:
    """Finds the spans of nodes of one tree; ask for many at once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[int, Span] = {}
        self._line_spans: dict[int, Span] = {}

    def span(self, node: cst.CSTNode) -> Span:
        """Return where `node` stands in the source's text, its own parentheses left out."""
        if id(node) not in self._known:
            self.find((node,))
        return self._known[id(node)]

    def line_span(self, node: cst.CSTNode) -> Span:
        """Return where the logical line is on which `node` begins, at next to no cost."""
        if (head := self._head(node)) is None:
            return self.span(node)
        known = self._line_spans.get(id(head))
        if known is None:
            start, end = self._lines.extents[self._heads[id(head)]]
            code = self._tree.source.text[start:end].rstrip()
            known = Span(*self._lines.position(start), *self._lines.position(start + len(code)))
            self._line_spans[id(head)] = known
        return known

    def find(self, nodes: Iterable[cst.CSTNode]) -> None:
        """Work out the spans of these nodes in one pass."""
        by_head: dict[int, tuple[cst.CSTNode, dict[int, cst.CSTNode]]] = {}
        left: set[int] = set()
        for node in nodes:
            if id(node) in self._known:
                continue
            if (head := self._head(node)) is None:
                left.add(id(node))
            else:
                by_head.setdefault(id(head), (head, {}))[1][id(node)] = node
        written = [(head, wanted) for head, wanted in by_head.values() if not self._by_tokens(head, wanted)]
        if len(written) > len(self._heads) * _MOST_LINES:
            left.update(*(wanted for _, wanted in written))
            written.clear()
        for head, wanted in written:
            found = self._on_line(head, set(wanted))
            self._known.update(found)
            left |= wanted.keys() - found.keys()
        if left:
            self._in_module(left)

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self._tree.source.text)

    @cached_property
    def _heads(self) -> dict[int, int]:
        """The logical lines by `id` of what begins there; none where the text can't be told apart into as many."""
        found = heads(self._tree)
        return found if len(found) == len(self._lines.extents) else {}

    def _head(self, node: cst.CSTNode | None) -> cst.CSTNode | None:
        """Return the statement, clause or decorator on whose logical line a node begins."""
        heads, parents = self._heads, self._tree.parents
        while node is not None and id(node) not in heads:
            node = parents.get(id(node))
        return node

    def _by_tokens(self, head: cst.CSTNode, wanted: dict[int, cst.CSTNode]) -> bool:
        """Note where those nodes are of which the tokens of the line tell it; tell whether that is all of them."""
        start, end = self._lines.extents[self._heads[id(head)]]
        position = self._lines.position
        for key, (begins, ends) in extents(self._tree.source.text, start, end, head, wanted.values()).items():
            self._known[key] = Span(*position(begins), *position(ends))
            del wanted[key]
        return not wanted

    def _on_line(self, head: cst.CSTNode, wanted: set[int]) -> dict[int, Span]:
        """Return the spans of what begins on one logical line; none when it is not written as it stands there."""
        number = self._heads[id(head)]
        state = _LineState(self._tree.module, wanted, head, self._heads)
        state.indent_tokens.append(self._lines.margin(number))
        with contextlib.suppress(_Stop):
            if isinstance(head, cst.If) and self._is_elif(head):
                head._codegen(state, is_elif=True)  # noqa: SLF001
            else:
                head._codegen(state)  # noqa: SLF001 -- the only way to libcst's own writer
        offset = self._lines.extents[number][0]
        if not self._tree.source.text.startswith("".join(state.tokens[state.begins :]), offset):
            return {}
        line, column = self._lines.position(offset)
        found = _spans(state.tokens, state.marks, state.begins, line, column)
        if id(head) in wanted and id(head) not in found:  # it goes on below, to the end of the last line in it
            end = self.span(_last_line(head))
            found[id(head)] = Span(line, column, end.end_line, end.end_column)
        return found

    def _is_elif(self, node: cst.If) -> bool:
        parent = self._tree.parent(node)
        return isinstance(parent, cst.If) and parent.orelse is node

    def _in_module(self, wanted: set[int]) -> None:
        module = self._tree.module
        state = _State(module, wanted)
        module._codegen(state)  # noqa: SLF001
        for key, span in _spans(state.tokens, state.marks).items():
            self._known[key] = self._in_text(span) if self._dropped else span

    @cached_property
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


def _last_line(compound: cst.CSTNode) -> cst.CSTNode:
    """Return the statement or clause whose logical line is the last of a compound statement."""
    last = children(compound)[-1]
    while last.__class__ is not cst.SimpleStatementLine:
        if last.__class__ is cst.SimpleStatementSuite:
            return compound
        if last.__class__ is not cst.IndentedBlock:
            compound = last
        last = children(last)[-1]
    return last


class _State(CodegenState):
    """Collects tokens like its parent, and the token numbers at which wanted nodes begin and end."""

    def __init__(self, module: cst.Module, wanted: set[int]) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.marks: dict[int, tuple[int, int]] = {}
        self._wanted = set(wanted)
        self._starts: dict[int, int] = {}

    def before_codegen(self, node: cst.CSTNode) -> None:
        if id(node) in self._wanted:
            self._starts[id(node)] = len(self.tokens)

    def after_codegen(self, node: cst.CSTNode) -> None:
        key = id(node)
        if key in self._wanted and key not in self.marks:
            self.marks[key] = (self._starts[key], len(self.tokens))

    def record_syntactic_position(  # type: ignore[override]
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> contextlib.AbstractContextManager[None]:
        return self._recorded(node, start_node, end_node) if id(node) in self._wanted else _IDLE

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
            start = self.marks[id(start_node)][0]
        if end_node is not None:
            end = self.marks[id(end_node)][1]
        self.marks[id(node)] = (start, end)


class _Stop(Exception):
    """The logical line is written."""


class _LineState(_State):
    """Writes one logical line: up to the first block or the next of `stops`, whatever `head` goes on with."""

    def __init__(self, module: cst.Module, wanted: set[int], head: cst.CSTNode, stops: dict[int, int]) -> None:
        super().__init__(module, wanted)
        self.begins = 0
        """The number of the first token of the line itself; before are comments and decorators."""
        self._head = head
        self._stops = stops

    def before_codegen(self, node: cst.CSTNode) -> None:
        if self._stops and node is not self._head:
            if node.__class__ is cst.IndentedBlock:
                raise _Stop
            if id(node) in self._stops and node.__class__ is not cst.Decorator:
                raise _Stop
        super().before_codegen(node)

    def record_syntactic_position(  # type: ignore[override]
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> contextlib.AbstractContextManager[None]:
        if node is self._head:
            self.begins = len(self.tokens)
        return super().record_syntactic_position(node, start_node=start_node, end_node=end_node)


def _spans(
    tokens: Sequence[str], marks: dict[int, tuple[int, int]], done: int = 0, line: int = 1, column: int = 1
) -> dict[int, Span]:
    """Turn token numbers into lines and columns in one pass over the tokens, from `done` on, which is at `line`, `column`."""
    edges = sorted({edge for mark in marks.values() for edge in mark})
    at: dict[int, tuple[int, int]] = {}
    for edge in edges:
        text = "".join(tokens[done:edge])
        lines = text.count("\n") + text.count("\r") - text.count("\r\n")
        if lines:
            line += lines
            column = len(text) - max(text.rfind("\n"), text.rfind("\r"))
        else:
            column += len(text)
        done = edge
        at[edge] = (line, column)
    return {key: Span(*at[start], *at[end]) for key, (start, end) in marks.items()}
