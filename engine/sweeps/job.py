"""What a sweep asks of a kind of strategy: one class for each kind, and nothing else knows which it is.

A sweep runs chunks of a job's points, a search chooses their numbers, the verdict asks for their curves.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice, product
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I8
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from ...data.rules.brokerage import Brokerage
from ..compiled.points import own_points
from ..config import Config
from ..workers.runner import Runner
from .chunk import Chunk, Curve
from .conditions import Conditions, changed, changed_brokerage, changed_config, is_condition, of_strategy
from .grid import Grid
from .kept import Kept

Table = NDArray[Any]
Values = Mapping[str, Any]
Build = Callable[[Values], Any]

MOST_CHECKED = 10_000  # structural combinations that the strategy is asked about before any work
MARKETS = 4  # conditions kept in memory
DAY_ENDS = np.timedelta64(
    16, "h"
)  # of a session, after its day's start in UTC: midnight in Hong Kong and Shanghai


class Tries(NamedTuple):
    """Legs (LEG dtype) that are moved to other days, and the points (POINT dtype) of which the best is looked for."""

    legs: Table
    points: Table


@dataclass(frozen=True)
class SweepJob(ABC):
    """All that a chunk of points needs. `launches` on the portfolio's clock, `periods` a year.

    `build` makes the strategy of a point of its own values; `brokerage` is what the panel charges.
    """

    build: Build
    grid: Grid
    launches: Launches
    panel: Panel
    config: Config
    periods: float
    threads: int = 1
    brokerage: Brokerage = field(default_factory=Brokerage)
    _conditions: Kept[Conditions] = field(
        default_factory=lambda: Kept(MARKETS), init=False, repr=False, compare=False
    )

    words: ClassVar[
        tuple[str, ...]
    ] = ()  # columns of text after the metrics: `error`, where a point can fail
    rows_together: ClassVar[int] = 1  # of points.parquet, at least: chunks of fewer points are written as one

    @property
    @abstractmethod
    def chunk_size(self) -> int:
        """Points of a chunk; the same every time, so that a resumed sweep finds its parts."""

    @abstractmethod
    def run(self, start: int, stop: int) -> Chunk:
        """The points at positions `start` to `stop`."""

    @abstractmethod
    def measure(self, numbers: I8) -> Chunk:
        """The points of these numbers, ascending."""

    @abstractmethod
    def confirm(self, number: int, metrics: F8) -> bool:
        """Whether the point has the same metrics when it is run once more, and independently where that is possible."""

    @abstractmethod
    def curves(self, numbers: I8, runner: Runner | None) -> Mapping[int, Curve]:
        """What the verdict asks of the points of these numbers, ascending, by number; without those that failed."""

    @abstractmethod
    def held(self, number: int, runner: Runner | None = None) -> Table:
        """What a point holds, from when and for how long, as a table of legs."""

    @abstractmethod
    def fills(self, number: int) -> Table:
        """The fills of a point (FILL dtype)."""

    @abstractmethod
    def longest_hold(self, best: int, curves: Mapping[int, Curve]) -> int:
        """Sessions that keep a position from reaching over the end of a fold into the next."""

    @abstractmethod
    def open_runner(self, spec: str | None) -> AbstractContextManager[Runner]:
        """Where the points run: as `spec` says, else where this kind runs best."""

    @abstractmethod
    def refuse_foresight(self, number: int) -> None:
        """LookAheadError where a point decides by what came later."""

    def tries(self, best: int, numbers: I8, legs: Table) -> Tries:
        """What a placebo may choose among: the point itself, or those of `numbers` whose legs are those of the best."""
        return Tries(legs, own_points(1))

    def point(self, number: int) -> dict[str, Any]:
        """The values of a point."""
        return self.grid.point(number)

    def strategy(self, values: Values) -> Any:
        """The strategy of a point's values."""
        return self.build(of_strategy(values))

    def under(self, values: Values) -> Conditions:
        """Under what a point of these values trades."""
        base = Conditions(self.launches, self.panel, self.config)
        asked = {name: value for name, value in values.items() if is_condition(name)}
        if not asked:
            return base
        return self._conditions.get(tuple(asked.items()), lambda: changed(base, self.brokerage, asked))

    def check(self) -> None:
        """Let each value of each parameter, and each structural combination, be refused before any work."""
        first = {name: values[0] for name, values in self.grid.values.items()}
        for name, values in self.grid.values.items():
            for value in values:
                self._check({**first, name: value})
        names = [name for name in self.grid.order if name not in self.grid.execution]
        for chosen in islice(product(*(self.grid.values[name] for name in names)), MOST_CHECKED):
            self._check(first | dict(zip(names, chosen, strict=True)))

    def _check(self, values: Values) -> None:
        self.strategy(values)
        changed_config(self.config, values)
        changed_brokerage(self.brokerage, values)

    def alone(self) -> Self:
        """The same for a worker, which has one thread."""
        return replace(self, threads=1)

    def until(self, t: int) -> Self:
        """The same on the market up to row t, with what was announced by then."""
        end = self.panel.sessions[t].astype("M8[s]") + DAY_ENDS
        instant = datetime.fromtimestamp(int(end.astype(np.int64)), UTC)
        return replace(self, panel=self.panel.until(t), launches=self.launches.as_of(instant))


def run_chunk(job: SweepJob, start: int, stop: int) -> Chunk:
    """The points at positions `start` to `stop`: what a worker is sent."""
    return job.run(start, stop)
