"""Where what threads run leads out of the modules that are known."""

from __future__ import annotations

from modelling import model_of

from conclint.program import ModuleSummary, Program, summarise
from conclint.program.demand import Use, wishes
from conclint.program.linking import Linker
from conclint.syntax import Locator

UNREAD = (
    ModuleSummary("store.py", "store"),
    ModuleSummary("shop/base.py", "shop.base"),
    ModuleSummary("shop/gevent.py", "shop.gevent"),
)


def wished(text: str) -> list[tuple[str, str, Use]]:
    model = model_of(text)
    found = wishes(Program([summarise(model, Locator(model.tree))], UNREAD))
    return [(wish.path, ".".join(wish.steps), wish.use) for wish in found]


def test_what_threads_come_to() -> None:
    assert wished("""
        import threading, store
        from shop import base
        shelf = store.Shelf()
        class Work(base.Work):
            def run(self): self.helper()
            def helper(self):
                store.add(1)
                shelf.take()
                mine = store.Shelf()
                mine.give()
        def unrelated(): store.remove(1)
        threading.Thread(target=Work().run).start()
        threading.Thread(target=store.watch).start()
    """) == [
        ("shop/base.py", "Work", Use.INHERITED),
        ("store.py", "Shelf", Use.CALLED),
        ("store.py", "Shelf.().give", Use.OWN),
        ("store.py", "Shelf.().take", Use.CALLED),
        ("store.py", "add", Use.CALLED),
        ("store.py", "watch", Use.HANDED_OVER),
    ]


def test_without_threads_nothing_is_wanted() -> None:
    assert wished("import store\nlock = None\ndef f(): store.add(1)") == []


def test_processes_share_nothing_but_run_what_they_are_given() -> None:
    assert wished("""
        import multiprocessing, store
        def work(): store.add(1)
        multiprocessing.Process(target=work).start()
        multiprocessing.Process(target=store.watch).start()
    """) == [("store.py", "watch", Use.HANDED_OVER)]


def test_a_module_of_a_package_is_not_meant_by_its_last_name_alone() -> None:
    linker = Linker(UNREAD)
    assert linker.module("gevent") is None
    assert linker.module("store") is UNREAD[0]


def test_names_that_lead_in_circles_mean_nothing() -> None:
    one = ModuleSummary("a.py", "a", exports={"x": "b.x.x"})
    two = ModuleSummary("b.py", "b", exports={"x": "a.x.y"})
    assert Linker([one, two]).resolve("a.x") == ""


def test_what_a_class_works_with_under_its_lock() -> None:
    assert wished("""
        import threading, store
        class Counter:
            def __init__(self):
                self.lock = threading.Lock()
                self.shelf = store.Shelf()
                self.other = store.Other()
            def take(self):
                with self.lock: return self.shelf.take()
            def look(self): return self.other.look()
        def ring(): pass
        threading.Thread(target=ring).start()
    """) == [("store.py", "Shelf.().take", Use.CALLED)]
