"""What a module tells of the calls of its functions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.calls import CallSite
from conclint.model.circumstances import is_conditional
from conclint.model.given_containers import Argument, Passed, arguments_of, passed
from conclint.model.phases import nones_given
from conclint.model.words import Base
from conclint.program.objects_given import objects_given
from conclint.program.summary import CallFact, ObjectFact, PassedFact
from conclint.source.naming import is_test
from conclint.syntax.children import is_a

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conclint.model import Function, ModuleModel
    from conclint.program.keys import Keys
    from conclint.program.places import Places
    from conclint.program.standing import Standing

_STANDARD = sys.stdlib_module_names


class Calls:
    """Makes the facts of the calls of one module."""

    def __init__(self, model: ModuleModel, keys: Keys, places: Places) -> None:
        self._model = model
        self._keys = keys
        self._places = places
        self._is_standard = model.source.module.partition(".")[0] in _STANDARD
        self._is_test = is_test(model.source.path)

    def is_looked_into(self, call: CallSite) -> bool:
        """Tell the call of what this or another module of the program may define, or of a type that is known.

        What the standard library has means something by its facts, and otherwise to itself alone.
        """
        foreign = call.foreign
        if foreign.partition(".")[0] not in _STANDARD or self._is_standard:
            return True
        return self._model.knowledge.type(foreign) is not None

    def facts(
        self, function: Function, standing: Standing, call: CallSite, *, exactly: bool
    ) -> Iterator[CallFact]:
        """Yield the facts of a call, one for each function that it may run; `exactly` asks for more than its line."""
        node = call.node
        running = standing.is_live(node)
        if not self.is_looked_into(call):
            place = self._places.of(function, node, exactly=False)
            yield CallFact("", (), running, call.foreign, call.receiver.value, place)
            return
        made = self._only_makes_coroutine(call)
        later = made and not is_a(self._model.tree.parent(node), (cst.Return, cst.Lambda))
        repeated = later and is_a(node, cst.Call) and self._model.repeats(node)
        locks = () if made else self._keys.of_locks(standing.locks(node))
        place = self._places.of(function, node, exactly=exactly)
        confined, phases = standing.confinement((node,)), standing.phases(self._keys, (node,))
        rest = (call.receiver.value, place, call.base, is_conditional(self._model, node), confined, phases)
        nones: tuple[str, ...] = ()
        given: tuple[PassedFact, ...] = ()
        objects: tuple[ObjectFact, ...] = ()
        if node.__class__ is cst.Call and node.args:
            _, nones = nones_given(self._model).get(id(node), (None, ()))
            given = self.passed(function, arguments_of(node))
            objects = () if self._is_test else objects_given(self._model, self._keys, function, call)
        for called in call.functions:
            yield CallFact(self._keys.of(called), locks, running, "", *rest, nones, given, later, repeated, objects)
        if call.foreign:
            yield CallFact("", locks, running, call.foreign, *rest, nones, given, objects=objects)

    def _only_makes_coroutine(self, call: CallSite) -> bool:
        """Tell a call that is not awaited: what it makes runs when somebody else awaits it, whatever is held here."""
        if not call.functions or not all(called.is_async for called in call.functions):
            return False
        return not isinstance(self._model.tree.parent(call.node), cst.Await)

    def passed(self, function: Function, given: Iterable[Argument]) -> tuple[PassedFact, ...]:
        """Return the containers and locks among the arguments of a call that a function makes."""
        found = [*passed(self._model, function, given)]
        return tuple(self._passed(function, one) for one in found) if found else ()

    def _passed(self, function: Function, one: Passed) -> PassedFact:
        variable = one.variable
        return PassedFact(
            one.position,
            one.name,
            self._keys.of_any(variable, function) if variable is not None else "",
            variable.label if variable is not None else "",
            variable.base if variable is not None else Base.OTHER,
            self._keys.of_lock(one.lock) if one.lock else "",
        )
