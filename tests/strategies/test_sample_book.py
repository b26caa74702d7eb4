"""The sample shows it: an overlapping week with opposite wishes for one giant, a locked pure play, a giant nobody can short."""

from functools import cache

import numpy as np
import pytest

from launchlab.data.market.market import Market, load_market
from launchlab.engine.choices import Skip
from launchlab.engine.compiled.simulate import simulate
from launchlab.engine.config import Config
from launchlab.engine.legs import Reason
from launchlab.engine.machine.code import only
from launchlab.strategies import LongShort

ALIBABA = "9988.HK"


@cache
def market() -> Market:
    return load_market()


def alibaba(overlap: str) -> dict[str, tuple[int, float]]:
    """Side and weight of Alibaba by launch, of those that begin in the week of 20 April 2026."""
    launches, panel = market().launches, market().panel
    legs = LongShort(overlap=overlap).legs(launches, panel)
    days = panel.sessions[legs["row"]]
    here = (days >= np.datetime64("2026-04-20")) & (days <= np.datetime64("2026-04-24"))
    mine = legs[here & (legs["code"] == panel.column(ALIBABA))]
    return {launches[leg["launch"]].id: (int(leg["side"]), round(float(leg["weight"]), 9)) for leg in mine}


def test_one_week_wants_alibaba_bought_and_sold() -> None:
    """Alibaba's launch buys it on the 21st; Moonshot's and Tencent's sell it on the next days, while it is held."""
    stacked = alibaba("stack")
    assert {name: side for name, (side, _) in stacked.items()} == {
        "qwen3.6-max-preview": 1, "kimi-k2.6": -1, "hy3-preview": -1,
    }  # fmt: skip
    assert stacked["qwen3.6-max-preview"][1] == 0.25


def test_what_the_overlap_makes_of_it() -> None:
    """`skip` leaves the later launches out; of `net` nothing is left of sales that are smaller than what is held."""
    assert alibaba("skip") == {"qwen3.6-max-preview": (1, 0.25)}
    stacked, netted = alibaba("stack"), alibaba("net")
    sold = sum(weight for side, weight in stacked.values() if side < 0)
    left = sum(weight for side, weight in netted.values() if side < 0)
    assert sold < 0.25
    assert left == 0.0


def test_a_pure_play_opens_locked_and_a_giant_cannot_be_sold() -> None:
    launches, panel = market().launches, market().panel
    strategy = LongShort()
    barred = [one for one in strategy.choices(launches, panel) if one.code == "002415.SZ" and one.side < 0]
    assert barred
    assert {one.reason for one in barred} <= {Skip.SPREAD, Skip.BEFORE_SPAN, Skip.AFTER_SPAN}
    legs = strategy.legs(launches, panel)
    with only("python"):
        run = simulate(legs, panel, Config())
    locked = run.blocks[run.blocks["reason"] == Reason.LIMIT_UP]
    where = {(str(panel.sessions[row["row"]]), panel.codes[row["code"]]) for row in locked}
    assert ("2025-08-22", "002230.SZ") in where


def test_most_launches_have_a_short_side() -> None:
    legs = LongShort().legs(market().launches, market().panel)
    sides = {k: set(legs["side"][legs["launch"] == k].tolist()) for k in np.unique(legs["launch"]).tolist()}
    assert sum(-1 in held for held in sides.values()) > 0.9 * len(sides)


@pytest.mark.parametrize("overlap", ["net", "cap"])
def test_an_overlap_only_makes_positions_smaller(overlap: str) -> None:
    stacked, less = alibaba("stack"), alibaba(overlap)
    assert all(less[name][1] <= stacked[name][1] for name in less)
