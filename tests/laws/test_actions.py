"""Corporate actions keep the value of what is held or owed, in both engines: no profit from a change of units."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from launchlab.data.bars.bars import Bars
from launchlab.data.panel.build import PanelOptions, build_panel, load_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import execute
from launchlab.engine.config import Config
from launchlab.engine.legs import OPEN, empty_legs
from launchlab.engine.results.run import Run

from ..markets.small_bars import bars

ENGINES = ("backtrader", "compiled")
# Both exchanges are open on all of these; the ex-date is 11 March.
DAYS = ("2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13")
EX = 4
UNTAXED = PanelOptions(dividend_tax_cn=0.0)
LONG, SHORT = 1, -1
HELD = 1000

# close before, close from the ex-date on, columns of the ex-date; (before − cash + rights × price) / ratio
ACTIONS: dict[str, tuple[float, float, dict[str, float]]] = {
    "a split of ten for one": (100.0, 10.0, {"ratio": 10.0}),
    "a reverse split of one for ten": (1.0, 10.0, {"ratio": 0.1}),
    "a bonus of three for ten": (13.0, 10.0, {"ratio": 1.3}),
    "a dividend of 0.20": (10.0, 9.8, {"cash": 0.2}),
    "a bonus of eight for ten and 0.50": (18.5, 10.0, {"ratio": 1.8, "cash": 0.5}),
    "rights of three for ten at 5": (13.0, 11.15, {"rights": 0.3, "rights_price": 5.0}),
    "a reference below the close": (10.0, 9.8, {"pre_close": 9.8}),
}


def history(code: str, before: float, after: float, action: dict[str, float]) -> Bars:
    close = [before] * EX + [after] * (len(DAYS) - EX)
    columns: dict[str, Any] = {}
    for name, value in action.items():
        if name == "pre_close":
            columns[name] = [before] * EX + [value] + [after] * (len(DAYS) - EX - 1)
        else:
            nothing = 1.0 if name == "ratio" else 0.0
            columns[name] = [nothing] * EX + [value] + [nothing] * (len(DAYS) - EX - 1)
    return bars(code, DAYS, close, **columns)


def held(panel: Panel, side: int, engine: str, *, hold: int = 50, shares: int = HELD) -> Run:
    """One leg of `shares`, opened on the second session and held over the ex-date."""
    legs = empty_legs(1)
    legs["row"], legs["at"], legs["hold"], legs["side"] = 1, OPEN, hold, side
    capital = 10_000_000.0
    legs["weight"] = (shares + 1) * panel.close[0, 0] * panel.fx[0, panel.currency_of[0]] / capital
    return execute(legs, panel, Config(capital=capital, participation=1.0), engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize(
    ("code", "side"), [("0700.HK", LONG), ("0700.HK", SHORT), ("600519.SS", LONG)], ids=["hk", "short", "cn"]
)
def test_the_value_goes_through_the_ex_date_unchanged(code: str, side: int, name: str, engine: str) -> None:
    before, after, action = ACTIONS[name]
    panel = build_panel(
        [history(code, before, after, action)],
        currency="HKD" if code.endswith("HK") else "CNY",
        options=UNTAXED,
    )
    run = held(panel, side, engine)
    assert run.fills["shares"].tolist() == [side * HELD]
    change = run.equity[EX] - run.equity[EX - 1] + run.borrow[EX]
    assert change == pytest.approx(0.0, abs=1e-6)
    assert (run.borrow[EX] > 0.0) == (side == SHORT)
    ratio = action.get("ratio", 1.0)
    ratio = (
        (before - action.get("cash", 0.0)) / after if "rights" in action or "pre_close" in action else ratio
    )
    after_shares = run.positions["shares"][run.positions["row"] == EX]
    assert after_shares.tolist() == [side * np.floor(HELD * ratio + 1e-6)]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_reference_s_rounding_is_the_only_change_of_value(engine: str) -> None:
    # 3 for 10 and 0.20 on 13.00 give 9.846…, published as 9.85: 1,300 × 9.85 + 200 is 5 more than 13,000
    panel = build_panel(
        [history("600519.SS", 13.0, 9.85, {"ratio": 1.3, "cash": 0.2})], currency="CNY", options=UNTAXED
    )
    run = held(panel, LONG, engine)
    assert run.equity[EX] - run.equity[EX - 1] == pytest.approx(5.0, abs=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_dividend_is_taxed_for_the_long_and_owed_whole_by_the_short(engine: str) -> None:
    mainland = build_panel([history("600519.SS", 10.0, 9.0, {"cash": 1.0})], currency="CNY")
    run = held(mainland, LONG, engine)
    assert run.dividends[EX] == pytest.approx(800.0)
    assert run.equity[EX] - run.equity[EX - 1] == pytest.approx(-200.0)
    taxed = PanelOptions(dividend_tax_hk=0.1)
    hong_kong = build_panel([history("0700.HK", 10.0, 9.0, {"cash": 1.0})], options=taxed)
    assert held(hong_kong, LONG, engine).dividends[EX] == pytest.approx(900.0)
    assert held(hong_kong, SHORT, engine).dividends[EX] == pytest.approx(-1000.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_flat_price_with_a_dividend_is_a_flat_equity(engine: str) -> None:
    # 1,000 shares at 10, 10, 10, 10, then 9 with 1.00 paid
    panel = build_panel([history("0700.HK", 10.0, 9.0, {"cash": 1.0})])
    equity = held(panel, LONG, engine).equity
    assert np.ptp(equity[1:]) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_fractions_of_a_share_are_paid_out_at_the_reference(engine: str) -> None:
    exact = build_panel([history("0700.HK", 10.32, 8.0, {"ratio": 1.29})])
    run = held(exact, LONG, engine, shares=1100)
    assert run.positions["shares"][run.positions["row"] == EX].tolist() == [1419.0]  # 1,100 × 1.29
    odd = build_panel([history("0700.HK", 10.32, 8.0, {"ratio": 1.2905, "pre_close": 8.0})])
    run = held(odd, LONG, engine, shares=1100)
    assert run.positions["shares"][run.positions["row"] == EX].tolist() == [1419.0]  # 1,419.55
    assert run.dividends[EX] == pytest.approx(0.55 * 8.0)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("side", [LONG, SHORT])
def test_an_ex_date_inside_a_suspension_keeps_the_value(side: int, engine: str) -> None:
    close = [20.0, 20.0, 20.0, np.nan, np.nan, 10.0, 10.0]
    status = [1, 1, 1, 0, 0, 1, 1]
    ratio = [1.0, 1.0, 1.0, 1.0, 2.0, 1.0, 1.0]
    panel = build_panel([bars("0700.HK", DAYS, close, status=status, ratio=ratio)])
    run = held(panel, side, engine)
    moves = np.diff(run.equity)[1:] + run.borrow[2:]
    np.testing.assert_allclose(moves, 0.0, atol=1e-6)
    assert run.positions["shares"].tolist() == [side * HELD] * 3 + [side * 2 * HELD] * 3


@pytest.mark.parametrize("engine", ENGINES)
def test_an_ex_date_on_a_bad_bar_keeps_the_value(engine: str) -> None:
    one = history("0700.HK", 20.0, 10.0, {"ratio": 2.0})
    high = one.high.copy()
    high[EX] = 1.0  # below the low
    broken = bars("0700.HK", DAYS, one.close, ratio=[1, 1, 1, 1, 2, 1, 1], high=high)
    panel = build_panel([broken], options=PanelOptions(bad_bars="suspend"))
    run = held(panel, LONG, engine)
    np.testing.assert_allclose(np.diff(run.equity)[1:], 0.0, atol=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_levels_of_a_leg_follow_a_split(engine: str) -> None:
    # a stop 5 % below the entry at 100 is 9.50 after the split: 9.60 keeps the leg, 9.50 ends it
    close = [100.0, 100.0, 100.0, 100.0, 9.6, 9.5, 9.4]
    panel = build_panel([bars("0700.HK", DAYS, close, ratio=[1, 1, 1, 1, 10, 1, 1])])
    legs = empty_legs(1)
    legs["row"], legs["hold"], legs["side"], legs["weight"], legs["stop"] = 1, 50, LONG, 0.02, 0.05
    run = execute(legs, panel, Config(), engine)
    assert [(f["row"], f["price"]) for f in run.fills] == [(1, 100.0), (6, 9.4)]
    assert run.fills["shares"].tolist() == [2000.0, -20_000.0]


OLD = ("2025-09-26", "2025-09-29", "2025-09-30")
NEW = ("2025-10-09", "2025-10-10", "2025-10-13")


def write_csv(path: Path, days: Sequence[str], close: float) -> None:
    rows = [f"{day},{close},{close},{close},{close},1000000" for day in days]
    path.write_text("\n".join(["date,open,high,low,close,volume", *rows]) + "\n")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_change_of_code_keeps_the_holding(tmp_path: Path, engine: str) -> None:
    write_csv(tmp_path / "839493.BJ.csv", OLD, 20.0)
    write_csv(tmp_path / "920493.BJ.csv", NEW, 20.0)
    panel = load_panel(["839493.BJ"], currency="CNY", prices=tmp_path)
    assert panel.codes == ("920493.BJ",)
    run = held(panel, LONG, engine)
    assert np.ptp(run.equity[1:]) == pytest.approx(0.0, abs=1e-6)
    kept = run.positions["shares"]
    assert kept.tolist() == [HELD + 1] * (len(panel) - 1)  # Beijing: from 100 by one
