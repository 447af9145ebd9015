"""Names for the things of a module that are unique in the whole program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.model.words import Base
from conclint.program.summary import PARAMETER

if TYPE_CHECKING:
    from collections.abc import Collection

    import libcst as cst

    from conclint.model import Class, Function, ModuleModel
    from conclint.model.variables import Variable


class Keys:
    """Makes keys for the functions, classes, variables and locks of one module."""

    def __init__(self, model: ModuleModel) -> None:
        self._path = model.source.path
        if model.source.first_line > 1:
            self._path = f"{self._path}@{model.source.first_line}"  # one of several fences of a document
        self._model = model
        # Lambdas and redefinitions share names, so the place in the module tells them apart.
        self._functions = {
            id(function): f"{self._path}:{function.qualified_name}#{number}" for number, function in enumerate(model.functions)
        }
        self._sites: dict[int, int] | None = None

    def of(self, function: Function) -> str:
        """Return the key of a function."""
        return self._functions[id(function)]

    def of_class(self, cls: Class) -> str:
        """Return the key of a class."""
        return f"{self._path}:{cls.qualified_name}"

    def of_variable(self, variable: Variable) -> str:
        """Return the key of a variable: that of its class and a dot for an attribute."""
        if variable.base.is_attribute:
            return f"{self._path}:{variable.owner}.{variable.name}"
        return f"{self._path}:{variable.owner}:{variable.name}"

    def of_parameter(self, variable: Variable, function: Function) -> str:
        """Return the key of a parameter of a function, or of one around it."""
        scope = function.scope
        while scope.qualified_name != variable.owner and scope.parent is not None:
            scope = scope.parent
        owner = self._model.function_of(scope) or function
        return f"{PARAMETER}{self.of(owner)}:{variable.name}"

    def of_any(self, variable: Variable, function: Function) -> str:
        """Return the key of a variable that a function uses, which may be a parameter."""
        if variable.base is Base.PARAMETER:
            return self.of_parameter(variable, function)
        return self.of_variable(variable)

    def of_lock(self, key: str) -> str:
        """Return the key in the program of a lock of the module."""
        return f"{self._path}:{key}"

    def of_locks(self, keys: Collection[str]) -> tuple[str, ...]:
        """Return the keys of several locks, sorted."""
        return tuple(sorted(self.of_lock(key) for key in keys)) if keys else ()

    def of_site(self, call: cst.Call) -> str:
        """Return the key of a creation site, or of what else makes something: they are numbered as they are asked for."""
        if self._sites is None:
            self._sites = {id(site.call): number for number, site in enumerate(self._model.sites)}
        return f"{self._path}${self._sites.setdefault(id(call), len(self._sites))}"
