"""The judge by hand: at which price the exchange fills an order, or why it refuses."""

import math

import pytest

from launchlab.data.panel.panel import CLOSED, DELISTED, SUSPENDED, UNLISTED
from launchlab.data.rules.ticks import CENT, HK_2025
from launchlab.engine.judge.prices import tick_of, to_tick
from launchlab.engine.judge.records import IGNORE, OPENED, STRICT, Order, Policy
from launchlab.engine.legs import CLOSE, TOUCH, Reason

from ...markets.judging import TABLES, assert_blocked, assert_filled, buy, cover, judged, quote, sell, short

# the limit


def test_a_buy_at_the_upper_limit_is_blocked_and_a_sale_fills() -> None:
    locked = quote(price=11.0, high=11.0)
    assert_blocked(judged(buy(), locked), Reason.LIMIT_UP)
    assert_filled(judged(sell(), locked), -1000.0, 11.0)


def test_one_tick_below_the_limit_fills() -> None:
    assert_filled(judged(buy(), quote(price=10.99, high=11.0)), 1000.0, 10.99)
    assert_filled(judged(sell(), quote(price=9.01, low=9.0)), -1000.0, 9.01)


@pytest.mark.parametrize(
    ("order", "price", "expected"),
    [(buy(), 110.0, Reason.LIMIT_UP), (buy(), 100.5, None), (sell(), 90.0, Reason.LIMIT_DOWN)],
    ids=["opened at the limit", "closed at the limit", "opened at the lower limit"],
)
def test_an_order_at_the_open_knows_the_open_and_not_the_close(
    order: Order, price: float, expected: Reason | None
) -> None:
    fill = judged(order, quote(price=price, high=110.0, low=90.0, up=110.0, down=90.0))
    if expected is None:
        assert_filled(fill, 1000.0, price)
    else:
        assert_blocked(fill, expected)


def test_the_limit_is_the_rounded_price_not_the_band() -> None:
    # 10.04 × 1.1 = 11.044: the highest legal price is 11.04, and that is a lock
    assert_blocked(judged(buy(), quote(price=11.04, high=11.04, up=11.04)), Reason.LIMIT_UP)


def test_without_a_reference_no_limit_is_invented() -> None:
    free = quote(price=50.0, high=80.0, low=5.0, up=math.inf, down=0.0)
    assert_filled(judged(buy(), free), 1000.0, 50.0)
    assert_filled(judged(sell(), free), -1000.0, 50.0)


def test_the_other_side_of_a_limit_fills() -> None:
    assert_filled(judged(buy(), quote(price=9.0, low=9.0)), 1000.0, 9.0)
    assert_filled(judged(sell(), quote(price=11.0, high=11.0)), -1000.0, 11.0)
    assert_blocked(judged(short(), quote(price=9.0, low=9.0)), Reason.LIMIT_DOWN)
    assert_blocked(judged(cover(), quote(price=11.0, high=11.0)), Reason.LIMIT_UP)


@pytest.mark.parametrize("policy", [STRICT, OPENED])
def test_a_one_price_board_never_fills_on_the_locked_side(policy: int) -> None:
    up = quote(price=11.0, high=11.0, low=11.0)
    down = quote(price=9.0, high=9.0, low=9.0)
    assert_blocked(judged(buy(), up, Policy(policy, 0.0, 0.0)), Reason.LIMIT_UP)
    assert_blocked(judged(sell(), down, Policy(policy, 0.0, 0.0)), Reason.LIMIT_DOWN)


def test_a_board_that_opens_later_fills_at_the_limit_only_under_opened() -> None:
    up, down = quote(price=11.0, high=11.0, low=10.6), quote(price=9.0, high=9.4, low=9.0)
    opened = Policy(OPENED, 0.0050, 3.0)  # the price is the limit, whatever the slippage
    assert_blocked(judged(buy(), up), Reason.LIMIT_UP)
    assert_filled(judged(buy(), up, opened), 1000.0, 11.0)
    assert_filled(judged(sell(), down, opened), -1000.0, 9.0)


@pytest.mark.parametrize("policy", [STRICT, OPENED])
def test_a_sealed_close_blocks_the_locked_side(policy: int) -> None:
    rule = Policy(policy, 0.0, 0.0)
    up, down = quote(price=11.0, high=11.0), quote(price=9.0, low=9.0)
    assert_blocked(judged(buy(at=CLOSE), up, rule), Reason.SEALED)
    assert_blocked(judged(sell(at=CLOSE), down, rule), Reason.SEALED)
    assert_filled(judged(sell(at=CLOSE), up, rule), -1000.0, 11.0)
    assert_filled(judged(buy(at=CLOSE), down, rule), 1000.0, 9.0)


def test_the_paper_portfolio_knows_no_limit() -> None:
    paper = Policy(IGNORE, 0.0, 0.0)
    locked = quote(price=11.0, high=11.0, low=11.0)
    assert_filled(judged(buy(), locked, paper), 1000.0, 11.0)
    assert_filled(judged(buy(at=CLOSE), locked, paper), 1000.0, 11.0)
    assert_filled(judged(buy(), locked, Policy(IGNORE, 0.0, 2.0)), 1000.0, 11.02)


# slippage and ticks


def test_slippage_never_leaves_the_limits() -> None:
    assert_filled(judged(buy(), quote(price=10.0, up=10.01), Policy(STRICT, 0.0, 2.0)), 1000.0, 10.01)
    assert_filled(judged(sell(), quote(price=10.0, down=9.99), Policy(STRICT, 0.0, 2.0)), -1000.0, 9.99)
    assert_filled(judged(buy(), quote(price=10.9), Policy(STRICT, 0.05, 0.0)), 1000.0, 11.0)


@pytest.mark.parametrize(
    ("order", "price", "ticks", "bp", "expected"),
    [
        (buy(), 10.0, CENT, 25, 10.03),  # 10.025, up to the tick
        (sell(), 10.0, CENT, 25, 9.97),  # 9.975, down to the tick
        (buy(), 402.0, HK_2025, 25, 403.2),  # 403.005 on steps of 0.2
        (sell(), 402.0, HK_2025, 25, 400.8),  # 400.995 on steps of 0.2
        (buy(), 499.8, HK_2025, 25, 501.5),  # 501.0495: above 500 the step is 0.5
    ],
)
def test_slippage_in_basis_points_goes_against_the_trader_to_the_next_tick(
    order: Order, price: float, ticks: int, bp: float, expected: float
) -> None:
    seen = quote(price=price, up=math.inf, down=0.0, ticks=ticks)
    assert_filled(
        judged(order, seen, Policy(STRICT, bp / 1e4, 0.0)), math.copysign(1000, order.wanted), expected
    )


def test_a_tick_of_slippage_is_the_tick_of_that_price() -> None:
    free = {"up": math.inf, "down": 0.0, "ticks": HK_2025}
    one = Policy(STRICT, 0.0, 1.0)
    assert_filled(judged(buy(), quote(price=402.0, **free), one), 1000.0, 402.2)
    assert_filled(judged(sell(), quote(price=402.0, **free), one), -1000.0, 401.8)
    assert_filled(judged(buy(), quote(price=500.0, **free), one), 1000.0, 500.5)


def test_a_sale_never_slips_below_one_tick() -> None:
    seen = quote(price=0.01, up=math.inf, down=0.0)
    assert_filled(judged(sell(), seen, Policy(STRICT, 0.0, 5.0)), -1000.0, 0.01)


def test_a_touched_target_is_a_limit_order_and_does_not_slip() -> None:
    order = Order(-1000.0, TOUCH, 1000.0, True, True)
    assert_filled(judged(order, quote(price=10.4), Policy(STRICT, 0.01, 2.0)), -1000.0, 10.4)


def test_ticks_are_those_of_the_table_and_a_band_holds_its_upper_bound() -> None:
    assert [tick_of(p, TABLES, HK_2025) for p in (0.25, 0.255, 20.0, 20.02, 500.0, 500.5)] == [
        0.001, 0.005, 0.01, 0.02, 0.2, 0.5,
    ]  # fmt: skip
    assert (to_tick(10.4895, True, TABLES, CENT), to_tick(10.4895, False, TABLES, CENT)) == (10.49, 10.48)
    assert (to_tick(10.49, True, TABLES, CENT), to_tick(10.49, False, TABLES, CENT)) == (10.49, 10.49)


# status and eligibility


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (SUSPENDED, Reason.SUSPENDED),
        (CLOSED, Reason.MARKET_CLOSED),
        (UNLISTED, Reason.UNLISTED),
        (DELISTED, Reason.UNLISTED),
    ],
)
def test_where_nothing_trades_nothing_fills(status: int, reason: Reason) -> None:
    for order in (buy(), sell(), short(), cover()):
        assert_blocked(judged(order, quote(status=status)), reason)


def test_a_bar_without_a_price_is_a_suspension_both_ways() -> None:
    for order in (buy(), sell(), short(), cover()):
        assert_blocked(judged(order, quote(price=math.nan)), Reason.SUSPENDED)


def test_only_designated_names_are_sold_short_but_any_short_can_be_covered() -> None:
    barred = quote(shortable=False)
    assert_blocked(judged(short(), barred), Reason.NOT_SHORTABLE)
    assert_filled(judged(cover(), barred), 1000.0, 10.0)
    assert_filled(judged(sell(), barred), -1000.0, 10.0)
    assert_filled(judged(short(), quote()), -1000.0, 10.0)


def test_shares_bought_today_cannot_be_sold_today_under_t_plus_one() -> None:
    assert_blocked(judged(sell(100.0, 100.0, sellable=False), quote()), Reason.T_PLUS_ONE)
    assert_filled(judged(sell(100.0, 100.0), quote()), -100.0, 10.0)
