"""No look-ahead in balanced books: at every session on which a leg begins, the market cut there gives the same legs.

The sample's whole market, with its universe: members on two exchanges of which one is closed for a week, and a giant that
cannot be sold short.
"""

from functools import cache
from typing import Any

import numpy as np
import pytest

from launchlab.data.market.market import Market, load_market
from launchlab.engine.compiled.simulate import simulate
from launchlab.engine.config import Config
from launchlab.engine.sweeps.grid import Grid
from launchlab.engine.sweeps.legs import LegSweep
from launchlab.strategies import STRATEGIES, LongShort
from launchlab.strategies.loading.variants import Variants

from .test_laws import end_of, named

HEDGED: dict[str, Any] = {"neutral": "beta", "hedge": ("3033.HK",), "overlap": "cap"}
BOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "hedged": ("long-short", HEDGED),
    "against its own shorts": ("long-short", {"neutral": "beta"}),
    "by volatility": ("long-short", {"weights": "inverse-vol", "overlap": "net", "entry": "close"}),
    "by liquidity": ("rivals", {"weights": "liquidity", "adv_cap": 0.01, "overlap": "skip", "lag": 2}),
    "the fund in their place": (
        "long-short",
        {"unshortable": "hedge", "longs": ("both",), "shorts": ("basket",), **HEDGED},
    ),
    "sector": ("sector-pair", HEDGED),
    "long only": ("suppliers", HEDGED),
}


@cache
def market() -> Market:
    return load_market()


@pytest.mark.parametrize("book", BOOKS)
def test_a_balanced_book_sees_only_what_was_known(book: str) -> None:
    name, settings = BOOKS[book]
    strategy, launches, panel = STRATEGIES[name](**settings), market().launches, market().panel
    whole = strategy.legs(launches, panel)
    assert len(whole) > 0
    for t in sorted(set(whole["row"].tolist())):
        then = launches.as_of(end_of(panel, t))
        seen = strategy.legs(then, panel.until(t))
        assert named(seen, then) == named(whole[whole["row"] <= t], launches), f"{panel.sessions[t]}"


def test_a_point_of_a_sweep_over_balance_is_the_run_of_its_parameters() -> None:
    launches, panel = market().launches, market().panel
    grid = Grid(
        {
            "shorts": (("named",), ("basket",), ("index",)),
            "neutral": ("none", "beta"),
            "overlap": ("stack", "cap"),
            "adv_cap": (None, 0.02),
        }
    )
    job = LegSweep(Variants(LongShort(hold=3, weights="inverse-vol")), grid, launches, panel, Config(), 253.0)
    numbers = np.random.default_rng(3).choice(len(grid), 8, replace=False)
    found = job.measure(np.sort(numbers)).metrics[:, 0]
    alone = [
        simulate(LongShort(hold=3, weights="inverse-vol", **grid.point(int(number))).legs(launches, panel), panel, Config())
        for number in np.sort(numbers)
    ]  # fmt: skip
    assert found == pytest.approx([run.equity[-1] / Config().capital - 1.0 for run in alone], rel=1e-9)
    assert len(set(found.tolist())) == len(found)
