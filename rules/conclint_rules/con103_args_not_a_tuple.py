"""CON103 args-not-a-tuple."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Change, Remedy, Report
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel


class ArgsNotATuple(ModuleRule):
    """The arguments for a target are given as one value instead of a tuple.

    ## Why
    `args` holds all positional arguments of the target. Parentheses alone make no tuple: `args=("abc")` is a string,
    which is spread letter by letter, and `args=(3)` or `args=(lock)` can't be spread and raises TypeError, in the new
    thread or when the process is made. True of every version of Python (Library Reference, threading, "Thread
    objects": "args is a list or tuple of arguments for the target invocation"). A text of one letter happens to come
    out right, and is a warning.

    ## How to fix
    Add the comma that makes the tuple: `args=(path,)`.

    ## What is missed
    Names of which it is not known what they hold, for they may well hold a tuple. The empty text is left alone.

    ## Fix safety
    Safe: the call without the comma hands over something else than one argument.
    """

    code: ClassVar[str] = "CON103"
    name: ClassVar[str] = "args-not-a-tuple"

    def check(self, module: ModuleModel) -> Iterator[Report]:
        from conclint.model.bare_arguments import bare_arguments

        for found in bare_arguments(module):
            text = " ".join(found.text.split())
            label = text if len(text) <= 40 else f"{text[:37]}..."
            if found.is_text:
                message = f"the arguments are the text '{label}', which is spread letter by letter"
            else:
                message = f"the arguments are '{label}', which is no tuple and can't be spread"
            text = f"{found.text}," if found.value.lpar else f"({found.text},)"
            remedy = Remedy("make a tuple of it", (Change(found.value, text),), safe=True)
            severity = Severity.WARNING if found.harmless else None
            yield Report(found.value, message, remedy=remedy, severity=severity)
