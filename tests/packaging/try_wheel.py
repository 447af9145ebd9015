"""Try the installed wheel as its users do: the command, flake8, another's rule pack.

Run by the interpreter of an environment that holds conclint's wheel, flake8 and `conclint_acme`, in a folder from
which the checkout can't be reached. Exits with 1 at the first thing that is not as it should be.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import conclint.rule
import conclint_rules

BIN = Path(sys.executable).parent
PROGRAMS = Path(conclint_rules.__file__).with_name("_fixtures")
INLINE_LOCK = "import threading\n\nwith threading.Lock():\n    print(1)\n"
UNNAMED = "import threading\n\nthreading.Thread(target=print, daemon=True).start()\n"


def main() -> None:
    expect(Path(conclint.rule.__file__).is_relative_to(sys.prefix), "the engine comes from the wheel")
    expect(PROGRAMS.is_dir(), "the wheel holds the programs that prove the rules")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "inline.py").write_text(INLINE_LOCK, encoding="utf-8")
        (folder / "unnamed.py").write_text(UNNAMED, encoding="utf-8")
        (folder / "clean.py").write_text("import threading\n\nlock = threading.Lock()\n", encoding="utf-8")
        try_command(folder)
        try_flake8(folder)
    try_documentation()
    try_fixtures()


def try_command(folder: Path) -> None:
    clean = run(folder, "conclint", "clean.py")
    expect(clean.returncode == 0, "a clean file gives exit status 0", clean)
    found = run(folder, "conclint", "--format", "json", ".")
    expect(found.returncode == 1, "findings give exit status 1", found)
    codes = {(finding["path"], finding["code"]) for finding in json.loads(found.stdout)["findings"]}
    expect(("inline.py", "CON205") in codes, "a built-in rule finds its mistake", found)
    expect(("unnamed.py", "ACM101") in codes, "a rule of another pack finds its mistake", found)
    alone = run(folder, "conclint", "--select", "ACM", "--format", "concise", ".")
    expect(alone.stdout.count("\n") == 1 and "ACM101" in alone.stdout, "another pack's rules can be selected", alone)


def try_flake8(folder: Path) -> None:
    found = run(folder, "flake8", "--select", "CON", "--isolated", "inline.py", "clean.py")
    expect("inline.py:3:6: CON205" in found.stdout and "clean.py" not in found.stdout, "flake8 shows the same", found)


def try_documentation() -> None:
    for code in ("CON205", "ACM101"):
        shown = run(Path(sys.prefix), "conclint", "rule", code)
        expect(shown.returncode == 0 and code in shown.stdout, f"conclint rule {code}", shown)


def try_fixtures() -> None:
    folder = next(PROGRAMS.glob("CON205-*"))
    bad = run(folder, "conclint", "--format", "concise", "--select", "CON205", "bad.py")
    expect(bad.returncode == 1 and "CON205" in bad.stdout, "the program that shows a bug is flagged", bad)
    fixed = run(folder, "conclint", "--select", "CON205", "fixed.py")
    expect(fixed.returncode == 0, "the one that shows the remedy is not", fixed)


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    arguments = [str(BIN / command[0]), *command[1:]]
    return subprocess.run(
        arguments, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120
    )


def expect(holds: bool, what: str, process: subprocess.CompletedProcess[str] | None = None) -> None:
    print(f"{'ok' if holds else 'NOT SO'}: {what}", flush=True)
    if not holds:
        if process is not None:
            print(f"$ {' '.join(process.args)}\n{process.stdout}{process.stderr}exit {process.returncode}")
        sys.exit(1)


if __name__ == "__main__":
    main()
