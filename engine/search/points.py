"""What a search is told of points: their metrics, how much money they could carry, and all that on an early market."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from ...data.arrays import F8, I8
from ...data.errors import ConfigError
from ..results.capacity import carried, entry_shares
from ..sweeps.job import SweepJob
from ..sweeps.points import METRICS
from ..workers.runner import Runner

Measure = Callable[[I8], F8]  # numbers of points, ascending and distinct → (points, len(COLUMNS))

CAPACITY = "capacity"
COLUMNS = (*METRICS, CAPACITY)
EARLY = 1 / 3  # of the legs begin on the early market
FEWEST_SESSIONS = 10  # of an early market that says anything


class Measured(NamedTuple):
    """Rows of COLUMNS of some points, and why each failed, empty where it did not."""

    table: F8
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Points:
    """Measures points of a job, on the workers of a runner where there are several; `capacity` costs a run each."""

    job: SweepJob
    capacity: bool = False
    runner: Runner | None = None
    errors: dict[int, str] = field(default_factory=dict, repr=False, compare=False)  # of points that failed

    def __call__(self, numbers: I8) -> F8:
        parts = [measure(self.job, self.capacity, numbers)] if self._here else self._everywhere(numbers)
        table = np.concatenate([part.table for part in parts])
        errors = [error for part in parts for error in part.errors]
        self.errors.update((n, error) for n, error in zip(numbers.tolist(), errors, strict=True) if error)
        return table

    @property
    def _here(self) -> bool:
        return self.runner is None or self.runner.local

    def _everywhere(self, numbers: I8) -> list[Measured]:
        assert self.runner is not None
        pieces = np.array_split(numbers, max(1, min(len(numbers), 2 * self.runner.slots)))
        futures = [self.runner.submit(measure, self._shared, self.capacity, piece) for piece in pieces]
        return [future.result() for future in futures]

    @cached_property
    def _shared(self) -> Any:
        """The job as the runner's workers know it: it travels once."""
        return self.runner.share(self.job.alone()) if self.runner else self.job


def measure(job: SweepJob, capacity: bool, numbers: I8) -> Measured:
    """Metrics and capacity of the points of these numbers; capacity is NaN when it was not asked for."""
    chunk = job.measure(numbers)
    errors = chunk.errors or ("",) * len(numbers)
    asked = [capacity and not error for error in errors]
    money = [_capacity(job, n) if some else np.nan for n, some in zip(numbers.tolist(), asked, strict=True)]
    return Measured(np.column_stack([chunk.metrics, np.array(money, np.float64)]), errors)


def _capacity(job: SweepJob, number: int) -> float:
    """Starting capital at which a tenth of the point's entries reach the participation limit."""
    at = job.under(job.point(number))
    return carried(entry_shares(job.fills(number), at.panel), at.config.capital, at.config.participation)


def early(job: SweepJob) -> SweepJob:
    """The same job on the early part of its market: until the session before the second third of its legs begins.

    Legs are those of the grid's first point. Panel and ledger end there, so nothing in it knows of what came later.
    ConfigError when that leaves too little.
    """
    rows = np.sort(job.held(0)["row"])
    later = rows[rows > rows[ceil(EARLY * len(rows)) - 1]] if len(rows) else rows
    if not len(later) or later[0] < FEWEST_SESSIONS:
        raise ConfigError(
            f"{len(rows)} legs over {len(job.panel)} sessions leave no early market to prune by; leave out `prune`"
        )
    return job.until(int(later[0]) - 1)
