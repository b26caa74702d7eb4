"""Rows and years are those of the book's own exchanges: in a run, in a sweep and on the tear sheet.

The market is invented: both exchanges' sessions of 2025, closes that grow evenly by a half. The expected figures were
worked out from the closes alone.
"""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from launchlab.data.bars.bars import Bars, Days
from launchlab.data.calendars.sessions import sessions
from launchlab.data.ledger.launch import LaunchCode, Launches
from launchlab.data.panel.benchmark import benchmark_returns
from launchlab.data.panel.build import build_panel
from launchlab.data.panel.panel import Panel
from launchlab.data.panel.reach import first_rows
from launchlab.engine.backtest.backtest import Benchmark, RunOptions, backtest
from launchlab.engine.compiled.points import POINT
from launchlab.engine.compiled.windows import Layout, Point
from launchlab.engine.config import Config
from launchlab.engine.results.result import Result
from launchlab.engine.sweeps.points import METRICS, simulate_points
from launchlab.reports.charts.plots import exposure_figure
from launchlab.reports.tearsheet import write_tearsheet
from launchlab.strategies.buy_launch import BuyLaunch

from ...markets.research_market import launch, ledger
from ...markets.small_bars import bars

CN, HK = "600519.SS", "0700.HK"
HOLD_ALL = BuyLaunch(hold=300, gross=0.95)


def growing(code: str, days: Days) -> Bars:
    """Half as much again from the first session to the last, every second close a hundredth higher."""
    steps = np.arange(len(days))
    level = 100 * 1.5 ** (steps / (len(days) - 1)) * (1 + 0.01 * (steps % 2))
    return bars(
        code, days.astype(str).tolist(), np.round(np.round(level / 0.2) * 0.2, 2), volume=steps * 0 + 1e7
    )


def whole_2025(*codes: str) -> Panel:
    return build_panel(
        [growing(code, sessions("XHKG" if code == HK else "XSHG", "2025-01-02", "2025-12-31")) for code in codes],
        currency="CNY" if codes[0] == CN else "HKD",
    )  # fmt: skip


def new_year(*codes: str) -> Launches:
    news = launch("x", "2025-01-02T18:00+08:00", codes)
    return ledger(replace(news, codes=tuple(LaunchCode(code, "pure_play") for code in codes)))


@pytest.fixture(scope="module")
def shanghai_alone() -> Result:
    return backtest(HOLD_ALL, new_year(CN), whole_2025(CN), Config(capital=10_000_000.0))


def test_a_shanghai_book_has_the_sessions_of_shanghai_and_grows_in_a_year_by_what_it_grew(
    shanghai_alone: Result,
) -> None:
    found = shanghai_alone.summary.metrics
    assert len(shanghai_alone.equity) == 243
    assert found["total_return"] == pytest.approx(0.46335, abs=1e-5)
    assert found["cagr"] == pytest.approx(found["total_return"], rel=1e-12)
    assert found["sharpe"] == pytest.approx(2.600, abs=5e-4)


def test_no_row_stands_for_a_session_of_an_exchange_that_is_not_in_the_book() -> None:
    assert len(whole_2025(HK)) == 246
    assert len(whole_2025(CN, HK)) == 252
    assert np.array_equal(whole_2025(CN).sessions, sessions("XSHG", "2025-01-01", "2025-12-31"))


def test_all_sessions_of_two_years_are_two_years_whatever_their_number() -> None:
    # 243 and 242 in Shanghai
    panel = build_panel([growing(CN, sessions("XSHG", "2025-01-01", "2026-12-31"))], currency="CNY")
    assert (len(panel), panel.years) == (485, 2.0)
    assert panel.until(242 + 121).years == pytest.approx(1.5)


def test_each_session_of_an_exchange_is_counted_once_wherever_the_rows_come_from() -> None:
    panel = whole_2025(CN)
    hk = panel.exchanges.index("XHKG")
    assert int(panel.exchange_open[:, hk].sum()) == 237  # of Hong Kong's 246, 9 are no row
    assert int(panel.sessions_done[-1, hk]) == 246


def test_a_point_of_a_sweep_grows_as_the_run_does(shanghai_alone: Result) -> None:
    panel = whole_2025(CN)
    legs = HOLD_ALL.legs(new_year(CN).timed(reaction_minutes=15, dates_known="end"), panel)
    points = np.zeros(1, POINT)
    for name, value in Point(1.0, 3, 300, math.nan, math.nan, math.nan, 0)._asdict().items():
        points[name] = value
    for path in ("general", "fast"):
        (row,) = simulate_points(Layout(panel), legs, Config(), points, periods=242.0, path=path)
        for name in ("cagr", "sharpe", "turnover", "volatility"):
            expected = shanghai_alone.summary.metrics[name]
            assert row[METRICS.index(name)] == pytest.approx(expected, rel=1e-9), (path, name)


def test_the_tear_sheet_says_the_same_growth(shanghai_alone: Result, tmp_path: Path) -> None:
    write_tearsheet(shanghai_alone, tmp_path / "t.html")
    page = tmp_path.joinpath("t.html").read_text(encoding="utf-8")
    row = page[page.index("CAGR") :]
    assert "46.3" in row[: row.index("</tr>")]
    assert "agree with summary.json" in page


def test_a_book_of_one_market_has_no_marks_for_the_other(shanghai_alone: Result) -> None:
    assert set(shanghai_alone.comparison["open_markets"]) == {"XSHG"}
    assert not [one for one in exposure_figure(shanghai_alone)["data"] if "only" in one["name"]]
    both = backtest(HOLD_ALL, new_year(CN, HK), whole_2025(CN, HK), Config())
    assert both.comparison["open_markets"].value_counts().to_dict() == {
        "XHKG+XSHG": 237, "XHKG": 9, "XSHG": 6,
    }  # fmt: skip


def test_a_benchmark_of_the_other_exchange_keeps_what_it_made_on_days_without_a_row() -> None:
    panel, other = whole_2025(CN), growing(HK, sessions("XHKG", "2024-12-31", "2025-12-31"))
    returns = benchmark_returns(((1.0, HK),), {HK: other}, {HK: np.ones(len(panel))}, panel.sessions)
    at = {str(day): price for day, price in zip(other.sessions, other.close, strict=True)}
    assert np.prod(1 + returns) == pytest.approx(at["2025-12-31"] / at["2025-01-02"], rel=1e-12)
    # Shanghai is shut from 28 January to 4 February; Hong Kong trades on 28 January, 3 and 4 February
    row = panel.row("2025-02-05")
    assert returns[row] == pytest.approx(at["2025-02-05"] / at["2025-01-27"] - 1, rel=1e-12)
    result = backtest(
        HOLD_ALL, new_year(CN), panel, Config(), options=RunOptions(benchmark=Benchmark(HK, returns))
    )
    assert result.summary.metrics["benchmark_return"] == pytest.approx(np.prod(1 + returns) - 1)


def test_news_in_the_others_holiday_waits_for_the_own_session() -> None:
    # Saturday 1 February 2025: Hong Kong opens on Monday the 3rd, Shanghai on Wednesday the 5th
    news = ledger(launch("x", "2025-02-01T12:00+08:00", (CN, HK)))
    for codes in ((CN,), (HK,), (CN, HK)):
        panel = whole_2025(*codes)
        rows = first_rows(news, panel, "open")[0]
        reached = [str(panel.sessions[rows[panel.exchange_of[panel.column(code)]]]) for code in codes]
        assert reached == ["2025-02-03" if code == HK else "2025-02-05" for code in codes]
