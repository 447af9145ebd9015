"""Bytes to text and back."""

from __future__ import annotations

import codecs
import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conclint.errors import SourceError
from conclint.source.load import from_bytes, load, to_bytes
from conclint.source.source import Source

if TYPE_CHECKING:
    from pathlib import Path

BOM = codecs.BOM_UTF8
DECLARABLE = [
    "latin-1",
    "iso-8859-15",
    "cp1252",
    "koi8-r",
    "gbk",
    "shift_jis",
    "euc-jp",
    "big5",
    "utf-8",
    "utf8",
]
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def reason(data: bytes) -> str:
    with pytest.raises(SourceError) as raised:
        from_bytes(data, "x.py")
    assert raised.value.path == "x.py"
    return raised.value.reason


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.booleans())
def test_utf8_comes_back_as_it_was(text: str, bom: bool) -> None:
    data = (BOM if bom else b"") + ("\n\n" + text).encode()
    source = from_bytes(data, "x.py")
    assert source == Source("x.py", "\n\n" + text, "utf-8", bom)
    assert to_bytes(source, source.text) == data


@given(st.binary())
def test_any_bytes_come_back_or_are_refused(data: bytes) -> None:
    try:
        source = from_bytes(data, "x.py")
    except SourceError:
        return
    assert to_bytes(source, source.text) == data


def repertoire(encoding: str) -> list[str]:
    """Some characters of an encoding that come back as they were."""
    some = map(chr, [*range(1, 0x500), 0x20AC, *range(0x3040, 0x3100), *range(0x4E00, 0x4F00)])
    return [found for found in some if found.encode(encoding, "ignore").decode(encoding) == found]


@pytest.mark.parametrize("encoding", DECLARABLE)
@given(st.data(), ENDS, st.booleans())
def test_declared_encodings_come_back_as_they_were(
    encoding: str, data: st.DataObject, end: str, second: bool
) -> None:
    text = data.draw(st.text(st.sampled_from(repertoire(encoding))))
    first = f"#!/usr/bin/python{end}" if second else ""
    body = f"{first}# -*- coding: {encoding} -*-{end}{text}".encode(encoding)
    source = from_bytes(body, "x.py")
    assert source.text == body.decode(encoding)
    assert to_bytes(source, source.text) == body


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"x = 1\r\ny = 2\r\n", "x = 1\r\ny = 2\r\n", "utf-8"),
        (b"x = 1\ry = 2\n\tz\x0c\n", "x = 1\ry = 2\n\tz\x0c\n", "utf-8"),
        (b'# coding: latin-1\nx = "\xe9"\n', '# coding: latin-1\nx = "é"\n', "iso-8859-1"),
        (b'# coding: latin-1-unix\nx = "\xe9"\n', '# coding: latin-1-unix\nx = "é"\n', "iso-8859-1"),
        (b"# vim: set fileencoding=cp1252 :\n'\x80'", "# vim: set fileencoding=cp1252 :\n'€'", "cp1252"),
        (b"#!/bin/sh\r# coding: latin-1\r'\xe9'\r", "#!/bin/sh\r# coding: latin-1\r'é'\r", "iso-8859-1"),
        (b"\x0c\n# coding: latin-1\n'\xe9'", "\x0c\n# coding: latin-1\n'é'", "iso-8859-1"),
        (b"# coding: utf-8-unix\n'\xc3\xa9'", "# coding: utf-8-unix\n'é'", "utf-8"),
        (BOM + b"# coding: utf-8\n'\xc3\xa9'", "# coding: utf-8\n'é'", "utf-8"),
        (b"# one\n# two\n# coding: latin-1\n", "# one\n# two\n# coding: latin-1\n", "utf-8"),
        (b"x = 1\n# coding: latin-1\n", "x = 1\n# coding: latin-1\n", "utf-8"),
        (b"", "", "utf-8"),
    ],
)
def test_what_is_read(data: bytes, text: str, encoding: str) -> None:
    source = from_bytes(data, "x.py")
    assert (source.text, source.encoding) == (text, encoding)
    assert source.has_bom == data.startswith(BOM)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"x = 1\r\ny = '\xe9'\n", "byte 0xE9 at 2:6 is not UTF-8, and the file declares no other encoding"),
        (
            "é = 'é".encode() + b"\xff",
            "byte 0xFF at 1:7 is not UTF-8, and the file declares no other encoding",
        ),
        (
            b"x = 1\n# coding: latin-1\n'\xe9'",
            "byte 0xE9 at 3:2 is not UTF-8, and the file declares no other encoding",
        ),
        (
            b"# coding: ascii\n'\xe9'",
            "byte 0xE9 at 2:2 is not of the encoding 'ascii', which line 1 declares",
        ),
        (b"\n# coding: klingon\n", "line 2 declares the encoding 'klingon', which Python does not know"),
        (b"# coding: rot13\n", "line 1 declares the encoding 'rot13', which Python does not know"),
        (b"# coding: .\n", "line 1 declares the encoding '.', which Python does not know"),
        (b"# coding: cp037\n", "is not in the encoding 'cp037', which line 1 declares"),
        (
            BOM + b"# coding: latin-1\n",
            "starts with the byte order mark of UTF-8, but line 1 declares 'latin-1'",
        ),
        ("x = 1".encode("utf-16"), "is UTF-16, which Python does not take for source code"),
        ("x = 1".encode("utf-32"), "is UTF-32, which Python does not take for source code"),
        (b"x = 1\ny\0 = 2\n", "holds a NUL character at 2:2"),
    ],
)
def test_what_is_refused(data: bytes, said: str) -> None:
    assert reason(data) == said


@pytest.mark.parametrize(
    "encoding", ["punycode", "undefined", "utf-16", "utf-32-be", "hex", "zlib", "mbcs", "idna"]
)
def test_odd_codecs_never_crash(encoding: str) -> None:
    data = f"# coding: {encoding}\nx = 'ab'\n".encode()
    try:
        source = from_bytes(data, "x.py")
    except SourceError:
        return
    assert source.text == data.decode()


def test_text_that_the_encoding_can_not_hold_is_refused() -> None:
    source = from_bytes(b"# coding: latin-1\n", "x.py")
    with pytest.raises(SourceError, match="U\\+20AC at 2:5 can't be written in 'iso-8859-1'"):
        to_bytes(source, "# coding: latin-1\nx = €\n")


def test_an_encoding_that_spells_line_ends_its_own_way_is_not_written() -> None:
    source = from_bytes(b"# coding: unicode_escape\nx = 1\n", "x.py")
    assert source.text == "# coding: unicode_escape\nx = 1\n"
    with pytest.raises(SourceError, match="can't be written in 'unicode-escape'"):
        to_bytes(source, source.text)


def test_a_file_is_called_as_the_user_reached_it(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_bytes(b"x = 1\r\n")
    assert load(str(file), "./x.py") == Source("./x.py", "x = 1\r\n")
    assert load(str(file)).path == str(file)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "can't be read: is a directory"),
        ("missing.py", "can't be read: no such file or directory"),
        ("nul\0.py", "can't be read: embedded null byte"),
        ("loop.py", "can't be read: too many levels of symbolic links"),
    ],
)
def test_what_can_not_be_read(tmp_path: Path, path: str, said: str) -> None:
    (tmp_path / "loop.py").symlink_to("loop.py")
    with pytest.raises(SourceError) as raised:
        load(os.path.join(tmp_path, path), "shown.py")
    assert (raised.value.path, raised.value.reason) == ("shown.py", said)


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="root may read anything")
def test_a_file_without_permission_can_not_be_read(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.touch(0o000)
    with pytest.raises(SourceError, match="can't be read: permission denied"):
        load(str(file))


@pytest.mark.skipif(
    not os.path.exists("/proc/self/mem"), reason="a file of Linux that can't be read from its start"
)
def test_an_error_while_reading_is_told() -> None:
    with pytest.raises(SourceError, match="can't be read: input/output error"):
        load("/proc/self/mem")
