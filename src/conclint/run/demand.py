"""Reading on demand: which files that say nothing of concurrency the program needs all the same.

The threads that it starts run code in them, and that code changes something that is there for others too. What a file has
besides is of no interest: no rule for single modules has anything to say about it, and one that is no Python is left alone.
"""

from __future__ import annotations

import collections
import dataclasses
import os
from typing import TYPE_CHECKING

from conclint.errors import SourceError
from conclint.program.demand import Use, Wish, wishes
from conclint.program.summary import ModuleSummary
from conclint.run import files
from conclint.source.naming import module_name
from conclint.source.outline import Outline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conclint.run.settings import Settings

FARTHEST = 4
"""How many files that are read on demand a thread may pass to come to another one."""
_AHEAD = 2
"""How many modules to look ahead in, for one that changes something."""


def settings_for(settings: Settings) -> Settings:
    """Return the settings under which a file is summarised and nothing else."""
    codes = frozenset(rule.code for rule in files.program_rules(settings))
    return dataclasses.replace(settings, selection=dataclasses.replace(settings.selection, codes=codes))


class Unread:
    """The files that were left out, by path, and what has been looked at of them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._modules = {path: ModuleSummary(path, module_name(path)) for path in paths}
        self._names = {path: module.name for path, module in self._modules.items()}
        self._by_last_name: dict[str, list[str]] = collections.defaultdict(list)
        for path, name in self._names.items():
            self._by_last_name[name.rpartition(".")[2]].append(path)
        self._outlines: dict[str, Outline | None] = {}

    def wanted(self, summaries: Iterable[ModuleSummary]) -> list[str]:
        """Return the paths of the files that modules need to know about, sorted, and count them as read from now on."""
        summaries = list(summaries)
        self._read = {module.name.rpartition(".")[2] for module in summaries}
        found = wishes(summaries, self._modules.values())
        paths = sorted({wish.path for wish in found if self._is_worth(wish, _AHEAD)})
        for path in paths:
            del self._modules[path]
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
        if not outline.is_class(name):
            return self._leads_to_change(wish.path, name, ahead)
        if wish.use is Use.INHERITED:
            return outline.changes_objects(name) or outline.locks(name)
        if not rest:
            return False  # whoever makes an object has it alone
        shared = wish.use is Use.CALLED and "()" in rest
        return (shared and outline.changes_objects(name)) or self._leads_to_change(wish.path, name, ahead)

    def _is_worth_behind(self, wish: Wish, module: str, ahead: int) -> bool:
        """Tell whether a name that a file has from another module is worth knowing."""
        if module in self._read:
            return True
        near = self._near(wish.path, module) if ahead else ()
        return any(self._is_worth(wish._replace(path=other), ahead - 1) for other in near)

    def _leads_to_change(self, path: str, name: str, ahead: int) -> bool:
        """Tell whether what a module calls `name` changes something, or calls another unread module that does."""
        outline = self._outline(path)
        if outline is None:
            return False
        if outline.changes_module(name):
            return True
        words = outline.mentioned(name) if ahead else frozenset()
        for one in outline.imports:
            used = one.names & words
            for module in {one.module, *used} if used else ():
                for other in self._near(path, module):
                    if any(self._leads_to_change(other, each, ahead - 1) for each in used - {module}):
                        return True
        return False

    def _near(self, path: str, module: str) -> list[str]:
        """Return the unread files of the same package or folder as another whose last name is that of `module`."""
        return [
            other
            for other in self._by_last_name.get(module, ())
            if other != path and self._home(other) == self._home(path)
        ]

    def _home(self, path: str) -> str:
        top, dot, _ = self._names[path].partition(".")
        return top if dot or path.endswith("__init__.py") else os.path.dirname(path)

    def _outline(self, path: str) -> Outline | None:
        if path not in self._outlines:
            try:
                (source,) = files.read(path)
            except (SourceError, ValueError):
                self._outlines[path] = None
            else:
                self._outlines[path] = Outline(source.text)
        return self._outlines[path]
