"""The report for programs.

Version 1 of the document is a promise: keys are added, never renamed or removed. Lines and columns are
1-based, columns count code points, ends are exclusive. Nothing in it differs between two runs over one tree.

What SARIF 2.1.0 asks of a result is all there: `related` are its related locations, `flows` the thread flows of a code flow, one
for each thread that takes part, `fix` its artifact changes, `fingerprint` a partial fingerprint: a hash of the rule, the
enclosing function and the message without its numbers, and the number of the finding among those of its file with that hash.
"""

from __future__ import annotations

import collections
import json
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from conclint.finding import Finding, Fix, Related, Severity, Span
from conclint.report import counts, output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.run.result import RunResult

VERSION = 1


def render_json(result: RunResult, *, stream: TextIO) -> None:
    """Write one JSON document, in UTF-8 or, where the stream lacks a character, in ASCII with escapes."""
    document = document_of(result)
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if not output.fits(stream, text):
        text = json.dumps(document, indent=2, ensure_ascii=True)
    stream.write(text + "\n")


def document_of(result: RunResult) -> dict[str, Any]:
    """Return the document as plain dicts, lists, strings and numbers."""
    severities = [finding.severity for finding in result.findings]
    return {
        "version": VERSION,
        "findings": list(_findings(result)),
        "errors": [msgspec.to_builtins(failure) for failure in result.failures],
        "summary": {
            "files": result.files,
            "files_with_findings": len({finding.path for finding in result.findings}),
            "errors": severities.count(Severity.ERROR),
            "warnings": severities.count(Severity.WARNING),
            "rules": [msgspec.to_builtins(count) for count in counts.counts_of(result.findings)],
        },
    }


def _findings(result: RunResult) -> Iterator[dict[str, Any]]:
    seen: collections.Counter[tuple[str, str]] = collections.Counter()
    for finding in result.findings:
        key = (finding.path, finding.fingerprint)
        seen[key] += 1
        yield _finding(finding, f"{finding.fingerprint}:{seen[key]}")


def _finding(finding: Finding, fingerprint: str) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "path": finding.path,
        **_place(finding.span),
        "context": finding.context,
        "related": list(map(_related, finding.related)),
        "fix": None if finding.fix is None else _fix(finding.fix),
        "flows": [
            {"thread": flow.thread, "steps": list(map(_related, flow.steps))} for flow in finding.flows
        ],
        "fingerprint": fingerprint,
    }


def _related(related: Related) -> dict[str, Any]:
    return {"path": related.path, **_place(related.span), "message": related.message}


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "description": fix.description,
        "safe": fix.safe,
        "edits": [{**_place(edit.span), "text": edit.text} for edit in fix.edits],
    }


def _place(span: Span) -> dict[str, int]:
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
