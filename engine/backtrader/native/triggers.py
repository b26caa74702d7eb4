"""When, and at which price, an order of a backtrader strategy meets a daily bar; `fill_order` then judges it.

A bar tells its open, its extremes and its close, not the path between them. Where the path matters the answer is the
one against the trader.
"""

from typing import NamedTuple

from ...judge.prices import to_tick
from ...judge.records import EPS, Tables
from ...legs import CLOSE, OPEN, TOUCH

MARKET, AT_CLOSE, LIMIT, STOP, STOP_LIMIT = range(5)


class Bar(NamedTuple):
    """What an order sees of one session of one code: its first price, the extremes and the close."""

    first: float
    high: float
    low: float
    close: float


class Wish(NamedTuple):
    """What an order asks for. `side` +1 buy, −1 sell; `price` is the trigger of a stop and the limit of a limit order.

    `since` is the moment from which it may trade: OPEN, or TOUCH when it came to life inside the bar, at `Bar.first`.
    """

    kind: int
    side: float
    price: float
    limit: float
    triggered: bool
    since: int


class Meeting(NamedTuple):
    """A moment of the session and its price; `limited` when slippage cannot apply; `triggered` when a stop went off.

    A price of 0.0 means that a stop-limit went off, and nothing proves that its limit was reached afterwards.
    """

    at: int
    price: float
    limited: bool
    triggered: bool = False


def meeting(wish: Wish, bar: Bar, tables: Tables, table: int) -> Meeting | None:
    """Where the order would trade in this session, or None when the bar does not reach it."""
    if wish.kind == AT_CLOSE:
        return Meeting(CLOSE, bar.close, limited=False)
    if wish.kind == MARKET or (wish.kind == STOP and wish.triggered):
        return Meeting(wish.since, bar.first, limited=False, triggered=wish.triggered)
    if wish.kind == LIMIT or (wish.kind == STOP_LIMIT and wish.triggered):
        level = wish.price if wish.kind == LIMIT else wish.limit
        return _limit(wish, bar, to_tick(level, wish.side < 0.0, tables, table))
    return _stop(wish, bar, tables, table)


def _limit(wish: Wish, bar: Bar, level: float) -> Meeting | None:
    """The first price when it is good enough, else the limit (on the tick) when the bar reaches it."""
    if not level > 0.0:
        return None
    if wish.side * (bar.first - level) <= EPS:
        return Meeting(wish.since, bar.first, limited=True)
    best = bar.low if wish.side > 0.0 else bar.high
    if wish.side * (best - level) <= EPS:
        return Meeting(TOUCH, level, limited=True)
    return None


def _stop(wish: Wish, bar: Bar, tables: Tables, table: int) -> Meeting | None:
    """A first price beyond the trigger, else the trigger, rounded to the worse tick."""
    side = wish.side
    level = to_tick(wish.price, side > 0.0, tables, table)
    gapped = side * (bar.first - level) >= -EPS
    worst = bar.high if side > 0.0 else bar.low
    if not gapped and side * (worst - level) < -EPS:
        return None
    if wish.kind == STOP:
        at, price = (wish.since, bar.first) if gapped else (TOUCH, level)
        return Meeting(at, price, limited=False, triggered=True)
    limit = to_tick(wish.limit, side < 0.0, tables, table)
    if gapped:
        found = _limit(wish, bar, limit) or Meeting(TOUCH, 0.0, limited=True)
        return found._replace(triggered=True)
    if side * (limit - level) >= -EPS:
        return Meeting(TOUCH, level, limited=True, triggered=True)
    # the limit lies behind the trigger: only the close proves that the price came back to it
    came_back = side * (bar.close - limit) <= EPS
    return Meeting(TOUCH, limit if came_back else 0.0, limited=True, triggered=True)


__all__ = ["AT_CLOSE", "LIMIT", "MARKET", "OPEN", "STOP", "STOP_LIMIT", "Bar", "Meeting", "Wish", "meeting"]
