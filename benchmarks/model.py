"""What the walk and the model of a file cost, as a multiple of merely parsing the file; part by part, rule by rule.

    python benchmarks/model.py FOLDER [--rounds N] [--limit RATIO] [--rules] [--worst N]

For each file of FOLDER that conclint would parse, one after the other in this process: `libcst.parse_module`, the walk,
and then the questions that rules ask of a model, each paid for by the part that asks first: creation sites before events,
events before hand-overs, and so on; with `--rules` every rule after them, and the summary for the program rules.
What is compared is the processor time of the process. The garbage collector is off while something is measured and runs
before each file. The clock of a busy machine drifts, so each part is divided by the parse of the same file in the same
round; only ratios mean something. Of a file the median of its rounds counts. Exits with 1 when the median over the files
of the walk and the model together is above the limit.
"""

from __future__ import annotations

import argparse
import collections
import functools
import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias, TypeVar

import libcst as cst

from conclint import packs
from conclint.discovery import discover
from conclint.errors import SourceError, SyntaxFailure
from conclint.model import ModuleModel
from conclint.program import summarise
from conclint.rule import ModuleRule
from conclint.source import Source
from conclint.source.load import load
from conclint.source.sniff import is_concurrent
from conclint.syntax import Locator, parse
from conclint.syntax.walk import walk

Answer = TypeVar("Answer")
Seconds: TypeAlias = "dict[str, float]"
_PARSE = "parse"
_MODEL = ("walk", "definitions", "sites", "events", "hand-overs", "roots", "locksets")


def main() -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, help="the highest median ratio that is still good")
    parser.add_argument("--rules", action="store_true", help="measure each rule too")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="name the N files with the highest ratio")
    options = parser.parse_args()
    sources = list(sources_of(options.folder))
    print(f"{options.folder}: {len(sources)} files that handle concurrency")
    sys.setrecursionlimit(6_000)  # as a run has it
    for source in sources:
        measured(source, options.rules)  # reads the facts about libraries, which a run does once
    per_file = {source.path: [measured(source, options.rules) for _ in range(options.rounds)] for source in sources}
    print_parts(per_file)
    ratios = {path: middle(rounds, _MODEL) for path, rounds in per_file.items()}
    for path in sorted(ratios, key=lambda path: -ratios[path])[: options.worst]:
        print(f"{ratios[path]:6.2f} {path}")
    median = statistics.median(ratios.values())
    print(f"median ratio {median:.2f}")
    return int(options.limit is not None and median > options.limit)


def sources_of(folder: Path) -> Iterator[Source]:
    """Yield what conclint would parse in `folder`, of it what can be parsed."""
    for path in discover([str(folder)]).files:
        try:
            source = load(path)
            if is_concurrent(source.text):
                parse(source)
                yield source
        except (SourceError, SyntaxFailure):
            continue


def measured(source: Source, rules: bool) -> Seconds:
    """Return the processor seconds of each part, for one file."""
    seconds: Seconds = {}
    gc.collect()
    gc.disable()
    try:
        module = timed(seconds, _PARSE, lambda: cst.parse_module(source.text))
        tree = timed(seconds, "walk", lambda: walk(module, source))
        model = timed(seconds, "definitions", lambda: ModuleModel(tree))
        timed(seconds, "sites", lambda: model.sites)
        timed(seconds, "events", lambda: model.events)
        timed(seconds, "hand-overs", lambda: model.handovers)
        timed(seconds, "roots", lambda: model.roots)
        timed(seconds, "locksets", lambda: ask_locksets(model))
        if rules:
            time_rules(seconds, model)
    finally:
        gc.enable()
    return seconds


def time_rules(seconds: Seconds, model: ModuleModel) -> None:
    """Measure the rules in the order of their codes, each where its words stand in the text, and the summary."""
    for rule in packs.installed_rules():
        if isinstance(rule, ModuleRule):
            timed(seconds, rule.code, functools.partial(ask_rule, rule, model))
    timed(seconds, "summary", lambda: summarise(model, Locator(model.tree)))


def ask_rule(rule: ModuleRule, model: ModuleModel) -> None:
    """Let a rule look at a file where one of its words stands in it."""
    if not rule.needles or any(needle in model.source.text for needle in rule.needles):
        collections.deque(rule.check(model), maxlen=0)


def ask_locksets(model: ModuleModel) -> None:
    """Ask what is held where in the functions that handle locks."""
    for function in model.functions:
        if model.locks.handles_locks(function):
            model.locks.held_at(function)


def timed(seconds: Seconds, part: str, ask: Callable[[], Answer]) -> Answer:
    began = time.process_time()
    answer = ask()
    seconds[part] = time.process_time() - began
    return answer


def middle(rounds: list[Seconds], parts: tuple[str, ...]) -> float:
    """Return the median over the rounds of one file of what these parts cost together, as a multiple of the parse."""
    return statistics.median(sum(seconds[part] for part in parts) / seconds[_PARSE] for seconds in rounds)


def print_parts(per_file: dict[str, list[Seconds]]) -> None:
    """Print for each part its median over the files, its worst file and its share of all files' seconds."""
    measured_parts = [part for part in next(iter(per_file.values()))[0] if part != _PARSE]
    rows = {part: (part,) for part in measured_parts} | {"walk and model": _MODEL}
    print(f"{'part':<16}{'median':>8}{'nine of ten':>13}{'worst':>8}{'all files':>11}")
    for name, parts in rows.items():
        ratios = sorted(middle(rounds, parts) for rounds in per_file.values())
        nine_of_ten = ratios[int(len(ratios) * 0.9)]
        together = statistics.median(
            sum(rounds[number][part] for rounds in per_file.values() for part in parts)
            / sum(rounds[number][_PARSE] for rounds in per_file.values())
            for number in range(len(next(iter(per_file.values()))))
        )
        print(f"{name:<16}{statistics.median(ratios):>8.3f}{nine_of_ten:>13.3f}{ratios[-1]:>8.2f}{together:>11.3f}")


if __name__ == "__main__":
    sys.exit(main())
