"""Which files a run reads."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conclint.discovery import Excludes, discover, is_pattern
from conclint.errors import ConfigError
from conclint.finding import Failure

Tree = Callable[..., None]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Make files below a fresh current folder; a value is a file's text."""
    monkeypatch.chdir(tmp_path)

    def make(*names: str, **texts: str) -> None:
        for name, text in [*((name, "") for name in names), *texts.items()]:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return make


def files(*paths: str, excludes: Excludes | None = None) -> list[str]:
    found = discover(paths, excludes)
    assert found.failures == []
    return [path.replace(os.sep, "/") for path in found.files]


def test_walks_folders_and_sorts(tree: Tree) -> None:
    tree("b.py", "a/z.py", "a/y.pyw", "a/notes.md", "a/stub.pyi", "a/data.txt", "c/d/e.py")
    assert files(".") == ["a/y.pyw", "a/z.py", "b.py", "c/d/e.py"]


def test_spells_paths_as_the_user_reached_them(tree: Tree, tmp_path: Path) -> None:
    tree("a/z.py")
    assert files("./a") == ["./a/z.py"]
    assert files("a/") == ["a/z.py"]
    assert files("a/../a") == ["a/../a/z.py"]
    assert files(str(tmp_path)) == [(tmp_path / "a/z.py").as_posix()]


def test_takes_each_file_once(tree: Tree) -> None:
    tree("a/z.py", "b.py")
    assert files("a/z.py", "a", ".", "./b.py") == ["a/z.py", "b.py"]


def test_takes_named_files_whatever_their_name(tree: Tree) -> None:
    tree("script", "notes.md", "build/gen.py", **{".gitignore": "*.py\n"})
    named = ["build/gen.py", "notes.md", "script"]
    assert files(*named, excludes=Excludes(".", ("script", "build/"))) == named


def test_skips_named_stubs(tree: Tree) -> None:
    tree("a.pyi")
    assert files("a.pyi") == []


def test_names_every_missing_path(tree: Tree) -> None:
    tree("a.py")
    with pytest.raises(ConfigError) as caught:
        discover(["nowhere", "a.py", "a/b.py"])
    assert caught.value.problems == (
        ("nowhere", "no such file or folder"),
        ("a/b.py", "no such file or folder"),
    )


def test_leaves_out_folders_of_tools(tree: Tree) -> None:
    tree(
        "node_modules/m.py", "build/lib/x.py", "__pycache__/p.py", "x/.tox/t.py", ".git/hooks/h.py", "x/a.py"
    )
    tree("env/lib/site.py", "env/pyvenv.cfg", "venv/__init__.py", "venv/__main__.py")
    assert files(".") == ["venv/__init__.py", "venv/__main__.py", "x/a.py"]


def test_walks_a_package_that_is_called_build(tree: Tree) -> None:
    tree("src/build/__init__.py", "src/build/env.py")
    assert files("src") == ["src/build/__init__.py", "src/build/env.py"]


def test_walks_a_folder_that_is_named_itself(tree: Tree) -> None:
    tree("build/a.py", "env/pyvenv.cfg", "env/b.py")
    assert files("build", "env") == ["build/a.py", "env/b.py"]


def test_exclude_patterns_are_seen_from_their_root(tree: Tree) -> None:
    tree("p/docs/a.py", "p/src/docs/b.py", "p/src/gen_1.py", "p/src/gen_keep.py", "p/src/c.py")
    excludes = Excludes("p", ("/docs", "gen_*.py", "!gen_keep.py"))
    assert files(".", excludes=excludes) == ["p/src/c.py", "p/src/docs/b.py", "p/src/gen_keep.py"]


def test_excludes_can_do_without_the_defaults(tree: Tree) -> None:
    tree("build/a.py", "x/b.py", ".git/c.py", "env/pyvenv.cfg", "env/d.py")
    assert files(".", excludes=Excludes(".", ("x",), defaults=False)) == ["build/a.py"]


def test_gitignore_holds_without_a_repository(tree: Tree) -> None:
    tree("a/gen.py", "a/b.py", **{"a/.gitignore": "gen.py\n"})
    assert files("a") == ["a/b.py"]


def test_gitignore_holds_from_the_root_of_the_repository_down(tree: Tree) -> None:
    tree(".git/HEAD", "src/deep/gen.py", "src/deep/a.py", "src/deep/keep_gen.py")
    tree(
        **{
            ".gitignore": "*gen.py\n",
            "src/.gitignore": "!keep_gen.py\n",
            ".git/info/exclude": "/src/deep/a.py\n",
        }
    )
    assert files("src/deep") == ["src/deep/keep_gen.py"]


def test_an_ignored_folder_that_is_named_is_walked(tree: Tree) -> None:
    tree(
        ".git/HEAD",
        "out/gen/a.py",
        "out/gen/b.py",
        **{".gitignore": "out/\n", "out/gen/.gitignore": "b.py\n"},
    )
    assert files("out/gen") == ["out/gen/a.py"]
    assert files(".") == []


def test_a_repository_inside_another_starts_anew(tree: Tree) -> None:
    tree(".git/HEAD", "inner/.git/HEAD", "inner/a.py", "b.py", **{".gitignore": "a.py\n"})
    assert files(".") == ["b.py", "inner/a.py"]


def test_a_worktree_is_a_repository(tree: Tree) -> None:
    tree("src/a.py", "src/b.py", **{".git": "gitdir: elsewhere\n", ".gitignore": "/src/b.py\n"})
    assert files("src") == ["src/a.py"]


def test_a_broken_pattern_leaves_the_others_alone(tree: Tree) -> None:
    tree("a.py", "b.py", **{".gitignore": "!\nb.py\n"})
    assert not is_pattern("!")
    assert files(".") == ["a.py"]


def test_symlink_loops_end(tree: Tree, tmp_path: Path) -> None:
    tree("a/b/c.py")
    (tmp_path / "a/b/up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a/self").symlink_to("self")
    (tmp_path / "a/loop.py").symlink_to("loop.py")
    assert files(".") == ["a/b/c.py", "a/loop.py"]
    assert files("a/b/up/a") == ["a/b/up/a/b/c.py", "a/b/up/a/loop.py"]
    with pytest.raises(ConfigError, match=r"a/self: .*symbolic links"):
        discover(["a/self"])


def test_a_link_counts_as_its_file(tree: Tree, tmp_path: Path) -> None:
    tree("z.py", "elsewhere/x.py", "here/own.py")
    (tmp_path / "a_link.py").symlink_to("z.py")
    (tmp_path / "here/other.py").symlink_to("../elsewhere/x.py")
    (tmp_path / "here/.#own.py").symlink_to("someone@somewhere.1234")
    assert files(".") == ["elsewhere/x.py", "here/own.py", "z.py"]
    assert files("here") == ["here/other.py", "here/own.py"]


def test_what_is_no_regular_file_is_left_alone(tree: Tree, tmp_path: Path) -> None:
    tree("a.py", "folder.py/b.py")
    os.mkfifo(tmp_path / "pipe.py")
    assert files(".") == ["a.py", "folder.py/b.py"]


def test_an_unreadable_folder_is_a_failure(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree("a.py", "closed/b.py", "open/c.py")
    scandir = os.scandir

    def guarded(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr("os.scandir", guarded)
    found = discover(["."])
    assert found.files == ["a.py", str(Path("open/c.py"))]
    assert found.failures == [Failure("closed", "Permission denied")]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_folder_without_permission_is_a_failure(tree: Tree, tmp_path: Path) -> None:
    tree("closed/b.py")
    (tmp_path / "closed").chmod(0)
    try:
        assert discover(["."]).failures == [Failure("closed", "Permission denied")]
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_a_deep_tree_is_walked(tree: Tree) -> None:
    deep = "/".join(["d"] * 400) + "/a.py"
    tree(deep)
    assert files(".") == [deep]


def test_many_patterns_stay_cheap(tree: Tree) -> None:
    tree(*(f"p{folder}/m{number}.py" for folder in range(20) for number in range(100)))
    tree(**{".gitignore": "\n".join(f"*.ext{number}\n/out{number}/" for number in range(100))})
    began = time.process_time()
    assert len(files(".")) == 2000
    assert time.process_time() - began < 2


PATTERNS = st.lists(
    st.tuples(
        st.sampled_from(["", "!"]),
        st.sampled_from(["", "/", "**/"]),
        st.sampled_from(
            ["a", "b", "*", "a*", "?", "[ab]", "a/b", "**", "a/**", "*.py", "a/*.py", "x.py", "[!a]"]
        ),
        st.sampled_from(["", "/"]),
    ).map("".join),
    max_size=4,
)
NAMES = [
    f"{folder}{name}"
    for folder in ("", "a/", "b/", "a/a/", "a/b/", "ab/")
    for name in ("x.py", "a.py", "ab.py")
]


@pytest.mark.skipif(shutil.which("git") is None, reason="compares with git, which is not installed")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(root=PATTERNS, below=PATTERNS, deeper=PATTERNS)
def test_ignores_what_git_ignores(
    tmp_path_factory: pytest.TempPathFactory, root: list[str], below: list[str], deeper: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("repository")
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    for where, patterns in (("", root), ("a", below), ("a/b", deeper)):
        (folder / where / ".gitignore").write_text("\n".join(patterns))
    git = ["git", "-c", "core.excludesFile=/dev/null", "-C", str(folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    listed = subprocess.run(
        [*git, "ls-files", "--others", "--exclude-standard"], check=True, capture_output=True, text=True
    ).stdout.split()
    expected = sorted(name for name in listed if name.endswith(".py"))
    assert [os.path.relpath(path, folder) for path in discover([str(folder)]).files] == expected
