"""What can't be pickled, and so can't be sent to another process.

"What can be pickled and unpickled?" in the Library Reference: functions and classes go by their qualified name, which
has to lead to them from the top level of their module; objects go with their attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from conclint.knowledge.schema import Primitive, Transfer
from conclint.model.values import ClassValue, FunctionValue, Instance, Partial
from conclint.syntax import BindingKind

if TYPE_CHECKING:
    from conclint.model.definitions import Class, Function
    from conclint.model.module import ModuleModel
    from conclint.model.values import Value
    from conclint.syntax import Binding

_OPENS_FILE = frozenset({"builtins.open", "io.open", "codecs.open", "tempfile.TemporaryFile", "tempfile.NamedTemporaryFile"})
_OWN_WAY = frozenset({"__reduce__", "__reduce_ex__", "__getstate__", "__getnewargs__", "__getnewargs_ex__", "__slots__"})
_DEEPEST = 3


def unpicklable(module: ModuleModel, node: cst.BaseExpression) -> str | None:
    """Return in words what `node` surely is that can't be pickled, None when it may be something else."""
    if (made := _made(module, node)) is not None:
        return made
    found = [_why(module, value) for value in module.values(node)]
    return found[0] if None not in found else None


def _made(module: ModuleModel, node: cst.BaseExpression) -> str | None:
    """Tell generators and open files by the expressions that make them."""
    found = [_made_by(module, origin) for origin in _origins(module, node)]
    return found[0] if found and None not in found else None


def _origins(module: ModuleModel, node: cst.BaseExpression) -> list[cst.CSTNode | None]:
    """Return the expressions that a local variable is bound to, or else the expression itself; None: something else."""
    if not isinstance(node, cst.Name):
        return [node]
    owner = module.tree.scope_of(node).owner(node.value)
    if owner is None:
        return []
    bindings: list[Binding] = owner.bindings[node.value]
    if len(bindings) > 1:
        bindings = module.resolver.reaching(node, owner) or bindings
    plain = (BindingKind.ASSIGN, BindingKind.ENTER)
    return [binding.value if binding.kind in plain and not binding.path else None for binding in bindings]


def _made_by(module: ModuleModel, node: cst.CSTNode | None) -> str | None:
    if isinstance(node, cst.GeneratorExp):
        return "a generator"
    if not isinstance(node, cst.Call):
        return None
    if module.symbol(node.func) in _OPENS_FILE:
        return "an open file"
    called = module.called_function(node)
    if called is None or not called.is_generator or called.is_async or called.decorators:
        return None
    return f"the generator that '{called.name}' makes"


def _why(module: ModuleModel, value: Value, depth: int = 0) -> str | None:
    if isinstance(value, Partial):
        return _why(module, value.target, depth)
    if isinstance(value, FunctionValue):
        return _function(module, value, depth)
    if isinstance(value, ClassValue):
        return _local(value.cls, "class") if not value.cls.node.decorators else None
    if isinstance(value, Instance):
        return _instance(module, value, depth)
    return None


def _function(module: ModuleModel, value: FunctionValue, depth: int) -> str | None:
    function = value.function
    if isinstance(function.node, cst.Lambda):
        return "a lambda"
    if isinstance(value.receiver, Instance) and not function.has_decorator("classmethod", "staticmethod"):
        return _instance(module, value.receiver, depth)
    return _local(function, "function") if not function.decorators else None


def _local(definition: Function | Class, what: str) -> str | None:
    """Tell a definition inside of a function, which its qualified name does not lead to."""
    around, _, _ = definition.qualified_name.rpartition(".<locals>")
    outer = definition.scope.parent
    if not around or (outer is not None and definition.name in outer.global_names):
        return None
    return f"the {what} '{definition.name}', which is defined inside '{around.rpartition('.')[2]}'"


def _instance(module: ModuleModel, value: Instance, depth: int) -> str | None:
    if value.cls is None:
        if value.facts is None or value.facts.transfer is not Transfer.NEVER or value.facts.kind is Primitive.QUEUE:
            return None
        kind = value.facts.kind.value
        return f"an {kind}" if kind[0] in "aeio" else f"a {kind}"
    classes = module.resolver.mro(value.cls)
    if not module.resolver.is_closed(value.cls) or any(_OWN_WAY & (c.methods.keys() | c.attributes.keys()) for c in classes):
        return None
    if (local := _local(value.cls, "class")) is not None:
        return f"an object of {local}"
    if value.facts is not None or depth >= _DEEPEST:
        return None  # how a library's class is pickled, and what it adds to its objects, is its own affair
    for cls in classes:
        for name, bindings in cls.attributes.items():
            held = _held(module, bindings, depth + 1)
            if held is not None:
                return f"an object of '{value.cls.name}', whose attribute '{name}' is {held}"
    return None


def _held(module: ModuleModel, bindings: list[Binding], depth: int) -> str | None:
    """Return what the attribute of every object of a class surely is that can't be pickled."""
    if not all(isinstance(binding.node, cst.Attribute) and not binding.path for binding in bindings):
        return None  # an attribute of the class is not pickled with its objects
    if not any(_is_always_set(module, binding) for binding in bindings):
        return None
    found: list[str | None] = []
    for binding in bindings:
        if binding.kind is not BindingKind.ASSIGN or not isinstance(binding.value, cst.BaseExpression):
            return None
        made = _made(module, binding.value)
        found += [made] if made is not None else [_why(module, value, depth) for value in module.values(binding.value)]
    return found[0] if found and None not in found else None


def _is_always_set(module: ModuleModel, binding: Binding) -> bool:
    """Tell a store that each run of `__init__` comes by."""
    function = module.function_of(binding.scope)
    statement = module.statement_of(binding.node)
    line = module.tree.parent(statement) if statement is not None else None
    if function is None or function.name != "__init__" or line is None:
        return False
    return module.tree.parent(line) is function.node.body  # type: ignore[attr-defined]
