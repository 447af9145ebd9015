"""Properties that are worked out once for each object."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

_Value = TypeVar("_Value")


class cached_property(functools.cached_property[_Value]):  # noqa: N801 - named like what it replaces
    """A `functools.cached_property` without its lock, which took longer than most of the answers until Python 3.12."""

    if not TYPE_CHECKING:

        def __get__(self, instance: Any, owner: type | None = None) -> Any:
            if instance is None:
                return self
            value = instance.__dict__[self.attrname] = self.func(instance)
            return value
