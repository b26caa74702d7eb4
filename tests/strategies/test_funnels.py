"""Every launch × code of the shipped ledger is accounted for, whatever the strategy, on the sample and on real bars."""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from launchlab.data.market.market import Market, load_market
from launchlab.engine.compiled.simulate import simulate
from launchlab.engine.config import Config
from launchlab.engine.machine.code import only
from launchlab.engine.results.fates import STEPS, TRADED, funnel, lost_launches, to_fates
from launchlab.strategies import STRATEGIES

REAL = os.environ.get("LAUNCHLAB_REAL_DATA", "")
PLACES = (
    "sample",
    pytest.param("real", marks=pytest.mark.skipif(not REAL, reason="LAUNCHLAB_REAL_DATA is not set")),
)


@cache
def market(place: str) -> Market:
    if place == "sample":
        return load_market()
    bars = {"prices": Path(REAL) / "bars", "fx": Path(REAL) / "fx.csv", "bad_bars": "suspend"}
    return load_market(**bars, start="2024-01-02", end="2026-07-17")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", STRATEGIES)
def test_the_funnel_adds_up(name: str, place: str) -> None:
    launches, panel = market(place).launches, market(place).panel
    strategy = STRATEGIES[name]()
    legs, choices = strategy.legs(launches, panel), strategy.choices(launches, panel)
    with only("python"):
        run = simulate(legs, panel, Config())
    fates = to_fates(panel, launches, legs, run, choices)
    # a row for each launch × code, once: all that the ledger names, and all that had a leg
    rows = list(zip(fates["launch"], fates["code"], strict=True))
    assert len(set(rows)) == len(rows)
    assert set(rows) >= {(one.id, concerned.code) for one in launches for concerned in one.codes}
    assert set(rows) >= {(launches[leg["launch"]].id, panel.codes[leg["code"]]) for leg in legs}
    assert fates["legs"].sum() == len(legs)
    assert ((fates["fate"] == TRADED) == (fates["reason"] == "")).all()
    # the steps fall, from all launches to those with a fill; those that were lost have one reason each
    steps = funnel(fates)
    assert list(steps) == list(STEPS)
    assert sorted(steps.values(), reverse=True) == list(steps.values())
    assert steps["launches"] == len(launches)
    filled = {launches[k].id for k in np.unique(legs["launch"][np.unique(run.fills["leg"])])}
    assert steps["filled"] == len(filled) == fates.loc[fates["fate"] == TRADED, "launch"].nunique()
    assert sum(lost_launches(fates).values()) + steps["filled"] == len(launches)
    assert steps["of a kind asked for"] <= sum(one.kind in strategy.kinds for one in launches)
