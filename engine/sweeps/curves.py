"""Equity curves of chosen points of a sweep, one by one on the general path."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I8
from ..compiled.days import run_days
from ..compiled.simulate import close_out_rows, simulate, wider
from ..compiled.state import new_out, new_state
from ..compiled.windows import SLACK, Point, to_rules
from ..legs import Reason
from .job import Job, Table, overrides, own_points


def equity_curves(job: Job, numbers: I8) -> F8:
    """Net asset value at each close of the points of these numbers (ascending), shape (sessions, points)."""
    groups = np.split(numbers, np.flatnonzero(np.diff(numbers // job.grid.block)) + 1)
    return np.column_stack([curve for part in groups for curve in _of_group(job, part)])


def launch_profits(job: Job, numbers: I8) -> F8:
    """Profit of each launch at the points of these numbers, base money after costs, shape (points, launches).

    Before dividends and borrow; what is still held at the end counts at its last mark.
    """
    return np.stack([_profits(job, job.legs(job.grid.point(int(number)))) for number in numbers])


def _profits(job: Job, legs: Table) -> F8:
    panel = job.panel
    run = simulate(legs, panel, job.config, market=job.market)
    f = run.fills
    flow = -f["shares"] * f["price"] * f["fx"] - f["commission"] - f["stamp"] - f["levies"]
    by_leg = np.bincount(f["leg"], flow, len(legs))
    held = np.bincount(f["leg"], f["shares"], len(legs))
    held[f["leg"][f["reason"] != Reason.ENTRY]] = 0.0
    code = legs["code"]
    last = np.nan_to_num(panel.mark[-1, code] * panel.fx[-1, panel.currency_of[code]])
    return np.bincount(legs["launch"], by_leg + held * last, len(job.launches)).astype(np.float64)


def _of_group(job: Job, numbers: I8) -> Iterator[F8]:
    legs = job.shared(int(numbers[0]))
    if legs is not None:
        yield from _curves(job, legs, overrides(job.grid, numbers))
        return
    for number in numbers:
        yield from _curves(job, job.legs(job.grid.point(int(number))), own_points(1))


def _curves(job: Job, legs: Table, points: NDArray[Any]) -> Iterator[F8]:
    wanted = [
        Point(p["scale"], int(p["wait"]), int(p["hold"]), p["stop"], p["target"], p["trail"]) for p in points
    ]
    ends, rules, slack = close_out_rows(job.market, job.config), to_rules(job.config), SLACK
    longest = max(point.wait for point in wanted), max(point.hold for point in wanted)
    windows = job.market.windows(legs, rules, longest, slack)
    state, out = new_state(windows, len(job.panel.codes)), new_out(len(job.panel), keep=False)
    for point in wanted:
        while not run_days(windows, rules, point, state, out, ends):
            slack = wider(slack)
            windows = job.market.windows(legs, rules, longest, slack)
        yield out.equity.copy()
