"""Ex-dates where orders and suspensions meet them: sizes, values and attribution worked out by hand."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from launchlab.data.bars.bars import Bars, bars_from_columns
from launchlab.data.panel.benchmark import benchmark_returns
from launchlab.data.panel.build import build_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import RunOptions, backtest
from launchlab.engine.config import Config
from launchlab.engine.results.result import Result

from ..markets.small_market import DAYS, Fixed, launch_of, ledger, one_leg, without_costs

NAN = float("nan")
ENGINES = ("backtrader", "compiled")


def flat(code: str, prices: list[float], **more: list[float]) -> Bars:
    """Bars whose prices are all one price; NaN is a suspended session."""
    price = np.array(prices)
    columns: dict[str, NDArray[Any]] = {"date": np.array(DAYS[: len(prices)], "M8[D]")}
    columns |= dict.fromkeys(("open", "high", "low", "close"), price)
    columns["volume"] = np.where(np.isnan(price), 0.0, 1e9)
    columns["status"] = ~np.isnan(price)
    return bars_from_columns(code, columns | {name: np.array(values) for name, values in more.items()})


def run(panel: Panel, engine: str, **leg: Any) -> Result:
    launches = ledger(launch_of(panel.codes[0]))
    strategy = Fixed(one_leg(**leg))
    return backtest(
        strategy, launches, without_costs(panel), Config(capital=1e6), options=RunOptions(engine=engine)
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("ratio", "shares"), [(0.1, 5_000), (10.0, 500_000)])
def test_an_entry_on_an_ex_date_is_sized_in_new_shares(engine: str, ratio: float, shares: int) -> None:
    # half of 1,000,000 at 10 a share before; one share becomes `ratio` shares at 10 / ratio
    new = 10.0 / ratio
    panel = build_panel([flat("0700.HK", [10.0, 10.0, *[new] * 5], ratio=[1, 1, ratio, 1, 1, 1, 1])])
    result = run(panel, engine, row=2)
    assert result.fills["shares"].tolist() == [shares, -shares]
    assert result.equity["equity"].tolist() == pytest.approx([1e6] * 7)
    (launch,) = result.launches.to_dict("records")
    assert [launch[name] for name in ("paper", "captured", "missed_gap", "missed_limits")] == pytest.approx(
        [0.0] * 4, abs=1e-12
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_an_ex_date_inside_a_suspension_keeps_the_value(engine: str) -> None:
    close = [20.0, 20.0, NAN, NAN, 10.0, 10.0, 10.0]
    for pre_close in (
        [20.0, 20.0, NAN, NAN, 10.0, 10.0, 10.0],  # stated when it trades again
        [20.0, 20.0, 20.0, 10.0, 10.0, 10.0, 10.0],  # stated on the suspended ex-date itself
    ):
        panel = build_panel([flat("600519.SS", close, pre_close=pre_close)], currency="CNY")
        assert panel.actions["ratio"].tolist() == [2.0]
        result = run(panel, engine, hold=4)
        assert result.fills["shares"].tolist() == [25_000, -50_000]
        assert result.equity["equity"].tolist() == pytest.approx([1e6] * 7)


def test_a_known_action_in_a_suspension_is_not_counted_twice() -> None:
    close, pre_close = [20.0, 20.0, NAN, NAN, 10.0, 10.0, 10.0], [20.0, 20.0, NAN, NAN, 10.0, 10.0, 10.0]
    panel = build_panel([flat("600519.SS", close, pre_close=pre_close, ratio=[1, 1, 1, 2, 1, 1, 1])])
    assert panel.actions[["row", "ratio"]].tolist() == [(3, 2.0)]


def test_a_reference_across_missing_bars_is_named_and_makes_no_action() -> None:
    whole = flat("600519.SS", [20.0] * 4 + [10.0] * 3, pre_close=[20.0] * 4 + [10.0] * 3)
    panel = build_panel([whole.take(np.array([0, 1, 4, 5, 6]))])
    assert not len(panel.actions)
    assert any("no corporate action is assumed" in note and "2026-03-11" in note for note in panel.unknowns)
    assert date.fromisoformat(DAYS[4]) == date(2026, 3, 11)


def test_a_benchmark_pays_what_only_its_reference_states() -> None:
    days = np.array(DAYS, "M8[D]")
    close, stated = [20.0, 22.0, NAN, NAN, 10.0, 11.0, 11.0], [20.0, 20.0, NAN, NAN, 11.0, 10.0, 11.0]
    one = flat("600519.SS", close, pre_close=stated)
    returns = benchmark_returns(((1.0, one.code),), {one.code: one}, {one.code: np.ones(7)}, days)
    # 20 to 22; two new shares for one, from a reference of 11 to 10; 10 to 11
    assert returns == pytest.approx([0.0, 0.1, 0.0, 0.0, 10 / 11 - 1, 0.1, 0.0])
