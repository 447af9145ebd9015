"""A rule that is easy to see through, for tests of the harness."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from conclint.draft import Change, Remedy, Report
from conclint.model import ModuleModel
from conclint.rule import ModuleRule


class Toy(ModuleRule):
    """A function is called by the name that the toy rule wants to see no more.

    ## Why
    Because.

    ## How to fix
    Call it by the other name.

    ## What is missed
    Nothing.

    ## Fix safety
    Safe.
    """

    code = "ABC101"
    name = "old-name"
    message = "'{name}' is the old name"
    becomes = "new"

    def check(self, module: ModuleModel) -> Iterator[Report]:
        for node in calls_of(module, "old"):
            change = Change(node, self.becomes)
            yield Report(
                node, self.message.format(name="old"), remedy=Remedy("use the new name", (change,), safe=True)
            )


def calls_of(module: ModuleModel, name: str) -> Iterator[cst.Name]:
    """Yield the name in each call of a function by this name."""
    nodes: list[cst.CSTNode] = [module.tree.module]
    while nodes:
        node = nodes.pop()
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == name:
            yield node.func
        nodes.extend(reversed(node.children))
