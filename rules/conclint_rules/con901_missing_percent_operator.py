"""CON901 missing-percent-operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Change, Remedy, Report
from conclint.rule import ModuleRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel
    from conclint.model.string_calls import StringCall


class MissingPercentOperator(ModuleRule):
    """A string is called like a function: the `%` between a format and its values is missing, or a comma.

    ## Why
    `'%s--%d' (name, count)` is a call, and a string can't be called: TypeError, in the line that was to show
    what a thread does, and in that thread, which ends there. In a worker of a pool the error surfaces with the
    result, or never. (Language Reference, 6.3.4 "Calls"; the compiler warns since Python 3.8, "'str' object is not
    callable; perhaps you missed a comma?", but only when the file is compiled anew.)

    ## How to fix
    Write the operator, `'%s--%d' % (name, count)`, or, better, `f'{name}--{count}'`. Where the string holds no
    conversions, write the comma that separates it from what follows.

    ## What is missed
    Strings that are called through a name: `template (name, count)`.

    ## Fix safety
    Safe: the line could only raise. The fix is offered where the string has a place for each value; one value becomes
    a tuple, `% (name,)`, so that it may be one itself.
    """

    code: ClassVar[str] = "CON901"
    name: ClassVar[str] = "missing-percent-operator"

    def check(self, module: ModuleModel) -> Iterator[Report]:
        from conclint.model.string_calls import string_calls

        for found in string_calls(module):
            remedy = None
            if found.repaired is not None:
                remedy = Remedy("put '%' between the two", (Change(found.call, found.repaired),), safe=True)
            yield Report(found.call, f"{module.label(found.call.func)} {_sentence(found)}", remedy=remedy)


def _sentence(found: StringCall) -> str:
    if not found.is_format:
        return "is a string and called like a function, a comma is missing before the '('"
    wanted, given = found.conversions, found.values
    sentence = "is a format and called like a function, the operator '%' is missing before the '('"
    if wanted is None or given is None or wanted == given:
        return sentence
    return f"{sentence}, and it has {_counted(wanted, 'conversion')} for {_counted(given, 'value')}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
