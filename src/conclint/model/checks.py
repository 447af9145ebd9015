"""Tests that are believed later: check-then-act on shared variables, double checks told apart.

Forms (RacerD has none of them; SpotBugs' AT_*, DC_* and LI_* patterns are their Java cousins): `if k not in d: d[k] =`,
`if x is None: x =`, `if q: q.pop()`, and the early exit `if x is not None: return` with a store behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.filling import fills, leans_on
from conclint.model.stakes import stake_of
from conclint.model.words import AccessKind
from conclint.syntax import BindingKind
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from conclint.model.accesses import Access
    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel
    from conclint.model.variables import Variable

_LEAVING = frozenset({cst.Return, cst.Raise, cst.Continue, cst.Break})


def checks(
    module: ModuleModel, function: Function, found: Sequence[Access], leaves_out: Callable[[cst.CSTNode], bool]
) -> Iterator[Access]:
    """Yield a check-then-act for each test of a variable whose innermost guarded act believes it.

    Where only some accesses were `found`, `leaves_out` tells the names and attributes of the others.
    """
    from conclint.model.accesses import Access as Made

    acts = [access for access in found if access.kind.writes]
    if not acts or len(found) == len(acts):
        return
    written = {act.variable for act in acts}
    reads = _Reads(access for access in found if not access.kind.writes)
    claimed: set[int] = set()
    inner: list[tuple[cst.BaseExpression, Variable]] = []
    tests = [test for scope in function.scopes for test in scope.tests]
    for test in reversed(tests):  # inner ones first: they take their acts away from the outer ones
        tested = [one for one in _tested(module, function, reads, test.test, leaves_out) if one.variable in written]
        if not tested:
            continue
        nodes = [node for part in _believing(module, test) for node in descendants(part)]
        region = {id(node) for node in nodes}
        for check in tested:
            again = any(variable == check.variable and id(other) in region for other, variable in inner)
            believing = [
                act
                for act in acts
                if act.variable == check.variable and id(act.node) in region and id(act.node) not in claimed
            ]
            claimed.update(id(act.node) for act in believing)
            if believing or (isinstance(test, cst.If) and _leaves(test.body)):
                inner.append((test.test, check.variable))
            if believing and not again:  # what is tested again further in does not rest on this test
                acting = tuple(part for act in believing for part in act.parts)
                parts = (*check.parts, *acting)
                uses = [one for one in found if one.variable == check.variable and id(one.node) in region]
                stake = stake_of(module, test.test, believing, nodes, uses)
                element, stored = believing[0].element, believing[0].stored if len(believing) == 1 else None
                filling = fills(test, (check.node, *check.parts), believing)
                leaning = filling and leans_on(one for one in found if one.variable == check.variable and one is not check)
                kind = AccessKind.CHECK_THEN_ACT
                yield Made(check.variable, kind, test.test, parts, element, acting, stored, False, stake, filling, leaning)


class _Reads:
    """The reads of shared variables, by `id` of their parts; `lookups` are those that are calls of a container's `get`."""

    def __init__(self, found: Iterable[Access]) -> None:
        self.by_node: dict[int, Access] = {}
        self.lookups: dict[int, Access] = {}
        for access in found:
            for part in (access.node, *access.parts):
                self.by_node.setdefault(id(part), access)
                func = part.func if part.__class__ is cst.Call else None
                if func.__class__ is cst.Attribute and func.attr.value == "get":
                    self.lookups.setdefault(id(part), access)


def _tested(
    module: ModuleModel,
    function: Function,
    reads: _Reads,
    test: cst.BaseExpression,
    leaves_out: Callable[[cst.CSTNode], bool],
) -> list[Access]:
    """Return the reads of shared variables that a test asks about, itself or through a local that was bound to one."""
    parts = descendants(test)
    found = [access for node in parts if (access := reads.by_node.get(id(node))) is not None]
    if found or not reads.lookups:
        return found
    names = [node for node in parts if node.__class__ is cst.Name]
    found = [access for name in names if (access := _looked_up(module, function, reads.lookups, name)) is not None]
    return found if found and not any(map(leaves_out, parts)) else []


def _looked_up(
    module: ModuleModel, function: Function, lookups: dict[int, Access], name: cst.Name
) -> Access | None:
    """Return the read of an element, `x = cache.get(key)`, that a local was bound to when it is tested."""
    owner = function.scope
    bindings = owner.bindings.get(name.value, []) if owner.owner(name.value) is owner else []
    bindings = (module.resolver.reaching(name, owner) or bindings) if len(bindings) > 1 else bindings
    if len(bindings) != 1 or bindings[0].kind is not BindingKind.ASSIGN or bindings[0].path:
        return None
    return lookups.get(id(bindings[0].value))


def _believing(module: ModuleModel, test: cst.If | cst.IfExp) -> Iterator[cst.CSTNode]:
    """Yield the code that runs because of how the test came out: a branch, or what follows a branch that leaves."""
    if isinstance(test, cst.IfExp):
        yield test.body
        yield test.orelse
        return
    yield test.body
    if test.orelse is not None and not isinstance(test.orelse, cst.If):
        yield test.orelse
    if _leaves(test.body):
        parent = module.tree.parent(test)
        body = getattr(parent, "body", None)
        if isinstance(body, (list, tuple)):
            position = next((index for index, statement in enumerate(body) if statement is test), len(body))
            yield from body[position + 1 :]


def _leaves(suite: cst.BaseSuite) -> bool:
    if not suite.body:
        return False
    last: cst.CSTNode = suite.body[-1]
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    return last.__class__ in _LEAVING
