"""What a cold run costs, as a multiple of merely parsing the same code.

    python benchmarks/speed.py FOLDER [--rounds N] [--limit RATIO] [--select CODES]

In each round two processes run in turn, in alternating order: `conclint --jobs 1 FOLDER`, and a bare process
that calls `libcst.parse_module` on the files of FOLDER that conclint would parse. What is compared is the
processor time of the whole process, user and system, interpreter start and imports included. The clock of a
busy machine drifts, so only the median ratio of the rounds means something. Both run from bytecode, as what is installed
does. Exits with 1 when the ratio is above the limit.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from conclint.discovery import discover
from conclint.errors import SourceError
from conclint.source.load import load
from conclint.source.sniff import is_concurrent

BARE = """
import sys
from pathlib import Path
import libcst
for path in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
    try:
        libcst.parse_module(Path(path).read_bytes())
    except (libcst.ParserSyntaxError, UnicodeDecodeError):
        pass
"""


class Round(NamedTuple):
    """Processor seconds of the two processes."""

    lint: float
    parse: float

    @property
    def ratio(self) -> float:
        return self.lint / self.parse


def main() -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=float, help="the highest ratio that is still good")
    parser.add_argument("--select", help="the rules, instead of those that are on by default: ALL, say")
    options = parser.parse_args()
    files, parsed = files_of(options.folder)
    print(f"{options.folder}: {len(files)} files, of which {len(parsed)} handle concurrency")
    rules = ("--select", options.select) if options.select else ()
    rounds = measure(options.folder, parsed, options.rounds, rules)
    median = statistics.median(each.ratio for each in rounds)
    print(f"median ratio {median:.2f}")
    return int(options.limit is not None and median > options.limit)


def files_of(folder: Path) -> tuple[list[str], list[str]]:
    """Return the files that conclint reads in `folder`, and those of them that it parses."""
    files = discover([str(folder)]).files
    return files, [path for path in files if handles_concurrency(path)]


def handles_concurrency(path: str) -> bool:
    try:
        return is_concurrent(load(path).text)
    except SourceError:
        return False


def measure(folder: Path, parsed: list[str], count: int, rules: tuple[str, ...] = ()) -> list[Round]:
    """Run `count` rounds and print each, after one that only warms the disk cache and the bytecode."""
    with tempfile.TemporaryDirectory() as scratch:
        listing = Path(scratch) / "files"
        listing.write_text("\n".join(parsed), encoding="utf-8")
        lint = [sys.executable, "-m", "conclint", "--isolated", "--jobs", "1", *rules, str(folder)]
        parse = [sys.executable, "-c", BARE, str(listing)]
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(scratch) / "bytecode")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        processor_seconds(lint, (0, 1), environment)
        rounds = []
        for number in range(1, count + 1):
            seconds = {}
            for key, command in sorted({"lint": lint, "parse": parse}.items(), reverse=number % 2 == 0):
                seconds[key] = processor_seconds(command, (0, 1) if key == "lint" else (0,), environment)
            rounds.append(Round(**seconds))
            print(
                f"round {number}: conclint {rounds[-1].lint:.2f} s, bare parse {rounds[-1].parse:.2f} s, "
                f"ratio {rounds[-1].ratio:.2f}",
                flush=True,
            )
    return rounds


def processor_seconds(command: list[str], good: tuple[int, ...], environment: Mapping[str, str]) -> float:
    """Return what the process and its children used. Raises `RuntimeError` for any other exit status."""
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in good:
        raise RuntimeError(f"{command} exited with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
