"""Objects that are only held weakly: asked for, found, and asked for again as if they had to be there still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.model.catching import is_caught
from conclint.model.graph import OpKind
from conclint.model.paths import NO_FACTS, explore
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conclint.model.definitions import Function
    from conclint.model.graph import Graph, Op
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Facts, State
    from conclint.syntax import Binding

_MAPPINGS = frozenset({"weakref.WeakValueDictionary"})
_REFERENCES = frozenset({"weakref.ref", "weakref.ReferenceType", "weakref.WeakMethod"})
_LAST_NAMES = frozenset(name.rpartition(".")[2] for name in (*_MAPPINGS, *_REFERENCES))
_RAISED = ("KeyError", "LookupError", "AttributeError", "TypeError", "Exception", "BaseException")


class Vanishing(msgspec.Struct, frozen=True):
    """`use` fetches once more, by the same `text`, what `question` has found; `holder` holds it weakly.

    `of_mapping` tells an element of a mapping from the object of one reference.
    """

    question: cst.BaseExpression
    use: cst.BaseExpression
    holder: cst.BaseExpression
    text: str
    of_mapping: bool
    answers: frozenset[tuple[str, bool]]
    """The conditions, as paths know them, one of which holds where the object was there."""


def vanishing(module: ModuleModel) -> Iterator[Vanishing]:
    """Yield where something is fetched from a weak mapping or reference only because it was there a moment ago."""
    names = _names(module)
    for function in module.functions if names else ():
        graph = module.graph(function) if _mentions(function, names) else None
        questions = list(_questions(module, function, graph)) if graph is not None else []
        if graph is not None and questions:
            yield from _trusting(module, function, graph, questions)


def _names(module: ModuleModel) -> frozenset[str]:
    """Return the names of variables and attributes to which something is bound that looks weak; most modules have none."""
    bindings = (one for scope in module.scopes for some in (*scope.bindings.values(), scope.stores) for one in some)
    return frozenset(
        one.name
        for one in bindings
        if one.value.__class__ is cst.Call and dotted_name(one.value.func).rpartition(".")[2] in _LAST_NAMES
    )


def _mentions(function: Function, names: frozenset[str]) -> bool:
    return any(
        any(one.attr.value in names for one in scope.attributes) or any(one.value in names for one in scope.names)
        for scope in function.scopes
    )


def _questions(module: ModuleModel, function: Function, graph: Graph) -> Iterator[Vanishing]:
    """Yield what a function asks of weak mappings and references, with the text of what it asks for as `text`."""
    told: set[int] = set()
    for block in graph.blocks:
        for edge in block.edges:
            test = edge.test
            if test is None or id(test) in told:
                continue
            told.add(id(test))
            name, holds = module.conditions.key(test)
            if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
                operator, right = test.comparisons[0].operator, test.comparisons[0].comparator
                if isinstance(operator, (cst.In, cst.NotIn)) and _is_one_of(module, function, right, _MAPPINGS):
                    there = frozenset({(name, holds == isinstance(operator, cst.In))})
                    text = f"{module.code(right)}[{module.code(test.left)}]"
                    yield Vanishing(test, test, right, text, True, there)
                elif isinstance(operator, (cst.Is, cst.IsNot)) and module.code(right) == "None":
                    if (reference := _reference(module, function, test.left)) is not None:
                        yield Vanishing(test, test, reference, module.code(test.left), False, frozenset({(name, False)}))
            elif (reference := _reference(module, function, test)) is not None:
                yield Vanishing(test, test, reference, module.code(test), False, frozenset({(name, holds)}))


def _reference(module: ModuleModel, function: Function, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """Return the weak reference that an expression follows, if it does no more."""
    if isinstance(node, cst.Call) and not node.args and _is_one_of(module, function, node.func, _REFERENCES):
        return node.func
    return None


def _is_one_of(module: ModuleModel, function: Function, node: cst.BaseExpression, makers: frozenset[str]) -> bool:
    """Tell a variable, not of this call alone, that is bound to what one of `makers` makes, if only sometimes."""
    return any(
        isinstance(binding.value, cst.Call) and module.symbol(binding.value.func) in makers
        for binding in _bindings(module, function, node)
    )


def _bindings(module: ModuleModel, function: Function, node: cst.BaseExpression) -> list[Binding]:
    if isinstance(node, cst.Attribute):
        variable = module.variables.of_attribute(node, function)
    elif isinstance(node, cst.Name):
        variable = module.variables.of_name(node.value, module.tree.scope_of(node))
    else:
        variable = None
    return module.variables.bindings(variable) if variable is not None else []


def _trusting(
    module: ModuleModel, function: Function, graph: Graph, questions: list[Vanishing]
) -> Iterator[Vanishing]:
    asking = {id(part) for question in questions for part in descendants(question.question)}
    found: dict[int, Vanishing] = {}

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        node = op.node
        element = op.kind is OpKind.LOAD and isinstance(node, cst.Subscript)
        if not (element or op.kind is OpKind.CALL) or id(node) in asking or id(node) in found:
            return
        known = frozenset.intersection(*states.values())
        for question in questions:
            if question.of_mapping is element and known & question.answers and module.code(node) == question.text:
                assert isinstance(node, cst.BaseExpression)
                if element or _is_counted_on(module, function, node):
                    found[id(node)] = msgspec.structs.replace(question, use=node)

    explore(graph, None, lambda _op, _state: None, module.conditions, facts=NO_FACTS).visit(see)
    for use in found.values():
        if not is_caught(module, use.use, *_RAISED):
            yield use


def _is_counted_on(module: ModuleModel, function: Function, call: cst.BaseExpression) -> bool:
    """Tell an object that is used, returned or kept without another look whether it is None."""
    parent = module.tree.parent(call)
    if isinstance(parent, (cst.Attribute, cst.Subscript)):
        return True
    if isinstance(parent, cst.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0].target, cst.Name):
        tests = (part for scope in function.scopes for test in scope.tests for part in descendants(test.test))
        name = parent.targets[0].target.value
        return not any(
            isinstance(part, cst.Name) and part.value == name and _may_hold(module, function, part, call) for part in tests
        )
    return isinstance(parent, cst.Return)


def _may_hold(module: ModuleModel, function: Function, name: cst.Name, value: cst.BaseExpression) -> bool:
    reaching = module.resolver.reaching(name, function.scope)
    return reaching is None or any(binding.value is value for binding in reaching)
