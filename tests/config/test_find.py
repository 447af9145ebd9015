"""Which pyproject.toml speaks for a path."""

from pathlib import Path

import pytest

from conclint.config import nearest


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "src/inner").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.conclint]\n")
    (tmp_path / "src/inner/a.py").touch()
    return tmp_path


def test_the_nearest_one_above(project: Path) -> None:
    assert nearest(str(project / "src/inner/a.py")) == str(project / "pyproject.toml")
    assert nearest(str(project)) == str(project / "pyproject.toml")


@pytest.mark.parametrize(
    "text", ["[tool.conclint]", "['tool' . \"conclint\".per-file-ignores]", "[tool.conclint"]
)
def test_one_with_a_table_is_taken_at_once(project: Path, text: str) -> None:
    (project / "src/pyproject.toml").write_text(text)
    assert nearest(str(project / "src/inner")) == str(project / "src/pyproject.toml")


@pytest.mark.parametrize("text", ["[tool.black]\n", "dependencies = ['conclint']\n"])
def test_one_without_a_table_gives_way(project: Path, text: str) -> None:
    (project / "src/pyproject.toml").write_text(text)
    assert nearest(str(project / "src/inner")) == str(project / "pyproject.toml")


def test_one_without_a_table_is_better_than_none(project: Path) -> None:
    (project / "pyproject.toml").write_text("")
    (project / "src/pyproject.toml").write_text("")
    assert nearest(str(project / "src/inner")) == str(project / "src/pyproject.toml")


def test_a_folder_of_that_name_is_no_file(project: Path) -> None:
    (project / "src/pyproject.toml").mkdir()
    assert nearest(str(project / "src")) == str(project / "pyproject.toml")


def test_one_that_cannot_be_read_is_not_passed_over(project: Path) -> None:
    loop = project / "src/pyproject.toml"
    loop.symlink_to("pyproject.toml")
    assert nearest(str(project / "src")) == str(loop)
