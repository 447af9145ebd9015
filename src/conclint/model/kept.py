"""What becomes of what objects keep in their private attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.escape import Way, fate_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.escape import Escape, Fate
    from conclint.model.module import ModuleModel


def private_attribute(module: ModuleModel, node: cst.CSTNode) -> cst.Attribute | None:
    """Return the attribute `self._name` that `node` is, None for any other expression."""
    if not isinstance(node, cst.Attribute) or not isinstance(node.value, cst.Name):
        return None
    function = module.function_at(node)
    if function is None or node.value.value != function.receiver_name or not node.attr.value.startswith("_"):
        return None
    return node


def keeper(module: ModuleModel, escape: Escape) -> cst.Attribute | None:
    """Return the private attribute that an object is assigned to, or put into the container in; None: it is another way."""
    if escape.way is not Way.STORED:
        return None
    parent = module.tree.parent(escape.node)
    if isinstance(parent, cst.Arg):
        call = module.tree.parent(parent)
        container = call.func.value if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute) else None
        return private_attribute(module, container) if container is not None else None
    targets = [each.target for each in parent.targets] if isinstance(parent, cst.Assign) else []
    if isinstance(parent, cst.AnnAssign):
        targets = [parent.target]
    for target in targets:
        place = target.value if isinstance(target, cst.Subscript) else target
        if (attribute := private_attribute(module, place)) is not None:
            return attribute
    return None


def fates_of_attribute(module: ModuleModel, name: str) -> Iterator[Fate]:
    """Yield what becomes of the value of each attribute of this name that is read, whatever object it is of."""
    for scope in module.scopes:
        for attribute in scope.attributes:
            if attribute.attr.value == name and not isinstance(module.tree.parent(attribute), cst.AssignTarget):
                yield fate_of(module, attribute)
