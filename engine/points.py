"""Many parameter points over one table of legs, each a full portfolio: points in, a row of metrics out.

Two paths, one answer. The general path runs every rule for every point, day by day. The fast path runs 64 points at
once over shared exit tables and is used where it is provably exact; a point for which it is not goes to the general
path by itself. Threads release the interpreter's lock; results do not depend on how the points were split.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..data.errors import ConfigError
from . import lanes, market
from .config import Config, ExitOn, Pairing
from .dayloop import BLOCKS, COMMISSION, FILLS, LEVY, STAMP, TRADED, Out, State, run_days
from .exits import NONE, Entries, Exits, find_entries, find_exits, find_first_attempts, find_signals
from .kernel import EPS
from .lanes import LANES, Batch, Lanes, Shared, run_batch
from .market import Market, Point, Rules, Windows, to_rules
from .simulate import close_out_rows, first_span, new_out, new_state

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

# One parameter point: overrides for every leg of a table. scale multiplies the legs' weights; NaN switches a rule off.
POINT = np.dtype(
    [("scale", "f8"), ("wait", "i4"), ("hold", "i4"), ("stop", "f8"), ("target", "f8"), ("trail", "f8")],
    align=True,
)
METRICS = (
    "total_return", "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "calmar",
    "fills", "blocked", "turnover", "costs", "fallback",
)  # fmt: skip
PATHS = ("auto", "fast", "general")
POINTS_PER_BLOCK = 1024
FEWEST_FOR_LANES = 100  # below that, building the shared tables costs more than it saves


class Job(NamedTuple):
    """What every block of points needs."""

    market: Market
    legs: NDArray[Any]
    config: Config
    windows: Windows
    periods: float
    fast: bool


def simulate_points(
    market: Market,
    legs: NDArray[Any],
    config: Config,
    points: NDArray[Any],
    *,
    periods: float,
    threads: int = 1,
    path: str = "auto",
) -> F8:
    """Metrics of each point, shape (points, len(METRICS)), as defined in engine/metrics.py.

    `legs` (LEG dtype) sorted by row; `points` (POINT dtype); `periods` a year. A bankrupt point is a row like any other.
    `fallback` is 1 where the fast path could not be proven exact and the general path ran instead.
    """
    if path not in PATHS:
        raise ConfigError(f"there is no path {path!r}; paths are {', '.join(PATHS)}")
    table = np.empty((len(points), len(METRICS)))
    if not len(points):
        return table
    possible = config.exit_on is ExitOn.CLOSE and not config.close_out
    possible &= config.pairing is Pairing.INDEPENDENT and len(legs) > 0
    if path == "fast" and not possible:
        raise ConfigError(
            "the fast path needs exits on the close, independent pairing and no forced close-out"
        )
    fast = possible and (path == "fast" or (path == "auto" and len(points) >= FEWEST_FOR_LANES))
    span = first_span(legs, Point(1.0, int(points["wait"].max()), int(points["hold"].max()), 0.0, 0.0, 0.0))
    job = Job(market, legs, config, market.windows(legs, span), periods, fast)
    _in_blocks(job, points, table, threads)
    return table


def _in_blocks(job: Job, points: NDArray[Any], table: F8, threads: int) -> None:
    """Fill the table block by block; points of one hold stand together, since lanes wait for the longest."""
    order = (
        np.lexsort((points["stop"], points["wait"], points["hold"])) if job.fast else np.arange(len(points))
    )
    blocks = [order[a : a + POINTS_PER_BLOCK] for a in range(0, len(points), POINTS_PER_BLOCK)]
    if threads > 1 and len(blocks) < 2 * threads:
        blocks = [part for part in np.array_split(order, 2 * threads) if len(part)]
    shared = _shared(job, points) if job.fast else None

    def work(part: I8) -> None:
        rows = np.empty((len(part), len(METRICS)))
        if shared is None:
            _general(job, points[part], rows)
        else:
            bad = _fast(job, shared, points[part], rows)
            if len(bad):
                again = np.empty((len(bad), len(METRICS)))
                _general(job, points[part][bad], again)
                again[:, -1] = 1.0
                rows[bad] = again
        table[part] = rows

    if threads == 1:
        for part in blocks:
            work(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, blocks))


def _general(job: Job, points: NDArray[Any], table: F8) -> None:
    """The day loop for each point; points of which a leg outlived its window run again with longer windows."""
    rows = len(job.market.panel)
    windows, waiting = job.windows, np.arange(len(points))
    ends, rules = close_out_rows(job.market, job.config), to_rules(job.config)
    span = int(windows.whole[:, market.LENGTH].max()) if len(windows.whole) else 1
    while len(waiting):
        state, out = new_state(windows, len(job.market.panel.codes)), new_out(rows, keep=False)
        part = np.empty((len(waiting), table.shape[1]))
        late = _run_points(windows, rules, points[waiting], state, out, ends, job.periods, part)
        table[waiting] = part
        waiting = waiting[late]
        if len(waiting):
            span = min(2 * span, rows)
            windows = job.market.windows(job.legs, span)


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
) -> I8:
    """Fill the table; returns the points of which a leg outlived its window."""
    late = np.empty(len(points), np.int64)
    n = 0
    sums = np.empty((12, 1))
    for j in range(len(points)):
        p = points[j]
        point = Point(p["scale"], p["wait"], p["hold"], p["stop"], p["target"], p["trail"])
        if not run_days(windows, rules, point, state, out, ends):
            late[n] = j
            n += 1
        _sum_up(out.equity, rules.capital, sums)
        sums[lanes.COSTS, 0] = out.totals[COMMISSION] + out.totals[STAMP] + out.totals[LEVY]
        sums[lanes.TRADED, 0] = out.totals[TRADED]
        _metrics(sums, 0, len(out.equity), rules.capital, periods, table[j])
        table[j, 7] = out.count[FILLS]
        table[j, 8] = out.count[BLOCKS]
        table[j, 11] = 0.0
    return late[:n]


@njit(cache=True, nogil=True)
def _sum_up(equity: F8, capital: float, sums: F8) -> None:
    """The sums of one equity curve, as the lanes keep them."""
    sums[:] = 0.0
    before = peak = capital
    for t in range(len(equity)):
        r = equity[t] / before - 1.0 if before > 0.0 else 0.0
        sums[lanes.RETURNS, 0] += r
        sums[lanes.SQUARES, 0] += r * r
        sums[lanes.DOWNS, 0] += min(r, 0.0) ** 2
        peak = max(peak, equity[t])
        sums[lanes.WORST, 0] = min(sums[lanes.WORST, 0], equity[t] / peak - 1.0)
        sums[lanes.EQUITY, 0] += equity[t]
        before = equity[t]
    sums[lanes.NAV, 0] = before


@njit(cache=True, nogil=True)
def _metrics(sums: F8, x: int, n: int, capital: float, periods: float, row: F8) -> None:
    """One row of metrics from the sums of lane x over n sessions."""
    mean = sums[lanes.RETURNS, x] / n
    square = max(sums[lanes.SQUARES, x] - n * mean * mean, 0.0)
    spread = np.sqrt(square / (n - 1)) if n > 1 else 0.0
    downside = np.sqrt(sums[lanes.DOWNS, x] / n)
    growth = sums[lanes.NAV, x] / capital
    scale = np.sqrt(periods)
    worst = sums[lanes.WORST, x]
    row[0] = growth - 1.0
    row[1] = growth ** (periods / n) - 1.0 if growth > 0.0 else -1.0
    row[2] = spread * scale
    row[3] = mean / spread * scale if spread > 1e-12 else 0.0
    row[4] = mean / downside * scale if downside > 1e-12 else 0.0
    row[5] = worst
    row[6] = row[1] / -worst if worst < 0.0 else 0.0
    row[9] = sums[lanes.TRADED, x] / max(sums[lanes.EQUITY, x] / n, 1e-9) * periods / n
    row[10] = sums[lanes.COSTS, x]


def _distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Ascending distinct values with one NaN at the end, so that NaN has a number too."""
    found = np.unique(values[~np.isnan(values)])
    return np.append(found, np.nan)


class Plan(NamedTuple):
    """The shared tables of a job and the lists in which points are numbered."""

    shared: Shared
    holds: I4
    stops: F8
    targets: F8
    trails: F8


def _shared(job: Job, points: NDArray[Any]) -> Plan:
    """Entries, exits and signals of every leg, for all points."""
    w, rules = job.windows, to_rules(job.config)
    entries = find_entries(w, rules, int(points["wait"].max()))
    exits = find_exits(w, rules)
    lists = [_distinct(points[name]) for name in ("stop", "target", "trail")]
    values = np.full((3, max(len(one) for one in lists)), np.nan)
    for kind, one in enumerate(lists):
        values[kind, : len(one)] = one
    holds = np.unique(points["hold"]).astype(np.int32)
    signals, due = find_first_attempts(w, entries, exits, find_signals(w, entries, exits, values), holds)
    volume = np.floor(rules.participation * w.quote[:, market.VOLUME] + EPS)
    crowd = _crowd(w, entries, exits, int(points["hold"].max()))
    shared = Shared(
        entries=entries,
        exits=exits,
        signals=signals,
        due=due,
        order=np.argsort(job.legs["row"] + entries.sized, kind="stable").astype(np.int32),
        room=np.minimum(np.floor(volume / crowd), w.quote[:, market.MAX_ORDER]),
        steady=_steady(w),
    )
    return Plan(shared, holds, *lists)


def _crowd(w: Windows, entries: Entries, exits: Exits, longest_hold: int) -> I4:
    """For each row of each window, how many legs may trade the code on it, (R,), at least 1."""
    codes, own = np.unique(w.whole[:, market.CODE], return_inverse=True)
    busy = np.zeros((len(codes), len(w.nights) + 1), np.int32)
    return _count_crowd(w, entries, exits, longest_hold, own.reshape(-1), busy)


@njit(cache=True)
def _count_crowd(w: Windows, e: Entries, t: Exits, longest_hold: int, own: I8, busy: I4) -> I4:
    rows = len(w.nights)
    for k in range(len(w.whole)):
        if e.offset[k] >= NONE:
            continue
        start, row, length = w.whole[k, market.START], w.whole[k, market.ROW], w.whole[k, market.LENGTH]
        done = w.flag[start + e.offset[k], market.DONE]
        due = w.row_of[w.whole[k, market.EXCHANGE], min(done + longest_hold, rows + 1)] - row
        last = length - 1
        if due < length:
            last = max(t.at_open[start + due], t.at_close[start + due])
        busy[own[k], row + e.offset[k]] += 1
        busy[own[k], min(row + last, rows - 1) + 1] -= 1
    crowd = np.ones(len(w.quote), np.int32)
    for c in range(len(busy)):
        for i in range(1, rows):
            busy[c, i] += busy[c, i - 1]
    for k in range(len(w.whole)):
        for j in range(w.whole[k, market.LENGTH]):
            crowd[w.whole[k, market.START] + j] = max(busy[own[k], w.whole[k, market.ROW] + j], 1)
    return crowd


@njit(cache=True)
def _steady(w: Windows) -> NDArray[np.uint8]:
    """Legs whose cost row and largest order stay the same throughout their window, (L,)."""
    steady = np.ones(len(w.whole), np.uint8)
    for k in range(len(w.whole)):
        start = w.whole[k, market.START]
        first = w.flag[start, market.COST_ROW]
        for r in range(start + 1, start + w.whole[k, market.LENGTH]):
            other = w.flag[r, market.COST_ROW]
            same = w.quote[r, market.MAX_ORDER] == w.quote[start, market.MAX_ORDER]
            for j in range(w.tables.costs.shape[1]):
                same &= w.tables.costs[first, j] == w.tables.costs[other, j]
            if not same:
                steady[k] = 0
                break
    return steady


def _fast(job: Job, plan: Plan, points: NDArray[Any], table: F8) -> I8:
    """Fill the table by lanes; returns the points that are not proven exact."""
    rules, rows = to_rules(job.config), len(job.market.panel)
    batch = lanes.new_batch(int(job.windows.whole[:, market.LENGTH].max()))
    bad = np.zeros(len(points), np.uint8)
    numbers = {
        "hold": np.searchsorted(plan.holds, points["hold"]),
        "stop": np.searchsorted(plan.stops, points["stop"]),
        "target": np.searchsorted(plan.targets, points["target"]),
        "trail": np.searchsorted(plan.trails, points["trail"]),
        "wait": points["wait"],
    }
    columns = {name: np.ascontiguousarray(values, np.int32) for name, values in numbers.items()}
    for a in range(0, len(points), LANES):
        chosen = np.minimum(np.arange(a, a + LANES), len(points) - 1)
        side = {name: values[chosen] for name, values in columns.items()}
        run_batch(job.windows, rules, plan.shared, Lanes(scale=points["scale"][chosen], **side), batch)
        n = min(LANES, len(points) - a)
        _read_batch(batch, n, rows, rules.capital, job.periods, table[a : a + n])
        bad[a : a + n] = batch.bad[:n]
    return np.flatnonzero(bad)


@njit(cache=True, nogil=True)
def _read_batch(b: Batch, n: int, rows: int, capital: float, periods: float, table: F8) -> None:
    for x in range(n):
        _metrics(b.sum, x, rows, capital, periods, table[x])
        table[x, 7] = b.fills[x]
        table[x, 8] = b.blocks[x]
        table[x, 11] = 0.0
