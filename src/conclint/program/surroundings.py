"""What is done in a thread or process where it does not belong."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from conclint.knowledge.schema import Primitive, Where
from conclint.model.words import AccessKind, Base
from conclint.program.contexts import Context, in_order
from conclint.source.naming import is_test

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conclint.program.contexts import Contexts
    from conclint.program.graph import CallGraph
    from conclint.program.races import Races, SharedAccess
    from conclint.program.summary import FunctionFact, ModuleSummary, OperationFact

# What one thread changes here changes for all of them (each function's entry in the Library Reference).
PROCESS_WIDE = {
    "cwd": "the working directory",
    "umask": "the file mode mask",
    "environment": "the environment variables",
    "locale": "the locale",
    "warnings": "the warnings filters",
    "streams": "the standard streams",
    "socket timeout": "the default timeout of sockets",
    "interpreter": "the interpreter's settings",
    "limits": "the limits of the process",
    "user": "the user that the process runs as",
}


class Placed(NamedTuple):
    """An operation with its function and a context in which it does not belong."""

    operation: OperationFact
    function: FunctionFact
    context: Context


class BesideThreads(NamedTuple):
    """An operation of `function` that happens in a `thread`, or while one that the function has started may run."""

    operation: OperationFact
    function: FunctionFact
    thread: Context | None


class Surroundings:
    """Answers about where operations happen."""

    def __init__(self, modules: list[ModuleSummary], graph: CallGraph, contexts: Contexts, races: Races) -> None:
        self._modules = modules
        self._graph = graph
        self._contexts = contexts
        self._races = races

    def placed(
        self, wanted: Callable[[OperationFact], bool], runs: Callable[[Context], bool]
    ) -> Iterator[Placed]:
        """Yield the operations for which `wanted` holds with the first context that runs them for which `runs` does."""
        for function in self._graph.functions.values():
            for operation in function.operations:
                if wanted(operation):
                    context = next(filter(runs, in_order(self._contexts.of(function.key))), None)
                    if context is not None:
                        yield Placed(operation, function, context)

    def process_wide_in_threads(self) -> Iterator[Placed]:
        """Yield what changes the whole process in code that a thread runs beside others.

        What one thread sets for good is a setting for all of them; several such threads set it over and over.
        """
        for found in self.placed(lambda one: one.effect in PROCESS_WIDE and not one.guarded, _in_thread):
            if found.context.many or not found.operation.for_good:
                yield found

    def walks(self) -> Iterator[OperationFact]:
        """Yield the ways through containers of the process, but for tests and for what is done when all others have ended."""
        for function in self._graph.functions.values():
            for operation in function.operations:
                if operation.changed_by and not is_test(operation.place.path):
                    contexts = self._contexts.of(function.key)
                    if not contexts or any(one.root is None or one.root.where is not Where.EXIT for one in contexts):
                        yield operation

    def main_thread_only(self) -> Iterator[Placed]:
        """Yield what only the main thread may do in code that another one runs."""
        yield from self.placed(lambda one: one.main_thread_only and not one.guarded, _in_thread)

    def children_of_daemons(self) -> Iterator[Placed]:
        """Yield what starts a process in code that a daemon process runs."""

        def daemon(context: Context) -> bool:
            return context.in_process and context.root is not None and context.root.daemon

        yield from self.placed(lambda one: one.word == "spawn", daemon)

    def forks_beside_threads(self) -> Iterator[BesideThreads]:
        """Yield the forks, explicit or by a default start method, that happen while a thread of the program may run."""
        yield from self._beside_threads(
            lambda one: one.effect == "fork" or (one.word == "spawn" and one.start_method in ("fork", ""))
        )

    def preexec_beside_threads(self) -> Iterator[BesideThreads]:
        """Yield the children that run code before they become another program, made while a thread may run."""
        yield from self._beside_threads(lambda one: one.word == "preexec")

    def _beside_threads(self, wanted: Callable[[OperationFact], bool]) -> Iterator[BesideThreads]:
        for function in self._graph.functions.values():
            for operation in filter(wanted, function.operations):
                thread = next(filter(_in_thread, in_order(self._contexts.of(function.key))), None)
                if operation.threads or thread is not None:
                    yield BesideThreads(operation, function, thread)

    def started_at_import(self) -> Iterator[tuple[OperationFact, FunctionFact]]:
        """Yield the threads that begin to run when a module is imported that others of the program import."""
        for module in self._modules:
            started = [
                (operation, function)
                for function in module.functions
                for operation in function.operations
                if operation.word == "start" and operation.at_import
                if operation.kind in (Primitive.THREAD, Primitive.TIMER)
            ]
            if started and any(self._imports(importer, module) for importer in self._modules):
                yield from started

    def _imports(self, importer: ModuleSummary, module: ModuleSummary) -> bool:
        """Tell whether a module imports another: a script's neighbours come before what is called the same elsewhere."""
        prefix = f"{module.name}."
        if not any(name == module.name or name.startswith(prefix) for name in importer.imports):
            return False
        neighbours = importer.path.rpartition("/")[0] == module.path.rpartition("/")[0]
        return neighbours or self._graph.linker.module(module.name) is module

    # thread-locals

    def unset_locals(self) -> Iterator[tuple[Placed, OperationFact]]:
        """Yield the reads of thread-local attributes in threads where nothing sets them, with a place that does elsewhere."""
        sets: dict[str, list[tuple[OperationFact, FunctionFact]]] = defaultdict(list)
        gets: dict[str, list[tuple[OperationFact, FunctionFact]]] = defaultdict(list)
        for module in self._modules:
            for function in module.functions:
                for operation in function.operations:
                    if operation.word in ("local set", "local get"):
                        key = f"{module.path}:{operation.name}"
                        (sets if operation.word == "local set" else gets)[key].append((operation, function))
        for key, reads in gets.items():
            if not sets[key]:
                continue
            setters = {one.number for _, function in sets[key] for one in self._contexts.of(function.key)}
            for operation, function in reads:
                contexts = [one for one in in_order(self._contexts.of(function.key)) if _in_thread(one)]
                unset = next((one for one in contexts if one.number not in setters), None)
                if unset is not None and not operation.guarded and not _sets_itself(function, operation):
                    yield Placed(operation, function, unset), sets[key][0][0]

    # processes

    def lost_in_children(self) -> Iterator[tuple[SharedAccess, SharedAccess, Context]]:
        """Yield the writes of globals that only child processes make, each with a read in the parent."""
        for accesses in self._races.variables.values():
            writes = [one for one in accesses if one.kind.writes and one.fact.base is Base.GLOBAL]
            if not writes or not all(one.contexts and all(c.in_process for c in one.contexts) for one in writes):
                continue
            read = next(
                (
                    one
                    for one in accesses
                    if one.kind in (AccessKind.READ, AccessKind.ITERATE)
                    and any(context.in_main for context in one.contexts)
                    and not any(context.in_process for context in one.contexts)
                ),
                None,
            )
            if read is not None:
                for write in writes:
                    yield write, read, in_order(write.contexts)[0]


def _in_thread(context: Context) -> bool:
    return context.in_thread


def _sets_itself(function: FunctionFact, read: OperationFact) -> bool:
    return any(one.word == "local set" and one.name == read.name for one in function.operations)
