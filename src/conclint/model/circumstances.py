"""Under which circumstances a function comes to a place in its code."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.lowering import caught_names
from conclint.model.memory import once_per_function, once_per_module
from conclint.model.paths import is_outcome
from conclint.model.values import Constant
from conclint.syntax import BindingKind
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel

_DEFINING = frozenset({cst.FunctionDef, cst.Lambda, cst.ClassDef})
_FUNCTIONS = frozenset({cst.FunctionDef, cst.Lambda})
_BRANCHING = frozenset({cst.If, cst.IfExp, cst.While, cst.ExceptHandler, cst.ExceptStarHandler, cst.MatchCase})
_GOING_OVER = frozenset({cst.For, cst.CompFor})
_DECIDING = _DEFINING | _BRANCHING | _GOING_OVER | {cst.IndentedBlock, cst.BooleanOperation}
_LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})
_ASKING = ("main_thread", "_MainThread", "mainthread")
_EXPECTING = frozenset({"ValueError", "RuntimeError", "Exception", "BaseException"})


def is_conditional(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell whether a test, a loop or an exception around `node` decides whether its function comes to it."""
    blocks = _conditional_blocks(module)
    passed: list[int] = []
    found = False
    parents = module.tree.parents  # by hand, for this is asked of each call
    inner, outer = node, parents.get(id(node))
    while outer is not None:
        kind = outer.__class__
        if kind not in _DECIDING:
            pass
        elif kind is cst.IndentedBlock:
            if id(outer) in blocks:
                found = blocks[id(outer)]
                break
            passed.append(id(outer))
        elif kind in _DEFINING:
            break
        elif (
            (kind in _BRANCHING and inner is not getattr(outer, "test", None))
            or (kind in _GOING_OVER and inner is not outer.iter)  # type: ignore[attr-defined]
            or (kind is cst.BooleanOperation and inner is outer.right)  # type: ignore[attr-defined]
        ):
            found = True
            break
        inner, outer = outer, parents.get(id(outer))
    blocks.update(dict.fromkeys(passed, found))
    return found


@once_per_module
def _conditional_blocks(_module: ModuleModel) -> dict[int, bool]:
    """The blocks, by `id`, of which it is known so far whether it depends on a condition to come to them."""
    return {}


def defined_if(module: ModuleModel, function: Function) -> tuple[tuple[str, bool], ...]:
    """Return the conditions, as paths know them, under which a function or method comes to be defined, with their outcomes."""
    found = []
    for inner, outer in module.tree.outwards(function.node):
        if outer.__class__ in _FUNCTIONS:
            break
        if outer.__class__ is cst.If and (inner is outer.body or inner is outer.orelse):
            name, holds = module.conditions.key(outer.test)
            if is_outcome(name):  # of a call, which elsewhere is another one
                name = f"{module.source.path}: {module.code(outer.test)}"
            found.append((name, holds == (inner is outer.body)))
    return tuple(found)


def asks_of_arguments(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell whether it depends on a test of the function's parameters whether the function comes to `node`."""
    function = module.function_at(node)
    parameters = {one.name.value for one in function.parameters} if function is not None else set()
    own = function.receiver_name if function is not None else None
    for inner, outer in module.tree.outwards(node):
        kind = outer.__class__
        tests: list[cst.BaseExpression] = []
        if kind in (cst.If, cst.IfExp, cst.While) and inner is not outer.test:  # type: ignore[attr-defined]
            tests.append(outer.test)  # type: ignore[attr-defined]
        elif kind is cst.BooleanOperation and inner is outer.right:  # type: ignore[attr-defined]
            tests.append(outer.left)  # type: ignore[attr-defined]
        elif kind is cst.IndentedBlock:
            before = itertools.takewhile(lambda one: one is not inner, outer.body)  # type: ignore[attr-defined]  # noqa: B023
            tests += [one.test for one in before if isinstance(one, cst.If) and _leaves(one.body)]
        asked = {part.value for test in tests for part in descendants(test) if isinstance(part, cst.Name)}
        if (asked & parameters) - {own}:
            return True
        if kind in _DEFINING:
            return False
    return False


def _leaves(body: cst.BaseSuite) -> bool:
    last = body.body[-1] if body.body else None
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    return isinstance(last, (cst.Return, cst.Raise, cst.Continue, cst.Break))


def is_switched_off(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell whether `node` stands in a branch that is closed: by a private constant of the module, or `if True:`."""
    for inner, outer in module.tree.outwards(node):
        if outer.__class__ in _DEFINING:
            return False
        if outer.__class__ is cst.If and (inner is outer.body or inner is outer.orelse):
            taken = _constant(module, outer.test)
            if taken is not None and taken is not (inner is outer.body):
                return True
    return False


def _constant(module: ModuleModel, test: cst.BaseExpression) -> bool | None:
    negated = isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not)
    name = test.expression if isinstance(test, cst.UnaryOperation) else test
    if isinstance(name, cst.Name) and name.value in ("True", "False"):
        return (name.value == "True") is not negated
    if not isinstance(name, cst.Name) or not name.value.startswith("_"):
        return None
    values = module.values(name)
    if len(values) != 1 or not isinstance(values[0], Constant) or not isinstance(values[0].value, bool):
        return None
    return values[0].value is not negated


def is_on_this_machine(module: ModuleModel, call: cst.CSTNode) -> bool:
    """Tell a call for a host that is plainly this one: `gethostbyname("localhost")`, also where `if host == "localhost"`."""
    if not isinstance(call, cst.Call) or not call.args:
        return False
    host = call.args[0].value
    if _is_local(host):
        return True
    return isinstance(host, cst.Name) and any(
        isinstance(outer, cst.If)
        and isinstance(outer.test, cst.Comparison)
        and host.deep_equals(outer.test.left)
        and isinstance(outer.test.comparisons[0].operator, cst.Equal)
        and _is_local(outer.test.comparisons[0].comparator)
        for outer in module.tree.ancestors(call)
    )


def _is_local(host: cst.BaseExpression) -> bool:
    return isinstance(host, cst.SimpleString) and host.evaluated_value in _LOCAL


def is_kept_to_main_thread(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell whether the function of `node` asks which thread it is, or expects what happens in another one.

    So does what is only done when something is set that only such functions set: `if self._old_handler is not None`.
    """
    function = module.function_at(node)
    if function is None:
        return False
    return _asks(module, function) or _expects_refusal_here(module, function, node) or _is_left_by_main_thread(module, node)


def _expects_refusal_here(module: ModuleModel, function: Function, node: cst.CSTNode) -> bool:
    """Tell whether a refusal of `node` is expected, or one of the same before: what is taken back has been set there."""
    if expects_refusal(module, node):
        return True
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute) or node.func.attr.value != "signal":
        return False
    name = dotted_name(node.func)
    return bool(name) and any(
        call is not node and dotted_name(call.func) == name and expects_refusal(module, call)
        for call in function.scope.calls
    )


@once_per_function
def _asks(_module: ModuleModel, function: Function) -> bool:
    """Tell a function that asks for the main thread itself, or by way of one that is called so: `is_main_thread()`."""
    if not any(name.endswith(_ASKING) for name in function.named):
        return False
    named = (attribute.attr.value for attribute in function.scope.attributes)
    return any(name.endswith(_ASKING) for names in (named, (name.value for name in function.scope.names)) for name in names)


def _is_left_by_main_thread(module: ModuleModel, node: cst.CSTNode) -> bool:
    for inner, outer in module.tree.outwards(node):
        if outer.__class__ in _DEFINING:
            return False
        if outer.__class__ is cst.If and inner is outer.body:
            if any(_is_set_by_askers(module, part) for part in descendants(outer.test) if part.__class__ is cst.Attribute):
                return True
    return False


def _is_set_by_askers(module: ModuleModel, attribute: cst.Attribute) -> bool:
    """Tell whether an attribute of an object is only set, but to None or False, by functions that ask for the main thread."""
    cls = module.class_of_receiver(attribute.value)
    stores = cls.attributes.get(attribute.attr.value, ()) if cls is not None else ()
    setting = [store for store in stores if store.kind is not BindingKind.DECLARE and not _is_unset(store.value)]
    setters = [module.function_at(store.node) for store in setting]
    return bool(setters) and all(setter is not None and _asks(module, setter) for setter in setters)


def _is_unset(value: cst.CSTNode | None) -> bool:
    return isinstance(value, cst.Name) and value.value in ("None", "False")


def expects_refusal(module: ModuleModel, node: cst.CSTNode) -> bool:
    """Tell whether the code around `node` catches what is raised where it may not be run."""
    for inner, outer in module.tree.outwards(node):
        if outer.__class__ in _DEFINING:
            return False
        if outer.__class__ is cst.Try and inner is outer.body:
            if any(handler.type is None or _EXPECTING & {*caught_names(handler.type)} for handler in outer.handlers):
                return True
    return False
