"""Why each launch × code was or was not traded: by hand, in random markets, and on the shipped ledger."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from launchlab.data.ledger.launch import Launch, LaunchCode, Launches
from launchlab.data.market.market import load_market
from launchlab.data.panel.build import build_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import RunOptions, backtest
from launchlab.engine.choices import Choice, Skip
from launchlab.engine.compiled.simulate import simulate
from launchlab.engine.config import Config
from launchlab.engine.legs import Reason
from launchlab.engine.results.fates import (
    STEPS,
    funnel,
    funnel_line,
    lost_launches,
    to_fates,
    told_fates,
    without_trade,
)
from launchlab.engine.results.result import Result
from launchlab.strategies import STRATEGIES, BuyLaunch, LongShort

from ...markets.random_markets import random_config, random_legs, random_panel
from ...markets.small_bars import bars
from ...markets.small_market import DAYS, launch_of, ledger

FAR = np.timedelta64(40, "D")
COMPILED = RunOptions(engine="compiled")
REAL = Path(os.environ.get("LAUNCHLAB_REAL_DATA", ""))


def market(**closes: list[float]) -> Panel:
    """Hong Kong names at flat prices, and UCloud in Shanghai, on the sessions of DAYS; opens as the closes."""
    level = {"2513.HK": 300.0, "0100.HK": 500.0, "0700.HK": 500.0, "688158.SS": 40.0}
    return build_panel(
        [bars(code, DAYS, closes.get(code, [price] * len(DAYS))) for code, price in level.items()]
    )


def ran(strategy: Any, launches: Launches, panel: Panel, capital: float = 10_000_000.0) -> Result:
    return backtest(strategy, launches, panel, Config(capital=capital), options=COMPILED)


def reasons(result: Result) -> dict[tuple[str, str], str]:
    """By launch and code: `traded`, or why not."""
    table = result.fates
    told = np.where(table["fate"] == "traded", "traded", table["reason"])
    return dict(zip(zip(table["launch"], table["code"], strict=True), told, strict=True))


def unlisted(name: str) -> Launch:
    one = launch_of("0700.HK", name=name)
    return Launch(one.id, one.announced_at, "exact", one.company, one.product, one.kind)


def test_every_way_in_which_a_launch_is_lost_has_its_words() -> None:
    """A lot of Zhipu costs 100 × 300 = 30,000, more than half of 50,000; MiniMax's 20 × 500 = 10,000 are in reach."""
    launches = ledger(
        launch_of("2513.HK:pure_play", name="dear"),
        launch_of("0100.HK:pure_play", name="filled"),
        launch_of("0100.HK:pure_play", name="priced", kind="pricing"),
        launch_of("0700.HK:rival", name="rival"),
        launch_of("0700.HK", name="bare"),
        launch_of("2382.HK:issuer", name="barless"),
        launch_of("0100.HK:pure_play", "2026-03-04T12:00+08:00", "old"),
        launch_of("0100.HK:pure_play", "2026-03-13T20:00+08:00", "late"),
        unlisted("private"),
    )
    result = ran(BuyLaunch(gross=0.5), launches, market(), 50_000.0)
    assert reasons(result) == {
        ("dear", "2513.HK"): "below lot", ("filled", "0100.HK"): "traded", ("priced", "0100.HK"): "kind not asked for",
        ("rival", "0700.HK"): "role not asked for", ("bare", "0700.HK"): "below lot", ("barless", "2382.HK"): "no bars",
        ("old", "0100.HK"): "before the span", ("late", "0100.HK"): "after the span", ("private", ""): "no listed name",
    }  # fmt: skip
    assert result.summary.funnel == dict(zip(STEPS, (9, 7, 6, 5, 4, 3, 3, 1), strict=True))
    assert funnel_line(result.summary.funnel) == (
        "9 launches → 7 in the span → 6 of a kind asked for → 5 with a listed name → 4 with a role asked for → "
        "3 with bars → 1 filled"
    )
    fates = result.summary.fates
    assert fates is not None
    assert list(fates) == ["traded", "below lot", *sorted(fates.keys() - {"traded", "below lot"})]
    assert fates == dict.fromkeys(fates, 1) | {"below lot": 2}


def test_a_share_locked_at_its_limit_says_so() -> None:
    """UCloud closes at 40.00; its limit is 20 % above, 48.00, and 57.60 the day after."""
    locked = market(**{"688158.SS": [40.0, 48.0, 57.6, 57.6, 57.6, 57.6, 57.6]})
    one = ledger(launch_of("688158.SS:pure_play"))
    assert set(reasons(ran(BuyLaunch(wait=1), one, locked)).values()) <= {"limit up", "sealed"}
    assert reasons(ran(BuyLaunch(wait=2), one, locked)) == {("one", "688158.SS"): "traded"}


def test_a_launch_has_come_as_far_as_its_furthest_code() -> None:
    launches = ledger(launch_of("0100.HK:pure_play;0700.HK:rival;2382.HK:pure_play"))
    result = ran(BuyLaunch(), launches, market())
    assert list(reasons(result).values()) == ["traded", "no bars", "role not asked for"]
    assert funnel(result.fates)["filled"] == 1
    assert lost_launches(result.fates) == {}


def test_a_run_without_trades_names_the_commonest_reasons_and_what_to_change() -> None:
    launches = ledger(
        launch_of("0100.HK:pure_play", name="a", kind="pricing"),
        launch_of("0100.HK:pure_play", name="b", kind="pricing"),
        launch_of("0700.HK:rival", name="c"),
    )
    result = ran(LongShort(), launches, market())
    said = (
        "nothing was traded: none of 3 launches was filled: 2 kind not asked for (add the kind to `kinds`); "
        "1 role not asked for (name the role in the strategy's parameters, or write another behind the code in the ledger); fates.csv has each"
    )
    assert without_trade(result.fates) == said
    assert result.summary.warnings[0] == said


@dataclass(frozen=True)
class Own:
    """A strategy that gives legs alone."""

    table: NDArray[Any]

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        return self.table


def test_a_strategy_that_gives_legs_alone_did_not_ask_for_the_rest() -> None:
    launches = ledger(launch_of("0100.HK:pure_play;0700.HK:rival;2382.HK", name="a"), unlisted("b"))
    table = BuyLaunch().legs(launches, market())
    assert reasons(ran(Own(table), launches, market())) == {
        ("a", "0100.HK"): "traded", ("a", "0700.HK"): "the strategy did not ask for it", ("a", "2382.HK"): "no bars",
        ("b", ""): "no listed name",
    }  # fmt: skip
    assert len(Own(table).legs(launches, market())) == 1


def random_ledger(rng: np.random.Generator, panel: Panel, count: int) -> Launches:
    """Launches on the panel's days and some beyond, of any kind, with codes in the panel, without bars, or none."""
    days = np.concatenate([panel.sessions, panel.sessions[-1:] + FAR, panel.sessions[:1] - FAR])
    rows = []
    for k in range(count):
        codes = rng.permutation([*panel.codes, "2382.HK", "0020.HK"])[: rng.integers(0, 4)]
        roles = rng.choice(["pure_play", "issuer", "diversified", "supplier", ""], len(codes))
        concerned = tuple(LaunchCode(str(c), str(r) or None) for c, r in zip(codes, roles, strict=True))
        one = launch_of(
            "0700.HK", f"{rng.choice(days)}T08:30+08:00", f"l{k:02d}", str(rng.choice(["launch", "rival"]))
        )
        rows.append(Launch(one.id, one.announced_at, "exact", "Maker", "Product", one.kind, concerned))
    return Launches(tuple(rows))


def assert_sums(fates: pd.DataFrame, launches: Launches) -> None:
    """What must hold of any run: every launch and code stands in it once, and the counts add up."""
    written = {(launch.id, one.code) for launch in launches for one in launch.codes}
    keys = list(zip(fates["launch"], fates["code"], strict=True))
    assert written <= set(keys)
    assert len(keys) == len(set(keys))
    assert set(fates["launch"]) == {launch.id for launch in launches}
    traded = fates["fate"] == "traded"
    assert (fates["filled_legs"][traded] > 0).all()
    assert (fates["filled_legs"][~traded] == 0).all()
    assert (fates["reason"][traded] == "").all()
    assert (fates["reason"][~traded] != "").all()
    steps = funnel(fates)
    counts = list(steps.values())
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == len(launches)
    assert counts[-1] == fates.loc[traded, "launch"].nunique()
    assert sum(lost_launches(fates).values()) == counts[0] - counts[-1]
    told = told_fates(fates)["fates"]
    assert sum(told.values()) == len(fates)
    assert told.get("traded", 0) == traded.sum()


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_fates_add_up_in_every_market(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng)
    launches = random_ledger(rng, panel, 9)
    legs = random_legs(rng, panel)
    run = simulate(legs, panel, random_config(rng))
    looked_at = [(int(rng.integers(9)), str(rng.choice([*panel.codes, ""]))) for _ in range(6)]
    choices = [Choice(k, code, reason=str(rng.choice(list(Skip)))) for k, code in looked_at]
    fates = to_fates(panel, launches, legs, run, choices)
    assert_sums(fates, launches)
    entered = Counter(
        (launches[int(legs["launch"][fill["leg"]])].id, panel.codes[fill["code"]])
        for fill in run.fills
        if fill["reason"] == Reason.ENTRY
    )
    traded = fates[fates["fate"] == "traded"]
    assert set(zip(traded["launch"], traded["code"], strict=True)) == set(entered)
    assert fates["legs"].sum() == len(legs)


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("real", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_fates_add_up_on_the_shipped_ledger(name: str, real: bool) -> None:
    if real and "LAUNCHLAB_REAL_DATA" not in os.environ:
        pytest.skip("LAUNCHLAB_REAL_DATA is not set")
    data = {"prices": REAL / "bars", "fx": REAL / "fx.csv", "bad_bars": "suspend"} if real else {}
    found = load_market(**data)
    result = ran(STRATEGIES[name](), found.launches, found.panel)
    assert_sums(result.fates, found.launches)
    filled = set(result.fates.loc[result.fates["fate"] == "traded", "launch"])
    assert filled == set(result.fills["launch"])
    steps = result.summary.funnel
    assert steps is not None
    assert steps["filled"] == result.summary.metrics["traded_launches"]
    assert steps["asked for"] == result.summary.metrics["launches"]
