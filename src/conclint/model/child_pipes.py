"""Pipes to child processes that nobody empties while the parent waits for the child's end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import msgspec

from conclint.draft import Change, Remedy
from conclint.knowledge.parameter import Parameter
from conclint.knowledge.schema import Primitive
from conclint.model.arguments import argument, has_star
from conclint.model.escape import Way, fate_of
from conclint.model.graph import OpKind
from conclint.model.paths import explore
from conclint.syntax.children import descendants
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conclint.model.escape import Fate
    from conclint.model.graph import Op
    from conclint.model.module import ModuleModel
    from conclint.model.paths import Facts, State

_OUTPUTS = (Parameter("stdout", 4), Parameter("stderr", 5))
_PIPES = ("subprocess.PIPE", "asyncio.subprocess.PIPE")
_ONLY_WAIT = ("subprocess.call", "subprocess.check_call")
_ENDING = frozenset({"communicate", "terminate", "kill", "send_signal"})
_SIGNALLING = ("os.kill", "os.killpg")
_TEXT = frozenset({"text", "encoding", "errors", "universal_newlines", "stdin"})


class FullPipe(msgspec.Struct, frozen=True):
    """`wait` waits for the end of the child that `start` started, and nobody has read from its `pipe`."""

    wait: cst.Call
    pipe: str
    start: cst.Call
    fate: Fate


def unread_pipes(module: ModuleModel) -> Iterator[FullPipe]:
    """Yield the waits for children, in the function that starts them, before their output is read in any way.

    Children of which other code gets hold, and those that are told to end, are left alone.
    """
    told: set[int] = set()
    for site in module.sites_of(Primitive.SUBPROCESS):
        piped = frozenset(str(one.name) for one in _OUTPUTS if _is_pipe(module, argument(site.call, one)))
        if not piped or has_star(site.call) or site.cls is not None:
            continue
        parent = module.tree.parent(site.call)
        fate = fate_of(module, parent if isinstance(parent, cst.Await) else site.call)
        if fate.captured or fate.escapes_but(Way.GLOBAL):
            continue
        for found in _followed(module, site.call, piped, fate):
            if id(found.wait) not in told:
                told.add(id(found.wait))
                yield found


def piped_calls(module: ModuleModel) -> Iterator[tuple[cst.Call, cst.Arg]]:
    """Yield the calls of functions that do nothing but wait for a child, with the output that goes to a pipe."""
    for scope in module.scopes:
        for call in scope.calls:
            if dotted_name(call.func).endswith("call") and module.symbol(call.func) in _ONLY_WAIT:
                for one in _OUTPUTS:
                    given = argument(call, one)
                    if given is not None and _is_pipe(module, given):
                        yield call, given


def communicate_instead(module: ModuleModel, found: FullPipe) -> Remedy | None:
    """Return the change of `wait()` to `communicate()` where neither the status nor the output is asked for there."""
    func = found.wait.func
    waited = module.tree.parent(found.wait) if isinstance(module.tree.parent(found.wait), cst.Await) else found.wait
    if not isinstance(func, cst.Attribute) or waited is None or not module.is_discarded(waited):
        return None
    if found.fate.used("stdin", "stdout", "stderr", "communicate"):
        return None
    given = {one.keyword.value for one in found.start.args if one.keyword is not None}
    call = f"{module.code(func.value)}.communicate()"
    return Remedy("read to the end with 'communicate()'", (Change(found.wait, call),), safe=not given & _TEXT)


def nowhere_instead(given: cst.Arg) -> Remedy | None:
    """Return the change of `PIPE`, to which output goes that nobody can read, to `DEVNULL`."""
    if not isinstance(given.value, cst.Attribute):
        return None
    text = f"{dotted_name(given.value.value)}.DEVNULL"
    return Remedy("throw the output away with 'DEVNULL'", (Change(given.value, text),), safe=True)


def _is_pipe(module: ModuleModel, given: cst.Arg | None) -> bool:
    return given is not None and module.symbol(given.value) in _PIPES


def _followed(module: ModuleModel, start: cst.Call, piped: frozenset[str], fate: Fate) -> Iterator[FullPipe]:
    """Follow the ways from the start of a child to its waits; the state is the set of pipes not read from so far."""
    function = module.function_at(start)
    graph = module.graph(function) if function is not None else None
    if graph is None:
        return
    read = {id(use.node): use.name for use in fate.used("stdout", "stderr")}
    ended = {id(use.node) for use in fate.uses if use.name in _ENDING}
    ended |= {id(call) for use in fate.used("pid") for call in _signals_to(module, use.node)}
    waits = {id(use.node): use.node for use in fate.uses if _waits_for_ever(module, use.name, use.node)}

    def step(op: Op, state: State) -> list[tuple[State, tuple[tuple[str, bool], ...]]] | None:
        unread: frozenset[str] = state  # type: ignore[assignment]
        if op.kind is OpKind.CALL and op.node is start:
            return [(piped, ())]
        if op.kind is OpKind.LOAD and id(op.node) in read:
            return [(unread - {read[id(op.node)]}, ())]
        return [(frozenset(), ())] if op.kind is OpKind.CALL and id(op.node) in ended else None

    exploration = explore(graph, frozenset(), step, module.conditions)
    if not exploration.complete or (not waits):
        return
    found: dict[int, FullPipe] = {}

    def see(op: Op, states: Mapping[State, Facts]) -> None:
        if op.kind is OpKind.CALL and id(op.node) in waits:
            for unread in states:
                for pipe in sorted(unread, reverse=True):  # type: ignore[call-overload]
                    assert isinstance(op.node, cst.Call)
                    found.setdefault(id(op.node), FullPipe(op.node, pipe, start, fate))

    exploration.visit(see)
    yield from found.values()


def _signals_to(module: ModuleModel, pid: cst.CSTNode) -> Iterator[cst.Call]:
    """Yield the call that sends a signal to the process of a number, or to its group."""
    for outer in module.tree.ancestors(pid):
        if isinstance(outer, cst.BaseStatement):
            return
        if isinstance(outer, cst.Call) and module.symbol(outer.func) in _SIGNALLING:
            yield outer


def _waits_for_ever(module: ModuleModel, name: str, node: cst.CSTNode) -> bool:
    """Tell `p.wait()` without a timeout, and the `p.poll()` of a loop that has no other way out."""
    if not isinstance(node, cst.Call) or node.args or name not in ("wait", "poll"):
        return False
    if name == "wait":
        return True
    loop = module.inside(node, cst.While)
    if loop is None or not any(part is node for part in descendants(loop.test)):
        return False
    if isinstance(loop.test, cst.BooleanOperation):
        return False
    leaving = (cst.Break, cst.Return, cst.Raise, cst.Yield, cst.Await)
    return not any(isinstance(part, leaving) or _reads(part) for part in descendants(loop.body))


def _reads(part: cst.CSTNode) -> bool:
    return isinstance(part, cst.Attribute) and part.attr.value in ("stdout", "stderr", *_ENDING)
