"""The compiled path: legs + panel → the same records as backtrader's, thousands of times faster."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I4
from ...data.panel.panel import Panel
from ..config import Config
from ..machine.code import by_effort
from ..results.run import Run
from .days import portfolio_units, run_of
from .state import BLOCKS, FILLS, POSITIONS, Out, new_out, new_state
from .windows import NO_ROW, OWN, SLACK, Layout, Point, to_rules


def simulate(
    legs: NDArray[Any], panel: Panel, config: Config, point: Point = OWN, layout: Layout | None = None
) -> Run:
    """Execute legs (LEG dtype, sorted by row); same semantics and records as `broker.run_backtrader`.

    `layout` is the panel laid out for compiled code, given by callers that run many times.
    """
    out = _written(legs, layout or Layout(panel), config, point, keep=True)
    fills, blocks = out.fills[: out.counts[FILLS]], out.blocks[: out.counts[BLOCKS]]
    for records in (fills, blocks):
        records["launch"] = legs["launch"][records["leg"]] if len(legs) else 0
    held = out.positions[: out.counts[POSITIONS]]
    money = {name: getattr(out, name) for name in ("cash", "long", "short", "borrow", "dividends")}
    return Run(fills=fills, blocks=blocks, positions=held[held["shares"] != 0.0], **money)


def simulated_equity(legs: NDArray[Any], panel: Panel, config: Config, layout: Layout | None = None) -> F8:
    """The equity of `simulate` alone, (T,): quicker, since nothing is recorded and quiet sessions are passed over."""
    return _written(legs, layout or Layout(panel), config, OWN, keep=False).equity


def _written(legs: NDArray[Any], layout: Layout, config: Config, point: Point, *, keep: bool) -> Out:
    """What a run writes, in windows and arrays that turned out to be wide enough."""
    rules, ends, slack = to_rules(config), close_out_rows(layout, config), SLACK
    room = np.array([4 * len(legs) + 64, 8 * len(legs) + 64, 32 * len(legs) + 64])
    while True:
        windows = layout.windows(legs, rules, (point.wait, point.hold, point.hold_minutes), slack)
        state = new_state(windows, len(layout.panel.codes))
        out = new_out(len(layout.panel), keep=keep, room=room if keep else None)
        run = by_effort(*run_of(windows), portfolio_units(windows))
        inside = run(windows, rules, point, state, out, ends)
        if inside and (not keep or (out.counts <= room).all()):
            return out
        slack = slack if inside else wider(slack)
        room = np.maximum(out.counts, room)


def wider(slack: int) -> int:
    """Rows of slack to try next when a leg outlived its window."""
    return 8 * slack


def close_out_rows(layout: Layout, config: Config) -> I4:
    """Row of each exchange's last session when everything is to be sold there, else NO_ROW."""
    return layout.last_open if config.close_out else np.full(len(layout.last_open), NO_ROW, np.int32)
