"""Where threads meet event loops: what is a stall, what is for the loop's own thread, what is surely the running loop."""

from __future__ import annotations

import pytest
from modelling import model_of

from conclint.program import Program, summarise
from conclint.syntax import Locator

HEAD = """
        import asyncio, concurrent.futures, queue, requests, socket, ssl, threading, time
        jobs = queue.Queue()
        ready = threading.Event()
"""


def program_of(text: str) -> Program:
    model = model_of(HEAD + text)
    return Program([summarise(model, Locator(model.tree))])


@pytest.mark.parametrize(
    ("body", "stalled"),
    [
        ("jobs.get()", ["queue.Queue.get"]),
        ("jobs.get(timeout=1)", []),
        ("jobs.get_nowait()", []),
        ("await asyncio.to_thread(jobs.get)", []),
        ("jobs.put(1)", []),  # without a limit
        ("time.sleep(2)", ["time.sleep"]),
        ("time.sleep(0.01)", []),
        ("ready.wait()", ["threading.Event.wait"]),
        ("helper()", ["threading.Event.wait"]),
        ("socket.getaddrinfo(host, 80)", ["socket.getaddrinfo"]),
        ("socket.getaddrinfo('127.0.0.1', 80)", []),
        ("socket.getaddrinfo(host, 80, flags=numeric)", []),
        ("requests.get(host, timeout=5)", ["requests.get"]),
        ("await asyncio.to_thread(requests.get, host)", []),
        ("ssl.SSLContext().load_verify_locations(host)", ["ssl.SSLContext.load_verify_locations"]),
        ("ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)", []),
        ("asking()", []),
        ("other()", []),  # a coroutine that nobody awaits runs nothing
    ],
)
def test_what_stops_a_loop(body: str, stalled: list[str]) -> None:
    program = program_of(f"""
        def helper():
            ready.wait()
        def asking():
            if threading.current_thread() is not threading.main_thread():
                ready.wait()
        async def other():
            await asyncio.sleep(0)
        async def main():
            {body}
    """)
    assert [stall.name for stall in program.loops.stalls()] == stalled


@pytest.mark.parametrize(
    ("body", "touched"),
    [
        ("done.set()", 1),
        ("done.is_set()", 0),
        ("loop.call_soon_threadsafe(done.set)", 0),
        ("loop.call_soon(print)", 1),
        ("asyncio.run_coroutine_threadsafe(work(), loop)", 0),
        ("asyncio.create_task(work())", 1),
        ("asyncio.run(work())", 0),
    ],
)
def test_what_a_thread_may_not_do_to_a_loop(body: str, touched: int) -> None:
    program = program_of(f"""
        done = asyncio.Event()
        async def work():
            done.set()
        def run(loop: asyncio.AbstractEventLoop):
            {body}
        threading.Thread(target=run).start()
    """)
    assert len(list(program.loops.touched_from_threads())) == touched


@pytest.mark.parametrize(
    ("loop", "own"),
    [
        ("asyncio.get_running_loop()", 1),
        ("current", 1),
        ("passed", 0),
        ("made", 0),
    ],
)
def test_which_loop_is_surely_the_running_one(loop: str, own: int) -> None:
    program = program_of(f"""
        made = asyncio.new_event_loop()
        async def work():
            await asyncio.sleep(0)
        async def main(passed):
            current = asyncio.get_running_loop()
            asyncio.run_coroutine_threadsafe(work(), {loop}).result()
    """)
    assert len(list(program.loops.own_results())) == own
