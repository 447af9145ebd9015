"""Rule packs of others: found by their entry point, and never passed over when they are broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).with_name("example_pack") / "conclint_acme"
UNNAMED = "import threading\n\nthreading.Thread(target=print, daemon=True).start()\n"
NAMED = 'import threading\n\nthreading.Thread(target=print, name="printer", daemon=True).start()\n'


def install(folder: Path, package: str) -> None:
    """Put into `folder` what makes `package` an installed rule pack named acme."""
    metadata = folder / f"{package}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(f"[conclint.rules]\nacme = {package}\n", encoding="utf-8")


def conclint(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run conclint in `site`, whose packages count as installed."""
    return subprocess.run(
        [sys.executable, "-m", "conclint", *arguments],
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "unnamed.py").write_text(UNNAMED, encoding="utf-8")
    (tmp_path / "named.py").write_text(NAMED, encoding="utf-8")
    return tmp_path


def test_rules_of_an_installed_pack_run_like_the_built_in_ones(site: Path) -> None:
    shutil.copytree(EXAMPLE, site / "conclint_acme")
    install(site, "conclint_acme")
    found = conclint(site, "--format", "concise", "--jobs", "2", "unnamed.py", "named.py")
    assert found.stdout == (
        "unnamed.py:3:1: ACM101 unnamed-thread (warning): 'threading.Thread' makes a thread without a name\n"
    )
    assert found.returncode == 1


def test_documentation_of_a_rule_of_a_pack_is_shown(site: Path) -> None:
    shutil.copytree(EXAMPLE, site / "conclint_acme")
    install(site, "conclint_acme")
    shown = conclint(site, "rule", "ACM101")
    assert "can't be told from others in logs" in shown.stdout
    assert shown.returncode == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import not_there_at_all\n", "ModuleNotFoundError: No module named 'not_there_at_all'"),
        ("raise SystemError('no licence')\n", "SystemError: no licence"),
        ("def rule(:\n", "SyntaxError"),
        ("RULES = ()\n", "holds 0 rules, not one"),
    ],
    ids=["import", "raises", "syntax", "no rule"],
)
@pytest.mark.parametrize("command", [("named.py",), ("rule", "--all")], ids=["lint", "rule"])
def test_broken_pack_ends_the_run_and_is_named(
    site: Path, command: tuple[str, ...], text: str, reason: str
) -> None:
    package = site / "conclint_acme"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "acm101_broken.py").write_text(text, encoding="utf-8")
    install(site, "conclint_acme")
    found = conclint(site, *command)
    assert found.returncode == 2
    assert found.stdout == ""
    assert "rule pack 'acme'" in found.stderr
    assert reason in found.stderr
    assert "Traceback" not in found.stderr


def test_two_packs_with_the_same_code_are_refused(site: Path) -> None:
    for package in ("conclint_acme", "conclint_emca"):
        shutil.copytree(EXAMPLE, site / package)
        install(site, package)
    found = conclint(site, "named.py")
    assert found.returncode == 2
    assert "'ACM101' is defined by conclint_acme.acm101_unnamed_thread and conclint_emca" in found.stderr
