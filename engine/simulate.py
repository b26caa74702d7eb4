"""The compiled path: legs + panel → the same records as backtrader's, thousands of times faster."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.panel import Panel
from .config import Config
from .dayloop import BLOCKS, FILLS, POSITIONS, Out, State, run_days
from .legs import BLOCK, FILL
from .market import OWN, Market, Point, Windows, to_rules
from .run import POSITION, Run

I4 = NDArray[np.int32]
SLACK = 30  # rows of a window beyond wait + hold: holidays and a few blocked exits


def simulate(
    legs: NDArray[Any], panel: Panel, config: Config, point: Point = OWN, market: Market | None = None
) -> Run:
    """Execute legs (LEG dtype, sorted by row); same semantics and records as `broker.run_backtrader`.

    `market` is the panel laid out for compiled code, given by callers that run many times.
    """
    market = market or Market(panel)
    span = first_span(legs, point)
    room = np.array([4 * len(legs) + 64, 8 * len(legs) + 64, 32 * len(legs) + 64])
    while True:
        windows = market.windows(legs, span)
        state = new_state(windows, len(panel.codes))
        out = new_out(len(panel), keep=True, room=room)
        inside = run_days(windows, to_rules(config), point, state, out, close_out_rows(market, config))
        if inside and (out.counts <= room).all():
            break
        span = span if inside else min(2 * span, len(panel))
        room = np.maximum(out.counts, room)
    fills, blocks = out.fills[: out.counts[FILLS]], out.blocks[: out.counts[BLOCKS]]
    for records in (fills, blocks):
        records["launch"] = legs["launch"][records["leg"]] if len(legs) else 0
    held = out.positions[: out.counts[POSITIONS]]
    money = {name: getattr(out, name) for name in ("cash", "long", "short", "borrow", "dividends")}
    return Run(fills=fills, blocks=blocks, positions=held[held["shares"] != 0.0], **money)


def first_span(legs: NDArray[Any], point: Point = OWN) -> int:
    """Rows that a leg's window needs unless its exit is blocked for long."""
    if not len(legs):
        return 1
    wait = int(legs["wait"].max()) if point.wait < 0 else point.wait
    hold = int(legs["hold"].max()) if point.hold < 0 else point.hold
    return wait + hold + (wait + hold) // 4 + SLACK


def new_state(windows: Windows, codes: int) -> State:
    """Working memory for any number of runs over one table of legs."""
    n = len(windows.whole)
    return State(
        leg=np.empty((n, 8)),
        mark=np.empty((n, 6), np.int32),
        live=np.empty(n, np.int32),
        queue=np.empty(2 * n, np.int32),
        taken=np.zeros(codes),
        taken_row=np.full(codes, -1, np.int32),
        paired=np.zeros(len(windows.pair_weight)),
        book=np.zeros(6),
    )


def new_out(rows: int, *, keep: bool, room: NDArray[np.int64] | None = None) -> Out:
    """Where a run writes; without `keep` only equity, counts and totals."""
    records = np.ones(3, np.int64) if room is None else room
    books = {name: np.zeros(rows if keep else 1) for name in ("cash", "long", "short", "borrow", "dividends")}
    return Out(
        keep=keep,
        equity=np.zeros(rows),
        **books,
        fills=np.zeros(records[FILLS], FILL),
        blocks=np.zeros(records[BLOCKS], BLOCK),
        positions=np.zeros(records[POSITIONS], POSITION),
        counts=np.zeros(3, np.int64),
        totals=np.zeros(6),
    )


def close_out_rows(market: Market, config: Config) -> I4:
    """Row of each exchange's last session when everything is to be sold there, else −1."""
    return market.last_open if config.close_out else np.full(len(market.last_open), -1, np.int32)
