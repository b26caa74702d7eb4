"""The compiled path: legs + panel → the same records as backtrader's, thousands of times faster."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.panel import Panel
from .config import Config
from .dayloop import BLOCKS, FILLS, POSITIONS, Out, State, run_days
from .legs import BLOCK, FILL
from .market import OWN, LegTable, Market, Point, to_market, to_rules, to_table
from .run import POSITION, Run

I4 = NDArray[np.int32]


def simulate(legs: NDArray[Any], panel: Panel, config: Config, point: Point = OWN) -> Run:
    """Execute legs (LEG dtype, sorted by row); same semantics and records as `broker.run_backtrader`."""
    market, table = market_of(panel), to_table(legs)
    state = new_state(market, table)
    rooms = np.array([4 * len(legs) + 64, 8 * len(legs) + 64, 32 * len(legs) + 64])
    while True:
        out = new_out(len(panel), keep=True, rooms=rooms)
        run_days(market, table, to_rules(config), point, state, out, close_out_rows(market, config))
        if (out.count <= rooms).all():
            break
        rooms = np.maximum(out.count, rooms)
    fills, blocks = out.fills[: out.count[FILLS]], out.blocks[: out.count[BLOCKS]]
    for records in (fills, blocks):
        records["launch"] = legs["launch"][records["leg"]] if len(legs) else 0
    held = out.positions[: out.count[POSITIONS]]
    money = {name: getattr(out, name) for name in ("cash", "long", "short", "borrow", "dividends")}
    return Run(fills=fills, blocks=blocks, positions=held[held["shares"] != 0.0], **money)


@lru_cache(maxsize=4)
def _market_of(panel_id: int, panel: "_ById") -> Market:
    return to_market(panel.panel)


class _ById:
    """A panel hashed by identity, so that its market is laid out once."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel

    def __hash__(self) -> int:
        return id(self.panel)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.panel is self.panel


def market_of(panel: Panel) -> Market:
    """The panel's arrays for compiled code, laid out once per panel."""
    return _market_of(id(panel), _ById(panel))


def new_state(market: Market, table: LegTable) -> State:
    """Working memory for any number of runs over one leg table."""
    n, codes = len(table.code), len(market.status)
    return State(
        leg=np.empty((n, 5)),
        mark=np.empty((n, 6), np.int32),
        live=np.empty(n, np.int32),
        taken=np.zeros(codes),
        taken_row=np.full(codes, -1, np.int32),
        paired=np.zeros(len(table.pair_weight)),
        book=np.zeros(5),
    )


def new_out(rows: int, *, keep: bool, rooms: NDArray[np.int64] | None = None) -> Out:
    """Where a run writes; without `keep` only equity, counts and totals."""
    room = np.ones(3, np.int64) if rooms is None else rooms
    books = {name: np.zeros(rows if keep else 1) for name in ("cash", "long", "short", "borrow", "dividends")}
    return Out(
        keep=keep,
        equity=np.zeros(rows),
        **books,
        fills=np.zeros(room[FILLS], FILL),
        blocks=np.zeros(room[BLOCKS], BLOCK),
        positions=np.zeros(room[POSITIONS], POSITION),
        count=np.zeros(3, np.int64),
        totals=np.zeros(6),
    )


def close_out_rows(market: Market, config: Config) -> I4:
    """Row of each exchange's last session when everything is to be sold there, else −1."""
    rows = np.full(len(market.is_open), -1, np.int32)
    if config.close_out:
        for e, sessions in enumerate(market.is_open):
            own = np.flatnonzero(sessions)
            rows[e] = own[-1] if len(own) else -1
    return rows
