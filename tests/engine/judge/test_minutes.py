"""One minute bar before the judge: sealed boards, boards that open, the three prices, unknown opens, the share of volume."""

import math

import pytest

from launchlab.engine.judge.minutes import AT_OPEN, AT_VWAP, AT_WORST, Bar, Minutely, minute_answer
from launchlab.engine.judge.records import FILLED, IGNORE, OPENED, STRICT, Order, Policy
from launchlab.engine.legs import Reason

from ...markets.judging import PLAIN, TABLES, quote

LIMITED = quote(up=11.0, down=9.0)
SEALED_UP = Bar(11.0, 11.0, 11.0, 11.0, 5_000.0)
SEALED_DOWN = Bar(9.0, 9.0, 9.0, 9.0, 5_000.0)
OPENS = Bar(11.0, 11.0, 10.8, 10.9, 5_000.0)
USUAL = Bar(10.0, 10.3, 9.9, 10.1, 5_050.0)
BUY, SHORT = Order(1_000.0, 605, 0.0, True, False), Order(-1_000.0, 605, 0.0, True, False)


def asked(order: Order, bar: Bar, *, price: int = AT_OPEN, policy: Policy = PLAIN) -> tuple[float, int]:
    return minute_answer(order, LIMITED, bar, Minutely(price, 0.1), policy, TABLES)[:2]


def test_a_bar_wholly_on_the_limit_fills_nothing_against_it_and_all_with_it() -> None:
    assert asked(BUY, SEALED_UP) == (0.0, Reason.LIMIT_UP)
    assert asked(SHORT, SEALED_DOWN) == (0.0, Reason.LIMIT_DOWN)
    assert asked(SHORT, SEALED_UP) == (11.0, FILLED)
    assert asked(BUY, SEALED_DOWN) == (9.0, FILLED)
    assert asked(BUY, SEALED_UP, policy=Policy(IGNORE, 0.0, 0.0)) == (11.0, FILLED)


@pytest.mark.parametrize("price", [AT_OPEN, AT_VWAP, AT_WORST])
def test_a_board_that_opens_inside_a_bar_is_for_the_next_bar_or_at_the_limit(price: int) -> None:
    assert asked(BUY, OPENS, price=price) == (0.0, Reason.LIMIT_UP)
    assert asked(BUY, OPENS, price=price, policy=Policy(OPENED, 0.0, 0.0)) == (11.0, FILLED)
    assert asked(BUY, SEALED_UP, price=price, policy=Policy(OPENED, 0.0, 0.0)) == (0.0, Reason.LIMIT_UP)


def test_the_price_is_the_bars_open_its_average_or_its_worst() -> None:
    assert asked(BUY, USUAL) == (10.0, FILLED)
    assert asked(BUY, USUAL, price=AT_VWAP) == (10.1, FILLED)
    assert asked(BUY, USUAL, price=AT_WORST) == (10.3, FILLED)
    assert asked(SHORT, USUAL, price=AT_WORST) == (9.9, FILLED)


def test_what_a_vendor_does_not_give_is_the_worst_price() -> None:
    unknown = USUAL._replace(first=math.nan, vwap=math.nan)
    for price in (AT_OPEN, AT_VWAP):
        assert asked(BUY, unknown, price=price) == (10.3, FILLED)
        assert asked(SHORT, unknown, price=price) == (9.9, FILLED)
    assert asked(BUY, OPENS._replace(first=math.nan)) == (0.0, Reason.LIMIT_UP)


def test_slippage_goes_against_the_trader_and_never_beyond_the_limit() -> None:
    slips = Policy(STRICT, 0.01, 0.0)
    assert asked(BUY, USUAL, policy=slips) == (10.1, FILLED)
    assert asked(SHORT, USUAL, policy=slips) == (9.9, FILLED)
    assert asked(BUY, Bar(10.98, 11.0, 10.9, 10.95, 1.0), policy=slips) == (11.0, FILLED)


def test_the_share_of_volume_is_of_the_bar() -> None:
    assert minute_answer(BUY, LIMITED, USUAL, Minutely(AT_OPEN, 0.1), PLAIN, TABLES)[2] == 505.0


def test_what_holds_all_day_stands_against_a_minute_too() -> None:
    def why(**changes: object) -> int:
        return minute_answer(SHORT, quote(**changes), USUAL, Minutely(AT_OPEN, 0.1), PLAIN, TABLES)[1]

    assert why(shortable=False) == Reason.NOT_SHORTABLE
    assert why(status=2) == Reason.SUSPENDED
    assert why() == FILLED
