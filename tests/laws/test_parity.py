"""The parity law: the compiled engine and backtrader give the same fills, blocks and books in every market."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from launchlab.engine.backtrader.broker import run_backtrader
from launchlab.engine.compiled.simulate import simulate
from launchlab.engine.legs import LEG, Reason
from launchlab.engine.results.run import Run

from ..markets.random_markets import random_config, random_legs, random_panel

SEEDS = st.integers(0, 2**32 - 1)


def assert_same(first: Run, second: Run) -> None:
    """Records equal in every field; money to 1e-9 relative."""
    for name in ("fills", "blocks", "positions"):
        a, b = getattr(first, name), getattr(second, name)
        assert len(a) == len(b), f"{name}: {len(a)} against {len(b)}"
        for column in a.dtype.names:
            if a[column].dtype.kind == "f":
                np.testing.assert_allclose(
                    a[column], b[column], rtol=1e-9, atol=1e-7, err_msg=f"{name}.{column}"
                )
            else:
                np.testing.assert_array_equal(a[column], b[column], err_msg=f"{name}.{column}")
    for name in ("cash", "long", "short", "borrow", "dividends"):
        np.testing.assert_allclose(
            getattr(first, name), getattr(second, name), rtol=1e-9, atol=1e-6, err_msg=name
        )


@settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(SEEDS)
def test_compiled_equals_backtrader_in_random_markets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng)
    legs, config = random_legs(rng, panel), random_config(rng)
    assert_same(run_backtrader(legs, panel, config), simulate(legs, panel, config))


@pytest.mark.slow
@settings(max_examples=1_500, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(SEEDS)
def test_compiled_equals_backtrader_in_many_random_markets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng)
    legs, config = random_legs(rng, panel, n=40), random_config(rng)
    assert_same(run_backtrader(legs, panel, config), simulate(legs, panel, config))


def test_the_random_markets_reach_every_outcome() -> None:
    seen: set[int] = set()
    for seed in range(200):
        rng = np.random.default_rng(seed)
        panel = random_panel(rng)
        run = simulate(random_legs(rng, panel, n=40), panel, random_config(rng))
        seen |= {int(r) for r in run.fills["reason"]} | {int(r) for r in run.blocks["reason"]}
    never = {Reason.EXPIRED, Reason.MARKET_CLOSED}  # only orders of a native strategy can meet these
    assert {Reason(r) for r in seen} >= set(Reason) - never


def test_the_random_markets_do_everything_at_rates_other_than_one() -> None:
    seen = dict.fromkeys(("long", "short", "written off", "bought back", "borrow", "dividend", "owed"), 0)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        panel = random_panel(rng)
        run = simulate(random_legs(rng, panel, n=40), panel, random_config(rng))
        f = run.fills[run.fills["fx"] != 1.0]
        entry, gone = f["reason"] == Reason.ENTRY, f["reason"] == Reason.DELISTED
        seen["long"] += int((entry & (f["shares"] > 0)).sum())
        seen["short"] += int((entry & (f["shares"] < 0)).sum())
        seen["written off"] += int((gone & (f["shares"] < 0)).sum())
        seen["bought back"] += int((gone & (f["shares"] > 0)).sum())
        if panel.currency == "USD":
            seen["borrow"] += int((run.borrow > 0.0).any())
            seen["dividend"] += int((run.dividends > 0.0).any())
            seen["owed"] += int((run.dividends < 0.0).any())
    assert min(seen.values()) >= 5, seen
    assert min(seen["long"], seen["short"]) >= 300, seen


def test_no_legs_is_a_flat_portfolio_in_both_engines() -> None:
    rng = np.random.default_rng(1)
    panel, config = random_panel(rng), random_config(rng)
    legs = np.zeros(0, LEG)
    for run in (simulate(legs, panel, config), run_backtrader(legs, panel, config)):
        assert len(run.fills) == len(run.blocks) == 0
        assert (run.equity == config.capital).all()
