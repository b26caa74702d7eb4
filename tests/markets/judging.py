"""One order before the judge: a usual session, and orders to try in it."""

import math
from typing import Any

import numpy as np
import pytest

from launchlab.data.panel.panel import TRADING
from launchlab.data.rules.brokerage import Brokerage
from launchlab.data.rules.costs import COST_WIDTH, cost_rows
from launchlab.data.rules.ticks import CENT, TICK_BOUNDS, TICK_SIZES
from launchlab.engine.judge.fill import fill_order
from launchlab.engine.judge.records import STRICT, Fill, Order, Policy, Purse, Quote, Tables
from launchlab.engine.legs import OPEN, Reason

DAY = np.array(["2026-02-12"], "datetime64[D]")
NOTHING = np.zeros(COST_WIDTH)
NOTHING[8::4] = np.inf
FREE, HK, SSE = range(3)
TABLES = Tables(
    TICK_BOUNDS.copy(),
    TICK_SIZES.copy(),
    np.stack([NOTHING, cost_rows("hk_stock", DAY, Brokerage())[0], cost_rows("sse", DAY, Brokerage())[0]]),
)
RICH = Purse(1e12, 1.0, math.inf, 1.0)
PLAIN = Policy(STRICT, 0.0, 0.0)
NO_RULE = math.nan
# A session of a ±10 % name whose reference is 10.00: it opened at 10.00 and moved between 9.50 and 10.50.
USUAL: dict[str, Any] = {
    "status": TRADING, "price": 10.0, "high": 10.5, "low": 9.5, "up": 11.0, "down": 9.0,
    "lot_min": 100.0, "lot_step": 100.0, "max_order": 1e6, "shortable": True, "volume": 1e9,
    "ticks": CENT, "cost_row": FREE,
}  # fmt: skip


def quote(**changes: Any) -> Quote:
    return Quote(**(USUAL | changes))


def buy(shares: float = 1000.0, at: int = OPEN) -> Order:
    return Order(shares, at, 0.0, True, False)


def sell(shares: float = 1000.0, held: float = 1000.0, at: int = OPEN, *, sellable: bool = True) -> Order:
    """A sale of shares that are held."""
    return Order(-shares, at, held, sellable, False)


def short(shares: float = 1000.0, at: int = OPEN) -> Order:
    return Order(-shares, at, 0.0, True, False)


def cover(shares: float = 1000.0, held: float = 1000.0, at: int = OPEN) -> Order:
    return Order(shares, at, -held, True, False)


def judged(order: Order, seen: Quote, policy: Policy = PLAIN, purse: Purse = RICH) -> Fill:
    return fill_order(order, seen, purse, policy, TABLES)


def assert_blocked(fill: Fill, reason: Reason) -> None:
    assert fill == Fill(0.0, 0.0, 0.0, 0.0, 0.0, reason)  # nothing traded has neither a price nor costs


def assert_filled(fill: Fill, shares: float, price: float) -> None:
    assert (fill.shares, fill.price, fill.reason) == (shares, pytest.approx(price, abs=1e-9), -1)
