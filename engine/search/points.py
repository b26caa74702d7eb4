"""What a search is told of points: their metrics, how much money they could carry, and all that on an early market."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from math import ceil
from typing import Any

import numpy as np

from ...data.arrays import F8, I8
from ...data.errors import ConfigError
from ..compiled.simulate import simulate
from ..results.capacity import carried, entry_shares
from ..sweeps.job import Job, run_numbers
from ..sweeps.points import METRICS
from ..workers.runner import Runner

Measure = Callable[[I8], F8]  # numbers of points, ascending and distinct → (points, len(COLUMNS))

CAPACITY = "capacity"
COLUMNS = (*METRICS, CAPACITY)
EARLY = 1 / 3  # of the legs begin on the early market
FEWEST_SESSIONS = 10  # of an early market that says anything
DAY_ENDS = np.timedelta64(
    16, "h"
)  # of a session, after its day's start in UTC: midnight in Hong Kong and Shanghai


@dataclass(frozen=True)
class Points:
    """Measures points of a job, on the workers of a runner where there are several; `capacity` costs a run each."""

    job: Job
    capacity: bool = False
    runner: Runner | None = None

    def __call__(self, numbers: I8) -> F8:
        if self.runner is None or self.runner.local:
            return measure(self.job, self.capacity, numbers)
        parts = np.array_split(numbers, max(1, min(len(numbers), 2 * self.runner.slots)))
        futures = [self.runner.submit(measure, self._shared, self.capacity, part) for part in parts]
        return np.concatenate([one.result() for one in futures])

    @cached_property
    def _shared(self) -> Any:
        """The job as the runner's workers know it: it travels once."""
        return self.runner.share(replace(self.job, threads=1)) if self.runner else self.job


def measure(job: Job, capacity: bool, numbers: I8) -> F8:
    """Metrics and capacity of the points of these numbers, (points, len(COLUMNS)); capacity NaN when not asked for."""
    metrics = run_numbers(job, numbers)
    money = [_capacity(job, int(number)) if capacity else np.nan for number in numbers]
    return np.column_stack([metrics, np.array(money, np.float64)])


def _capacity(job: Job, number: int) -> float:
    """Starting capital at which a tenth of the point's entries reach the participation limit."""
    fills = simulate(job.legs(job.grid.point(number)), job.panel, job.config, market=job.market).fills
    return carried(entry_shares(fills, job.panel), job.config.capital, job.config.participation)


def early(job: Job) -> Job:
    """The same job on the early part of its market: until the session before the second third of its legs begins.

    Legs are those of the grid's first point. Panel and ledger end there, so nothing in it knows of what came later.
    ConfigError when that leaves too little.
    """
    rows = np.sort(job.legs(job.grid.point(0))["row"])
    later = rows[rows > rows[ceil(EARLY * len(rows)) - 1]] if len(rows) else rows
    if not len(later) or later[0] < FEWEST_SESSIONS:
        raise ConfigError(
            f"{len(rows)} legs over {len(job.panel)} sessions leave no early market to prune by; leave out `prune`"
        )
    t = int(later[0]) - 1
    end = job.panel.sessions[t].astype("M8[s]") + DAY_ENDS
    instant = datetime.fromtimestamp(int(end.astype(np.int64)), UTC)
    return replace(job, panel=job.panel.until(t), launches=job.launches.as_of(instant), _kept={})
