"""The judge by hand: what the account makes of one order, and what it costs."""

import math

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as some

from launchlab.data.rules.costs import Brokerage, cost_rows
from launchlab.engine.judge.kernel import Fill, Purse, lot_floor, trade_cost
from launchlab.engine.legs import Reason

from ...markets.judging import (
    FREE,
    HK,
    SSE,
    TABLES,
    assert_blocked,
    assert_filled,
    buy,
    judged,
    quote,
    sell,
    short,
)

# volume, cash, margin


def test_no_more_than_the_allowed_volume_trades() -> None:
    fill = judged(buy(1000.0), quote(volume=450.0))
    assert (fill.shares, Reason(fill.reason)) == (400.0, Reason.VOLUME)
    assert_blocked(judged(buy(1000.0), quote(volume=99.0)), Reason.VOLUME)
    partly = judged(sell(299.0, 299.0), quote(volume=150.0))
    assert (partly.shares, Reason(partly.reason)) == (-100.0, Reason.VOLUME)


def test_short_of_cash_fewer_lots_are_bought() -> None:
    fill = judged(buy(900.0), quote(price=12.0, up=13.0), purse=Purse(10_000.0, 1.0, math.inf, 1.0))
    assert (fill.shares, Reason(fill.reason)) == (800.0, Reason.NO_CASH)


def test_the_costs_too_must_be_paid_from_the_cash() -> None:
    # 1,000 × 10 cost 10,000 + 5 + 0.10; so 900 are bought for 9,000 + 5 + 0.09
    fill = judged(buy(1000.0), quote(cost_row=SSE), purse=Purse(10_000.0, 1.0, math.inf, 1.0))
    assert fill == Fill(900.0, 10.0, 5.0, 0.0, 0.09, Reason.NO_CASH)
    exact = judged(buy(1000.0), quote(cost_row=SSE), purse=Purse(10_005.10, 1.0, math.inf, 1.0))
    assert exact.shares == 1000.0


def test_cash_is_held_against_the_order_in_base_money() -> None:
    fill = judged(buy(1000.0), quote(), purse=Purse(10_000.0, 1.0, math.inf, 1.25))
    assert fill.shares == 800.0  # 10,000 / (10 × 1.25)


def test_without_a_lot_s_worth_of_cash_nothing_is_bought() -> None:
    for budget in (999.0, 0.0, -5.0):
        assert_blocked(judged(buy(), quote(), purse=Purse(budget, 1.0, math.inf, 1.0)), Reason.NO_CASH)


def test_a_sale_needs_no_cash() -> None:
    debt = Purse(-50_000.0, -1.0, math.inf, 1.0)  # owed: borrow fees, a dividend on a short
    assert_filled(judged(sell(), quote(), purse=debt), -1000.0, 10.0)


def test_a_short_needs_collateral_and_room() -> None:
    # collateral of 105 %: the proceeds are kept and 5 % more, so 1,000 of cash carry 20,000 of shorts
    fill = judged(short(3000.0), quote(), purse=Purse(1_000.0, 0.05, math.inf, 1.0))
    assert (fill.shares, Reason(fill.reason)) == (-2000.0, Reason.MARGIN)
    fill = judged(short(3000.0), quote(), purse=Purse(1e9, 0.05, 25_000.0, 1.0))
    assert (fill.shares, Reason(fill.reason)) == (-2500.0, Reason.MARGIN)
    fill = judged(buy(3000.0), quote(), purse=Purse(1e9, 1.0, 25_000.0, 1.0))
    assert (fill.shares, Reason(fill.reason)) == (2500.0, Reason.MARGIN)
    assert_blocked(judged(short(), quote(), purse=Purse(-1.0, 0.05, math.inf, 1.0)), Reason.MARGIN)


@settings(max_examples=150, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    some.integers(1, 30_000),
    some.sampled_from([(100, 100), (200, 1), (100, 1), (20, 20), (500, 500)]),
    some.sampled_from([FREE, HK, SSE]),
    some.floats(0.0, 100_000.0),
    some.sampled_from([1.0, 1.13, 0.88]),
)
def test_cash_buys_the_most_lots_that_it_pays_for(
    cents: int, lots: tuple[int, int], cost_row: int, budget: float, fx: float
) -> None:
    smallest, step = lots
    price, wanted = cents / 100, 1_000.0
    seen = quote(
        price=price, up=math.inf, down=0.0, cost_row=cost_row, lot_min=float(smallest), lot_step=float(step)
    )
    fill = judged(buy(wanted), seen, purse=Purse(budget, 1.0, math.inf, fx))
    best = 0
    for shares in range(smallest, int(lot_floor(wanted, smallest, step)) + 1, step):
        cost = trade_cost(TABLES.costs, cost_row, True, price, float(shares), 1e6)
        if (shares * price + cost.commission + cost.stamp + cost.levies) * fx <= budget:
            best = shares
    assert fill.shares == best


# costs


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


def test_a_fill_carries_its_costs() -> None:
    # 2513.HK, 4,000 at 339.8: 1,359,200; stamp up to 1,360; levies 36.70 + 2.04 + 76.79 (76.7948) + 57.09
    fill = judged(buy(4000.0), quote(price=339.8, up=math.inf, down=0.0, cost_row=HK))
    assert fill.stamp == 1360.0
    assert fill.commission == 0.0
    assert fill.levies == pytest.approx(36.70 + 2.04 + 76.79 + 57.09, abs=1e-9)
