"""Executors that a function makes anew for each call and never shuts down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.draft import Change, Remedy
from conclint.knowledge.schema import Primitive
from conclint.model.arguments import argument
from conclint.model.escape import Escape, Way, fate_of
from conclint.model.flow import can_return
from conclint.model.results import is_unasked
from conclint.model.rewriting import last_comment, one_deeper, variable_of
from conclint.model.values import LibraryMethod
from conclint.syntax import BindingKind
from conclint.syntax.children import descendants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conclint.model.definitions import Function
    from conclint.model.escape import Fate
    from conclint.model.module import ModuleModel
    from conclint.model.values import Site

_RUN_ONCE = frozenset({"main", "_main", "amain"})


class LeftExecutor(msgspec.Struct, frozen=True):
    """An executor that `function`, or a loop in it if `in_loop`, makes again and again. `name` is its variable, if any."""

    site: Site
    name: str
    function: Function
    in_loop: bool
    fate: Fate


def left_executors(module: ModuleModel) -> Iterator[LeftExecutor]:
    """Yield the executors that are made per call or in a loop, that nobody else gets to see, and nobody shuts down."""
    for site in module.sites_of(Primitive.EXECUTOR):
        function = module.function_at(site.call)
        if function is None or site.cls is not None or module.knowledge.with_events(site.type_name)[1] != "shutdown":
            continue
        in_loop = module.repeats(site.call)
        if not in_loop and (not function.scope.is_callable or function.name in _RUN_ONCE):
            continue
        graph = module.graph(function)
        if graph is None or not (in_loop or can_return(graph)):
            continue
        fate = fate_of(module, site.call)
        if fate.captured or fate.used("with", *_ends(module, site)) or not (fate.uses or fate.escapes):
            continue
        handles = [fate_of(module, use.node) for use in fate.uses if isinstance(use.node, cst.Call)]
        if any(escape.way is not Way.PASSED for handle in handles for escape in handle.escapes):
            continue  # somebody else waits for the tasks, and a `with` would keep the function from returning
        if handles and all(_is_waited_out(module, handle) for handle in handles):
            continue  # its workers have nothing to do, and end when the function lets go of it
        name = variable_of(module, site.call)
        if all(_only_lends(module, escape) for escape in fate.escapes) and not _is_deleted(site, name):
            yield LeftExecutor(site, name, function, in_loop, fate)


def _is_deleted(site: Site, name: str) -> bool:
    """Tell whether the code lets go of an executor by `del`, which shuts it down when nobody else has it."""
    owner = site.scope.owner(name)
    return owner is not None and any(binding.kind is BindingKind.DELETE for binding in owner.bindings[name])


def _ends(module: ModuleModel, site: Site) -> tuple[str, ...]:
    methods = module.knowledge.methods(site.type_name)
    return tuple(name for name, method in methods.items() if method.event in ("terminate", "kill", "shutdown"))


def _only_lends(module: ModuleModel, escape: Escape) -> bool:
    """Tell whether an executor is only handed to a call that has it run something: `loop.run_in_executor(executor, f)`."""
    given = module.tree.parent(escape.node)
    call = module.tree.parent(given) if isinstance(given, cst.Arg) else None
    if escape.way is not Way.PASSED or not isinstance(call, cst.Call):
        return False
    return any(
        handover.call is call and argument(call, handover.runs.executor) is given for handover in module.handovers
    )


# the fix


def with_block(module: ModuleModel, left: LeftExecutor) -> Remedy | None:
    """Return the change that puts what uses an executor into a `with` block, None where that is not simple.

    It is safe where the function waits for all tasks anyway.
    """
    assign = module.tree.parent(left.site.call)
    line = module.tree.parent(assign) if assign is not None else None
    block = module.tree.parent(line) if line is not None else None
    if not left.name or not isinstance(line, cst.SimpleStatementLine) or not isinstance(block, cst.IndentedBlock):
        return None
    handles = [use.node for use in left.fate.uses if isinstance(use.node, cst.Call)]
    names = left.fate.variables.union(*(fate_of(module, handle).variables for handle in handles))
    body: Sequence[cst.CSTNode] = block.body
    start = next(index for index, each in enumerate(body) if each is line) + 1
    users = [index for index in range(start, len(body)) if names & _names(body[index])]
    if len(line.body) != 1 or not users:
        return None
    inside = body[start : users[-1] + 1]
    text, comment = one_deeper(module, inside), last_comment(inside[-1])
    if text is None or comment is None:
        return None
    header = f"with {module.code(left.site.call)} as {left.name}:{module.code(line.trailing_whitespace)}"
    change = Change(line, header + text.removesuffix(comment).rstrip(), inside[-1])
    safe = not left.fate.escapes and all(_is_waited_for(module, handle, inside) for handle in handles)
    return Remedy("shut the executor down by a 'with' block", (change,), safe=safe)


def _names(statement: cst.CSTNode) -> set[str]:
    return {node.value for node in descendants(statement) if isinstance(node, cst.Name)}


def _is_waited_for(module: ModuleModel, call: cst.Call, inside: Sequence[cst.CSTNode]) -> bool:
    """Tell whether some statements ask for all outcomes of what an executor was given."""
    if not any(isinstance(value, LibraryMethod) for value in module.values(call.func)):
        return False
    fate = fate_of(module, call)
    if is_unasked(fate) or not all(_waits(module, escape) for escape in fate.escapes):
        return False
    asked = [use.node for use in fate.uses] + [escape.node for escape in fate.escapes]
    return all(any(at in inside for at in module.tree.ancestors(node)) for node in asked)


def _is_waited_out(module: ModuleModel, handle: Fate) -> bool:
    """Tell a task for whose end `concurrent.futures.wait` waits, which raises nothing of what became of it."""
    given = [module.tree.parent(escape.node) for escape in handle.escapes if escape.way is Way.PASSED]
    calls = [module.tree.parent(one) for one in given if isinstance(one, cst.Arg)]
    return any(
        isinstance(call, cst.Call)
        and module.symbol(call.func) == "concurrent.futures.wait"
        and all(arg.keyword is None or "ALL_COMPLETED" in module.code(arg.value) for arg in call.args)
        for call in calls
    )


def _waits(module: ModuleModel, escape: Escape) -> bool:
    given = module.tree.parent(escape.node)
    call = module.tree.parent(given) if isinstance(given, cst.Arg) else None
    symbol = module.symbol(call.func) if escape.way is Way.PASSED and isinstance(call, cst.Call) else None
    if symbol is None:
        return False
    facts = module.knowledge.function(symbol)
    return symbol.startswith("builtins.") or (facts is not None and facts.consumes is not None)
