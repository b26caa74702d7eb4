"""What comes of many orders at once: the judge's own answer to each, as engine/compiled/orders.py asks it of one."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, Rows
from ..judge.fill import account_answer, legal_size
from ..judge.records import FILLED, Fill, Lots, Order, Purse
from ..legs import OPEN
from .asking import ask
from .board import Board


def judged(order: Order, price: float, lots: Lots, purse: Purse, costs: F8, legal: bool) -> Fill:
    """What comes of one order that the exchange takes at `price`; `legal`: it is known to be of a size that is."""
    shares = abs(order.wanted)
    if not legal:
        shares = legal_size(shares, order.held, lots)
    return account_answer(order, shares, price, lots, purse, costs)


class Fills(NamedTuple):
    """What came of many orders: the fields of Fill, (n,)."""

    shares: F8
    price: F8
    commission: F8
    stamp: F8
    levies: F8
    reason: NDArray[Any]

    def at(self, some: Rows) -> "Fills":
        """Some of them."""
        return Fills(*(column[some] for column in self))

    def charges(self, fx: Any) -> F8:
        """What they cost, base money."""
        return np.asarray((self.commission + self.stamp + self.levies) * fx)

    def paid(self) -> F8:
        """What they take from the cash, local money."""
        return np.asarray(self.shares * self.price + self.commission + self.stamp + self.levies)


def no_fills(count: int) -> Fills:
    """Of orders of which nothing came."""
    shares, price, commission, stamp, levies = np.zeros((5, count))
    return Fills(shares, price, commission, stamp, levies, np.full(count, FILLED))


def all_judged(order: Order, price: Any, lots: Lots, purse: Purse, costs: F8, legal: Any) -> Fills:
    """What comes of each order; fields are arrays, or what all orders have."""
    found: Any = ask(judged, order, price, lots, purse, costs, legal)
    return Fills(*found)


def at_open(wanted: Any, held: Any) -> Order:
    """Orders of signed shares at the open, one or many."""
    return Order(wanted, OPEN, held, True, False)


def purse(budget: Any, spend: Any, room: Any, fx: Any) -> Purse:
    """What the accounts allow, one or many."""
    return Purse(budget, spend, room, fx)


def lots_of(board: Board, t: int, code: Any) -> Lots:
    """Lots of codes in row t, one or many; the volume is that of nobody else's orders."""
    each: Any = [
        column[t][code]
        for column in (board.lot_min, board.lot_step, board.max_order, board.allowed, board.cost_row)
    ]
    return Lots(*each)
