"""The graph in the making: blocks, jumps, and what a jump out of a loop, a `with` or a `try` passes on its way."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst
import msgspec

from conclint.model.graph import Block, Edge, Op, OpKind

# Copies of a finally body multiply with nesting; beyond this the function is left without a graph.
_MOST_BLOCKS = 4_000


class TooComplex(Exception):
    """The function's graph would be out of proportion."""


class Frame(msgspec.Struct, eq=False):
    """Something that a jump out of it has to leave properly: a loop, a `with` item or a `finally`."""

    handler: Block
    clean_up: Callable[[], None] | None = None
    break_to: Block | None = None
    continue_to: Block | None = None


class Flow:
    """Builds blocks one after another: `at` is the one in hand, `handler` where an exception goes from here."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.raised = Block(-1, None)
        self.handler = self.raised
        self.returned = self._new()
        self.returned.handler = None
        self.entry = self._new()
        self.at = self.entry
        self.frames: list[Frame] = []
        self.caught: list[dict[str, Block]] = []

    def _new(self) -> Block:
        block = Block(len(self.blocks), self.handler)
        self.blocks.append(block)
        if len(self.blocks) > _MOST_BLOCKS:
            raise TooComplex
        return block

    def _start(self) -> Block:
        self.at = self._new()
        return self.at

    def _op(self, kind: OpKind, node: cst.CSTNode, extra: cst.CSTNode | None = None) -> None:
        self.at.ops.append(Op(kind, node, extra))

    def _jump(
        self, target: Block, test: cst.BaseExpression | None = None, truth: bool = True, raising: bool = False
    ) -> None:
        self.at.edges.append(Edge(target, test, truth, raising))

    def _unwind(self, depth: int) -> None:
        """Run the clean-up of every frame above `depth`, innermost first, as a jump out of them does."""
        frames, handler = self.frames, self.handler
        for index in range(len(frames) - 1, depth - 1, -1):
            frame = frames[index]
            self.frames = frames[:index]
            self.handler = frame.handler
            if frame.clean_up is not None:
                following = self._new()
                self._jump(following)
                self.at = following
                frame.clean_up()
        self.frames, self.handler = frames, handler

    def _loop_exit(self, target: Callable[[Frame], Block | None]) -> None:
        for depth in range(len(self.frames) - 1, -1, -1):
            found = target(self.frames[depth])
            if found is not None:
                self._unwind(depth + 1)
                self._jump(found)
                break
        self._start()

    def _throw(self, name: str) -> None:
        """Go where an exception of this class goes: straight to the handler that names it, if one does."""
        caught = self.caught[-1] if self.caught else {}
        target = caught.get(name) if name else None
        if target is not None and self.at.handler is caught.get(""):
            self._jump(target, raising=True)
        elif self.at.handler is not None:
            self._jump(self.at.handler, raising=True)
        self._start()
