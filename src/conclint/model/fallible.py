"""Which operations may raise, as far as the way out of a critical section is concerned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.knowledge.words import Domain, Primitive
from conclint.memo import cached_property
from conclint.model.graph import Op, OpKind
from conclint.model.lock_effects import NO_EFFECT
from conclint.model.values import UNKNOWN, Instance, Items, Value
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.module import ModuleModel

_DEFINING = frozenset({cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.Module})
_QUIET_CALLS = frozenset({"release", "notify", "notify_all", "locked", "append", "appendleft", "is_set", "is_alive", "cancel"})
_QUIET_BUILTINS = frozenset(
    {"len", "isinstance", "print", "id", "bool", "type", "list", "dict", "set", "tuple", "range", "enumerate", "zip"}
    | {"max", "min"}
)
_QUIET_FUNCTIONS = frozenset(
    {
        "threading.current_thread",
        "threading.get_ident",
        "threading.get_native_id",
        "os.getpid",
        *(f"time.{clock}{unit}" for clock in ("time", "monotonic", "perf_counter", "process_time") for unit in ("", "_ns")),
        "time.sleep",
    }
)
_LOGGING = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
_SCHEDULING = frozenset({"call_at", "call_later", "call_soon", "call_soon_threadsafe", "time"})
_FAILS_FOR_NO_ITEM = frozenset({"add", "clear", "copy", "discard", "get", "items", "keys", "setdefault", "values"})
_MADE_WITHOUT_FAIL = (Primitive.LOCK, Primitive.CONDITION, Primitive.EVENT, Primitive.THREAD)


class Fallible:
    """Tells operations of a module that may raise from those that are trusted not to."""

    def __init__(self, model: ModuleModel) -> None:
        self._model = model
        self._known: dict[tuple[OpKind, int], bool] = {}

    def of(self, op: Op) -> bool:
        """Tell whether an operation may raise: calls, subscripts, awaits, imports.

        Attributes are taken to be there: one that is missing would be noticed at once. Releasing a lock, waiting for a
        condition and asking a primitive about itself do not count, nor do logging, setting timers of an event loop, and
        functions that only make, measure or tell the time.
        """
        key = op.kind, id(op.node)
        if key not in self._known:
            self._known[key] = self._is_fallible(op)
        return self._known[key]

    def _is_fallible(self, op: Op) -> bool:
        if op.kind is OpKind.AWAIT and isinstance(op.node, cst.Await) and isinstance(op.node.expression, cst.Call):
            # What is cancelled while it waits for a lock has not got it.
            return not self._takes_or_releases(op.node.expression)
        if op.kind is OpKind.NEXT and isinstance(op.node, (cst.For, cst.CompFor)):
            if isinstance(op.node.iter, cst.Call) and self._model.symbol(op.node.iter.func) == "builtins.range":
                return False
            return not all(isinstance(value, Items) for value in self._model.values(op.node.iter))
        if op.kind in (OpKind.AWAIT, OpKind.YIELD, OpKind.NEXT, OpKind.IMPORT):
            return True
        if op.kind is OpKind.CALL:
            return not self._is_quiet(op.node)
        if op.kind in (OpKind.LOAD, OpKind.DELETE):
            return op.node.__class__ is cst.Subscript and not self._is_asked_about(op.node.value)
        return False

    def _is_quiet(self, node: cst.CSTNode) -> bool:
        assert isinstance(node, cst.Call)
        func = node.func
        if self._takes_or_releases(node):
            return True
        if isinstance(func, cst.Attribute):
            if func.attr.value in _QUIET_CALLS or _is_service(func) or self._asks_container(func) or self._tells_event(func):
                return True
            if func.attr.value == "wait":
                return self._model.locks.lock(func.value) is not None
        elif isinstance(func, cst.Name) and func.value in _QUIET_BUILTINS:
            return self._model.symbol(func) is not None
        return self._model.symbol(func) in _QUIET_FUNCTIONS or all(map(_is_made_without_fail, self._model.values(node)))

    def _asks_container(self, func: cst.Attribute) -> bool:
        """Tell a method of a list, dict or set that fails for no item and no key: `d.get`, `s.add`."""
        values = self._model.values(func.value) if func.attr.value in _FAILS_FOR_NO_ITEM else (UNKNOWN,)
        return all(isinstance(value, Items) for value in values)

    def _tells_event(self, func: cst.Attribute) -> bool:
        """Tell `event.set` and `event.clear`, of what is known to be an event."""
        values = self._model.values(func.value) if func.attr.value in ("set", "clear") else (UNKNOWN,)
        return all(
            isinstance(value, Instance) and value.facts is not None and value.facts.kind is Primitive.EVENT for value in values
        )

    def _takes_or_releases(self, call: cst.Call) -> bool:
        """Tell a call on a lock, and that of a function that is there to take or release one."""
        return self._model.locks.event(Op(OpKind.CALL, call)) is not None or self._model.locks.effect_of_call(call) != NO_EFFECT

    def _is_asked_about(self, container: cst.BaseExpression) -> bool:
        """Tell whether a test of the same function speaks of a container: `if key in d`, `while not q`."""
        function = self._model.function_at(container)
        name = dotted_name(container)
        if function is None or not name:
            return False
        return name in self._tested.get(id(function.node), ())

    @cached_property
    def _tested(self) -> dict[int, set[str]]:
        """What the tests inside of a function, class or module speak of, by `id` of its syntax."""
        found: dict[int, set[str]] = {}
        tests: list[cst.If | cst.While | cst.IfExp] = self._model.nodes(cst.If, cst.While, cst.IfExp)
        for node in tests:
            names = {dotted_name(part) for part in descendants(node.test)}
            for outer in self._model.tree.ancestors(node):
                if outer.__class__ in _DEFINING:
                    found.setdefault(id(outer), set()).update(names)
        return found


def _is_service(func: cst.Attribute) -> bool:
    """Tell what the name says to be a method of a logger or an event loop: `log.info`, `self._loop.call_soon`."""
    of = dotted_name(func.value).rpartition(".")[2].lower()
    return (func.attr.value in _LOGGING and "log" in of) or (func.attr.value in _SCHEDULING and "loop" in of)


def _is_made_without_fail(value: Value) -> bool:
    """Tell whether a value is a new primitive of this process and of no class that the module may add to."""
    if not isinstance(value, Instance) or value.cls is not None or value.facts is None:
        return False
    return value.facts.kind in _MADE_WITHOUT_FAIL and value.facts.domain is Domain.THREAD
