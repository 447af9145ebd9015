"""Numbers of processes and open files, used and given up."""

import pytest

from conclint.model import ModuleModel
from conclint.model.accesses import accesses
from conclint.model.circumstances import defined_if
from conclint.model.numbers import numbers
from conclint.source import Source
from conclint.syntax import parse

BODIES = {
    "reaped": ("os.waitpid(self.pid, 0)", ["ends"]),
    "reaped by a function given as a default": ("_wait(self.pid, 0)", ["ends"]),
    "closed": ("os.close(self.pid)", ["ends"]),
    "signalled": ("os.kill(self.pid, 9)", ["uses"]),
    "written to": ("os.write(self.pid, b'x')", ["uses"]),
    "ready for failure": ("try: os.kill(self.pid, 9)\n        except ProcessLookupError: pass", []),
    "another argument": ("os.kill(0, self.pid)", []),
    "a part of it": ("os.kill(self.pid[0], 9)", []),
    "something else": ("print(self.pid)", []),
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_done_with_a_number(name: str) -> None:
    body, expected = BODIES[name]
    text = f"""
import os
# os.close
class A:
    def __init__(self, pid): self.pid = pid
    def f(self, _wait=os.waitpid):
        {body}
"""
    module = ModuleModel(parse(Source("a.py", text)))
    (function,) = [one for one in module.functions if one.name == "f"]
    assert list(numbers(module, accesses(module, function)).values()) == expected


def test_the_conditions_of_a_definition() -> None:
    text = """
if WINDOWS:
    class A:
        def one(self): pass
else:
    class A:
        if not new:
            def two(self): pass
        elif x == 1:
            def three(self):
                if y:
                    def four(): pass
"""
    module = ModuleModel(parse(Source("a.py", text)))
    found = {function.name: defined_if(module, function) for function in module.functions}
    assert found["one"] == (("WINDOWS", True),)
    assert found["two"] == (("new", False), ("WINDOWS", False))
    assert found["three"] == (("x == 1", True), ("new", True), ("WINDOWS", False))
    assert found["four"] == (("y", True),)
