"""How much of a sweep's best point is selection: its daily returns beside those of its neighbours and of others."""

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .curves import equity_curves, launch_profits
from .grid import Grid
from .leg_tables import Job
from .metrics import session_returns
from .research.placebo import Placebo, ThroughEngine, placebo_codes, placebo_days
from .research.trials import SweepTrials, read, record, sweep_trials, together
from .research.verdict import Sweep, Verdict, verdict

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

PLACEBOS = 1_000  # drawn for the best point: p to 0.001
MANY_LEGS, FEWER_PLACEBOS = 500, 200  # a placebo takes as long as its legs
MOST = 120  # points whose returns are computed for the verdict
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
    `placebos` are drawn of each kind, fewer where there are many legs; they and the folds run on `executor`.
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
    found = Sweep(
        returns=returns,
        longest_hold=max(holds) if holds else _longest(job, best),
        trials=together(with_earlier(ledger, entry)),
        params={name: level for name, level in levels.items() if len(job.grid.values[name]) > 1},
        profits=_profits(job, numbers),
        placebo=placebo_p(through, legs, partial(placebo_days, executor=executor), placebos),
        placebo_codes=placebo_p(through, legs, partial(placebo_codes, executor=executor), placebos),
        best=int(np.searchsorted(numbers, best)) if trials else None,
        periods=job.periods,
    )
    return verdict(found, executor)


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
