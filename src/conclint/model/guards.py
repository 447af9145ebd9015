"""Which lock is declared to guard a variable, and which a caller must hold (see `conclint.contracts`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class, Function
    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding

_COMMENT = re.compile(r"#.*?\bguarded[ _-]by\s*[:=]?\s*(?:self\.|cls\.)?(\w+)", re.IGNORECASE)
_REQUIRES = re.compile(r"^\s*Requires:\s*\w", re.MULTILINE)


def declared_guards(module: ModuleModel) -> dict[str, str]:
    """Return the keys of variables, as `Variable.key` spells them, with the keys of the locks declared to guard them."""
    text = module.source.text
    if "uarded" not in text:
        return {}
    found: dict[str, str] = {}
    for cls in module.classes:
        for name, bindings in cls.attributes.items():
            for lock in _declared(module, bindings):
                found[f"{cls.qualified_name}.{name}"] = _lock_of(module, cls, lock)
    for name, bindings in module.tree.root.bindings.items():
        for lock in _declared(module, bindings):
            found[f":{name}"] = f"global {lock}"
    return found


def _declared(module: ModuleModel, bindings: list[Binding]) -> Iterator[str]:
    for binding in bindings:
        if binding.annotation is not None and (named := _annotated(binding.annotation)):
            yield named
        statement = module.statement_of(binding.node)
        line = module.tree.parent(statement) if statement is not None else None
        if isinstance(line, cst.SimpleStatementLine) and line.trailing_whitespace.comment is not None:
            match = _COMMENT.match(line.trailing_whitespace.comment.value)
            if match is not None:
                yield match[1]


def _annotated(annotation: cst.BaseExpression) -> str:
    """Return the lock of `Annotated[..., GuardedBy("_lock")]`, empty for any other annotation."""
    if not isinstance(annotation, cst.Subscript):
        return ""
    for element in annotation.slice:
        part = element.slice.value if isinstance(element.slice, cst.Index) else None
        if isinstance(part, cst.Call) and dotted_name(part.func).rpartition(".")[2] == "GuardedBy" and part.args:
            given = part.args[0].value
            if isinstance(given, cst.SimpleString):
                return str(given.evaluated_value).removeprefix("self.")
    return ""


def _lock_of(module: ModuleModel, cls: Class, name: str) -> str:
    for owner in module.resolver.mro(cls):
        if name in owner.attributes:
            return f"{owner.qualified_name}.{name}"
    return f"global {name}" if name in module.tree.root.bindings else f"{cls.qualified_name}.{name}"


def declares_locks(module: ModuleModel, function: Function) -> bool:
    """Tell whether a function declares, and does not merely hint, that its callers hold a lock."""
    if function.node.__class__ is not cst.FunctionDef:
        return False
    if function.has_decorator("requires"):
        return True
    text = function.node.get_docstring() if module.says("Requires:") else None
    return text is not None and _REQUIRES.search(text) is not None
