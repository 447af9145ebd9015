"""Uses of names that a library has replaced by others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.model.values import UNKNOWN, Constant, LibraryMethod, Symbol
from conclint.syntax import BindingKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from conclint.knowledge.schema import Deprecated
    from conclint.model.module import ModuleModel


class Outdated(msgspec.Struct, frozen=True):
    """A use of a deprecated name: `use` is the name or attribute, `call` the call it is the function of.

    `changes` are the nodes and texts that would bring it up to date, empty where no simple change does.
    """

    use: cst.Name | cst.Attribute
    call: cst.Call | None
    facts: Deprecated
    changes: tuple[tuple[cst.CSTNode, str], ...]

    @property
    def name(self) -> str:
        """The deprecated name itself."""
        return self.use.attr.value if isinstance(self.use, cst.Attribute) else self.use.value


def find_outdated(module: ModuleModel, names: Collection[str]) -> Iterator[Outdated]:
    """Yield each use of a deprecated function or method of one of these names, in source order of each scope."""
    imported = _imported(module, names)
    for scope in module.scopes:
        for attribute in scope.attributes:
            facts = _deprecated(module, attribute) if attribute.attr.value in names else None
            if facts is not None and not _is_fallback(module, attribute, facts):
                call = _called(module, attribute)
                yield Outdated(attribute, call, facts, _changes(module, attribute, call, facts))
        for name in scope.names:
            if name.value not in imported or not _is_imported(module, name):
                continue
            facts = _deprecated(module, name)
            if facts is not None and not _is_fallback(module, name, facts):
                yield Outdated(name, _called(module, name), facts, _renamed(module, name, facts))


def _imported(module: ModuleModel, names: Collection[str]) -> frozenset[str]:
    """Return what the module calls those of some names that it imports from another."""
    return frozenset(
        name
        for scope in module.scopes
        for name, bindings in scope.bindings.items()
        for binding in bindings
        if binding.kind is BindingKind.IMPORT_FROM and binding.qualified.rpartition(".")[2] in names
    )


def _deprecated(module: ModuleModel, node: cst.Name | cst.Attribute) -> Deprecated | None:
    found: Deprecated | None = None
    for value in module.values(node):
        if value is UNKNOWN or (isinstance(value, Constant) and value.value is None):
            continue
        facts = None
        if isinstance(value, LibraryMethod):
            method = module.knowledge.method(value.receiver.type_name, value.name)
            facts = method.deprecated if method is not None else None
        elif isinstance(value, Symbol) and (function := module.knowledge.function(value.name)) is not None:
            facts = function.deprecated
        if facts is None:
            return None
        found = facts
    return found


def _is_fallback(module: ModuleModel, node: cst.CSTNode, facts: Deprecated) -> bool:
    """Tell whether the old name stands where the new one was looked for and is missing: code for old versions."""
    for inner, outer in module.tree.outwards(node):
        if isinstance(outer, cst.ExceptHandler) and outer.type is not None:
            if "AttributeError" in module.code(outer.type) or "ImportError" in module.code(outer.type):
                return True
        if isinstance(outer, (cst.If, cst.IfExp)) and inner is not outer.test:
            test = module.code(outer.test)
            if "hasattr" in test and facts.use in test:
                return True
    return False


def _is_imported(module: ModuleModel, name: cst.Name) -> bool:
    owner = module.tree.scope_of(name).owner(name.value)
    if owner is None:
        return False
    bindings = owner.bindings.get(name.value, [])
    return len(bindings) == 1 and bindings[0].kind is BindingKind.IMPORT_FROM and bindings[0].node is not name


def _called(module: ModuleModel, node: cst.CSTNode) -> cst.Call | None:
    parent = module.tree.parent(node)
    return parent if isinstance(parent, cst.Call) and parent.func is node else None


def _changes(
    module: ModuleModel, use: cst.Attribute, call: cst.Call | None, facts: Deprecated
) -> tuple[tuple[cst.CSTNode, str], ...]:
    if not facts.attribute:
        return ((use.attr, facts.use),)
    if call is None:
        return ()
    text = f"{module.code(use.value)}.{facts.use}"
    if not call.args:
        return ((call, text),)
    given = call.args[0]
    plain = not given.star and not isinstance(given.value, (cst.NamedExpr, cst.GeneratorExp))
    if len(call.args) == 1 and plain and module.is_discarded(call):
        return ((call, f"{text} = {module.code(given.value)}"),)
    return ()


def _renamed(module: ModuleModel, name: cst.Name, facts: Deprecated) -> tuple[tuple[cst.CSTNode, str], ...]:
    """Rename what is imported, and each use unless the import gives it a name of its own."""
    scope = module.tree.scope_of(name).owner(name.value)
    assert scope is not None
    alias = scope.bindings[name.value][0].node
    assert isinstance(alias, cst.ImportAlias)
    if alias.asname is not None:
        return ((alias.name, facts.use),)
    if any(facts.use in inner.bindings for inner in module.scopes):
        return ()
    uses = [
        other
        for inner in scope.walk()
        for other in inner.names
        if other.value == name.value and inner.owner(name.value) is scope
    ]
    return ((alias.name, facts.use), *((other, facts.use) for other in uses))
