"""Answers that several askers want and that are found once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

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
        known: dict[int, _Answer] = module.answers[find]  # type: ignore[assignment]
        key = id(function)
        if key not in known:
            known[key] = find(module, function)
        return known[key]

    return asked


def once_per_module(find: Callable[[ModuleModel], _Answer]) -> Callable[[ModuleModel], _Answer]:
    """Let a question about a module be answered once; nobody may change the answer."""

    @functools.wraps(find)
    def asked(module: ModuleModel) -> _Answer:
        known: dict[int, _Answer] = module.answers[find]  # type: ignore[assignment]
        if 0 not in known:
            known[0] = find(module)
        return known[0]

    return asked
