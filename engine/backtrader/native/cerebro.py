"""How a native run steps: session by session for the broker, bar by bar for the strategy."""

from array import array
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import backtrader as bt

from ....data.errors import ConfigError
from ....data.ledger.launch import Launch
from ....data.panel.panel import Panel
from ..feeds import session_clock
from ..steps import quicken
from .at_once import show_at_once
from .broker import NativeBroker
from .desk import NativeDesk
from .feeds import FeedSource, OwnFeed
from .sealed import kept_for, seal
from .warmup import delay, fill_in, hollow, lines_by_feed, step_with_own_bars

Notices = Mapping[int, list[tuple[int, Launch, list[int]]]]


class Future(NamedTuple):
    """What happens in a run: the time of each row, bars by feed, launches by the row that they can reach, their numbers."""

    clock: "array[float]"
    sources: list[FeedSource]
    notices: Notices
    numbers: Mapping[str, int]


class Ended(Exception):
    """The run has reached the row after which it was to end."""


class LaunchCerebro(bt.Cerebro):  # type: ignore[misc]
    """Steps by the sessions of all exchanges, and tells the strategy of launches before the open they can reach.

    The broker has every session. The strategy has those on which one of its codes trades, and each feed its own.
    """

    row = -1
    last: int | None = None  # row after which the run ends, where it is not the market's last
    progress: Callable[[int], None] | None = None
    begun = False

    def run(self, **options: Any) -> Any:
        """As any Cerebro runs, once."""
        if self.begun:
            raise ConfigError(
                "cerebro.run() belongs to the run, which has begun; leave it out of the strategy"
            )
        self.begun = True
        return super().run(**options)

    def _runnext(self, runstrats: list[Any]) -> None:
        (strategy,) = runstrats
        if self._timerscheat:
            raise ConfigError("a timer with cheat=True acts on a day that it already sees; leave cheat out")
        future: Future = kept_for(self)
        for data in self.datas:
            data.open_up()
        self._warm_up(strategy, future)
        for row, time in enumerate(future.clock):
            self.row = row
            moved = self._next_bars(row, strategy, future)
            self._brokernotify()
            while moved:
                self._step(runstrats, time)
                moved = self._filtered("load")
            self._notify_launches(strategy, future.notices)
            if row == self.last:
                raise Ended
            if self.progress is not None:
                self.progress(row + 1)
        if self._filtered("_last"):
            self._step(runstrats, future.clock[-1])
        strategy._notify()

    def _next_bars(self, row: int, strategy: Any, future: Future) -> bool:
        """Hand each feed its bar of the row; whether any has one."""
        moved = False
        for data, source in zip(self.datas, future.sources, strict=True):
            bar = source.bar(row)
            if bar is not None and data.take(bar):
                moved = True
                if len(data) == 1:
                    for line in (*self._moving[id(data)], strategy.lines.datetime):
                        fill_in(line)
        return moved

    def _filtered(self, ask: str) -> bool:
        """Whether a feed with filters has one more bar; every one of them is asked."""
        return sum(bool(getattr(data, ask)()) for data in self.datas if not data.plain) > 0

    def _step(self, runstrats: list[Any], time: float) -> None:
        if not self._event_stop:
            (strategy,) = runstrats
            self._check_timers(runstrats, time, cheat=False)
            strategy._next()
            self._next_writers(runstrats)

    def _warm_up(self, strategy: Any, future: Future) -> None:
        """Who waits for whom: next() for the feeds that begin with the first, an indicator for its own."""
        sources = dict(zip(map(id, self.datas), future.sources, strict=True))
        first = min(source.first for source in future.sources)

        def missed(clock: int, parts: set[int]) -> int:
            return int((sources[clock].rows < max(sources[part].first for part in parts)).sum())

        plain = [data for data in self.datas if data.plain]
        done = show_at_once(strategy, plain, lambda data: sources[id(data)].until(self.last))
        delay(strategy, missed, self.datas, done)
        quicken(strategy, done)
        if len(self.datas) > 1:
            step_with_own_bars(strategy, self.datas, done)
        _wait_for(strategy, [sources[id(data)].begins_by(first) for data in self.datas])
        self._moving = lines_by_feed(strategy, self.datas)
        if first:
            hollow(strategy.lines.datetime, self._now)
        for data in self.datas:
            if sources[id(data)].first:
                for line in self._moving[id(data)]:
                    hollow(line)
                hollow(data.lines.datetime, self._now)

    def _now(self) -> float:
        future: Future = kept_for(self)
        return future.clock[max(self.row, 0)]

    def _notify_launches(self, strategy: Any, notices: Notices) -> None:
        """Launches whose first open is the next row's; the lines still end with this row."""
        notify = getattr(strategy, "notify_launch", None)
        if notify is None:
            return
        for number, launch, codes in notices.get(self.row + 1, ()):
            self.broker.answering = number
            notify(launch, [self.datas[i] for i in codes])
        self.broker.answering = -1


def _wait_for(strategy: Any, waited: list[bool]) -> None:
    """Let next() wait for these feeds and their indicators alone."""

    def status() -> int:
        pairs = zip(strategy._minperiods, strategy.datas, waited, strict=True)
        strategy._minperstatus = max(bars - len(data) for bars, data, needed in pairs if needed)
        return int(strategy._minperstatus)

    if not all(waited) and any(waited):
        strategy._getminperstatus = status


def make_cerebro(
    panel: Panel, desk: NativeDesk, notices: Notices, numbers: Mapping[str, int]
) -> LaunchCerebro:
    """A Cerebro over the panel with the broker in place; `notices` are launches by row, `numbers` their places."""
    cerebro = LaunchCerebro(stdstats=False, preload=False, runonce=False)
    clock = session_clock(panel)
    sources = [FeedSource(panel, i, clock) for i in range(len(panel.codes))]
    seal(cerebro, Future(clock, sources, notices, numbers))
    broker = NativeBroker()
    seal(broker, desk)
    cerebro.broker = broker
    cerebro.addobserver(bt.observers.Broker)  # analyzers ask for stats.broker, AnnualReturn for one
    for code, source in zip(panel.codes, sources, strict=True):
        feed = OwnFeed(timeframe=bt.TimeFrame.Days)
        feed.calendar = source.calendar
        cerebro.adddata(feed, name=code)
    return cerebro
