"""Loops that wait for each task before the next, and those that have to."""

from __future__ import annotations

import textwrap

import pytest
from modelling import model_of

from conclint.model.serial import serial_tasks

HEADER = """
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import Pool
from other import f, g
pool = ThreadPoolExecutor()
workers = Pool(3)
single = ThreadPoolExecutor(max_workers=1)
def uses_total(x): return x + total
def own_total(x):
    total = 0
    return x + total
total = 0
"""

SERIAL = {
    "a list": "[pool.submit(f, x).result() for x in xs]",
    "a set, a dict, a generator": "{k: {pool.submit(f, x).result()} for k, x in xs}",
    "an argument": "for x in xs: g(x, pool.submit(f, x).result())",
    "an element": "out = {}\nfor k, x in xs:\n    out[k] = pool.submit(f, x).result()",
    "an exception is asked for": "for x in xs:\n    if pool.submit(f, x).exception(): print(x)",
    "the next line": "for x in xs:\n    job = pool.submit(f, x)\n    print(job.result())",
    "a value of the round": "for x in xs:\n    y = g(x)\n    z = pool.submit(f, y).result()\n    print(y, z)",
    "apply": "for x in xs:\n    workers.apply(f, (x,))",
    "apply_async": "for x in xs:\n    r = workers.apply_async(f, (x,)).get()",
    "a failure is told": "for x in xs:\n    try: pool.submit(f, x).result()\n    except OSError as e: print(e)",
    "a task with a variable of its own": "for x in xs:\n    total = pool.submit(own_total, x).result()\n    print(total)",
    "the same again": "for _ in range(3):\n    pool.submit(f).result()",
}

FREE = {
    "no loop": "pool.submit(f, x).result()",
    "what the loop goes over": "for y in pool.submit(f, x).result(): print(y)",
    "while": "while x: pool.submit(f, x.pop()).result()",
    "async for": "async for x in xs: pool.submit(f, x).result()",
    "a timeout": "[pool.submit(f, x).result(3) for x in xs]",
    "one worker": "[single.submit(f, x).result() for x in xs]",
    "of unknown size": "def h(p: Executor): [p.submit(f, x).result() for x in xs]",
    "a pool for each": "for x in xs:\n    with ProcessPoolExecutor() as p: p.submit(f, x).result()",
    "carried": "for x in xs: y = pool.submit(f, x, y).result()",
    "carried in two steps": "for x in xs:\n    r = pool.submit(f, x, y).result()\n    y = g(r)",
    "carried by a list": "for x in xs: ys.append(pool.submit(f, x, ys).result())",
    "carried by a call": "for x in xs:\n    r = pool.submit(f, x, y).result()\n    g(r, y)",
    "carried round the other way": "for x in xs:\n    y = g(x, r)\n    r = pool.submit(f, y).result()",
    "carried by a global": "for x in xs: total = pool.submit(uses_total, x).result()",
    "carried by a walrus": "[y := pool.submit(f, x, y).result() for x in xs]",
    "stops early": "for x in xs:\n    if pool.submit(f, x).result(): break",
    "yields": "for x in xs: yield pool.submit(f, x).result()",
    "sleeps": "for x in xs:\n    pool.submit(f, x).result()\n    time.sleep(1)",
    "a second task": "for x in xs:\n    a = pool.submit(g, x)\n    pool.submit(f, x).result() + a.result()",
    "asked later": "jobs = [pool.submit(f, x) for x in xs]\nfor job in jobs: job.result()",
    "another loop asks": "for x in xs:\n    job = pool.submit(f, x)\n    for y in xs: job.result()",
}


def found_in(code: str) -> int:
    model = model_of(f"{HEADER}\nasync def main(xs, x, y, r, ys):\n    global total\n{textwrap.indent(code, '    ')}")
    return len(list(serial_tasks(model)))


@pytest.mark.parametrize("name", SERIAL)
def test_one_at_a_time(name: str) -> None:
    assert found_in(SERIAL[name]) == 1


@pytest.mark.parametrize("name", FREE)
def test_left_alone(name: str) -> None:
    assert found_in(FREE[name]) == 0
