"""Changing a primitive of threads to its twin for processes, made by whatever makes the processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.draft import Change, Remedy
from conclint.syntax import BindingKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_MODULE_WIDE = (BindingKind.IMPORT, BindingKind.IMPORT_FROM, BindingKind.ASSIGN)


def made_for_processes(module: ModuleModel, site: Site, spawner: cst.Call | None, name: str) -> Remedy | None:
    """Return the change of a creation site to the class `name` of the module or context that `spawner` belongs to.

    None where that is not a name which the creation site can use as well.
    """
    func = spawner.func if spawner is not None else None
    maker = dotted_name(func.value) if isinstance(func, cst.Attribute) else ""
    root = maker.partition(".")[0]
    if not root or site.cls is not None or not (_is_module_wide(module, root) or _is_set_before(module, root, site)):
        return None
    return Remedy(f"use '{maker}.{name}'", (Change(site.call.func, f"{maker}.{name}"),), safe=False)


def _is_module_wide(module: ModuleModel, name: str) -> bool:
    bindings = module.tree.root.bindings.get(name, [])
    return bool(bindings) and all(one.kind in _MODULE_WIDE for one in bindings)


def _is_set_before(module: ModuleModel, name: str, site: Site) -> bool:
    """Tell a local variable that the block of the creation site has set, once, in an earlier line."""
    bindings = site.scope.bindings.get(name, [])
    if len(bindings) != 1 or bindings[0].kind is not BindingKind.ASSIGN or not site.scope.is_callable:
        return False
    lines = [module.tree.enclosing(node, cst.SimpleStatementLine) for node in (bindings[0].node, site.call)]
    blocks = [module.tree.parent(line) if line is not None else None for line in lines]
    if blocks[0] is None or blocks[0] is not blocks[1]:
        return False
    body = list(blocks[0].body)  # type: ignore[attr-defined]
    return body.index(lines[0]) < body.index(lines[1])
