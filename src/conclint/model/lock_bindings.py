"""Where the lock of a class, its objects or the module is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conclint.model.definitions import Class
    from conclint.model.locks import Lock
    from conclint.model.module import ModuleModel
    from conclint.syntax import Binding


def bindings_of_lock(module: ModuleModel, cls: Class | None, lock: Lock) -> list[Binding]:
    """Return what binds a lock that code of `cls` takes: a global, or an attribute of the class, a base or their objects.

    Empty for locks that are looked up, passed in, or belong to something else.
    """
    if lock.key.startswith("global "):
        name, root = lock.key.removeprefix("global "), module.tree.root
        return [*root.bindings.get(name, ()), *module.resolver.rebound_elsewhere(name, root)]
    owner, _, name = lock.key.rpartition(".")
    for one in module.resolver.mro(cls) if cls is not None else ():
        if one.qualified_name == owner:
            return list(one.attributes.get(name, ()))
    return []
