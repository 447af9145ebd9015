"""Pipes that a process reads to their end while it holds the other end itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive, Where
from conclint.model.escape import Way, fate_of_variable
from conclint.model.lowering import constant_truth
from conclint.model.takes import loop_around, own_calls
from conclint.model.values import LibraryMethod, Symbol
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.definitions import Function
    from conclint.model.events import Handover
    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding

_READS = frozenset({"recv", "recv_bytes", "recv_bytes_into"})
_LEAVES = (cst.Break, cst.Return, cst.Raise)


class OpenEnd(msgspec.Struct, frozen=True):
    """`read` waits for the end of a pipe whose other end, `end`, went to a process at `given` and is still open here."""

    read: cst.Call
    end: str
    pipe: cst.Call
    given: cst.Call


def open_ends(module: ModuleModel) -> Iterator[OpenEnd]:
    """Yield the loops that read a pipe to its end in the function that made it, gave the other end to a process, and
    never closes that end itself.
    """
    for function in module.functions:
        for pipe in own_calls(function):
            ends = _ends(module, pipe)
            for mine, other in (ends, ends[::-1]) if len(ends) == 2 else ():
                given = _only_given(module, other)
                read = _read_to_end(module, function, mine.name) if given is not None else None
                if read is not None and given is not None:
                    yield OpenEnd(read, other.name, pipe, given)


def _ends(module: ModuleModel, call: cst.Call) -> list[Binding]:
    """Return the two variables that get the ends of a pipe: `a, b = Pipe()`."""
    parent = module.tree.parent(call)
    if parent.__class__ is not cst.Assign or not _makes_pipe(module, call):
        return []
    scope = module.tree.scope_of(call)
    bindings = [one for found in scope.bindings.values() for one in found if one.value is call and len(one.path) == 1]
    return sorted(bindings, key=lambda one: one.path)


def _makes_pipe(module: ModuleModel, call: cst.Call) -> bool:
    for value in module.values(call.func):
        name: str | None = value.name if isinstance(value, Symbol) else None
        if isinstance(value, LibraryMethod):
            method = module.knowledge.method(value.receiver.type_name, value.name)
            name = method.makes if method is not None else None
        facts = module.knowledge.type(name) if name is not None else None
        if facts is not None and facts.kind is Primitive.PIPE:
            return True
    return False


def _only_given(module: ModuleModel, end: Binding) -> cst.Call | None:
    """Return the call that gives an end to a process, None if more is done with it: closing it, above all."""
    fate = fate_of_variable(module, end)
    if fate.captured or fate.uses or fate.escapes_but(Way.PASSED):
        return None
    calls = {id(call): call for escape in fate.escapes if (call := module.tree.enclosing(escape.node, cst.Call))}
    processes = [one for one in module.handovers if one.where is Where.PROCESS and id(one.call) in calls]
    return _only_call(processes) if len(calls) == 1 else None


def _only_call(handovers: list[Handover]) -> cst.Call | None:
    return handovers[0].call if handovers else None


def _read_to_end(module: ModuleModel, function: Function, name: str) -> cst.Call | None:
    """Return the read of an endless loop that only the end of the pipe ends."""
    for call in own_calls(function):
        func = call.func
        if not isinstance(func, cst.Attribute) or func.attr.value not in _READS:
            continue
        if not isinstance(func.value, cst.Name) or func.value.value != name:
            continue
        loop = loop_around(module, call)
        if isinstance(loop, cst.While) and constant_truth(loop.test) and _is_ended_by(module, call, loop):
            return call
    return None


def _is_ended_by(module: ModuleModel, read: cst.Call, loop: cst.While) -> bool:
    """Tell whether EOFError ends the loop, and nothing else does."""
    leaving = [part for part in descendants(loop.body) if isinstance(part, _LEAVES)]
    inside = True
    for inner, outer in module.tree.outwards(read):
        if isinstance(outer, cst.Try) and inner is outer.body:
            for handler in outer.handlers:
                if _catches_end(module, handler):
                    own = {id(part) for part in descendants(handler.body)}
                    ends = not inside or any(id(part) in own for part in leaving)
                    return ends and all(id(part) in own for part in leaving)
        inside = inside and outer is not loop
    return False


def _catches_end(module: ModuleModel, handler: cst.ExceptHandler) -> bool:
    caught = handler.type
    parts = [element.value for element in caught.elements] if isinstance(caught, cst.Tuple) else [caught]
    return any(part is not None and module.symbol(part) == "builtins.EOFError" for part in parts)
