"""Which tests keep macOS from a call."""

from __future__ import annotations

import textwrap

import pytest
from modelling import model_of

from conclint.model.platforms import left_out_on_macos

_HEAD = """
    import multiprocessing as mp, os, platform, sys
    from elsewhere import MAC, WIN
    WINDOWS = os.name == "nt"
    POSIX = not WINDOWS
"""


def left_out(body: str) -> list[list[str]]:
    """Return, for each call that is left out, the tests that see to that."""
    module = model_of(
        textwrap.dedent(_HEAD) + "def run():\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ")
    )
    found = left_out_on_macos(module, "multiprocessing.freeze_support")
    return [[f"{module.code(test)}: {outcome}" for test, outcome in one.tests] for one in found]


@pytest.mark.parametrize(
    ("body", "tests"),
    [
        (
            'if sys.platform == "win32" and sys.frozen: mp.freeze_support()',
            ['sys.platform == "win32": False'],
        ),
        ('if "win32" == sys.platform: mp.freeze_support()', ['"win32" == sys.platform: False']),
        ('if sys.platform != "darwin": mp.freeze_support()', ['sys.platform != "darwin": False']),
        (
            'if sys.platform.startswith(("win", "cygwin")): mp.freeze_support()',
            ['sys.platform.startswith(("win", "cygwin")): False'],
        ),
        ("if WINDOWS: mp.freeze_support()", ["WINDOWS: False"]),
        ("if not POSIX: mp.freeze_support()", ["POSIX: True"]),
        ('platform.system() == "Windows" and mp.freeze_support()', ['platform.system() == "Windows": False']),
        (
            'if platform.system().lower() in ("windows", "cli"): mp.freeze_support()',
            ['platform.system().lower() in ("windows", "cli"): False'],
        ),
        (
            'if hasattr(sys, "getwindowsversion"): mp.freeze_support()',
            ['hasattr(sys, "getwindowsversion"): False'],
        ),
        ('if os.name == "posix":\n    return\nmp.freeze_support()', ['os.name == "posix": True']),
        (
            'if os.name == "nt" or sys.platform == "cygwin": mp.freeze_support()',
            ['os.name == "nt": False', 'sys.platform == "cygwin": False'],
        ),
    ],
)
def test_a_test_that_leaves_macos_out_is_told(body: str, tests: list[str]) -> None:
    assert left_out(body) == [tests]


@pytest.mark.parametrize(
    "body",
    [
        "mp.freeze_support()",
        'if getattr(sys, "frozen", False): mp.freeze_support()',
        "if WIN: mp.freeze_support()",
        "if WINDOWS or MAC: mp.freeze_support()",
        'if sys.platform in ("win32", "darwin"): mp.freeze_support()',
        'if sys.platform != "linux": mp.freeze_support()',
        'if sys.platform == "win32": mp.freeze_support()\nelse: mp.freeze_support()',
        "try:\n    start()\nexcept OSError:\n    mp.freeze_support()",
    ],
)
def test_whatever_may_get_there_on_macos_is_left_alone(body: str) -> None:
    assert left_out(body) == []
