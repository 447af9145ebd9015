"""Putting module-level code under `if __name__ == "__main__"`."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.paths import MAIN_GUARD
from conclint.model.rewriting import last_comment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conclint.model.module import ModuleModel

_DEFINITIONS = (cst.FunctionDef, cst.ClassDef)


def guarded(module: ModuleModel, node: cst.CSTNode) -> tuple[tuple[cst.CSTNode, cst.CSTNode, str], ...]:
    """Return the runs of module-level statements to put under a guard: each one's first, last and guarded text.

    These are the run around `node`, which ends at definitions and imports, and the later runs, which may build
    on it, unless they only assign or are guarded. Empty where a text can't be put in place without losing comments.
    """
    body = list(module.tree.module.body)
    around = {id(node), *(id(outer) for outer in module.tree.ancestors(node))}
    at = next((index for index, statement in enumerate(body) if id(statement) in around), None)
    if at is None or _stays(body[at]):
        return ()
    while at > 0 and not _stays(body[at - 1]):
        at -= 1
    found: list[tuple[cst.CSTNode, cst.CSTNode, str]] = []
    for stays, group in itertools.groupby(body[at:], _stays):
        run = list(group)
        if stays or (found and all(_is_harmless(module, statement) for statement in run)):
            continue
        comment = last_comment(run[-1])
        if comment is None:
            return ()
        found.append((run[0], run[-1], _under_guard(module, run).removesuffix(comment).rstrip()))
    return tuple(found)


def _under_guard(
    module: ModuleModel, run: Sequence[cst.SimpleStatementLine | cst.BaseCompoundStatement]
) -> str:
    head = run[0].with_changes(leading_lines=())
    guard = cst.If(cst.parse_expression('__name__ == "__main__"'), cst.IndentedBlock([head, *run[1:]]))
    return module.tree.module.with_changes(header=(), footer=(), body=[guard]).code.rstrip()


def _is_harmless(module: ModuleModel, statement: cst.CSTNode) -> bool:
    """Tell statements that may stay for an import: assignments, and what stands under a guard already."""
    if isinstance(statement, cst.If):
        return module.conditions.key(statement.test)[0] == MAIN_GUARD
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(small, (cst.Assign, cst.AnnAssign, cst.Pass)) for small in statement.body
    )


def _stays(statement: cst.CSTNode) -> bool:
    if isinstance(statement, _DEFINITIONS):
        return True
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    small = statement.body[0]
    docstring = isinstance(small, cst.Expr) and isinstance(
        small.value, (cst.SimpleString, cst.ConcatenatedString)
    )
    return docstring or isinstance(small, (cst.Import, cst.ImportFrom))
