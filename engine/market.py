"""A panel, legs and a portfolio's rules laid out for compiled code: NamedTuples of arrays and scalars.

Arrays of the panel are transposed to codes × sessions, so that a leg walks through contiguous memory.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.panel import DELISTED, Panel
from .config import Config, ExitOn, LimitPolicy, Pairing
from .kernel import IGNORE, OPENED, STRICT, Policy

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I1 = NDArray[np.int8]
Bool = NDArray[np.bool_]

POLICIES = {LimitPolicy.STRICT: STRICT, LimitPolicy.OPENED: OPENED, LimitPolicy.IGNORE: IGNORE}


class Market(NamedTuple):
    """The panel, (N, T) unless said. `nights` (T,): calendar days since the previous row."""

    status: I1
    open: F8
    high: F8
    low: F8
    close: F8
    volume: F8
    mark: F8
    ref: F8
    size_price: F8
    up: F8
    down: F8
    lot_min: I4
    lot_step: I4
    max_order: I4
    t_plus_one: Bool
    shortable: Bool
    borrow: F8
    tick_table: I1
    tick_bounds: F8  # (K, B)
    tick_sizes: F8  # (K, B)
    cost_class: NDArray[np.int16]  # (N,)
    costs: F8  # (classes, T, width)
    currency_of: I1  # (N,)
    fx: F8  # (currencies, T)
    exchange_of: I1  # (N,)
    is_open: Bool  # (exchanges, T)
    done: I4  # (exchanges, T)
    row_of: I4  # (exchanges, T + 2): row of the n-th session, T where there is none
    delisted: I4  # (N,): first delisted row, T where there is none
    nights: F8
    action_row: I4
    action_code: I4
    action_terms: F8  # (A, 3): ratio, cash, cash_net


class LegTable(NamedTuple):
    """Legs in order of row, (L,). `pair` numbers the launches 0..M-1; `pair_weight` (M,): their long weight."""

    code: I4
    side: F8
    at: I4
    row: I4
    wait: I4
    hold: I4
    weight: F8
    stop: F8
    target: F8
    trail: F8
    pair: I4
    pair_weight: F8


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


def to_market(panel: Panel) -> Market:
    """The panel for compiled code; no copies where the panel's arrays are already contiguous in time."""
    t = len(panel)
    done = np.ascontiguousarray(panel.sessions_done.T)
    row_of = np.full((len(panel.exchanges), t + 2), t, np.int32)
    for e in range(len(panel.exchanges)):
        own = np.flatnonzero(panel.exchange_open[:, e])
        row_of[e, 1 : len(own) + 1] = own
    gone = panel.status == DELISTED
    delisted = np.where(gone.any(axis=0), gone.argmax(axis=0), t).astype(np.int32)
    nights = np.zeros(t)
    nights[1:] = np.diff(panel.sessions).astype("timedelta64[D]").astype(np.float64)
    turned = {
        name: np.ascontiguousarray(getattr(panel, name).T)
        for name in ("status", "open", "high", "low", "close", "volume", "mark", "ref", "size_price",
                     "lot_min", "lot_step", "max_order", "t_plus_one", "shortable", "borrow", "tick_table")
    }  # fmt: skip
    terms = np.column_stack([panel.actions[name] for name in ("ratio", "cash", "cash_net")]).astype(
        np.float64
    )
    return Market(
        **turned,
        up=np.ascontiguousarray(panel.limit_up.T),
        down=np.ascontiguousarray(panel.limit_down.T),
        tick_bounds=panel.tick_bounds,
        tick_sizes=panel.tick_sizes,
        cost_class=panel.cost_class,
        costs=np.ascontiguousarray(panel.costs.transpose(1, 0, 2)),
        currency_of=panel.currency_of,
        fx=np.ascontiguousarray(panel.fx.T),
        exchange_of=panel.exchange_of,
        is_open=np.ascontiguousarray(panel.exchange_open.T),
        done=done,
        row_of=row_of,
        delisted=delisted,
        nights=nights,
        action_row=np.ascontiguousarray(panel.actions["row"]),
        action_code=np.ascontiguousarray(panel.actions["code"]),
        action_terms=np.ascontiguousarray(terms.reshape(-1, 3)),
    )


def to_table(legs: NDArray[Any]) -> LegTable:
    """Legs (LEG dtype, sorted by row) as separate contiguous columns."""
    launches, pair = np.unique(legs["launch"], return_inverse=True)
    weight = np.where(legs["side"] > 0, legs["weight"], 0.0)
    columns = {name: np.ascontiguousarray(legs[name]) for name in LegTable._fields[:10]}
    columns["side"] = columns["side"].astype(np.float64)
    return LegTable(
        **columns,
        pair=pair.astype(np.int32).reshape(-1),
        pair_weight=np.bincount(pair.reshape(-1), weight, minlength=max(len(launches), 1)),
    )


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
