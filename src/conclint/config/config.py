"""The settings of a project."""

from __future__ import annotations

import glob
import os
from typing import NamedTuple, TypeAlias

import msgspec

from conclint.config.versions import SUPPORTED, Version

Problem: TypeAlias = tuple[str, str]
"""The place of a mistake (`pyproject.toml:12`, `--select`) and what is wrong there."""


class Item(NamedTuple):
    """One word of a setting, and where it was said."""

    text: str
    place: str


class Config(msgspec.Struct, frozen=True):
    """What a configuration file says.

    `root` is the absolute folder that its patterns and paths are seen from. `select` is None where the file
    leaves the choice of rules alone. `exclude` are patterns in the language of .gitignore; without
    `default_excludes` they stand alone. `problems` are the mistakes found; what they are about is left out of
    the other attributes.
    """

    root: str
    select: tuple[Item, ...] | None = None
    extend_select: tuple[Item, ...] = ()
    ignore: tuple[Item, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[Item, ...]], ...] = ()
    exclude: tuple[str, ...] = ()
    default_excludes: bool = True
    paths: tuple[Item, ...] = ()
    target_versions: tuple[Version, ...] = SUPPORTED
    problems: tuple[Problem, ...] = ()

    def existing_paths(self) -> tuple[list[str], list[Problem]]:
        """Return what `paths` stands for, spelled from the current folder, and the paths that are not there.

        A path may be a pattern of the shell's kind; `**` stands for any number of folders.
        """
        found: list[str] = []
        problems: list[Problem] = []
        for item in self.paths:
            matches = sorted(glob.glob(item.text, root_dir=self.root, recursive=True))
            if not matches and os.path.exists(os.path.join(self.root, item.text)):
                matches = [item.text]
            if not matches:
                problems.append((item.place, f"no such file or folder: '{item.text}'"))
            found.extend(matches)
        return [shown(os.path.join(self.root, match)) for match in found], problems


def shown(path: str) -> str:
    """Spell an absolute path from the current folder where it lies below, else as it is."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return path if relative.startswith(os.pardir) else relative
