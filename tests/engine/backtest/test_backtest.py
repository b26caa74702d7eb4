"""The main job: legs in, a Result out that can be saved, read back and made again byte for byte."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from launchlab.data.errors import ConfigError, DataError
from launchlab.data.panel.build import build_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import Benchmark, RunOptions, Strategy, backtest, checked_legs
from launchlab.engine.config import Config
from launchlab.engine.legs import AT_NAMES, CLOSE, OPEN, Reason, empty_legs
from launchlab.engine.results.result import COLUMNS, Result, load_result
from launchlab.engine.results.tables import UNLESS_EMPTY
from launchlab.strategies import LongShort

from ...markets.small_bars import bars
from ...markets.small_market import DAYS, Fixed, joined, launch_of, ledger, one_leg

ENGINES = ("backtrader", "compiled")
LAUNCHES = ledger(launch_of("0700.HK;600519.SS"))


def market() -> Panel:
    """A Hong Kong share that rises, and a mainland share that is locked on the second session."""
    return build_panel(
        [
            bars(
                "0700.HK", DAYS, [500, 505, 510, 515, 520, 525, 530], open=[500, 502, 508, 512, 518, 522, 528]
            ),
            bars("600519.SS", DAYS, [10, 11, 11.5, 11.4, 11.3, 11.2, 11.1]),
        ]
    )


LEGS = joined(one_leg(weight=0.2), one_leg(weight=0.2, code=1, wait=2))


def run(engine: str = "compiled", **options: Any) -> Result:
    return backtest(
        Fixed(LEGS),
        LAUNCHES,
        market(),
        Config(participation=1.0),
        options=RunOptions(engine=engine, **options),
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("row", 0, "leg 1: row 0 must be from 1 to 6"),
        ("row", 7, "leg 1: row 7 must be from 1 to 6"),
        ("code", 2, "leg 1: code 2 must be a column of the panel"),
        ("code", -1, "leg 1: code -1 must be a column of the panel"),
        ("side", 0, "leg 1: side 0 must be 1 or -1"),
        ("at", 1, "leg 1: at 1 must be OPEN, CLOSE or a minute of the day"),
        ("weight", float("nan"), "leg 1: weight nan must be a finite share of NAV above 0"),
        ("weight", 0.0, r"leg 1: weight 0.0 must be a finite share of NAV above 0"),
        ("weight", float("inf"), "leg 1: weight inf must be a finite share of NAV above 0"),
        ("hold", 0, "leg 1: hold 0 must be from 1 to 10000 sessions"),
        ("wait", -1, "leg 1: wait -1 must be from 0 to 10000 sessions"),
    ],
)
def test_a_leg_that_makes_no_sense_is_named(name: str, value: float, said: str) -> None:
    wrong = LEGS.copy()
    wrong[name][1] = value
    with pytest.raises(ConfigError, match=said):
        backtest(Fixed(wrong), LAUNCHES, market())


@pytest.mark.parametrize("table", [None, [], np.zeros(3), np.zeros(2, [("row", "i4")])])
def test_what_is_no_table_of_legs_is_refused(table: Any) -> None:
    with pytest.raises(ConfigError, match="must return an array of dtype launchlab"):
        backtest(Fixed(table), LAUNCHES, market())


def test_legs_are_sorted_by_row_and_cannot_be_changed() -> None:
    legs = joined(one_leg(row=4), one_leg(row=2, code=1), one_leg(row=2))
    checked = checked_legs(legs, market())
    assert checked[["row", "code"]].tolist() == [(2, 1), (2, 0), (4, 0)]
    assert not checked.flags.writeable
    assert legs["row"].tolist() == [4, 2, 2], "the strategy's own table stays as it was"


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ConfigError, match="no engine 'zipline'; engines are backtrader, compiled"):
        RunOptions(engine="zipline")


def test_anything_with_legs_is_a_strategy() -> None:
    assert isinstance(Fixed(LEGS), Strategy)
    assert isinstance(LongShort(), Strategy)
    assert not isinstance("LongShort", Strategy)


def test_every_reason_and_moment_has_a_word() -> None:
    assert AT_NAMES == ("open", "touch", "close")
    words = [reason.label for reason in Reason]
    assert words[:8] == ["entry", "hold", "stop", "target", "trail", "margin", "delisted", "end"]
    assert {"limit_up", "limit_down", "sealed", "t_plus_one", "no_cash", "not_shortable"} <= set(words)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_tables_of_a_result_say_what_happened(engine: str) -> None:
    result = run(engine)
    assert [tuple(getattr(result, name).columns) for name in COLUMNS] == list(COLUMNS.values())
    fills = result.fills[["session", "at", "code", "launch", "price", "reason"]].values.tolist()
    assert fills == [
        [DAYS[1], "open", "0700.HK", "one", 502.0, "entry"],
        [DAYS[2], "open", "600519.SS", "one", 11.5, "entry"],
        [DAYS[3], "open", "0700.HK", "one", 512.0, "hold"],
        [DAYS[4], "open", "600519.SS", "one", 11.3, "hold"],
    ]
    (block,) = result.blocks.to_dict("records")
    assert (block["session"], block["reason"], block["filled"]) == (DAYS[1], "limit_up", 0)
    assert result.summary["blocked"] == {"limit_up": 1}
    equity = result.equity.iloc[-1]
    assert equity["equity"] == pytest.approx(equity["cash"] + equity["long"] - equity["short"])
    assert result.summary["metrics"]["profit"] == pytest.approx(equity["equity"] - 1e7)


def test_both_engines_write_the_same_tables() -> None:
    first, second = run("backtrader"), run("compiled")
    for name in COLUMNS:
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name), rtol=1e-9)


def test_two_runs_of_the_same_inputs_write_the_same_bytes(tmp_path: Path) -> None:
    for engine in ENGINES:
        for name in ("first", "second"):
            run(engine).save(tmp_path / engine / name)
        files = sorted(path.name for path in (tmp_path / engine / "first").iterdir())
        assert files == sorted(
            [*(f"{name}.csv" for name in COLUMNS if name not in UNLESS_EMPTY), "summary.json"]
        )
        for file in files:
            one, two = ((tmp_path / engine / name / file).read_bytes() for name in ("first", "second"))
            assert one == two, file


def test_a_run_is_compared_over_the_sessions_of_its_benchmark(tmp_path: Path) -> None:
    """10 % and 20 % on the rows 2 and 3, its first close on row 1: 1.1 × 1.2 − 1 = 32 %, beside the run from row 1 to 3."""
    returns = np.full(len(DAYS), np.nan)
    returns[1:4] = 0.0, 0.1, 0.2
    options = RunOptions(engine="compiled", benchmark=Benchmark("0700.HK", returns))
    result = backtest(Fixed(LEGS), LAUNCHES, market(), options=options)
    metrics, equity = result.summary.metrics, result.equity["equity"]
    assert metrics["benchmark_return"] == pytest.approx(0.32)
    assert metrics["return_beside_benchmark"] == pytest.approx(equity[3] / equity[1] - 1.0)
    capital = result.summary.capital
    assert result.comparison["benchmark"].tolist()[1:4] == pytest.approx(
        [capital, 1.1 * capital, 1.32 * capital]
    )
    result.save(tmp_path)
    for one in (result, load_result(tmp_path)):
        assert one.benchmark is not None
        assert one.benchmark.tolist() == pytest.approx([0.0, 0.1, 0.2])
        assert [str(day.date()) for day in one.benchmark.index] == list(DAYS[1:4])


@pytest.mark.parametrize("legs", [LEGS, empty_legs(0)], ids=["with fills", "without a leg"])
def test_a_result_can_be_rebuilt_from_its_folder(tmp_path: Path, legs: Any) -> None:
    benchmark = Benchmark("0700.HK", np.full(len(DAYS), 0.001))
    options = RunOptions(
        engine="compiled", benchmark=benchmark, parameters={"hold": 2}, command="launchlab backtest"
    )
    result = backtest(Fixed(legs), LAUNCHES, market(), options=options)
    result.save(tmp_path / "run")
    again = load_result(tmp_path / "run")
    for name in COLUMNS:
        saved, read = getattr(result, name), getattr(again, name)
        pd.testing.assert_frame_equal(saved, read, check_dtype=False, check_index_type=False)
    assert again.summary.to_json() == json.loads(json.dumps(result.summary.to_json()))
    pd.testing.assert_series_equal(again.returns, result.returns)
    assert again.benchmark is not None
    assert again.benchmark.tolist() == pytest.approx([0.001] * len(DAYS))
    again.save(tmp_path / "again")
    for path in (tmp_path / "run").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_a_damaged_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        load_result(tmp_path)
    run().save(tmp_path)
    (tmp_path / "fills.csv").write_text("session,at\n2026-03-05,open\n")
    with pytest.raises(DataError, match="expected the columns session,at,code"):
        load_result(tmp_path)
    run().save(tmp_path)
    (tmp_path / "summary.json").write_text("{")
    with pytest.raises(DataError, match="not valid JSON"):
        load_result(tmp_path)


def test_the_paper_portfolio_knows_neither_limits_nor_costs() -> None:
    # 4,000 shares of Tencent from 502 to 512, and the mainland share from 11.00 (locked) to 11.40
    result = run()
    cn = market()
    shares = 2_000_000 // (10.0 * cn.fx[0, 1]) // 100 * 100
    bought, sold = 11.0 * shares * cn.fx[1, 1], 11.4 * shares * cn.fx[3, 1]
    profit = 4_000 * (512 - 502) + sold - bought
    assert result.summary["metrics"]["paper_return"] == pytest.approx(profit / 1e7, rel=1e-9)


def test_returns_start_from_the_capital() -> None:
    result = run()
    growth = float(np.prod(1.0 + result.returns))
    assert growth == pytest.approx(result.equity["equity"].iloc[-1] / 1e7)
    assert len(result.returns) == len(DAYS)
    assert result.benchmark is None


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("at", [OPEN, CLOSE])
def test_the_exit_is_at_the_auction_of_the_entry(engine: str, at: int) -> None:
    legs = one_leg(at=at, weight=0.2, hold=3)
    result = backtest(Fixed(legs), LAUNCHES, market(), options=RunOptions(engine=engine))
    assert result.fills[["session", "at"]].values.tolist() == [
        [DAYS[1], AT_NAMES[at]],
        [DAYS[4], AT_NAMES[at]],
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("launch", 1),
        ("launch", -1),
        ("hold", 2_000_000_000),
        ("wait", 2_000_000_000),
        ("stop", -0.1),
        ("trail", np.inf),
    ],
)
def test_a_leg_outside_all_sense_is_refused_by_name(name: str, value: float) -> None:
    panel = market()
    legs = empty_legs(1)
    legs["side"], legs["weight"], legs["row"], legs["hold"] = 1, 0.1, 1, 1
    legs[name] = value
    with pytest.raises(ConfigError, match=f"leg 0: {name} "):
        checked_legs(legs, panel, 1)
