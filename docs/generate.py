"""Write the pages of the rules, each from the rule's docstring and its fixtures; and the output in README.md.

`python docs/generate.py` writes; with `--check` it writes nothing, names the pages that are stale and exits with 1
if there are any.
"""

from __future__ import annotations

import argparse
import itertools
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from conclint.packs import installed_rules
from conclint.rule import ProgramRule, SourceRule
from conclint.testing import Exits, Hangs, Prints, Raises, fixtures_in

if TYPE_CHECKING:
    from conclint.rule import Rule
    from conclint.testing import Claim, Fixture

ROOT = Path(__file__).parents[1]
PAGES = Path("docs/rules")
FIXTURES = Path("tests/fixtures")
README = Path("README.md")
BUILT_IN = "conclint_rules."
EXAMPLE = re.compile(
    r"<!-- example:.*?```python\n(?P<program>.*?)```\n+```text\n(?P<output>.*?)```\n<!-- end", re.DOTALL
)

INDEX = """\
# Rules

{count} rules ship with conclint. `conclint rule CODE` prints what is said here.

An **error** goes wrong on some schedule of the code as it stands. A **warning** goes wrong on some supported
platform or Python version, or after a small change. A rule that is off by default is a matter of taste:
`--extend-select CODE` turns it on.

| Code | Name | Finds | Severity | Default |
| --- | --- | --- | --- | --- |
{rows}
"""

PAGE = """\
# {code}: {name}

| Severity | By default | Decided inside | Since |
| --- | --- | --- | --- |
| {severity} | {default} | {scope} | {since} |

{documentation}

## The bug, as a program

{failure}

```python
{bad}
```

## The same, mended

```python
{fixed}
```

Both run: `python bad.py` and `python fixed.py` in `{folder}`.{others}
"""


def main() -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1 if a page is stale")
    check = parser.parse_args().check
    wanted = pages()
    stale = [path for path in sorted({*wanted, *existing()}) if read(path) != wanted.get(path)]
    for path in stale:
        print(f"{path.as_posix()} is stale: run python docs/generate.py" if check else path.as_posix())
        if not check:
            write(path, wanted.get(path))
    return int(check and bool(stale))


def pages() -> dict[Path, str]:
    """Return the text of every page by its path in the repository."""
    rules = [rule for rule in installed_rules() if type(rule).__module__.startswith(BUILT_IN)]
    return {
        README: readme((ROOT / README).read_text(encoding="utf-8")),
        PAGES / "index.md": index(rules),
        **{PAGES / f"{rule.code}.md": page(rule) for rule in rules},
    }


def readme(text: str) -> str:
    """Return the README with what conclint says about the program in it. Raises `ValueError` where there is none."""
    match = EXAMPLE.search(text)
    if match is None:
        raise ValueError("README.md has no example")
    return f"{text[: match.start('output')]}$ conclint shop.py\n{lint(match['program'])}{text[match.end('output') :]}"


def lint(text: str) -> str:
    """Return what the command prints about a program of its own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "shop.py").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "conclint", "--isolated", "--color", "never", "shop.py"]
        found = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    if found.returncode != 1:
        raise ValueError(f"conclint exited with {found.returncode}: {found.stderr}")
    return found.stdout


def index(rules: list[Rule]) -> str:
    rows = (
        f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.summary().replace('|', chr(92) + '|')} "
        f"| {rule.severity.value} | {on_or_off(rule)} |"
        for rule in rules
    )
    return INDEX.format(count=len(rules), rows="\n".join(rows))


def page(rule: Rule) -> str:
    """Raise `FileNotFoundError` where the rule has no runnable proof."""
    folder = FIXTURES / f"{rule.code}-{rule.name}"
    fixtures = {fixture.path.stem: fixture for fixture in fixtures_in(ROOT / folder)}
    others = [f"`{name}.py`" for name in fixtures if name not in ("bad", "fixed")]
    return PAGE.format(
        code=rule.code,
        name=rule.name,
        severity=rule.severity.value,
        default=on_or_off(rule),
        scope=scope(rule),
        since=rule.since,
        documentation=rule.documentation(),
        failure=failure(fixtures["bad"].claim),
        bad=program(fixtures["bad"]),
        fixed=program(fixtures["fixed"]),
        folder=folder.as_posix(),
        others=f" Beside them: {', '.join(others)}." if others else "",
    )


def on_or_off(rule: Rule) -> str:
    return "off" if not rule.default else "on" if rule.in_tests else "on, but not in tests"


def scope(rule: Rule) -> str:
    if isinstance(rule, ProgramRule):
        return "the whole program"
    return "the text of a file that does not parse" if isinstance(rule, SourceRule) else "one module"


def program(fixture: Fixture) -> str:
    """Return the text of a fixture without its header, which is for the tests."""
    lines = itertools.dropwhile(lambda line: line.startswith("# "), fixture.source.text.splitlines())
    return "\n".join(lines).strip("\n")


def failure(claim: Claim) -> str:
    """Say in a sentence how a program fails."""
    if isinstance(claim, Hangs):
        return f"It prints `{claim.after}` and then hangs."
    if isinstance(claim, Raises):
        return f"It raises `{claim.exception}`."
    if isinstance(claim, Prints):
        return f"It prints {printed(claim.wrong)} instead of {printed(claim.right)}."
    return f"It exits with {claim.status}." if isinstance(claim, Exits) else "It works all the same."


def printed(text: str) -> str:
    return ", ".join(f"`{line}`" for line in text.splitlines()) or "nothing"


def existing() -> set[Path]:
    return {path.relative_to(ROOT) for path in (ROOT / PAGES).glob("*.md")}


def read(path: Path) -> str | None:
    return (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else None


def write(path: Path, text: str | None) -> None:
    if text is None:
        (ROOT / path).unlink()
    else:
        (ROOT / path).parent.mkdir(exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
