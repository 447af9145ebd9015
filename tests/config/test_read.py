"""What `[tool.conclint]` says, and every mistake in it with its line."""

from pathlib import Path

import pytest

from conclint.config import SUPPORTED, Config, Item, read


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "pyproject.toml"


def config_of(path: Path, text: str) -> Config:
    path.write_text(text)
    return read(str(path))


def test_everything_is_read(written: Path) -> None:
    config = config_of(
        written,
        """\
[tool.conclint]
select = ["CON1", "CON401"]
extend-select = ["CON118"]
ignore = [
    "CON121", # deprecated names
]
exclude = ["/docs"]
extend-exclude = ["gen_*.py"]
paths = ["src"]
target-version = "3.12"

[tool.conclint.per-file-ignores]
"tests/**" = ["CON1"]
""",
    )
    assert config.problems == ()
    assert config == Config(
        root=str(written.parent),
        select=(Item("CON1", "pyproject.toml:2"), Item("CON401", "pyproject.toml:2")),
        extend_select=(Item("CON118", "pyproject.toml:3"),),
        ignore=(Item("CON121", "pyproject.toml:5"),),
        per_file_ignores=(("tests/**", (Item("CON1", "pyproject.toml:13"),)),),
        exclude=("/docs", "gen_*.py"),
        default_excludes=False,
        paths=(Item("src", "pyproject.toml:9"),),
        target_versions=((3, 12), (3, 13), (3, 14)),
    )


@pytest.mark.parametrize("text", ["", "[tool]\n", "[tool.ruff]\nselect = 3\n", "[tool.conclint]\n"])
def test_nothing_said_means_the_defaults(written: Path, text: str) -> None:
    assert config_of(written, text) == Config(root=str(written.parent))


def test_extend_exclude_keeps_the_defaults(written: Path) -> None:
    config = config_of(written, '[tool.conclint]\nextend-exclude = ["docs/"]\n')
    assert config.exclude == ("docs/",)
    assert config.default_excludes


def test_every_mistake_is_told_at_once(written: Path) -> None:
    config = config_of(
        written,
        """\
[tool.conclint]
select = "CON1"
ignore = ["CON1", 3,
  true, " "]
extend_select = []
colour = "red"
exclude = ["ok", "[z-a]", "/"]
paths = {}
target-version = ["3.12", "2.7", 3.1]

[tool.conclint.per-file-ignores]
"a/*" = "CON1"
"!" = []
""",
    )
    assert config.problems == (
        ("pyproject.toml:5", "unknown key 'extend_select', did you mean 'extend-select'?"),
        (
            "pyproject.toml:6",
            (
                "unknown key 'colour' (known: exclude, extend-exclude, extend-select, ignore, paths, "
                "per-file-ignores, select, target-version)"
            ),
        ),
        ("pyproject.toml:2", "'select' is a string, not an array of strings"),
        ("pyproject.toml:3", "'ignore' holds an integer, not only strings"),
        ("pyproject.toml:4", "'ignore' holds a boolean, not only strings"),
        ("pyproject.toml:4", "'ignore' holds an empty string"),
        ("pyproject.toml:12", "'a/*' is a string, not an array of strings"),
        ("pyproject.toml:13", "'!' is no pattern that could match a file"),
        ("pyproject.toml:7", "'[z-a]' is no pattern that could match a file"),
        ("pyproject.toml:7", "'/' is no pattern that could match a file"),
        ("pyproject.toml:8", "'paths' is a table, not an array of strings"),
        ("pyproject.toml:9", "'2.7' is no Python version that conclint knows (3.10 to 3.14)"),
        ("pyproject.toml:9", "'target-version' holds a float, not only strings"),
    )
    assert config.ignore == (Item("CON1", "pyproject.toml:3"),)
    assert config.target_versions == ((3, 12),)


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("[tool.conclint\nselect = []\n", "pyproject.toml:1", "not TOML: "),
        ("[tool.conclint]\n\nselect = ['CON1\n", "pyproject.toml:3", "not TOML: "),
        ("[tool.conclint]\nselect = [\n'CON1',\n", "pyproject.toml:3", "not TOML: "),
        ("a = " + "[" * 5000 + "]" * 5000, "pyproject.toml", ""),
        ("[tool]\n\nconclint = 3\n", "pyproject.toml:3", "'tool.conclint' is an integer, not a table"),
        ("[[tool.conclint]]\nselect = []\n", "pyproject.toml:1", "'tool.conclint' is an array, not a table"),
    ],
)
def test_a_broken_document_is_a_mistake_with_a_line(
    written: Path, text: str, place: str, reason: str
) -> None:
    config = config_of(written, text)
    ((found_place, found_reason),) = config.problems
    assert found_place.startswith(place)
    assert found_reason.startswith(reason)


def test_a_document_in_another_encoding_is_a_mistake(written: Path) -> None:
    written.write_bytes(b"[tool.conclint]\n# caf\xe9\n")
    assert read(str(written)).problems == (("pyproject.toml:2", "not UTF-8, which TOML demands"),)


def test_a_file_that_is_not_there_is_a_mistake(written: Path) -> None:
    assert read("other.toml").problems == (("other.toml", "No such file or directory"),)
    assert read(str(written.parent), required=True).problems == ((".", "Is a directory"),)


def test_a_table_can_be_demanded(written: Path) -> None:
    written.write_text("[tool.black]\n")
    assert read(str(written), required=True).problems == (("pyproject.toml", "no table [tool.conclint]"),)


def test_paths_are_found_from_the_root_of_the_project(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("src/a.py", "docs/one/b.md", "docs/c.md", "odd[1].py"):
        (written.parent / name).parent.mkdir(parents=True, exist_ok=True)
        (written.parent / name).touch()
    config = config_of(
        written, '[tool.conclint]\npaths = ["src", "docs/**/*.md", "odd[1].py",\n"gone.py", "*.txt"]\n'
    )
    assert config.existing_paths() == (
        ["src", "docs/c.md", "docs/one/b.md", "odd[1].py"],
        [
            ("pyproject.toml:3", "no such file or folder: 'gone.py'"),
            ("pyproject.toml:3", "no such file or folder: '*.txt'"),
        ],
    )
    monkeypatch.chdir(written.parent / "docs")
    assert config.existing_paths()[0][0] == str(written.parent / "src")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"3.13"', [13, 14]),
        ('"py310"', [10, 11, 12, 13, 14]),
        ('["3.13", "3.11", "3.13"]', [11, 13]),
        ("[]", [10, 11, 12, 13, 14]),
    ],
)
def test_target_versions(written: Path, value: str, expected: list[int]) -> None:
    config = config_of(
        written, f'[project]\nrequires-python = ">=3.14"\n[tool.conclint]\ntarget-version = {value}\n'
    )
    assert config.problems == ()
    assert [minor for _, minor in config.target_versions] == expected


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [
        (">=3.12", [12, 13, 14]),
        (">=3.8", [10, 11, 12, 13, 14]),
        (">=3.11.4,<4", [11, 12, 13, 14]),
        (">= 3.10, < 3.13", [10, 11, 12]),
        ("<3.12.5", [10, 11, 12]),
        ("<3.12.0", [10, 11]),
        ("<=3.12", [10, 11, 12]),
        (">3.12", [13, 14]),
        ("==3.11.*", [11]),
        ("==3.11.2", [11]),
        ("==3.*", [10, 11, 12, 13, 14]),
        ("~=3.12", [12, 13, 14]),
        ("~=3.12.1", [12]),
        (">=3.10,!=3.11.*,!=3.12.1", [10, 12, 13, 14]),
        ("==2.7.*", [10, 11, 12, 13, 14]),
        ("nonsense", [10, 11, 12, 13, 14]),
        ("", [10, 11, 12, 13, 14]),
    ],
)
def test_requires_python_tells_the_versions(written: Path, specifier: str, expected: list[int]) -> None:
    config = config_of(written, f'[project]\nrequires-python = "{specifier}"\n')
    assert [minor for _, minor in config.target_versions] == expected
    assert config.problems == ()


@pytest.mark.parametrize("text", ["project = 3\n", "[project]\nrequires-python = 3.12\n"])
def test_what_others_own_is_not_judged(written: Path, text: str) -> None:
    config = config_of(written, text)
    assert config.problems == ()
    assert config.target_versions == SUPPORTED
