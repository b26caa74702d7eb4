"""What a launch paid on paper, what was captured, and where the rest went: worked out by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from launchlab.data.panel.build import PanelOptions, build_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import RunOptions, backtest
from launchlab.engine.compiled.simulate import simulate
from launchlab.engine.config import Config
from launchlab.engine.results.attribution import attribute

from ...markets.random_markets import random_config, random_legs, random_panel
from ...markets.small_bars import bars
from ...markets.small_market import DAYS, Fixed, joined, launch_of, ledger, one_leg, without_costs

MILLION = Config(capital=1_000_000.0, participation=1.0)
PARTS = ("paper", "captured", "missed_gap", "missed_limits", "costs")


def parts(panel: Panel, legs: NDArray[Any], **more: Any) -> pd.Series:
    """The launch's row; the parts always add up."""
    config = MILLION.model_copy(update=more)
    known = ledger(launch_of("0700.HK"))
    result = backtest(Fixed(legs), known, panel, config, options=RunOptions(engine="compiled"))
    (row,) = [row for _, row in result.launches.iterrows()]
    explained = row["captured"] + row["missed_gap"] + row["missed_limits"] + row["costs"]
    assert row["paper"] == pytest.approx(explained, abs=1e-12)
    return row


def assert_parts(row: pd.Series, *expected: float) -> None:
    assert [row[name] for name in PARTS] == pytest.approx(list(expected), abs=1e-9)


def tencent(opens: list[float], close: list[float], **columns: Any) -> Panel:
    return build_panel([bars("0700.HK", DAYS[: len(close)], close, open=opens, **columns)])


def test_the_gap_before_the_first_open_is_missed_and_the_rest_is_captured() -> None:
    # 5,000 shares sized at 100, bought at 110, sold at 121: paper 0.5 × 21 %, gap 0.5 × 10 %
    panel = without_costs(tencent([100, 110, 112, 121, 120], [100, 112, 115, 120, 120]))
    row = parts(panel, one_leg())
    assert_parts(row, 0.105, 0.055, 0.05, 0.0, 0.0)
    assert (row["long_profit"], row["short_profit"]) == (pytest.approx(55_000.0), 0.0)
    assert (row["legs"], row["filled_legs"], row["blocked"], row["first_session"]) == (1, 1, 0, DAYS[1])


def test_costs_come_out_of_what_was_captured() -> None:
    # 550,000: stamp 550, levies 14.85 + 0.83 + 31.08 + 23.10; 605,000: 605, 16.34 + 0.91 + 34.18 + 25.41
    panel = tencent([100, 110, 112, 121, 120], [100, 112, 115, 120, 120])
    row = parts(panel, one_leg())
    costs = (550 + 69.86 + 605 + 76.84) / 1e6
    assert_parts(row, 0.105, 0.055 - costs, 0.05, 0.0, costs)
    assert row["long_profit"] == pytest.approx(55_000 - costs * 1e6)


def test_a_short_earns_what_the_price_falls() -> None:
    # sized at 100, sold at 90, covered at 81: paper 0.5 × 19 %, gap 0.5 × 10 %
    panel = without_costs(tencent([100, 90, 88, 81, 80], [100, 88, 85, 80, 80]))
    row = parts(panel, one_leg(side=-1))
    assert_parts(row, 0.095, 0.045, 0.05, 0.0, 0.0)
    assert row["short_profit"] == pytest.approx(45_000.0)


def test_a_locked_board_costs_what_the_price_ran_away() -> None:
    # 50,000 sized at 10.00; locked at 11.00, bought at 11.50, sold at 11.40
    panel = without_costs(
        build_panel([bars("600519.SS", DAYS[:5], [10, 11, 11.6, 11.4, 11.4], open=[10, 11, 11.5, 11.4, 11.4])],
                    currency="CNY")
    )  # fmt: skip
    row = parts(panel, one_leg(wait=3, hold=1))
    assert_parts(row, 0.07, -0.005, 0.05, 0.025, 0.0)
    assert row["blocked"] == 1


def test_a_board_that_never_opens_misses_everything() -> None:
    # the exit that `hold` would have made is the third session's open, 12.10
    panel = build_panel([bars("600519.SS", DAYS[:4], [10, 11, 12.1, 13.31])], currency="CNY")
    row = parts(panel, one_leg(wait=1, hold=1))
    assert_parts(row, 0.105, 0.0, 0.05, 0.055, 0.0)
    assert (row["filled_legs"], row["blocked"]) == (0, 2)


def test_hold_counts_from_the_first_session_of_the_legs_own_exchange() -> None:
    """Shanghai was shut on 2 January 2026, a session of Hong Kong; the leg's first session is 5 January.

    Limit-up all day on the 5th; held for one session, paper leaves at the open of the 6th, 12.10.
    """
    days = ["2025-12-30", "2025-12-31", "2026-01-05", "2026-01-06", "2026-01-07"]
    hong_kong = [*days[:2], "2026-01-02", *days[2:]]
    panel = build_panel(
        [
            bars("600519.SS", days, [10, 10, 11, 12.1, 13.31]),
            bars("0700.HK", hong_kong, [100] * 6),
        ],
        currency="CNY",
    )
    assert not panel.exchange_open[2, panel.exchange_of[0]]
    row = parts(panel, one_leg(row=2, wait=0, hold=1))
    assert_parts(row, 0.105, 0.0, 0.05, 0.055, 0.0)
    assert row["blocked"] == 1


def test_a_dividend_counts_on_paper_and_in_hand() -> None:
    panel = without_costs(tencent([100, 100, 99, 99, 99], [100, 100, 99, 99, 99], cash=[0, 0, 1, 0, 0]))
    assert_parts(parts(panel, one_leg()), 0.0, 0.0, 0.0, 0.0, 0.0)


def test_a_split_changes_nothing() -> None:
    panel = without_costs(tencent([100, 110, 11, 12.1, 12], [100, 110, 11, 12, 12], ratio=[1, 1, 10, 1, 1]))
    assert_parts(parts(panel, one_leg()), 0.105, 0.055, 0.05, 0.0, 0.0)


def test_the_currency_is_part_of_the_return(tmp_path: Path) -> None:
    # CNY at 1.25, 1.60, then 2.00: 40,000 shares sized at 12.50 HKD, bought at 16, sold at 20
    rates = tmp_path / "fx.csv"
    rates.write_text("date,CNYHKD\n2026-03-05,1.25\n2026-03-06,1.6\n2026-03-09,1.6\n2026-03-10,2.0\n")
    panel = build_panel([bars("600519.SS", DAYS[:4], [10.0] * 4)], options=PanelOptions(fx=rates))
    row = parts(without_costs(panel), one_leg(hold=2))
    assert_parts(row, 0.3, 0.16, 0.14, 0.0, 0.0)


def test_what_is_still_held_counts_at_its_last_mark() -> None:
    panel = without_costs(tencent([100, 110, 112], [100, 112, 121]))
    assert_parts(parts(panel, one_leg(hold=20)), 0.105, 0.055, 0.05, 0.0, 0.0)


def test_both_sides_of_a_launch_are_added_up() -> None:
    panel = without_costs(
        build_panel(
            [
                bars("0700.HK", DAYS[:4], [100, 100, 110, 110], open=[100, 100, 110, 110]),
                bars("9988.HK", DAYS[:4], [100, 100, 95, 95], open=[100, 100, 95, 95]),
            ]
        )
    )
    legs = joined(one_leg(hold=1, weight=0.25), one_leg(hold=1, weight=0.25, side=-1, code=1))
    row = parts(panel, legs)
    assert_parts(row, 0.0375, 0.0375, 0.0, 0.0, 0.0)
    assert (row["long_profit"], row["short_profit"]) == (pytest.approx(25_000), pytest.approx(12_500))
    assert row["codes"] == "0700.HK;9988.HK"


def test_a_part_of_the_order_is_a_limit_too() -> None:
    # a tenth of 10,000 shares traded: 1,000 of 5,000 are bought, a fifth of 10 % × 0.5 is captured
    panel = without_costs(
        tencent([100, 100, 110, 110], [100, 100, 110, 110], volume=np.array([1e4, 1e4, 1e6, 1e6]))
    )
    row = parts(panel, one_leg(wait=0, hold=1), participation=0.1)
    assert_parts(row, 0.05, 0.01, 0.0, 0.04, 0.0)


@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.integers(0, 2**32 - 1))
def test_the_profits_of_all_launches_are_the_profit_of_the_portfolio(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng)
    legs, config = random_legs(rng, panel), random_config(rng)
    launches = ledger(
        *(
            launch_of("0000.HK", f"2025-03-01T{k:02d}:00+08:00", f"l{k:02d}")
            for k in range(legs["launch"].max() + 1)
        )
    )
    run = simulate(legs, panel, config)
    table = attribute(panel, launches, legs, run)
    profit = table["long_profit"].sum() + table["short_profit"].sum() - run.borrow.sum()
    assert profit == pytest.approx(run.equity[-1] - config.capital, rel=1e-9, abs=1e-4)
    explained = table["captured"] + table["missed_gap"] + table["missed_limits"] + table["costs"]
    np.testing.assert_allclose(table["paper"], explained, rtol=1e-9, atol=1e-12)
    assert table["blocked"].sum() == len(run.blocks)
