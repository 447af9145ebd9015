"""How time and memory grow with the size of a program.

    python benchmarks/scale.py FOLDER [--copies 1,2,4,8] [--share LIMIT] [--exponent LIMIT]

Each package below FOLDER is copied so many times, each time under a name of its own, and what its files import is
renamed with it, so that the copies are linked within themselves as the original is. One process a size then lints all
copies, with one job. Seconds are processor time; linking is the time of all that looks at the modules together: rules for
programs, and what decides which files are read on demand. The exponents are slopes of straight lines through the
logarithms: 1 for what doubles when the code doubles. Exits with 1 where a limit is passed: `--share` of linking at the largest
size, `--exponent` of time.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Size(NamedTuple):
    """What one size cost. `memory` is the peak in megabytes; `findings` tell whether the copies are linked as the original is."""

    copies: int
    findings: int
    files: int
    lines: int
    seconds: float
    linking: float
    memory: float

    @property
    def share(self) -> float:
        return self.linking / self.seconds


def main() -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--copies", default="1,2,4,8")
    parser.add_argument("--share", type=float, help="the highest share of linking that is still good")
    parser.add_argument("--exponent", type=float, help="the highest exponent of time that is still good")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(lint(options.folder)))
        return 0
    print(
        f"{'copies':>6} {'findings':>8} {'files':>7} {'lines':>9} {'seconds':>8} {'linking':>8} {'share':>6} {'MB':>6}",
        flush=True,
    )
    sizes = []
    for copies in map(int, options.copies.split(",")):
        size = measure(options.folder, copies)
        sizes.append(size)
        counts = f"{size.copies:6} {size.findings:8} {size.files:7} {size.lines:9}"
        costs = f"{size.seconds:8.1f} {size.linking:8.2f} {size.share:6.1%} {size.memory:6.0f}"
        print(f"{counts} {costs}", flush=True)
    if len(sizes) < 2:
        return 0
    time_exponent = slope(sizes, lambda size: size.seconds)
    linking, memory = slope(sizes, lambda size: size.linking), slope(sizes, lambda size: size.memory)
    print(f"exponents: time {time_exponent:.2f}, linking {linking:.2f}, memory {memory:.2f}")
    too_steep = options.exponent is not None and time_exponent > options.exponent
    return int(too_steep or (options.share is not None and sizes[-1].share > options.share))


def measure(folder: Path, copies: int) -> Size:
    """Lint that many copies of a folder in a process of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(copies):
            copy(folder, Path(scratch) / f"copy{number}", f"_{number}" if number else "")
        command = [sys.executable, __file__, "--measure", scratch]
        found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return Size(copies, **found)


def copy(folder: Path, target: Path, suffix: str) -> None:
    """Copy the Python files of a folder; packages, and what is imported of them, get a suffix to their names."""
    packages = {
        path.parent.name
        for path in folder.rglob("__init__.py")
        if not (path.parent.parent / "__init__.py").exists()
    }
    modules = {path.stem for path in folder.rglob("*.py") if not (path.parent / "__init__.py").exists()}
    names = "|".join(map(re.escape, sorted(packages | modules, key=len, reverse=True)))
    word = re.compile(rf"(?<![\w.\"'])({names})(?=\.\w|[ \t]*$|[ \t]+import\b|,|[ \t]+as\b)", re.MULTILINE)
    for path in folder.rglob("*.py"):
        relative = path.relative_to(folder)
        top = [part + suffix if part in packages else part for part in relative.parts[:-1]]
        stem = (
            relative.stem + suffix
            if relative.stem in modules and not (path.parent / "__init__.py").exists()
            else relative.stem
        )
        destination = target.joinpath(*top, stem + ".py")
        destination.parent.mkdir(parents=True, exist_ok=True)
        if not suffix:
            shutil.copyfile(path, destination)
            continue
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        destination.write_text(_renamed(text, word, suffix), encoding="utf-8", errors="surrogateescape")


def _renamed(text: str, word: re.Pattern[str], suffix: str) -> str:
    return word.sub(lambda match: match[1] + suffix, text)


def slope(sizes: Sequence[Size], of: Callable[[Size], float]) -> float:
    """Return the slope of the line that comes nearest to the logarithms."""
    points = [(math.log(size.lines), math.log(max(of(size), 1e-6))) for size in sizes]
    middle = sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
    across = sum((x - middle[0]) ** 2 for x, _ in points)
    return sum((x - middle[0]) * (y - middle[1]) for x, y in points) / across


def lint(folder: Path) -> dict[str, Any]:
    """Lint a folder in this process, and return what it cost."""
    from conclint import packs
    from conclint.config import Config
    from conclint.discovery import discover
    from conclint.run import demand, engine, program
    from conclint.run.select import Choice, Selection
    from conclint.run.settings import Settings

    spent = [0.0]

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            began = time.process_time()
            try:
                return function(*args)
            finally:
                spent[0] += time.process_time() - began

        return call

    program.check_program = timed(program.check_program)
    demand.Unread.wanted = timed(demand.Unread.wanted)  # type: ignore[method-assign]
    demand.Unread.program = timed(demand.Unread.program)  # type: ignore[method-assign]
    selection, _ = Selection.of(packs.installed_rules(), Config(str(folder)), Choice())
    paths = discover([str(folder)]).files
    began = time.process_time()
    result = engine.run(paths, Settings(selection))
    seconds = time.process_time() - began
    lines = sum(Path(path).read_bytes().count(b"\n") for path in paths)
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "findings": len(result.findings),
        "files": len(paths),
        "lines": lines,
        "seconds": seconds,
        "linking": spent[0],
        "memory": kilobytes / 1024,
    }


if __name__ == "__main__":
    sys.exit(main())
