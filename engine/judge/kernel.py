"""The only judge of an order: what the exchange would have done with it, and what it would have cost.

Everything here is compiled arithmetic on scalars: no exceptions, no strings, no dictionaries; outcomes are
`Reason` codes. The backtrader broker and the compiled simulator call the same functions, so they cannot disagree
about a fill. With NUMBA_DISABLE_JIT=1 the same source runs interpreted.

Prices, costs and shares are in local units; `fx` is base money for one unit of local currency.
"""

from typing import NamedTuple

import numpy as np

from ...data.arrays import F8
from ...data.panel.panel import DELISTED, SUSPENDED, TRADING, UNLISTED
from ...data.rules.costs import COMMISSION, COMMISSION_MIN, FIRST_LEVY, STAMP_BUY, STAMP_SELL, STAMP_UNIT
from ..legs import CLOSE, Reason
from ..njit import compiled, inlined

STRICT, OPENED, IGNORE = range(3)
EPS = (
    1e-6  # far below the smallest tick (0.001); prices and limits are decimals, floats only approximate them
)

NEAR = 1e-9  # a level reached up to the noise of floating point counts as reached

HALF = 0.5 + 1e-7  # half a unit, with room for the noise of floating point

_FILLED = -1
_STOP, _TARGET, _TRAIL = int(Reason.STOP), int(Reason.TARGET), int(Reason.TRAIL)
_SUSPENDED, _UNLISTED, _CLOSED = int(Reason.SUSPENDED), int(Reason.UNLISTED), int(Reason.MARKET_CLOSED)
_LIMIT_UP, _LIMIT_DOWN, _SEALED = int(Reason.LIMIT_UP), int(Reason.LIMIT_DOWN), int(Reason.SEALED)
_T_PLUS_ONE, _BELOW_LOT, _NO_CASH = int(Reason.T_PLUS_ONE), int(Reason.BELOW_LOT), int(Reason.NO_CASH)
_NOT_SHORTABLE, _MARGIN, _VOLUME = int(Reason.NOT_SHORTABLE), int(Reason.MARGIN), int(Reason.VOLUME)


class Order(NamedTuple):
    """One attempt. `held` is the leg's position when the order closes it, else 0; `sellable` 0 under T+1."""

    wanted: float
    at: int
    held: float
    sellable: bool
    limit: bool  # a limit order (a touched target): slippage does not apply


class Quote(NamedTuple):
    """One code in one session. `price` is the price of the auction, or the price touched."""

    status: int
    price: float
    high: float
    low: float
    up: float
    down: float
    lot_min: float
    lot_step: float
    max_order: float
    shortable: bool
    volume: float  # shares still allowed under the participation cap
    ticks: int  # row of Tables.tick_bounds and tick_sizes
    cost_row: int  # row of Tables.costs


class Tables(NamedTuple):
    """Tick tables and cost rows; quotes point into them by number, since handing rows around costs more than reading."""

    tick_bounds: F8  # (K, B)
    tick_sizes: F8  # (K, B)
    costs: F8  # (cost rows, width)


class Lots(NamedTuple):
    """What sizes and costs of an order follow from: board lots, largest order, shares still allowed, cost row."""

    lot_min: float
    lot_step: float
    max_order: float
    volume: float  # shares still allowed under the participation cap
    cost_row: int


class Purse(NamedTuple):
    """What the account allows, in base money: spend × value + costs ≤ budget, and value ≤ room."""

    budget: float
    spend: float
    room: float
    fx: float


class Policy(NamedTuple):
    """How fills are judged: limit policy, slippage as a fraction and in ticks."""

    limits: int
    slippage: float
    ticks: float


class Cost(NamedTuple):
    """Itemised cost of one trade, local currency."""

    commission: float
    stamp: float
    levies: float


class Fill(NamedTuple):
    """What came of an order. `reason` is −1 when all that was wanted was filled, else why not."""

    shares: float
    price: float
    commission: float
    stamp: float
    levies: float
    reason: int


@inlined
def cents(money: float) -> float:
    """Half-up to the cent."""
    return np.floor(money * 100.0 + HALF) / 100.0


@inlined
def _single_cost(costs: F8, r: int, buy: bool, value: float) -> Cost:
    # conditional expressions, here and wherever it is hot: of `max` numba makes ten instructions, to mind NaN
    commission, least = cents(value * costs[r, COMMISSION]), costs[r, COMMISSION_MIN]
    commission = commission if commission > least else least
    stamp = costs[r, STAMP_BUY] if buy else costs[r, STAMP_SELL]
    if stamp > 0.0:
        stamp = np.ceil(value * stamp - 1e-7) if costs[r, STAMP_UNIT] == 1.0 else cents(value * stamp)
    levies = 0.0  # each in whole cents, so that one division does for all
    j = FIRST_LEVY  # of a range with a step numba makes twenty instructions before the first levy
    while j < costs.shape[1]:
        rate, fixed, least, most = costs[r, j], costs[r, j + 1], costs[r, j + 2], costs[r, j + 3]
        j += 4
        if rate != 0.0 or fixed != 0.0 or least != 0.0:
            levy = value * rate + fixed
            levy = levy if levy > least else least
            levies += np.floor((levy if levy < most else most) * 100.0 + HALF)
    return Cost(commission, stamp, levies / 100.0 if levies > 0.0 else 0.0)


@compiled
def _split_cost(costs: F8, r: int, buy: bool, price: float, shares: float, max_order: float) -> Cost:
    """Cost of an order too large for the exchange: full orders, and one for the rest."""
    full = np.floor(shares / max_order)
    one = _single_cost(costs, r, buy, price * max_order)
    rest = shares - full * max_order
    last = _single_cost(costs, r, buy, price * rest) if rest > 0.0 else Cost(0.0, 0.0, 0.0)
    return Cost(
        full * one.commission + last.commission,
        full * one.stamp + last.stamp,
        full * one.levies + last.levies,
    )


@inlined
def trade_cost(costs: F8, r: int, buy: bool, price: float, shares: float, max_order: float) -> Cost:
    """Cost of trading `shares` > 0 at `price` under cost row `r`; more than `max_order` goes as several orders."""
    if shares <= max_order:
        return _single_cost(costs, r, buy, price * shares)
    return _split_cost(costs, r, buy, price, shares, max_order)


@compiled
def _cost_anew(costs: F8, r: int, buy: bool, price: float, shares: float, max_order: float) -> Cost:
    """trade_cost where it is rarely asked for: not compiled into its callers, whose compilation takes long enough."""
    return trade_cost(costs, r, buy, price, shares, max_order)


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
def fill_price(buy: bool, order: Order, quote: Quote, policy: Policy, tables: Tables) -> tuple[float, int]:
    """Price of the fill and −1, or 0.0 and the Reason why the exchange refuses."""
    price = quote.price
    if policy.limits != IGNORE:
        locked = price >= quote.up - EPS if buy else price <= quote.down + EPS
        if locked:
            if order.at == CLOSE:
                return 0.0, _SEALED
            opens = quote.low < quote.up - EPS if buy else quote.high > quote.down + EPS
            if policy.limits == STRICT or not opens:
                return 0.0, _LIMIT_UP if buy else _LIMIT_DOWN
            return (quote.up if buy else quote.down), _FILLED
    if order.limit or (policy.slippage == 0.0 and policy.ticks == 0.0):
        return price, _FILLED
    price *= 1.0 + policy.slippage if buy else 1.0 - policy.slippage
    price = to_tick(price, buy, tables, quote.ticks)
    tick = tick_of(price, tables, quote.ticks)
    price = to_tick(
        price + policy.ticks * tick if buy else price - policy.ticks * tick, buy, tables, quote.ticks
    )
    if policy.limits != IGNORE:
        price = min(price, quote.up) if buy else max(price, quote.down)
    return max(price, tick), _FILLED


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
def _spent(cost: Cost, value: float, purse: Purse) -> float:
    """What a trade takes from the budget, base money."""
    return (purse.spend * value + cost.commission + cost.stamp + cost.levies) * purse.fx


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


@inlined
def account_answer(order: Order, shares: float, price: float, lots: Lots, purse: Purse, costs: F8) -> Fill:
    """What volume and the account leave of an order for the legal size `shares` that the exchange fills at `price`."""
    buy, opening = order.wanted > 0.0, order.held == 0.0
    why = _FILLED
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
        cost = _cost_anew(costs, lots.cost_row, buy, price, shares, lots.max_order)
    return Fill(shares if buy else -shares, price, cost.commission, cost.stamp, cost.levies, why)


@inlined
def fill_order(order: Order, quote: Quote, purse: Purse, policy: Policy, tables: Tables) -> Fill:
    """What the exchange and the account make of one order."""
    price, why = exchange_answer(order, quote, policy, tables)
    if why != _FILLED:
        return Fill(0.0, 0.0, 0.0, 0.0, 0.0, why)
    lots = Lots(quote.lot_min, quote.lot_step, quote.max_order, quote.volume, quote.cost_row)
    shares = legal_size(abs(order.wanted), order.held, lots)
    return account_answer(order, shares, price, lots, purse, tables.costs)


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
    if lot_step <= 1.0:
        return min(np.ceil(whole * part - EPS), whole)
    return min(np.ceil(whole * part / lot_step - EPS) * lot_step, whole)
