"""Many parameter points over one table of legs, each a full portfolio: points in, a row of metrics out.

The general path runs every rule for every point. Work is split over threads that release the interpreter's lock, in
blocks whose results do not depend on how they were split.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .config import Config
from .dayloop import BLOCKS, COMMISSION, FILLS, LEVY, STAMP, TRADED, Out, State, run_days
from .market import Market, Point, Rules, Windows, to_rules
from .simulate import close_out_rows, first_span, new_out, new_state

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

# One parameter point: overrides for every leg of a table. scale multiplies the legs' weights; NaN switches a rule off.
POINT = np.dtype(
    [("scale", "f8"), ("wait", "i4"), ("hold", "i4"), ("stop", "f8"), ("target", "f8"), ("trail", "f8")],
    align=True,
)
METRICS = (
    "total_return", "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "calmar",
    "fills", "blocked", "turnover", "costs", "fallback",
)  # fmt: skip
BLOCK_OF_POINTS = 256


def simulate_points(
    market: Market,
    legs: NDArray[Any],
    config: Config,
    points: NDArray[Any],
    *,
    periods: float,
    threads: int = 1,
) -> F8:
    """Metrics of each point, shape (points, len(METRICS)), as defined in engine/metrics.py.

    `legs` (LEG dtype) sorted by row; `points` (POINT dtype); `periods` a year. A bankrupt point is a row like any other.
    `fallback` is 1 where the fast path could not be proven exact and the general path ran instead.
    """
    table = np.empty((len(points), len(METRICS)))
    if not len(points):
        return table
    span = first_span(legs, Point(1.0, int(points["wait"].max()), int(points["hold"].max()), 0.0, 0.0, 0.0))
    windows = market.windows(legs, span)
    blocks = [slice(a, a + BLOCK_OF_POINTS) for a in range(0, len(points), BLOCK_OF_POINTS)]

    def work(part: slice) -> None:
        _fill_block(market, windows, legs, config, points[part], table[part], periods)

    if threads == 1 or len(blocks) == 1:
        for part in blocks:
            work(part)
        return table
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, blocks))
    return table


def _fill_block(
    market: Market,
    windows: Windows,
    legs: NDArray[Any],
    config: Config,
    points: NDArray[Any],
    table: F8,
    periods: float,
) -> None:
    rows = len(market.panel)
    state, out = new_state(windows, len(market.panel.codes)), new_out(rows, keep=False)
    ends, rules = close_out_rows(market, config), to_rules(config)
    late = _run_points(windows, rules, points, state, out, ends, periods, table)
    span = int(windows.whole[:, 2].max()) if len(windows.whole) else 1
    while len(late):
        span = min(2 * span, rows)
        longer = market.windows(legs, span)
        again = np.empty((len(late), table.shape[1]))
        still = _run_points(longer, rules, points[late], state, out, ends, periods, again)
        table[late] = again
        late = late[still]


@njit(cache=True, nogil=True)
def _run_points(
    windows: Windows,
    rules: Rules,
    points: NDArray[Any],
    state: State,
    out: Out,
    ends: I4,
    periods: float,
    table: F8,
) -> NDArray[np.int64]:
    """Fill the table; returns the points of which a leg outlived its window."""
    late = np.empty(len(points), np.int64)
    n = 0
    for j in range(len(points)):
        p = points[j]
        point = Point(p["scale"], p["wait"], p["hold"], p["stop"], p["target"], p["trail"])
        if not run_days(windows, rules, point, state, out, ends):
            late[n] = j
            n += 1
        equity_row(out.equity, rules.capital, periods, table[j])
        table[j, 7] = out.count[FILLS]
        table[j, 8] = out.count[BLOCKS]
        mean = max(np.mean(out.equity), 1e-9)
        table[j, 9] = out.totals[TRADED] / mean * periods / len(out.equity)
        table[j, 10] = out.totals[COMMISSION] + out.totals[STAMP] + out.totals[LEVY]
        table[j, 11] = 0.0
    return late[:n]


@njit(cache=True, nogil=True)
def equity_row(equity: F8, capital: float, periods: float, row: F8) -> None:
    """total_return, cagr, volatility, sharpe, sortino, max_drawdown, calmar of one equity curve."""
    n = len(equity)
    total = down = worst = 0.0
    before = peak = capital
    for t in range(n):
        r = equity[t] / before - 1.0 if before > 0.0 else 0.0
        total += r
        down += min(r, 0.0) ** 2
        peak = max(peak, equity[t])
        worst = min(worst, equity[t] / peak - 1.0)
        before = equity[t]
    mean = total / n
    square = 0.0
    before = capital
    for t in range(n):
        r = equity[t] / before - 1.0 if before > 0.0 else 0.0
        square += (r - mean) ** 2
        before = equity[t]
    spread = np.sqrt(square / (n - 1)) if n > 1 else 0.0
    downside = np.sqrt(down / n)
    growth = equity[n - 1] / capital
    scale = np.sqrt(periods)
    row[0] = growth - 1.0
    row[1] = growth ** (periods / n) - 1.0 if growth > 0.0 else -1.0
    row[2] = spread * scale
    row[3] = mean / spread * scale if spread > 1e-15 else 0.0
    row[4] = mean / downside * scale if downside > 1e-15 else 0.0
    row[5] = worst
    row[6] = row[1] / -worst if worst < 0.0 else 0.0
