"""What a file is called as a module, told from the folders it stands in: `src/shop/stock.py` is `shop.stock`."""

from __future__ import annotations

import functools
import os


def module_name(path: str) -> str:
    """Return the dotted name under which a file is imported: as far up as there are `__init__.py` files.

    A file outside of any package is called after itself; what is no file, like standard input, has no name.
    """
    folder, base = os.path.split(path)
    stem, suffix = os.path.splitext(base)
    if suffix not in (".py", ".pyw", ".pyi"):
        return ""
    package = _package(folder)
    if stem == "__init__":
        return package or os.path.basename(os.path.abspath(folder))
    return f"{package}.{stem}" if package else stem


@functools.lru_cache(maxsize=4096)
def _package(folder: str) -> str:
    if not os.path.isfile(os.path.join(folder, "__init__.py")):
        return ""
    outer, name = os.path.split(os.path.abspath(folder))
    if not name:
        return ""
    above = _package(outer)
    return f"{above}.{name}" if above else name


@functools.lru_cache(maxsize=4096)
def is_test(path: str) -> bool:
    """Tell whether a file is plainly a test, by its own name or that of its folder: `tests/stock.py`, `conftest.py`."""
    folder, base = os.path.split(path)
    stem = os.path.splitext(base)[0]
    named = stem.startswith("test_") or stem.endswith("_test") or stem == "conftest"
    return named or os.path.basename(folder) in ("test", "tests")


def absolute(name: str, module: str, *, is_package: bool) -> str:
    """Return the absolute name that a relative import in `module` means, empty when it leads out of every package.

    `name` has its dots in front, as written: `..stock.Shelf` (Language Reference 5.7, "Package Relative Imports").
    """
    rest = name.lstrip(".")
    parts = module.split(".") if module else []
    up = len(name) - len(rest) - (1 if is_package else 0)
    if up > len(parts) or (up == len(parts) and not is_package):
        return ""
    parts = parts[: len(parts) - up] if up else parts
    return ".".join([*parts, rest]) if rest and parts else rest if not parts else ".".join(parts)
