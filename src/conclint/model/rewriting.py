"""Text for fixes: where a statement stands, and how it reads one level deeper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.draft import Change, Remedy
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conclint.model.definitions import Function
    from conclint.model.leaks import Leak
    from conclint.model.module import ModuleModel


def indentation(module: ModuleModel, node: cst.CSTNode) -> str:
    """Return the white space at the start of the lines of the block that `node` stands in."""
    default = module.tree.module.default_indent
    blocks = [outer for outer in module.tree.ancestors(node) if isinstance(outer, cst.IndentedBlock)]
    return "".join(default if block.indent is None else block.indent for block in reversed(blocks))


def line_of(module: ModuleModel, call: cst.CSTNode) -> cst.SimpleStatementLine | None:
    """Return the line that consists of this expression alone, None when there is more to it."""
    statement = module.tree.parent(call)
    line = module.tree.parent(statement) if isinstance(statement, cst.Expr) else None
    return line if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None


def variable_of(module: ModuleModel, node: cst.CSTNode) -> str:
    """Return the variable that the value of an expression is assigned to, empty when it is none or several."""
    assign = module.tree.parent(node)
    targets = [each.target for each in assign.targets] if isinstance(assign, cst.Assign) else []
    if isinstance(assign, cst.AnnAssign):
        targets = [assign.target]
    return targets[0].value if len(targets) == 1 and isinstance(targets[0], cst.Name) else ""


def put_first(module: ModuleModel, function: Function, statement: str) -> Change | None:
    """Return the change that makes a function begin with a statement; None where its body begins with a block."""
    body = function.node.body  # type: ignore[attr-defined]
    first = body.body[0] if isinstance(body, cst.IndentedBlock) else None
    if not isinstance(first, cst.SimpleStatementLine):
        return None
    present, margin = first.body[0], indentation(module, first)
    newline = module.tree.module.default_newline
    text = module.code(present.with_changes(semicolon=cst.MaybeSentinel.DEFAULT))
    if not _is_docstring(present):
        return Change(present, f"{statement}{newline}{margin}{text}")
    return Change(present, f"{text}{newline}{margin}{statement}") if len(first.body) == 1 else None


def _is_docstring(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.Expr) and isinstance(
        statement.value, (cst.SimpleString, cst.ConcatenatedString)
    )


def with_instead(module: ModuleModel, leak: Leak) -> Remedy | None:
    """Return the change of `lock.acquire()` ... `lock.release()` to `with lock:`, None where that is not the same."""
    func = leak.acquire.func
    if not isinstance(func, cst.Attribute) or func.attr.value != "acquire":
        return None
    between = _between(module, leak)
    name = dotted_name(func.value)
    text = one_deeper(module, between) if between is not None else None
    if text is None or not name or leak.acquire.args:
        return None
    first, last = line_of(module, leak.acquire), line_of(module, leak.releases[0])
    assert first is not None
    assert last is not None
    if any(line.comment is not None for line in last.leading_lines):
        return None
    header = f"with {name}:{module.code(first.trailing_whitespace)}"
    return Remedy(f"use 'with {name}:'", (Change(first, header + text, last),), safe=True)


def one_deeper(module: ModuleModel, statements: Sequence[cst.CSTNode]) -> str | None:
    """Return the text of statements of one block, indented by one more level; None where a string goes over several lines."""
    if not statements or _spans_lines(statements):
        return None
    outer = indentation(module, statements[0])
    inner = outer + module.tree.module.default_indent
    body = "".join(module.code(statement) for statement in statements).splitlines(keepends=True)
    return "".join(line if not line.strip() else inner + line for line in body).rstrip("\r\n")


def last_comment(statement: cst.CSTNode) -> str | None:
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


def put_under(module: ModuleModel, line: cst.SimpleStatementLine, lock: str, *, awaits: bool = False) -> Remedy | None:
    """Return the change that puts a line under `with lock:`, None where a comment would be torn from it."""
    code = "".join(module.code(statement) for statement in line.body)
    if line.leading_lines and any(each.comment is not None for each in line.leading_lines):
        return None
    header = f"{'async ' if awaits else ''}with {lock}:"
    inner = indentation(module, line) + module.tree.module.default_indent
    change = Change(line.body[0], f"{header}\n{inner}{code}", line.body[-1])
    return Remedy(f"use '{header}'", (change,), safe=True)


def _between(module: ModuleModel, leak: Leak) -> list[cst.CSTNode] | None:
    """Return the statements between the acquire and its one release when both stand in the same block."""
    first = line_of(module, leak.acquire)
    last = line_of(module, leak.releases[0]) if len(leak.releases) == 1 else None
    if first is None or last is None:
        return None
    block = module.tree.parent(first)
    if block is None or block is not module.tree.parent(last):
        return None
    body = list(block.body)  # type: ignore[attr-defined]
    between = body[body.index(first) + 1 : body.index(last)]
    assert isinstance(leak.acquire.func, cst.Attribute)
    name = _last(leak.acquire.func.value)
    for statement in between:
        for node in descendants(statement):
            if isinstance(node, cst.AssignTarget) and _last(node.target) == name:
                return None
            if isinstance(node, cst.Attribute) and node.attr.value in ("acquire", "release"):
                return None
    return between or None


def _last(node: cst.BaseExpression) -> str:
    return dotted_name(node).rpartition(".")[2]


def _spans_lines(statements: Sequence[cst.CSTNode]) -> bool:
    """Tell whether a string goes over several lines, whose text would be indented with the code."""
    for statement in statements:
        for node in (statement, *descendants(statement)):
            if isinstance(node, (cst.SimpleString, cst.FormattedString)) and _has_line_break(node):
                return True
    return False


def _has_line_break(node: cst.SimpleString | cst.FormattedString) -> bool:
    if isinstance(node, cst.SimpleString):
        return "\n" in node.value or "\r" in node.value
    return len(node.start) > 2
