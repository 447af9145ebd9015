"""Answers that several askers want and that are found once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from conclint.model.definitions import Function
    from conclint.model.module import ModuleModel

_Answer = TypeVar("_Answer")


def once_per_function(
    find: Callable[[ModuleModel, Function], _Answer],
) -> Callable[[ModuleModel, Function], _Answer]:
    """Let a question about a function of a module be answered once; nobody may change the answer."""

    @functools.wraps(find)
    def asked(module: ModuleModel, function: Function) -> _Answer:
        key = find, id(function)
        if key not in module.answers:
            module.answers[key] = find(module, function)
        return cast("_Answer", module.answers[key])

    return asked
