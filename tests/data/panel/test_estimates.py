"""Beta, volatility and traded value, worked out by hand."""

import numpy as np
import pytest

from launchlab.data.panel.estimates import (
    beta,
    filled_in,
    mean_return,
    shrunk,
    traded_value,
    volatility,
)

NONE = float("nan")


def test_beta_is_the_slope_of_the_least_squares_line() -> None:
    """x is −1, 0, 1 about its mean, y is −3, 1, 2: (3 + 0 + 2) / 2."""
    assert beta(np.array([0.00, 0.04, 0.05]), np.array([0.01, 0.02, 0.03]), least=3) == pytest.approx(2.5)


def test_a_day_without_a_return_of_both_says_nothing() -> None:
    own, market = np.array([0.00, 0.04, 9.0, 0.05, NONE]), np.array([0.01, 0.02, NONE, 0.03, 0.07])
    assert beta(own, market, least=3) == pytest.approx(2.5)
    assert np.isnan(beta(own, market, least=4))


def test_there_is_no_beta_to_a_market_that_does_not_move() -> None:
    assert np.isnan(beta(np.array([0.01, 0.02, 0.03]), np.full(3, 0.01), least=2))


def test_a_third_of_the_way_to_one_takes_two_and_a_half_to_two() -> None:
    assert shrunk(2.5, 1 / 3) == pytest.approx(2.0)
    assert shrunk(2.5, 0.0) == 2.5
    assert shrunk(2.5, 1.0) == 1.0


def test_volatility_divides_by_one_less_than_the_days() -> None:
    """Deviations −1, 0, 1 %: the root of 2 / 2."""
    assert volatility(np.array([0.01, 0.02, NONE, 0.03]), least=3) == pytest.approx(0.01)
    assert np.isnan(volatility(np.array([0.01, 0.02]), least=3))
    assert np.isnan(volatility(np.zeros(5), least=3))


def test_a_session_without_trades_counts_into_the_usual_value() -> None:
    assert traded_value(np.array([4e6, 0.0, 2e6]), least=1) == pytest.approx(2e6)
    assert np.isnan(traded_value(np.zeros(3), least=1))
    assert np.isnan(traded_value(np.zeros(0), least=1))


def test_what_is_not_known_is_the_mean_of_the_others() -> None:
    assert filled_in(np.array([1.5, NONE, 0.5]), 9.0).tolist() == [1.5, 1.0, 0.5]
    assert filled_in(np.array([NONE, NONE]), 1.0).tolist() == [1.0, 1.0]


def test_others_stand_for_a_member_without_a_return() -> None:
    """Three quarters of 4 % and a quarter of 8 %; then the second alone; then none."""
    returns = np.array([[0.04, 0.08], [NONE, 0.08], [NONE, NONE]])
    found = mean_return(returns, np.array([0.3, 0.1]))
    assert found[:2] == pytest.approx([0.05, 0.08])
    assert np.isnan(found[2])
