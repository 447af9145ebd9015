"""Control-flow graphs: what a function does, in the order in which it does it.

A graph is made of blocks of operations. Each block names the block that takes over when one of its operations
raises, so exception edges cost nothing until somebody follows them. `finally` bodies and the exits of `with` are
copied into each way out, as CPython's compiler does; one syntax node can therefore stand in several operations.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator

import libcst as cst
import msgspec


class OpKind(enum.Enum):
    """What one step of execution does."""

    __hash__ = object.__hash__  # that of enum.Enum is written in Python

    LOAD = "load"  # a name, attribute or element is read
    CALL = "call"
    BIND = "bind"  # a name is bound; extra: the value's node, None when it is not one expression
    STORE = "store"  # an attribute or element is stored; extra as for BIND
    AUGMENT = "augment"  # x += ...: node is the AugAssign
    DELETE = "delete"
    ENTER = "enter"  # node is the WithItem
    EXIT = "exit"
    AWAIT = "await"
    YIELD = "yield"
    NEXT = "next"  # a for loop asks for the next item; node is the For or CompFor
    IMPORT = "import"
    RETURN = "return"
    RAISE = "raise"


class Op(msgspec.Struct, eq=False):
    """One step; `node` is the syntax it comes from."""

    kind: OpKind
    node: cst.CSTNode
    extra: cst.CSTNode | None = None


class Edge(msgspec.Struct, eq=False):
    """A way from one block to the next, taken when `test` (if any) came out as `truth`."""

    target: Block
    test: cst.BaseExpression | None = None
    truth: bool = True
    explicit_raise: bool = False


class Block(msgspec.Struct, eq=False):
    """Operations without a branch between them; `handler` takes over when one of them raises."""

    number: int
    handler: Block | None
    ops: list[Op] = msgspec.field(default_factory=list)
    edges: list[Edge] = msgspec.field(default_factory=list)


class Graph(msgspec.Struct, eq=False):
    """The control flow of one function, lambda, class body or module.

    `returned` is reached by every normal end, `raised` by every exception that leaves the function.
    """

    node: cst.CSTNode
    entry: Block
    returned: Block
    raised: Block
    blocks: list[Block]

    def let_go(self) -> None:
        """Drop every operation; blocks refer to each other in circles."""
        self.node = None  # type: ignore[assignment]
        for block in self.blocks:
            block.ops.clear()
            block.edges.clear()

    def reachable(
        self,
        passable: Callable[[Edge], bool] = lambda _edge: True,
        until: Callable[[Op], bool] = lambda _op: False,
    ) -> Iterator[Op]:
        """Yield the operations that some way from the entry leads to, exceptions included.

        The ways go over passable edges, and end behind an operation that `until` tells.
        """
        seen: set[int] = set()
        pending = [self.entry]
        while pending:
            block = pending.pop()
            if id(block) in seen:
                continue
            seen.add(id(block))
            if block.handler is not None and block.ops:
                pending.append(block.handler)
            for op in block.ops:
                yield op
                if until(op):
                    break
            else:
                pending.extend(edge.target for edge in block.edges if passable(edge))

    def ops(self) -> Iterator[Op]:
        """Yield every operation, block by block; a syntax node may come up more than once."""
        for block in self.blocks:
            yield from block.ops
