"""The loop by sessions and backtrader's own: the same calls in the same order, the same numbers, the same bits."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import backtrader as bt
import numpy as np
import pytest

import launchlab as ll
from launchlab.backtrader import plug, result
from launchlab.data.errors import ConfigError
from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtrader.native.stepping import loop

from ....markets.small_market import launch_of, ledger
from ....markets.stock_backtrader import CN, FREE, HK, OTHER, market, walk

RUN = ll.Config(capital=10_000_000.0, **FREE)  # type: ignore[arg-type]
GAPS = (5, 6, 7, 30, 45)
MARKETS = {
    "one share": market(walk(HK, days=70)),
    "with suspensions": market(walk(HK, days=70, gaps=GAPS), walk(CN, days=70, seed=2)),
    "a late share": market(
        walk(HK, days=70), walk(CN, days=70, late=25, seed=2), walk(OTHER, days=70, seed=3)
    ),
    "idle at both ends": market(walk(HK, days=70, gaps=(*range(3), 20, 21, *range(66, 70)))),
}
NEWS = ledger(
    launch_of(HK, "2025-01-24T20:00+08:00", "one"),
    launch_of(f"{HK};{CN}", "2025-02-23T08:00+08:00", "two"),
    launch_of(HK, "2025-03-04T20:00+08:00", "three"),
)
Log = list[str]  # of what was told, in words: not a number is itself in them


class Told(bt.Strategy):  # type: ignore[misc]
    """Trades averages and news, and writes down all that it is told and sees."""

    params = (("log", None), ("name", "first"))

    def __init__(self) -> None:
        self.cross = [bt.ind.CrossOver(data.close, bt.ind.EMA(data, period=4)) for data in self.datas[:3]]
        self.spread = self.data.close - self.datas[-1].close
        self.add_timer(bt.timer.SESSION_END)

    def note(self, *words: Any) -> None:
        dates = [str(self.datetime.date())] if len(self) else []
        self.p.log.append(repr((self.p.name, *dates, *words)))

    def start(self) -> None:
        self.note("start")

    def stop(self) -> None:
        self.note("stop", len(self), self.broker.getvalue())

    def notify_order(self, order: Any) -> None:
        self.note("order", order.data._name, order.getstatusname(), order.executed.size, order.executed.price)

    def notify_trade(self, trade: Any) -> None:
        self.note("trade", trade.data._name, trade.status, trade.size, trade.pnlcomm)

    def notify_cashvalue(self, cash: float, value: float) -> None:
        self.note("cash", cash, value)

    def notify_timer(self, timer: Any, when: Any, *rest: Any, **more: Any) -> None:
        self.note("timer", str(when))

    def notify_launch(self, launch: Any, datas: Any) -> None:
        self.note("launch", launch.id, [data._name for data in datas])
        if datas:
            self.buy(datas[0], size=500)

    def prenext(self) -> None:
        self.note("prenext", *self.seen())

    def next(self) -> None:
        self.note("next", *self.seen())
        for data, cross in zip(self.datas, self.cross, strict=False):
            if cross[0]:
                self.order_target_size(data, 1000 if cross[0] > 0 else 0)
        if len(self) % 9 == 0:
            self.buy_bracket(
                size=500, limitprice=self.data.close[0] * 1.03, stopprice=self.data.close[0] * 0.97
            )

    def seen(self) -> list[Any]:
        known = [data for data in self.datas if len(data)]
        bars = [(len(data), data.close[0], data.volume[0], data.tick_close, data.tick_last) for data in known]
        return [*bars, *(cross.array[-1:].tolist() for cross in self.cross), self.spread.array[-1:].tolist()]


class Steps(bt.Analyzer):  # type: ignore[misc]
    """Notes when it is called."""

    params = (("log", None),)

    def next(self) -> None:
        self.p.log.append(f"analyzer {len(self.strategy)} {self.strategy.broker.getvalue()}")


class Above(bt.Indicator):  # type: ignore[misc]
    lines = ("signal",)

    def __init__(self) -> None:
        self.lines.signal = self.data - bt.ind.SMA(self.data, period=5)


def alone(cerebro: Any, log: Log, folder: Path) -> None:
    cerebro.addstrategy(Told, log=log)


def two_strategies(cerebro: Any, log: Log, folder: Path) -> None:
    cerebro.addstrategy(Told, log=log)
    cerebro.addstrategy(Told, log=log, name="second")


def signals(cerebro: Any, log: Log, folder: Path) -> None:
    cerebro.add_signal(bt.SIGNAL_LONGSHORT, Above)
    cerebro.addsizer(bt.sizers.FixedSize, stake=500)


def writers_and_watchers(cerebro: Any, log: Log, folder: Path) -> None:
    cerebro.addstrategy(Told, log=log)
    cerebro.addanalyzer(Steps, log=log)
    cerebro.addanalyzer(bt.analyzers.Transactions)
    cerebro.addobserver(bt.observers.DrawDown)
    cerebro.addwriter(bt.WriterFile, csv=True, out=str(folder / "out.csv"))
    cerebro.add_timer(bt.timer.SESSION_START, weekdays=[2], strats=True)


def stopped(cerebro: Any, log: Log, folder: Path) -> None:
    class Stops(Told):
        def next(self) -> None:
            super().next()
            if len(self) == 40:
                self.env.runstop()

    cerebro.addstrategy(Stops, log=log)


def told_at_once(cerebro: Any, log: Log, folder: Path) -> None:
    cerebro.p.quicknotify = True
    cerebro.addstrategy(Told, log=log)


Script = Callable[[Any, Log, Path], None]
SCRIPTS = (alone, two_strategies, signals, writers_and_watchers, stopped, told_at_once)


def lines_of(strategy: Any) -> list[bytes]:
    """Every line of feeds, indicators and observers as it ended."""
    parts = [one for kind in strategy._lineiterators.values() for one in kind]
    series = [*strategy.datas, *(part for part in parts if hasattr(part, "lines")), strategy]
    return [np.array(line.array).tobytes() for one in series for line in one.lines]


def ran(script: Script, panel: Panel, folder: Path, *, late: bool) -> tuple[Any, ...]:
    log: Log = []
    cerebro = bt.Cerebro()
    plug(cerebro, ll.Market(NEWS, panel), RUN, wait_for_late=late)
    script(cerebro, log, folder)
    strategies = cerebro.run()
    # backtrader numbers orders and trades from the start of the process
    files = [path.read_text() for path in sorted(folder.iterdir())]
    done = result(cerebro)
    return log, [lines_of(one) for one in strategies], files, done.fills, done.blocks, done.equity


@pytest.mark.parametrize("late", [True, False], ids=["waiting", "waiting for nobody"])
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.__name__))
@pytest.mark.parametrize("on", MARKETS)
def test_both_loops_say_the_same(
    on: str, script: Script, late: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stepped: list[Any] = []
    usual = loop.step_through
    monkeypatch.setattr(loop, "step_through", lambda *words: (stepped.append(words), usual(*words)))
    mine = ran(script, MARKETS[on], tmp_path, late=late)
    assert stepped
    stepped.clear()
    monkeypatch.setattr(loop, "_is_simple", lambda cerebro: False)
    right = ran(script, MARKETS[on], tmp_path, late=late)
    assert not stepped
    assert mine[0] == right[0]
    assert mine[1:3] == right[1:3]
    assert all(one.equals(other) for one, other in zip(mine[3:], right[3:], strict=True))
    assert len(mine[3]) > 2


class Weekend(bt.feed.DataBase):  # type: ignore[misc]
    """A feed of somebody's own with bars of Saturdays alone."""

    params = (("days", ()),)

    def start(self) -> None:
        super().start()
        self.left = list(self.p.days)

    def _load(self) -> bool:
        if not self.left:
            return False
        own: Any = self.lines
        own.datetime[0] = bt.date2num(self.left.pop(0))
        for name in ("open", "high", "low", "close"):
            getattr(own, name)[0] = 1.0
        own.volume[0] = own.openinterest[0] = 0.0
        return True


def test_a_feed_of_other_days_takes_no_bar_of_the_market_and_shows_no_later_value() -> None:
    panel = MARKETS["with suspensions"]
    seen: list[tuple[str, int, int, float]] = []

    class Looks(bt.Strategy):  # type: ignore[misc]
        def next(self) -> None:
            if not self.position:
                self.buy(size=1000)
            day = str(self.datetime.date())
            seen.append((day, len(self.data0), len(self.data1), self.broker.getvalue()))

    saturdays = [datetime(2025, 2, day, 12) for day in (8, 15, 22)]
    made = bt.Cerebro()
    plug(made, ll.Market(Launches(), panel), RUN)
    made.adddata(Weekend(days=saturdays), name="saturday")
    made.addstrategy(Looks)
    (strategy,) = made.run()
    assert [len(data) for data in strategy.datas] == [65, 70, 3]
    on = {day: k for k, (day, *_) in enumerate(seen)}
    for day in ("2025-02-15", "2025-02-22"):
        assert seen[on[day]][1:] == seen[on[day] - 1][1:]  # nothing has happened since Friday
    days = [day for day, *_ in seen]
    assert days == sorted(days)


def test_a_class_run_by_name_is_a_plugged_one_that_waits_for_nobody() -> None:
    class Buys(bt.Strategy):  # type: ignore[misc]
        def next(self) -> None:
            self.order_target_size(self.data, 1000 if len(self) % 20 < 10 else 0)

    on = ll.Market(NEWS, MARKETS["a late share"])
    found = {}
    for late in (True, False):
        made = bt.Cerebro()
        plug(made, on, RUN, wait_for_late=late)
        made.addstrategy(Buys)
        made.run()
        found[late] = result(made)
    named = ll.backtest(Buys, on, RUN)
    assert found[False].fills.equals(named.fills)
    assert found[False].comparison.equals(named.comparison)
    assert found[True].fills["session"].min() > named.fills["session"].min()


@pytest.mark.parametrize("weeks", [False, True], ids=["by sessions", "with weeks"])
def test_a_launch_is_told_on_time_while_no_share_trades(weeks: bool) -> None:
    heard: list[tuple[str, int]] = []

    class Hears(bt.Strategy):  # type: ignore[misc]
        def notify_launch(self, launch: Any, datas: Any) -> None:
            heard.append((launch.id, len(self.data)))
            self.buy(size=500)

    days = [str(day) for day in walk(HK, days=70).sessions]
    news = ledger(launch_of(HK, f"{days[21]}T20:00+08:00", "idle"))
    made = bt.Cerebro()
    plug(
        made,
        ll.Market(
            news,
            market(walk(HK, days=70, gaps=(21, 22, 23)), walk(OTHER, days=70, seed=3, gaps=(21, 22, 23))),
        ),
        RUN,
    )
    if weeks:
        made.resampledata(made.datas[0], timeframe=bt.TimeFrame.Weeks)
    made.addstrategy(Hears)
    made.run()
    assert heard == [("idle", 21)]
    done = result(made)
    assert done.blocks[["session", "reason"]].values.tolist() == [
        [days[22], "suspended"],
        [days[23], "suspended"],
    ]
    assert done.fills["session"].tolist() == [days[24]]


def whole_strategies_from_processes(made: Any) -> None:
    made.optstrategy(Told, name=("a", "b"))
    made.run(maxcpus=2, optreturn=False)


def a_run_in_the_run(made: Any) -> None:
    class Runs(bt.Strategy):  # type: ignore[misc]
        def next(self) -> None:
            self.env.run()

    made.addstrategy(Runs)
    made.run()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param(
            whole_strategies_from_processes, "strategies that do not wait for late shares cannot come back whole",
            marks=pytest.mark.skipif(sys.version_info >= (3, 14), reason="backtrader's own cannot be pickled there"),
        ),
        (a_run_in_the_run, r"test_loops\.py line \d+: cerebro\.run\(\) belongs to the run"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence(wrong: Any, said: str) -> None:
    made = bt.Cerebro()
    plug(made, ll.Market(NEWS, MARKETS["one share"]), RUN, wait_for_late=False)
    with pytest.raises(ConfigError, match=said):
        wrong(made)
