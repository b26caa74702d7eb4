"""The judge by hand: sizes that the exchange takes, and what volume and the account leave of an order."""

import math

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as some

from launchlab.data.rules.brokerage import Brokerage
from launchlab.data.rules.costs import cost_rows
from launchlab.engine.judge.costs import trade_cost
from launchlab.engine.judge.fill import fill_order, lot_floor, planned_shares
from launchlab.engine.judge.records import Fill, Purse, Tables
from launchlab.engine.legs import Reason

from ...markets.judging import (
    FREE,
    HK,
    PLAIN,
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


def test_a_large_budget_buys_to_the_last_lot() -> None:
    """9,997,400 shares at 10.00 cost 99,974,000 + 24,993.50 + 999.74; a hundred more would cost 100,000,993.50."""
    fill = judged(buy(2e7), quote(cost_row=SSE, volume=1e12), purse=Purse(1e8, 1.0, math.inf, 1.0))
    assert (fill.shares, fill.reason) == (9_997_400.0, Reason.NO_CASH)


def test_short_of_cash_a_levy_s_maximum_is_not_asked_twice() -> None:
    # 89,882,400 at 1.00 on 2025-06-27: stamp 89,883, levies 2,426.82 + 134.82 + 5,078.36, and 100 for settlement, which
    # without its maximum would be 1,797.65: seventeen lots
    rows = cost_rows("hk_stock", np.array(["2025-06-27"], "datetime64[D]"), Brokerage())
    tables = Tables(TABLES.tick_bounds, TABLES.tick_sizes, rows)
    costs = 89_883.0 + 2_426.82 + 134.82 + 5_078.36 + 100.0
    seen = quote(price=1.0, up=math.inf, down=0.0, max_order=1e12, volume=1e12, cost_row=0)
    for cash, bought in ((89_882_400.0 + costs, 89_882_400.0), (89_882_400.0 + costs - 0.01, 89_882_300.0)):
        fill = fill_order(buy(200_000_000.0), seen, Purse(cash, 1.0, math.inf, 1.0), PLAIN, tables)
        assert (fill.shares, Reason(fill.reason)) == (bought, Reason.NO_CASH)


def test_a_sale_needs_no_cash() -> None:
    debt = Purse(-50_000.0, -1.0, math.inf, 1.0)  # owed: borrow fees, a dividend on a short
    assert_filled(judged(sell(), quote(), purse=debt), -1000.0, 10.0)


def test_a_sale_that_costs_more_than_it_brings_takes_the_rest_from_the_cash() -> None:
    # one share at 4.80 pays the least commission, 5.00: 0.20 are missing
    last = quote(price=4.8, down=4.0, cost_row=SSE)
    assert judged(sell(1.0, 1.0), last, purse=Purse(0.5, -1.0, math.inf, 1.0)).shares == -1.0
    assert_blocked(judged(sell(1.0, 1.0), last, purse=Purse(0.1, -1.0, math.inf, 1.0)), Reason.NO_CASH)


def test_a_short_needs_collateral_and_room() -> None:
    # collateral of 105 %: the proceeds are kept and 5 % more, so 1,000 of cash carry 20,000 of shorts
    fill = judged(short(3000.0), quote(), purse=Purse(1_000.0, 0.05, math.inf, 1.0))
    assert (fill.shares, Reason(fill.reason)) == (-2000.0, Reason.MARGIN)
    fill = judged(short(3000.0), quote(), purse=Purse(1e9, 0.05, 25_000.0, 1.0))
    assert (fill.shares, Reason(fill.reason)) == (-2500.0, Reason.MARGIN)
    fill = judged(buy(3000.0), quote(), purse=Purse(1e9, 1.0, 25_000.0, 1.0))
    assert (fill.shares, Reason(fill.reason)) == (2500.0, Reason.MARGIN)
    assert_blocked(judged(short(), quote(), purse=Purse(-1.0, 0.05, math.inf, 1.0)), Reason.MARGIN)


@settings(max_examples=150, phases=(Phase.explicit, Phase.reuse, Phase.generate))
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


def test_one_share_is_an_order_where_the_lot_is_one_share() -> None:
    one = quote(lot_min=1.0, lot_step=1.0)
    assert_filled(judged(buy(1.0), one), 1.0, 10.0)
    assert planned_shares(1.5, 1.0, 1.0) == 1.0
    for purse, volume, why in (
        (Purse(15.0, 1.0, math.inf, 1.0), 1e9, Reason.NO_CASH),
        (Purse(1e9, 1.0, 15.0, 1.0), 1e9, Reason.MARGIN),
        (Purse(1e9, 1.0, math.inf, 1.0), 1.0, Reason.VOLUME),
    ):
        fill = judged(buy(2.0), one._replace(volume=volume), purse=purse)
        assert (fill.shares, Reason(fill.reason)) == (1.0, why)


def test_orders_that_take_nothing_from_the_purse_are_still_refused_to_a_debtor() -> None:
    # collateral of 100 % and no costs: a short spends 0 for each unit of value, and there is nothing to divide by
    free = Purse(-1.0, 0.0, math.inf, 1.0)
    assert_blocked(judged(short(), quote(), purse=free), Reason.MARGIN)
    assert_filled(judged(short(), quote(), purse=free._replace(budget=0.0)), -1000.0, 10.0)


# lots


@pytest.mark.parametrize(
    ("shares", "smallest", "step", "expected"),
    [
        (201, 200, 1, 201),
        (199, 200, 1, 0),
        (150, 100, 100, 100),
        (99, 100, 100, 0),
        (299, 100, 100, 200),
        (101, 100, 1, 101),
        (59, 20, 20, 40),
    ],
)
def test_openings_are_rounded_down_to_what_the_board_accepts(
    shares: int, smallest: int, step: int, expected: int
) -> None:
    assert lot_floor(float(shares), float(smallest), float(step)) == expected


def test_an_order_below_the_smallest_lot_is_refused() -> None:
    assert_blocked(judged(buy(199.0), quote(lot_min=200.0, lot_step=1.0)), Reason.BELOW_LOT)
    assert_blocked(judged(buy(50.0), quote()), Reason.BELOW_LOT)


@pytest.mark.parametrize(
    ("shares", "held", "sold"), [(50, 50, 50), (299, 299, 299), (250, 299, 200), (50, 150, 0), (1, 299, 0)]
)
def test_an_odd_lot_is_sold_only_when_it_closes_the_holding(shares: int, held: int, sold: int) -> None:
    fill = judged(sell(float(shares), float(held)), quote())
    if sold:
        assert fill.shares == -sold
    else:
        assert_blocked(fill, Reason.BELOW_LOT)


def test_a_star_holding_below_200_is_sold_only_as_a_whole() -> None:
    star = quote(lot_min=200.0, lot_step=1.0)
    assert_filled(judged(sell(150.0, 150.0), star), -150.0, 10.0)
    assert_filled(judged(sell(201.0, 500.0), star), -201.0, 10.0)
    assert_blocked(judged(sell(150.0, 500.0), star), Reason.BELOW_LOT)


def test_a_position_is_sized_from_yesterday_in_whole_lots() -> None:
    assert planned_shares(555.0, 100.0, 100.0) == 500.0
    # 0.1 × 10,000,000 / (37.54 × 1.13) = 23,573.4 on STAR
    assert planned_shares(0.1 * 1e7 / (37.54 * 1.13), 200.0, 1.0) == 23_573.0


def test_a_wish_for_less_than_a_lot_stays_a_wish_and_is_refused_as_one() -> None:
    # 1,000 / 37.54 = 26.6 of STAR's 200
    wish = planned_shares(1_000.0 / 37.54, 200.0, 1.0)
    assert wish == pytest.approx(26.638, abs=1e-3)
    assert_blocked(judged(buy(wish), quote(lot_min=200.0, lot_step=1.0)), Reason.BELOW_LOT)
