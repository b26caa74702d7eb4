"""What the exchange makes of an order that is there when a minute bar starts: its price and how much of it, or why not.

The bar is judged as an auction is, by the price that it begins with: where that is at the limit against the order, the
board is sealed, and the order gets nothing of the bar under a strict policy, the limit itself under an opened one if the
bar left it. So a board that opens fills from the next bar on. Nothing later than the bar is looked at.
"""

from typing import NamedTuple

import numpy as np

from ..njit import compiled, inlined
from .prices import exchange_answer, locked, slipped
from .records import EPS, FILLED, IGNORE, Order, Policy, Quote, Tables

AT_OPEN, AT_VWAP, AT_WORST = range(3)  # Minutely.price


class Bar(NamedTuple):
    """One minute bar: prices in local units, `first` NaN where the open is not known, `vwap` without a turnover."""

    first: float
    high: float
    low: float
    vwap: float
    volume: float


class Minutely(NamedTuple):
    """How minute bars are traded: at which of their prices, and which part of their volume."""

    price: int
    participation: float


@inlined
def _quoted(session: Quote, price: float, bar: Bar) -> Quote:
    """The session's quote with the prices of a bar."""
    return Quote(
        session.status, price, bar.high, bar.low, session.up, session.down, session.lot_min, session.lot_step,
        session.max_order, session.shortable, session.volume, session.ticks, session.cost_row,
    )  # fmt: skip


@inlined
def first_price(buy: bool, bar: Bar) -> float:
    """The price with which a bar begins, the worst for the order where the source does not give it."""
    if bar.first > 0.0:
        return bar.first
    return bar.high if buy else bar.low


@compiled
def minute_answer(
    order: Order, session: Quote, bar: Bar, how: Minutely, policy: Policy, tables: Tables
) -> tuple[float, int, float]:
    """Price, −1 or the Reason of a refusal, and the most shares for an order of any size that meets the whole bar.

    `session` says what holds all day: status, limits, steps, whether the share may be sold short.
    """
    buy = order.wanted > 0.0
    worst, first = bar.high if buy else bar.low, first_price(buy, bar)
    allowed = np.floor(how.participation * bar.volume + EPS)
    quote = _quoted(session, first, bar)
    price, why = exchange_answer(order, quote, policy, tables)
    sealed = policy.limits != IGNORE and locked(buy, first, quote.up, quote.down)
    if why == FILLED and how.price != AT_OPEN and not sealed:
        average = how.price == AT_VWAP and bar.vwap > 0.0
        price = slipped(buy, bar.vwap if average else worst, quote, policy, tables)
    return price, why, allowed
