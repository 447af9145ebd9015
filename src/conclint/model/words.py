"""Words of the model that rules compare with: no more than enumerations, so that loading a rule costs nothing."""

from __future__ import annotations

import enum


class AccessKind(enum.Enum):
    """How shared state is written.

    A plain store is atomic with and without the GIL. A read-modify-write is not; one that calls something between
    the read and the write loses updates on every CPython, a bare one up to 3.9 and on free-threaded builds.
    """

    STORE = "store"
    UPDATE = "update"
    UPDATE_WITH_CALL = "update with call"
