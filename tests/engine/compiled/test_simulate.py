"""The portfolio's rules by hand, in both engines: what each leg does, session by session."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from launchlab.data.bars.bars import Bars
from launchlab.data.instruments.table import load_instruments
from launchlab.data.panel.build import PanelOptions, build_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import checked_legs, execute
from launchlab.engine.compiled.points import POINT
from launchlab.engine.compiled.windows import Layout
from launchlab.engine.config import Config
from launchlab.engine.legs import AT_NAMES, CLOSE, Reason
from launchlab.engine.results.run import Run
from launchlab.engine.sweeps.points import METRICS, simulate_points

from ...markets.small_bars import bars
from ...markets.small_market import DAYS, joined, one_leg, without_costs

pytestmark = pytest.mark.parametrize("engine", ["backtrader", "compiled"])
MILLION = {"capital": 1_000_000.0, "participation": 1.0}


def tencent(opens: list[float], close: list[float], **columns: Any) -> Panel:
    return without_costs(build_panel([bars("0700.HK", DAYS[: len(close)], close, open=opens, **columns)]))


def moutai(opens: list[float], close: list[float], **columns: Any) -> Panel:
    one = bars("600519.SS", DAYS[: len(close)], close, open=opens, **columns)
    return without_costs(build_panel([one], currency="CNY"))


def done(legs: NDArray[Any], panel: Panel, engine: str, **config: Any) -> Run:
    return execute(checked_legs(legs, panel), panel, Config(**(MILLION | config)), engine)


def fills(run: Run) -> list[tuple[int, str, float, float, str]]:
    """(row, at, shares, price, reason) of each fill."""
    return [
        (int(f["row"]), AT_NAMES[f["at"]], float(f["shares"]), float(f["price"]), Reason(f["reason"]).label)
        for f in run.fills
    ]


def blocks(run: Run) -> list[tuple[int, float, float, str]]:
    """(row, wanted, filled, reason) of each attempt that got less than it wanted."""
    return [
        (int(b["row"]), float(b["wanted"]), float(b["filled"]), Reason(b["reason"]).label) for b in run.blocks
    ]


# entries


def test_a_leg_is_sized_yesterday_and_filled_today(engine: str) -> None:
    # closes 10, 12, 13; half of 10,000 at 10 is 500 shares; at 12 they leave 4,000; then 500 earn 1 each
    panel = tencent([10, 12, 13], [10, 12, 13])
    run = done(one_leg(hold=9), panel, engine, capital=10_000.0)
    assert fills(run) == [(1, "open", 500.0, 12.0, "entry")]
    assert run.cash.tolist() == [10_000.0, 4_000.0, 4_000.0]
    assert run.equity.tolist() == [10_000.0, 10_000.0, 10_500.0]


def test_what_the_volume_does_not_allow_is_tried_again(engine: str) -> None:
    # 5,000 wanted; a tenth of 20,000, 15,000 and 1,000,000 shares
    panel = tencent([100.0] * 5, [100.0] * 5, volume=[1e6, 2e4, 1.5e4, 1e6, 1e6])
    run = done(one_leg(wait=3, hold=9), panel, engine, participation=0.1)
    assert [(row, shares) for row, _, shares, _, _ in fills(run)] == [(1, 2000.0), (2, 1500.0), (3, 1500.0)]
    assert blocks(run) == [(1, 5000.0, 2000.0, "volume"), (2, 3000.0, 1500.0, "volume")]
    assert fills(done(one_leg(wait=0, hold=9), panel, engine, participation=0.1)) == [
        (1, "open", 2000.0, 100.0, "entry")
    ]


def test_two_legs_share_the_volume_of_a_session(engine: str) -> None:
    panel = tencent([100.0] * 3, [100.0] * 3, volume=[1e6, 3e4, 1e6])
    legs = joined(one_leg(weight=0.2, hold=9, wait=0), one_leg(weight=0.2, hold=9, wait=0, launch=1))
    run = done(legs, panel, engine, participation=0.1)
    assert [shares for _, _, shares, _, _ in fills(run)] == [2000.0, 1000.0]


def test_a_locked_board_is_tried_until_the_wait_is_over(engine: str) -> None:
    panel = moutai([10, 11, 12.1, 12.5, 12.5], [10, 11, 12.1, 12.5, 12.5])
    assert fills(done(one_leg(wait=1, hold=9), panel, engine)) == []
    run = done(one_leg(wait=2, hold=9), panel, engine)
    assert [(row, why) for row, *_, why in blocks(run)] == [(1, "limit_up"), (2, "limit_up")]
    assert [(row, price) for row, _, _, price, _ in fills(run)] == [(3, 12.5)]


def test_an_entry_that_is_tried_again_is_sized_again(engine: str) -> None:
    # half of 1,000,000 at yesterday's close: 10, then 11 (45,454 shares), then 12.10 (41,322), in lots of 100
    panel = moutai([10, 11, 12.1, 12.5, 12.5], [10, 11, 12.1, 12.5, 12.5])
    run = done(one_leg(wait=2, hold=9), panel, engine)
    assert blocks(run) == [(1, 50_000.0, 0.0, "limit_up"), (2, 45_400.0, 0.0, "limit_up")]
    assert fills(run) == [(3, "open", 41_300.0, 12.5, "entry")]


def test_an_entry_that_is_tried_again_is_sized_by_the_latest_nav(engine: str) -> None:
    # another leg's 5,000 shares rise from 100 to 109: a quarter of 1,045,000 instead of 1,000,000, at 12.10
    series = [
        bars("600000.SS", DAYS[:4], [100.0, 100.0, 109.0, 109.0], open=[100.0, 100.0, 100.0, 109.0]),
        bars("600519.SS", DAYS[:4], [10, 11, 12.1, 12.5], open=[10, 11, 12.1, 12.5]),
    ]
    panel = without_costs(build_panel(series, currency="CNY"))
    legs = joined(one_leg(hold=9), one_leg(code=1, wait=2, hold=9, weight=0.25, launch=1))
    run = done(legs, panel, engine)
    assert fills(run)[1] == (3, "open", 21_500.0, 12.5, "entry")  # 261,250 / 12.1 = 21,590


def test_what_is_left_of_a_partial_fill_keeps_its_size(engine: str) -> None:
    # 5,000 planned at 100; 2,000 are filled; the price doubles and 3,000 are still wanted
    panel = tencent([100.0, 100.0, 200.0, 200.0], [100.0, 200.0, 200.0, 200.0], volume=[1e6, 2e4, 1e6, 1e6])
    run = done(one_leg(wait=3, hold=9), panel, engine, participation=0.1)
    assert [(row, shares) for row, _, shares, _, _ in fills(run)] == [(1, 2000.0), (2, 3000.0)]


def test_a_refusal_of_the_exchange_comes_before_less_than_a_lot(engine: str) -> None:
    # 750 are 75 shares at 10 and 68 at 11: the locked board is said first, then that it is no lot, and that is all
    panel = moutai([10, 11, 11.5, 11], [10, 11, 11.5, 11])
    run = done(one_leg(wait=2, hold=9), panel, engine, capital=1_500.0)
    assert blocks(run) == [(1, 75.0, 0.0, "limit_up"), (2, pytest.approx(68.18, abs=0.01), 0.0, "below_lot")]


def test_less_than_a_lot_is_not_tried_again(engine: str) -> None:
    run = done(one_leg(wait=3), tencent([100.0] * 5, [100.0] * 5), engine, capital=15_000.0)
    assert blocks(run) == [(1, 75.0, 0.0, "below_lot")]


def test_the_first_cash_goes_to_the_first_leg(engine: str) -> None:
    panel = tencent([100.0] * 4, [100.0] * 4)
    legs = joined(one_leg(weight=0.7, hold=9, wait=0), one_leg(weight=0.7, hold=9, wait=0, launch=1))
    run = done(legs, panel, engine, max_gross=2.0, maintenance=0.0)
    assert [shares for _, _, shares, _, _ in fills(run)] == [7000.0, 3000.0]
    assert blocks(run) == [(1, 7000.0, 3000.0, "no_cash")]


def test_a_new_share_is_bought_when_it_has_a_price_to_size_it_by(tmp_path: Path, engine: str) -> None:
    table = tmp_path / "own.csv"
    table.write_text("code,listed\n603999.SS,2026-03-09\n")
    options = PanelOptions(instruments=load_instruments(table))
    series = [bars("603999.SS", DAYS[2:5], [20.0, 25.0, 26.0]), bars("600519.SS", DAYS[:5], [10.0] * 5)]
    panel = without_costs(build_panel(series, currency="CNY", options=options))
    run = done(one_leg(wait=3, hold=9), panel, engine)
    assert [(row, why) for row, _, _, why in blocks(run)] == [(1, "unlisted"), (2, "no_price")]
    assert fills(run) == [(3, "open", 25_000.0, 25.0, "entry")]  # 500,000 at 20


def test_a_share_listed_long_ago_whose_bars_begin_later_has_no_bar_until_then(engine: str) -> None:
    # Moutai is listed since 2001; its bars here begin on the fourth session
    series = [bars("600519.SS", DAYS[3:6], [20.0, 20.5, 21.0]), bars("601318.SS", DAYS[:6], [10.0] * 6)]
    panel = without_costs(build_panel(series, currency="CNY"))
    run = done(one_leg(wait=4, hold=9, code=panel.column("600519.SS")), panel, engine)
    assert [(row, why) for row, _, _, why in blocks(run)] == [(1, "no_bar"), (2, "no_bar"), (3, "no_price")]
    assert [(row, price) for row, _, _, price, _ in fills(run)] == [(4, 20.5)]


# money


def in_yuan(series: list[Bars], rates: list[float]) -> Panel:
    """A panel in yuan in which one Hong Kong dollar is worth so many at each close."""
    panel = without_costs(build_panel(series, currency="CNY"))
    fx = np.ones_like(panel.fx)
    fx[:, panel.currencies.index("HKD")] = rates
    return replace(panel, fx=fx)


@pytest.mark.parametrize(("today", "cash"), [(0.8, 20_000.0), (1.25, -25_000.0)])
def test_the_cash_of_an_order_is_counted_at_the_rate_that_was_known(
    engine: str, today: float, cash: float
) -> None:
    # 100,000 yuan are 1,000 shares at 100, and 800 at the open's 125, whatever a dollar is worth that evening
    panel = in_yuan([bars("0700.HK", DAYS[:3], [100, 125, 125])], [1.0, today, today])
    run = done(one_leg(weight=1.0, hold=9, wait=0), panel, engine, capital=100_000.0)
    assert fills(run) == [(1, "open", 800.0, 125.0, "entry")]
    assert blocks(run) == [(1, 1000.0, 800.0, "no_cash")]
    assert run.cash[1] == pytest.approx(cash)


def test_the_proceeds_of_a_sale_are_counted_at_the_rate_that_was_known(engine: str) -> None:
    # 1,000 sold at 100 dollars of 1 yuan buy 10,000 at 10 yuan; in the evening the dollar is worth 2
    series = [bars("0700.HK", DAYS[:4], [100.0] * 4), bars("600519.SS", DAYS[:4], [10.0] * 4)]
    panel = in_yuan(series, [1.0, 1.0, 2.0, 2.0])
    legs = joined(one_leg(weight=1.0, hold=1), one_leg(code=1, row=2, weight=2.0, hold=9, wait=0, launch=1))
    run = done(legs, panel, engine, capital=100_000.0, max_gross=4.0, maintenance=0.0)
    assert [(row, shares) for row, _, shares, _, _ in fills(run)] == [(1, 1e3), (2, -1e3), (2, 1e4)]
    assert blocks(run) == [(2, 20_000.0, 10_000.0, "no_cash")]
    assert run.cash[2] == pytest.approx(100_000.0)


def test_the_room_of_an_order_is_counted_at_the_rate_that_was_known(engine: str) -> None:
    # gross of one NAV: two shorts of 0.6 × 100,000 yuan at 100 dollars; the second has room for 400 shares
    panel = in_yuan([bars("0700.HK", DAYS[:3], [100.0] * 3)], [1.0, 1.25, 1.25])
    legs = joined(*(one_leg(side=-1, weight=0.6, hold=9, wait=0, launch=k) for k in range(2)))
    run = done(legs, panel, engine, capital=100_000.0, max_gross=1.0, short_collateral=0.0)
    assert [shares for _, _, shares, _, _ in fills(run)] == [-600.0, -400.0]


def test_a_delisted_short_is_bought_back_in_money_of_the_day(tmp_path: Path, engine: str) -> None:
    # 1,000 sold at 100 dollars of 0.5 yuan; bought back at 110 dollars of 2 yuan
    table = tmp_path / "own.csv"
    table.write_text(
        "code,listed,delisted,lots,shortable\n0005.HK,2010-01-04,2026-03-10,2010-01-04=100,2010-01-04..\n"
    )
    options = PanelOptions(instruments=load_instruments(table))
    series = [bars("0005.HK", DAYS[:3], [100.0, 100.0, 110.0]), bars("0700.HK", DAYS, [500.0] * 7)]
    panel = without_costs(build_panel(series, currency="CNY", options=options))
    rates = np.where(np.arange(len(panel)) < 3, 0.5, 2.0)[:, None]
    panel = replace(panel, fx=rates * np.ones_like(panel.fx), borrow=np.zeros_like(panel.borrow))
    run = done(one_leg(hold=9, side=-1, weight=0.05), panel, engine)
    assert fills(run) == [(1, "open", -1000.0, 100.0, "entry"), (3, "open", 1000.0, 110.0, "delisted")]
    assert run.cash.tolist()[:4] == pytest.approx([1e6, 1_050_000.0, 1_050_000.0, 830_000.0])


def test_buying_back_a_delisted_short_takes_its_cash_from_the_day_s_orders(
    tmp_path: Path, engine: str
) -> None:
    """1,000 sold at 100 dollars of 0.5 yuan leave 1,050,000; bought back at 110 at the known 0.5 they leave 995,000.

    At 500 dollars of the known 0.5 yuan that is 3,980 shares, in lots 3,900, whatever a dollar is worth that evening.
    """
    table = tmp_path / "own.csv"
    table.write_text(
        "code,listed,delisted,lots,shortable\n0005.HK,2010-01-04,2026-03-10,2010-01-04=100,2010-01-04..\n"
    )
    options = PanelOptions(instruments=load_instruments(table))
    series = [bars("0005.HK", DAYS[:3], [100.0, 100.0, 110.0]), bars("0700.HK", DAYS, [500.0] * 7)]
    panel = without_costs(build_panel(series, currency="CNY", options=options))
    rates = np.where(np.arange(len(panel)) < 3, 0.5, 2.0)[:, None]
    panel = replace(panel, fx=rates * np.ones_like(panel.fx), borrow=np.zeros_like(panel.borrow))
    buying = one_leg(code=panel.column("0700.HK"), row=3, weight=1.5, hold=9, wait=0, launch=1)
    legs = joined(one_leg(hold=9, side=-1, weight=0.05, code=panel.column("0005.HK")), buying)
    run = done(legs, panel, engine, max_gross=4.0, maintenance=0.0, short_collateral=0.0)
    assert fills(run)[1:] == [(3, "open", 1000.0, 110.0, "delisted"), (3, "open", 3900.0, 500.0, "entry")]
    assert blocks(run) == [(3, 5900.0, 3900.0, "no_cash")]
    assert run.cash[3] == pytest.approx(1_050_000.0 - 220_000.0 - 3_900_000.0)


def test_a_dividend_pays_for_the_day_s_orders_at_the_rate_that_was_known(engine: str) -> None:
    # 1,000 shares for all of 100,000; 10 dollars of the known 0.8 yuan on each buy 800 at 10 yuan, and are 20,000 that evening
    series = [bars("0700.HK", DAYS[:4], [125.0] * 4), bars("600519.SS", DAYS[:4], [10.0] * 4)]
    panel = in_yuan(series, [0.8, 0.8, 2.0, 2.0])
    actions = np.zeros(1, panel.actions.dtype)
    actions[0] = (2, panel.column("0700.HK"), 1.0, 10.0, 10.0)
    panel = replace(panel, actions=actions)
    legs = joined(one_leg(weight=1.0, hold=9), one_leg(code=1, row=2, weight=1.0, hold=9, wait=0, launch=1))
    run = done(legs, panel, engine, capital=100_000.0, max_gross=4.0, maintenance=0.0)
    assert [(row, shares) for row, _, shares, _, _ in fills(run)] == [(1, 1e3), (2, 800.0)]
    assert run.cash[2] == pytest.approx(20_000.0 - 8_000.0)
    assert run.dividends[2] == pytest.approx(20_000.0)


def test_borrow_is_charged_in_money_of_the_night(engine: str) -> None:
    # 0.5 % a year on 5,000 × 100 dollars of 0.8 yuan, from Friday to Monday; then one night at 0.5 yuan
    panel = in_yuan([bars("0700.HK", DAYS[:4], [100.0] * 4)], [1.0, 0.8, 0.5, 0.5])
    borrow = done(one_leg(side=-1, hold=9), panel, engine).borrow
    assert borrow.tolist() == pytest.approx([0, 0, 400_000 * 0.005 * 3 / 365, 250_000 * 0.005 / 365])


def unrecorded(legs: NDArray[Any], panel: Panel) -> NDArray[np.float64]:
    """The figures of a sweep's only point, whose run keeps no records."""
    points = np.zeros(1, POINT)
    points["scale"], points["wait"], points["hold"] = 1.0, -1, -1
    for rule in ("stop", "target", "trail"):
        points[rule] = np.nan
    config = Config(**MILLION)
    figures = simulate_points(Layout(panel), legs, config, points, periods=252.0, path="general")
    return np.asarray(figures[0])


def test_a_short_over_sessions_in_which_nothing_is_due_is_owed_and_borrowed_at_each_close(
    engine: str,
) -> None:
    """Sold at 100, closes of 110 and 90: 5,000 are worth 950,000 and 1,050,000 on the way, before the nights' borrow."""
    panel = tencent([100.0] * 7, [100.0, 100.0, 110.0, 90.0, 90.0, 90.0, 90.0])
    run = done(one_leg(side=-1, hold=50), panel, engine)
    assert run.equity + run.borrow.cumsum() == pytest.approx(
        [1e6, 1e6, 950_000.0, 1_050_000.0, 1_050_000.0, 1_050_000.0, 1_050_000.0]
    )
    swept = dict(zip(METRICS, unrecorded(one_leg(side=-1, hold=50), panel), strict=True))
    assert swept["total_return"] == pytest.approx(run.equity[-1] / 1e6 - 1.0, rel=1e-12)
    assert swept["max_drawdown"] == pytest.approx(run.equity[2] / 1e6 - 1.0, rel=1e-12)


def test_a_leg_that_joins_while_another_is_held_is_entered_where_no_records_are_kept(engine: str) -> None:
    """A sweep's run passes over sessions in which nothing is due, but not over one in which a leg joins."""
    panel = tencent([100.0] * 7, [100.0, 100.0, 101.0, 102.0, 103.0, 104.0, 105.0])
    legs = joined(one_leg(weight=0.2, hold=50), one_leg(row=4, weight=0.2, hold=50, launch=1))
    run = done(legs, panel, engine)
    swept = unrecorded(legs, panel)
    # 2,000 from 100 to 105; then 1,004,000 × 0.2 at 102 are 1,968, so 1,900 from 100 to 105
    assert [shares for _, _, shares, _, _ in fills(run)] == [2000.0, 1900.0]
    assert swept[METRICS.index("fills")] == 2
    assert swept[0] == pytest.approx(run.equity[-1] / 1e6 - 1.0, rel=1e-12)
    assert run.equity[-1] == pytest.approx(1_000_000.0 + 2000 * 5 + 1900 * 5)


# exits


def test_a_blocked_exit_is_tried_every_session(engine: str) -> None:
    panel = moutai([10, 10, 9, 8.1, 8.0, 8.0], [10, 10, 9, 8.1, 8.0, 8.0])
    run = done(one_leg(hold=1), panel, engine)
    assert fills(run) == [(1, "open", 50_000.0, 10.0, "entry"), (4, "open", -50_000.0, 8.0, "hold")]
    assert blocks(run) == [(2, -50_000.0, 0.0, "limit_down"), (3, -50_000.0, 0.0, "limit_down")]


def test_a_stop_on_the_close_trades_at_the_next_open(engine: str) -> None:
    panel = tencent([100, 100, 97, 93, 99], [100, 99, 94.9, 98, 99])
    run = done(one_leg(hold=9, stop=0.05), panel, engine)
    assert fills(run) == [(1, "open", 5000.0, 100.0, "entry"), (3, "open", -5000.0, 93.0, "stop")]


def test_a_touched_stop_trades_at_its_level_the_same_day_in_hong_kong(engine: str) -> None:
    panel = tencent([100, 100, 99], [100, 94, 99])
    run = done(one_leg(hold=9, stop=0.05), panel, engine, exit_on="touch")
    assert fills(run) == [(1, "open", 5000.0, 100.0, "entry"), (1, "touch", -5000.0, 95.0, "stop")]


def test_a_touched_stop_waits_for_the_next_day_in_shanghai(engine: str) -> None:
    panel = moutai([10, 10, 9.6], [10, 9.4, 9.6])
    run = done(one_leg(hold=9, stop=0.05), panel, engine, exit_on="touch")
    assert fills(run) == [(1, "open", 50_000.0, 10.0, "entry"), (2, "open", -50_000.0, 9.6, "stop")]
    assert blocks(run) == [(1, -50_000.0, 0.0, "t_plus_one")]


def test_a_trail_follows_the_best_close_of_a_short(engine: str) -> None:
    # sold at 100, lowest close 80, a tenth above it is 88
    panel = tencent([100, 100, 90, 82, 87, 89, 90], [100, 100, 80, 87.95, 88, 90, 90])
    run = done(one_leg(side=-1, hold=9, trail=0.1), panel, engine)
    assert fills(run) == [(1, "open", -5000.0, 100.0, "entry"), (5, "open", 5000.0, 89.0, "trail")]


def test_a_suspended_leg_is_sold_when_it_trades_again(engine: str) -> None:
    panel = tencent([100, 100, np.nan, np.nan, 90], [100, 100, np.nan, np.nan, 90], status=[1, 1, 0, 0, 1])
    run = done(one_leg(hold=1), panel, engine)
    assert fills(run)[1] == (4, "open", -5000.0, 90.0, "hold")
    assert [why for *_, why in blocks(run)] == ["suspended", "suspended"]
    assert run.equity.tolist() == [1e6, 1e6, 1e6, 1e6, 950_000.0]


def test_closing_out_sells_everything_at_the_last_close(engine: str) -> None:
    panel = tencent([100.0] * 4, [100, 101, 102, 103])
    run = done(one_leg(hold=50), panel, engine, close_out=True)
    assert fills(run)[1] == (3, "close", -5000.0, 103.0, "end")
    assert run.long[-1] == 0.0


def test_a_delisted_long_is_written_off_and_a_delisted_short_bought_back(tmp_path: Path, engine: str) -> None:
    table = tmp_path / "own.csv"
    table.write_text(
        "code,listed,delisted,lots,shortable\n0005.HK,2010-01-04,2026-03-10,2010-01-04=100,2010-01-04..\n"
    )
    options = PanelOptions(instruments=load_instruments(table))
    series = [bars("0005.HK", DAYS[:3], [100.0, 100.0, 110.0]), bars("0700.HK", DAYS, [500.0] * 7)]
    panel = without_costs(build_panel(series, options=options))
    long, short = done(one_leg(hold=9), panel, engine), done(one_leg(hold=9, side=-1), panel, engine)
    assert fills(long)[1] == (3, "open", -5000.0, 0.0, "delisted")
    assert long.equity[-1] == 500_000.0
    assert fills(short)[1] == (3, "open", 5000.0, 110.0, "delisted")
    assert short.equity[-1] == pytest.approx(950_000.0 - short.borrow.sum())


# both sides


def pair(long_open: list[float], volume: list[float]) -> Panel:
    """A mainland long and a Hong Kong short, both in one currency's worth."""
    series = [
        bars("600519.SS", DAYS[:5], long_open, volume=volume),
        bars("0700.HK", DAYS[:5], [100.0] * 5),
    ]
    return without_costs(build_panel(series, currency="CNY"))


def test_a_matched_short_waits_for_its_long(engine: str) -> None:
    panel = pair([10, 11, 11.5, 11.5, 11.5], [1e6] * 5)
    legs = joined(one_leg(weight=0.3, hold=9, wait=3), one_leg(weight=0.3, hold=9, wait=3, code=1, side=-1))
    run = done(legs, panel, engine, pairing="matched")
    first, second = (300_000 / (100 * panel.fx[row, 1]) // 100 * 100 for row in (0, 1))
    assert [(row, shares) for row, _, shares, _, _ in fills(run)] == [(2, 27_200.0), (2, -second)]  # at 11
    assert [(row, why) for row, *_, why in blocks(run)] == [(1, "limit_up"), (1, "unpaired")]
    alone = done(legs, panel, engine)
    assert [(row, shares) for row, _, shares, _, _ in fills(alone)] == [(1, -first), (2, 27_200.0)]


def test_a_matched_short_is_no_larger_than_its_long(engine: str) -> None:
    # 12,000 of 30,000 are bought: two fifths of the short's planned lots
    panel = pair([10.0] * 5, [1e6, 1.2e4, 1e6, 1e6, 1e6])
    legs = joined(one_leg(weight=0.3, hold=9, wait=0), one_leg(weight=0.3, hold=9, wait=0, code=1, side=-1))
    run = done(legs, panel, engine, pairing="matched")
    planned = 300_000 / (100 * panel.fx[0, 1]) // 100 * 100
    part = planned * 0.4 // 100 * 100
    assert [shares for _, _, shares, _, _ in fills(run)] == [12_000.0, -part]
    assert [why for *_, why in blocks(run)] == ["volume", "unpaired"]


def test_a_margin_call_cuts_the_short_at_the_next_open(engine: str) -> None:
    # short 5,000 at 100; at 210 the NAV is 450,000 of 1,050,000 gross: below a half, cut to 1 × NAV: 2,857 → 2,900
    panel = tencent([100, 100, 150, 210, 210], [100, 100, 210, 210, 210])
    run = done(one_leg(side=-1, hold=9), panel, engine, max_gross=1.0, maintenance=0.5)
    assert fills(run)[1] == (3, "open", 2900.0, 210.0, "margin")
    assert run.equity[2] == pytest.approx(450_000 - run.borrow[:3].sum())


def test_a_bankrupt_portfolio_covers_what_it_can_and_opens_nothing(engine: str) -> None:
    # short 5,000 at 100, then 400: the cash of 1,500,000 less the borrow fees covers 3,700
    panel = tencent([100, 100, 150, 400, 400], [100, 100, 400, 400, 400])
    legs = joined(one_leg(side=-1, hold=9), one_leg(row=3, hold=9, wait=0, launch=1))
    run = done(legs, panel, engine, max_gross=1.0, maintenance=0.5)
    assert run.equity[2] == pytest.approx(-500_000, abs=1_000)
    assert fills(run)[1] == (3, "open", 3700.0, 400.0, "margin")
    reasons = [(row, why) for row, *_, why in blocks(run)]
    assert (3, "no_cash") in reasons
    assert (3, "bankrupt") in reasons
    assert [block[1:3] for block in blocks(run) if block[3] == "bankrupt"] == [(0.0, 0.0)]
    assert run.cash.min() >= 0.0


def test_a_short_is_opened_only_where_it_is_allowed(engine: str) -> None:
    run = done(one_leg(side=-1, wait=0), moutai([10.0] * 4, [10.0] * 4), engine)
    assert blocks(run) == [(1, -50_000.0, 0.0, "not_shortable")]


def test_gross_exposure_is_cut_to_its_limit(engine: str) -> None:
    run = done(
        one_leg(side=-1, weight=1.5, hold=9, wait=0), tencent([100.0] * 3, [100.0] * 3), engine, max_gross=1.0
    )
    assert blocks(run) == [(1, -15_000.0, -10_000.0, "margin")]


def test_borrow_is_charged_for_every_night_on_last_night_s_value(engine: str) -> None:
    # 0.5 % a year on 500,000 from Friday 6 March to Monday, three nights; then one night on 505,000
    panel = tencent([100, 100, 101, 101], [100, 100, 101, 101])
    borrow = done(one_leg(side=-1, hold=9), panel, engine).borrow
    assert borrow.tolist() == pytest.approx([0, 0, 500_000 * 0.005 * 3 / 365, 505_000 * 0.005 / 365])


def test_an_entry_that_is_not_finished_when_it_is_due_leaves_before_others_enter(engine: str) -> None:
    """The second leg has had 5,000 of its 10,000 shares by the third session, on which it is due; the first, whose code was
    suspended until then, wants 9,000 and has the cash of that sale for them.
    """
    series = [
        bars("0700.HK", DAYS[:5], [100.0] * 5, volume=[1e6, 0, 0, 1e6, 1e6]),
        bars("9988.HK", DAYS[:5], [100.0] * 5, volume=[1e6, 3e4, 2e4, 1e6, 1e6]),
    ]
    legs = joined(one_leg(weight=0.9, wait=5, hold=9), one_leg(code=1, weight=1.0, wait=5, hold=2, launch=1))
    run = done(legs, without_costs(build_panel(series)), engine, participation=0.1)
    assert [(row, shares, why) for row, _, shares, _, why in fills(run)] == [
        (1, 3000.0, "entry"), (2, 2000.0, "entry"), (3, -5000.0, "hold"), (3, 9000.0, "entry"),
    ]  # fmt: skip


def test_an_exit_at_the_close_frees_its_cash_for_an_entry_at_the_same_close(engine: str) -> None:
    panel = tencent([100.0] * 5, [100.0] * 5)
    legs = joined(
        one_leg(weight=1.0, at=CLOSE, hold=2), one_leg(row=3, weight=1.0, at=CLOSE, hold=9, launch=1)
    )
    run = done(legs, panel, engine, maintenance=0.0)
    assert [(row, shares) for row, _, shares, _, _ in fills(run)] == [(1, 1e4), (3, -1e4), (3, 1e4)]


def test_a_position_of_one_share_is_kept(engine: str) -> None:
    """A consolidation of 5,000 shares to one leaves one."""
    panel = tencent(
        [100.0, 100.0, 500_000.0, 500_000.0], [100.0, 100.0, 500_000.0, 500_000.0], ratio=[1, 1, 0.0002, 1]
    )
    run = done(one_leg(hold=9), panel, engine)
    assert [(int(row["row"]), float(row["shares"])) for row in run.positions] == [
        (1, 5000.0),
        (2, 1.0),
        (3, 1.0),
    ]
