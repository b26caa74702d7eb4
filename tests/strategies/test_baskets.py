"""Baskets of the universe: on the real bars of the week of GLM-5 by hand, and what no basket may know."""

from dataclasses import replace
from datetime import timedelta
from os import environ
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import launchlab as ll
from launchlab.data.calendars.hours import CHINA_TIME
from launchlab.data.panel.panel import SUSPENDED, UNLISTED, Panel
from launchlab.data.universe.universe import Member, Universe
from launchlab.strategies import STRATEGIES, FadeGap, LongShort, Rivals, SectorPair, Suppliers

from ..markets.small_market import launch_of, ledger
from .test_choices import said, without_names
from .test_strategies import ALIBABA, MINIMAX, NIGHT, TENCENT, UCLOUD, ZHIPU, gapped, legs_of, market

REAL = environ.get("LAUNCHLAB_REAL_DATA")
FOUR = ("2513.HK", "0100.HK", "0700.HK", "9988.HK")
ROLES = {
    "2513.HK": "pure_play", "0100.HK": "pure_play", "0020.HK": "pure_play",
    "0700.HK": "diversified", "9988.HK": "diversified", "688158.SS": "supplier",
}  # fmt: skip


def peopled(since: str = "2026-02-01", panel: Panel | None = None, **roles: str) -> Panel:
    """The small market with its names in their roles since a day."""
    rows = (
        Member(code, role, ("ai",), pd.Timestamp(since).date())
        for code, role in (ROLES | {name.replace("_", "."): role for name, role in roles.items()}).items()
    )
    return replace(market() if panel is None else panel, universe=Universe(tuple(rows)))


def sides(strategy: Any, codes: str = "", panel: Panel | None = None) -> list[tuple[int, int, float]]:
    launch = launch_of(codes, NIGHT) if codes else without_names()
    found = legs_of(strategy, ledger(launch), peopled() if panel is None else panel)
    return [(code, side, round(weight, 9)) for _, code, side, _, weight in found]


def test_a_launch_of_an_unlisted_maker_is_traded_by_basket() -> None:
    # the small market trades a million shares of each a day: MiniMax 500m, Zhipu 300m, SenseTime 2m
    assert sides(LongShort(gross=0.6, names=2)) == [
        (MINIMAX, 1, 0.15), (ZHIPU, 1, 0.15), (TENCENT, -1, 0.15), (ALIBABA, -1, 0.15),
    ]  # fmt: skip
    assert sides(LongShort(gross=0.6, names=1)) == [(MINIMAX, 1, 0.3), (TENCENT, -1, 0.3)]


def test_a_listed_launcher_is_bought_alone_unless_the_basket_is_asked_for() -> None:
    own = "2513.HK:pure_play;0700.HK:diversified"
    assert sides(LongShort(gross=0.6), own) == [(ZHIPU, 1, 0.3), (TENCENT, -1, 0.3)]
    both = sides(LongShort(gross=0.6, longs=("both",)), own)
    assert {code for code, side, _ in both if side > 0} == {ZHIPU, MINIMAX, 5}
    wide = sides(LongShort(gross=0.6, shorts=("basket",)), own)
    assert wide == [(ZHIPU, 1, 0.3), (TENCENT, -1, 0.15), (ALIBABA, -1, 0.15)]


@pytest.mark.parametrize(("status", "why"), [(UNLISTED, "before listing"), (SUSPENDED, "no bars")])
def test_a_launcher_without_a_price_yet_is_not_listed_yet(status: int, why: str) -> None:
    """Its place is taken by the basket of the day; nothing is sold against a name that could not be bought."""
    panel = peopled()
    there, mark = panel.status.copy(), panel.mark.copy()
    there[:2, ZHIPU], mark[:2, ZHIPU] = status, np.nan
    panel = replace(panel, status=there, mark=mark)
    own = "2513.HK:issuer;0700.HK:diversified"
    assert sides(LongShort(gross=0.6, names=1), own, panel) == [(MINIMAX, 1, 0.3), (TENCENT, -1, 0.3)]
    for strategy in (LongShort(), Rivals()):
        assert said(strategy, ledger(launch_of(own, NIGHT)), panel)[0, "2513.HK"] == why


def test_a_fund_that_is_not_there_is_named() -> None:
    strategy, launches = SectorPair(gross=0.6, names=1), ledger(launch_of("0700.HK:diversified", NIGHT))
    assert sides(strategy, "0700.HK:diversified") == [(MINIMAX, 1, 0.3)]
    assert said(strategy, launches, peopled())[0, "3033.HK"] == "no bars"


def test_the_launcher_is_never_sold_on_its_own_launch() -> None:
    for code in ("9988.HK:issuer", "9988.HK"):
        assert sides(LongShort(gross=0.6), code) == [(ALIBABA, 1, 0.3), (TENCENT, -1, 0.3)]
        assert sides(LongShort(gross=0.6, giants=("9988.HK",)), code) == [(ALIBABA, 1, 0.3)]


def test_a_rival_that_the_ledger_names_is_not_in_the_basket() -> None:
    found = sides(LongShort(gross=0.6, names=1), "0100.HK:rival")
    assert found == [(ZHIPU, 1, 0.3), (TENCENT, -1, 0.3)]


def test_a_name_enters_the_day_after_it_was_known() -> None:
    # the launch of the night is decided on 2026-02-11, the session before
    assert (ZHIPU, 1, 0.3) not in sides(LongShort(gross=0.6), panel=peopled("2026-02-12"))
    assert sides(LongShort(gross=0.6), panel=peopled("2026-02-12")) == []
    assert sides(LongShort(gross=0.6), panel=peopled("2026-02-11")) != []


@pytest.mark.parametrize(
    ("rule", "legs", "why"),
    [
        ("drop", [(MINIMAX, 1, 0.3), (TENCENT, -1, 0.1), (ALIBABA, -1, 0.1)], "not shortable"),
        (
            "spread",
            [(MINIMAX, 1, 0.3), (TENCENT, -1, 0.15), (ALIBABA, -1, 0.15)],
            "its share went to the others",
        ),
        (
            "hedge",
            [(MINIMAX, 1, 0.3), (TENCENT, -1, 0.1), (ALIBABA, -1, 0.1), (5, -1, 0.1)],
            "its share went to the fund",
        ),
    ],
)
def test_a_giant_that_cannot_be_sold_short_follows_the_rule_and_says_so(
    rule: str, legs: list[Any], why: str
) -> None:
    panel = peopled(**{"688158_SS": "diversified", "0020_HK": "hedge"})  # no A-share can be borrowed here
    strategy = LongShort(gross=0.6, names=3, longs=("pure_play",), unshortable=rule)  # type: ignore[arg-type]
    one = "0100.HK:pure_play"
    assert sides(strategy, one, panel) == legs
    assert why in said(strategy, ledger(launch_of(one, NIGHT)), panel)[0, "688158.SS"]


def test_the_pair_suppliers_rivals_and_the_fade_trade_launches_without_a_listed_name() -> None:
    fund = peopled(**{"0020_HK": "hedge"})
    pair = sides(SectorPair(gross=0.6, names=1), panel=fund)
    assert pair == [(MINIMAX, 1, 0.3), (5, -1, 0.3)]
    assert sides(Suppliers(gross=0.6)) == [(UCLOUD, 1, 0.6)]
    # of the pure plays SenseTime alone can be borrowed: what was meant for the others goes to nobody without a fund
    assert sides(Rivals(gross=0.6, unshortable="drop")) == [(5, -1, 0.1)]
    assert sides(Rivals(gross=0.6, unshortable="drop"), "2513.HK:pure_play") == [
        (ZHIPU, 1, 0.3),
        (5, -1, 0.15),
    ]
    assert sides(FadeGap(gross=0.6), panel=peopled(panel=gapped(0.1))) == [(5, -1, 0.2)]


@pytest.mark.parametrize("name", STRATEGIES)
def test_what_comes_after_a_session_changes_no_leg_up_to_it(name: str) -> None:
    sample = ll.load_market(start="2026-01-20", end="2026-03-06", benchmark="none")
    launches = sample.launches.timed(reaction_minutes=15.0, dates_known="end")
    for settings in ({}, {"lag": 1}):
        strategy = STRATEGIES[name](**settings)
        whole = strategy.legs(launches, sample.panel)
        for t in range(5, len(sample.panel) - 1, 6):
            end = pd.Timestamp(str(sample.panel.sessions[t])).to_pydatetime().replace(tzinfo=CHINA_TIME)
            known = launches.as_of(end + timedelta(days=1))
            numbers = {launch.id: k for k, launch in enumerate(launches)}
            cut = strategy.legs(known, sample.panel.until(t))
            cut["launch"] = [numbers[known[int(k)].id] for k in cut["launch"]]
            assert str(cut.tolist()) == str(whole[whole["row"] <= t].tolist()), (name, t)


def test_a_sweep_goes_over_whom_to_buy_and_what_cannot_be_sold() -> None:
    sample = ll.load_market(start="2026-01-26", end="2026-03-06")
    grid = {"longs": "launcher,basket,pure_play+supplier", "unshortable": "drop,spread,hedge", "names": "1:2"}
    found = ll.sweep("long-short", grid, sample, confirm=1, judge=False)
    assert len(found.points) == 18
    assert np.isfinite(found.points["total_return"]).all()


@pytest.mark.skipif(REAL is None, reason="needs LAUNCHLAB_REAL_DATA")
def test_the_week_of_glm_5_on_real_bars_by_hand(tmp_path: Path) -> None:
    """DeepSeek and Ant by basket, GLM-5 by its launcher: sizes from the closes of 02-11, fills at the opens of 02-12."""
    for code in FOUR:
        (tmp_path / f"{code}.csv").write_bytes((Path(str(REAL)) / "bars" / f"{code}.csv").read_bytes())
    wanted = ("deepseek-feb-2026", "ming-flash-omni-2.0", "glm-5")
    rows = [launch.as_row() for launch in ll.load_launches() if launch.id in wanted]
    week = ll.load_market(
        launches=rows, prices=str(tmp_path), start="2026-01-15", end="2026-03-06", benchmark="none"
    )
    result = ll.backtest("long-short", week, ll.Config(), settings={"hold": 3}, verify=True)
    entries = result.fills[result.fills["session"].astype(str) == "2026-02-12"]
    # 10,000,000 x 0.125 = 1,250,000: / 312.4 = 4,001 in lots of 100; / 513 = 2,436 in lots of 20; / 548 = 2,281 and
    # / 160.1 = 7,807 in lots of 100. Zhipu alone on its own launch: 2,500,000 / 312.4 = 8,002.
    basket = [
        ("0100.HK", 2420, 542.0),
        ("0700.HK", -2200, 537.0),
        ("2513.HK", 4000, 339.8),
        ("9988.HK", -7800, 157.9),
    ]
    own = [("0700.HK", -2200, 537.0), ("2513.HK", 8000, 339.8), ("9988.HK", -7800, 157.9)]
    for launch, expected in (("deepseek-feb-2026", basket), ("ming-flash-omni-2.0", basket), ("glm-5", own)):
        of_launch = entries[entries["launch"] == launch]
        found = sorted(zip(of_launch["code"], of_launch["shares"], of_launch["price"], strict=True))
        assert found == expected
    assert len(result.blocks) == 0
