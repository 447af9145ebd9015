"""Objects whose threads stay behind in the old process when it forks, though others of their package look out for that."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from conclint.knowledge.schema import Domain, Primitive, Where
from conclint.memo import cached_property

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.draft import Place
    from conclint.program.graph import CallGraph
    from conclint.program.summary import CallFact, ClassFact, FunctionFact, OperationFact, RootFact

_REGISTERS = frozenset({"os.register_at_fork", "multiprocessing.util.register_after_fork"})
_LOOKS_OUT = _REGISTERS | {"os.getpid"}


class LeftBehind(msgspec.Struct, frozen=True):
    """An executor that the constructor of `cls` makes at `made`, and that `used` gives work to, after a fork too.

    `sibling` is a class of the same package, for whose objects `handled` does something at each fork.
    """

    cls: ClassFact
    label: str
    made: Place
    used: OperationFact
    sibling: ClassFact
    handled: Place


class Forked:
    """Answers about what becomes of the threads that objects have, in a process that is forked."""

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._linker = graph.linker

    def left_behind(self) -> Iterator[LeftBehind]:
        """Yield the executors made by constructors alone, in a package one of whose classes sees to forks."""
        if not self._handlers:
            return
        told: set[str] = set()
        for function in self._graph.functions.values():
            for operation in function.operations:
                cls = operation.object.rpartition(".")[0]
                if operation.object not in told and cls in self._linker.classes and _gives_work(operation):
                    told.add(operation.object)
                    made, evidence = self._made_once(cls, operation), self._sibling(cls)
                    if made is not None and evidence is not None and not self._sees_to_forks(cls):
                        yield LeftBehind(self._linker.classes[cls], operation.label, made, operation, *evidence)

    @cached_property
    def _methods(self) -> dict[str, list[FunctionFact]]:
        found: dict[str, list[FunctionFact]] = defaultdict(list)
        for function in self._graph.functions.values():
            if function.owner:
                found[function.owner].append(function)
        return found

    @cached_property
    def _roots(self) -> list[tuple[RootFact, str]]:
        """What is done at forks, each with the class whose method has it done."""
        made = ((root, self._graph.functions.get(root.made_in)) for _, root in self._graph.roots if root.where is Where.FORK)
        return [
            (root, function.owner)
            for root, function in made
            if function is not None and any(call.symbol in _REGISTERS for call in function.calls)
        ]

    @cached_property
    def _handlers(self) -> dict[str, Place]:
        """The classes that have threads and something done at each fork."""
        return {
            owner: root.place
            for root, owner in self._roots
            if any(_has_threads(one) for method in self._methods[owner] for one in method.operations)
        }

    def _family(self, cls: str) -> set[str]:
        return {*self._linker.order(cls), *self._linker.subclasses(cls)}

    def _sees_to_forks(self, cls: str) -> bool:
        """Tell a class that looks out for forks itself, or whose module or owner does so for it."""
        family = self._family(cls)
        makers = {
            self._graph.functions[edge.caller].owner
            for edge in self._graph.callers.get(self._linker.method(cls, "__init__"), ())
        }
        for root, owner in self._roots:
            of_module = not owner and root.place.path == cls.partition(":")[0]
            if of_module or (owner and owner in family | makers):
                return True
        return any(call.symbol in _LOOKS_OUT for one in family for call in self._calls(one))

    def _calls(self, cls: str) -> Iterator[CallFact]:
        for method in self._methods.get(cls, ()):
            yield from method.calls

    def _made_once(self, cls: str, operation: OperationFact) -> Place | None:
        """Return where an executor is made, by the constructor, if no other method of the family makes one."""
        kind = operation.name.rpartition(".")[0]
        makers = [
            (method.is_constructor, call.place)
            for one in sorted(self._family(cls))
            for method in self._methods.get(one, ())
            for call in method.calls
            if call.symbol == kind
        ]
        return makers[0][1] if len(makers) == 1 and makers[0][0] else None

    def _sibling(self, cls: str) -> tuple[ClassFact, Place] | None:
        """Return another class of the same package that has its threads seen to at forks."""
        home = self._linker.home(cls)
        others = (other for other in sorted(self._handlers) if self._linker.home(other) == home)
        return next(((self._linker.classes[other], self._handlers[other]) for other in others), None)


def _gives_work(operation: OperationFact) -> bool:
    return operation.word == "submit" and _is_pool(operation)


def _is_pool(operation: OperationFact) -> bool:
    return operation.kind is Primitive.EXECUTOR and operation.domain is Domain.THREAD


def _has_threads(operation: OperationFact) -> bool:
    starts = operation.word == "start" and operation.kind in (Primitive.THREAD, Primitive.TIMER)
    return starts or _gives_work(operation)
