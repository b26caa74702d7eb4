"""Net, beta-adjusted net and what a launch was left with, worked out by hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from launchlab.data.panel.benchmark import Benchmark
from launchlab.data.panel.build import build_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import RunOptions, backtest
from launchlab.engine.config import Config
from launchlab.engine.results.exposure import Betas
from launchlab.engine.results.result import Result, load_result

from ...markets.small_bars import bars
from ...markets.small_market import Fixed, joined, launch_of, ledger, one_leg, without_costs

DAYS = np.busday_offset("2026-01-05", np.arange(30), roll="forward").astype(str).tolist()
MOVES = np.array([0.01, -0.01, 0.02, -0.02] * 7)  # of the benchmark on the 28 sessions before the launch
ROW = 29
LONG, SHORT = "0020.HK", "0700.HK"


def market() -> tuple[Panel, Benchmark]:
    """SenseTime moves twice as much as the benchmark, Tencent half as much; on the last session nothing moves."""

    def path(times: float) -> list[float]:
        level = [10.0, *(10.0 * np.cumprod(1 + times * MOVES))]
        return [*level, level[-1]]

    panel = without_costs(build_panel([bars(code, DAYS, [10.0] * len(DAYS)) for code in (LONG, SHORT)]))
    prices = np.asfortranarray(np.column_stack([path(2.0), path(0.5)]))
    exact: dict[str, Any] = dict.fromkeys(("open", "high", "low", "close", "mark"), prices)
    return replace(panel, **exact), Benchmark("fund", np.array([0.0, *MOVES, 0.0]))


def result(*, benchmark: bool = True, short: float = 0.2, engine: str = "compiled") -> Result:
    panel, fund = market()
    legs = joined(
        one_leg(row=ROW, code=0, weight=0.3, hold=5), one_leg(row=ROW, code=1, side=-1, weight=short, hold=5)
    )
    one = ledger(launch_of(f"{LONG}:pure_play;{SHORT}:diversified", f"{DAYS[ROW - 1]}T20:00+08:00"))
    options = RunOptions(engine=engine, benchmark=fund if benchmark else None)
    return backtest(Fixed(legs), one, panel, Config(participation=1.0), options=options)


def shares(done: Result) -> dict[str, float]:
    """Filled value by code over the capital, at the one price of the session."""
    return {
        row.code: row.shares * row.price * row.fx / done.summary.capital for row in done.fills.itertuples()
    }


@pytest.mark.parametrize("engine", ["compiled", "backtrader"])
def test_the_net_is_weighted_by_betas_moved_a_third_to_one(engine: str) -> None:
    """0.33 of the way from 2 to 1 is 1.67, from 0.5 to 1 is 0.665."""
    done = result(engine=engine)
    held = shares(done)
    assert held == pytest.approx({LONG: 0.3, SHORT: -0.2}, rel=0.01)  # whole lots
    (row,) = done.hedges.to_dict("records")
    beta_net = 1.67 * held[LONG] + 0.665 * held[SHORT]
    assert (row["wanted_net"], row["net"]) == pytest.approx((0.1, held[LONG] + held[SHORT]))
    assert (row["long"], row["short"]) == pytest.approx((held[LONG], -held[SHORT]))
    assert row["beta_net"] == pytest.approx(beta_net)
    assert (row["guessed"], row["lacking"]) == (0, "")
    last = done.exposure.iloc[-1]
    assert last["net"] == pytest.approx(held[LONG] + held[SHORT])
    assert last["beta_net"] == pytest.approx(beta_net)
    assert (last["long_beta"], last["short_beta"]) == pytest.approx((1.67 * held[LONG], 0.665 * held[SHORT]))
    assert (done.exposure["net"].iloc[:-1] == 0.0).all()
    told = done.summary.exposure
    assert told is not None
    assert told["against"] == "fund"
    assert told["largest_on"] == DAYS[-1]
    assert told["mean_unhedged"] == pytest.approx(abs(beta_net))


def test_twenty_returns_before_a_launch_say_a_beta_and_nineteen_leave_it_at_one() -> None:
    panel, fund = market()
    betas = Betas.to(panel, (fund.name, fund.returns))
    assert betas.of(0, 20) == (pytest.approx(1.67), True)
    assert betas.of(0, 19) == (1.0, False)


def test_what_a_launch_got_nothing_of_is_named() -> None:
    """A hundredth of a per cent of the NAV is less than a lot of Tencent: the long side is left alone."""
    done = result(short=1e-6)
    (row,) = done.hedges.to_dict("records")
    assert row["lacking"] == SHORT
    assert row["short"] == 0.0
    assert row["net"] == pytest.approx(shares(done)[LONG])


def test_without_a_benchmark_no_beta_is_told() -> None:
    done = result(benchmark=False)
    assert done.exposure["beta_net"].isna().all()
    assert done.hedges["beta_net"].isna().all()
    assert (done.hedges["guessed"] == 0).all()
    told = done.summary.exposure
    assert told is not None
    assert told["against"] is None
    assert told["mean_beta_net"] is None
    assert told["mean_unhedged"] == pytest.approx(abs(done.exposure["net"].iloc[-1]))


def test_both_tables_are_read_back_and_an_older_folder_opens_without(tmp_path: Path) -> None:
    done = result()
    done.save(tmp_path)
    again = load_result(tmp_path)
    assert again.hedges.to_dict("records") == done.hedges.to_dict("records")
    assert again.exposure["beta_net"].tolist() == done.exposure["beta_net"].tolist()
    replace(done.summary, exposure=None).write(tmp_path)
    for name in ("exposure", "hedges"):
        (tmp_path / f"{name}.csv").unlink()
    assert load_result(tmp_path).hedges.empty
