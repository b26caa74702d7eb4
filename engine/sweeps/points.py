"""Many parameter points over one table of legs, each a full portfolio: points in, a row of metrics out.

Two paths, one answer. The general path runs every rule for every point, day by day. The fast path runs 64 points at
once over shared exit tables and is used where it is provably exact; a point for which it is not goes to the general
path by itself. Threads release the interpreter's lock; results do not depend on how the points were split.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I4, I8, Bool
from ...data.errors import ConfigError
from ..abreast.choose import can_run_abreast, is_sooner_abreast, run_abreast
from ..compiled.days import RUNNING, RUNNING_MINUTES, portfolio_units, run_days, run_minutes
from ..compiled.points import POINT, RULES, WHOLE
from ..compiled.processor import take_next
from ..compiled.simulate import close_out_rows, simulated_equity, wider
from ..compiled.state import BLOCKS, COSTS, FILLS, TRADED, Out, State, new_out, new_state
from ..compiled.warm import tiny
from ..compiled.windows import SLACK, Layout, Point, Rules, Windows, meets_any, to_rules
from ..config import Config, ExitOn, Pairing
from ..lanes import memory as lanes
from ..lanes.batch import run_batch
from ..lanes.memory import LANES, Batch, new_batch
from ..lanes.plan import LanePlan, plan_lanes
from ..legs import CLOSE
from ..machine.code import Effort, by_effort, only
from ..njit import allocating, compiled, inlined
from ..results.metrics import Annual
from .sums import metrics_row, sum_up

METRICS = (
    "total_return", "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "calmar",
    "fills", "blocked", "turnover", "costs", "fallback",
)  # fmt: skip
PATHS = ("auto", "general", "fast")
# points of one call of compiled code: until its end nothing can interrupt
AT_ONCE, AT_ONCE_IN_LANES = 1024, 8192
LANES_RUNNING = Effort(unit=10e-3, compiling=8.0)  # a leg of LANES points
# of one table of legs; below that, the general path is done as soon as the fast one is loaded
FEWEST_FOR_LANES = 4_000


class Queue(NamedTuple):
    """Points (POINT dtype), the numbers of those that wait to be run, and where among these the next stands (1,)."""

    points: NDArray[Any]
    waiting: I8
    place: I8


class Answers(NamedTuple):
    """Where the answers go: metrics (points, METRICS), how they count a year, and what has to be run again in another way."""

    table: F8
    annual: Annual
    again: Bool  # of each point in the lanes, of each that waits on the general path


@dataclass(frozen=True)
class Common:
    """What all points of a call share."""

    layout: Layout
    legs: NDArray[Any]
    config: Config
    rules: Rules
    longest: tuple[int, int, int]
    annual: Annual
    threads: int
    abreast: bool  # whether points may run so

    @cached_property
    def windows(self) -> Windows:
        """The windows of the legs, which portfolios abreast do without."""
        return self.layout.windows(self.legs, self.rules, self.longest, threads=self.threads)


def simulate_points(
    layout: Layout,
    legs: NDArray[Any],
    config: Config,
    points: NDArray[Any],
    *,
    periods: float,
    threads: int = 1,
    path: str = "auto",
    fewest: int = FEWEST_FOR_LANES,
) -> F8:
    """Metrics of each point, shape (points, len(METRICS)), as defined in engine/results/metrics.py.

    `legs` (LEG dtype) sorted by row; `points` (POINT dtype); `periods` sessions in a usual year.
    From `fewest` points on they go the fast path where that is possible. A bankrupt point is a row like any other. `fallback` is 1 where the fast path could not be proven exact and the general path ran instead.
    """
    if path not in PATHS:
        raise ConfigError(f"there is no path {path!r}; paths are {', '.join(PATHS)}")
    table = np.empty((len(points), len(METRICS)))
    if not len(points):
        return table
    points, own = _with_own_rules(points, legs)
    possible = config.exit_on is ExitOn.CLOSE and not config.close_out
    possible &= config.pairing is Pairing.INDEPENDENT and len(legs) > 0 and not own
    possible &= not layout.panel.futures[legs["code"]].any() and not bool((legs["at"] > CLOSE).any())
    possible &= not bool((points["hold_minutes"] > 0).any() or (legs["hold_minutes"] > 0).any())
    if path == "fast" and not possible:
        raise ConfigError(
            "the fast path needs exits on the close, independent pairing, no forced close-out, no futures, entries and exits at "
            "auctions and rules that all legs share"
        )
    fast = possible and (path == "fast" or (path == "auto" and len(points) >= fewest))
    longest = int(points["wait"].max()), int(points["hold"].max()), int(points["hold_minutes"].max())
    abreast = path == "auto" and can_run_abreast(layout, legs, config, points)
    annual = Annual(periods, layout.panel.years)
    common = Common(layout, legs, config, to_rules(config), longest, annual, threads, abreast)
    if not fast:
        _general(common, points, table)
        return table
    bad = _fast(common, points, table)
    if len(bad):
        again = np.empty((len(bad), len(METRICS)))
        _general(common, points[bad], again)
        again[:, METRICS.index("fallback")] = 1.0
        table[bad] = again
    return table


def _with_own_rules(points: NDArray[Any], legs: NDArray[Any]) -> tuple[NDArray[Any], bool]:
    """The points with the legs' own rules in the place of −1 and inf, and whether some stay because legs differ."""
    own = {name: points[name] < 0 for name in WHOLE}
    own |= {name: np.isinf(points[name]) for name in RULES}
    own = {name: which for name, which in own.items() if len(legs) and which.any()}
    if own or not (points.flags.c_contiguous and points.flags.writeable):  # as compiled code expects them
        points = points.copy()
    differ = False
    for name, which in own.items():
        first = legs[name][0]
        if np.array_equal(legs[name], np.full(len(legs), first), equal_nan=True):
            points[name][which] = first
        else:
            differ = True
    return points, differ


def _share(begin: Callable[[], Callable[[I8], None]], points: int, threads: int) -> None:
    """Have every thread `begin`, then call what that returned with the place of the next point until all are taken.

    Compiled code takes points from there by itself, so that no thread waits for another or asks the interpreter for more.
    """
    place = np.zeros(1, np.int64)

    def take_part() -> None:
        try:
            work = begin()
            while place[0] < points:
                work(place)
        finally:  # after a failure or an interruption the others take no more
            place[0] = max(int(place[0]), points)

    with ThreadPoolExecutor(max(threads - 1, 1)) as pool:
        others = [pool.submit(take_part) for _ in range(threads - 1)]
        take_part()
        for other in others:
            other.result()


def _general(common: Common, points: NDArray[Any], table: F8) -> None:
    """The day loop for each point; points of which a leg outlived its window run again with longer windows."""
    waiting, slack = _abreast(common, points, table), SLACK
    if not len(waiting):
        return
    windows = common.windows
    while True:
        waiting = _run_general(common, windows, points, waiting, table)
        if not len(waiting):
            return
        slack = wider(slack)
        windows = common.layout.windows(
            common.legs, common.rules, common.longest, slack, threads=common.threads
        )


def _abreast(common: Common, points: NDArray[Any], table: F8) -> I8:
    """Fill the table by portfolios abreast where that is sooner done; returns the points that are left to the day loop."""
    everyone = np.arange(len(points))
    if not common.abreast or not is_sooner_abreast(_run_points, common.layout, common.legs, len(points)):
        return everyone
    table[:], bad = run_abreast(common.layout, common.rules, common.legs, points, common.annual)
    return everyone[bad]


def _run_general(common: Common, windows: Windows, points: NDArray[Any], waiting: I8, table: F8) -> I8:
    """The day loop for the points `waiting`; returns those of which a leg outlived its window."""
    ends = close_out_rows(common.layout, common.config)
    answers = Answers(table, common.annual, np.zeros(len(waiting), np.bool_))

    which = (_run_in_minutes, RUNNING_MINUTES) if meets_any(windows) else (_run_points, RUNNING)
    run = by_effort(*which, len(waiting) * portfolio_units(windows))

    def begin() -> Callable[[I8], None]:
        state, out = new_state(windows, len(common.layout.panel.codes)), new_out(windows.rows, keep=False)
        return lambda place: run(
            windows, common.rules, ends, state, out, Queue(points, waiting, place), answers
        )

    _share(begin, len(waiting), common.threads)
    return waiting[answers.again]


@inlined
def _point(queue: Queue, j: int) -> Point:
    """The point that waits at place j."""
    p = queue.points[queue.waiting[j]]
    wait: Any = np.int64(p["wait"])  # of the type that `simulate` has: compiled once for both
    hold: Any = np.int64(p["hold"])
    minutes: Any = np.int64(p["hold_minutes"])
    return Point(p["scale"], wait, hold, p["stop"], p["target"], p["trail"], minutes)


@inlined
def _fill_row(rules: Rules, out: Out, queue: Queue, answers: Answers, j: int, sums: F8) -> None:
    """The answers' row of the point at place j, by what its run has written."""
    row = answers.table[queue.waiting[j]]
    sum_up(out.equity, rules.capital, sums)
    sums[lanes.COSTS], sums[lanes.TRADED] = out.totals[COSTS], out.totals[TRADED]
    metrics_row(sums, 0, len(out.equity), rules.capital, answers.annual, row)
    row[7], row[8], row[11] = out.counts[FILLS], out.counts[BLOCKS], 0.0


@allocating
def _run_points(
    windows: Windows, rules: Rules, ends: I4, state: State, out: Out, queue: Queue, answers: Answers
) -> None:
    """Fill the rows of the answers for the next points of the queue, to be run again where a leg outlived its window."""
    sums = np.empty(lanes.SCALE)
    for _ in range(AT_ONCE):
        j = take_next(queue.place, 1)
        if j >= len(queue.waiting):
            return
        answers.again[j] = not run_days(windows, rules, _point(queue, j), state, out, ends)
        _fill_row(rules, out, queue, answers, j, sums)


@allocating
def _run_in_minutes(
    windows: Windows, rules: Rules, ends: I4, state: State, out: Out, queue: Queue, answers: Answers
) -> None:
    """As `_run_points`, where legs meet minute bars."""
    sums = np.empty(lanes.SCALE)
    for _ in range(AT_ONCE):
        j = take_next(queue.place, 1)
        if j >= len(queue.waiting):
            return
        answers.again[j] = not run_minutes(windows, rules, _point(queue, j), state, out, ends)
        _fill_row(rules, out, queue, answers, j, sums)


def _fast(common: Common, points: NDArray[Any], table: F8) -> I8:
    """Fill the table by lanes; returns the points that are not proven exact."""
    plan = plan_lanes(common.windows, points, common.longest[0])
    span = int(common.windows.leg["length"].max())
    answers = Answers(table, common.annual, np.zeros(len(points), np.bool_))

    run = by_effort(_run_batches, LANES_RUNNING, -(-len(points) // LANES) * len(plan.deck.integers))

    def begin() -> Callable[[I8], None]:
        batch = new_batch(span)
        return lambda place: run(common.windows, common.rules, plan, place, batch, answers)

    _share(begin, len(points), common.threads)
    return np.flatnonzero(answers.again)


@compiled
def _run_batches(w: Windows, rules: Rules, plan: LanePlan, place: I8, b: Batch, answers: Answers) -> None:
    """Fill the rows of the answers for the next points of the plan, LANES at a time, to be run again if not proven exact."""
    for _ in range(AT_ONCE_IN_LANES // LANES):
        a = take_next(place, LANES)
        if a >= len(plan.order):
            return
        chosen = plan.order[a : a + LANES]
        for x in range(LANES):  # the last batch is filled up with its last point
            j = chosen[min(x, len(chosen) - 1)]
            b.cells[lanes.SCALE + x], b.cells[lanes.WAIT + x] = (
                plan.points[j]["scale"],
                plan.points[j]["wait"],
            )
            for kind in range(plan.numbers.shape[1]):
                b.asked[x, kind] = plan.numbers[j, kind]
        run_batch(w, rules, plan.deck, b)
        for x in range(len(chosen)):
            row = answers.table[chosen[x]]
            metrics_row(b.cells, x, w.rows, rules.capital, answers.annual, row)
            row[7], row[8], row[11] = b.cells[lanes.FILLS + x], b.cells[lanes.BLOCKS + x], 0.0
            answers.again[chosen[x]] = b.cells[lanes.BAD + x] > 0.0


# What is compiled: the two paths, and the general one where legs meet minute bars.
PATH_CODE = {"general": _run_points, "fast": _run_batches, "minutes": _run_in_minutes}


def warm_up(*paths: str) -> None:
    """Load the machine code of these of PATH_CODE, or compile it, on the smallest market; of the general path also that of one
    portfolio, which a verdict runs by itself."""
    points = np.zeros(1, POINT)
    points["scale"], points["hold"] = 1.0, 1
    with only("machine"):
        for path in paths:
            layout, legs = tiny(minutes=path == "minutes")
            way = "fast" if path == "fast" else "general"
            simulate_points(layout, legs, Config(), points, periods=242.0, path=way)
            if path == "general":
                simulated_equity(legs, layout.panel, Config(), layout)
