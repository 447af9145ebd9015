"""Which published concurrency bugs conclint reports, and whether it is quiet once they are mended.

    python benchmarks/recall.py CASES FOLDER [--default] [--only ID ...] [--findings] [--whole FOLDER]

CASES is a TOML file with a table `[[case]]` for each bug: `id`, `kind`, how much an analysis must see (`static`), the
`file`, its `function` (qualified name) and the `lines` of the bug ("120-131"); `fixed_file` where the file was renamed.
FOLDER holds `ID/buggy/FILE` and `ID/fixed/FILE`. Each file is linted as a program of its own, with all rules or only
those that are on by default. With `--whole`, the packages in that folder, `ID/buggy` and `ID/fixed`, are linted instead,
as far as they are there.

A bug counts as found when a rule that is about its kind reports something in its function or on its lines, or passes
its lines in a note, as on the way from a coroutine to what stops it. It counts as mended when that rule is quiet in
that function of the fixed file, and in the function of the finding.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from conclint import packs
from conclint.discovery import discover
from conclint.finding import Finding
from conclint.run import engine
from conclint.run.select import Selection
from conclint.run.settings import Settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RULES = {
    "acquire-without-release": ("CON201", "CON202", "CON203", "CON210"),
    "blocking-in-async": ("CON703",),
    "check-then-act": ("CON40", "CON212", "CON416", "CON604"),
    "condition-misuse": ("CON30", "CON311"),
    "daemon-misuse": ("CON1", "CON2"),
    "fork-with-threads": ("CON116", "CON803", "CON804"),
    "inconsistent-locking": ("CON40", "CON302"),
    "iteration-while-mutated": ("CON40",),
    "lock-across-await": ("CON701",),
    "lock-order-inversion": ("CON208", "CON209", "CON215", "CON309"),
    "lock-per-call": ("CON205", "CON206"),
    "main-guard": ("CON101", "CON122"),
    "pool-leak": ("CON5",),
    "process-pickle": ("CON213", "CON505"),
    "queue-join-deadlock": ("CON60",),
    "relock-nonreentrant": ("CON207", "CON216", "CON801"),
    "shared-state-across-process": ("CON407",),
    "start-join-misuse": ("CON105", "CON106", "CON108"),
    "thread-in-init": ("CON110",),
    "unguarded-attribute": ("CON40", "CON415"),
    "unguarded-global": ("CON40",),
    "wait-not-in-loop": ("CON301",),
}
"""The beginnings of the codes that are about a kind of bug; of a kind that is not listed, every rule is."""

HEAD = ("id", "kind", "static class", "found", "then", "verdict")


@dataclasses.dataclass(frozen=True)
class Case:
    """One bug: its function by qualified name, and its lines in the buggy file."""

    id: str
    kind: str
    static: str
    function: str
    lines: range
    buggy: Path
    fixed: Path
    file: str

    def sides(self, packages: Path | None) -> tuple[Path, Path]:
        """Return what is to be linted: the two files, or the packages they are from if these lie in a folder."""
        whole = [packages / self.id / side for side in ("buggy", "fixed")] if packages is not None else []
        return (whole[0], whole[1]) if whole and all(map(Path.is_dir, whole)) else (self.buggy, self.fixed)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What is reported about a bug in the buggy file, and what of that is still reported in the fixed one."""

    case: Case
    found: tuple[Finding, ...] = ()
    left: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> str:
        if not self.found:
            return "missed"
        return "found" if not self.left else "found, not quiet"

    def row(self) -> tuple[str, ...]:
        case = self.case
        then = "" if not self.found else "quiet" if not self.left else _listed(self.left)
        return case.id, case.kind, case.static, _listed(self.found), then, self.verdict


def main() -> int:
    """Return the exit status: 1 when files are missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("cases", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--default", action="store_true", help="only rules that are on by default")
    parser.add_argument("--only", nargs="+", metavar="ID", help="only these cases")
    parser.add_argument("--whole", type=Path, metavar="FOLDER", help="lint the packages that lie in FOLDER")
    parser.add_argument("--findings", action="store_true", help="print all findings of both files too")
    options = parser.parse_args()
    with options.cases.open("rb") as file:
        cases = cases_in(tomllib.load(file), options.folder)
    cases = [case for case in cases if options.only is None or case.id in options.only]
    absent = [path for case in cases for path in (case.buggy, case.fixed) if not path.is_file()]
    for path in absent:
        print(f"{path}: no such file", file=sys.stderr)
    outcomes = []
    for case in cases:
        if case.buggy in absent or case.fixed in absent:
            continue
        buggy, fixed = (lint(path, default=options.default) for path in case.sides(options.whole))
        outcomes.append(judge(case, buggy, fixed))
        if options.findings:
            for finding in (*buggy, *fixed):
                print(f"{finding.path}:{finding.span.line}: {finding.code} [{finding.context}] {finding.message}")
    print_table([HEAD, *(outcome.row() for outcome in outcomes)])
    print()
    print_table([("static class", "cases", "found", "and quiet once mended"), *totals(outcomes)])
    return int(bool(absent))


def cases_in(document: Mapping[str, list[dict[str, str]]], folder: Path) -> list[Case]:
    """Return the cases of a parsed TOML file, whose files lie below `folder`."""
    cases = []
    for case in document["case"]:
        first, _, last = case["lines"].partition("-")
        home = folder / case["id"]
        cases.append(
            Case(
                case["id"],
                case["kind"],
                case["static"],
                case["function"],
                range(int(first), int(last or first) + 1),
                home / "buggy" / case["file"],
                home / "fixed" / case.get("fixed_file", case["file"]),
                case["file"],
            )
        )
    return cases


def lint(path: Path, *, default: bool) -> tuple[Finding, ...]:
    """Return what is found in a file or folder, as a program of its own. Raises `RuntimeError` where a rule fails."""
    codes = frozenset(rule.code for rule in packs.installed_rules() if rule.default or not default)
    result = engine.run(discover([str(path)]).files, Settings(Selection(codes)))
    if result.failures:
        raise RuntimeError("\n".join(f"{failure.path}: {failure.message}" for failure in result.failures))
    return result.findings


def judge(case: Case, buggy: Iterable[Finding], fixed: Iterable[Finding]) -> Outcome:
    """Tell which findings about the buggy file are about the case, and which about the fixed file repeat them."""
    about = RULES.get(case.kind, "")
    found = tuple(one for one in buggy if one.code.startswith(about) and is_about(one, case))
    functions = {case.function, *(one.context for one in found)}
    codes = {one.code for one in found}
    files = {in_package(str(case.fixed)), *(in_package(one.path) for one in found)}
    left = (
        one
        for one in fixed
        if one.code in codes and in_package(one.path) in files and any(is_in(one, name) for name in functions)
    )
    return Outcome(case, found, tuple(left))


def is_about(finding: Finding, case: Case) -> bool:
    """Tell whether a finding stands in the function of a case or on its lines, or has a note on these."""
    if is_path_of(case.file, finding.path) and (is_in(finding, case.function) or finding.span.line in case.lines):
        return True
    return any(is_path_of(case.file, note.path) and note.span.line in case.lines for note in finding.related)


def in_package(path: str) -> str:
    """Return a path below the folder of its side: `home/one/fixed/shop/stock.py` is `shop/stock.py`."""
    return re.split(r"(?:^|/)(?:buggy|fixed)/", path)[-1]


def is_path_of(file: str, path: str) -> bool:
    return f"/{path}".endswith(f"/{file}")


def is_in(finding: Finding, function: str) -> bool:
    """Tell whether a finding stands in a function or in one nested there; the outer names may be left out."""
    around, wanted = (
        [part for part in name.split(".") if part != "<locals>"] for name in (finding.context, function)
    )
    starts = range(len(around) - len(wanted) + 1)
    return function != "" and any(around[start : start + len(wanted)] == wanted for start in starts)


def totals(outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """Return for each static class and for all: cases, found ones, found ones that are quiet once mended."""
    counts: dict[str, collections.Counter[str]] = {}
    for outcome in outcomes:
        for key in (outcome.case.static, "all"):
            counts.setdefault(key, collections.Counter()).update(
                cases=1, found=int(bool(outcome.found)), quiet=int(outcome.verdict == "found")
            )
    whole = counts.pop("all", collections.Counter())
    rows = [*sorted(counts.items()), ("all", whole)]
    return [(key, str(count["cases"]), str(count["found"]), str(count["quiet"])) for key, count in rows]


def print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _listed(findings: Iterable[Finding]) -> str:
    return ", ".join(f"{one.code}:{one.span.line}" for one in findings)


if __name__ == "__main__":
    sys.exit(main())
