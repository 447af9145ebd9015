"""The first parameter of threads and processes, the unused `group`, which takes what was meant for the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.arguments import has_star
from conclint.model.values import (
    ClassValue,
    Constant,
    FunctionValue,
    LibraryMethod,
    Partial,
    Symbol,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

class GivenGroup(msgspec.Struct, frozen=True):
    """A thread or process whose first parameter, the unused `group`, is given something.

    `arguments` is a second positional argument that is a tuple or list, meant for the target.
    """

    site: Site
    group: cst.Arg
    arguments: cst.Arg | None
    can_rename: bool


def given_groups(module: ModuleModel) -> Iterator[GivenGroup]:
    """Yield the creation sites of threads and processes that give a function, or the only argument, as the group."""
    for site in module.sites_of(Primitive.THREAD, Primitive.PROCESS):
        call = site.call
        if site.facts.parameters[:1] != ("group",) or not call.args or has_star(call):
            continue
        first = call.args[0]
        if first.keyword is not None or not _has_library_constructor(module, site):
            continue
        targets = any(
            argument.keyword is not None and argument.keyword.value == "target" for argument in call.args
        )
        positional = [argument for argument in call.args if argument.keyword is None]
        second = positional[1] if len(positional) > 1 else None
        is_tuple = second is not None and isinstance(second.value, (cst.Tuple, cst.List))
        alone = not targets and (second is None or is_tuple) and site.cls is None
        if _are_callables(module, first.value) or (alone and _is_something(module, first.value)):
            can_rename = not targets and (second is None or (is_tuple and len(positional) == 2))
            yield GivenGroup(site, first, second, can_rename)


def _has_library_constructor(module: ModuleModel, site: Site) -> bool:
    """Tell whether the constructor is the library's: no class of this module comes in between."""
    if site.cls is None:
        return True
    if not module.resolver.is_closed(site.cls):
        return False
    return not any({"__init__", "__new__"} & owner.methods.keys() for owner in module.resolver.mro(site.cls))


def _are_callables(module: ModuleModel, node: cst.BaseExpression) -> bool:
    return all(
        isinstance(value, (FunctionValue, LibraryMethod, Partial, ClassValue))
        or (isinstance(value, Symbol) and module.knowledge.function(value.name) is not None)
        for value in module.values(node)
    )


def _is_something(module: ModuleModel, node: cst.BaseExpression) -> bool:
    """Tell a name, attribute or the like that is not None as far as is known."""
    return not any(isinstance(value, Constant) and value.value is None for value in module.values(node))
