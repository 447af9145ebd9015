"""How much of what conclint says about real code is right: per rule, findings, and what people judged of them.

    python benchmarks/precision.py FOLDER ... [--verdicts FILE] [--write PAGE]
    python benchmarks/precision.py FOLDER ... --rule CODE --sample N [--seed N] [--unread]

Each folder in a FOLDER is one package; all are linted together, with every rule on. The first form prints a row
for each rule: its fixtures, its findings, and how many those are in 1,000 lines of the files that import a module for
concurrency; with verdicts, how many findings were read and how many of these are real. It also prints which
verdicts are about nothing that is found now. The second form prints findings with their sources, to be read.

A verdict is a line of a TOML file, below `[verdicts]`:

    "waitress:waitress/channel.py:406:CON301" = { verdict = "real", reason = "the predicate is not tested again" }

and `[versions]` there says which versions of the packages were read.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import functools
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from conclint import packs
from conclint.discovery import discover
from conclint.errors import SourceError
from conclint.finding import Finding
from conclint.run import engine
from conclint.run.select import Selection
from conclint.run.settings import Settings
from conclint.source.lines import split_lines, without_end
from conclint.source.load import load
from conclint.source.sniff import is_concurrent

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures"
AROUND = 5
HEAD = ("Rule", "Name", "On", "Fixtures", "Findings", "In 1,000 lines", "Read", "Real", "Share")

PAGE = """\
# Precision

What each rule says about well-known packages, and how much of that is right: findings were read in the source and
judged as a maintainer of the package would. `benchmarks/precision.py` made this
page; `benchmarks/verdicts.toml` has the verdicts, each with its reason.

{files:,} files were read, {lines:,} lines of them in files that import a module for concurrency.

{table}

## What was read

{versions}
"""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What somebody who read a finding thought of it."""

    real: bool
    reason: str


@dataclasses.dataclass(frozen=True)
class Verdicts:
    """The verdicts by the key of their finding, and the versions of packages that they are about."""

    by_key: Mapping[str, Verdict]
    versions: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Corpus:
    """What was linted: the folders of packages, all files, and the lines of those that handle concurrency."""

    roots: tuple[Path, ...]
    files: tuple[str, ...]
    lines: int

    def key(self, finding: Finding) -> str:
        """Return `package:path:line:code`, the same on every machine."""
        package, path = self._split(finding.path)
        return f"{package}:{path}:{finding.span.line}:{finding.code}"

    @functools.cached_property
    def packages(self) -> frozenset[str]:
        return frozenset(self._split(path)[0] for path in self.files)

    def _split(self, path: str) -> tuple[str, str]:
        whole = Path(path)
        root = next(root for root in self.roots if whole.is_relative_to(root))
        package, _, inside = whole.relative_to(root).as_posix().partition("/")
        return package, inside


def main() -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--rule", action="append", metavar="CODE", help="only this rule; may be repeated")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--verdicts", type=Path, metavar="FILE", help="what people judged")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the table as Markdown")
    parser.add_argument("--sample", type=int, metavar="N", help="print N findings with their sources")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--unread", action="store_true", help="sample what has no verdict yet")
    options = parser.parse_args()
    verdicts = read_verdicts(options.verdicts) if options.verdicts else Verdicts({}, {})
    files = tuple(discover(list(map(str, options.folders))).files)
    findings = lint(files, options.rule, options.jobs)
    if options.sample is not None:
        corpus = Corpus(tuple(options.folders), files, 0)
        for finding in sample(findings, corpus, verdicts if options.unread else None, options.sample, options.seed):
            print("\n".join(shown(finding, corpus.key(finding))), end="\n\n")
        return 0
    corpus = Corpus(tuple(options.folders), files, concurrent_lines(files))
    table = markdown(rows(findings, corpus, verdicts, options.rule))
    print(f"{len(files)} files, {corpus.lines} lines in files that handle concurrency", table, sep="\n")
    for line in forgotten(findings, corpus, verdicts, options.rule):
        print(line)
    if options.write:
        options.write.write_text(page(corpus, table, verdicts), encoding="utf-8")
    return 0


def lint(files: Sequence[str], only: Iterable[str] | None, jobs: int) -> tuple[Finding, ...]:
    """Return what all rules find, or the rules with these codes. Failures go to standard error."""
    codes = frozenset(only or (rule.code for rule in packs.installed_rules()))
    result = engine.run(files, Settings(Selection(codes)), jobs=jobs)
    for failure in result.failures:
        print(f"{failure.path}: {failure.message}", file=sys.stderr)
    return result.findings


def concurrent_lines(files: Iterable[str]) -> int:
    return sum(text.count("\n") for path in files if is_concurrent(text := _text(path)))


def read_verdicts(path: Path) -> Verdicts:
    """Read a file of verdicts. Raises `ValueError` for one that is neither real nor false, or has no reason."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    by_key = {}
    for key, said in document.get("verdicts", {}).items():
        if said.get("verdict") not in {"real", "false"} or not said.get("reason"):
            raise ValueError(f"{path}: {key} is neither real nor false, or has no reason")
        by_key[key] = Verdict(said["verdict"] == "real", said["reason"])
    return Verdicts(by_key, document.get("versions", {}))


def rows(
    findings: Iterable[Finding], corpus: Corpus, verdicts: Verdicts, only: Sequence[str] | None = None
) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each rule. A verdict counts where its finding is still there, and once for each key."""
    found = collections.Counter(finding.code for finding in findings)
    keys = {corpus.key(finding) for finding in findings}
    read: collections.Counter[str] = collections.Counter()
    real: collections.Counter[str] = collections.Counter()
    for key, verdict in verdicts.by_key.items():
        if key in keys:
            read[_code(key)] += 1
            real[_code(key)] += verdict.real
    for rule in packs.installed_rules():
        code = rule.code
        if only and code not in only:
            continue
        fixtures = len(list(FIXTURES.glob(f"{code}-*/*.py")))
        density = f"{1000 * found[code] / corpus.lines:.3f}" if corpus.lines else ""
        share = f"{real[code] / read[code]:.0%}" if read[code] else ""
        on = "yes" if rule.default else "no"
        counts = (fixtures, found[code], density, read[code] or "", real[code] if read[code] else "", share)
        yield code, rule.name, on, *map(str, counts)


def markdown(table: Iterable[Sequence[str]]) -> str:
    lines = [HEAD, ["---"] * 3 + ["---:"] * (len(HEAD) - 3), *table]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def page(corpus: Corpus, table: str, verdicts: Verdicts) -> str:
    known = sorted(verdicts.versions.items())
    versions = [f"- {name} {version}" for name, version in known if name in corpus.packages]
    return PAGE.format(files=len(corpus.files), lines=corpus.lines, table=table, versions="\n".join(versions))


def forgotten(
    findings: Iterable[Finding], corpus: Corpus, verdicts: Verdicts, only: Sequence[str] | None = None
) -> Iterator[str]:
    """Yield the verdicts on packages of the corpus whose findings are gone: mended false alarms, lost bugs."""
    keys = {corpus.key(finding) for finding in findings}
    for key, verdict in verdicts.by_key.items():
        if key not in keys and key.partition(":")[0] in corpus.packages and (not only or _code(key) in only):
            yield f"{'no longer found' if verdict.real else 'no longer a false alarm'}: {key}: {verdict.reason}"


def sample(
    findings: Sequence[Finding], corpus: Corpus, known: Verdicts | None, count: int, seed: int
) -> list[Finding]:
    """Draw `count` findings, of those without a verdict in `known`, in the order of a report."""
    wanted = [one for one in findings if known is None or corpus.key(one) not in known.by_key]
    drawn = random.Random(seed).sample(range(len(wanted)), min(count, len(wanted)))
    return [wanted[index] for index in sorted(drawn)]


def shown(finding: Finding, key: str) -> Iterator[str]:
    """Yield what a reader needs: the message, and the source around each place that it speaks of."""
    yield f"=== {key} [{finding.context}]"
    yield f"    {finding.message}"
    yield from _source(finding.path, finding.span.line)
    for related in finding.related:
        yield f"  - {Path(related.path).name}:{related.span.line}: {related.message}"
        yield from _source(related.path, related.span.line)


def _source(path: str, line: int) -> Iterator[str]:
    lines = split_lines(_text(path))
    for number in range(max(1, line - AROUND), min(len(lines), line + AROUND) + 1):
        yield f"    {'>' if number == line else ' '}{number:5} {without_end(lines[number - 1])}"


def _text(path: str) -> str:
    try:
        return load(path).text
    except SourceError:
        return ""


def _code(key: str) -> str:
    return key.rpartition(":")[2]


if __name__ == "__main__":
    sys.exit(main())
