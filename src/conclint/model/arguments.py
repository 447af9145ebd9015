"""Finding the arguments of a call by the parameters they are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from conclint.knowledge.schema import Parameter


def argument(call: cst.Call, parameter: Parameter | None) -> cst.Arg | None:
    """Return the argument that a call gives for a parameter, None when it gives none or hides it behind a star."""
    if parameter is None or parameter.rest:
        return None
    position = 0
    starred = False
    for given in call.args:
        if given.keyword is not None:
            if given.keyword.value == parameter.name:
                return given
        elif given.star:
            starred = True
        else:
            if position == parameter.position and not starred:
                return given
            position += 1
    return None


def rest_arguments(call: cst.Call, parameter: Parameter) -> list[cst.Arg]:
    """Return the positional arguments from the parameter's position on, or, without one, all keyword arguments."""
    if parameter.position is None:
        return [given for given in call.args if given.keyword is not None]
    positional = [given for given in call.args if given.keyword is None]
    return positional[parameter.position :]


def has_star(call: cst.Call) -> bool:
    """Tell whether `*args` or `**kwargs` hide what the call hands over."""
    return any(given.star for given in call.args)
