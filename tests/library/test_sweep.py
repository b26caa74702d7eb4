"""`ll.sweep` and `ll.search`: what the command does, from Python; also over fields of the portfolio and the broker."""

import doctest
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import launchlab as ll
from launchlab.data.errors import ConfigError
from launchlab.data.rules.brokerage import Brokerage
from launchlab.engine.config import ExitOn
from launchlab.engine.results.summary import SweepSummary
from launchlab.engine.sweeps.points import METRICS
from launchlab.library import sweep as library
from launchlab.library.chosen import choose
from launchlab.library.sweep import SweepOptions, SweepWords, Wanted, run_wanted
from launchlab.library.watch import Watch
from launchlab.strategies import BuyLaunch, LongShort

SPAN = {"currency": "HKD"}  # the whole sample
QUICK: Mapping[str, Any] = {"confirm": 0, "judge": False}
# no number of their own in the table of a backtest, or counted otherwise
FIGURES = [name for name in METRICS if name != "fallback"]


@pytest.fixture(scope="module")
def market() -> ll.Market:
    return ll.load_market(**SPAN)


def figures(strategy: Any, market: ll.Market, config: ll.Config) -> dict[str, float]:
    """What a backtest of the point alone says."""
    options = ll.RunOptions(engine="compiled")
    result = ll.backtest(strategy, market.launches, market.panel, config, options=options)
    return {name: float(result.summary.metrics[name] or 0.0) for name in FIGURES}


def assert_same(row: Mapping[str, Any], wanted: Mapping[str, float]) -> None:
    for name, value in wanted.items():
        assert row[name] == pytest.approx(value, rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("name", ["sweep", "search"])
def test_the_examples_run(name: str) -> None:
    if name == "search":
        pytest.importorskip("optuna")
    (example,) = doctest.DocTestFinder(recurse=False).find(getattr(library, name), name, library)
    failed, tried = doctest.DocTestRunner().run(example)
    assert (failed, tried > 2) == (0, True)


def test_without_a_folder_nothing_is_left_on_disk(
    market: ll.Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    seen: list[tuple[int, int]] = []
    found = ll.sweep(
        LongShort(gross=0.4),
        {"hold": range(1, 4), "stop": (None, 0.05)},
        market,
        progress=lambda done, failed: seen.append((done, failed)),
        **QUICK,
    )
    assert seen == [(6, 0)]
    assert found.folder is None
    assert found.verdict is None
    assert found.summary.parameters["gross"] == 0.4
    assert isinstance(found.points, pd.DataFrame)
    assert len(found.points) == 6
    assert found.best["sharpe"] == found.points["sharpe"].max()
    assert [path.name for path in tmp_path.rglob("*")] == ["tmp"]


def test_a_folder_is_continued_and_read_back_as_the_command_does(market: ll.Market, tmp_path: Path) -> None:
    asked: Mapping[str, Any] = {
        "grid": {"hold": (1, 2, 3)},
        "market": market,
        "folder": tmp_path / "s",
        **QUICK,
    }

    def stop(done: int, failed: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ll.sweep("long-short", progress=stop, **asked)
    with pytest.raises(ConfigError, match="unfinished sweep; continue it with `resume=True`"):
        ll.sweep("long-short", **asked)
    first = ll.sweep("long-short", resume=True, **asked)
    again = ll.sweep("long-short", resume=True, **asked)
    assert first.folder == again.folder == tmp_path / "s"
    assert first.summary == again.summary
    pd.testing.assert_frame_equal(first.points, again.points)
    assert (tmp_path / "s" / "index.html").is_file()
    with pytest.raises(ConfigError, match=r"grid.hold 1,2,3, not 1,2"):
        ll.sweep("long-short", **{**asked, "grid": {"hold": (1, 2)}, "resume": True})


def test_a_point_of_the_portfolios_fields_is_the_backtest_with_that_config(market: ll.Market) -> None:
    grid = {"hold": (2, 5), "config.slippage_bp": "0:20:10", "config.exit_on": ["close", ExitOn.TOUCH]}
    points = ll.sweep("long-short", grid, market, **QUICK).points
    assert list(points)[:3] == ["hold", "config.slippage_bp", "config.exit_on"]
    assert len(points) == 12
    for row in points.to_dict("records"):
        config = ll.Config(slippage_bp=row["config.slippage_bp"], exit_on=row["config.exit_on"])
        assert_same(row, figures(LongShort(hold=row["hold"]), market, config))
    costly = points[points["config.slippage_bp"] == 20.0]["total_return"].sum()
    assert costly < points[points["config.slippage_bp"] == 0.0]["total_return"].sum()


def test_a_point_of_the_brokers_fields_is_the_backtest_on_a_market_with_that_broker() -> None:
    base = ll.load_market(**SPAN, brokerage=Brokerage(cn_min=1.0))
    grid = {"brokerage.hk_rate": (0.0, 0.002), "hold": (2, 5), "brokerage.hk_min": (0.0, 100.0)}
    points = ll.sweep("long-short", grid, base, **QUICK).points
    assert len(points) == 8
    for row in points.to_dict("records"):
        brokerage = Brokerage(cn_min=1.0, hk_rate=row["brokerage.hk_rate"], hk_min=row["brokerage.hk_min"])
        alone = ll.load_market(**SPAN, brokerage=brokerage)
        assert_same(row, figures(LongShort(hold=row["hold"]), alone, ll.Config()))
    assert points["costs"].nunique() > 4


def test_the_clock_of_a_point_decides_when_news_can_be_traded(market: ll.Market) -> None:
    grid = {"config.reaction_minutes": (0.0, 600.0), "config.dates_known": ("end", "start")}
    points = ll.sweep(BuyLaunch, grid, market, **QUICK).points
    for row in points.to_dict("records"):
        config = ll.Config(
            reaction_minutes=row["config.reaction_minutes"], dates_known=row["config.dates_known"]
        )
        assert_same(row, figures(BuyLaunch(), market, config))
    assert points["total_return"].nunique() > 1


def test_a_swept_portfolio_is_confirmed_judged_drawn_and_run_again(market: ll.Market, tmp_path: Path) -> None:
    grid = {"hold": range(1, 6), "config.slippage_bp": (0.0, 10.0), "config.capital": (1e6, 1e8)}
    found = ll.sweep("long-short", grid, market, folder=tmp_path / "s", runs=1, metric="total_return")
    assert found.summary.confirmed == 3
    assert found.best["config.slippage_bp"] == 0.0
    assert found.summary.config.keys().isdisjoint({"slippage_bp", "capital"})
    verdict = found.verdict
    assert verdict is not None
    assert verdict["trials"] == 20
    best = found.points.loc[found.points["total_return"].idxmax()]
    # the judged point is the best by the metric that was asked for, under its own capital
    assert verdict["sharpe_annual"] == pytest.approx(best["sharpe"], rel=1e-9)
    assert "The best by total return has" in verdict["text"]
    run = ll.load_result(tmp_path / "s" / "top-1")
    assert run.summary.metrics["total_return"] == pytest.approx(best["total_return"], rel=1e-9)
    assert run.summary.config["capital"] == best["config.capital"]
    page = (tmp_path / "s" / "index.html").read_text(encoding="utf-8")
    assert "top-1/index.html" in page
    assert "config.slippage_bp" in page


def test_a_search_chooses_among_fields_of_the_portfolio_too(market: ll.Market, tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    space = {"hold": range(1, 21), "config.slippage_bp": (0.0, 10.0, 20.0), "gross": (0.2, 0.5)}
    found = ll.search("long-short", space, market, trials=40, batch=20, folder=tmp_path / "s", **QUICK)
    swept = ll.sweep("long-short", space, market, **QUICK).points
    assert len(found.points) == found.summary.trials == 40
    merged = found.points.merge(swept, on=list(space), suffixes=("", "_swept"), how="left")
    np.testing.assert_allclose(merged["sharpe"], merged["sharpe_swept"], rtol=1e-9)


@pytest.mark.parametrize(
    ("strategy", "grid", "fault"),
    [
        ("long-shrt", {"hold": (1, 2)}, "did you mean 'long-short'"),
        (LongShort(), {"hodl": (1, 2)}, "did you mean 'hold'"),
        (LongShort, {"hold": (0, 2)}, "hold must be from 1 to 1000 sessions"),
        ("long-short", {}, "at least one parameter"),
        (42, {"hold": (1, 2)}, "is no strategy"),
        ("long-short", {"config.max_gross": (2.0, 8.0)}, "maintenance must be at most 1 / max_gross"),
        ("long-short", {"brokerage.cn_rate": (0.0, 0.5)}, "brokerage: cn_rate"),
    ],
)
def test_what_cannot_be_swept_is_one_sentence(
    market: ll.Market, strategy: Any, grid: Mapping[str, Any], fault: str
) -> None:
    with pytest.raises(ConfigError, match=fault):
        ll.sweep(strategy, grid, market, **QUICK)


def test_the_keywords_of_a_sweep_are_the_fields_of_its_options() -> None:
    assert list(SweepWords.__annotations__) == [field.name for field in fields(SweepOptions)]


def test_the_best_points_are_told_before_anything_is_judged(market: ll.Market, tmp_path: Path) -> None:
    told: list[str] = []

    @contextmanager
    def stage(what: str) -> Iterator[None]:
        told.append(what)
        raise KeyboardInterrupt
        yield

    def ranked(summary: SweepSummary, top: str) -> None:
        told.append(f"{summary.points} points, {summary.judgement}")
        told.append(top.splitlines()[1].split(",")[0])

    chosen = choose("buy-launch", {"hold": "1:3"})
    wanted = Wanted(chosen, market, ll.Config(), SweepOptions(), None, None)
    with pytest.raises(KeyboardInterrupt):
        run_wanted(wanted, tmp_path / "s", Watch(ranked=ranked, stage=stage))
    assert told == ["3 points, None", "1", "running the best 3 again on backtrader"]
