"""What vanishes with known links, worked out by hand, and the verdict of a run on markets with and without an effect."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from launchlab.data.ledger.launch import LaunchCode, Launches
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import RunOptions, backtest
from launchlab.engine.config import Config
from launchlab.engine.luck.run_verdict import run_verdict
from launchlab.engine.results.answer import CHANCE
from launchlab.strategies import BuyLaunch

from ...markets import research_market as market
from ...markets.small_market import DAYS, launch_of, ledger

ROLES = ("pure_play", "supplier")


def two_names() -> Panel:
    """A launcher that stays where it is, and a supplier that rises from 10 to 11 while it is held."""
    flat, rising = [10.0] * len(DAYS), [10.0, 10.0, 11.0, 11.0, 11.0, 11.0, 11.0]
    closes = {"0700.HK": np.array(flat), "9988.HK": np.array(rising)}
    return market.panel_of(closes, rows=np.array(DAYS, "M8[D]"))


def test_the_profit_on_a_link_that_nobody_had_said_vanishes_with_known_links() -> None:
    """Half of 1,000,000 shared by two names at 10: 25,000 shares of the supplier, which earn 1 each.

    With known links the launcher has the whole half: one position is gone, the other one larger.
    """
    launches = ledger(launch_of("0700.HK:pure_play;9988.HK:supplier"))
    config = Config(capital=1_000_000, participation=1.0)
    strategy = BuyLaunch(roles=ROLES, gross=0.5, hold=2)
    summary = backtest(strategy, launches, two_names(), config).summary
    assert summary.hindsight == {
        "profit": 25_000.0, "known_profit": 0.0, "vanishes": 25_000.0,
        "positions": 2, "hindsight_positions": 1, "changed_positions": 1, "other_positions": 0,
    }  # fmt: skip
    assert "1 of 2 positions rest on links that were not public before the launch" in (summary.answer or "")
    assert "today's roles (1 would have another size): with known links alone" in (summary.answer or "")
    assert "the run would have made 0 HKD instead of 25,000, 25,000 HKD less." in (summary.answer or "")


def test_nothing_vanishes_where_the_link_was_public_the_day_before() -> None:
    one = launch_of("0700.HK:pure_play;9988.HK:supplier")
    said = replace(one, codes=(one.codes[0], LaunchCode("9988.HK", "supplier", date(2026, 3, 4))))
    strategy = BuyLaunch(roles=ROLES, gross=0.5, hold=2)
    result = backtest(strategy, ledger(said), two_names(), Config(capital=1_000_000, participation=1.0))
    assert result.summary.hindsight is None
    assert "not public" not in (result.summary.answer or "")


NAMES = 10
FIRST, APART = 130, 5  # row of the first launch, rows between two


def shocked(shock: float) -> tuple[Launches, Panel, BuyLaunch]:
    """Twenty evening launches on random walks; each launch's code gains `shock` on each of the six sessions after."""
    rows = market.days()
    walks = {f"{k + 1:04d}.HK": market.walk(len(rows), 100 + k) for k in range(NAMES)}
    launches = []
    for k in range(20):
        code, row = f"{k % NAMES + 1:04d}.HK", FIRST + APART * k
        grown = np.cumprod(
            np.where((np.arange(len(rows)) > row) & (np.arange(len(rows)) <= row + 6), 1 + shock, 1.0)
        )
        walks[code] = walks[code] * grown
        launches.append(market.launch(f"l{k}", f"{rows[row]}T20:00+08:00", [code]))
    return market.ledger(*launches), market.panel_of(walks), BuyLaunch(gross=0.2, hold=5)


@pytest.mark.parametrize(("shock", "label"), [(0.04, "more than chance"), (0.0, "chance")])
def test_a_run_is_more_than_chance_where_launches_move_prices(shock: float, label: str) -> None:
    launches, panel, strategy = shocked(shock)
    legs = strategy.legs(launches, panel)
    told: list[tuple[int, int]] = []
    found = run_verdict(launches, panel, legs, Config(), draws=99, progress=lambda *done: told.append(done))
    assert found.label == label, found.text
    assert told[-1] == (200, 200)
    assert found.text.startswith("Judged: ")
    assert np.isfinite(found.sides["bought"].mean)


def test_a_judged_run_says_so_and_one_that_is_not_says_that() -> None:
    launches, panel, strategy = shocked(0.04)
    judged = backtest(strategy, launches, panel, options=RunOptions(engine="compiled", judge=True)).summary
    assert judged.judgement is not None
    assert judged.judgement["label"] == "more than chance"
    assert judged.judgement["text"] in (judged.answer or "")
    plain = backtest(strategy, launches, panel, options=RunOptions(engine="compiled")).summary
    assert plain.judgement is None
    assert CHANCE in (plain.answer or "")
