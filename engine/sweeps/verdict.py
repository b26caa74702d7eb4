"""How much of a sweep's best point is selection: its daily returns beside those of its neighbours and of others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8
from ...data.errors import ConfigError
from ..compiled.days import RUNNING, units_of
from ..compiled.points import own_points
from ..luck.placebo import Placebo, ThroughEngine, placebo_codes, placebo_days
from ..luck.trials import SweepTrials, read, record, sweep_trials, together
from ..luck.verdict import Evidence, Verdict, verdict
from ..workers.runner import Runner
from .chunk import Curve
from .job import SweepJob
from .points import METRICS, simulate_points
from .sample import MOST, sample

PLACEBOS = 1_000  # drawn for the best point: p to 0.001
MANY_LEGS, FEWER_PLACEBOS = 500, 200  # a placebo takes as long as its legs
FEWEST_OF_A_PLACEBO = 100  # points from which the fast path saves more than its shared tables cost
LEDGER = "trials.jsonl"  # beside the folders of the sweeps


class Tried(NamedTuple):
    """What a sweep counts as in the ledger of trials: names of its data and of itself, and how many points it tried."""

    data: str
    sweep: str
    points: int
    ledger: Path | None = None  # none is kept


def judged(
    job: SweepJob,
    best: int,
    tried: Tried,
    *,
    metric: str = "sharpe",
    kept: Mapping[int, Curve] | None = None,
    placebos: int = PLACEBOS,
    runner: Runner | None = None,
) -> Verdict:
    """The verdict on point number `best`, chosen by `metric`; every sweep on the same data counts, also those before.

    `kept` are curves that are there already; others, such as those of its neighbours, are made. `placebos` are drawn
    of each kind, fewer where there are many legs; they and the folds run on `runner`. Those of other days are the
    best of as many points each, by the same metric; those of other codes are the best point's.
    """
    at, curves = job.under(job.point(best)), curves_around(job, best, kept or {}, runner)
    if best not in curves:
        raise ConfigError("the best point failed when it ran again: the strategy does not do the same twice")
    numbers = np.array(sorted(curves), np.int64)
    returns = np.column_stack([curves[number].returns for number in numbers.tolist()])
    legs = job.held(best, runner)
    table, points = job.tries(best, numbers, legs)
    through = ThroughEngine(at.panel, at.config)
    choosing = BestOfMany(at.panel, at.config, points, job.periods, METRICS.index(metric))
    levels = job.grid.levels(numbers)
    evidence = Evidence(
        returns=returns,
        longest_hold=job.longest_hold(best, curves),
        trials=together(with_earlier(tried, returns)),
        params={name: level for name, level in levels.items() if len(job.grid.values[name]) > 1},
        profits=_profits([curves[number] for number in numbers.tolist()]),
        placebo=placebo_p(choosing, table, partial(placebo_days, executor=runner), placebos),
        placebo_codes=placebo_p(through, legs, partial(placebo_codes, executor=runner), placebos),
        best=int(np.searchsorted(numbers, best)),
        metric=metric,
        periods=job.periods,
    )
    return verdict(evidence, runner)


def placebo_seconds(job: SweepJob, legs: int) -> float:
    """Seconds, as a usual machine takes them, in which Python would run the placebos of the best of a sweep's points."""
    draws = PLACEBOS if legs <= MANY_LEGS else FEWER_PLACEBOS
    return draws * min(len(job.grid), MOST) * units_of(len(job.panel), legs) * RUNNING.unit


def curves_around(
    job: SweepJob, best: int, kept: Mapping[int, Curve], runner: Runner | None
) -> dict[int, Curve]:
    """Curves by number: those that were kept, the best point's, its neighbours', and others evenly."""
    missing = [number for number in sample(job.grid, best).tolist() if number not in kept]
    return {**kept, **job.curves(np.array(missing, np.int64), runner)}


@dataclass(frozen=True)
class BestOfMany(ThroughEngine):
    """As a `Run`: a metric of the best of many points that share a table of legs, shape (1,).

    So a placebo has as many tries as the sweep had: what rises by itself, or by choice, is no skill.
    """

    points: NDArray[Any] = field(default_factory=lambda: own_points(1))
    periods: float = 242.0
    metric: int = METRICS.index("sharpe")

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {
            "points": self.points,
            "periods": self.periods,
            "metric": self.metric,
        }

    @property
    def portfolios(self) -> int:
        """How many there are of each table."""
        return len(self.points)

    def __call__(self, legs: NDArray[Any]) -> F8:
        figures = simulate_points(
            self._layout, legs, self.config, self.points, periods=self.periods, fewest=FEWEST_OF_A_PLACEBO
        )
        return figures[:, self.metric].max(keepdims=True)


def _profits(curves: list[Curve]) -> F8 | None:
    """Profit of each launch that was traded at some point, (points, launches); None where there are fewer than two."""
    profits = np.stack([curve.profits for curve in curves])
    traded = (profits != 0.0).any(axis=0)
    return profits[:, traded] if traded.sum() > 1 else None


def placebo_p(
    through: ThroughEngine, legs: NDArray[Any], kind: Callable[..., Placebo], draws: int = PLACEBOS
) -> float | None:
    """How often legs do as well on other days, or on other codes; None without a leg to move."""
    if not len(legs):
        return None
    draws = draws if len(legs) <= MANY_LEGS else min(draws, FEWER_PLACEBOS)
    return kind(through, legs, through.panel, draws=draws).p


def with_earlier(tried: Tried, returns: F8) -> tuple[SweepTrials, ...]:
    """The sweep's own trials, which the ledger gets too, after those of other sweeps on the same data."""
    entry = sweep_trials(tried.data, tried.sweep, returns, points=tried.points)
    if tried.ledger is None:
        return (entry,)
    before = tuple(other for other in read(tried.ledger, entry.data) if other.sweep != entry.sweep)
    record(tried.ledger, entry)
    return (*before, entry)
