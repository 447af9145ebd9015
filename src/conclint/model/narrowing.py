"""What tests tell of a variable or attribute where they have come out one way: `is not None`, `isinstance`, truth.

A test counts in the branch that it guards, behind the operator that it comes first in, and after a branch that leaves the
block. What is stored to the variable in between ends that; what calls may do to an attribute does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import libcst as cst
import msgspec

from conclint.memo import cached_property
from conclint.model.values import NONE, UNKNOWN, Constant, Instance
from conclint.syntax.children import is_a, last_inside
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.resolve import Resolver
    from conclint.model.values import Value, Values
    from conclint.syntax import Scope

# What a test says of a path: it is (True) or is not (False) None, true, or of the classes that an expression names.
Told: TypeAlias = "tuple[str, str, bool, cst.BaseExpression | None]"

_NONE, _TRUE, _CLASS = "none", "true", "class"
_LOOPS = frozenset({cst.For, cst.While, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp})
_LEAVING = frozenset({cst.Return, cst.Raise, cst.Continue, cst.Break})
_BLOCKS = (cst.IndentedBlock, cst.Module)


class _Region(msgspec.Struct, frozen=True):
    """Code of `scope` in which a test is known to have come out so: the nodes from `first` to `last`, by position."""

    fact: Told
    first: int
    last: int
    scope: Scope
    test: cst.CSTNode

    def covers(self, at: int, scope: Scope) -> bool:
        """Tell whether a node at a position belongs to it."""
        return self.first <= at <= self.last and self.scope is scope


class Narrowing:
    """Narrows the values of the expressions of one module."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._tree = resolver.tree
        self._regions_of: dict[str, list[_Region]] = {}
        self._stores_of: dict[str, list[tuple[int, cst.CSTNode]]] = {}

    def may_narrow(self, name: str, found: Values) -> bool:
        """Tell whether a test may say anything of a variable or attribute, by its name and all the values it may have."""
        if len(found) == 1:
            return found[0] is UNKNOWN and name in self._made_known
        return name in self._tested_names

    def narrowed(self, node: cst.Name | cst.Attribute, found: Values) -> Values:
        """Return those of some values that a variable or attribute may have at `node`."""
        name: str = node.attr.value if node.__class__ is cst.Attribute else node.value  # type: ignore[assignment]
        if not self.may_narrow(name, found) or not (path := dotted_name(node)) or path not in self._told:
            return found
        at = self._tree.positions.get(id(node), -1)
        scope = self._tree.scope_of(node).execution
        for region in self._regions(path):
            if region.covers(at, scope) and not self._is_stored(path, region, node, at):
                found = self._kept(region.fact, found) or found
        return found

    def test_of(self, node: cst.Name | cst.Attribute) -> cst.CSTNode | None:
        """Return the test, assertions aside, by which the code knows at `node` that a variable or attribute is not None."""
        path = dotted_name(node)
        at = self._tree.positions.get(id(node), -1)
        scope = self._tree.scope_of(node).execution
        for region in reversed(self._regions(path) if path in self._told else []):
            _, kind, holds, _ = region.fact
            if kind != _CLASS and holds is (kind == _TRUE) and region.covers(at, scope):
                if not isinstance(self._tree.parent(region.test), cst.Assert) and not self._is_stored(path, region, node, at):
                    return region.test
        return None

    def class_at(self, node: cst.Name | cst.Attribute) -> cst.BaseExpression | None:
        """Return the class that a variable or attribute has at `node`, as `isinstance` has found, as it is written there."""
        path = dotted_name(node)
        at = self._tree.positions.get(id(node), -1)
        scope = self._tree.scope_of(node).execution
        for region in reversed(self._regions(path) if path in self._told else []):
            _, kind, holds, classes = region.fact
            if kind == _CLASS and holds and region.covers(at, scope) and not self._is_stored(path, region, node, at):
                return classes
        return None

    # where tests count

    @cached_property
    def _tested_names(self) -> frozenset[str]:
        return frozenset(path.rpartition(".")[2] for path in self._told)

    @cached_property
    def _made_known(self) -> frozenset[str]:
        """The last names of the paths that some test tells to be None or of a class, whatever they may be elsewhere."""
        return frozenset(
            path.rpartition(".")[2]
            for path, told_of in self._told.items()
            if any(holds and kind != _TRUE for (_, kind, holds, _), *_ in told_of)
        )

    def _regions(self, path: str) -> list[_Region]:
        """Return the code in which something is known of a path, outer parts first."""
        if path not in self._regions_of:
            positions, scope_of = self._tree.positions, self._tree.scope_of
            found = [
                _Region(fact, positions[id(first)], self._last(last), scope_of(test).execution, test)
                for fact, first, last, test in self._told[path]
            ]
            self._regions_of[path] = sorted(found, key=lambda region: region.first)
        return self._regions_of[path]

    @cached_property
    def _told(self) -> dict[str, list[tuple[Told, cst.CSTNode, cst.CSTNode, cst.CSTNode]]]:
        """What is known of each path, the first and last node of the code where it is, and the test that tells it."""
        found: dict[str, list[tuple[Told, cst.CSTNode, cst.CSTNode, cst.CSTNode]]] = {}
        for construct, test in self._tests():
            for fact, first, last in self._told_by(construct):
                found.setdefault(fact[0], []).append((fact, first, last, test))
        return found

    def _tests(self) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
        of_kind = self._tree.of_kind
        for branch in of_kind(cst.If):
            yield branch, branch.test
        for loop in of_kind(cst.While):
            yield loop, loop.test
        for choice in of_kind(cst.IfExp):
            yield choice, choice.test
        for statement in of_kind(cst.Assert):
            yield statement, statement.test
        for condition in of_kind(cst.CompIf):
            yield condition, condition.test
        for operation in of_kind(cst.BooleanOperation):
            yield operation, operation.left

    def _told_by(self, construct: cst.CSTNode) -> Iterator[tuple[Told, cst.CSTNode, cst.CSTNode]]:
        """Yield what a construct with a test tells, with the first and last node of the code where that holds."""
        if construct.__class__ is cst.If or construct.__class__ is cst.While or construct.__class__ is cst.IfExp:
            for branch, truth in ((construct.body, True), (construct.orelse, False)):
                if branch is not None:
                    for fact in told(construct.test, truth=truth):
                        yield fact, branch, branch
        elif isinstance(construct, cst.BooleanOperation):
            for fact in told(construct.left, truth=isinstance(construct.operator, cst.And)):
                yield fact, construct.right, construct.right
        elif isinstance(construct, cst.CompIf):
            for fact in told(construct.test, truth=True):
                if (result := self._result(construct)) is not None:
                    yield fact, *result
        yield from self._told_behind(construct)

    def _result(self, condition: cst.CompIf) -> tuple[cst.CSTNode, cst.CSTNode] | None:
        """Return what a comprehension evaluates for the items that pass its condition."""
        comprehension = self._tree.enclosing(condition, (cst.BaseSimpleComp, cst.DictComp))
        if isinstance(comprehension, cst.DictComp):
            return comprehension.key, comprehension.value
        return (comprehension.elt, comprehension.elt) if isinstance(comprehension, cst.BaseSimpleComp) else None

    def _told_behind(self, construct: cst.CSTNode) -> Iterator[tuple[Told, cst.CSTNode, cst.CSTNode]]:
        """Yield what is known behind an assertion, or a branch that leaves the block or mends what was missing."""
        statement = self._tree.parent(construct) if construct.__class__ is cst.Assert else construct
        block = self._tree.parent(statement) if is_a(statement, (cst.SimpleStatementLine, cst.If)) else None
        if not isinstance(block, _BLOCKS):
            return
        facts: list[Told] = []
        if construct.__class__ is cst.Assert:
            facts += told(construct.test, truth=True)
        elif isinstance(construct, cst.If):
            if _leaves(construct.body):
                facts += told(construct.test, truth=False)
            elif construct.orelse.__class__ is cst.Else and _leaves(construct.orelse.body):
                facts += told(construct.test, truth=True)
            elif construct.orelse is None:
                facts += self._mended(construct)
        rest = list(block.body)
        rest = rest[next(index for index, line in enumerate(rest) if line is statement) + 1 :] if facts else []
        if rest:
            yield from ((fact, rest[0], rest[-1]) for fact in facts)

    def _mended(self, branch: cst.If) -> Iterator[Told]:
        """Yield what is there behind `if x is None: x = ...`, whichever way it went."""
        for path, kind, holds, _ in told(branch.test, truth=False):
            if kind in (_NONE, _TRUE) and holds is (kind == _TRUE) and _gives(branch.body, path):
                yield path, _NONE, False, None

    def _is_stored(self, path: str, region: _Region, node: cst.CSTNode, at: int) -> bool:
        """Tell whether some code binds the path anew before it comes to `node`."""
        return any(
            region.first <= place <= region.last and (place < at or self._share_loop(store, node, region.first))
            for place, store in self._stores_to(path)
            if store is not node
        )

    def _share_loop(self, store: cst.CSTNode, node: cst.CSTNode, first: int) -> bool:
        """Tell whether a loop inside the code goes from `node` on to `store` and comes back."""
        loops = {id(outer) for outer in self._tree.ancestors(store) if outer.__class__ in _LOOPS}
        return any(
            id(outer) in loops and self._tree.positions.get(id(outer), 0) >= first for outer in self._tree.ancestors(node)
        )

    def _last(self, node: cst.CSTNode) -> int:
        """Return the position of the last node inside."""
        return self._tree.positions[id(last_inside(node))]

    def _stores_to(self, path: str) -> list[tuple[int, cst.CSTNode]]:
        """Return what binds a path, or what it hangs on, with the positions."""
        if path not in self._stores_of:
            parts = path.split(".")
            names = (".".join(parts[: count + 1]) for count in range(len(parts)))
            stores = (store for name in names for store in self._stores.get(name, ()))
            positions = self._tree.positions
            self._stores_of[path] = [(positions[id(store)], store) for store in stores if id(store) in positions]
        return self._stores_of[path]

    @cached_property
    def _stores(self) -> dict[str, list[cst.CSTNode]]:
        found: dict[str, list[cst.CSTNode]] = {}
        for scope in self._tree.root.walk():
            for bindings in (scope.stores, *scope.bindings.values()):
                for binding in bindings:
                    found.setdefault(dotted_name(binding.node) or binding.name, []).append(binding.node)
        return found

    # what they leave

    def _kept(self, fact: Told, found: Values) -> Values:
        _, kind, holds, classes = fact
        if kind == _NONE:
            return (NONE,) if holds and (NONE in found or UNKNOWN in found) else _without_none(found, drop=not holds)
        if kind == _TRUE:
            return tuple(value for value in found if truth_of(value) in (None, holds))
        assert classes is not None
        wanted = self._instances(classes)
        if not holds:
            return tuple(value for value in found if not any(self._is_a(value, one) for one in wanted))
        if UNKNOWN in wanted:
            return tuple(value for value in found if value != NONE)
        kept = tuple(value for value in found if any(self._is_a(value, one) for one in wanted))
        rest = wanted if UNKNOWN in found else ()
        return kept + tuple(one for one in rest if not any(self._is_a(value, one) for value in kept) and not kept)

    def _instances(self, classes: cst.BaseExpression) -> Values:
        if isinstance(classes, cst.Tuple):
            return tuple(value for element in classes.elements for value in self._instances(element.value))
        return self._resolver.annotations.values(classes)

    def _is_a(self, value: Value, wanted: Value) -> bool:
        if not isinstance(value, Instance) or not isinstance(wanted, Instance):
            return False
        if wanted.cls is not None:
            return value.cls is not None and wanted.cls in self._resolver.mro(value.cls)
        lineage = self._resolver.knowledge.lineage(value.type_name)
        return value.type_name == wanted.type_name or (wanted.facts is not None and wanted.facts in lineage)


def _without_none(found: Values, *, drop: bool) -> Values:
    return tuple(value for value in found if value != NONE) if drop else found


def truth_of(value: Value) -> bool | None:
    """Return the truth of a value, None when it may be either: of what may have a length or truth of its own."""
    if isinstance(value, Constant):
        return bool(value.value)
    return True if isinstance(value, Instance) and value.facts is not None and value.cls is None else None


def told(test: cst.CSTNode, *, truth: bool) -> Iterator[Told]:
    """Yield what a test tells when it comes out as `truth`."""
    kind = test.__class__  # libcst's classes are abstract, and isinstance() is slow to say no to them
    if kind is cst.Comparison:
        assert isinstance(test, cst.Comparison)
        if len(test.comparisons) == 1:
            yield from _compared(test, truth=truth)
    elif kind is cst.UnaryOperation:
        assert isinstance(test, cst.UnaryOperation)
        if test.operator.__class__ is cst.Not:
            yield from told(test.expression, truth=not truth)
    elif kind is cst.BooleanOperation:
        assert isinstance(test, cst.BooleanOperation)
        if (test.operator.__class__ is cst.And) is truth:
            yield from told(test.left, truth=truth)
            yield from told(test.right, truth=truth)
    elif kind is cst.NamedExpr:
        assert isinstance(test, cst.NamedExpr)
        yield from told(test.target, truth=truth)
    elif kind is cst.Call:
        assert isinstance(test, cst.Call)
        if dotted_name(test.func) == "isinstance" and len(test.args) == 2 and (path := dotted_name(test.args[0].value)):
            yield path, _CLASS, truth, test.args[1].value
    elif kind in (cst.Name, cst.Attribute) and (path := dotted_name(test)):
        yield path, _TRUE, truth, None


def _compared(test: cst.Comparison, *, truth: bool) -> Iterator[Told]:
    left, operator, right = test.left, test.comparisons[0].operator, test.comparisons[0].comparator
    if left.__class__ is cst.Name and left.value == "None":
        left, right = right, left
    if right.__class__ is not cst.Name or right.value != "None":
        return
    left = left.target if left.__class__ is cst.NamedExpr else left
    path = dotted_name(left)
    if path and is_a(operator, (cst.Is, cst.Equal, cst.IsNot, cst.NotEqual)):
        yield path, _NONE, is_a(operator, (cst.Is, cst.Equal)) is truth, None


def _leaves(body: cst.BaseSuite) -> bool:
    last = body.body[-1] if body.body else None
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    return last.__class__ in _LEAVING


def _gives(body: cst.BaseSuite, path: str) -> bool:
    """Tell whether a block binds a path to something other than None."""
    lines = (line.body for line in body.body if isinstance(line, cst.SimpleStatementLine))
    given = [
        part.value
        for line in lines
        for part in line
        if isinstance(part, cst.Assign) and any(dotted_name(target.target) == path for target in part.targets)
    ]
    return bool(given) and dotted_name(given[-1]) != "None"
