"""Many parameter points over one table of legs, each a full portfolio: points in, a row of metrics out.

Two paths, one answer. The general path runs every rule for every point, day by day. The fast path runs 64 points at
once over shared exit tables and is used where it is provably exact; a point for which it is not goes to the general
path by itself. Threads release the interpreter's lock; results do not depend on how the points were split.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.errors import ConfigError
from . import lanes, market
from .compiled import njit
from .config import Config, ExitOn, Pairing
from .dayloop import run_days
from .deck import Deck, build
from .lanes import LANES, Batch, run_batch
from .market import SLACK, Market, Point, Rules, Windows, to_rules
from .records import BLOCKS, COSTS, FILLS, TRADED, Out, State, new_out, new_state
from .simulate import close_out_rows, wider
from .warm import tiny

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
    rules: Rules
    longest: tuple[int, int]
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
    points, own = _with_own_rules(points, legs)
    possible = config.exit_on is ExitOn.CLOSE and not config.close_out
    possible &= config.pairing is Pairing.INDEPENDENT and len(legs) > 0 and not own
    if path == "fast" and not possible:
        raise ConfigError(
            "the fast path needs exits on the close, independent pairing, no forced close-out and rules that all legs share"
        )
    fast = possible and (path == "fast" or (path == "auto" and len(points) >= FEWEST_FOR_LANES))
    rules = to_rules(config)
    longest = int(points["wait"].max()), int(points["hold"].max())
    windows = market.windows(legs, rules, longest, threads=threads)
    job = Job(market, legs, config, rules, longest, windows, periods, fast)
    _in_blocks(job, points, table, threads)
    return table


def _with_own_rules(points: NDArray[Any], legs: NDArray[Any]) -> tuple[NDArray[Any], bool]:
    """The points with the legs' own rules in the place of −1 and inf, and whether some stay because legs differ."""
    points, differ = points.copy(), False
    for name in ("wait", "hold", "stop", "target", "trail"):
        own = points[name] < 0 if name in ("wait", "hold") else np.isinf(points[name])
        if own.any() and len(legs):
            first = legs[name][0]
            if np.array_equal(legs[name], np.full(len(legs), first), equal_nan=True):
                points[name][own] = first
            else:
                differ = True
    return points, differ


def warm_up() -> None:
    """Load the compiled code, or compile it, on the smallest market: one point on each path."""
    market, legs = tiny()
    points = np.zeros(1, POINT)
    points["scale"], points["hold"] = 1.0, 1
    for path in ("general", "fast"):
        simulate_points(market, legs, Config(), points, periods=242.0, path=path)


def _in_blocks(job: Job, points: NDArray[Any], table: F8, threads: int) -> None:
    """Fill the table block by block; points of one hold stand together, since lanes wait for the longest,
    and so do points of the same rules, whose exits are found once.

    Blocks are whole numbers of batches: which points share a batch, and so the last bit, must not depend on threads.
    """
    plan = _plan(job, points) if job.fast else None
    order = np.arange(len(points)) if plan is None else plan.order(points)
    blocks = [order[a : a + POINTS_PER_BLOCK] for a in range(0, len(points), POINTS_PER_BLOCK)]
    if threads > 1 and len(blocks) < 2 * threads:
        step = LANES if job.fast else 1
        size = -(-len(points) // (2 * threads * step)) * step
        blocks = [order[a : a + size] for a in range(0, len(points), size)]

    def work(part: I8) -> None:
        rows = np.empty((len(part), len(METRICS)))
        if plan is None:
            _general(job, points[part], rows)
        else:
            bad = _fast(job, plan, points[part], rows)
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
    windows, waiting, slack = job.windows, np.arange(len(points)), SLACK
    ends = close_out_rows(job.market, job.config)
    while len(waiting):
        state, out = new_state(windows, len(job.market.panel.codes)), new_out(windows.rows, keep=False)
        part = np.empty((len(waiting), table.shape[1]))
        late = _run_points(windows, job.rules, points[waiting], state, out, ends, job.periods, part)
        table[waiting] = part
        waiting = waiting[late]
        if len(waiting):
            slack = wider(slack)
            windows = job.market.windows(job.legs, job.rules, job.longest, slack)


@njit(nogil=True)
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
    sums = np.empty(lanes.SCALE)
    for j in range(len(points)):
        p = points[j]
        wait: Any = np.int64(p["wait"])  # of the type that `simulate` has: compiled once for both
        hold: Any = np.int64(p["hold"])
        point = Point(p["scale"], wait, hold, p["stop"], p["target"], p["trail"])
        if not run_days(windows, rules, point, state, out, ends):
            late[n] = j
            n += 1
        _sum_up(out.equity, rules.capital, sums)
        sums[lanes.COSTS] = out.totals[COSTS]
        sums[lanes.TRADED] = out.totals[TRADED]
        _metrics(sums, 0, len(out.equity), rules.capital, periods, table[j])
        table[j, 7] = out.counts[FILLS]
        table[j, 8] = out.counts[BLOCKS]
        table[j, 11] = 0.0
    return late[:n]


@njit(nogil=True, error_model="numpy")
def _sum_up(equity: F8, capital: float, sums: F8) -> None:
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


@njit(nogil=True)
def _metrics(sums: F8, x: int, n: int, capital: float, periods: float, row: F8) -> None:
    """One row of metrics from the sums of lane x over n sessions."""
    mean = sums[lanes.RETURNS + x] / n
    square = max(sums[lanes.SQUARES + x] - n * mean * mean, 0.0)
    spread = np.sqrt(square / (n - 1)) if n > 1 else 0.0
    downside = np.sqrt(sums[lanes.DOWNS + x] / n)
    growth = sums[lanes.NAV + x] / capital
    scale = np.sqrt(periods)
    worst = sums[lanes.WORST + x]
    row[0] = growth - 1.0
    row[1] = growth ** (periods / n) - 1.0 if growth > 0.0 else -1.0
    row[2] = spread * scale
    row[3] = mean / spread * scale if spread > 1e-12 else 0.0
    row[4] = mean / downside * scale if downside > 1e-12 else 0.0
    row[5] = worst
    row[6] = row[1] / -worst if worst < 0.0 else 0.0
    row[9] = sums[lanes.TRADED + x] / max(sums[lanes.EQUITY + x] / n, 1e-9) * periods / n
    row[10] = sums[lanes.COSTS + x]


def _distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Ascending distinct values with one NaN at the end, so that NaN has a number too."""
    found = np.unique(values[~np.isnan(values)])
    return np.append(found, np.nan)


class Plan(NamedTuple):
    """The deck of a job and the lists in which points are numbered."""

    deck: Deck
    holds: I4
    stops: F8
    targets: F8
    trails: F8

    def numbers(self, points: NDArray[Any]) -> NDArray[np.uint32]:
        """Hold, stop, target and trail of each point as numbers in the lists, (n, 4)."""
        numbers = np.empty((len(points), 4), np.uint32)
        numbers[:, 0] = np.searchsorted(self.holds, points["hold"])
        numbers[:, 1] = np.searchsorted(self.stops, points["stop"])
        numbers[:, 2] = np.searchsorted(self.targets, points["target"])
        numbers[:, 3] = np.searchsorted(self.trails, points["trail"])
        return numbers

    def order(self, points: NDArray[Any]) -> I8:
        """Points in order of hold and then rules (an order for speed only: large grids may overflow the key)."""
        numbers, key = self.numbers(points), points["wait"].astype(np.int64)
        step = int(key.max()) + 1
        for column, values in ((3, self.trails), (2, self.targets), (1, self.stops), (0, self.holds)):
            key += numbers[:, column].astype(np.int64) * (step % 2**40)
            step *= len(values)
        return np.argsort(key, kind="stable")


def _plan(job: Job, points: NDArray[Any]) -> Plan:
    """Entries, exits and signals of every leg, for all points."""
    lists = [_distinct(points[name]) for name in ("stop", "target", "trail")]
    values = np.full((3, max(len(one) for one in lists)), np.nan)
    for kind, one in enumerate(lists):
        values[kind, : len(one)] = one
    holds = np.unique(points["hold"]).astype(np.int32)
    return Plan(build(job.windows, values, holds, job.longest[0]), holds, *lists)


def _fast(job: Job, plan: Plan, points: NDArray[Any], table: F8) -> I8:
    """Fill the table by lanes; returns the points that are not proven exact."""
    batch = lanes.new_batch(int(job.windows.whole[:, market.LENGTH].max()))
    padded = np.minimum(np.arange(-(-len(points) // LANES) * LANES), len(points) - 1)
    numbers = plan.numbers(points)[padded]
    scale_wait = np.column_stack([points["scale"], points["wait"]])[padded]
    return _run_batches(job.windows, job.rules, plan.deck, numbers, scale_wait, batch, job.periods, table)


@njit(nogil=True)
def _run_batches(
    w: Windows,
    rules: Rules,
    deck: Deck,
    numbers: NDArray[np.uint32],
    scale_wait: F8,
    b: Batch,
    periods: float,
    table: F8,
) -> I8:
    """Fill the table LANES points at a time; returns those that are not proven exact."""
    bad = np.empty(len(table), np.int64)
    n = 0
    for a in range(0, len(table), LANES):
        for x in range(LANES):
            b.m[lanes.SCALE + x], b.m[lanes.WAIT + x] = scale_wait[a + x, 0], scale_wait[a + x, 1]
        run_batch(w, rules, deck, numbers[a : a + LANES], b)
        for x in range(min(LANES, len(table) - a)):
            row = table[a + x]
            _metrics(b.m, x, w.rows, rules.capital, periods, row)
            row[7], row[8], row[11] = b.m[lanes.FILLS + x], b.m[lanes.BLOCKS + x], 0.0
            if b.m[lanes.BAD + x] > 0.0:
                bad[n] = a + x
                n += 1
    return bad[:n]
