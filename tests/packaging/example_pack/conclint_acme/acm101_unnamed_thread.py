"""Threads whose name says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conclint.draft import Report
from conclint.knowledge.schema import Parameter
from conclint.model import Primitive
from conclint.model.arguments import argument, has_star
from conclint.rule import ModuleRule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conclint.model import ModuleModel

NAME = Parameter.parse("name@2")


class UnnamedThread(ModuleRule):
    """A thread without a name of its own can't be told from others in logs and thread dumps.

    Pass `name=` to `Thread`, or set `name`. Classes that derive from `Thread` are left alone: they may name themselves.
    """

    code, name = "ACM101", "unnamed-thread"
    severity = Severity.WARNING
    needles = ("Thread",)

    def check(self, module: ModuleModel) -> Iterator[Report]:
        renamed = [one.site for event in module.events_of("name", Primitive.THREAD) for one in event.instances]
        for site in module.sites_of(Primitive.THREAD):
            if site.cls or site in renamed or has_star(site.call):
                continue
            if argument(site.call, NAME) is None:
                yield Report(site.call, f"'{module.label(site.call.func)}' makes a thread without a name")
