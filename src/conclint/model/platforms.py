"""What code does on one platform and not on another: tests of `sys.platform` and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.draft import Change, Remedy
from conclint.model.assuming import Assumption, passable
from conclint.model.values import Constant, Items

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.model.graph import Graph
    from conclint.model.module import ModuleModel

_MACOS = {"sys.platform": "darwin", "os.name": "posix", "platform.system": "Darwin"}


class LeftOut(msgspec.Struct, frozen=True):
    """A call that is never made on macOS, and the tests that see to that, each with its outcome there."""

    call: cst.Call
    tests: tuple[tuple[cst.BaseExpression, bool], ...]


def left_out_on_macos(module: ModuleModel, name: str) -> Iterator[LeftOut]:
    """Yield the calls of a library's function that macOS does not get to, unless it gets to another one in the module."""
    found = []
    for function in module.functions:
        calls = [
            call for scope in function.scopes for call in scope.calls if module.symbol(call.func) == name
        ]
        graph = module.graph(function) if calls else None
        for call in calls:
            tests = _tests_against(module, graph, call) if graph is not None else ()
            if not tests:
                return
            found.append(LeftOut(call, tests))
    yield from found


def _tests_against(
    module: ModuleModel, graph: Graph, call: cst.Call
) -> tuple[tuple[cst.BaseExpression, bool], ...]:
    """Return the tests that keep macOS from a call, those that do it alone where there are such."""
    settled = Assumption(module, _on_macos).settled(graph)
    if not settled or _gets_to(graph, call, settled) or not _gets_to(graph, call, ()):
        return ()
    alone = [each for each in settled if not _gets_to(graph, call, [each])]
    return tuple(alone or settled)


def _gets_to(graph: Graph, call: cst.Call, settled: Sequence[tuple[cst.BaseExpression, bool]]) -> bool:
    """Tell whether some way leads to a call when these tests come out like that."""
    return any(op.node is call for op in graph.reachable(passable(settled)))


def frozen_instead(module: ModuleModel, found: LeftOut) -> Remedy | None:
    """Ask whether the program is frozen, instead of for the platform, where nothing but the call depends on that."""
    if len(found.tests) != 1:
        return None
    ((test, _),) = found.tests
    around = module.tree.parent(test)
    whole = (
        around if isinstance(around, cst.BooleanOperation) and isinstance(around.operator, cst.And) else test
    )
    branch = module.tree.parent(whole)
    if not isinstance(branch, cst.If) or branch.test is not whole or not _only_calls(branch, found.call):
        return None
    if isinstance(whole, cst.BooleanOperation):
        rest = whole.right if whole.left is test else whole.left
        return Remedy("drop the test of the platform", (Change(whole, module.code(rest)),), safe=True)
    asked = test.left if isinstance(test, cst.Comparison) else None
    if not isinstance(asked, cst.Attribute) or module.symbol(asked) != "sys.platform":
        return None
    text = f'getattr({module.code(asked.value)}, "frozen", False)'
    return Remedy("ask whether the program is frozen instead", (Change(test, text),), safe=True)


def _only_calls(branch: cst.If, call: cst.Call) -> bool:
    """Tell a branch that has no other end and does nothing but import and make the call."""
    if branch.orelse is not None:
        return False
    parts: list[cst.CSTNode] = []
    for line in branch.body.body:
        parts.extend(line.body if isinstance(line, cst.SimpleStatementLine) else [line])
    return all(
        isinstance(part, (cst.Import, cst.ImportFrom)) or (isinstance(part, cst.Expr) and part.value is call)
        for part in parts
    )


def _on_macos(module: ModuleModel, test: cst.BaseExpression) -> bool | None:
    """Return how a test of the platform comes out on macOS, None for other tests."""
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        return _compared(module, test.left, test.comparisons[0])
    return _called(module, test) if isinstance(test, cst.Call) else None


def _told(module: ModuleModel, node: cst.BaseExpression) -> str | None:
    """Return what an expression says on macOS: `sys.platform`, `os.name`, `platform.system()`, perhaps in small letters."""
    if isinstance(node, cst.Call) and not node.args:
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "lower":
            told = _told(module, node.func.value)
            return None if told is None else told.lower()
        name = module.symbol(node.func)
        return _MACOS[name] if name == "platform.system" else None
    name = module.symbol(node)
    return _MACOS.get(name) if name is not None and name != "platform.system" else None


def _compared(module: ModuleModel, left: cst.BaseExpression, target: cst.ComparisonTarget) -> bool | None:
    operator, right = target.operator, target.comparator
    told, names = _told(module, left), _strings(module, right)
    if told is None and isinstance(operator, (cst.Equal, cst.NotEqual)):
        told, names = _told(module, right), _strings(module, left)
    if told is None or not names:
        return None
    if isinstance(operator, (cst.Equal, cst.NotEqual)):
        return (told == names[0]) == isinstance(operator, cst.Equal) if len(names) == 1 else None
    if isinstance(operator, (cst.In, cst.NotIn)) and isinstance(right, (cst.Tuple, cst.List, cst.Set)):
        return (told in names) == isinstance(operator, cst.In)
    return None


def _called(module: ModuleModel, call: cst.Call) -> bool | None:
    """Tell `sys.platform.startswith("win")` and `hasattr(sys, "getwindowsversion")`."""
    if isinstance(call.func, cst.Attribute) and call.func.attr.value == "startswith" and len(call.args) == 1:
        told, names = _told(module, call.func.value), _strings(module, call.args[0].value)
        return told.startswith(names) if told is not None and names else None
    if module.symbol(call.func) == "builtins.hasattr" and len(call.args) == 2:
        owner, names = module.symbol(call.args[0].value), _strings(module, call.args[1].value)
        return False if owner == "sys" and names == ("getwindowsversion",) else None
    return None


def _strings(module: ModuleModel, node: cst.BaseExpression) -> tuple[str, ...]:
    """Return the text of a string, or of each string of a display; empty where it is anything else."""
    values = module.values(node)
    if len(values) == 1 and isinstance(values[0], Items):
        values = values[0].every()
    texts = [value.value for value in values if isinstance(value, Constant) and isinstance(value.value, str)]
    return tuple(texts) if len(texts) == len(values) else ()
