"""How much of a sweep's best point is selection: its daily returns beside those of its neighbours and of others."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I8
from ..luck.placebo import Placebo, ThroughEngine, placebo_codes, placebo_days
from ..luck.trials import SweepTrials, read, record, sweep_trials, together
from ..luck.verdict import Evidence, Verdict, verdict
from ..results.metrics import session_returns
from .curves import equity_curves, launch_profits
from .grid import WHOLE, Grid
from .job import Job, overrides, own_points
from .points import METRICS, simulate_points

PLACEBOS = 1_000  # drawn for the best point: p to 0.001
MANY_LEGS, FEWER_PLACEBOS = 500, 200  # a placebo takes as long as its legs
MOST = 120  # points whose returns are computed for the verdict
SHARPE = METRICS.index("sharpe")
LEDGER = "trials.jsonl"  # beside the folders of the sweeps


def judged(
    job: Job,
    best: int,
    ledger: Path | None,
    names: tuple[str, str] | tuple[str, str, int],
    *,
    placebos: int = PLACEBOS,
    executor: Executor | None = None,
) -> Verdict:
    """The verdict on point number `best`; every sweep on the same data counts, also those before.

    `names` name the data and the sweep in the ledger of trials, which gets this sweep added (None: no ledger); a
    search, which chose its points, adds its number of trials, and is measured by points of the whole grid.
    `placebos` are drawn of each kind, fewer where there are many legs; they and the folds run on `executor`. Those of
    other days are the best of as many points each; those of other codes are the best point's.
    """
    numbers = sample(job.grid, best)
    curves = equity_curves(job, numbers)
    capital = float(job.config.capital)
    returns = np.column_stack([session_returns(curve, capital) for curve in curves.T])
    data, sweep, *trials = names
    entry = sweep_trials(str(data), str(sweep), returns, points=int(trials[0]) if trials else len(job.grid))
    levels = job.grid.levels(numbers)
    holds = job.grid.values.get("hold")
    legs, through = job.legs(job.grid.point(best)), ThroughEngine(job.panel, job.config)
    table, sweeping = best_of_many(job, best, numbers)
    found = Evidence(
        returns=returns,
        longest_hold=max(holds) if holds else _longest(job, best),
        trials=together(with_earlier(ledger, entry)),
        params={name: level for name, level in levels.items() if len(job.grid.values[name]) > 1},
        profits=_profits(job, numbers),
        placebo=placebo_p(sweeping, table, partial(placebo_days, executor=executor), placebos),
        placebo_codes=placebo_p(through, legs, partial(placebo_codes, executor=executor), placebos),
        best=int(np.searchsorted(numbers, best)),
        periods=job.periods,
    )
    return verdict(found, executor)


@dataclass(frozen=True)
class BestOfMany(ThroughEngine):
    """As a `Run`: the Sharpe ratio of the best of many points that share a table of legs, shape (1,).

    So a placebo has as many tries as the sweep had: what rises by itself, or by choice, is no skill.
    """

    points: NDArray[Any] = field(default_factory=lambda: own_points(1))
    periods: float = 242.0

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"points": self.points, "periods": self.periods}

    def __call__(self, legs: NDArray[Any]) -> F8:
        figures = simulate_points(self._market, legs, self.config, self.points, periods=self.periods)
        return figures[:, SHARPE].max(keepdims=True)


def best_of_many(job: Job, best: int, numbers: I8) -> tuple[NDArray[Any], BestOfMany]:
    """The table that the best point shares with others of `numbers`, and what the best of these makes of legs.

    Points that differ in more than how legs are executed have legs of their own, and are not among them.
    """
    shared = job.shared(best)
    if shared is None:
        alone = job.legs(job.grid.point(best))
        return alone, BestOfMany(job.panel, job.config, own_points(1), job.periods)
    mine = numbers[numbers // job.grid.block == best // job.grid.block]
    points, table = overrides(job.grid, mine), shared.copy()
    for name in WHOLE:  # placebos keep away from launches, and from the end, as far as the longest needs
        table[name] = np.maximum(table[name], points[name].max())
    return table, BestOfMany(job.panel, job.config, points, job.periods)


def _profits(job: Job, numbers: I8) -> F8 | None:
    """Profit of each launch that was traded at some point, (points, launches); None where there are fewer than two."""
    profits = launch_profits(job, numbers)
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


def sample(grid: Grid, best: int) -> I8:
    """The best point, those one step from it, and others evenly from the points that were run; ascending."""
    levels = {name: int(level[0]) for name, level in grid.levels(np.array([best], np.int64)).items()}
    steps = [
        {**levels, name: levels[name] + step}
        for name, values in grid.values.items()
        for step in (-1, 1)
        if 0 <= levels[name] + step < len(values)
    ]
    near = [best, *(grid.number(one) for one in steps)]
    even = np.unique(np.linspace(0, len(grid) - 1, MOST).astype(np.int64))
    others = grid.draws[even] if grid.draws is not None else even
    return np.union1d(np.array(near, np.int64), others)


def _longest(job: Job, best: int) -> int:
    legs = job.legs(job.grid.point(best))
    return int(legs["hold"].max()) if len(legs) else 1


def with_earlier(ledger: Path | None, entry: SweepTrials) -> tuple[SweepTrials, ...]:
    """The entry, which the ledger gets too, after those of other sweeps on the same data."""
    if ledger is None:
        return (entry,)
    before = tuple(one for one in read(ledger, entry.data) if one.sweep != entry.sweep)
    record(ledger, entry)
    return (*before, entry)
