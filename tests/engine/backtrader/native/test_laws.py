"""Laws of backtrader runs on random markets, with orders of every kind."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import backtrader as bt
import numpy as np
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.panel import TRADING, Panel
from launchlab.engine.backtrader.native.plan import NativeStrategy
from launchlab.engine.backtrader.native.result import NativeRun, run_native
from launchlab.engine.config import Config
from launchlab.engine.legs import AT_NAMES, CLOSE, TOUCH

from ....markets.random_markets import random_config, random_panel

STOP_LIMIT = bt.Order.StopLimit
SEEDS = st.integers(0, 2**32 - 1)
quick = settings(max_examples=30, phases=(Phase.explicit, Phase.reuse, Phase.generate))


class Erratic(bt.Strategy):  # type: ignore[misc]
    """Sends orders of every kind at random prices around the last close."""

    params = (("seed", 0),)

    def start(self) -> None:
        self.rng = np.random.default_rng(self.p.seed)

    def prenext(self) -> None:
        self.next()

    def next(self) -> None:
        for data in self.datas:
            rng = np.random.default_rng([self.p.seed, len(self), self.datas.index(data)])
            price = data.close[0]
            if rng.random() < 0.6 or not price > 0.0:
                continue
            near, far = (round(float(price * rng.uniform(0.9, 1.1)), 2) for _ in range(2))
            kind = int(rng.choice([0, 0, 1, 2, 3, 4, 5]))
            terms: dict[str, Any] = {"size": int(rng.choice([50, 100, 400, 1000, 20_000])), "exectype": kind}
            if kind >= 2:
                terms |= {"price": near}
            if kind == STOP_LIMIT:
                terms |= {"plimit": far}
            if kind == bt.Order.StopTrail:
                terms |= {"trailpercent": 0.05}
            if rng.random() < 0.3:
                terms |= {"valid": timedelta(days=int(rng.integers(0, 4)))}
            choice = rng.random()
            if choice < 0.2 and kind < 3:
                terms |= {"stopprice": price * 0.95, "limitprice": price * 1.05}
                self.buy_bracket(data, **terms)
            elif choice < 0.4:
                self.close(data)
            else:
                (self.buy if choice < 0.8 else self.sell)(data, **terms)


def erratic(seed: int, panel: Panel, config: Config) -> NativeRun:
    return run_native(NativeStrategy(Erratic, {"seed": seed % 1000}), Launches(), panel, config)


@quick
@example(1022)  # a bracket whose entry traded in parts and then ran out of money
@given(SEEDS)
def test_books_balance_and_no_fill_breaks_a_rule(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng)
    config = random_config(rng).model_copy(update={"slippage_bp": 0.0, "slippage_ticks": 0})
    done = erratic(seed, panel, config)
    run = done.run
    worth = np.zeros(len(panel))
    for row, code, shares in run.positions.tolist():
        worth[row] += shares * panel.mark[row, code] * panel.fx[row, panel.currency_of[code]]
    np.testing.assert_allclose(run.cash + worth, run.equity, rtol=1e-9, atol=1e-6)
    taken: dict[tuple[int, int], float] = {}
    for f in run.fills:
        t, i = int(f["row"]), int(f["code"])
        if f["reason"] == 6:
            continue
        assert panel.status[t, i] == TRADING
        assert panel.low[t, i] - 1e-9 <= f["price"] <= panel.high[t, i] + 1e-9
        if f["at"] != TOUCH and config.limit_policy != "opened":
            assert f["price"] == (panel.close if f["at"] == CLOSE else panel.open)[t, i], AT_NAMES[f["at"]]
        if config.limit_policy == "strict":
            assert (
                f["price"] < panel.limit_up[t, i] if f["shares"] > 0 else f["price"] > panel.limit_down[t, i]
            )
        taken[t, i] = taken.get((t, i), 0.0) + abs(f["shares"])
        assert taken[t, i] <= config.participation * panel.volume[t, i] + 1e-6


@quick
@given(SEEDS)
def test_in_shanghai_no_more_is_sold_than_was_held_overnight(seed: int) -> None:
    panel = random_panel(np.random.default_rng(seed))
    panel = replace(panel, shortable=panel.shortable & ~panel.t_plus_one)  # or what is sold may be a short's
    run = erratic(seed, panel, Config(participation=1.0)).run
    for i in np.flatnonzero(panel.t_plus_one[0]):
        held = dict.fromkeys(range(-1, len(panel)), 0.0)
        held |= {int(p["row"]): float(p["shares"]) for p in run.positions if p["code"] == i}
        for t in range(len(panel)):
            split = panel.actions[(panel.actions["row"] == t) & (panel.actions["code"] == i)]
            ratio = float(split["ratio"][0]) if len(split) else 1.0
            own = run.fills[(run.fills["code"] == i) & (run.fills["row"] == t)]
            sold = -own["shares"][own["shares"] < 0].sum()
            assert sold <= held[t - 1] * ratio + 1e-6


@quick
@given(SEEDS, st.integers(5, 55))
def test_nothing_later_changes_what_was_done_before(seed: int, t: int) -> None:
    rng = np.random.default_rng(seed)
    panel, config = random_panel(rng), random_config(rng).model_copy(update={"close_out": False})
    whole, part = erratic(seed, panel, config).run, erratic(seed, panel.until(t), config).run
    for name in ("fills", "blocks"):
        records = getattr(whole, name)
        kept = records[records["row"] <= t]
        for column in ("row", "at", "code", "leg", "reason"):
            np.testing.assert_array_equal(kept[column], getattr(part, name)[column])
    np.testing.assert_allclose(whole.equity[: t + 1], part.equity, rtol=1e-12)
