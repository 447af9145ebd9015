"""Objects of other modules' classes that are threads or processes by what is done with them: started, and joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from conclint.model.circumstances import is_conditional
from conclint.model.expecting import is_expected
from conclint.model.flow import straight_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Class, Function
    from conclint.model.module import ModuleModel


class Unstarted(NamedTuple):
    """A method surely joins what the constructor has made, though it calls `start` on a condition only."""

    join: cst.Call
    object: cst.BaseExpression
    start: cst.Call


def joined_unstarted(module: ModuleModel) -> Iterator[Unstarted]:
    """Yield the joins of such objects that some objects of a class come to without a start."""
    for cls in module.classes:
        constructor = cls.methods.get("__init__")
        for name in cls.attributes if constructor is not None else ():
            if not _is_of_foreign_class(module, cls, name):
                continue
            calls = _calls_of(module, name)
            starts = [call for call in calls or () if _word(call) == "start"]
            if len(starts) != 1 or not is_conditional(module, starts[0]) or module.function_at(starts[0]) is not constructor:
                continue
            for call in calls or ():
                function = module.function_at(call)
                if _word(call) == "join" and function is not None and function.cls is cls and function is not constructor:
                    if _is_inevitable(module, function, call) and not is_expected(module, call, "RuntimeError"):
                        assert isinstance(call.func, cst.Attribute)
                        yield Unstarted(call, call.func.value, starts[0])


def _is_of_foreign_class(module: ModuleModel, cls: Class, name: str) -> bool:
    """Tell an attribute that is bound once, by the constructor, to a new object of a class that another module defines."""
    stores = [one for owner in module.resolver.mro(cls) for one in owner.attributes.get(name, ())]
    if len(stores) != 1 or stores[0].value.__class__ is not cst.Call or stores[0].path:
        return False
    function = module.function_of(stores[0].scope)
    made_by = module.foreign.path(stores[0].value.func)
    last = made_by.rpartition(".")[2]
    known = module.knowledge.type(made_by) is not None or module.knowledge.base(made_by) is not None
    return function is not None and function.name == "__init__" and last[:1].isupper() and not last.isupper() and not known


def _calls_of(module: ModuleModel, name: str) -> list[cst.Call] | None:
    """Return the calls of methods of what an attribute holds, None where anything else is done with it."""
    found = []
    for attribute in module.tree.of_kind(cst.Attribute):
        if attribute.attr.value != name:
            continue
        outer = module.tree.parent(attribute)
        call = module.tree.parent(outer) if isinstance(outer, cst.Attribute) and outer.value is attribute else None
        if isinstance(call, cst.Call) and call.func is outer:
            found.append(call)
        elif not isinstance(outer, (cst.AssignTarget, cst.AnnAssign)):
            return None
    return found


def _word(call: cst.Call) -> str:
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else ""


def _is_inevitable(module: ModuleModel, function: Function, call: cst.Call) -> bool:
    graph = module.graph(function)
    return graph is not None and any(op.node is call for op in straight_from(graph.entry))
