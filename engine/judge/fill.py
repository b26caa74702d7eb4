"""The only judge of an order: what the exchange would have done with it, and what the account leaves of it.

Everything here is compiled arithmetic on scalars: no exceptions, no strings, no dictionaries; outcomes are
`Reason` codes. The backtrader broker and the compiled simulator call the same functions, so they cannot disagree
about a fill. With NUMBA_DISABLE_JIT=1 the same source runs interpreted.
"""

import numpy as np

from ...data.arrays import F8
from ...data.rules.costs import COMMISSION, FIRST_LEVY, STAMP_BUY, STAMP_SELL
from ..legs import Reason
from ..njit import compiled, inlined
from .costs import Cost, cost_anew, trade_cost
from .prices import exchange_answer
from .records import EPS, FILLED, Fill, Lots, Order, Policy, Purse, Quote, Tables

_BELOW_LOT, _NO_CASH = int(Reason.BELOW_LOT), int(Reason.NO_CASH)
_MARGIN, _VOLUME = int(Reason.MARGIN), int(Reason.VOLUME)


@inlined
def lot_floor(shares: float, lot_min: float, lot_step: float) -> float:
    """Largest legal opening order of at most `shares` (positive)."""
    # the reciprocal does not wait for the shares, a quotient would
    if shares < lot_min - EPS:
        return 0.0
    return lot_min + np.floor((shares - lot_min) * (1.0 / lot_step) + EPS) * lot_step


@compiled
def planned_shares(
    weight: float, nav: float, price: float, fx: float, lot_min: float, lot_step: float
) -> float:
    """Shares (positive) that `weight` of yesterday's NAV buys at yesterday's price, in whole lots."""
    return lot_floor(weight / (price * fx) * nav, lot_min, lot_step)


@inlined
def legal_size(shares: float, held: float, lots: Lots) -> float:
    """Largest legal order of at most `shares`: odd lots only when they close the whole position."""
    whole = abs(held)
    if whole > 0.0:
        if shares >= whole - EPS:
            return whole
        if lots.lot_step > 1.0:
            return np.floor(shares / lots.lot_step + EPS) * lots.lot_step
    return lot_floor(shares, lots.lot_min, lots.lot_step)


@compiled
def _fewer(shares: float, held: float, lots: Lots) -> float:
    """legal_size where it is rarely asked for: not compiled into its callers."""
    return legal_size(shares, held, lots)


@inlined
def _spent(cost: Cost, value: float, purse: Purse) -> float:
    """What a trade takes from the budget, base money."""
    return (purse.spend * value + cost.commission + cost.stamp + cost.levies) * purse.fx


@compiled
def _affordable(shares: float, price: float, order: Order, lots: Lots, purse: Purse, costs: F8) -> float:
    """Largest legal order below `shares` that the budget pays for."""
    buy, r = order.wanted > 0.0, lots.cost_row
    rate = purse.spend + costs[r, COMMISSION] + (costs[r, STAMP_BUY] if buy else costs[r, STAMP_SELL])
    for j in range(FIRST_LEVY, costs.shape[1], 4):
        rate += costs[r, j]
    if rate <= 0.0:
        return 0.0
    # rounding may favour the trader by at most half a cent an item, hence the small head start
    guess = (max(purse.budget, 0.0) / purse.fx + 0.05) / (price * rate) + lots.lot_step
    while shares > 0.0:
        smaller = legal_size(min(shares - 1.0, guess), order.held, lots)
        if smaller <= 0.0 or smaller >= shares:
            return 0.0
        shares = smaller
        cost = trade_cost(costs, r, buy, price, shares, lots.max_order)
        if _spent(cost, shares * price, purse) <= purse.budget:
            return shares
    return 0.0


@inlined
def account_answer(order: Order, shares: float, price: float, lots: Lots, purse: Purse, costs: F8) -> Fill:
    """What volume and the account leave of an order for the legal size `shares` that the exchange fills at `price`."""
    buy, opening = order.wanted > 0.0, order.held == 0.0
    why = FILLED
    if shares <= 0.0:
        return Fill(0.0, 0.0, 0.0, 0.0, 0.0, _BELOW_LOT)
    if shares > lots.volume:
        shares, why = _fewer(lots.volume, order.held, lots), _VOLUME
    if shares * price * purse.fx > purse.room:
        shares, why = _fewer(purse.room / (price * purse.fx), order.held, lots), _MARGIN
    if shares <= 0.0:
        return Fill(0.0, 0.0, 0.0, 0.0, 0.0, why)
    cost = trade_cost(costs, lots.cost_row, buy, price, shares, lots.max_order)
    # a sale is not held against a debt
    debt = purse.budget if not opening and not buy and purse.budget < 0.0 else 0.0
    if _spent(cost, shares * price, purse) > purse.budget - debt:
        why = _MARGIN if opening and not buy else _NO_CASH
        shares = _affordable(shares, price, order, lots, purse, costs)
        if shares <= 0.0:
            return Fill(0.0, 0.0, 0.0, 0.0, 0.0, why)
        cost = cost_anew(costs, lots.cost_row, buy, price, shares, lots.max_order)
    return Fill(shares if buy else -shares, price, cost.commission, cost.stamp, cost.levies, why)


@inlined
def fill_order(order: Order, quote: Quote, purse: Purse, policy: Policy, tables: Tables) -> Fill:
    """What the exchange and the account make of one order."""
    price, why = exchange_answer(order, quote, policy, tables)
    if why != FILLED:
        return Fill(0.0, 0.0, 0.0, 0.0, 0.0, why)
    lots = Lots(quote.lot_min, quote.lot_step, quote.max_order, quote.volume, quote.cost_row)
    shares = legal_size(abs(order.wanted), order.held, lots)
    return account_answer(order, shares, price, lots, purse, tables.costs)
