"""Sums over the sessions of a run, and the metrics that follow from them: the same for both paths.

Sums stand as the lanes keep them: a place of `lane_batch` for each, with the number of the lane added.
"""

import numpy as np

from ...data.arrays import F8
from ..lanes import memory as lanes
from ..njit import compiled
from ..results.metrics import Annual


@compiled
def sum_up(equity: F8, capital: float, sums: F8) -> None:
    """The sums of one equity curve, as the lanes keep them."""
    before = peak = capital
    returns = squares = downs = total = worst = 0.0
    for t in range(len(equity)):
        nav = equity[t]
        total += nav
        if nav != before:
            r = nav / before - 1.0 if before > 0.0 else 0.0
            returns += r
            squares += r * r
            fall = r if r < 0.0 else 0.0
            downs += fall * fall
            peak = nav if nav > peak else peak
            if (1.0 + worst) * peak > nav:
                depth = nav / peak - 1.0
                worst = depth if depth < worst else worst
            before = nav
    sums[lanes.RETURNS], sums[lanes.SQUARES], sums[lanes.DOWNS] = returns, squares, downs
    sums[lanes.EQUITY], sums[lanes.NAV], sums[lanes.WORST] = total, before, worst


@compiled
def metrics_row(sums: F8, x: int, n: int, capital: float, annual: Annual, row: F8) -> None:
    """One row of metrics from the sums of lane x over n sessions."""
    mean = sums[lanes.RETURNS + x] / n
    square = max(sums[lanes.SQUARES + x] - n * mean * mean, 0.0)
    spread = np.sqrt(square / (n - 1)) if n > 1 else 0.0
    downside = np.sqrt(sums[lanes.DOWNS + x] / n)
    growth = sums[lanes.NAV + x] / capital
    scale = np.sqrt(annual.periods)
    worst = sums[lanes.WORST + x]
    row[0] = growth - 1.0
    row[1] = growth ** (1.0 / annual.years) - 1.0 if growth > 0.0 else -1.0
    row[2] = spread * scale
    row[3] = mean / spread * scale if spread > 1e-12 else 0.0
    row[4] = mean / downside * scale if downside > 1e-12 else 0.0
    row[5] = worst
    row[6] = row[1] / -worst if worst < 0.0 else 0.0
    row[9] = sums[lanes.TRADED + x] / max(sums[lanes.EQUITY + x] / n, 1e-9) / annual.years
    row[10] = sums[lanes.COSTS + x]
