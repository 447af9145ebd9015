"""The benchmark that tells how cost grows."""

from __future__ import annotations

from pathlib import Path

import pytest

import scale


def size(lines: int, seconds: float) -> scale.Size:
    return scale.Size(1, 0, 1, lines, seconds, seconds / 4, 10.0)


@pytest.mark.parametrize(("exponent"), [0, 1, 2])
def test_the_slope_is_the_exponent(exponent: int) -> None:
    sizes = [size(lines, 3.0 * lines**exponent) for lines in (100, 200, 400)]
    assert scale.slope(sizes, lambda one: one.seconds) == pytest.approx(exponent)
    assert sizes[0].share == pytest.approx(0.25)


def test_a_copy_is_linked_within_itself(tmp_path: Path) -> None:
    package = tmp_path / "from" / "dist" / "shop"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from shop.stock import take\n")
    (package / "stock.py").write_text("import shop.till as t, shop\nimport shopping\nx = 'shop.py'\ndef take(): shop.give()\n")
    scale.copy(tmp_path / "from", tmp_path / "to", "_1")
    copied = tmp_path / "to" / "dist" / "shop_1"
    assert (copied / "__init__.py").read_text() == "from shop_1.stock import take\n"
    assert (copied / "stock.py").read_text() == (
        "import shop_1.till as t, shop_1\nimport shopping\nx = 'shop.py'\ndef take(): shop_1.give()\n"
    )
