"""The judge by hand: what a trade costs."""

import math

import numpy as np
import pytest

from launchlab.data.rules.brokerage import Brokerage
from launchlab.data.rules.costs import FIRST_LEVY, cost_rows
from launchlab.engine.judge.costs import trade_cost

from ...markets.judging import (
    HK,
    NOTHING,
    SSE,
    TABLES,
    buy,
    judged,
    quote,
)


def cost_on(key: str, day: str, side: str, price: float, shares: float) -> tuple[float, float, float]:
    row = cost_rows(key, np.array([day], "datetime64[D]"), Brokerage())
    return trade_cost(row, 0, side == "buy", price, shares, 1e9)


def test_a_shanghai_sale_pays_commission_stamp_and_transfer() -> None:
    assert cost_on("sse", "2024-06-03", "sell", 10.0, 10_000.0) == (25.0, 50.0, 1.0)
    assert cost_on("sse", "2020-06-03", "sell", 10.0, 10_000.0) == (25.0, 100.0, 2.0)
    assert cost_on("sse", "2024-06-03", "buy", 10.0, 10_000.0) == (25.0, 0.0, 1.0)
    assert cost_on("sse", "2024-06-03", "buy", 10.0, 100.0) == (5.0, 0.0, 0.01)


@pytest.mark.parametrize(
    ("key", "day", "price", "shares", "total"),
    [
        ("hk_stock", "2021-07-30", 50.0, 1000, "56.35"),
        ("hk_stock", "2021-08-02", 50.0, 1000, "71.35"),
        ("hk_stock", "2022-01-03", 50.0, 1000, "71.43"),
        ("hk_stock", "2023-01-03", 50.0, 1000, "71.26"),
        ("hk_stock", "2023-11-16", 50.0, 1000, "71.26"),
        ("hk_stock", "2023-11-17", 50.0, 1000, "56.26"),
        ("hk_stock", "2025-06-30", 50.0, 1000, "56.36"),
        ("hk_stock", "2025-06-30", 50.001, 1000, "57.36"),  # 50,001: stamp rounds up to 51
        ("hk_stock", "2025-06-27", 40.0, 100_000, "4420.00"),
        ("hk_stock", "2025-06-30", 40.0, 100_000, "4508.00"),
        ("hk_etp", "2025-06-30", 50.0, 1000, "6.36"),
        ("hk_reit", "2024-12-20", 50.0, 1000, "56.26"),
        ("hk_reit", "2024-12-21", 50.0, 1000, "6.26"),  # the stamp duty of 50 is waived
        ("hk_reit", "2021-08-02", 50.0, 1000, "71.35"),  # before that as shares
    ],
)
def test_hong_kong_costs_of_each_era_to_the_cent(
    key: str, day: str, price: float, shares: int, total: str
) -> None:
    for side in ("buy", "sell"):
        assert f"{sum(cost_on(key, day, side, price, float(shares))):.2f}" == total


def test_a_trade_above_the_largest_order_pays_for_each_order() -> None:
    # 650,000 × 0.01 as 300,000 + 300,000 + 50,000: values of 3,000, 3,000 and 500, each with the minimum of 5
    cost = trade_cost(TABLES.costs, SSE, True, 0.01, 650_000.0, 300_000.0)
    assert cost.commission == 15.0
    assert cost.levies == pytest.approx(0.03 + 0.03 + 0.01)


def test_each_of_several_orders_pays_its_own_stamp_and_an_order_of_nothing_pays_nothing() -> None:
    # 700,000 × 10.00 sold as 300,000 + 300,000 + 100,000: commission 0.025 %, stamp 0.05 %, transfer 0.001 %
    assert trade_cost(TABLES.costs, SSE, False, 10.0, 700_000.0, 300_000.0) == (1750.0, 3500.0, 70.0)
    # two full orders and no rest: no third minimum of 5
    assert trade_cost(TABLES.costs, SSE, True, 0.01, 600_000.0, 300_000.0).commission == 10.0
    # one share over: its value of 10.00 pays a third minimum, and 0.0001 of transfer is no cent
    assert trade_cost(TABLES.costs, SSE, True, 10.0, 600_001.0, 300_000.0) == (1505.0, 0.0, 60.0)


def test_a_levy_may_be_one_unit_an_order_or_one_at_least_and_nothing_else() -> None:
    for item in (1, 2):  # the fixed part, the minimum
        rows = NOTHING[None, :].copy()
        rows[0, FIRST_LEVY + item] = 1.0
        assert trade_cost(rows, 0, True, 10.0, 100.0, 1e9) == (0.0, 0.0, 1.0)


def test_a_fill_carries_its_costs() -> None:
    # 2513.HK, 4,000 at 339.8: 1,359,200; stamp up to 1,360; levies 36.70 + 2.04 + 76.79 (76.7948) + 57.09
    fill = judged(buy(4000.0), quote(price=339.8, up=math.inf, down=0.0, cost_row=HK))
    assert fill.stamp == 1360.0
    assert fill.commission == 0.0
    assert fill.levies == pytest.approx(36.70 + 2.04 + 76.79 + 57.09, abs=1e-9)
