"""Laws of index futures: both engines agree in every market that has them, and no book hedged with them knows the future."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from launchlab.data.dated import Dated
from launchlab.data.instruments.futures import PRODUCTS, FutureTerms
from launchlab.data.instruments.instrument import Instrument
from launchlab.data.market.market import Market, load_market
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import execute
from launchlab.engine.backtest.without_effect import without_effect
from launchlab.engine.config import Config
from launchlab.engine.machine.code import only
from launchlab.strategies import STRATEGIES

from ..markets.future_bars import write_sample_months
from .test_laws import FEW, SEEDS, drawn, end_of, named

TERMS = FutureTerms(PRODUCTS["IF"], *(Dated(("2000-01-01", 0.1), name="a term") for _ in range(3)))
BOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "hedged in either currency": ("long-short", {"neutral": "beta", "hedge": ("IF=F", "HTI=F")}),
    "short rivals hedged by buying": ("rivals", {"neutral": "beta", "hedge": ("HTI",), "overlap": "cap"}),
    "suppliers at the close": ("suppliers", {"neutral": "money", "hedge": ("IF=F",), "entry": "close"}),
}


def with_futures(panel: Panel, seed: int) -> Panel:
    """The random market with every other code made a future: margined, and its dividends rolls that cost something."""
    rng = np.random.default_rng(seed)
    futures = np.arange(len(panel.codes)) % 2 == 1
    rows = [
        Instrument.of_future(TERMS) if future else one
        for one, future in zip(panel.instruments, futures, strict=True)
    ]
    margin = np.where(futures, rng.uniform(0.05, 0.5, panel.status.shape), np.nan)
    actions = panel.actions.copy()
    rolls = futures[actions["code"]]
    actions["ratio"][rolls] = 1.0
    actions["cash_net"][rolls] = actions["cash"][rolls] - rng.uniform(0.0, 0.05, int(rolls.sum()))
    return replace(panel, instruments=tuple(rows), margin=np.asfortranarray(margin), actions=actions)


@FEW
@given(seed=SEEDS)
def test_the_engines_agree_on_futures(seed: int) -> None:
    panel, legs, config = drawn(seed)
    panel = with_futures(panel, seed)
    with only("python"):
        ours, theirs = (execute(legs, panel, config, engine) for engine in ("compiled", "backtrader"))
    for name in ("fills", "blocks", "positions"):
        left, right = getattr(ours, name), getattr(theirs, name)
        assert len(left) == len(right), name
        for column in left.dtype.names or ():
            np.testing.assert_allclose(left[column], right[column], rtol=1e-9, atol=1e-6, err_msg=column)
    for name in ("cash", "long", "short", "borrow", "dividends", "equity"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-9, atol=1e-4)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    folder = Path(tmp_path_factory.mktemp("months"))
    terms = write_sample_months(folder)
    return load_market(prices=folder, futures=terms)


def test_the_market_holds_the_months_in_turn(market: Market) -> None:
    panel = market.panel
    rolls = panel.actions[panel.futures[panel.actions["code"]]]
    assert len(rolls) > 20
    # four points from month to month, and the costs on either side of them
    assert np.allclose(panel.fair_cash[panel.futures[panel.actions["code"]]], -4.0)
    assert set(panel.beside) >= {"IF=F", "HTI=F"}


def test_a_run_that_trades_none_of_its_futures_says_so(market: Market) -> None:
    panel = market.panel

    def told(**settings: Any) -> list[str]:
        legs = STRATEGIES["long-short"](**settings).legs(market.launches, panel)
        return [one for one in without_effect(legs, panel, Config()) if "`futures`" in one]

    assert len(told()) == 1
    assert told(neutral="beta", hedge=("IF",)) == []


@pytest.mark.parametrize("book", BOOKS)
def test_a_book_hedged_with_futures_sees_only_what_was_known(book: str, market: Market) -> None:
    name, settings = BOOKS[book]
    strategy, launches, panel = STRATEGIES[name](**settings), market.launches, market.panel
    whole = strategy.legs(launches, panel)
    assert panel.futures[whole["code"]].any()
    for t in sorted(set(whole["row"].tolist())):
        then = launches.as_of(end_of(panel, t))
        seen = strategy.legs(then, panel.until(t))
        assert named(seen, then) == named(whole[whole["row"] <= t], launches), f"{panel.sessions[t]}"
