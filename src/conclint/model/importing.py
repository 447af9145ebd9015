"""What importing a module runs, and under which guard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import libcst as cst

from conclint.model.graph import OpKind
from conclint.model.paths import MAIN_GUARD, Facts, State, explore

if TYPE_CHECKING:
    from conclint.model.definitions import Function
    from conclint.model.graph import Op
    from conclint.model.module import ModuleModel


class ImportTime:
    """Which calls run when the module is merely imported, as a spawned child process does."""

    def __init__(self, module: ModuleModel) -> None:
        self._module = module
        self._calls: dict[int, tuple[cst.Call, ...]] | None = None

    @property
    def is_program(self) -> bool:
        """Tell a module that is there to be run: it has a main guard, or is a package's `__main__`."""
        return self._module.source.path.replace("\\", "/").rpartition("/")[2] == "__main__.py" or any(
            isinstance(statement, cst.If) and self._module.conditions.key(statement.test)[0] == MAIN_GUARD
            for statement in self._module.tree.module.body
        )

    def is_private(self, name: str) -> bool:
        """Tell a variable or attribute that no other module touches, as far as names are kept to."""
        return self.is_program or (name.startswith("_") and not name.endswith("__"))

    def path_to(self, call: cst.Call) -> tuple[cst.Call, ...] | None:
        """Return the calls that lead from module level to `call` outside a main guard, outermost first.

        Empty when it stands at module level itself; None when an import does not run it.
        """
        if self._calls is None:
            self._calls = {}
            self._follow(self._module.main, (), set())
        return self._calls.get(id(call))

    def _follow(self, function: Function, path: tuple[cst.Call, ...], seen: set[int]) -> None:
        if id(function) in seen:
            return
        seen.add(id(function))
        assert self._calls is not None
        calls = self._unguarded_calls(function)
        for call in calls:
            self._calls.setdefault(id(call), path)
        for call in calls:
            called = self._module.called_function(call)
            if called is not None and not called.is_async and not called.is_generator:
                self._follow(called, (*path, call), seen)

    def _unguarded_calls(self, function: Function) -> list[cst.Call]:
        module = self._module
        graph = module.graph(function)
        if graph is None:
            return []
        found: dict[int, cst.Call] = {}

        def see(op: Op, states: Mapping[State, Facts]) -> None:
            if op.kind is OpKind.CALL and isinstance(op.node, cst.Call):
                guarded = all((MAIN_GUARD, True) in facts for facts in states.values())
                if not guarded:
                    found[id(op.node)] = op.node

        exploration = explore(
            graph,
            (),
            lambda _op, _state: None,
            module.conditions,
            may_raise=module.may_raise,
            concerns=frozenset(),
        )
        exploration.visit(see)
        bodies = [module.function_of(child) for child in function.scope.children if child.kind.value == "class"]
        calls = list(found.values())
        for body in bodies:
            if body is not None:
                calls.extend(self._unguarded_calls(body))
        return calls
