"""One source through the rules."""

from __future__ import annotations

import contextlib
import functools
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from conclint.draft import Change, Note, Place, Report
from conclint.errors import SyntaxFailure
from conclint.finding import Edit, Failure, Finding, Fix, Flow, Related, Span
from conclint.rule import ModuleRule, Rule, SourceRule
from conclint.run.memory import without_collector
from conclint.run.result import FileResult

if TYPE_CHECKING:
    from libcst import CSTNode

    from conclint.model import ModuleModel
    from conclint.program import ModuleSummary
    from conclint.source import Source
    from conclint.syntax import Locator


# libcst writes code with four or five Python frames for each level of nesting, and a long chain of `+` or `elif` is
# nested as deep as it is long. Python frames up to this many fit into the C stack of every supported version.
_FRAMES = 6_000
# Blanks for all that is in no word of ASCII.
_WORDS = bytes(sign if chr(sign).isidentifier() or chr(sign).isdecimal() else 32 for sign in range(128)).ljust(256)


def check_source(source: Source, rules: Sequence[Rule], *, summarise: bool = True, alone: bool = False) -> FileResult:
    """Return what module rules and source rules say about a source, and its summary for the program rules.

    `alone` says that nothing but conclint builds syntax trees in this process, which makes parsing cheaper.

    Bad input never raises: text that is no Python is for the source rules, and a rule that fails is an internal
    `Failure` beside the findings of the others.
    """
    try:
        with _room_to_recurse(), without_collector():
            return _check(source, rules, summarise, alone)
    except RecursionError:
        return FileResult(failures=(Failure(source.path, "nested too deeply to be looked at"),))


@contextlib.contextmanager
def _room_to_recurse() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _check(source: Source, rules: Sequence[Rule], summarise: bool, alone: bool) -> FileResult:
    from conclint.model import ModuleModel  # libcst is only worth its import once there is something to parse
    from conclint.syntax import parse

    try:
        tree = parse(source, alone=alone)
    except SyntaxFailure as failure:
        return _check_broken(source, failure, rules)
    except Exception as problem:  # noqa: BLE001 -- a defect costs this file only
        return FileResult(failures=(_defect(source, "the parser", problem),))
    model = ModuleModel(tree)
    try:
        return _look_at(source, model, rules, summarise)
    finally:
        model.let_go()


def _look_at(source: Source, model: ModuleModel, rules: Sequence[Rule], summarise: bool) -> FileResult:
    from conclint.syntax import Locator

    failures: list[Failure] = []
    drafts: list[tuple[Rule, Report]] = []
    for rule in _concerned([rule for rule in rules if _is_module_rule(rule.__class__)], source.text):
        try:
            drafts.extend((rule, report) for report in rule.check(model))  # type: ignore[attr-defined]
        except Exception as problem:  # noqa: BLE001
            failures.append(_defect(source, rule.code, problem))
    drafts = [(rule, report) for rule, report in drafts if not _is_meant(model, report)]
    locator = Locator(model.tree)
    locator.find(_nodes(report for _, report in drafts))
    findings = tuple(_finding(source, rule, report, model, locator) for rule, report in drafts)
    summary = None
    if summarise:
        summary = _summary(source, model, locator, failures)
    return FileResult(findings, tuple(failures), summary=summary)


def _is_meant(model: ModuleModel, report: Report) -> bool:
    """Tell whether a test demands that what is reported goes wrong."""
    from conclint.model.expecting import is_put_to_the_test

    return not isinstance(report.at, (Place, Span)) and is_put_to_the_test(model, report.at)


def _summary(
    source: Source, model: ModuleModel, locator: Locator, failures: list[Failure]
) -> ModuleSummary | None:
    from conclint.program import summarise

    try:
        return summarise(model, locator)
    except Exception as problem:  # noqa: BLE001
        failures.append(_defect(source, "the summary", problem))
        return None


def _check_broken(source: Source, failure: SyntaxFailure, rules: Sequence[Rule]) -> FileResult:
    failures: list[Failure] = []
    findings: list[Finding] = []
    for rule in _concerned(rules, source.text):
        if isinstance(rule, SourceRule):
            try:
                findings.extend(finding_at(source, rule, report) for report in rule.check(source, failure))
            except Exception as problem:  # noqa: BLE001
                failures.append(_defect(source, rule.code, problem))
    return FileResult(tuple(findings), failures=tuple(failures))


@functools.cache
def _is_module_rule(kind: type[Rule]) -> bool:
    return issubclass(kind, ModuleRule)


def _concerned(rules: Sequence[Rule], text: str) -> Iterator[Rule]:
    """Yield the rules that may have something to say about a text; many ask for the same words."""
    words = _words(text)
    said: dict[str, bool] = {}
    for rule in rules:
        for needle in rule.needles:
            if needle not in said:
                said[needle] = needle in (words if needle.isascii() and needle.isidentifier() else text)
            if said[needle]:
                break
        else:
            if rule.needles:
                continue
        yield rule


def _words(text: str) -> str:
    """Return the words of a text, each once: what stands in a word of it stands in these, a fraction of the text."""
    found = set(text.encode("ascii", "replace").translate(_WORDS).split())
    return b" ".join(found).decode("ascii")


def _defect(source: Source, part: str, problem: Exception) -> Failure:
    last = traceback.extract_tb(problem.__traceback__)[-1]
    where = f"{last.filename.rpartition('conclint')[2].lstrip('/')}:{last.lineno}"
    return Failure(source.path, f"{part} failed: {type(problem).__name__}: {problem} ({where})", internal=True)


def _nodes(reports: Iterable[Report]) -> Iterable[CSTNode]:
    for report in reports:
        changes = report.remedy.changes if report.remedy is not None else ()
        told = (note for notes in (report.notes, *(flow.notes for flow in report.flows)) for note in notes)
        for at in (report.at, *(note.at for note in told)):
            if not isinstance(at, (Place, Span)):
                yield at
        for change in changes:
            if isinstance(change, Change):
                yield change.node
                if change.last is not None:
                    yield change.last


def _finding(source: Source, rule: Rule, report: Report, model: ModuleModel, locator: Locator) -> Finding:
    at = report.at
    context = at.context if isinstance(at, Place) else "" if isinstance(at, Span) else model.context_of(at)
    return _made(source, rule, report, context, locator.span)


def finding_at(source: Source, rule: Rule, report: Report) -> Finding:
    """Return the finding of a report that points to spans of the text or to places, not to nodes."""
    return _made(source, rule, report, report.at.context if isinstance(report.at, Place) else "", _no_tree)


def _no_tree(node: CSTNode) -> Span:
    raise TypeError(f"a rule reports a syntax node, {type(node).__name__}, where there is no tree")


def _made(
    source: Source, rule: Rule, report: Report, context: str, locate: Callable[[CSTNode], Span]
) -> Finding:
    def place(at: CSTNode | Place | Span) -> tuple[str, Span]:
        if isinstance(at, Place):
            return at.path, at.span
        return source.path, source.in_document(at if isinstance(at, Span) else locate(at))

    def related(note: Note) -> Related:
        return Related(*place(note.at), note.message)

    def edit(change: Change | Edit) -> Edit:
        if isinstance(change, Edit):
            return Edit(source.in_document(change.span), change.text)
        span = locate(change.node)
        if change.last is not None:
            end = locate(change.last)
            span = Span(span.line, span.column, end.end_line, end.end_column)
        return Edit(source.in_document(span), change.text)

    path, span = place(report.at)
    remedy = report.remedy
    return Finding(
        path,
        span,
        rule.code,
        rule.name,
        report.severity or rule.severity,
        report.message,
        context,
        tuple(map(related, report.notes)),
        Fix(remedy.description, tuple(map(edit, remedy.changes)), remedy.safe) if remedy is not None else None,
        tuple(Flow(flow.thread, tuple(map(related, flow.notes))) for flow in report.flows),
    )
