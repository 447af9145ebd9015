"""Objects that a class is given, known by what is asked of them."""

from __future__ import annotations

import msgspec
import pytest
from modelling import model_of

from conclint.model import ModuleModel
from conclint.program import Program, summarise
from conclint.source import Source
from conclint.syntax import Locator, parse

OTHERS = """
class Store:
    def add_line(self): ...
    def add_file(self): ...
    def flush(self): ...

class CachedStore(Store):
    def flush(self): ...

class Printer:
    def add_line(self): ...
    def flush(self): ...
"""


def called(code: str, others: str = OTHERS) -> list[str]:
    """Return the names of the functions that a class calls through the object it is given."""
    model = model_of(f"""
class Collector:
    def __init__(self, store):
        self.store = store
        self.other = None

    def use_other(self, other):
        self.other = other

    def save(self, value):
        {code}
{others}
""")
    program = Program([summarise(model, Locator(model.tree))])
    (key,) = [key for key, function in program.functions.items() if function.name == "Collector.save"]
    return [program.functions[edge.callee].name for edge in program.graph.calls(key)]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (
            "self.store.add_line(); self.store.add_file(); self.store.flush()",
            ["Store.add_line", "Store.add_file", "Store.flush", "CachedStore.flush"],
        ),
        (
            "self.other.add_line(); self.other.add_file(); self.other.flush()",
            ["Store.add_line", "Store.add_file", "Store.flush", "CachedStore.flush"],
        ),
        ("self.store.add_line(); self.store.flush()", []),  # two classes have these, and two are few
        ("self.store.add_line(); self.store.add_file()", []),
        ("self.store.add_line(); self.store.add_file(); self.store.close()", []),  # it is none of these
        ("value.add_line(); value.add_file(); value.flush()", []),
    ],
)
def test_objects_are_known_by_what_is_asked_of_them(code: str, found: list[str]) -> None:
    assert called(code) == found


ASKING = "self.store.add_line(); self.store.add_file(); self.store.flush()"


def test_two_classes_with_the_same_methods_are_not_told_apart() -> None:
    twin = OTHERS.partition("class CachedStore")[0].replace("Store", "Twin")
    assert called(ASKING, OTHERS + twin) == []


def test_who_passes_on_what_it_is_asked_is_no_candidate() -> None:
    own = "    def add_line(self): ...\n    def add_file(self): ...\n    def flush(self): ..."
    assert called(ASKING, own) == []


def test_names_of_one_word_tell_nothing() -> None:
    others = "class Store:\n    def get(self): ...\n    def put(self): ...\n    def close(self): ..."
    assert called("self.store.get(); self.store.put(); self.store.close()", others) == []


def test_what_is_asked_of_an_attribute_of_a_class_ends() -> None:
    """The search for what is asked comes to attributes of classes itself."""
    text = """
    import threading
    from module import Shelf
    class Reader:
        def read(self):
            Shelf.books.first().page.turn()
    """
    model = model_of(text)
    other = model_of("class Shelf:\n    books = None\n")
    summaries = [summarise(model, Locator(model.tree)), summarise(other, Locator(other.tree))]
    program = Program([msgspec.structs.replace(summaries[0], path="reader.py", name="reader"), summaries[1]])
    assert list(program.graph.calls(next(key for key in program.functions if key.endswith("Reader.read#2")))) == []


MAKING = """
import threading
from work import Worker, Other
from store import Store, Cache

class Shop:
    def __init__(self):
        self.store = Store()
        self.worker = Worker({first})
        self.other = Worker({second})
"""
WORK = """
class Base:
    def __init__(self, store, name=None):
        self.store = store

class Worker(Base):
    def __init__(self, store):
        super().__init__(store)

    def run(self):
        self.store.flush()

class Quoted:
    def __init__(self, store: "Store"):
        self.store = store

    def run(self):
        self.store.flush()
"""
STORE = """
class Store:
    def flush(self): print()

class Cache:
    def flush(self): print()
"""


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("self.store", "Store()", ["Store.flush"]),
        ("self.store", "store=Store()", ["Store.flush"]),
        ("self.store", "Cache()", []),
        ("self.store", "make()", []),
        ("self.store", "*stores", []),
    ],
)
def test_a_constructor_is_given_one_class_wherever_it_is_called(first: str, second: str, found: list[str]) -> None:
    texts = {"shop": MAKING.format(first=first, second=second), "work": WORK, "store": STORE}
    models = [ModuleModel(parse(Source(f"{name}.py", text))) for name, text in texts.items()]
    program = Program([summarise(model, Locator(model.tree)) for model in models])
    (key,) = [key for key, function in program.functions.items() if function.name == "Worker.run"]
    assert [program.functions[edge.callee].name for edge in program.graph.calls(key)] == found


def test_an_annotation_may_be_quoted() -> None:
    texts = {"work": f"from store import Store\n{WORK}", "store": STORE}
    models = [ModuleModel(parse(Source(f"{name}.py", text))) for name, text in texts.items()]
    program = Program([summarise(model, Locator(model.tree)) for model in models])
    (key,) = [key for key, function in program.functions.items() if function.name == "Quoted.run"]
    assert [program.functions[edge.callee].name for edge in program.graph.calls(key)] == ["Store.flush"]
