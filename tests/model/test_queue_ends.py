"""Who puts into a queue, who takes from it, and in which process."""

from __future__ import annotations

import textwrap

import pytest
from modelling import model_of

from conclint.model.queue_ends import unconnected

IMPORTS = """
import multiprocessing as mp
import queue
import threading
"""

# The ends of the only queue: word, function and where it runs, "parent" or the function that a child begins with.
CASES = {
    "an argument of a process": (
        """
        def work(results): results.put(1)
        def main():
            results = mp.Queue()
            mp.Process(target=work, args=(results,)).start()
            results.get()
        """,
        ["get main parent", "put work work"],
    ),
    "a global, used through a helper": (
        """
        results = mp.Queue()
        def give(): results.put(1)
        def work(): give()
        mp.Process(target=work).start()
        """,
        ["put give work"],
    ),
    "a helper of both sides": (
        """
        results = mp.Queue()
        def give(): results.put(1)
        def work(): give()
        mp.Process(target=work).start()
        give()
        """,
        ["put give parent+work"],
    ),
    "a thread shares its process": (
        """
        def collect(results): results.get()
        def work(results):
            threading.Thread(target=collect, args=(results,)).start()
            results.put(1)
        results = mp.Queue()
        mp.Process(target=work, args=(results,)).start()
        """,
        ["get collect work", "put work work"],
    ),
    "a subclass": (
        """
        class Worker(mp.Process):
            def __init__(self, jobs):
                super().__init__()
                self.jobs = jobs
            def run(self): self.jobs.get()
        def main():
            jobs = mp.Queue()
            jobs.put(1)
            Worker(jobs).start()
        """,
        ["get Worker.run Worker.run", "put main parent"],
    ),
    "what a pool's initializer makes a global": (
        """
        def set_up(given):
            global found
            found = given
        def search(page): found.put(page)
        def main():
            pages = mp.Queue()
            with mp.Pool(2, set_up, (pages,)) as pool:
                pool.map(search, [1, 2])
        """,
        ["put search search"],
    ),
}


def _ends(text: str) -> list[str]:
    (found,) = model_of(IMPORTS + textwrap.dedent(text)).queues
    return sorted(
        f"{end.event.word} {end.function.qualified_name} "
        + "+".join(sorted("parent" if one is None else one.function.qualified_name for one in end.processes))
        for end in found.ends
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_ends_of_a_queue(case: str) -> None:
    text, ends = CASES[case]
    assert _ends(text) == ends


def test_a_shared_function_has_the_queue_that_its_call_was_given() -> None:
    model = model_of(
        IMPORTS
        + textwrap.dedent("""
        def work(results): results.put(1)
        def main():
            one, two = mp.Queue(), mp.Queue()
            mp.Process(target=work, args=(one,)).start()
            threading.Thread(target=work, args=(two,)).start()
        """)
    )
    one, two = model.queues
    assert [None in end.processes for queue in (one, two) for end in queue.of("put")] == [False, True]


@pytest.mark.parametrize(("target", "connected"), [("mp.Process", False), ("threading.Thread", True)])
def test_a_queue_connects_what_runs_in_one_process(target: str, connected: bool) -> None:
    (found,) = model_of(
        IMPORTS
        + textwrap.dedent(f"""
        results = queue.Queue()
        def work(): results.put(1)
        {target}(target=work).start()
        results.get()
        """)
    ).queues
    assert (unconnected(found) is None) is connected
