"""A panel, legs and a portfolio's rules laid out for compiled code: NamedTuples of few arrays, and scalars.

What a leg can meet is gathered once into its window: the rows from its first attempt on, a cache line for marks and
one for orders. The cost of a run then follows the live legs, not the symbols or the idle days of the panel.
"""

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.panel import DELISTED, Panel
from .compiled import njit
from .config import Config, ExitOn, LimitPolicy, Pairing
from .kernel import IGNORE, OPENED, STRICT, Policy, Tables

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

POLICIES = {LimitPolicy.STRICT: STRICT, LimitPolicy.OPENED: OPENED, LimitPolicy.IGNORE: IGNORE}

# columns of Windows.quote
MARK, FX, SHUT, BORROW, OPENS, HIGH, LOW, REF = range(8)
UP, DOWN, VOLUME, SIZE_PRICE, LOT_MIN, LOT_STEP, MAX_ORDER, FX_BEFORE = range(8, 16)
QUOTE_WIDTH = 16
# columns of Windows.flag
STATUS, IS_OPEN, DONE, BITS, COST_ROW, TICKS = range(6)
FLAG_WIDTH = 6
T_PLUS_ONE_BIT, SHORTABLE_BIT = 1, 2

# columns of Windows.whole and Windows.real
START, ROW, LENGTH, CODE, AT, WAIT, HOLD, PAIR, GONE, EXCHANGE = range(10)
WHOLE_WIDTH = 10
SIDE, WEIGHT, STOP, TARGET, TRAIL = range(5)
REAL_WIDTH = 5


class Windows(NamedTuple):
    """Legs in order of row and what they can meet. R rows of windows in all, L legs, A corporate actions.

    Leg k sees session t in row `whole[k, START] + t − whole[k, ROW]`; its window ends after `whole[k, LENGTH]` rows.
    """

    quote: F8  # (R, 16)
    flag: I4  # (R, 6)
    whole: I4  # (L, 10)
    real: F8  # (L, 5)
    tables: Tables
    row_of: I4  # (exchanges, T + 2): row of the n-th session, T where there is none
    pair_weight: F8  # (M,): long weight of each launch
    action_row: I4
    action_code: I4
    action_terms: F8  # (A, 3): ratio, cash, cash_net
    nights: F8  # (T,): calendar days since the previous row


class Rules(NamedTuple):
    """The portfolio's rules as numbers."""

    capital: float
    policy: Policy
    matched: bool
    on_touch: bool
    participation: float
    max_gross: float
    maintenance: float
    collateral: float
    close_out: bool


class Point(NamedTuple):
    """One parameter point: overrides for every leg. `scale` multiplies weights; −1 and inf keep the leg's own rule."""

    scale: float
    wait: int
    hold: int
    stop: float
    target: float
    trail: float


OWN = Point(1.0, -1, -1, np.inf, np.inf, np.inf)


class Market:
    """A panel turned to codes × sessions, so that gathering a leg's window walks through contiguous memory."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        names = (
            "mark",
            "close",
            "open",
            "high",
            "low",
            "limit_up",
            "limit_down",
            "volume",
            "size_price",
            "borrow",
            "ref",
        )
        self.prices = tuple(np.ascontiguousarray(getattr(panel, name).T) for name in names)
        self.lots = tuple(
            np.ascontiguousarray(getattr(panel, n).T) for n in ("lot_min", "lot_step", "max_order")
        )
        flags = ("status", "t_plus_one", "shortable", "tick_table")
        self.flags = tuple(np.ascontiguousarray(getattr(panel, name).T) for name in flags)
        self.clock = (
            np.ascontiguousarray(panel.exchange_open.T),
            np.ascontiguousarray(panel.sessions_done.T),
            np.ascontiguousarray(panel.fx.T),
            self.nights,
        )
        self.of_code = (panel.cost_class, panel.currency_of, panel.exchange_of, panel.costs.shape[1])

    @cached_property
    def nights(self) -> F8:
        """Calendar days since the previous row, shape (T,)."""
        nights = np.zeros(len(self.panel))
        nights[1:] = np.diff(self.panel.sessions).astype("timedelta64[D]").astype(np.float64)
        return nights

    @cached_property
    def row_of(self) -> I4:
        """Row of each exchange's n-th session, n from 1; T where there is none."""
        t = len(self.panel)
        rows = np.full((len(self.panel.exchanges), t + 2), t, np.int32)
        for e in range(len(self.panel.exchanges)):
            own = np.flatnonzero(self.panel.exchange_open[:, e])
            rows[e, 1 : len(own) + 1] = own
        return rows

    @cached_property
    def gone(self) -> I4:
        """First delisted row of each code, T where there is none."""
        delisted = self.panel.status == DELISTED
        return np.where(delisted.any(axis=0), delisted.argmax(axis=0), len(self.panel)).astype(np.int32)

    @cached_property
    def last_open(self) -> I4:
        """Last session's row of each exchange, −1 where it has none."""
        rows = [np.flatnonzero(self.panel.exchange_open[:, e]) for e in range(len(self.panel.exchanges))]
        return np.array([own[-1] if len(own) else -1 for own in rows], np.int32)

    def windows(self, legs: NDArray[Any], span: int) -> Windows:
        """Windows of legs (LEG dtype, sorted by row), `span` rows long or to the panel's end."""
        p, n = self.panel, len(legs)
        whole = np.zeros((n, WHOLE_WIDTH), np.int32)
        lengths = np.minimum(span, len(p) - legs["row"])
        whole[:, LENGTH] = lengths
        whole[:, START] = np.cumsum(lengths) - lengths
        for column, name in ((ROW, "row"), (CODE, "code"), (AT, "at"), (WAIT, "wait"), (HOLD, "hold")):
            whole[:, column] = legs[name]
        launches, pair = np.unique(legs["launch"], return_inverse=True)
        whole[:, PAIR] = pair.reshape(-1)
        whole[:, GONE] = self.gone[legs["code"]]
        whole[:, EXCHANGE] = p.exchange_of[legs["code"]]
        real = np.column_stack([legs[name] for name in ("side", "weight", "stop", "target", "trail")]).astype(
            np.float64
        )
        quote = _aligned(int(lengths.sum()))
        flag = np.empty((len(quote), FLAG_WIDTH), np.int32)
        _gather(whole, quote, flag, self.prices, self.lots, self.flags, self.clock, self.of_code)
        long_weight = np.where(legs["side"] > 0, legs["weight"], 0.0)
        terms = np.column_stack([p.actions[name] for name in ("ratio", "cash", "cash_net")]).astype(
            np.float64
        )
        return Windows(
            quote=quote,
            flag=flag,
            whole=whole,
            real=np.ascontiguousarray(real.reshape(n, REAL_WIDTH)),
            tables=Tables(
                np.ascontiguousarray(p.tick_bounds),
                np.ascontiguousarray(p.tick_sizes),
                np.ascontiguousarray(p.costs).reshape(-1, p.costs.shape[2]),
            ),
            row_of=self.row_of,
            pair_weight=np.bincount(pair.reshape(-1), long_weight, max(len(launches), 1)).astype(np.float64),
            action_row=np.ascontiguousarray(p.actions["row"]),
            action_code=np.ascontiguousarray(p.actions["code"]),
            action_terms=np.ascontiguousarray(terms.reshape(-1, 3)),
            nights=self.nights,
        )


def _aligned(rows: int) -> F8:
    """Room for `rows` quotes, each on two cache lines exactly: large tables are read from far memory."""
    room = np.empty(rows * QUOTE_WIDTH + 8)
    skip = -room.ctypes.data % 64 // 8
    return room[skip : skip + rows * QUOTE_WIDTH].reshape(rows, QUOTE_WIDTH)


@njit()
def _gather(
    whole: I4, quote: F8, flag: I4, prices: Any, lots: Any, flags: Any, clock: Any, of_code: Any
) -> None:
    """Fill the windows; the order of `prices` is that of Market.prices."""
    mark, close, open_, high, low, up, down, volume, size_price, borrow, ref = prices
    lot_min, lot_step, max_order = lots
    status, t_plus_one, shortable, ticks = flags
    is_open, done, fx, nights = clock
    cost_class, currency_of, exchange_of, classes = of_code
    for k in range(len(whole)):
        i = whole[k, CODE]
        c, e = currency_of[i], exchange_of[i]
        for j in range(whole[k, LENGTH]):
            r, t = whole[k, START] + j, whole[k, ROW] + j
            quote[r, MARK], quote[r, FX], quote[r, SHUT], quote[r, OPENS] = (
                mark[i, t],
                fx[c, t],
                close[i, t],
                open_[i, t],
            )
            quote[r, HIGH], quote[r, LOW], quote[r, UP], quote[r, DOWN] = (
                high[i, t],
                low[i, t],
                up[i, t],
                down[i, t],
            )
            quote[r, VOLUME], quote[r, SIZE_PRICE], quote[r, REF] = volume[i, t], size_price[i, t], ref[i, t]
            quote[r, LOT_MIN], quote[r, LOT_STEP], quote[r, MAX_ORDER] = (
                lot_min[i, t],
                lot_step[i, t],
                max_order[i, t],
            )
            night = nights[t + 1] if t + 1 < len(nights) else 0.0
            quote[r, BORROW] = borrow[i, t] * night / 365.0
            quote[r, FX_BEFORE] = fx[c, t - 1]
            flag[r, STATUS], flag[r, IS_OPEN], flag[r, DONE] = status[i, t], is_open[e, t], done[e, t]
            flag[r, BITS] = T_PLUS_ONE_BIT * t_plus_one[i, t] + SHORTABLE_BIT * shortable[i, t]
            flag[r, COST_ROW], flag[r, TICKS] = t * classes + cost_class[i], ticks[i, t]


def to_rules(config: Config) -> Rules:
    """The configuration as numbers."""
    return Rules(
        capital=float(config.capital),
        policy=Policy(POLICIES[config.limit_policy], config.slippage_bp / 1e4, float(config.slippage_ticks)),
        matched=config.pairing is Pairing.MATCHED,
        on_touch=config.exit_on is ExitOn.TOUCH,
        participation=float(config.participation),
        max_gross=float(config.max_gross),
        maintenance=float(config.maintenance),
        collateral=float(config.short_collateral),
        close_out=bool(config.close_out),
    )
