"""Changes of shared values that other threads or processes can get in between of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.knowledge.schema import Primitive
from conclint.model.arguments import argument
from conclint.model.rewriting import put_under
from conclint.model.values import ClassValue, Constant, Instance
from conclint.syntax import BindingKind
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.draft import Remedy
    from conclint.model.definitions import Class, Function
    from conclint.model.events import Root
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site
    from conclint.syntax import Binding


class LostUpdate(msgspec.Struct, frozen=True):
    """A shared value is read, changed and written back by several at once. `target` is what is written.

    `runners` are who runs this update and who runs the one in `other`, perhaps the same function, meanwhile.
    """

    statement: cst.AugAssign | cst.Assign
    target: cst.Attribute | cst.Subscript
    site: Site
    function: Function
    other: Function
    runners: tuple[Root, ...] = ()

    @property
    def value(self) -> cst.BaseExpression:
        """The shared value itself."""
        return self.target.value


def lost_updates(module: ModuleModel) -> Iterator[LostUpdate]:
    """Yield the updates of synchronized values without any lock, in code that several of the module's own threads or
    processes run with the same value.
    """
    found = list(_updates(module)) if module.sites_of(Primitive.SHARED_VALUE) else []
    for update, roots in found:
        for other, others in found:
            pair = module.runners.together(roots, others) if other.site is update.site else None
            if pair is not None:
                yield msgspec.structs.replace(update, other=other.function, runners=pair)
                break


def _updates(module: ModuleModel) -> Iterator[tuple[LostUpdate, list[Root]]]:
    for function in module.functions:
        roots = module.runners.roots(function)
        for scope in function.scope.walk() if roots else ():
            for store in scope.stores if scope.execution is function.scope else ():
                update = _update(module, store)
                site = _only_site(module, update[1].value) if update is not None else None
                if update is None or site is None or _is_locked(module, function, update[0]):
                    continue
                sharing = [root for root in roots if _is_shared(module, site, root)]
                yield LostUpdate(*update, site, function, function), sharing


def locked_instead(module: ModuleModel, update: LostUpdate) -> Remedy | None:
    """Return the change that puts an update under the value's own lock, None where the line holds more."""
    name, line = dotted_name(update.value), module.tree.parent(update.statement)
    if not name or not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return None
    remedy = put_under(module, line, f"{name}.get_lock()")
    calls = any(isinstance(part, (cst.Call, cst.Await)) for part in descendants(update.statement.value))
    return msgspec.structs.replace(remedy, safe=not calls) if remedy is not None else None


def _update(
    module: ModuleModel, store: Binding
) -> tuple[cst.AugAssign | cst.Assign, cst.Attribute | cst.Subscript] | None:
    """Return the statement that computes a new value from the old one, and its target."""
    target = store.node
    if not isinstance(target, (cst.Attribute, cst.Subscript)) or store.path:
        return None
    if isinstance(target, cst.Subscript) and not _is_common_element(module, target):
        return None
    statement = module.statement_of(target)
    if isinstance(statement, cst.AugAssign):
        return statement, target
    if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
        written = module.code(target)
        read = (part for part in descendants(statement.value) if part.__class__ is target.__class__)
        if any(module.code(part) == written for part in read):
            return statement, target
    return None


def _is_common_element(module: ModuleModel, target: cst.Subscript) -> bool:
    """Tell an element that is the same one for all who run this code: by a literal index, or all in their turn."""
    index = target.slice[0].slice
    if len(target.slice) != 1 or not isinstance(index, cst.Index):
        return False
    if isinstance(index.value, cst.Name):
        owner = module.tree.scope_of(index.value).owner(index.value.value)
        bindings = owner.bindings.get(index.value.value, []) if owner is not None else []
        return bool(bindings) and all(_goes_over_all(module, binding) for binding in bindings)
    return all(isinstance(value, Constant) for value in module.values(index.value))


def _goes_over_all(module: ModuleModel, binding: Binding) -> bool:
    """Tell `for i in range(10)` and `for i in range(len(a))`."""
    call = binding.value
    if binding.kind is not BindingKind.ITERATE or not isinstance(call, cst.Call) or len(call.args) != 1:
        return False
    if module.symbol(call.func) != "builtins.range":
        return False
    end = call.args[0].value
    if isinstance(end, cst.Call):
        return module.symbol(end.func) == "builtins.len"
    return isinstance(end, cst.Integer)


def _only_site(module: ModuleModel, value: cst.BaseExpression) -> Site | None:
    """Return where a synchronized value was made, if it can be seen and makes one value for all."""
    made = [one for one in module.values(value) if isinstance(one, Instance)]
    if len(made) != 1 or (site := made[0].site) is None or site.kind is not Primitive.SHARED_VALUE:
        return None
    if module.knowledge.with_events(site.type_name)[0] is None or module.repeats(site.call):
        return None
    lock = argument(site.call, site.facts.guarded_by)
    unlocked = lock is not None and isinstance(lock.value, cst.Name) and lock.value.value == "False"
    return None if unlocked else site


def _is_shared(module: ModuleModel, site: Site, root: Root) -> bool:
    """Tell whether all runs of a root get to the same value: one that an object has is shared if the object is."""
    maker = module.function_of(site.scope)
    if maker is None or maker.cls is None:
        return True
    receiver = root.node.value.value if isinstance(root.node, cst.Arg) and isinstance(root.node.value, cst.Attribute) else None
    if receiver is None:
        return False
    starter = module.function_at(receiver)
    if starter is not None and starter.receiver_name == dotted_name(receiver):
        return True
    makers = [call for scope in module.scopes for call in scope.calls if _makes(module, call, maker.cls)]
    return len(makers) == 1 and not module.repeats(makers[0])


def _makes(module: ModuleModel, call: cst.Call, cls: Class) -> bool:
    made = (value.cls for value in module.values(call.func) if isinstance(value, ClassValue))
    return any(cls in module.resolver.mro(one) for one in made)


def _is_locked(module: ModuleModel, function: Function, statement: cst.CSTNode) -> bool:
    """Tell whether any lock is held at an update, here or, as far as is seen, by whoever calls the function."""
    target = statement.targets[0].target if isinstance(statement, cst.Assign) else statement
    return bool(module.locks.held_at(function).get(id(target)) or module.runners.held_on_entry(function))
