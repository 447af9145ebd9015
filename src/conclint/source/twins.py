"""Signs that stand where Python wants another one, and that one: full-width, typographic, invisible.

None of them can be part of a name (`str.isidentifier`), so outside strings and comments each is an error.
"""

from __future__ import annotations

_FULL_WIDTH = 0xFF01 - 0x21  # the block U+FF01 to U+FF5E repeats ASCII from ! to ~

DOUBLE_QUOTES = frozenset('"“”„‟＂')
SINGLE_QUOTES = frozenset("'‘’‚‛＇")
IDEOGRAPHIC_SPACE = "\u3000"

SURE: dict[str, str] = {
    **{chr(_FULL_WIDTH + ord(sign)): sign for sign in "!#%&()*+,-./:;<=>@[\\]^{|}~"},
    "。": ".",
    "、": ",",
    "【": "[",
    "】": "]",
    **dict.fromkeys(DOUBLE_QUOTES - {'"'}, '"'),
    **dict.fromkeys(SINGLE_QUOTES - {"'"}, "'"),
    **dict.fromkeys("\u00a0\u1680\u202f\u205f\u3000", " "),
    **{chr(code): " " for code in range(0x2000, 0x200B)},
}
"""What keyboards for Chinese and Japanese type for Python's signs, what word processors make of quotes, and spaces."""

LIKELY: dict[str, str] = {
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "…": "...",
    "×": "*",
    "÷": "/",
    "≠": "!=",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
    **{chr(_FULL_WIDTH + ord(digit)): digit for digit in "0123456789"},
}
"""Signs that prose is full of too: they are meant as Python's only where the text is Python with the twins in place."""

TWINS = {**SURE, **LIKELY}

BLANKS = frozenset(sign for sign, twin in TWINS.items() if not twin.strip())
FULL_WIDTH_DIGITS = frozenset(sign for sign, twin in TWINS.items() if twin.isdigit())
