"""When a leg gets out by its own rules, and what becomes of it on an ex-date or a margin call."""

from typing import NamedTuple

import numpy as np

from ..legs import Reason
from ..njit import compiled, inlined
from .prices import to_tick
from .records import EPS, Tables

ROUNDING = 1e-3  # more than a level is moved by rounding it down to a price step that it stands on
NEAR = 1e-9  # a level reached up to the noise of floating point counts as reached

_STOP, _TARGET, _TRAIL = int(Reason.STOP), int(Reason.TARGET), int(Reason.TRAIL)


class Levels(NamedTuple):
    """Prices, times the side, at which a leg gets out on the close: at or below `stop`, at or above `target`.

    `fall` is the trail's fraction; NaN means that the rule is off.
    """

    stop: float
    target: float
    fall: float


@inlined
def exit_levels(side: float, basis: float, rules: tuple[float, float, float]) -> Levels:
    """Levels of a leg entered at `basis`; `rules` are stop, target and trail as fractions."""
    stop, target, trail = rules
    return Levels(side * basis - stop * basis + NEAR, side * basis + target * basis - NEAR, trail)


@inlined
def trail_level(peak: float, levels: Levels) -> float:
    """Where the trail stands once the best close was `peak`, both times the side; NaN without a trail."""
    return peak - levels.fall * abs(peak) + NEAR


@inlined
def level_signal(close: float, trail: float, levels: Levels) -> int:
    """STOP, TARGET or TRAIL when the close says so, else −1; `close` and the trail's level times the side."""
    if close <= levels.stop:
        return _STOP
    if close >= levels.target:
        return _TARGET
    if close <= trail:
        return _TRAIL
    return -1


@inlined
def close_signal(close: float, peak: float, levels: Levels) -> int:
    """The same from the best close so far; `close` and `peak` times the side."""
    return level_signal(close, trail_level(peak, levels), levels)


@compiled
def touch_signal(
    side: float,
    basis: float,
    peak: float,
    bar: tuple[float, float, float],
    rules: tuple[float, float, float],
    tables: Tables,
    table: int,
) -> tuple[int, float]:
    """Rule touched inside the bar (open, high, low) and the price it trades at, or −1 and 0.0.

    A gap through the level trades at the open; when stop and target are both inside the bar, the stop comes first.
    """  # fmt: skip
    first, high, low = bar
    stop, target, trail = rules
    worst = low if side > 0.0 else high
    best = high if side > 0.0 else low
    stop_level = basis * (1.0 - side * stop)
    trail_level = peak * (1.0 - side * trail)
    why = -1
    level = 0.0
    if side * (worst - stop_level) <= 0.0:
        why, level = _STOP, stop_level
    if side * (worst - trail_level) <= 0.0 and (why < 0 or side * (trail_level - stop_level) > 0.0):
        why, level = _TRAIL, trail_level
    if why >= 0:
        if side * (first - level) <= 0.0:
            return why, first
        return why, to_tick(level, side < 0.0, tables, table)
    if not np.isnan(target):
        level = basis * (1.0 + side * target)
        if side * (first - level) >= 0.0:
            return _TARGET, first
        level = to_tick(level, side > 0.0, tables, table)
        if side * (best - level) >= 0.0:
            return _TARGET, level
    return -1, 0.0


@inlined
def within_reach(
    side: float, basis: float, peak: float, prices: tuple[float, float], rules: tuple[float, float, float]
) -> bool:
    """False where no bar between the worst and the best of `prices` touches a rule, as long as the best price was at most `peak`."""
    worst, best = prices
    stop, target, trail = rules
    reached = side * (worst - basis * (1.0 - side * stop)) <= 0.0
    reached |= side * (worst - peak * (1.0 - side * trail)) <= 0.0
    return reached or side * (best - basis * (1.0 + side * target)) >= -ROUNDING


class Adjusted(NamedTuple):
    """A leg after a corporate action, and the cash (local) it received or, negative, owed."""

    shares: float
    basis: float
    peak: float
    cash: float


@compiled
def after_action(
    shares: float, basis: float, peak: float, action: tuple[float, float, float], price: float
) -> Adjusted:
    """Position after an ex-date. `action` is (ratio, gross cash, net cash) per old share; fractions are paid at `price`."""
    ratio, gross, net = action
    paid = shares * (net if shares > 0.0 else gross)
    exact = abs(shares) * ratio
    kept = np.floor(exact + EPS)
    side = 1.0 if shares > 0.0 else -1.0
    paid += side * max(exact - kept, 0.0) * price
    return Adjusted(side * kept, (basis - gross) / ratio, (peak - gross) / ratio, paid)


@compiled
def reduction(shares: float, part: float, lot_step: float) -> float:
    """Shares (positive) of a forced reduction by `part`, rounded up to a lot, at most the whole."""
    whole = abs(shares)
    return min(np.ceil(whole * part / lot_step - EPS) * lot_step, whole)
