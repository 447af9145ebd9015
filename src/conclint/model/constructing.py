"""Whether the objects of a class are set up by the library's class that they derive from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.graph import Op, OpKind
from conclint.model.paths import explore
from conclint.model.values import UNKNOWN, ClassValue, FunctionValue, Super, Symbol
from conclint.syntax import BindingKind
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from conclint.model.definitions import Class, Function
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Exploration, Facts, State
    from conclint.model.values import Value, Values

# What the constructors call that these decorators write (dataclasses; attrs, "Initialization").
_GENERATED = {
    **dict.fromkeys(("dataclasses.dataclass",), ("__post_init__",)),
    **dict.fromkeys(
        ("attr.s", "attr.attrs", "attr.dataclass", "attr.define", "attr.frozen", "attr.mutable")
        + ("attrs.define", "attrs.frozen", "attrs.mutable"),
        ("__attrs_pre_init__", "__attrs_post_init__"),
    ),
}
_HARMLESS = frozenset({"typing.final", "functools.total_ordering"})
_OBJECT_INIT = "builtins.object.__init__"
_ENOUGH_TO_STAND_IN = 4


class Unprepared(msgspec.Struct, frozen=True):
    """A class whose objects the constructor of the library's class never sees, always or on some path.

    `owner` is the class of the module whose constructor it has, `init` that constructor when it is its own; `returns` are
    ways out that leave the object so. `raises` is what `start()` comes to. `is_plain` tells that `super().__init__()` is
    all that is missing.
    """

    cls: Class
    owner: Class
    init: Function | None
    base: str
    raises: str
    always: bool
    returns: tuple[cst.CSTNode, ...]
    is_plain: bool


class EarlyUse(msgspec.Struct, frozen=True):
    """An attribute of the library's class is used before its constructor has run."""

    cls: Class
    base: str
    node: cst.Attribute
    raises: str
    is_store: bool


def unprepared(module: ModuleModel) -> Iterator[Unprepared]:
    """Yield the thread and process classes whose objects can't be started: nobody calls the base's `__init__`."""
    told: list[Class] = []
    for construction in _constructions(module):
        found = construction.unprepared()
        if found is None:
            continue
        told.append(found.cls)
        if found.owner not in told[:-1]:
            yield found


def early_uses(module: ModuleModel) -> Iterator[EarlyUse]:
    """Yield the uses of what a thread or process has only once the base's `__init__` has run."""
    for construction in _constructions(module):
        yield from construction.early_uses()


def stored_early(module: ModuleModel, cls: Class) -> Iterator[cst.Attribute]:
    """Yield the attributes that a constructor stores to before that of the library's class has run."""
    for construction in _constructions(module, [cls]):
        yield from (node for node, is_store in construction.early_accesses() if is_store)


def stands_in(module: ModuleModel, cls: Class, base: str) -> bool:
    """Tell a class that keeps by itself so much of what the library's class keeps that it is written to stand in for that."""
    own = [
        name for name in module.knowledge.reserved(base) if name in cls.attributes and name.startswith("_")
    ]
    return len(own) >= _ENOUGH_TO_STAND_IN and "_started" in own


def _constructions(module: ModuleModel, classes: Iterable[Class] | None = None) -> Iterator[_Construction]:
    for cls in module.classes if classes is None else classes:
        base = module.resolver.library_base(cls)
        if base is None or base[1].kind not in (Primitive.THREAD, Primitive.PROCESS, Primitive.TIMER):
            continue
        if stands_in(module, cls, base[0]):
            continue
        start = module.knowledge.reserved(base[0]).get("start")
        if start is not None and start.early_use is not None:
            yield _Construction(module, cls, base[0], base[1].kind, start.early_use)


class _Construction:
    """The making of an object of one class. What is called is looked up in the order of that class."""

    def __init__(self, module: ModuleModel, cls: Class, base: str, kind: Primitive, raises: str) -> None:
        self._module = module
        self._cls = cls
        self._base = base
        self._kind = kind
        self._raises = raises
        self._lineage = module.resolver.hierarchy.lineage(cls)
        self._ends: dict[int, frozenset[State]] = {}

    def unprepared(self) -> Unprepared | None:
        owner = next((cls for cls in self._own_classes() if self._makes_constructor(cls)), None)
        if owner is None or self._is_beyond_us():
            return None
        init = self._only_method(owner, "__init__")
        ends = self._ends_of(init) if init is not None else frozenset([self._prepares(self._lineage, "__init__")])
        if not ends or ends == {True}:
            return None
        own = init if owner is self._cls else None
        behind = self._lineage[1:2]
        plain = own is not None and behind == (Symbol(self._base),) and self._kind is not Primitive.TIMER
        returns = tuple(self._early_returns(init)) if init is not None and True in ends else ()
        return Unprepared(self._cls, owner, own, self._base, self._raises, True not in ends, returns, plain)

    def early_uses(self) -> Iterator[EarlyUse]:
        for node, is_store in self.early_accesses():
            raises = self._raised_by(node.attr.value, is_store=is_store)
            if raises is not None:
                yield EarlyUse(self._cls, self._base, node, raises, is_store)

    def early_accesses(self) -> Iterator[tuple[cst.Attribute, bool]]:
        """Yield the attributes of the object that are loaded, or stored to (True), before it is set up."""
        init = self._only_method(self._cls, "__init__")
        if init is None or self._is_beyond_us() or self._ends_of(init) != {True}:
            return
        for op in self._before(init):
            node = op.node
            if op.kind in (OpKind.LOAD, OpKind.STORE) and isinstance(node, cst.Attribute):
                if dotted_name(node.value) == init.receiver_name:
                    yield node, op.kind is OpKind.STORE

    def _own_classes(self) -> Iterator[Class]:
        """Yield the classes of this module that come before the library's."""
        for entry in self._lineage:
            if not isinstance(entry, ClassValue):
                return
            yield entry.cls

    def _is_beyond_us(self) -> bool:
        """Tell whether something that is not looked into may set the objects up, or starts them in another way."""
        return any(
            not {"__new__", "start"}.isdisjoint(cls.scope.bindings)
            or any(name not in _GENERATED and name not in _HARMLESS for name in self._decorators(cls))
            for cls in self._module.resolver.mro(self._cls)
        )

    def _makes_constructor(self, cls: Class) -> bool:
        return "__init__" in cls.scope.bindings or self._hooks(cls) is not None

    def _decorators(self, cls: Class) -> list[str | None]:
        found = [decorator.decorator for decorator in cls.node.decorators]
        return [self._module.symbol(e.func if isinstance(e, cst.Call) else e) for e in found]

    def _hooks(self, cls: Class) -> tuple[str, ...] | None:
        """Return what the constructor calls that a decorator writes, None when there is no such."""
        for decorator, name in zip(cls.node.decorators, self._decorators(cls)):
            call = decorator.decorator
            given = call.args if isinstance(call, cst.Call) else ()
            if name in _GENERATED and not any(g.keyword and g.keyword.value == "init" for g in given):
                return _GENERATED[name]
        return None

    def _only_method(self, cls: Class, name: str) -> Function | None:
        bindings = cls.scope.bindings.get(name, ())
        function = cls.methods.get(name)
        return function if len(bindings) == 1 and function is not None and not function.decorators else None

    # what calls do

    def _ends_of(self, function: Function) -> frozenset[State]:
        """Return whether the object is set up when a method returns: on some paths True, on others False."""
        key = id(function)
        if key not in self._ends:
            self._ends[key] = frozenset([False])
            exploration = self._explored(function)
            known = exploration is not None and exploration.complete
            self._ends[key] = (
                frozenset(exploration.ends(exploration.graph.returned))
                if exploration is not None and known
                else frozenset([True])
            )
        return self._ends[key]

    def _explored(self, function: Function) -> Exploration | None:
        graph = self._module.graph(function)

        def step(op: Op, state: State) -> list[tuple[State, tuple[tuple[str, bool], ...]]] | None:
            prepared = not state and op.kind is OpKind.CALL and self._may_prepare(op.node, function)
            return [(True, ())] if prepared else None

        return explore(graph, False, step, self._module.conditions) if graph is not None else None

    def _before(self, init: Function) -> Iterable[Op]:
        """Return what is done while the object is not set up on any path."""
        found: list[Op] = []

        def see(op: Op, states: Mapping[State, Facts]) -> None:
            if True not in states:
                found.append(op)

        if (exploration := self._explored(init)) is not None:
            exploration.visit(see)
        return found

    def _early_returns(self, init: Function) -> Iterator[cst.CSTNode]:
        return (op.node for op in self._before(init) if op.kind is OpKind.RETURN)

    def _may_prepare(self, call: cst.CSTNode, function: Function) -> bool:
        """Tell whether a call may lead to the constructor of the library's class."""
        assert isinstance(call, cst.Call)
        func, receiver = call.func, function.receiver_name
        if isinstance(func, cst.Attribute):
            if dotted_name(func.value) == receiver:
                return self._prepares(self._lineage, func.attr.value)
            objects = self._module.values(func.value)
            if isinstance(objects[0], Super):
                behind = self._module.resolver.hierarchy.behind(self._cls, objects[0].behind)
                return self._prepares(behind, func.attr.value)
        if not any(dotted_name(given.value) == receiver or given.star for given in call.args):
            return False
        return any(self._value_prepares(value) for value in self._module.values(func))

    def _value_prepares(self, called: Value) -> bool:
        if isinstance(called, FunctionValue) and called.function.cls is not None:
            return True in self._ends_of(called.function)
        if isinstance(called, Symbol):
            if called.name.endswith(".__init__"):
                return called.name != _OBJECT_INIT
            return called.name.partition(".")[0] not in sys.stdlib_module_names
        return called is UNKNOWN or isinstance(called, FunctionValue)

    def _prepares(self, lineage: Values, name: str) -> bool:
        """Tell whether the method that is found under `name` may set the object up."""
        for entry in lineage:
            if isinstance(entry, ClassValue):
                if name in entry.cls.scope.bindings:
                    method = self._only_method(entry.cls, name)
                    return method is None or True in self._ends_of(method)
                hooks = self._hooks(entry.cls) if name == "__init__" else None
                if hooks is not None:
                    return any(self._prepares(self._lineage, hook) for hook in hooks)
            elif name == "__init__" or not self._module.resolver.hierarchy.is_known(entry):
                return True
            elif isinstance(entry, Symbol) and self._module.knowledge.method(entry.name, name) is not None:
                return False
        return False

    def _raised_by(self, name: str, *, is_store: bool) -> str | None:
        """Return what it raises to use an attribute too early, None when it is none of the library's class."""
        for entry in self._lineage:
            if isinstance(entry, ClassValue):
                kinds = {binding.kind for binding in entry.cls.scope.bindings.get(name, ())}
                if kinds - {BindingKind.DECLARE}:
                    return None
            elif isinstance(entry, Symbol):
                reserved = self._module.knowledge.reserved(entry.name).get(name)
                if reserved is None:
                    return None
                return reserved.early_store if is_store else reserved.early_use
        return None
