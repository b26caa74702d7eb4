"""Exits, corporate actions and forced reductions of one leg, by hand."""

import pytest

from launchlab.data.rules.ticks import CENT
from launchlab.engine.judge.exits import (
    Levels,
    after_action,
    close_signal,
    exit_levels,
    reduction,
    touch_signal,
)
from launchlab.engine.judge.exits import (
    level_signal as signal_at,
)
from launchlab.engine.legs import Reason

from ...markets.judging import NO_RULE, TABLES


def level_signal(side: float, close: float, peak: float, **rules: float) -> int:
    three = (rules.get("stop", NO_RULE), rules.get("target", NO_RULE), rules.get("trail", NO_RULE))
    return int(close_signal(side * close, side * peak, exit_levels(side, 100.0, three)))


@pytest.mark.parametrize(
    ("side", "close", "peak", "rule", "expected"),
    [
        (1.0, 95.0, 100.0, {"stop": 0.05}, Reason.STOP),
        (1.0, 95.01, 100.0, {"stop": 0.05}, -1),
        (1.0, 110.0, 100.0, {"target": 0.10}, Reason.TARGET),
        (1.0, 109.99, 100.0, {"target": 0.10}, -1),
        (1.0, 108.0, 120.0, {"trail": 0.10}, Reason.TRAIL),
        (1.0, 108.01, 120.0, {"trail": 0.10}, -1),
        (-1.0, 105.0, 100.0, {"stop": 0.05}, Reason.STOP),
        (-1.0, 104.99, 100.0, {"stop": 0.05}, -1),
        (-1.0, 90.0, 90.0, {"target": 0.10}, Reason.TARGET),
        (-1.0, 88.0, 80.0, {"trail": 0.10}, Reason.TRAIL),
        (-1.0, 87.99, 80.0, {"trail": 0.10}, -1),
        (1.0, 1.0, 100.0, {}, -1),
    ],
)
def test_the_close_is_judged_against_the_entry_and_the_best_price(
    side: float, close: float, peak: float, rule: dict[str, float], expected: int
) -> None:
    assert level_signal(side, close, peak, **rule) == expected


def test_a_close_at_a_level_has_reached_it() -> None:
    levels = Levels(stop=90.0, target=110.0, fall=NO_RULE)
    assert [signal_at(close, 95.0, levels) for close in (90.0, 110.0, 95.0)] == [
        Reason.STOP, Reason.TARGET, Reason.TRAIL,
    ]  # fmt: skip
    assert [signal_at(close, 95.0, levels) for close in (95.01, 109.99)] == [-1, -1]


def touched(
    side: float, bar: tuple[float, float, float], *, basis: float = 10.0, peak: float = 10.0, **rules: float
) -> tuple[int, float]:
    three = (rules.get("stop", NO_RULE), rules.get("target", NO_RULE), rules.get("trail", NO_RULE))
    why, price = touch_signal(side, basis, peak, bar, three, TABLES, CENT)
    return int(why), round(float(price), 9)


def test_a_stop_inside_the_bar_trades_at_its_level_and_a_gap_at_the_open() -> None:
    assert touched(1.0, (9.8, 10.0, 9.4), stop=0.05) == (Reason.STOP, 9.50)
    assert touched(1.0, (9.3, 9.6, 9.2), stop=0.05) == (Reason.STOP, 9.30)
    assert touched(1.0, (9.8, 10.0, 9.51), stop=0.05) == (-1, 0.0)
    assert touched(-1.0, (10.2, 10.6, 10.0), stop=0.05) == (Reason.STOP, 10.50)
    assert touched(-1.0, (10.7, 10.9, 10.4), stop=0.05) == (Reason.STOP, 10.70)


def test_a_target_inside_the_bar_trades_at_its_level_and_a_gap_at_the_open() -> None:
    assert touched(1.0, (10.0, 10.6, 9.9), target=0.05) == (Reason.TARGET, 10.50)
    assert touched(1.0, (10.8, 11.0, 10.7), target=0.05) == (Reason.TARGET, 10.80)
    assert touched(-1.0, (10.0, 10.1, 9.4), target=0.05) == (Reason.TARGET, 9.50)


def test_when_both_are_inside_the_bar_the_stop_comes_first() -> None:
    assert touched(1.0, (10.0, 10.6, 9.4), stop=0.05, target=0.05) == (Reason.STOP, 9.50)
    assert touched(-1.0, (10.0, 10.6, 9.4), stop=0.05, target=0.05) == (Reason.STOP, 10.50)


def test_the_nearer_of_stop_and_trail_is_touched_first() -> None:
    assert touched(1.0, (11.5, 11.6, 9.0), peak=12.0, stop=0.05, trail=0.10) == (Reason.TRAIL, 10.80)
    assert touched(1.0, (10.0, 10.1, 9.0), peak=10.0, stop=0.05, trail=0.10) == (Reason.STOP, 9.50)


def test_a_bar_that_only_just_reaches_a_level_has_touched_it() -> None:
    # stop 9.50, target 10.50, trail 12.00 × 0.9 = 10.80: the low or the high is that price and no further
    assert touched(1.0, (9.8, 10.0, 9.5), stop=0.05) == (Reason.STOP, 9.50)
    assert touched(1.0, (10.0, 10.5, 9.9), target=0.05) == (Reason.TARGET, 10.50)
    assert touched(-1.0, (10.0, 10.1, 9.5), target=0.05) == (Reason.TARGET, 9.50)
    assert touched(1.0, (11.5, 11.6, 10.8), peak=12.0, trail=0.10) == (Reason.TRAIL, 10.80)
    assert touched(1.0, (11.5, 11.6, 10.81), peak=12.0, trail=0.10) == (-1, 0.0)


def test_where_stop_and_trail_are_one_price_the_stop_is_told() -> None:
    assert touched(1.0, (9.8, 10.0, 9.2), stop=0.05, trail=0.05) == (Reason.STOP, 9.50)
    assert touched(-1.0, (10.2, 10.8, 10.0), stop=0.05, trail=0.05) == (Reason.STOP, 10.50)
    # a best price of 10.40 lifts the trail to 9.88, a little above the stop at 9.50
    assert touched(1.0, (10.0, 10.1, 9.2), peak=10.4, stop=0.05, trail=0.05) == (Reason.TRAIL, 9.88)


def test_touched_levels_are_rounded_against_the_trader() -> None:
    # 9.99 × 0.95 = 9.4905: a stop sells at 9.49; 9.99 × 1.05 = 10.4895: a target sells at 10.49
    assert touched(1.0, (9.9, 10.0, 9.2), basis=9.99, stop=0.05) == (Reason.STOP, 9.49)
    assert touched(1.0, (9.9, 10.6, 9.8), basis=9.99, target=0.05) == (Reason.TARGET, 10.49)
    assert touched(-1.0, (9.9, 10.6, 9.8), basis=9.99, stop=0.05) == (Reason.STOP, 10.49)
    assert touched(1.0, (9.9, 10.485, 9.8), basis=9.99, target=0.05) == (-1, 0.0)


# corporate actions and reductions


def adjusted(shares: float, action: tuple[float, float, float], price: float) -> tuple[float, float, float]:
    new = after_action(shares, 18.5, 20.0, action, price)
    return float(new.shares), round(float(new.basis), 9), round(float(new.cash), 9)


def test_a_bonus_with_cash_keeps_the_value() -> None:
    # 301005.SZ in 2022: 8 for 10 and 0.50 in cash on 18.50 give 10.00: 1,800 × 10 + 500 = 18,500
    assert adjusted(1000.0, (1.8, 0.5, 0.5), 10.0) == (1800.0, 10.0, 500.0)


def test_longs_receive_a_dividend_after_tax_and_shorts_owe_it_whole() -> None:
    assert adjusted(1000.0, (1.0, 1.0, 0.8), 17.5) == (1000.0, 17.5, 800.0)
    assert adjusted(-1000.0, (1.0, 1.0, 0.8), 17.5) == (-1000.0, 17.5, -1000.0)


def test_fractions_of_a_share_are_paid_out() -> None:
    assert adjusted(105.0, (1.3, 0.0, 0.0), 14.0)[::2] == (136.0, 7.0)  # 136.5 shares
    assert adjusted(-105.0, (1.3, 0.0, 0.0), 14.0)[::2] == (-136.0, -7.0)
    assert adjusted(1005.0, (0.1, 0.0, 0.0), 185.0)[::2] == (100.0, 92.5)  # a reverse split


@pytest.mark.parametrize(
    ("held", "part", "step", "expected"),
    [
        (1000, 0.25, 100, 300),
        (-1000, 0.3, 100, 300),
        (1001, 0.25, 1, 251),
        (50, 0.5, 100, 50),
        (700, 1.0, 100, 700),
    ],
)
def test_a_forced_reduction_is_rounded_up_to_a_lot(held: int, part: float, step: int, expected: int) -> None:
    assert reduction(float(held), part, float(step)) == expected
