"""backtrader under our broker: it sees the panel's bars, and its own books are the desk's."""

from typing import Any
from unittest.mock import patch

import backtrader as bt
import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from launchlab.data.panel.panel import TRADING, Panel
from launchlab.engine.backtrader import broker as module
from launchlab.engine.backtrader import feeds
from launchlab.engine.backtrader.broker import LegTrader, RuleBroker, run_backtrader
from launchlab.engine.backtrader.desk import Desk
from launchlab.engine.backtrader.feeds import PanelFeed
from launchlab.engine.backtrader.leg_state import leg_states
from launchlab.engine.config import Config
from launchlab.engine.legs import Reason, empty_legs

from ...markets.random_markets import random_config, random_legs, random_panel

PRICES = ("open", "high", "low", "close", "volume", "openinterest")
SEEDS = st.integers(0, 2**32 - 1)


class Recorder(bt.Strategy):  # type: ignore[misc]
    """Writes down every line of every feed at every bar."""

    def __init__(self) -> None:
        self.seen: list[list[Any]] = []

    def next(self) -> None:
        now = [bt.num2date(self.datetime[0]).date()]
        for data in self.datas:
            now += [data.datetime.date(0), *(getattr(data, name)[0] for name in PRICES)]
        self.seen.append(now)


def pandas_feed(panel: Panel, i: int) -> bt.feeds.PandasData:
    """The bars of one code as stock backtrader would be given them: its mark where nothing trades."""
    idle = panel.status[:, i] != TRADING
    frame = {name: np.where(idle, panel.mark[:, i], getattr(panel, name)[:, i]) for name in PRICES[:4]}
    frame |= {"volume": panel.volume[:, i], "openinterest": np.zeros(len(panel))}
    days = pd.DatetimeIndex(panel.sessions) + pd.Timedelta(hours=23, minutes=59, seconds=59)
    return bt.feeds.PandasData(dataname=pd.DataFrame(frame, index=days))


def seen_by(feeds: list[Any]) -> list[list[Any]]:
    cerebro = bt.Cerebro(stdstats=False)
    for feed in feeds:
        cerebro.adddata(feed)
    cerebro.addstrategy(Recorder)
    (recorder,) = cerebro.run()
    return list(recorder.seen)


@pytest.mark.parametrize("seed", [3, 8])
def test_our_feed_says_line_by_line_what_a_pandas_feed_says(seed: int) -> None:
    panel = random_panel(np.random.default_rng(seed))
    days = panel.sessions.astype("datetime64[s]").astype(object)
    clock = feeds.array("d", [bt.date2num(day.replace(hour=23, minute=59, second=59)) for day in days])
    ours = seen_by([PanelFeed(panel=panel, column=i, clock=clock) for i in range(len(panel.codes))])
    stock = seen_by([pandas_feed(panel, i) for i in range(len(panel.codes))])
    assert len(ours) == len(stock) == len(panel)
    for mine, theirs in zip(ours, stock, strict=True):
        np.testing.assert_equal(mine, theirs)


def test_the_rules_travel_with_the_feed() -> None:
    panel = random_panel(np.random.default_rng(5))
    seen: list[tuple[float, float, float]] = []

    class Watcher(bt.Strategy):  # type: ignore[misc]
        def next(self) -> None:
            data = self.datas[0]
            seen.append((data.limit_up[0], data.limit_down[0], data.status[0]))

    cerebro = bt.Cerebro(stdstats=False)
    days = panel.sessions.astype("datetime64[s]").astype(object)
    clock = feeds.array("d", [bt.date2num(day) for day in days])
    cerebro.adddata(PanelFeed(panel=panel, column=1, clock=clock))
    cerebro.addstrategy(Watcher)
    cerebro.run()
    expected = zip(panel.limit_up[:, 1], panel.limit_down[:, 1], panel.status[:, 1], strict=True)
    assert seen == [(float(up), float(down), float(status)) for up, down, status in expected]


@settings(max_examples=25, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(SEEDS)
def test_backtrader_s_own_cash_value_and_positions_are_the_desk_s(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng)
    legs, config = random_legs(rng, panel), random_config(rng)
    checked: list[int] = []

    class Auditor(RuleBroker):
        """Holds backtrader's positions against the desk's legs at every close."""

        def next(self) -> None:
            super().next()
            held: dict[int, float] = dict.fromkeys(range(len(panel.codes)), 0.0)
            for leg in self.desk.live:
                held[leg.code] += leg.held
            for i, data in enumerate(self.cerebro.datas):
                assert self.positions[data].size == pytest.approx(held[i], abs=1e-6)
            assert self.cash == pytest.approx(self.desk.cash, rel=1e-9, abs=1e-6)
            assert self.get_value() == pytest.approx(self.desk.nav, rel=1e-9, abs=1e-6)
            checked.append(self.desk.t)

    with patch.object(module, "RuleBroker", Auditor):
        run_backtrader(legs, panel, config)
    assert checked == list(range(len(panel)))


def test_every_execution_reaches_the_strategy_once() -> None:
    rng = np.random.default_rng(11)
    panel = random_panel(rng)
    legs = random_legs(rng, panel)
    executed: list[tuple[int, float]] = []

    class Listener(LegTrader):
        def notify_order(self, order: bt.Order) -> None:
            if order.status in (order.Completed, order.Partial):
                executed.append((self.datas.index(order.data), order.executed.size))

    with patch.object(module, "LegTrader", Listener):
        run = run_backtrader(legs, panel, Config(participation=1.0))
    orders = run.fills[run.fills["reason"] != Reason.DELISTED]
    assert executed == [(int(f["code"]), float(f["shares"])) for f in orders]
    assert len(executed) > 5


def test_books_that_disagree_stop_the_run() -> None:
    panel = random_panel(np.random.default_rng(2))

    class Forgetful(Desk):
        def end_session(self) -> None:
            super().end_session()
            self.cash += 1.0 if self.t == 7 else 0.0

    with (
        patch.object(module, "Desk", Forgetful),
        pytest.raises(AssertionError, match="session 7: backtrader's cash"),
    ):
        run_backtrader(empty_legs(0), panel, Config())


def test_legs_become_states_row_by_row() -> None:
    legs = empty_legs(2)
    legs["weight"], legs["stop"] = [0.1, 0.2], [np.nan, 0.05]
    first, second = leg_states(legs)
    assert (first.index, first.weight, second.index, second.weight) == (0, 0.1, 1, 0.2)
    assert np.isnan(first.rules[0])
    assert second.rules[0] == 0.05
