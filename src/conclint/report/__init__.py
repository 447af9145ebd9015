"""Reports: what a run found, in the form that a person or a program reads.

`text` shows each finding with its source line, `concise` one line each, `json` one document, `github`
annotations. Failures (files that could not be read) are part of `json` and `github`; with the other two they
belong on the error stream, where `render_failures` puts them. Statistics are part of `json`;
`render_statistics` writes them after the other three.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, TextIO

from conclint.report.as_json import render_json
from conclint.report.counts import render_failures, render_statistics, summary
from conclint.report.github import render_github
from conclint.report.layout import ReadSource
from conclint.report.text import render_concise, render_text

if TYPE_CHECKING:
    from conclint.run.result import RunResult

__all__ = ["Format", "ReadSource", "render", "render_failures", "render_statistics", "summary"]


class Format(str, enum.Enum):
    """The names of the formats, as the command line spells them."""

    TEXT = "text"
    CONCISE = "concise"
    JSON = "json"
    GITHUB = "github"

    @property
    def holds_failures(self) -> bool:
        """Whether the report itself names the failures, so that the error stream need not."""
        return self in {Format.JSON, Format.GITHUB}


def _no_source(_path: str) -> str | None:
    return None


def render(
    format: Format | str,  # noqa: A002  the word of the command line
    result: RunResult,
    *,
    stream: TextIO,
    color: bool = False,
    read_source: ReadSource = _no_source,
) -> None:
    """Write `result` to `stream`.

    `color` is heeded by the formats for people. `read_source` takes a path as findings spell it and returns
    the file's text without its byte order mark, or None where it can't be had: then no source line is shown.
    Raises `ValueError` for an unknown format.
    """
    match Format(format):
        case Format.TEXT:
            render_text(result, stream=stream, color=color, read_source=read_source)
        case Format.CONCISE:
            render_concise(result, stream=stream, color=color)
        case Format.JSON:
            render_json(result, stream=stream)
        case Format.GITHUB:
            render_github(result, stream=stream)
