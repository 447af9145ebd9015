"""Arguments for a target that are one value instead of a tuple with that value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.plain_types import literals, plain_type
from conclint.model.values import (
    FunctionValue,
    Instance,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.events import Handover
    from conclint.model.module import ModuleModel
    from conclint.model.values import Value

_NOT_ITERABLE = frozenset(
    {
        Primitive.LOCK,
        Primitive.SEMAPHORE,
        Primitive.CONDITION,
        Primitive.EVENT,
        Primitive.BARRIER,
        Primitive.TIMER,
        Primitive.THREAD,
        Primitive.PROCESS,
        Primitive.QUEUE,
        Primitive.CONNECTION,
    }
)


class BareArguments(msgspec.Struct, frozen=True):
    """A hand-over whose arguments are one value instead of a tuple with that value.

    `harmless` tells a text of one letter, which comes out right when it is spread.
    """

    handover: Handover
    value: cst.BaseExpression
    is_text: bool
    harmless: bool
    text: str


def bare_arguments(module: ModuleModel) -> Iterator[BareArguments]:
    """Yield the hand-overs that give a text, a number or an object that can't be iterated for the arguments."""
    for handover in module.handovers:
        given = handover.arguments
        if given is None or given.star:
            continue
        value = given.value
        plain = plain_type(module, value)
        texts = literals(module, value)
        if plain is None and not texts and not _are_single(module, value):
            continue
        if any(text in ("", b"") for text in texts):
            continue
        is_text = plain in ("str", "bytes")
        letters = bool(texts) and all(isinstance(text, (str, bytes)) and len(text) == 1 for text in texts)
        yield BareArguments(
            handover, value, is_text, letters, module.code(value.with_changes(lpar=(), rpar=()))
        )


def _are_single(module: ModuleModel, node: cst.BaseExpression) -> bool:
    return all(_is_single(module, value) for value in module.values(node))


def _is_single(module: ModuleModel, value: Value) -> bool:
    if isinstance(value, FunctionValue):
        return True
    if not isinstance(value, Instance) or value.facts is None or value.facts.proxy:
        return False
    if value.cls is not None and (
        not module.resolver.is_closed(value.cls)
        or any({"__iter__", "__getitem__"} & owner.methods.keys() for owner in module.resolver.mro(value.cls))
    ):
        return False
    return value.facts.kind in _NOT_ITERABLE
