"""`conclint explain`: what is known about a line."""

from pathlib import Path

import pytest
from cli.conftest import Cli

SHOP = """
import threading

class Shop:
    def __init__(self):
        self._lock = threading.Lock()
        self._stock = {}

    def sell(self, name):
        with self._lock:
            self._stock[name] = self._stock.get(name, 0) - 1

    def forget(self, name):
        self._stock.pop(name)

def main():
    shop = Shop()
    threading.Thread(target=shop.sell, args=("tea",)).start()

main()
""".lstrip()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.py").write_text(SHOP, encoding="utf-8")
    return "shop.py"


def test_it_tells_who_runs_a_line_and_what_is_held_there(cli: Cli, shop: str) -> None:
    out = cli("explain", f"{shop}:10").out
    assert "In 'Shop.sell':" in out
    assert "run by the thread handed over at shop.py:17" in out
    assert "'self._stock' is changed with 'self._lock' held" in out
    assert "shop.py:13: changed in 'Shop.forget'" in out


def test_it_tells_what_guards_a_variable_elsewhere(cli: Cli, shop: str) -> None:
    out = cli("explain", f"{shop}:13:9").out
    assert "'self._stock' is changed with no lock held" in out
    assert "elsewhere 2 of 2 accesses hold 'self._lock'" in out


def test_it_says_when_there_is_nothing_to_say(cli: Cli, shop: str) -> None:
    status, out, _ = cli("explain", f"{shop}:2")
    assert (status, out) == (0, "shop.py:2: nothing that concerns threads, locks or shared state\n")


def test_it_follows_callers_in_other_files(cli: Cli, shop: str, tmp_path: Path) -> None:
    (tmp_path / "boss.py").write_text(
        "import threading\nfrom shop import Shop\ndef work():\n    Shop().forget('tea')\n"
        "threading.Thread(target=work).start()\n",
        encoding="utf-8",
    )
    out = cli("explain", f"{shop}:13", ".").out
    assert "run by the thread handed over at boss.py:5" in out
    assert "through work -> Shop.forget" in out


@pytest.mark.parametrize("word", ["shop.py", "shop.py:", "shop.py:x", ":3", "shop.py:0"])
def test_a_position_is_a_path_and_a_line(cli: Cli, word: str) -> None:
    status, _, err = cli("explain", word)
    assert status == 2
    assert "is no PATH:LINE, such as shop.py:14" in err


def test_what_cannot_be_read_is_told(cli: Cli, shop: str, tmp_path: Path) -> None:
    status, _, err = cli("explain", "missing.py:3")
    assert status == 1
    assert "missing.py" in err
    (tmp_path / "broken.py").write_text("def\n", encoding="utf-8")
    status, _, err = cli("explain", "broken.py:1")
    assert status == 1
    assert "broken.py: is no Python that can be parsed" in err
    assert cli("explain", f"{shop}:10", ".").status == 0
