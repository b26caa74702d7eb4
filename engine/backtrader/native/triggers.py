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


class Terms(NamedTuple):
    """What an order asks for. `side` +1 buy, −1 sell; `price` is the trigger of a stop and the limit of a limit order.

    `since` is the moment from which it may trade: OPEN, or TOUCH when it came to life inside the bar, at `Bar.first`.
    """

    kind: int
    side: float
    price: float
    limit: float
    triggered: bool
    since: int


class Match(NamedTuple):
    """A moment of the session and its price; `limited` when slippage cannot apply; `triggered` when a stop went off.

    A price of 0.0 means that a stop-limit went off, and nothing proves that its limit was reached afterwards.
    """

    at: int
    price: float
    limited: bool
    triggered: bool = False


def matched(terms: Terms, bar: Bar, tables: Tables, table: int) -> Match | None:
    """Where the order would trade in this session, or None when the bar does not reach it."""
    if terms.kind == AT_CLOSE:
        return Match(CLOSE, bar.close, limited=False)
    if terms.kind == MARKET or (terms.kind == STOP and terms.triggered):
        return Match(terms.since, bar.first, limited=False, triggered=terms.triggered)
    if terms.kind == LIMIT or (terms.kind == STOP_LIMIT and terms.triggered):
        level = terms.price if terms.kind == LIMIT else terms.limit
        return _limit(terms, bar, to_tick(level, terms.side < 0.0, tables, table))
    return _stop(terms, bar, tables, table)


def _limit(terms: Terms, bar: Bar, level: float) -> Match | None:
    """The first price when it is good enough, else the limit (on the tick) when the bar reaches it."""
    if not level > 0.0:
        return None
    if terms.side * (bar.first - level) <= EPS:
        return Match(terms.since, bar.first, limited=True)
    best = bar.low if terms.side > 0.0 else bar.high
    if terms.side * (best - level) <= EPS:
        return Match(TOUCH, level, limited=True)
    return None


def _stop(terms: Terms, bar: Bar, tables: Tables, table: int) -> Match | None:
    """A first price beyond the trigger, else the trigger, rounded to the worse tick."""
    side = terms.side
    level = to_tick(terms.price, side > 0.0, tables, table)
    gapped = side * (bar.first - level) >= -EPS
    worst = bar.high if side > 0.0 else bar.low
    if not gapped and side * (worst - level) < -EPS:
        return None
    if terms.kind == STOP:
        at, price = (terms.since, bar.first) if gapped else (TOUCH, level)
        return Match(at, price, limited=False, triggered=True)
    limit = to_tick(terms.limit, side < 0.0, tables, table)
    if gapped:
        found = _limit(terms, bar, limit) or Match(TOUCH, 0.0, limited=True)
        return found._replace(triggered=True)
    if side * (limit - level) >= -EPS:
        return Match(TOUCH, level, limited=True, triggered=True)
    # the limit lies behind the trigger: only the close proves that the price came back to it
    came_back = side * (bar.close - limit) <= EPS
    return Match(TOUCH, limit if came_back else 0.0, limited=True, triggered=True)


__all__ = ["AT_CLOSE", "LIMIT", "MARKET", "OPEN", "STOP", "STOP_LIMIT", "Bar", "Match", "Terms", "matched"]
