"""Which kind of sweep a strategy has: one line here and one file for each."""

from importlib import import_module
from typing import Any

from ..backtrader.native.plan import NativeStrategy
from .job import SweepJob

KINDS: tuple[tuple[type, str], ...] = ((NativeStrategy, ".native:NativeSweep"), (object, ".legs:LegSweep"))


def job_class(strategy: Any) -> type[SweepJob]:
    """The class of jobs that run a strategy; it is imported only when it is needed."""
    place = next(place for kind, place in KINDS if isinstance(strategy, kind))
    module, _, name = place.partition(":")
    found: type[SweepJob] = getattr(import_module(module, __package__), name)
    return found
