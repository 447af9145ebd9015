"""One source through the rules."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from conclint.draft import Change, Note, Place, Remedy, Report
from conclint.errors import SyntaxFailure
from conclint.finding import Edit, Failure, Finding, Fix, Related, Span
from conclint.rule import ModuleRule, Rule, SourceRule
from conclint.run.result import FileResult

if TYPE_CHECKING:
    from libcst import CSTNode

    from conclint.model import ModuleModel
    from conclint.program import ModuleSummary
    from conclint.source import Source
    from conclint.syntax import Locator


def check_source(source: Source, rules: Sequence[Rule], *, summarise: bool = True) -> FileResult:
    """Return what module rules and source rules say about a source, and its summary for the program rules.

    Bad input never raises: text that is no Python is for the source rules, and a rule that fails is an internal
    `Failure` beside the findings of the others.
    """
    from conclint.model import ModuleModel  # libcst is only worth its import once there is something to parse
    from conclint.syntax import Locator, parse

    try:
        tree = parse(source)
    except SyntaxFailure as failure:
        return _check_broken(source, failure, rules)
    except Exception as problem:  # noqa: BLE001 -- a defect costs this file only
        return FileResult(failures=(_defect(source, "the parser", problem),))
    model = ModuleModel(tree)
    failures: list[Failure] = []
    drafts: list[tuple[Rule, Report]] = []
    for rule in rules:
        if isinstance(rule, ModuleRule) and _concerns(rule, source):
            try:
                drafts.extend((rule, report) for report in rule.check(model))
            except Exception as problem:  # noqa: BLE001
                failures.append(_defect(source, rule.code, problem))
    locator = Locator(tree)
    locator.find(_nodes(report for _, report in drafts))
    findings = tuple(_finding(source, rule, report, model, locator) for rule, report in drafts)
    summary = None
    if summarise:
        summary = _summary(source, model, locator, failures)
    return FileResult(findings, tuple(failures), summary=summary)


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
    for rule in rules:
        if isinstance(rule, SourceRule) and _concerns(rule, source):
            try:
                findings.extend(finding_at(source, rule, report) for report in rule.check(source, failure))
            except Exception as problem:  # noqa: BLE001
                failures.append(_defect(source, rule.code, problem))
    return FileResult(tuple(findings), failures=tuple(failures))


def _concerns(rule: Rule, source: Source) -> bool:
    return not rule.needles or any(needle in source.text for needle in rule.needles)


def _defect(source: Source, part: str, problem: Exception) -> Failure:
    last = traceback.extract_tb(problem.__traceback__)[-1]
    where = f"{last.filename.rpartition('conclint')[2].lstrip('/')}:{last.lineno}"
    return Failure(source.path, f"{part} failed: {type(problem).__name__}: {problem} ({where})", internal=True)


def _nodes(reports: Iterable[Report]) -> Iterable[CSTNode]:
    for report in reports:
        changes = report.remedy.changes if report.remedy is not None else ()
        for at in (report.at, *(note.at for note in report.notes)):
            if not isinstance(at, (Place, Span)):
                yield at
        for change in changes:
            if isinstance(change, Change):
                yield change.node
                if change.last is not None:
                    yield change.last


def _finding(source: Source, rule: Rule, report: Report, model: ModuleModel, locator: Locator) -> Finding:
    def span(at: CSTNode | Place | Span) -> Span:
        if isinstance(at, Place):
            return at.span
        return source.in_document(at if isinstance(at, Span) else locator.span(at))

    at = report.at
    context = at.context if isinstance(at, Place) else "" if isinstance(at, Span) else model.context_of(at)
    remedy = report.remedy
    fix = None
    if remedy is not None:
        fix = Fix(remedy.description, tuple(_edit(source, change, locator) for change in remedy.changes), remedy.safe)
    related = tuple(Related(_path(source, note), span(note.at), note.message) for note in report.notes)
    return Finding(
        source.path,
        span(at),
        rule.code,
        rule.name,
        report.severity or rule.severity,
        report.message,
        context,
        related,
        fix,
    )


def _edit(source: Source, change: Change | Edit, locator: Locator) -> Edit:
    if isinstance(change, Edit):
        return Edit(source.in_document(change.span), change.text)
    span = locator.span(change.node)
    if change.last is not None:
        end = locator.span(change.last)
        span = Span(span.line, span.column, end.end_line, end.end_column)
    return Edit(source.in_document(span), change.text)


def _path(source: Source, note: Note) -> str:
    return note.at.path if isinstance(note.at, Place) else source.path


def finding_at(source: Source, rule: Rule, report: Report) -> Finding:
    """Return the finding of a report that points to spans of the text or to places, not to nodes."""
    if not isinstance(report.at, (Span, Place)):
        raise TypeError(f"{rule.code} reports a syntax node where there is no tree")

    def span(at: object) -> Span:
        if isinstance(at, Place):
            return at.span
        assert isinstance(at, Span)
        return source.in_document(at)

    fix = None
    remedy: Remedy | None = report.remedy
    if remedy is not None:
        edits = [change for change in remedy.changes if isinstance(change, Edit)]
        in_document = tuple(Edit(source.in_document(edit.span), edit.text) for edit in edits)
        fix = Fix(remedy.description, in_document, remedy.safe)
    return Finding(
        report.at.path if isinstance(report.at, Place) else source.path,
        span(report.at),
        rule.code,
        rule.name,
        report.severity or rule.severity,
        report.message,
        report.at.context if isinstance(report.at, Place) else "",
        tuple(Related(_path(source, note), span(note.at), note.message) for note in report.notes),
        fix,
    )
