"""Reading on demand: which files that say nothing of concurrency the program needs all the same.

The threads that it starts run code in them, and that code changes something that is there for others too; or its coroutines call
what waits. What a file has besides is of no interest: no rule for single modules has anything to say about it, and one that
is no Python is left alone.
"""

from __future__ import annotations

import collections
import os
from typing import TYPE_CHECKING

import msgspec

from conclint.errors import SourceError
from conclint.knowledge import standard
from conclint.program import Program
from conclint.program.demand import Use, Wish, wishes
from conclint.program.summary import ModuleSummary
from conclint.run import files
from conclint.source.naming import module_name
from conclint.source.outline import Outline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conclint.run.settings import Settings

FARTHEST = 4
"""How many files that are read on demand a thread may pass to come to another one."""
_AHEAD = 2
"""How many modules to look ahead in, for one that changes something."""


def settings_for(settings: Settings) -> Settings:
    """Return the settings under which a file is summarised and nothing else."""
    codes = frozenset(rule.code for rule in files.program_rules(settings))
    return msgspec.structs.replace(settings, selection=msgspec.structs.replace(settings.selection, codes=codes))


class Unread:
    """The files that were left out, by path, and what has been looked at of them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._modules = {path: ModuleSummary(path, module_name(path)) for path in paths}
        self._asked: set[str] = set()
        self._names = {path: module.name for path, module in self._modules.items()}
        self._by_last_name: dict[str, list[str]] = collections.defaultdict(list)
        for path, name in self._names.items():
            self._by_last_name[name.rpartition(".")[2]].append(path)
        self._outlines: dict[str, Outline | None] = {}
        self._read: dict[str, set[tuple[str, str]]] = {}
        self._answers: dict[tuple[str, str, int, Callable[[Outline, str], bool]], bool] = {}

    def program(self, summaries: Iterable[ModuleSummary], before: Program | None = None) -> Program:
        """Link what is known; `before` is what was known before more of the files were read."""
        known = list(summaries)
        paths = {module.path for module in known}
        unread = (module for path, module in self._modules.items() if path not in paths)
        return Program(known, unread, before)

    def wanted(self, program: Program) -> list[str]:
        """Return the paths of the files that a program needs to know about, sorted, and count them as read from now on."""
        self._read = collections.defaultdict(set)
        for module in program.modules:
            self._read[module.name.rpartition(".")[2]].add((module.name, _home(module.path, module.name)))
        found = (wish for wish in wishes(program) if wish.path not in self._asked)
        paths = sorted({wish.path for wish in found if self._is_worth(wish, _AHEAD)})
        self._asked.update(paths)
        return paths

    def _is_worth(self, wish: Wish, ahead: int) -> bool:
        outline = self._outline(wish.path)
        if outline is None:
            return False
        name, *rest = wish.steps
        if not outline.defines(name):
            return any(self._is_worth_behind(wish, module, ahead) for module in outline.origins(name))
        if wish.use is Use.HANDED_OVER:
            return True
        if wish.use is Use.ON_LOOP:
            return (bool(rest) or not outline.is_class(name)) and self._leads(wish.path, name, ahead, _waits)
        if not outline.is_class(name):
            return self._leads(wish.path, name, ahead, Outline.changes_module)
        if wish.use is Use.INHERITED:
            return outline.changes_objects(name) or outline.locks(name)
        if not rest:
            return False  # whoever makes an object has it alone
        shared = wish.use is Use.CALLED and "()" in rest
        return (shared and outline.changes_objects(name)) or self._leads(wish.path, name, ahead, Outline.changes_module)

    def _is_worth_behind(self, wish: Wish, module: str, ahead: int) -> bool:
        """Tell whether a name that a file has from another module is worth knowing."""
        home = self._home(wish.path)
        if any(name == module or where == home for name, where in self._read.get(module.rpartition(".")[2], ())):
            return True
        near = self._near(wish.path, module) if ahead else ()
        return any(self._is_worth(wish._replace(path=other), ahead - 1) for other in near)

    def _leads(self, path: str, name: str, ahead: int, shows: Callable[[Outline, str], bool]) -> bool:
        """Tell whether the text of what a module calls `name` shows something, or that of another unread one that it calls."""
        asked = (path, name, ahead, shows)
        if asked not in self._answers:
            self._answers[asked] = False  # what a circle of imports sees
            self._answers[asked] = self._leads_on(*asked)
        return self._answers[asked]

    def _leads_on(self, path: str, name: str, ahead: int, shows: Callable[[Outline, str], bool]) -> bool:
        outline = self._outline(path)
        if outline is None:
            return False
        if shows(outline, name):
            return True
        words = outline.mentioned(name) if ahead else frozenset()
        for one in outline.imports:
            used = one.names & words
            for module in {one.module, *used} if used else ():
                for other in self._near(path, module):
                    if any(self._leads(other, each, ahead - 1, shows) for each in used - {module}):
                        return True
        return False

    def _near(self, path: str, module: str) -> list[str]:
        """Return the unread files of the same package or folder as another whose last name is that of `module`."""
        return [
            other
            for other in self._by_last_name.get(module.rpartition(".")[2], ())
            if other != path and self._home(other) == self._home(path)
        ]

    def _home(self, path: str) -> str:
        return _home(path, self._names[path])

    def _outline(self, path: str) -> Outline | None:
        if path not in self._outlines:
            try:
                (source,) = files.read(path)
            except (SourceError, ValueError):
                self._outlines[path] = None
            else:
                self._outlines[path] = Outline(source.text)
        return self._outlines[path]


def _home(path: str, name: str) -> str:
    """Return the outermost package of a file, or its folder where it is in none."""
    top, dot, _ = name.partition(".")
    return top if dot or path.endswith("__init__.py") else os.path.dirname(path)


def _waits(outline: Outline, name: str) -> bool:
    """Tell whether a function or class calls what is known to wait."""
    facts = map(standard().function, outline.calls(name))
    return any(one is not None and one.blocks is not None for one in facts)
