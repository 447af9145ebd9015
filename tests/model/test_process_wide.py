"""Which loops over `sys.modules` and its like others can disturb."""

from __future__ import annotations

import pytest
from modelling import model_of

from conclint.model.process_wide import walks


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("for name, module in sys.modules.items(): use(module)", ["walk"]),
        ("for name in sys.modules: use(name)", ["walk"]),
        ("for module in sys.modules.values():\n        if module.__file__: return 1", ["walk"]),
        ("for module in sys.modules.values():\n        if hasattr(module, 'x'): return 1", ["walk"]),
        ("return [n for n, m in sys.modules.items() if use(m)]", ["walk"]),
        ("for thread in threading._active.values(): use(thread)", ["walk"]),
        ("for name, module in list(sys.modules.items()): use(module)", ["copy"]),
        ("return dict(sys.modules.items())", ["copy"]),
        ("for name, module in sys.modules.copy().items(): use(module)", []),
        ("for module in list(sys.modules.values()): use(module)", []),
        ("for name in sorted(sys.modules): use(name)", []),
        ("return [name for name in sys.modules if name.partition('.')[0] == use]", []),  # no code of others
        ("return len(sys.modules)", []),
        ("return sys.modules.get(use)", []),
        ("try:\n        for name in sys.modules: use(name)\n    except RuntimeError: pass", []),
    ],
)
def test_walks(code: str, found: list[str]) -> None:
    model = model_of(f"import sys, threading\n\ndef f(use):\n    {code}\n")
    assert ["copy" if walk.in_a_copy else "walk" for walk in walks(model)] == found


def test_imports_take_their_turns() -> None:
    model = model_of("import sys\nfor name in sys.modules: print(sys.modules[name].__file__, use(name))\n")
    assert list(walks(model)) == []
