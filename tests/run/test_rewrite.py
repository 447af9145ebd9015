from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from conclint.errors import SourceError
from conclint.run.fixes import Fixed
from conclint.run.rewrite import write
from conclint.source.load import from_bytes, load


def mended(path: Path, data: bytes) -> Fixed:
    path.write_bytes(data)
    source = load(str(path))
    return Fixed(source, source.text.replace("acquire()", "lock"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"x = acquire()\n", b"x = lock\n"),
        (b"\xef\xbb\xbfx = acquire()\r\ny = 1\n", b"\xef\xbb\xbfx = lock\r\ny = 1\n"),
        (b"# coding: latin-1\nx = 'caf\xe9', acquire()", b"# coding: latin-1\nx = 'caf\xe9', lock"),
        (b"x = '\xe5\xba\xa7'\racquire()\r", b"x = '\xe5\xba\xa7'\rlock\r"),
    ],
)
def test_encoding_mark_and_line_ends_stay(tmp_path: Path, before: bytes, after: bytes) -> None:
    file = tmp_path / "a.py"
    write(mended(file, before))
    assert file.read_bytes() == after
    assert os.listdir(tmp_path) == ["a.py"]


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600])
def test_the_mode_stays(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "a.py"
    outcome = mended(file, b"acquire()\n")
    file.chmod(mode)
    write(outcome)
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "a.py"
    link.symlink_to("real/b.py")
    write(mended(link, b"acquire()\n"))
    assert link.is_symlink()
    assert (tmp_path / "real" / "b.py").read_bytes() == b"lock\n"


def test_the_file_may_be_elsewhere_than_its_name_says(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"acquire()\n")
    source = from_bytes(b"acquire()\n", "shown.py")
    write(Fixed(source, "lock\n"), str(file))
    assert file.read_bytes() == b"lock\n"


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    outcome = mended(file, b"acquire()\n")
    file.write_bytes(b"acquire()\n# saved by the editor\n")
    with pytest.raises(SourceError, match="has changed"):
        write(outcome)
    assert file.read_bytes() == b"acquire()\n# saved by the editor\n"


def test_a_file_that_is_gone_is_an_error_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    outcome = mended(file, b"acquire()\n")
    file.unlink()
    with pytest.raises(SourceError, match=r"a\.py: can't be fixed: No such file"):
        write(outcome)


def test_what_the_encoding_lacks_is_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    outcome = mended(file, b"# coding: latin-1\nacquire()\n")
    with pytest.raises(SourceError, match=r"U\+5EA7"):
        write(Fixed(outcome.source, outcome.source.text + "# 座\n"))
    assert file.read_bytes() == b"# coding: latin-1\nacquire()\n"


def test_a_write_that_fails_leaves_the_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.py"
    outcome = mended(file, b"acquire()\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SourceError, match="No space left"):
        write(outcome)
    assert file.read_bytes() == b"acquire()\n"
    assert os.listdir(tmp_path) == ["a.py"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anything")
def test_a_read_only_file_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    outcome = mended(file, b"acquire()\n")
    file.chmod(0o444)
    with pytest.raises(SourceError, match="not writable"):
        write(outcome)
    assert file.read_bytes() == b"acquire()\n"
