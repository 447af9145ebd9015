"""Python text as a libcst tree, walked once, with its scopes and, on demand, its positions."""

from conclint.syntax.locate import Locator
from conclint.syntax.parse import parse
from conclint.syntax.scopes import Binding, BindingKind, Scope, ScopeKind
from conclint.syntax.tree import Tree

__all__ = ["Binding", "BindingKind", "Locator", "Scope", "ScopeKind", "Tree", "parse"]
