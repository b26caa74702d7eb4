"""What a launch paid on paper, what was captured, and where the rest went: worked out by hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from launchlab.data.panel.build import PanelOptions, build_panel
from launchlab.data.panel.panel import TRADING, Panel
from launchlab.engine.backtest.backtest import RunOptions, backtest
from launchlab.engine.backtest.frictions import ladder
from launchlab.engine.compiled.simulate import simulate
from launchlab.engine.config import Config, LimitPolicy, Pairing
from launchlab.engine.results.attribution import attribute, leg_profits
from launchlab.engine.results.result import PAID
from launchlab.engine.results.run import Run

from ...markets.random_markets import random_config, random_legs, random_panel
from ...markets.small_bars import bars
from ...markets.small_market import DAYS, Fixed, joined, launch_of, ledger, one_leg, without_costs

MILLION = Config(capital=1_000_000.0, participation=1.0)


def paid(panel: Panel, legs: NDArray[Any], which: int = 0, **more: Any) -> pd.Series:
    """A launch's row, of launches one hour apart on the evening before the first session."""
    config = MILLION.model_copy(update=more)
    launches = [
        launch_of("0700.HK", f"{panel.sessions[0]}T{20 + k}:00+08:00", f"launch {k}")
        for k in range(int(legs["launch"].max()) + 1)
    ]
    options = RunOptions(engine="compiled")
    table = backtest(Fixed(legs), ledger(*launches), panel, config, options=options).launches
    return table.iloc[which]


def assert_paid(row: pd.Series, **expected: float) -> None:
    """Paper and every part of it; a part that is not named is 0, and the parts add up to the whole."""
    names = ("paper", *PAID)
    assert {name: row[name] for name in names} == pytest.approx(
        dict.fromkeys(names, 0.0) | expected, abs=1e-9
    )
    assert expected["paper"] == pytest.approx(sum(v for k, v in expected.items() if k != "paper"), abs=1e-12)


def borrowed_at(panel: Panel, rate: float) -> Panel:
    return replace(panel, borrow=np.full_like(panel.borrow, rate))


def tencent(opens: list[float], close: list[float], **columns: Any) -> Panel:
    return build_panel([bars("0700.HK", DAYS[: len(close)], close, open=opens, **columns)])


def moutai(opens: list[float], close: list[float], **columns: Any) -> Panel:
    return build_panel([bars("600519.SS", DAYS[: len(close)], close, open=opens, **columns)], currency="CNY")


def two_in_hong_kong(tencent: list[float], alibaba: list[float]) -> Panel:
    """Without costs; both open where they close."""
    prices = {"0700.HK": tencent, "9988.HK": alibaba}
    return without_costs(
        build_panel([bars(code, DAYS[: len(close)], close) for code, close in prices.items()])
    )


def test_the_gap_before_the_first_open_is_missed_and_the_rest_is_captured() -> None:
    # 5,000 shares sized at 100, bought at 110, sold at 121: paper 0.5 × 21 %, gap 0.5 × 10 %
    panel = without_costs(tencent([100, 110, 112, 121, 120], [100, 112, 115, 120, 120]))
    row = paid(panel, one_leg())
    assert_paid(row, paper=0.105, captured=0.055, missed_gap=0.05)
    assert (row["long_profit"], row["short_profit"]) == (pytest.approx(55_000.0), 0.0)
    assert (row["legs"], row["filled_legs"], row["blocked"], row["first_session"]) == (1, 1, 0, DAYS[1])


def test_costs_come_out_of_what_was_captured() -> None:
    # 550,000: stamp 550, levies 14.85 + 0.83 + 31.08 + 23.10; 605,000: 605, 16.34 + 0.91 + 34.18 + 25.41
    panel = tencent([100, 110, 112, 121, 120], [100, 112, 115, 120, 120])
    row = paid(panel, one_leg())
    costs = (550 + 69.86 + 605 + 76.84) / 1e6
    assert_paid(row, paper=0.105, captured=0.055 - costs, missed_gap=0.05, costs=costs)
    assert row["long_profit"] == pytest.approx(55_000 - costs * 1e6)


def test_a_short_earns_what_the_price_falls_and_pays_for_its_shares() -> None:
    """Sized at 100, sold at 90, covered at 81: paper 0.5 × 19 %, gap 0.5 × 10 %.

    At 36.5 % a year a share at 88 costs 0.088 a night over the three of a weekend, one at 85 costs 0.085 for one.
    """
    panel = without_costs(tencent([100, 90, 88, 81, 80], [100, 88, 85, 80, 80]))
    row = paid(borrowed_at(panel, 0.365), one_leg(side=-1))
    borrow = 5_000 * (3 * 0.088 + 0.085) / 1e6
    assert_paid(row, paper=0.095, captured=0.045 - borrow, missed_gap=0.05, borrow=borrow)
    assert row["short_profit"] == pytest.approx(45_000.0 - 5_000 * (3 * 0.088 + 0.085))


def test_a_short_still_held_owes_until_the_last_session_and_no_longer() -> None:
    panel = without_costs(tencent([100, 100, 100], [100, 100, 100]))
    borrow = 5_000 * 3 * 0.1 / 1e6
    row = paid(borrowed_at(panel, 0.365), one_leg(side=-1, hold=20))
    assert_paid(row, paper=0.0, captured=-borrow, borrow=borrow)


def test_a_locked_board_costs_what_the_price_ran_away() -> None:
    """50,000 sized at 10.00. On paper bought at the locked 11.00 and sold a session later at 11.50; in truth sized again
    at 11.00, 45,454.5 in lots of 100, bought at 11.50 and sold at 11.40.
    """
    panel = without_costs(moutai([10, 11, 11.5, 11.4, 11.4], [10, 11, 11.6, 11.4, 11.4]))
    row = paid(panel, one_leg(wait=3, hold=1))
    assert_paid(
        row,
        paper=0.075,
        captured=-0.00454,
        missed_gap=0.05,
        missed_limits=0.025 + 0.05 / 11,
        missed_size=0.00454 - 0.05 / 11,
    )
    assert row["blocked"] == 1


def test_a_board_that_never_opens_misses_everything() -> None:
    # the exit that `hold` would have made is the third session's open, 12.10
    row = paid(moutai([10, 11, 12.1, 13.31], [10, 11, 12.1, 13.31]), one_leg(wait=1, hold=1))
    assert_paid(row, paper=0.105, missed_gap=0.05, missed_limits=0.055)
    assert (row["filled_legs"], row["blocked"]) == (0, 2)


def test_an_exit_that_a_lock_delays_is_a_limit_too() -> None:
    """Bought at 10.00; on paper sold at the locked 9.00, in truth a session later at 8.50."""
    panel = without_costs(moutai([10, 10, 9, 8.5, 8.5], [10, 10, 9, 8.5, 8.5]))
    row = paid(panel, one_leg(hold=1))
    assert_paid(row, paper=-0.05, captured=-0.075, missed_limits=0.025)


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
    row = paid(panel, one_leg(row=2, wait=0, hold=1))
    assert_paid(row, paper=0.105, missed_gap=0.05, missed_limits=0.055)
    assert row["blocked"] == 1


def test_a_suspension_that_outlasts_the_wait_counts_with_the_limits() -> None:
    """10.00, two sessions suspended, then 11.00 and 12.00: the gap is known at 11.00; three sessions end at 12.00."""
    panel = moutai([10, 10, 10, 11, 12], [10, 10, 10, 11, 12], volume=[1e6, 0, 0, 1e6, 1e6])
    row = paid(panel, one_leg(wait=1, hold=3))
    assert_paid(row, paper=0.1, missed_gap=0.05, missed_limits=0.05)
    assert (row["filled_legs"], row["blocked"]) == (0, 2)


def test_what_never_traded_leaves_on_paper_at_the_first_session_that_trades_after_its_hold() -> None:
    """Suspended on the 6th and 9th, when a hold of one session is over: in and out at the 11.00 of the 10th."""
    panel = moutai([10, 10, 10, 11, 12], [10, 10, 10, 11, 12], volume=[1e6, 0, 0, 1e6, 1e6])
    assert_paid(paid(panel, one_leg(wait=0, hold=1)), paper=0.05, missed_gap=0.05)


def test_a_code_that_never_trades_again_counts_at_its_last_mark() -> None:
    panel = moutai([10, 10, 10], [10, 10, 10], volume=[1e6, 0, 0])
    assert_paid(paid(panel, one_leg(wait=0)), paper=0.0)


def test_slippage_moves_nothing_but_slippage() -> None:
    """5,000 shares sized at 100: bought at 110.00, sold at 121.00; with 50 bp at 110.60 and 120.30, on the tick of 0.10."""
    panel = without_costs(tencent([100, 110, 112, 121, 120], [100, 112, 115, 120, 120]))
    row = paid(panel, one_leg(), slippage_bp=50.0)
    slippage = 5_000 * (0.6 + 0.7) / 1e6
    assert_paid(row, paper=0.105, captured=0.055 - slippage, missed_gap=0.05, slippage=slippage)


def test_a_stop_that_only_slippage_reaches_is_slippage() -> None:
    """Bought at 100.00, or 105.00 with slippage of 5 %: the stop at 95 % of it, 99.75, is met by the close of 99.00.

    Then it is sold at the next open, 100 less 5 %; without slippage it is held for all four sessions, until 120.
    """
    panel = without_costs(tencent([100, 100, 100, 100, 100, 120], [100, 100, 99, 100, 100, 120]))
    row = paid(panel, one_leg(hold=4, stop=0.05), slippage_bp=500.0)
    assert_paid(row, paper=0.1, captured=-0.05, slippage=0.15)


def test_lack_of_cash_is_no_limit() -> None:
    """9,000 of each are wanted at 100; 100,000 are left for the second. Hong Kong knows no price limit."""
    panel = two_in_hong_kong([100, 100, 110, 110], [100, 100, 110, 110])
    legs = joined(one_leg(hold=1, weight=0.9), one_leg(hold=1, weight=0.9, code=1, launch=1, wait=0))
    assert_paid(paid(panel, legs), paper=0.09, captured=0.09)
    row = paid(panel, legs, 1)
    assert_paid(row, paper=0.09, captured=0.01, missed_cash=0.08)
    assert row["missed_limits"] == 0.0
    assert row["blocked"] == 1


def test_a_launch_blocked_for_cash_altogether_misses_the_whole_move_for_it() -> None:
    panel = two_in_hong_kong([100, 100, 110, 110], [100, 100, 110, 110])
    legs = joined(one_leg(hold=1, weight=1.0), one_leg(hold=1, weight=0.5, code=1, launch=1, wait=0))
    row = paid(panel, legs, 1)
    assert_paid(row, paper=0.05, missed_cash=0.05)
    assert (row["filled_legs"], row["blocked"]) == (0, 1)


def test_a_short_without_its_long_is_not_blocked_by_a_limit_of_its_own() -> None:
    """The long is locked at 11.00 and would have left at 11.50; its short would have earned a tenth of a quarter."""
    panel = without_costs(
        build_panel(
            [
                bars("600519.SS", DAYS[:4], [10, 11, 11.6, 11.4], open=[10, 11, 11.5, 11.4]),
                bars("0700.HK", DAYS[:4], [100, 100, 90, 90]),
            ],
            currency="CNY",
            options=PanelOptions(dividend_tax_cn=0.0),
        )
    )
    panel = replace(panel, fx=np.ones_like(panel.fx))
    legs = joined(
        one_leg(hold=1, weight=0.25, wait=0), one_leg(hold=1, weight=0.25, wait=0, side=-1, code=1, launch=0)
    )
    row = paid(panel, legs, pairing=Pairing.MATCHED)
    assert_paid(
        row, paper=0.25 * 0.15 + 0.025, missed_gap=0.025, missed_limits=0.25 * 0.05, missed_cash=0.025
    )


def test_a_share_of_the_volume_is_a_matter_of_size() -> None:
    # a tenth of 10,000 shares traded: 1,000 of 5,000 are bought, a fifth of 10 % × 0.5 is captured
    panel = without_costs(
        tencent([100, 100, 110, 110], [100, 100, 110, 110], volume=np.array([1e4, 1e4, 1e6, 1e6]))
    )
    row = paid(panel, one_leg(wait=0, hold=1), participation=0.1)
    assert_paid(row, paper=0.05, captured=0.01, missed_size=0.04)


def test_what_no_lot_holds_is_a_matter_of_size() -> None:
    # 500,000 at 300 are 1,666.67 shares, 16 lots of 100; each earns 30
    panel = without_costs(tencent([300, 300, 330, 330], [300, 300, 330, 330]))
    assert_paid(paid(panel, one_leg(hold=1)), paper=0.05, captured=0.048, missed_size=0.002)


def test_shares_that_nobody_may_sell_short_are_a_matter_of_size() -> None:
    row = paid(moutai([10, 10, 9.5, 9.5], [10, 10, 9.5, 9.5]), one_leg(side=-1, hold=1, wait=0))
    assert_paid(row, paper=0.025, missed_size=0.025)


def test_a_dividend_counts_on_paper_and_in_hand() -> None:
    panel = without_costs(tencent([100, 100, 99, 99, 99], [100, 100, 99, 99, 99], cash=[0, 0, 1, 0, 0]))
    assert_paid(paid(panel, one_leg()), paper=0.0)


def test_the_tax_on_a_dividend_has_its_own_part() -> None:
    # 0.50 on each of 50,000 shares, a fifth of it withheld
    panel = without_costs(moutai([10, 10, 9.5, 9.5], [10, 10, 9.5, 9.5], cash=[0, 0, 0.5, 0]))
    row = paid(panel, one_leg(hold=1))
    assert_paid(row, paper=0.0, captured=-0.005, dividend_tax=0.005)


def test_a_dividend_of_the_last_session_belongs_to_what_is_still_held() -> None:
    panel = without_costs(tencent([100, 100, 100, 99], [100, 100, 100, 99], cash=[0, 0, 0, 1]))
    assert_paid(paid(panel, one_leg(hold=20)), paper=0.0)


def test_a_split_changes_nothing() -> None:
    panel = without_costs(tencent([100, 110, 11, 12.1, 12], [100, 110, 11, 12, 12], ratio=[1, 1, 10, 1, 1]))
    assert_paid(paid(panel, one_leg()), paper=0.105, captured=0.055, missed_gap=0.05)


def in_hong_kong_dollars(folder: Path, close: list[float], rates: list[float]) -> Panel:
    """Moutai without costs, at a rate of its own on each of four sessions."""
    path = folder / "fx.csv"
    rows = [f"{day},{rate}" for day, rate in zip(DAYS[:4], rates, strict=True)]
    path.write_text("\n".join(["date,CNYHKD", *rows]) + "\n")
    return without_costs(build_panel([bars("600519.SS", DAYS[:4], close)], options=PanelOptions(fx=path)))


def test_the_currency_is_part_of_the_return(tmp_path: Path) -> None:
    # CNY at 1.25, 1.60, then 2.00: 40,000 shares sized at 12.50 HKD, bought at 16, sold at 20
    panel = in_hong_kong_dollars(tmp_path, [10.0] * 4, [1.25, 1.6, 1.6, 2.0])
    assert_paid(paid(panel, one_leg(hold=2)), paper=0.3, captured=0.16, missed_gap=0.14)


def test_what_never_traded_is_worth_the_last_mark_at_the_last_rate(tmp_path: Path) -> None:
    """Locked to the end: 12.50 HKD before, 13.75 at the first auction, 13.31 CNY at 2.00 in the end."""
    panel = in_hong_kong_dollars(tmp_path, [10, 11, 12.1, 13.31], [1.25, 1.25, 1.25, 2.0])
    row = paid(panel, one_leg(wait=1, hold=20))
    assert_paid(row, paper=0.5648, missed_gap=0.05, missed_limits=0.5148)


def test_what_is_still_held_counts_at_its_last_mark() -> None:
    panel = without_costs(tencent([100, 110, 112], [100, 112, 121]))
    assert_paid(paid(panel, one_leg(hold=20)), paper=0.105, captured=0.055, missed_gap=0.05)


def test_both_sides_of_a_launch_are_added_up() -> None:
    panel = borrowed_at(two_in_hong_kong([100, 100, 110, 110], [100, 100, 95, 95]), 0.0)
    legs = joined(one_leg(hold=1, weight=0.25), one_leg(hold=1, weight=0.25, side=-1, code=1))
    row = paid(panel, legs)
    assert_paid(row, paper=0.0375, captured=0.0375)
    assert (row["long_profit"], row["short_profit"]) == (pytest.approx(25_000), pytest.approx(12_500))
    assert row["codes"] == "0700.HK;9988.HK"


# orders that follow no leg


def by_reason(panel: Panel, legs: NDArray[Any], **more: Any) -> pd.Series:
    """The row of the only launch as for a strategy that sends its own orders."""
    run = simulate(legs, panel, MILLION.model_copy(update=more))
    return attribute(panel, ledger(launch_of("0700.HK")), legs, run).iloc[0]


def test_without_a_plan_slippage_is_told_by_the_price_of_the_auction() -> None:
    panel = without_costs(tencent([100, 110, 112, 121, 120], [100, 112, 115, 120, 120]))
    slippage = 5_000 * (0.6 + 0.7) / 1e6
    assert_paid(
        by_reason(panel, one_leg(), slippage_bp=50.0),
        paper=0.105, captured=0.055 - slippage, missed_gap=0.05, slippage=slippage,
    )  # fmt: skip


def test_without_a_plan_what_is_missing_goes_to_the_reason_that_stopped_it() -> None:
    # 45,400 sized at 11.00 earn 0.50 each a session later, where the board was locked or the money lent elsewhere
    locked = without_costs(moutai([10, 11, 11.5, 12, 12], [10, 11, 11.6, 12, 12]))
    assert_paid(
        by_reason(locked, one_leg(wait=3, hold=1)),
        paper=0.1, captured=0.0227, missed_gap=0.05, missed_limits=0.0273,
    )  # fmt: skip
    thin = without_costs(
        tencent([100, 100, 110, 110], [100, 100, 110, 110], volume=np.array([1e4, 1e4, 1e6, 1e6]))
    )
    assert_paid(
        by_reason(thin, one_leg(wait=0, hold=1), participation=0.1),
        paper=0.05, captured=0.01, missed_size=0.04,
    )  # fmt: skip
    poor = without_costs(tencent([100, 100, 110, 110], [100, 100, 110, 110]))
    assert_paid(
        by_reason(poor, one_leg(wait=0, hold=1, weight=1.5)), paper=0.15, captured=0.1, missed_cash=0.05
    )


# laws


def test_without_a_plan_an_order_that_never_filled_is_paid_on_paper_until_the_last_mark() -> None:
    """A board locked to the end: 10.00 → 13.31, of which 10.00 → 11.00 went before the first auction."""
    panel = without_costs(moutai([10, 11, 12.1, 13.31], [10, 11, 12.1, 13.31]))
    row = by_reason(panel, one_leg(wait=1, hold=20))
    assert_paid(row, paper=0.5 * 0.331, missed_gap=0.05, missed_limits=0.5 * 0.231)


def test_without_a_plan_what_is_still_held_is_paid_on_paper_until_the_last_mark() -> None:
    """5,000 bought at 110 and still held at 118, the session before at 115; sized at 100."""
    panel = without_costs(tencent([100, 110, 112, 116], [100, 112, 115, 118]))
    row = by_reason(panel, one_leg(hold=20))
    assert_paid(row, paper=0.09, captured=0.04, missed_gap=0.05)


def test_without_a_plan_what_is_still_held_is_worth_its_last_mark_at_the_last_rate(tmp_path: Path) -> None:
    """40,000 sized and bought at 10.00 CNY for 1.25, at 2.00 in the end."""
    row = by_reason(in_hong_kong_dollars(tmp_path, [10.0] * 4, [1.25, 1.25, 1.25, 2.0]), one_leg(hold=20))
    assert_paid(row, paper=0.3, captured=0.3)


def random_run(seed: int, **fixed: Any) -> tuple[Panel, NDArray[Any], Config, pd.DataFrame, Run]:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng)
    legs, config = random_legs(rng, panel), random_config(rng).model_copy(update=fixed)
    launches = ledger(
        *(
            launch_of("0000.HK", f"2025-03-01T{k:02d}:00+08:00", f"l{k:02d}")
            for k in range(legs["launch"].max() + 1)
        )
    )
    run = simulate(legs, panel, config)
    return (
        panel,
        legs,
        config,
        attribute(panel, launches, legs, run, ladder(legs, panel, config, run.equity)),
        run,
    )


FEW = settings(max_examples=40, phases=(Phase.explicit, Phase.reuse, Phase.generate))
SEEDS = st.integers(0, 2**32 - 1)


@FEW
@given(SEEDS)
def test_the_profits_of_all_launches_are_the_profit_of_the_portfolio(seed: int) -> None:
    panel, legs, config, table, run = random_run(seed)
    profit = table["long_profit"].sum() + table["short_profit"].sum()
    assert profit == pytest.approx(run.equity[-1] - config.capital, rel=1e-9, abs=1e-4)
    assert leg_profits(panel, legs, run.fills).sum() == pytest.approx(profit, rel=1e-9, abs=1e-4)
    assert table["blocked"].sum() == len(run.blocks)


@FEW
@given(SEEDS)
def test_the_parts_add_up_to_paper(seed: int) -> None:
    _, _, _, table, _ = random_run(seed)
    np.testing.assert_allclose(table["paper"], table[list(PAID)].sum(axis=1), rtol=1e-9, atol=1e-12)


@FEW
@given(SEEDS)
def test_neither_slippage_nor_money_moves_what_a_launch_paid_on_paper(seed: int) -> None:
    """The same legs with 80 bp and three ticks more, twice the collateral and another pairing, the gross cut to 1."""
    _, _, config, table, run = random_run(seed)
    alive = (run.equity > 0.0).all()
    other = {
        "slippage_bp": config.slippage_bp + 80.0, "slippage_ticks": 3, "maintenance": 0.0, "max_gross": 1.0,
        "short_collateral": 3.0, "pairing": Pairing.INDEPENDENT,
    }  # fmt: skip
    _, _, _, moved, slipped = random_run(seed, **other)
    if alive and (slipped.equity > 0.0).all():
        for name in ("paper", "missed_gap", "missed_limits"):
            # a lot of the ladder's orders, which are a thousand million times as large, is worth some 1e-9 of what is left
            np.testing.assert_allclose(moved[name], table[name], rtol=1e-7, atol=1e-8)


def trades_in_time(panel: Panel, leg: Any) -> bool:
    """Whether a leg's code trades in one of the sessions that the leg tries."""
    own = np.flatnonzero(panel.exchange_open[:, panel.exchange_of[leg["code"]]])
    tried = own[own >= leg["row"]][: leg["wait"] + 1]
    return bool((panel.status[tried, leg["code"]] == TRADING).any())


@FEW
@given(SEEDS)
def test_what_is_not_there_takes_nothing(seed: int) -> None:
    ignoring = {"limit_policy": LimitPolicy.IGNORE, "slippage_bp": 0.0, "slippage_ticks": 0}
    panel, legs, _, table, _ = random_run(seed, **ignoring)
    outlasted = {int(leg["launch"]) for leg in legs if not trades_in_time(panel, leg)}
    free = [k for k, name in enumerate(table["launch"]) if int(name[1:]) not in outlasted]
    np.testing.assert_allclose(table["missed_limits"].iloc[free], 0.0, atol=1e-9)
    assert (table["slippage"] == 0.0).all()
