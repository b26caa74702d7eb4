"""At which price the exchange fills an order, or why it refuses: price steps, limits, and slippage."""

import numpy as np

from ...data.panel.panel import DELISTED, SUSPENDED, TRADING, UNLISTED, is_locked
from ..legs import CLOSE, Reason
from ..njit import compiled, inlined
from .records import EPS, FILLED, IGNORE, STRICT, Order, Policy, Quote, Tables

_SUSPENDED, _UNLISTED, _CLOSED = int(Reason.SUSPENDED), int(Reason.UNLISTED), int(Reason.MARKET_CLOSED)
_LIMIT_UP, _LIMIT_DOWN, _SEALED = int(Reason.LIMIT_UP), int(Reason.LIMIT_DOWN), int(Reason.SEALED)
_T_PLUS_ONE, _NOT_SHORTABLE = int(Reason.T_PLUS_ONE), int(Reason.NOT_SHORTABLE)

locked = inlined(is_locked)


@compiled
def tick_of(price: float, tables: Tables, table: int) -> float:
    """Smallest price step at `price`; a band includes its upper bound."""
    k = 0
    while price > tables.tick_bounds[table, k] + EPS:
        k += 1
    return tables.tick_sizes[table, k]


@compiled
def to_tick(price: float, up: bool, tables: Tables, table: int) -> float:
    """Nearest legal price at or above (`up`) or at or below `price`."""
    tick = tick_of(price, tables, table)
    steps = np.ceil(price / tick - EPS) if up else np.floor(price / tick + EPS)
    return np.round(steps * tick, 4)


@inlined
def slipped(buy: bool, price: float, quote: Quote, policy: Policy, tables: Tables) -> float:
    """A price with the slippage of the policy, inside the day's limits and on a price step."""
    if policy.slippage == 0.0 and policy.ticks == 0.0:
        return price
    price *= 1.0 + policy.slippage if buy else 1.0 - policy.slippage
    price = to_tick(price, buy, tables, quote.ticks)
    tick = tick_of(price, tables, quote.ticks)
    price = to_tick(
        price + policy.ticks * tick if buy else price - policy.ticks * tick, buy, tables, quote.ticks
    )
    if policy.limits != IGNORE:
        price = min(price, quote.up) if buy else max(price, quote.down)
    return max(price, tick)


@inlined
def fill_price(buy: bool, order: Order, quote: Quote, policy: Policy, tables: Tables) -> tuple[float, int]:
    """Price of the fill and −1, or 0.0 and the Reason why the exchange refuses."""
    price = quote.price
    if policy.limits != IGNORE and locked(buy, price, quote.up, quote.down):
        if order.at == CLOSE:
            return 0.0, _SEALED
        best = quote.low if buy else quote.high
        if policy.limits == STRICT or locked(buy, best, quote.up, quote.down):
            return 0.0, _LIMIT_UP if buy else _LIMIT_DOWN
        return (quote.up if buy else quote.down), FILLED
    if order.limit:
        return price, FILLED
    return slipped(buy, price, quote, policy, tables), FILLED


@inlined
def exchange_answer(order: Order, quote: Quote, policy: Policy, tables: Tables) -> tuple[float, int]:
    """What the exchange makes of an order of any size: the price of the fill and −1, or 0.0 and the Reason why not."""
    opening, buy = order.held == 0.0, order.wanted > 0.0
    if quote.status != TRADING:
        why = _SUSPENDED if quote.status == SUSPENDED else _CLOSED
        why = _UNLISTED if quote.status == UNLISTED or quote.status == DELISTED else why
        return 0.0, why
    if not quote.price > 0.0:
        return 0.0, _SUSPENDED
    if opening and not buy and not quote.shortable:
        return 0.0, _NOT_SHORTABLE
    if not opening and not order.sellable:
        return 0.0, _T_PLUS_ONE
    return fill_price(buy, order, quote, policy, tables)
