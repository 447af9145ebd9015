"""Putting module-level code under `if __name__ == "__main__"`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from conclint.model.module import ModuleModel

_DEFINITIONS = (cst.FunctionDef, cst.ClassDef)


def guarded(module: ModuleModel, node: cst.CSTNode) -> tuple[cst.CSTNode, cst.CSTNode, str] | None:
    """Return the run of module-level statements around `node`, its first and last, and their text under a guard.

    The run ends at definitions and imports. None where the text can't be put in place without losing comments.
    """
    body = list(module.tree.module.body)
    around = {id(node), *(id(outer) for outer in module.tree.ancestors(node))}
    at = next((index for index, statement in enumerate(body) if id(statement) in around), None)
    if at is None or _stays(body[at]):
        return None
    first = last = at
    while first > 0 and not _stays(body[first - 1]):
        first -= 1
    while last + 1 < len(body) and not _stays(body[last + 1]):
        last += 1
    run = body[first : last + 1]
    comment = _last_comment(run[-1])
    if comment is None:
        return None
    head = run[0].with_changes(leading_lines=())
    test = cst.parse_expression('__name__ == "__main__"')
    guard = cst.If(test, cst.IndentedBlock([head, *run[1:]]))
    text = module.tree.module.with_changes(header=(), footer=(), body=[guard]).code.rstrip()
    return run[0], run[-1], text.removesuffix(comment).rstrip()


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


def _last_comment(statement: cst.CSTNode) -> str | None:
    """Return the comment behind the last line of a statement, which lies outside of its span."""
    while not isinstance(statement, cst.SimpleStatementLine):
        if isinstance(statement, cst.IndentedBlock):
            if statement.footer:
                return None
            statement = statement.body[-1]
        elif isinstance(statement, cst.Try):
            parts = (statement.finalbody, statement.orelse, *reversed(statement.handlers))
            statement = next(part for part in parts if part is not None)
        elif getattr(statement, "orelse", None) is not None:
            statement = statement.orelse  # type: ignore[attr-defined]
        elif isinstance(getattr(statement, "body", None), cst.IndentedBlock):
            statement = statement.body  # type: ignore[attr-defined]
        else:
            return None
    comment = statement.trailing_whitespace.comment
    return comment.value if comment is not None else ""
