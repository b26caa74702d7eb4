"""The only judge of an order: what the exchange would have done with it, and what the account leaves of it.

Everything here is compiled arithmetic on scalars: no exceptions, no strings, no dictionaries; outcomes are
`Reason` codes. The backtrader broker and the compiled simulator call the same functions, so they cannot disagree
about a fill. With NUMBA_DISABLE_JIT=1 the same source runs interpreted.
"""

import numpy as np

from ...data.arrays import F8
from ...data.rules.costs import COMMISSION, FIRST_LEVY, MAXIMUM, STAMP_BUY, STAMP_SELL
from ..legs import Reason
from ..njit import compiled, inlined
from .costs import Cost, cost_anew, trade_cost
from .prices import exchange_answer
from .records import EPS, FILLED, Fill, Lots, Order, Policy, Purse, Quote, Tables

_BELOW_LOT, _NO_CASH = int(Reason.BELOW_LOT), int(Reason.NO_CASH)
_MARGIN, _VOLUME = int(Reason.MARGIN), int(Reason.VOLUME)
CLOSE_ENOUGH = 4  # rounds after which the value that a budget pays for is found to far less than a share


@inlined
def lot_floor(shares: float, lot_min: float, lot_step: float) -> float:
    """Largest legal opening order of at most `shares` (positive)."""
    # the reciprocal does not wait for the shares, a quotient would
    if shares < lot_min - EPS:
        return 0.0
    return lot_min + np.floor((shares - lot_min) * (1.0 / lot_step) + EPS) * lot_step


@inlined
def planned_shares(wish: float, lot_min: float, lot_step: float) -> float:
    """Shares (positive) that a leg is to have: its wish in whole lots, or the wish itself where it is less than one lot."""
    lots = lot_floor(wish, lot_min, lot_step)
    return lots if lots > 0.0 else wish


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
def _most_value(money: float, spend: float, buy: bool, costs: F8, r: int) -> float:
    """Value, local, above which no order of cost row r can be paid for with `money`; 0.0 where costs take nothing.

    The part of a levy in a value falls once its maximum is reached. So a value that is too high, divided by the times
    that it and its costs exceed the money, is still not too low, and soon close.
    """
    rate = spend + costs[r, COMMISSION] + (costs[r, STAMP_BUY] if buy else costs[r, STAMP_SELL])
    capped = False
    for j in range(FIRST_LEVY, costs.shape[1], 4):
        if costs[r, j + MAXIMUM] == np.inf:
            rate += costs[r, j]
        else:
            capped |= costs[r, j] > 0.0
    if rate <= 0.0:
        return 0.0
    value = money / rate
    for _ in range(CLOSE_ENOUGH if capped else 0):
        asked = rate * value
        for j in range(FIRST_LEVY, costs.shape[1], 4):
            if costs[r, j + MAXIMUM] < np.inf:
                asked += min(costs[r, j] * value, costs[r, j + MAXIMUM])
        value *= money / asked
    return value


@compiled
def _affordable(shares: float, price: float, order: Order, lots: Lots, purse: Purse, costs: F8) -> float:
    """Largest legal order below `shares` that the budget pays for."""
    buy, r = order.wanted > 0.0, lots.cost_row
    # rounding may favour the trader by at most half a cent an item, hence the small head start
    money = max(purse.budget, 0.0) / purse.fx + 0.05
    guess = _most_value(money, purse.spend, buy, costs, r) / price + lots.lot_step
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
