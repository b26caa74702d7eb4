"""The loop by sessions and backtrader's own: the same calls in the same order, the same numbers, the same bits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import backtrader as bt
import numpy as np
import pytest

import launchlab as ll
from launchlab.backtrader import plug, result
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
