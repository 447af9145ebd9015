"""Program rules over the summaries of all modules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from conclint.draft import Note, Report
from conclint.rule import ModuleRule, ProgramRule
from conclint.run.check import check_source
from conclint.run.fixes import Fixed
from conclint.run.program import check_program
from conclint.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel
    from conclint.program import ModuleSummary, Program

TEXT = """
import threading
count = 0
def work():
    global count
    count += 1
threading.Thread(target=work).start()
"""


class Writes(ProgramRule):
    """Reports every write of a global."""

    code: ClassVar[str] = "TST101"
    name: ClassVar[str] = "writes"

    def check(self, program: Program) -> Iterator[Report]:
        for accesses in program.races.variables.values():
            for access in accesses:
                if access.kind.writes:
                    yield Report(access.fact.place, "written", (Note(access.fact.place, "here"),))


class Failing(ProgramRule):
    """Fails."""

    code: ClassVar[str] = "TST102"
    name: ClassVar[str] = "failing"

    def check(self, program: Program) -> Iterator[Report]:
        raise LookupError("no such thing")


class OfModules(ModuleRule):
    """Is none for programs."""

    code: ClassVar[str] = "TST103"
    name: ClassVar[str] = "of-modules"

    def check(self, module: ModuleModel) -> Iterator[Report]:
        raise AssertionError("not asked for a program")


def summary(path: str, text: str = TEXT) -> ModuleSummary:
    found = check_source(Source(path, text), []).summary
    assert found is not None
    return found


def test_a_finding_is_placed_in_its_own_module() -> None:
    findings, failures = check_program([summary("b.py"), summary("a.py")], [Writes(), OfModules()])
    assert failures == ()
    assert [(f.path, f.span.line, f.context, f.code) for f in findings] == [
        ("a.py", 6, "work", "TST101"),
        ("b.py", 6, "work", "TST101"),
    ]
    assert [finding.related[0].path for finding in findings] == ["a.py", "b.py"]


def test_places_are_those_of_the_document_around_a_fragment() -> None:
    found = check_source(Source("a.md", TEXT, first_line=20, indent=2), []).summary
    assert found is not None
    ((finding,), _) = check_program([found], [Writes()])
    assert (finding.span.line, finding.span.column) == (25, 7)


def test_a_rule_that_fails_costs_nothing_but_itself() -> None:
    findings, (failure,) = check_program([summary("a.py")], [Failing(), Writes()])
    assert len(findings) == 1
    assert failure.internal
    assert "TST102" in failure.message


def test_without_modules_or_rules_there_is_nothing_to_say() -> None:
    assert check_program([], [Writes()]) == ((), ())
    assert check_program([summary("a.py")], []) == ((), ())


def test_flows_tell_what_each_thread_does_in_order() -> None:
    from conclint.packs import installed_rules

    found = summary(
        "a.py",
        """
import threading
takings = 0
def sell():
    add(3)
def add(sum):
    global takings
    takings += price(sum)
def price(sum): return sum
def main():
    seller = threading.Thread(target=sell)
    seller.start()
    add(4)
    seller.join()
main()
""",
    )
    (finding,) = [one for one in check_program([found], installed_rules())[0] if one.code == "CON401"]
    flows = {flow.thread: [(step.span.line, step.message) for step in flow.steps] for flow in finding.flows}
    assert flows["a thread"] == [
        (11, "handed to a thread here"),
        (5, "'sell' calls 'add' here"),
        (8, "'takings' is changed here"),
    ]
    assert flows["the main thread"][-1] == (8, "'takings' is changed here")


def test_the_fix_of_a_finding_of_the_program_is_applied_to_its_file(tmp_path: Path) -> None:
    from conclint.cli.mend import mended
    from conclint.config import Config
    from conclint.packs import installed_rules
    from conclint.run import engine
    from conclint.run.select import Choice, Selection
    from conclint.run.settings import Settings

    (tmp_path / "threads.py").write_text(
        "import threading\nimport room\nthreading.Thread(target=room.broadcast).start()\n"
        "threading.Thread(target=room.join).start()\n"
    )
    text = "clients = set()\ndef broadcast():\n    for client in clients: print(client)\ndef join():\n    clients.add(1)\n"
    (tmp_path / "room.py").write_text(text)
    settings = Settings(Selection.of(installed_rules(), Config(str(tmp_path)), Choice())[0])
    result = engine.run([str(tmp_path / name) for name in ("room.py", "threads.py")], settings)
    (fixed,) = mended(result, settings, unsafe=True)
    assert isinstance(fixed, Fixed)
    assert fixed.text == text.replace("in clients:", "in list(clients):")
    assert list(mended(result, settings, unsafe=False)) == []


def test_notes_tell_how_a_race_is_reached_that_no_thread_is_seen_to_run() -> None:
    from conclint.packs import installed_rules

    found = summary(
        "a.py",
        """
import threading
class Pool:
    def __init__(self, most):
        self._lock = threading.Lock()
        self._open = 0
        self._most = most
    def take(self):
        return self._make()
    def _make(self):
        return self._connect()
    def _connect(self):
        if self._open >= self._most:
            raise RuntimeError("too many")
        self._open += 1
    def give_back(self):
        with self._lock:
            self._open -= 1
""",
    )
    (finding,) = [one for one in check_program([found], installed_rules())[0] if one.code == "CON402"]
    assert [(note.span.line, note.message) for note in finding.related] == [
        (9, "'Pool.take' calls 'Pool._make' here"),
        (11, "'Pool._make' calls 'Pool._connect' here"),
        (17, "a lock of the class, 'self._lock', is taken here"),
    ]


def test_notes_tell_which_methods_call_one_that_is_there_for_everybody() -> None:
    from conclint.packs import installed_rules

    found = summary(
        "a.py",
        """
import threading
class Pool:
    def __init__(self, most):
        self._lock = threading.Lock()
        self._open = 0
        self._most = most
    def take(self):
        return self.make()
    def make(self):
        if self._open >= self._most:
            raise RuntimeError("too many")
        self._open += 1
    def give_back(self):
        with self._lock:
            self._open -= 1
""",
    )
    (finding,) = [one for one in check_program([found], installed_rules())[0] if one.code == "CON402"]
    assert [(note.span.line, note.message) for note in finding.related] == [
        (9, "'Pool.take' calls 'Pool.make' here"),
        (15, "a lock of the class, 'self._lock', is taken here"),
    ]


def test_notes_tell_how_both_sides_of_a_deadlock_are_reached() -> None:
    from conclint.packs import installed_rules

    found = summary(
        "a.py",
        """
import threading
stove, plates = threading.Lock(), threading.Lock()
def cook():
    prepare()
def prepare():
    with stove:
        with plates: pass
def serve():
    with plates:
        with stove: pass
def main():
    threading.Thread(target=cook).start()
    serve()
main()
""",
    )
    first, _ = [one for one in check_program([found], installed_rules())[0] if one.code == "CON208"]
    assert [(note.span.line, note.message) for note in first.related] == [
        (15, "module code calls 'main' here"),
        (14, "'main' calls 'serve' here"),
        (8, "here 'plates' is taken under 'stove'"),
        (13, "handed to a thread here, and comes to 'prepare' through 'cook'"),
        (5, "'cook' calls 'prepare' here"),
    ]
