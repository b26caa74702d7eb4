"""Our metrics, worked out by hand."""

import math

import numpy as np
import pytest

from launchlab.engine.legs import BLOCK, FILL
from launchlab.engine.results.metrics import (
    DEFINITIONS,
    Annual,
    equity_metrics,
    periods_per_year,
    session_returns,
    tellable,
)
from launchlab.engine.results.record import activity
from launchlab.engine.results.run import POSITION, Run
from launchlab.engine.sweeps.points import METRICS
from launchlab.reports.numbers.metrics import KNOWN


def of(*equity: float, periods: float = 4.0) -> dict[str, float]:
    return equity_metrics(np.array(equity), 100.0, Annual(periods, len(equity) / periods))


def test_a_gain_and_a_loss_of_a_tenth() -> None:
    # returns 0.1, −0.1, 0: mean 0, standard deviation 0.1 with n − 1
    found = of(110.0, 99.0, 99.0)
    assert found["total_return"] == pytest.approx(-0.01)
    assert found["volatility"] == pytest.approx(0.1 * 2)
    assert found["sharpe"] == pytest.approx(0.0, abs=1e-12)
    assert found["sortino"] == pytest.approx(0.0, abs=1e-12)
    assert found["max_drawdown"] == pytest.approx(99 / 110 - 1)
    assert found["cagr"] == pytest.approx(0.99 ** (4 / 3) - 1)
    assert found["calmar"] == pytest.approx((0.99 ** (4 / 3) - 1) / 0.1)


def test_sharpe_and_sortino_use_their_own_deviations() -> None:
    # 0.2 and 0.1: mean 0.15, deviation 0.1 / √2; −0.1 and 0.2: mean 0.05, downside √(0.01 / 2)
    assert of(120.0, 132.0, periods=2.0)["sharpe"] == pytest.approx(
        0.15 / (0.1 / math.sqrt(2)) * math.sqrt(2)
    )
    assert of(90.0, 108.0, periods=2.0)["sortino"] == pytest.approx(0.05 / math.sqrt(0.005) * math.sqrt(2))


def test_a_loss_from_the_start_is_a_drawdown_from_the_capital() -> None:
    assert of(90.0, 95.0, 99.0)["max_drawdown"] == pytest.approx(-0.1)
    assert of(101.0, 102.0)["max_drawdown"] == 0.0


def test_ratios_that_do_not_exist_are_zero() -> None:
    flat = of(100.0, 100.0, 100.0)
    assert {name: flat[name] for name in ("sharpe", "sortino", "calmar", "volatility", "cagr")} == {
        "sharpe": 0.0, "sortino": 0.0, "calmar": 0.0, "volatility": 0.0, "cagr": 0.0,
    }  # fmt: skip
    assert of(110.0)["volatility"] == 0.0
    assert of(110.0, 121.0)["sortino"] == 0.0


def test_a_bankruptcy_is_a_result() -> None:
    found = of(50.0, -10.0, -10.0)
    assert found["total_return"] == pytest.approx(-1.1)
    assert found["cagr"] == -1.0
    assert found["max_drawdown"] == pytest.approx(-1.1)
    assert session_returns(np.array([50.0, -10.0, -10.0]), 100.0).tolist() == pytest.approx([-0.5, -1.2, 0.0])
    assert all(math.isfinite(value) for value in found.values())


def test_a_year_has_the_sessions_of_its_calendars() -> None:
    assert periods_per_year(frozenset({"XHKG"})) == 246
    assert periods_per_year(frozenset({"XSHG", "XSHE", "XBSE"})) == 242
    assert periods_per_year(frozenset({"XSHE", "XHKG"})) == 253


def test_every_metric_has_a_definition() -> None:
    assert set(of(110.0, 99.0)) <= set(DEFINITIONS)


def test_every_defined_figure_has_a_label_and_a_format() -> None:
    """A figure that is only defined would stand on the pages under its key, as Python writes it."""
    assert set(DEFINITIONS) == set(KNOWN), "add the figure to KNOWN of reports/numbers/metrics.py"


def test_every_figure_of_an_equity_curve_is_one_of_each_point_of_a_sweep() -> None:
    missing = set(of(110.0, 99.0)) - set(METRICS)
    assert not missing, f"add {missing} to METRICS of engine/sweeps/points.py, to sums.py and to confirm.py"


def told(*equity: float, years: float) -> dict[str, float | None]:
    levels, annual = np.array(equity), Annual(250.0, years)
    return tellable(equity_metrics(levels, 100.0, annual), levels, 100.0, years)


def test_nothing_is_told_of_a_year_before_a_quarter_of_one() -> None:
    # 3 sessions that gain 4 % would be 5,000 % a year
    short, long = told(101.0, 100.0, 104.0, years=0.2499), told(101.0, 100.0, 104.0, years=0.25)
    annual = {"cagr", "volatility", "sharpe", "sortino", "calmar"}
    assert {name for name, value in short.items() if value is None} == annual
    assert {name for name, value in long.items() if value is None} == set()
    assert short["total_return"] == pytest.approx(0.04)
    assert short["max_drawdown"] == pytest.approx(100 / 101 - 1)


def test_a_ratio_over_nothing_is_not_told() -> None:
    """Without a loss there is neither a Sortino nor a Calmar ratio, without a move no Sharpe ratio either."""
    risen = told(101.0, 103.0, years=1.0)
    assert {name for name, value in risen.items() if value is None} == {"sortino", "calmar"}
    flat = told(100.0, 100.0, years=1.0)
    assert {name for name, value in flat.items() if value is None} == {"sharpe", "sortino", "calmar"}
    assert all(value is not None for value in told(101.0, 99.0, years=1.0).values())


def test_turnover_counts_foreign_money_at_its_rate_and_exposure_sessions_with_something_held() -> None:
    fills = np.zeros(2, FILL)
    fills["shares"], fills["price"], fills["fx"] = (100.0, -100.0), (10.0, 12.0), 0.5
    fills["commission"], fills["stamp"], fills["levies"] = 1.0, 2.0, 3.0
    long, short = np.array([0.0, 500.0, 0.0, 0.0]), np.array([0.0, 0.0, 200.0, 0.0])
    zeros = np.zeros(4)
    run = Run(
        fills, np.zeros(0, BLOCK), np.zeros(0, POSITION), 2_000.0 - long + short, long, short, zeros, zeros
    )
    found = activity(run, 1_900.0, years=2.0)
    assert found["turnover"] == pytest.approx((100 * 10 * 0.5 + 100 * 12 * 0.5) / 2_000.0 / 2.0)
    assert found["exposure"] == 0.5
    assert found["mean_gross"] == pytest.approx((500.0 + 200.0) / 2_000.0 / 4)
    assert found["mean_net"] == pytest.approx((500.0 - 200.0) / 2_000.0 / 4)
    assert found["profit"] == pytest.approx(100.0)
    assert (found["commission"], found["stamp"], found["levies"]) == (2.0, 4.0, 6.0)
