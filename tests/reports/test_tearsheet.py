"""The QuantStats sheet: offline, inert, the same bytes every time, and honest about its numbers."""

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager

from launchlab.data.errors import DataError
from launchlab.engine.results.result import Result
from launchlab.reports.sheet.record import records
from launchlab.reports.tearsheet import write_tearsheet

from .. import MARKETS
from ..markets.result_fixture import CAPITAL, make_result


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("sheet") / "tearsheet.html"
    write_tearsheet(make_result(), path)
    return path.read_text(encoding="utf-8")


def with_equity(result: Result, level: np.ndarray, benchmark: np.ndarray | None = None) -> Result:
    equity = result.equity.assign(equity=level)
    comparison = result.comparison if benchmark is None else result.comparison.assign(benchmark=benchmark)
    return dataclasses.replace(result, equity=equity, comparison=comparison)


def test_the_sheet_asks_nothing_of_the_network(sheet: str) -> None:
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', sheet)
    assert [address for address in loaded if "://" in address] == []
    assert "favicon" not in sheet


def test_the_sheet_says_that_simulated_data_are_simulated(sheet: str) -> None:
    assert "SIMULATED DATA" in sheet


def test_the_total_return_on_the_sheet_is_that_of_the_equity(sheet: str) -> None:
    total = make_result().equity["equity"].iloc[-1] / CAPITAL - 1
    row = re.search(r">Total return</th>(.*?)</tr>", sheet)
    assert row is not None
    assert f"{100 * total:.2f} %".replace("-", "−") in row.group(1)


def test_two_sheets_of_one_run_are_the_same_bytes_even_in_another_process(tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(MARKETS)!r})\n"
        "from pathlib import Path\nfrom result_fixture import make_result\n"
        "from launchlab.reports.tearsheet import write_tearsheet\n"
        "write_tearsheet(make_result(sessions=60), Path(sys.argv[1]))\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "a.html")], check=True)
    for name in ("b.html", "c.html"):
        write_tearsheet(make_result(sessions=60), tmp_path / name)
    first, *others = (tmp_path / name for name in ("a.html", "b.html", "c.html"))
    assert [other.read_bytes() == first.read_bytes() for other in others] == [True, True]


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    write_tearsheet(make_result(hostile=True, sessions=40), tmp_path / "t.html")
    page = tmp_path.joinpath("t.html").read_text(encoding="utf-8")
    without_comments = re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)
    assert "<script" not in without_comments
    assert "<img" not in without_comments
    assert page.count("Key Performance Metrics") == 1
    assert "\u202e" not in page


def test_a_run_that_never_moved_gets_a_page_that_says_so(tmp_path: Path) -> None:
    write_tearsheet(make_result(flat=True), tmp_path / "t.html")
    assert "never moved" in tmp_path.joinpath("t.html").read_text(encoding="utf-8")


def test_a_benchmark_that_never_moved_has_figures_of_nothing(tmp_path: Path) -> None:
    made = make_result(sessions=80)
    still = made.comparison.assign(benchmark=CAPITAL)
    write_tearsheet(dataclasses.replace(made, comparison=still), tmp_path / "t.html")
    page = tmp_path.joinpath("t.html").read_text(encoding="utf-8")
    assert page.count("Key Performance Metrics") == 1
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL).lower().replace("finance", "")


def test_a_run_too_short_for_a_sheet_gets_a_page_that_says_so(tmp_path: Path) -> None:
    write_tearsheet(make_result(sessions=16, launches=1), tmp_path / "t.html")
    assert "16 sessions" in tmp_path.joinpath("t.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("sessions", [20, 21, 64])
def test_short_runs_with_a_single_move_have_a_sheet(tmp_path: Path, sessions: int) -> None:
    level = np.full(sessions, CAPITAL)
    level[sessions // 2 :] *= 1.01
    write_tearsheet(with_equity(make_result(sessions=sessions, launches=1), level), tmp_path / "t.html")
    assert "Key Performance Metrics" in tmp_path.joinpath("t.html").read_text(encoding="utf-8")


def test_a_hole_in_the_benchmark_is_carried_over_and_loses_no_return(tmp_path: Path) -> None:
    level = np.full(40, CAPITAL)
    level[10:15] = np.nan
    level[15:] = 1.25 * CAPITAL
    equity = CAPITAL * (1 + 0.001 * np.arange(40))
    write_tearsheet(with_equity(make_result(sessions=40), equity, level), tmp_path / "t.html")
    page = tmp_path.joinpath("t.html").read_text(encoding="utf-8")
    row = re.search(r">Total return</th>(.*?)</tr>", page)
    assert row is not None
    assert "25.00 %" in row.group(1)


def test_a_run_without_a_benchmark_has_a_sheet(tmp_path: Path) -> None:
    result = make_result(sessions=60)
    result = dataclasses.replace(result, comparison=result.comparison.assign(benchmark=np.nan))
    write_tearsheet(result, tmp_path / "t.html")
    assert "Rolling beta" not in tmp_path.joinpath("t.html").read_text(encoding="utf-8")


def test_a_missing_equity_is_refused_in_a_sentence(tmp_path: Path) -> None:
    level = np.full(40, CAPITAL)
    level[3] = np.nan
    with pytest.raises(DataError, match=r"equity\.csv: equity is missing or infinite"):
        write_tearsheet(with_equity(make_result(sessions=40), level), tmp_path / "t.html")


def test_a_figure_that_the_summary_has_otherwise_is_named(tmp_path: Path) -> None:
    result = make_result(sessions=60)
    summary = dataclasses.replace(result.summary, metrics={**result.summary.metrics, "sharpe": 9.87})
    write_tearsheet(dataclasses.replace(result, summary=summary), tmp_path / "t.html")
    page = tmp_path.joinpath("t.html").read_text(encoding="utf-8")
    assert "<td>Sharpe</td><td>9.87</td>" in page


def test_charts_settings_and_environment_are_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    write_tearsheet(make_result(sessions=40), tmp_path / "t.html")
    before = dict(matplotlib.rcParams)
    write_tearsheet(make_result(sessions=40), tmp_path / "t.html")
    assert dict(matplotlib.rcParams) == before
    assert "SOURCE_DATE_EPOCH" not in os.environ


def test_chinese_and_french_names_need_no_missing_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not any("CJK" in font.name for font in font_manager.fontManager.ttflist):
        pytest.skip("no CJK font on this machine")
    seen: list[str] = []
    monkeypatch.setattr("warnings.warn", lambda message, *_, **__: seen.append(str(message)))
    result = make_result(sessions=40)
    named = dataclasses.replace(result.summary, name="智谱 contre les géants")
    write_tearsheet(dataclasses.replace(result, summary=named), tmp_path / "t.html")
    assert [message for message in seen if "missing from font" in message.lower()] == []
    assert "智谱 contre les géants" in tmp_path.joinpath("t.html").read_text(encoding="utf-8")


def test_the_sheet_starts_from_the_starting_capital() -> None:
    result = make_result(sessions=40)
    first = result.equity["equity"].iloc[0] / CAPITAL - 1
    assert result.returns.iloc[0] == pytest.approx(first)
    assert isinstance(result.returns.index, pd.DatetimeIndex)


def test_a_run_compared_with_itself_has_a_sheet_without_a_benchmark(tmp_path: Path) -> None:
    level = CAPITAL * np.cumprod(1 + np.random.default_rng(0).normal(0, 0.01, 20))
    write_tearsheet(with_equity(make_result(sessions=20, launches=2), level, level), tmp_path / "t.html")
    page = tmp_path.joinpath("t.html").read_text(encoding="utf-8")
    assert "Total return" in page
    assert '<th scope="row" title="slope' not in page


def test_returns_that_quantstats_would_take_for_prices_get_a_page_that_says_so(tmp_path: Path) -> None:
    level = np.r_[np.full(20, CAPITAL), np.full(20, 3 * CAPITAL)]
    write_tearsheet(with_equity(make_result(sessions=40), level), tmp_path / "t.html")
    assert "takes such returns for prices" in tmp_path.joinpath("t.html").read_text(encoding="utf-8")


def test_a_benchmark_of_a_part_of_the_run_is_compared_over_that_part(tmp_path: Path) -> None:
    made = make_result(sessions=80, launches=6)
    level = made.comparison["benchmark"].copy()
    level.iloc[:10] = np.nan
    level.iloc[60:] = np.nan
    part = dataclasses.replace(made, comparison=made.comparison.assign(benchmark=level))
    own, benchmark = records(part)
    days = pd.DatetimeIndex(made.equity["session"])[10:60]
    assert benchmark is not None
    assert own.returns.index.tolist() == benchmark.returns.index.tolist() == days.tolist()
    equity = made.equity["equity"]
    assert own.growth.iloc[-1] == pytest.approx(equity[59] / equity[10])
    assert benchmark.growth.iloc[-1] == pytest.approx(level[59] / made.summary.capital)
    assert own.years == pytest.approx(50 / made.summary.periods_per_year)
    write_tearsheet(part, tmp_path / "sheet.html")
    said = f"compares both over {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}"
    assert said in (tmp_path / "sheet.html").read_text(encoding="utf-8")
