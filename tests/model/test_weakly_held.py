"""What is only held weakly, found, and fetched again."""

import pytest

from conclint.model import ModuleModel
from conclint.model.weakly_held import vanishing
from conclint.source import Source
from conclint.syntax import parse

HEAD = """
import weakref
cache = weakref.WeakValueDictionary()
class Shelf:
    def __init__(self, owner):
        self.owner = weakref.ref(owner)
        self.other = None
"""
METHODS = {
    "branch": ("if key in cache:\n            return cache[key]", ["cache[key]"]),
    "one of several conditions": ("if on and key in cache and free:\n            return cache[key]", ["cache[key]"]),
    "behind a branch that leaves": ("if key not in cache: return None\n        return cache[key]", ["cache[key]"]),
    "one expression": ("return cache[key] if key in cache else None", ["cache[key]"]),
    "another key": ("if key in cache:\n            return cache[other]", []),
    "stored meanwhile": ("if key in cache:\n            cache[key] = book\n            return cache[key]", []),
    "the key bound anew": ("if key in cache:\n            key = next(keys)\n            return cache[key]", []),
    "an error is expected": (
        "if key in cache:\n            try: return cache[key]\n            except KeyError: return None",
        [],
    ),
    "asked once": ("if (book := cache.get(key)) is not None:\n            return book", []),
    "not known to be there": ("if key in cache: log()\n        return cache[key]", []),
    "reference": ("if self.owner() is not None:\n            self.owner().tell()", ["self.owner()"]),
    "reference by its truth": ("if self.owner():\n            self.owner().tell()", ["self.owner()"]),
    "reference returned": ("if self.owner() is None: return 1\n        return self.owner()", ["self.owner()"]),
    "reference kept": (
        "if self.owner() is None: return 1\n        owner = self.owner()\n        return owner",
        ["self.owner()"],
    ),
    "reference looked at again": (
        "if self.owner() is None: return 1\n        owner = self.owner()\n        if owner: owner.tell()",
        [],
    ),
    "reference in an argument": ("if self.owner() is not None:\n            show(self.owner())", []),
    "strong": ("if self.other() is not None:\n            self.other().tell()", []),
    "of this call": (
        "mine = weakref.WeakValueDictionary()\n        if key in mine:\n            return mine[key]",
        [],
    ),
}


def found_in(body: str) -> list[str]:
    text = f"{HEAD}    def take(self, key, other, on, free, keys, book):\n        {body}\n"
    module = ModuleModel(parse(Source("shelf.py", text)))
    return [module.code(found.use) for found in vanishing(module)]


@pytest.mark.parametrize("name", METHODS)
def test_what_may_be_gone_by_the_second_look(name: str) -> None:
    body, expected = METHODS[name]
    assert found_in(body) == expected


def test_a_mapping_that_is_only_sometimes_weak_may_lose_its_objects_as_well() -> None:
    text = f"""{HEAD}
        if weak:
            self.pages = weakref.WeakValueDictionary()
        else:
            self.pages = {{}}
    def take(self, key):
        if key in self.pages:
            return self.pages[key]
"""
    (found,) = vanishing(ModuleModel(parse(Source("shelf.py", text))))
    assert found.of_mapping
