"""Contracts about locks: what a function says of the locks that its caller holds.

`assert self._lock.locked()` counts as held, as Infer's RacerD reads `assertHoldsLock`; so do a name that ends in
`_locked` or `_unlocked`, and a docstring or comment that says "caller must hold the lock".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from conclint.memo import cached_property
from conclint.model.graph import OpKind
from conclint.syntax.children import is_a
from conclint.syntax.walk import dotted_name

if TYPE_CHECKING:
    from conclint.model.definitions import Class, Function
    from conclint.model.locks import Lock, LockNames
    from conclint.model.module import ModuleModel

_SUFFIXES = re.compile(r"\w_(?:(?:un)?locked|no_?lock|lock_held|(?:holding|with|under)_lock)$", re.IGNORECASE)
_ASKING_OR_CHANGING = frozenset(
    {"is", "are", "was", "has", "check", "raise", "if", "when", "while", "until", "wait", "set", "mark", "on", "not"}
)
_LOCK = r"(?!\w*(?:b|c|un|dead)lock)\w*(?:lock|mutex|monitor|semaphore|cond(?:ition)?)(?:s|_\w+)?\b"
_HELD = r"(?:held|acquired|locked|taken|owned)"
# "when the lock object is deleted", "when the lock is released" say nothing of who holds it.
_AS_IT_IS = rf"(?!\W+(?:objects?|instances?)\b)(?!\W+(?:is|are|was|gets|has been) (?!(?:already |still |being )*{_HELD}))"
_HOLDS = r"(?:hold|holds|holding|held|owns?|owning|acquired?|locks?|locked)"
_MUST = r"(?:must|shall|should|needs? to|ha(?:s|ve) to|(?:is|are) (?:assumed|expected|required|supposed) to|will)"
_STATED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bcallers?\b.*\b{_MUST}\b.*\b{_HOLDS}\b",
        r"\bcallers?\W+(?:already |always )?(?:hold|holds|holding|held|owns?|locks|locked)\b",
        r"\b(?:held|locked|acquired) by (?:the |its |our )?callers?\b",
        rf"\b(?:called|invoked|run|executed|used)\b.*\bwith\b.*\b{_LOCK}\W+(?:[\w.]+\W+)?{_HELD}\b",
        rf"\b(?:called|invoked|run|executed|used)\b.*\b(?:under|inside|while|when)\b.*\b{_LOCK}{_AS_IT_IS}",
        rf"\b{_LOCK}\W+{_MUST} (?:already )?be (?:already )?{_HELD}\b",
        rf"\b(?:assum\w+|expects?|requires?|needs?)\b.*\b{_LOCK}\W.*\b{_HELD}\b",
        rf"\b{_MUST} (?:already )?(?:hold|own|have acquired|be holding)\b.*\b{_LOCK}",
        rf"\bcallers? ha(?:s|ve) (?:already )?(?:acquired|obtained|taken|locked)\b.*\b{_LOCK}",
        rf"^\W*(?:with |under )?(?:the |self\.)?{_LOCK}\W+(?:is )?(?:already )?held\W*$",
        r"^\W*(?:requires|holds|locks held|guarded by)\s*:",
    )
)
_CONCERNED = re.compile(r"caller|lock|mutex|monitor|semaphore|cond|^\W*(?:requires|holds|guarded by)\s*:", re.IGNORECASE)
_HINTS = ("lock", "mutex", "monitor", "semaphore", "cond", "hold", "held")
_DENIED = re.compile(r"\b(?:not|never|no|without|nor|cannot|unless|instead)\b|n't\b|before.*\b(?:lock|mutex)", re.IGNORECASE)
_NAMES = re.compile(r"(?:\b(?:self|cls)\.)?\b([A-Za-z_]\w*)")
_LOCKING = re.compile(r"_*(?:synchroni[sz]ed?|synchronised|locked|(?:with|takes|holds)_lock|thread_?safe)", re.IGNORECASE)
_ASSERTIONS = frozenset({"locked", "_is_owned", "is_owned", "is_locked"})
_CALLS_DEEP = 3


class Contracts:
    """Reads the contracts of the functions of one module."""

    def __init__(self, module: ModuleModel, names: LockNames) -> None:
        self._module = module
        self._names = names
        self._assumed: dict[int, frozenset[str]] = {}
        self._of_unknown: set[int] = set()
        self._bases: dict[int, list[str]] = {}

    def assumed(self, function: Function) -> frozenset[str]:
        """Return the keys of the locks that the function says are held when it is entered.

        A contract that does not name its lock means the only one of the class, or of the module where there is no class.
        """
        key = id(function)
        if key not in self._assumed:
            keys = frozenset(lock.key for lock in self._asserted(function, _CALLS_DEEP)) if self._asserts else frozenset()
            if not keys:
                keys = frozenset(self._held_by_framework(function))
            if not keys and (stated := frozenset(lock.key for lock in self._stated(function))):
                keys = stated - self._taken_first(function)
            self._assumed[key] = keys
        return self._assumed[key]

    def assumes_unknown(self, function: Function) -> bool:
        """Tell whether a function says that its caller, or what is put around it, holds a lock that is not in sight."""
        if self.assumed(function) or function.node.__class__ is not cst.FunctionDef:
            return False
        if function.cls is not None and function.cls.name in self._wrapped_classes:
            return True
        return id(function) in self._of_unknown

    @cached_property
    def _asserts(self) -> bool:
        """Whether the module asks for the state of a lock at all."""
        return not self._module.words.isdisjoint(_ASSERTIONS)

    @cached_property
    def _hinted(self) -> bool:
        """Whether the text of the module speaks of locks at all."""
        return _hints(self._module.source.text)

    @cached_property
    def _wrapped_classes(self) -> frozenset[str]:
        """The names of the classes that are handed to what, by its name, puts locks around their methods."""
        if not self._module.says("ynchroni", "hread_safe", "hreadsafe"):
            return frozenset()
        calls = (call for scope in self._module.scopes for call in scope.calls if says_it_locks(dotted_name(call.func)))
        found = {dotted_name(given.value) for call in calls for given in call.args}
        for cls in self._module.classes:
            wrappers = (one.decorator for one in cls.node.decorators)
            if any(says_it_locks(dotted_name(one.func if isinstance(one, cst.Call) else one)) for one in wrappers):
                found.add(cls.name)
        return frozenset(found)

    def _held_by_framework(self, function: Function) -> Iterator[str]:
        """Yield the lock of the object that a framework holds when it calls a method, as `logging` around `Handler.emit`."""
        cls = function.cls
        for base in self._foreign_bases(cls) if cls is not None and cls.node.bases else ():
            override = self._module.knowledge.override(base, function.name)
            if override is not None and override.holds is not None and cls is not None:
                known = self._names.of_class(cls).get(override.holds)
                yield (known or self._names.attribute_of(cls, override.holds)).key

    def _foreign_bases(self, cls: Class) -> list[str]:
        if id(cls) not in self._bases:
            self._bases[id(cls)] = self._module.base_names(cls)
        return self._bases[id(cls)]

    # asserted in code

    def _asserted(self, function: Function, deep: int) -> Iterator[Lock]:
        """Yield the locks whose state the function asserts before it does anything else."""
        if function.node.__class__ is not cst.FunctionDef:
            return
        for statement in _first_statements(function.node):
            if statement.__class__ is cst.Assert:
                yield from self._tested(statement.test)
            elif statement.__class__ is cst.If and _only_raises(statement) and _is_negated(statement.test):
                yield from self._tested(statement.test.expression)  # type: ignore[attr-defined]
            elif statement.__class__ is cst.Expr and statement.value.__class__ is cst.Call and deep > 0:
                locks = list(self._asserted_by(statement.value, deep))
                yield from locks
                if not locks:
                    return
            else:
                return

    def _asserted_by(self, call: cst.Call, deep: int) -> Iterator[Lock]:
        called = self._module.called_function(call)
        if called is None or called.is_generator or called.is_async:
            return
        for lock in self._asserted(called, deep - 1):
            if (seen := self._names.seen_from(call, lock)) is not None:
                yield seen

    def _tested(self, test: cst.BaseExpression) -> Iterator[Lock]:
        if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
            yield from self._tested(test.left)
            yield from self._tested(test.right)
        elif (
            isinstance(test, cst.Call)
            and isinstance(test.func, cst.Attribute)
            and test.func.attr.value in _ASSERTIONS
            and (lock := self._names.lock(test.func.value)) is not None
        ):
            yield lock

    # stated in words

    def _stated(self, function: Function) -> Iterator[Lock]:
        node = function.node
        if node.__class__ is not cst.FunctionDef:
            return
        yield from self._required(function, node)
        sentences = [sentence for sentence in _sentences(node) if _states_contract(sentence)] if self._hinted else []
        if not sentences and not _says_locked(function.name):
            return
        known = self._known(function)
        named = [known[name] for sentence in sentences for name in _NAMES.findall(sentence) if name in known]
        only = self._only_lock(function) if not named else None
        found = named if only is None else [only]
        if not found:
            self._of_unknown.add(id(function))
        yield from found

    def _required(self, function: Function, node: cst.FunctionDef) -> Iterator[Lock]:
        for decorator in node.decorators:
            call = decorator.decorator
            if call.__class__ is cst.Call and dotted_name(call.func).rpartition(".")[2] == "requires":
                known = self._known(function)
                for given in call.args:
                    text = given.value.evaluated_value if isinstance(given.value, cst.SimpleString) else None
                    if isinstance(text, str) and (lock := known.get(text.removeprefix("self."))) is not None:
                        yield lock

    def _known(self, function: Function) -> dict[str, Lock]:
        known = dict(self._names.of_module)
        cls = self._class_of(function)
        if cls is not None:
            known |= self._inherited(cls) | self._names.of_class(cls)
        return known

    def _only_lock(self, function: Function) -> Lock | None:
        cls = self._class_of(function)
        if cls is None:
            locks = self._names.of_module
        else:
            locks = self._names.of_class(cls) or self._inherited(cls) or self._names.of_module
        by_key = {lock.key: lock for lock in locks.values()}
        return next(iter(by_key.values())) if len(by_key) == 1 else None

    def _class_of(self, function: Function) -> Class | None:
        """Return the class of a method, also for a function inside one."""
        return self._module.class_at(function.node.body)  # type: ignore[attr-defined]

    def _inherited(self, cls: Class) -> dict[str, Lock]:
        """Return the locks that a class takes through its own objects, though nothing in sight makes them."""
        found: dict[str, Lock] = {}
        for method in cls.methods.values():
            for statement in method.scope.withs:
                for item in statement.items:
                    node = item.item
                    if isinstance(node, cst.Attribute) and self._names.is_own_object(node.value):
                        if (lock := self._names.lock(node)) is not None:
                            found[node.attr.value] = lock
        return found

    def _taken_first(self, function: Function) -> frozenset[str]:
        """Return the locks that the function itself takes before it gives them back: `get_locked` may do the locking."""
        graph = self._module.graph(function)
        first: dict[str, str] = {}
        for op in graph.ops() if graph is not None else ():
            if op.kind in (OpKind.CALL, OpKind.ENTER, OpKind.EXIT):
                event = self._module.locks.event(op)
                if event is not None:
                    first.setdefault(event[1].key, event[0])
        return frozenset(key for key, what in first.items() if what != "release")


def says_it_locks(name: str) -> bool:
    """Tell a decorator, by its dotted name, that takes a lock around what it decorates."""
    return _LOCKING.fullmatch(name.rpartition(".")[2]) is not None


def _first_statements(node: cst.FunctionDef) -> Iterator[cst.CSTNode]:
    for line in node.body.body:
        statements = line.body if line.__class__ is cst.SimpleStatementLine else (line,)
        for statement in statements:
            if not (statement.__class__ is cst.Expr and is_a(statement.value, cst.BaseString)):
                yield statement


def _only_raises(node: cst.If) -> bool:
    body = node.body.body[0] if len(node.body.body) == 1 else None
    inner = body.body[0] if isinstance(body, cst.SimpleStatementLine) else body
    return node.orelse is None and isinstance(inner, cst.Raise)


def _is_negated(test: cst.BaseExpression) -> bool:
    return isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not)


def _says_locked(name: str) -> bool:
    if "lock" not in name.lower() or _SUFFIXES.search(name) is None:
        return False
    return _ASKING_OR_CHANGING.isdisjoint(name.lower().split("_"))


def _states_contract(sentence: str) -> bool:
    if _CONCERNED.search(sentence) is None:
        return False  # most sentences: each of the forms asks for one of these words
    return any(pattern.search(sentence) for pattern in _STATED) and not _DENIED.search(sentence)


def _docstring(node: cst.FunctionDef) -> str:
    """Return the docstring where it may speak of locks; to evaluate one takes longer than to look."""
    first = node.body.body[0] if node.body.body else None
    first = first.body[0] if first.__class__ is cst.SimpleStatementLine else first
    said = first.value if first.__class__ is cst.Expr else None
    if said.__class__ is cst.SimpleString:
        if not _hints(said.value):
            return ""
    elif said.__class__ is not cst.ConcatenatedString:
        return ""
    text = said.evaluated_value
    return text if isinstance(text, str) else ""


def _hints(text: str) -> bool:
    text = text.lower()
    return any(word in text for word in _HINTS)


def _sentences(node: cst.FunctionDef) -> Iterator[str]:
    """Yield the sentences of the docstring, and of the comments that stand around the first line of the function."""
    text = _docstring(node)
    lines = [*node.leading_lines]
    if node.body.__class__ is cst.IndentedBlock:
        header = node.body.header.comment
        text += f"\n\n{header.value.lstrip('# ')}" if header is not None else ""
        first = node.body.body[0]
        lines += first.leading_lines if first.__class__ is cst.SimpleStatementLine else ()
    comments = " ".join([line.comment.value.lstrip("#! ") for line in lines if line.comment is not None])
    if not _hints(text) and not _hints(comments):
        return
    for paragraph in (*re.split(r"\n\s*\n", text), comments):
        if not _hints(paragraph):
            continue
        for sentence in re.split(r"(?<=[.;!])\s+|\n(?=\s*[A-Z][\w ]*:)", paragraph):
            yield " ".join(sentence.split())
