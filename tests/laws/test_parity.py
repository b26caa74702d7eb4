"""The parity law: the compiled engine and backtrader give the same fills, blocks and books in every market."""

from collections import Counter
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from launchlab.data.panel.panel import Panel
from launchlab.engine.backtrader.broker import run_backtrader
from launchlab.engine.compiled.simulate import simulate, simulated_equity
from launchlab.engine.config import Config
from launchlab.engine.legs import CLOSE, LEG, TOUCH, Reason
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


@settings(max_examples=60, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(SEEDS)
def test_compiled_equals_backtrader_in_random_markets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng)
    legs, config = random_legs(rng, panel), random_config(rng)
    assert_same(run_backtrader(legs, panel, config), simulate(legs, panel, config))


@settings(max_examples=20, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(SEEDS)
def test_both_engines_agree_on_legs_of_the_first_session(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng)
    legs, config = random_legs(rng, panel, n=20), random_config(rng)
    legs["row"] = 0
    assert_same(run_backtrader(legs, panel, config), simulate(legs, panel, config))


@settings(max_examples=40, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(SEEDS)
def test_the_equity_alone_is_that_of_the_run_to_the_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng)
    legs, config = random_legs(rng, panel), random_config(rng)
    np.testing.assert_array_equal(simulated_equity(legs, panel, config), simulate(legs, panel, config).equity)


@pytest.mark.slow
@settings(max_examples=1_500, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(SEEDS)
def test_compiled_equals_backtrader_in_many_random_markets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng)
    legs, config = random_legs(rng, panel, n=40), random_config(rng)
    assert_same(run_backtrader(legs, panel, config), simulate(legs, panel, config))


class Seen(NamedTuple):
    """One random market, the portfolio's rules, and what became of its legs."""

    panel: Panel
    legs: NDArray[Any]
    config: Config
    run: Run


@cache
def two_hundred() -> tuple[Seen, ...]:
    seen = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        panel = random_panel(rng)
        legs, config = random_legs(rng, panel, n=40), random_config(rng)
        seen.append(Seen(panel, legs, config, simulate(legs, panel, config)))
    return tuple(seen)


def test_the_random_markets_reach_every_outcome() -> None:
    seen: set[int] = set()
    for *_, run in two_hundred():
        seen |= {int(r) for r in run.fills["reason"]} | {int(r) for r in run.blocks["reason"]}
    never = {Reason.EXPIRED, Reason.MARKET_CLOSED}  # only orders of a native strategy can meet these
    assert {Reason(r) for r in seen} >= set(Reason) - never


def test_every_base_currency_trades_both_exchanges_both_ways() -> None:
    entries: Counter[tuple[str, str, int]] = Counter()
    for panel, _, _, run in two_hundred():
        for fill in run.fills[run.fills["reason"] == Reason.ENTRY]:
            money = panel.currencies[panel.currency_of[fill["code"]]]
            entries[panel.currency, money, int(np.sign(fill["shares"]))] += 1
    wanted = set(product(("HKD", "CNY", "USD"), ("HKD", "CNY"), (1, -1)))
    assert set(entries) == wanted
    assert min(entries.values()) >= 40, entries


def outcomes(seen: Seen) -> Counter[str]:
    """How often each thing that is easily lost happened in one market to a code whose rate is not one."""
    panel, legs, config, run = seen
    f = run.fills[run.fills["fx"] != 1.0]
    entry, short = f["reason"] == Reason.ENTRY, legs["side"][f["leg"]] < 0
    value, gone = np.abs(f["shares"]) * f["price"], f["reason"] == Reason.DELISTED
    lot, largest = panel.lot_step[f["row"], f["code"]], panel.max_order[f["row"], f["code"]]
    odd, hk = (lot > 1) & (np.abs(f["shares"]) % lot != 0), panel.cost_class[f["code"]] == 0
    unfilled = np.setdiff1d(run.blocks["leg"], run.fills["leg"])
    counts = {
        "long": entry & ~short,
        "short": entry & short,
        "written off": gone & ~short,
        "bought back": gone & short,
        "stopped": f["reason"] == Reason.STOP,
        "target reached": f["reason"] == Reason.TARGET,
        "trailed": f["reason"] == Reason.TRAIL,
        "touched": f["at"] == TOUCH,
        "at the close": f["at"] == CLOSE,
        "closed out": f["reason"] == Reason.END,
        "margin call on a long": (f["reason"] == Reason.MARGIN_CALL) & ~short,
        "margin call on a short": (f["reason"] == Reason.MARGIN_CALL) & short,
        "a levy's maximum": hk & (value * 2e-5 > 100.0),
        "a levy's minimum": hk & (value * 2e-5 < 2.0) & (value > 0.0),
        "an odd lot sold": odd & ~short & ~entry & ~gone,
        "an odd lot bought back": odd & short & ~entry & ~gone,
        "several orders": np.abs(f["shares"]) > largest,
    }
    found = Counter({name: int(np.count_nonzero(true)) for name, true in counts.items()})
    found["gave up"] = len(unfilled)
    found["bought in parts"] = int(np.count_nonzero(np.bincount(f["leg"][entry]) > 1)) if entry.any() else 0
    found["both exchanges"] = int(len(set(panel.cost_class[run.fills["code"]])) == 2)
    found["slipped"] = int(config.slippage_bp > 0.0 and entry.any())
    return found + held_at_actions(seen)


def held_at_actions(seen: Seen) -> Counter[str]:
    """Corporate actions of codes whose rate is not one, of which a leg held shares at the eve's close."""
    panel, legs, _, run = seen
    found: Counter[str] = Counter()
    for row, code, ratio, cash, _ in panel.actions:
        if panel.currencies[panel.currency_of[code]] == panel.currency:
            continue
        before = run.fills[(run.fills["row"] < row) & (run.fills["code"] == code)]
        for leg in np.unique(before["leg"]):
            if before["shares"][
                before["leg"] == leg
            ].sum():  # an earlier action may leave a rest that is no share: rare
                way = "short" if legs["side"][leg] < 0 else "long"
                found[f"{'split' if ratio != 1.0 else 'same number'} while {way}"] += 1
                found[f"dividend while {way}"] += int(cash > 0.0)
    return found


def test_the_random_markets_do_everything_at_rates_other_than_one() -> None:
    seen: Counter[str] = Counter()
    borrowed = paid = owed = 0
    for one in two_hundred():
        seen += outcomes(one)
        if one.panel.currency == "USD":
            borrowed += int((one.run.borrow > 0.0).any())
            paid += int((one.run.dividends > 0.0).any())
            owed += int((one.run.dividends < 0.0).any())
    assert min(borrowed, paid, owed) >= 5
    assert min(seen["long"], seen["short"]) >= 300, seen
    assert sum(n >= 5 for n in seen.values()) == 27, seen


def test_no_legs_is_a_flat_portfolio_in_both_engines() -> None:
    rng = np.random.default_rng(1)
    panel, config = random_panel(rng), random_config(rng)
    legs = np.zeros(0, LEG)
    for run in (simulate(legs, panel, config), run_backtrader(legs, panel, config)):
        assert len(run.fills) == len(run.blocks) == 0
        assert (run.equity == config.capital).all()
