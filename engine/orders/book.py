"""The desk of a run of legs stepped to its last row but one, and the orders that it would send in the last."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.panel.panel import TRADING, Panel
from ..backtrader.desk import Desk
from ..backtrader.leg_state import LegState, leg_states
from ..config import Config, ExitOn
from ..legs import CLOSE, OPEN, TOUCH, Reason


class Wish(NamedTuple):
    """One order of the last row: leg, OPEN, TOUCH or CLOSE, signed shares, trigger or NaN, and why."""

    leg: LegState
    at: int
    shares: float
    trigger: float
    reason: Reason


def stepped(legs: NDArray[Any], panel: Panel, config: Config) -> Desk:
    """The desk after all rows but the last, on which everything is still to come."""
    desk = Desk(panel, leg_states(legs), config.model_copy(update={"close_out": False}))
    for t in range(len(panel) - 1):
        desk.start_session(t)
        for attempt in desk.orders():
            desk.settle(attempt, desk.judge(attempt))
        desk.end_session()
    return desk


def wishes(desk: Desk) -> Iterator[Wish]:
    """What the desk sends in its panel's last row, before anything of that session is known.

    Shorts that are paired with longs are sized as if those were filled whole. Triggers inside the session stand for what is
    held at its beginning.
    """
    desk.start_session(len(desk.panel) - 1)
    for at in (OPEN, TOUCH, CLOSE):
        if at == TOUCH:
            yield from _triggers(desk)
            continue
        for attempt in desk.attempts(at):
            leg, wanted = attempt.leg, attempt.order.wanted
            if attempt.order.held == 0.0 and leg.side > 0 and leg.planned > 0.0:
                part = leg.weight * abs(wanted) / leg.planned
                desk.long_filled[leg.launch] = desk.long_filled.get(leg.launch, 0.0) + part
            yield Wish(leg, at, wanted, np.nan, Reason(attempt.reason))


def _triggers(desk: Desk) -> Iterator[Wish]:
    """Stops, targets and trails of what is held, where they are judged inside the session."""
    if desk.config.exit_on is not ExitOn.TOUCH:
        return
    p, t = desk.panel, desk.t
    for leg in desk.live:
        if leg.held == 0.0 or leg.exit_reason >= 0 or p.status[t, leg.code] != TRADING:
            continue
        stop, target, trail = leg.rules
        side = float(leg.side)
        levels = (
            (Reason.STOP, leg.basis * (1.0 - side * stop)),
            (Reason.TARGET, leg.basis * (1.0 + side * target)),
            (Reason.TRAIL, leg.peak * (1.0 - side * trail)),
        )
        for reason, level in levels:
            if not np.isnan(level):
                yield Wish(leg, TOUCH, -leg.held, float(level), reason)
