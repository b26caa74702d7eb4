"""What the judge is told of an order and of its session, and what it answers: scalars and NamedTuples only.

Prices, costs and shares are in local units; `fx` is base money for one unit of local currency.
"""

from typing import NamedTuple

from ...data.arrays import F8

STRICT, OPENED, IGNORE = range(3)  # Policy.limits

# far below the smallest tick (0.001); prices and limits are decimals, floats only approximate them
EPS = 1e-6

FILLED = -1  # in the place of a Reason: nothing stands against the order


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
    """What the account allows, in base money: spend × value + costs ≤ budget, and value ≤ room.

    `fx` is the rate known when the order is sent, the last fixing before its session.
    """

    budget: float
    spend: float
    room: float
    fx: float


class Policy(NamedTuple):
    """How fills are judged: limit policy, slippage as a fraction and in ticks."""

    limits: int
    slippage: float
    ticks: float


class Fill(NamedTuple):
    """What came of an order. `reason` is −1 when all that was wanted was filled, else why not."""

    shares: float
    price: float
    commission: float
    stamp: float
    levies: float
    reason: int
