"""Laws of baskets, funds and rules for overlaps: in random markets both engines agree on them, and they know no future."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from launchlab.data.calendars.hours import CHINA_TIME
from launchlab.data.calendars.overrides import Additions, Override
from launchlab.data.calendars.sessions import sessions
from launchlab.data.ledger.launch import Launch, LaunchCode, Launches
from launchlab.data.panel.panel import Panel
from launchlab.data.universe.universe import Member, Universe
from launchlab.engine.backtest.backtest import checked_legs, execute
from launchlab.engine.machine.code import only
from launchlab.strategies import STRATEGIES

from ..markets.random_markets import random_config, random_panel
from .test_laws import FEW, SEEDS, end_of, named
from .test_parity import assert_same

THREE = settings(FEW, max_examples=3)
ESTIMATES: dict[str, Any] = {"window": 15, "least": 4, "hold": 4}
BOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "the fund": ("sector-pair", {}),
    "the fund by beta, capped": ("sector-pair", {"neutral": "beta", "overlap": "cap", **ESTIMATES}),
    "the fund beside the giants": ("long-short", {"shorts": ("basket", "index"), "overlap": "net", **ESTIMATES}),
    "the fund for the unshortable": ("long-short", {"longs": ("both",), "unshortable": "hedge", "stop": 0.05}),
    "rivals hedged by the fund": (
        "rivals", {"neutral": "beta", "hedge": ("HEDGE",), "weights": "inverse-vol", **ESTIMATES},
    ),
    "by liquidity": ("long-short", {"weights": "liquidity", "adv_cap": 0.5, "overlap": "skip", "entry": "close"}),
}  # fmt: skip
ROLES = ("pure_play", "pure_play", "diversified", "hedge")


@cache
def both_open() -> NDArray[np.datetime64]:
    """Days that are sessions of all exchanges, as the clock of a launch asks for."""
    spans = (sessions(name, "2025-03-03", "2025-12-31") for name in ("XHKG", "XSHG"))
    return np.intersect1d(*spans)


def drawn(seed: int) -> tuple[Launches, Panel, np.random.Generator]:
    """A random market whose names play roles, some of them only from a later day, and launches of listed and unlisted makers."""
    rng = np.random.default_rng(seed)
    panel = random_panel(rng, codes=9)
    panel = replace(panel, sessions=both_open()[: len(panel)])
    panel = replace(panel, calendar=Additions(tuple(_closures(panel)), published=True))
    days = [date.fromisoformat(str(day)) for day in panel.sessions]
    rows = [
        Member(code, ROLES[i % 4], ("ai",), days[0] if rng.random() < 0.6 else days[int(rng.integers(1, 40))])
        for i, code in enumerate(panel.codes)
    ]
    rows[3] = replace(rows[3], since=days[0])  # one fund there is from the first day
    launches = sorted((_launch(k, panel, rng) for k in range(14)), key=lambda one: one.announced_at)
    return Launches(tuple(launches)), replace(panel, universe=Universe(tuple(rows))), rng


def _closures(panel: Panel) -> Iterator[Override]:
    """The days on which the random market was shut, as the calendar is told of them."""
    for e, name in enumerate(panel.exchanges):
        for day in panel.sessions[~panel.exchange_open[:, e]]:
            yield Override(name, str(day), "closed", 0, "a storm", "")


def _launch(k: int, panel: Panel, rng: np.random.Generator) -> Launch:
    end = end_of(panel, int(rng.integers(3, len(panel) - 1))).astimezone(CHINA_TIME)
    names = rng.choice(len(panel.codes), int(rng.integers(0, 3)), replace=False)
    roles = ("issuer", "diversified", "rival")
    codes = tuple(LaunchCode(panel.codes[i], str(rng.choice(roles))) for i in names)
    return Launch(
        f"l{k}", end - timedelta(minutes=int(rng.integers(1, 1440))), "exact", "", "", "launch", codes
    )


def book(name: str, panel: Panel) -> Any:
    strategy, values = BOOKS[name]
    if "hedge" in values:
        values = values | {"hedge": (panel.codes[3],)}
    return STRATEGIES[strategy](gross=0.4, **values)


@pytest.mark.parametrize("name", BOOKS)
@THREE
@given(seed=SEEDS)
def test_both_engines_trade_a_basket_alike_and_no_leg_knows_the_future(name: str, seed: int) -> None:
    launches, panel, rng = drawn(seed)
    strategy = book(name, panel)
    whole = checked_legs(strategy.legs(launches, panel), panel, len(launches))
    config = random_config(rng)
    with only("python"):
        assert_same(execute(whole, panel, config, "compiled"), execute(whole, panel, config, "backtrader"))
    for t in sorted({int(row) for row in whole["row"]})[::4]:
        then = launches.as_of(end_of(panel, t))
        seen = checked_legs(strategy.legs(then, panel.until(t)), panel.until(t))
        assert sorted(named(seen, then), key=str) == sorted(
            named(whole[whole["row"] <= t], launches), key=str
        )


def test_the_random_books_trade_the_fund_and_both_sides() -> None:
    counts = dict.fromkeys(BOOKS, 0)
    funds = 0
    for seed in range(12):
        launches, panel, _ = drawn(seed)
        held = panel.members("hedge", len(panel) - 1)
        for name in BOOKS:
            legs = book(name, panel).legs(launches, panel)
            counts[name] += len(np.unique(legs["launch"]))
            funds += int(np.isin(legs["code"], [panel.column(code) for code in held]).sum())
    assert min(counts.values()) > 20, counts
    assert funds > 100
