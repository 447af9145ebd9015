"""How often something is executed, and how many items there are."""

from __future__ import annotations

import pytest
from modelling import call_of, function_named, model_of

from conclint.model.counting import length, number, runs_once, times


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("here()", 1),
        ("x = here()", 1),
        ("with open(a) as f: here()", 1),
        ("try: here()\n    finally: pass", 1),
        ("for i in range(4): here()", 4),
        ("for i in range(WORKERS): here()", 3),
        ("for i in range(1, 10, 2): here()", 5),
        ("for name in ('a', 'b'): here()", 2),
        ("for i, name in enumerate(['a', 'b']): here()", 2),
        ("x = [here() for _ in range(WORKERS)]", 3),
        ("for i in range(2):\n        for j in range(3): here()", 6),
        ("for i in range(4):\n        if i: break\n        here()", None),
        ("for i in range(n): here()", None),
        ("for i in (*a, 1): here()", None),
        ("x = [here() for i in range(3) if i]", None),
        ("x = (here() for i in range(3))", None),
        ("if a: here()", None),
        ("while a: here()", None),
        ("a and here()", None),
        ("x = here() if a else 0", None),
        ("try: pass\n    except ValueError: here()", None),
        ("if a: return\n    here()", None),
        ("here()\n    return", 1),
    ],
)
def test_times(body: str, expected: int | None) -> None:
    model = model_of(f"WORKERS = 3\ndef f(a, n):\n    {body}\n")
    assert times(model, call_of(model, "here")) == expected


def test_times_under_a_main_guard() -> None:
    model = model_of("if __name__ == '__main__':\n    here()\nelse:\n    there()\n")
    assert times(model, call_of(model, "here")) == 1
    assert times(model, call_of(model, "there")) is None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("range(2, 5)", 3),
        ("range(0)", 0),
        ("range(0, 4, 0)", None),
        ("[1, 2]", 2),
        ("PAIR", 2),
        ("reversed(PAIR)", 2),
        ("LIST", None),
        ("anything()", None),
    ],
)
def test_length(expression: str, expected: int | None) -> None:
    model = model_of(f"PAIR = (1, 2)\nLIST = [1, 2]\nLIST.append(3)\nshow({expression})\n")
    assert length(model, call_of(model, "show").args[0].value) == expected


@pytest.mark.parametrize(("expression", "expected"), [("N", 4), ("N + 1", 5), ("2 * N - 1", 7), ("N / 2", None), ("M", None)])
def test_number(expression: str, expected: int | None) -> None:
    model = model_of(f"import sys\nN = 4\nM = len(sys.argv)\nshow({expression})\n")
    assert number(model, call_of(model, "show").args[0].value) == expected


def test_runs_once() -> None:
    model = model_of("""
        def main():
            once()
            twice()
            twice()
            for _ in range(2):
                loop()
        def once(): pass
        def twice(): pass
        def loop(): pass
        def never(): pass
        if __name__ == "__main__":
            main()
    """)
    functions = [function.name for function in model.functions if runs_once(model, function)]
    assert functions == ["", "main", "once"]
    assert not runs_once(model, function_named(model, "never"))
