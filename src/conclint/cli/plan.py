"""From the options of a call and the configuration to what is to be done; every mistake is told at once."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import msgspec

from conclint import packs
from conclint.cli.check import STDIN
from conclint.config import Config, Item, Problem, nearest, read
from conclint.discovery import Excludes, Found, discover
from conclint.errors import ConfigError, PackError, SourceError
from conclint.finding import Failure
from conclint.run.select import Choice, Selection
from conclint.run.settings import Settings
from conclint.source.load import from_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conclint.source import Source

STDIN_NAME = "<stdin>"


class Plan(msgspec.Struct, frozen=True):
    """What a call asks for: the settings, the inputs in order, and what is wrong with others."""

    settings: Settings
    inputs: tuple[str | Source, ...]
    failures: tuple[Failure, ...]
    named: tuple[str, ...]


def plan(
    paths: Sequence[str],
    command_line: Choice,
    *,
    config_file: str | None = None,
    isolated: bool = False,
    stdin_name: str | None = None,
) -> Plan:
    """Return what to do. Raises `ConfigError` with every mistake, and `PackError` for rules that can't be loaded."""
    standard_input = list(paths) == [STDIN]
    config = _config(
        stdin_name or os.curdir if standard_input else next(iter(paths), os.curdir), config_file, isolated
    )
    problems = list(config.problems)
    named: list[str] = list(paths)
    if not named:
        named, missing = config.existing_paths()
        problems += missing
        if not config.paths:
            named = [os.curdir]
    inputs: tuple[str | Source, ...] = ()
    failures: list[Failure] = []
    try:
        if not standard_input:
            inputs, failures = _found(named, config)
    except ConfigError as mistake:
        problems += mistake.problems
    selection = _selection(config, command_line, problems)
    if standard_input:
        inputs, failures = _standard_input(stdin_name or STDIN_NAME)
    return Plan(Settings(selection, config.target_versions), inputs, tuple(failures), tuple(named))


def _config(start: str, config_file: str | None, isolated: bool) -> Config:
    if isolated:
        return Config(os.getcwd())
    if config_file is not None:
        return read(config_file, required=True)
    path = nearest(start)
    return Config(os.getcwd()) if path is None else read(path)


def _found(paths: Sequence[str], config: Config) -> tuple[tuple[str, ...], list[Failure]]:
    found: Found = discover(paths, Excludes(config.root, config.exclude, config.default_excludes))
    return tuple(found.files), found.failures


def _selection(config: Config, command_line: Choice, problems: list[Problem]) -> Selection:
    """Return which rules are on; raise what is wrong with them and what was found wrong before."""
    try:
        selection, unknown = Selection.of(packs.installed_rules(), config, command_line)
    except PackError as broken:
        if not problems:
            raise
        raise ConfigError([*problems, (f"rule pack '{broken.pack}'", broken.reason)]) from broken
    if problems or unknown:
        raise ConfigError([*problems, *unknown])
    return selection


def _standard_input(name: str) -> tuple[tuple[Source, ...], list[Failure]]:
    data = sys.stdin.buffer.read()
    if name.endswith(".pyi"):
        return (), []
    try:
        return (from_bytes(data, name),), []
    except SourceError as problem:
        return (), [Failure(problem.path, problem.reason)]


def items(words: Sequence[str], option: str) -> tuple[Item, ...]:
    """Return the codes of an option that may be given several times, each time with several codes."""
    codes = (code.strip() for word in words for code in word.split(","))
    return tuple(Item(code, option) for code in codes if code)
