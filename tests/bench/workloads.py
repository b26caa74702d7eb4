"""The markets and parameter points of the benchmarks: made up from a seed, sized as W1, W2 and W3.

Long three pure plays and short three giants at each launch, equal parts of NAV × gross / slots, 0.1 % of each trade,
whole lots of 100, at the open after the launch (and `lag` more); a buy needs a session that traded below its upper
limit, a sale one above its lower limit, and is tried `wait` sessions more, each time at a new size; out at the open `hold` sessions after
the fill, or after a close beyond `stop` or `target`. Nothing else binds, so that every engine can model it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from launchlab.data.calendars import sessions as calendars
from launchlab.data.instruments.table import Instrument
from launchlab.data.panel.panel import ACTION, SUSPENDED, TRADING, Panel
from launchlab.data.rules.costs import COST_WIDTH, FIRST_LEVY
from launchlab.engine.compiled.points import POINT
from launchlab.engine.config import Config, LimitPolicy
from launchlab.engine.legs import OPEN, empty_legs

F8 = NDArray[np.float64]

CAPITAL, FEE, LOT = 10_000_000.0, 0.001, 100
LAGS, HOLDS, WAITS = range(4), range(1, 21), range(4)
STOPS = (0.03, 0.05, 0.08, 0.12, np.nan)
TARGETS = (0.05, 0.10, 0.15, 0.25, np.nan)
GROSSES = (0.3, 0.6, 0.9)
SIDES = np.array([1, 1, 1, -1, -1, -1], np.int32)
CONFIG = Config(
    capital=CAPITAL, limit_policy=LimitPolicy.OPENED, participation=1.0, max_gross=10.0, maintenance=0.0,
    short_collateral=0.0,
)  # fmt: skip


class Size(NamedTuple):
    """Codes (of which pure plays), sessions, launches, and launches that share the NAV."""

    codes: int
    pure: int
    sessions: int
    launches: int
    slots: int


SIZES = {
    "W1": Size(20, 14, 750, 60, 4),
    "W2": Size(500, 440, 2_500, 500, 8),
    "W3": Size(5_000, 4_800, 2_500, 2_000, 32),
}


class Choice(NamedTuple):
    """One parameter point; NaN is off."""

    lag: int
    wait: int
    hold: int
    stop: float
    target: float
    gross: float


@dataclass(frozen=True)
class Workload:
    """Prices (sessions, codes) and launches: `row` of the session after which it is known, `codes` (launches, 6)."""

    name: str
    size: Size
    open: F8
    high: F8
    low: F8
    close: F8
    volume: F8
    up: F8
    down: F8
    row: NDArray[np.int32]
    codes: NDArray[np.int32]

    @cached_property
    def sessions(self) -> NDArray[np.datetime64]:
        """Sessions of Shanghai."""
        return calendars.sessions("XSHG", "2014-01-02", "2025-12-31")[: self.size.sessions]

    @cached_property
    def can_buy(self) -> NDArray[np.bool_]:
        return (self.volume > 0) & (self.low < self.up - 1e-6)

    @cached_property
    def can_sell(self) -> NDArray[np.bool_]:
        return (self.volume > 0) & (self.high > self.down + 1e-6)

    @cached_property
    def panel(self) -> Panel:
        """The same market as a panel."""
        return _panel(self)

    def legs(self, lag: int) -> NDArray[Any]:
        """Legs of gross 1 at the session `lag` after the first that can be reached."""
        n = len(self.row)
        legs = empty_legs(6 * n)
        legs["launch"], legs["code"] = np.repeat(np.arange(n), 6), self.codes.reshape(-1)
        legs["side"], legs["at"] = np.tile(SIDES, n), OPEN
        legs["row"] = np.repeat(self.row + 1 + lag, 6)
        legs["hold"], legs["weight"] = 5, 1.0 / self.size.slots / 6
        return legs


def make(name: str, seed: int = 11) -> Workload:
    """The workload of that size; the same every time."""
    size = SIZES[name]
    rng = np.random.default_rng([seed, size.codes])
    row = np.sort(rng.integers(20, size.sessions - 60, size.launches)).astype(np.int32)
    longs = rng.permuted(np.tile(np.arange(size.pure), (size.launches, 1)), axis=1)[:, :3]
    shorts = rng.permuted(np.tile(np.arange(size.pure, size.codes), (size.launches, 1)), axis=1)[:, :3]
    push = np.zeros((size.sessions, size.codes))
    for t, codes in zip(row, longs, strict=True):
        for code in codes:
            if rng.random() < 0.3:
                push[t + 1 : t + 1 + rng.integers(1, 4), code] += 0.25
            else:
                push[t + 1 : t + 6, code] += rng.normal(0.01, 0.01)
    prices = _prices(rng, size, push)
    return Workload(name, size, **prices, row=row, codes=np.hstack([longs, shorts]).astype(np.int32))


def _prices(rng: np.random.Generator, size: Size, push: F8) -> dict[str, F8]:
    """Random walks with fat tails on the tick between daily limits of 10 or 20 %, some days locked or suspended."""
    found = {
        key: np.empty((size.sessions, size.codes))
        for key in ("open", "high", "low", "close", "volume", "up", "down")
    }
    band = np.where(rng.random(size.codes) < 0.3, 0.2, 0.1)
    spread = np.where(np.arange(size.codes) < size.pure, 0.027, 0.016)
    ref = np.round(np.exp(rng.uniform(np.log(5), np.log(120), size.codes)), 2)
    for t in range(size.sessions):
        up, down = np.round(ref * (1 + band), 2), np.round(ref * (1 - band), 2)
        move = rng.normal(0.0002, 0.009) + spread * rng.standard_t(4, size.codes) / np.sqrt(2) + push[t]
        gap = 0.35 * move + 0.3 * spread * rng.standard_normal(size.codes)
        open_, close = (np.clip(np.round(ref * (1 + by), 2), down, up) for by in (gap, move))
        wide = 0.5 * spread * np.abs(rng.standard_normal((2, size.codes)))
        high = np.minimum(np.round(np.maximum(open_, close) * (1 + wide[0]), 2), up)
        low = np.maximum(np.round(np.minimum(open_, close) * (1 - wide[1]), 2), down)
        locked = rng.random(size.codes) < 0.5
        for at_limit, limit in ((locked & (close >= up), up), (locked & (close <= down), down)):
            open_, high, low, close = (np.where(at_limit, limit, one) for one in (open_, high, low, close))
        idle = rng.random(size.codes) < 0.002
        open_, high, low, close = (np.where(idle, ref, one) for one in (open_, high, low, close))
        volume = np.where(idle, 0.0, np.round(rng.lognormal(17, 0.6, size.codes)))
        for key, values in zip(found, (open_, high, low, close, volume, up, down), strict=True):
            found[key][t] = values
        ref = np.maximum(close, 2.0)
    return found


def _panel(w: Workload) -> Panel:
    rows, codes = w.open.shape
    shape, traded = w.open.shape, w.volume > 0
    ref = np.vstack([w.close[:1], w.close[:-1]])

    def all_of(value: float, kind: str) -> NDArray[Any]:
        return np.asfortranarray(np.full(shape, value, kind))

    costs = np.zeros(COST_WIDTH)
    costs[3], costs[FIRST_LEVY + 3 :: 4] = FEE, np.inf
    return Panel(
        sessions=w.sessions,
        codes=tuple(f"{600_000 + i}.SS" for i in range(codes)),
        currency="CNY",
        instruments=tuple(Instrument(f"{600_000 + i}.SS") for i in range(codes)),
        status=np.asfortranarray(np.where(traded, TRADING, SUSPENDED).astype(np.int8)),
        **{k: np.asfortranarray(np.where(traded, getattr(w, k), np.nan)) for k in ("open", "high", "low", "close")},
        volume=np.asfortranarray(w.volume),
        mark=np.asfortranarray(w.close),
        ref=np.asfortranarray(ref),
        limit_up=np.asfortranarray(w.up),
        limit_down=np.asfortranarray(w.down),
        lot_min=all_of(LOT, "i4"),
        lot_step=all_of(LOT, "i4"),
        max_order=all_of(1_000_000_000, "i4"),
        t_plus_one=all_of(1, "?"),
        shortable=all_of(1, "?"),
        borrow=all_of(0.0, "f8"),
        tick_table=all_of(0, "i1"),
        tick_bounds=np.array([[np.inf]]),
        tick_sizes=np.array([[0.01]]),
        cost_class=np.zeros(codes, np.int16),
        costs=np.broadcast_to(costs, (rows, 1, COST_WIDTH)).copy(),
        currencies=("CNY",),
        currency_of=np.zeros(codes, np.int8),
        fx=np.ones((rows, 1)),
        exchanges=("XSHG",),
        exchange_of=np.zeros(codes, np.int8),
        exchange_open=np.ones((rows, 1), bool),
        sessions_done=np.arange(1, rows + 1, dtype=np.int32).reshape(-1, 1),
        actions=np.empty(0, ACTION),
        simulated=True,
    )  # fmt: skip


def choices(count: int, seed: int = 7) -> list[Choice]:
    """Distinct points of the grid of 24,000; more than that are drawn with any gross."""
    sizes = [len(one) for one in (LAGS, WAITS, HOLDS, STOPS, TARGETS, GROSSES)]
    rng = np.random.default_rng(seed)
    total = int(np.prod(sizes))
    numbers = (
        np.sort(rng.choice(total, count, replace=False)) if count <= total else rng.integers(0, total, count)
    )
    found = []
    for lag, wait, hold, stop, target, gross in np.stack(np.unravel_index(numbers, sizes), axis=1):
        share = GROSSES[gross] if count <= total else float(rng.uniform(0.2, 1.0))
        found.append(Choice(LAGS[lag], WAITS[wait], HOLDS[hold], STOPS[stop], TARGETS[target], share))
    return sorted(found, key=lambda one: one.lag)


def to_points(chosen: list[Choice]) -> NDArray[Any]:
    """The points (POINT dtype) of choices of one lag."""
    points = np.zeros(len(chosen), POINT)
    for name in ("wait", "hold", "stop", "target"):
        points[name] = [getattr(one, name) for one in chosen]
    points["scale"], points["trail"] = [one.gross for one in chosen], np.nan
    return points
