"""From syntax to control flow: the graph of a function, a class body or a module."""

from conclint.model.lowering.expressions import constant_truth
from conclint.model.lowering.flow import TooComplex
from conclint.model.lowering.statements import build, caught_names

__all__ = ["TooComplex", "build", "caught_names", "constant_truth"]
