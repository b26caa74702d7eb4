"""How a Cerebro under the rules steps, from the first row of its market to the last.

Where all it has are the feeds of the market, each a plain list of bars, it is stepped from session to session, and what can be
calculated at once is. Where there are others, made of these or read from elsewhere, backtrader's own loop goes on. Both go from row
to row by `Rows.advance`, and what lies between two rows is the same for both: launches are told, sessions without a bar caught up with.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from backtrader import Cerebro

from .....data.errors import ConfigError
from .....data.ledger.launch import Launch, Launches
from .....data.panel.panel import Panel
from ....config import Config
from ...steps import quicken
from .at_once import show_at_once
from .feeds import FeedSource, MadeFeed, RuledFeed, Tape, nothing
from .notices import Notices
from .sealed import kept_for
from .warmup import delay, fill_in, hollow, lines_by_feed, step_with_own_bars

LOOPS = ("_runnext", "_runnext_old")


class Given(NamedTuple):
    """What a run is of: `launches` on the portfolio's clock; whether next() waits for shares that are listed later; where it is
    to end before the market does, the last row; who is told of the rows done."""

    panel: Panel
    launches: Launches
    config: Config
    wait_for_late: bool = True
    last: int | None = None
    progress: Callable[[int], None] | None = None


class Future(NamedTuple):
    """What happens in a run: its bars, launches by the row that they can reach, and their numbers."""

    given: Given
    tape: Tape
    notices: Notices
    numbers: Mapping[str, int]


class Ended(Exception):
    """The run has reached the row after which it was to end."""


def take_over(cerebro: Any) -> None:
    """Let the coming run of a Cerebro, for which a Future is sealed, step as here."""
    for name in LOOPS:
        setattr(cerebro, name, partial(run_through, cerebro, name))


def run_through(cerebro: Any, name: str, strategies: list[Any]) -> None:
    """In the place of backtrader's loop of a name."""
    for loop in LOOPS:
        vars(cerebro).pop(loop, None)
    if cerebro._timerscheat:
        raise ConfigError("a timer with cheat=True acts on a day that it already sees; leave cheat out")
    feeds, rows = cerebro.broker.feeds, cerebro.broker.rows
    usual = getattr(type(cerebro), name)
    by_sessions = usual is Cerebro._runnext and not cerebro.stores and _is_simple(cerebro)
    moving = [_begin(cerebro, strategy, feeds, at_once=by_sessions) for strategy in strategies]
    rows.between = Between(cerebro, strategies).go
    try:
        if by_sessions:
            step_through(cerebro, strategies, moving)
        else:
            usual(cerebro, strategies)
    finally:
        rows.between = nothing
    if not cerebro._event_stop:
        cerebro._brokernotify()
        for strategy in strategies:
            if strategy._orderspending or strategy._tradespending:
                strategy._notify()


def _is_simple(cerebro: Any) -> bool:
    """Whether all feeds are the market's, plain, and its strategies stay in this process."""
    plain = all(isinstance(data, RuledFeed) and data.is_plain() for data in cerebro.datas)
    return plain and not _travels(cerebro)


def _travels(cerebro: Any) -> bool:
    """Whether whole strategies are what an optimisation gives; quick steps do not travel."""
    return bool(cerebro._dooptimize and not cerebro.p.optreturn)


class Between:
    """What happens between two rows: launches are told, and sessions on which no feed has a bar are caught up with."""

    def __init__(self, cerebro: Any, strategies: Sequence[Any]) -> None:
        self.cerebro = cerebro
        self.hearing = [one for one in strategies if getattr(one, "notify_launch", None) is not None]
        self.heard = [0] * len(self.hearing)

    def go(self, following: int) -> None:
        """Before a row; the lines still end with the row before it."""
        broker = self.cerebro.broker
        self._end(broker.row)
        while not broker.mixed and broker.row + 1 < following:
            broker.catch_up(broker.row + 1)
            self._end(broker.row)

    def _end(self, row: int) -> None:
        future: Future = kept_for(self.cerebro)
        for k, strategy in enumerate(self.hearing):
            if len(strategy) or not future.given.wait_for_late:
                for known in range(self.heard[k], row + 2):
                    self._tell(strategy, future.notices.get(known, ()))
                self.heard[k] = row + 2
        if future.given.last is not None and row >= future.given.last:
            raise Ended
        if future.given.progress is not None and row >= 0:
            future.given.progress(row + 1)

    def _tell(self, strategy: Any, notices: Sequence[tuple[int, Launch, list[int]]]) -> None:
        """Launches whose first open is the next row's."""
        broker = self.cerebro.broker
        for number, launch, codes in notices:
            broker.answering = number
            strategy.notify_launch(launch, [self.cerebro.datas[i] for i in codes])
        broker.answering = -1


def step_through(cerebro: Any, strategies: list[Any], moving: Sequence[Mapping[int, list[Any]]]) -> None:
    """Hand each feed its bars, row by row, and step the broker and the strategies as backtrader's loop does."""
    future: Future = kept_for(cerebro)
    rows, feeds = cerebro.broker.rows, list(zip(cerebro.datas, future.tape.sources, strict=True))
    while rows.advance():
        row = rows.row
        for data, source in feeds:
            bar = source.bar(row)
            if bar is not None:
                data.take(bar)
                if len(data) == 1:
                    _fill_in(strategies, moving, data)
        cerebro._brokernotify()
        if cerebro._event_stop:
            return
        cerebro._check_timers(strategies, future.tape.clock[row], cheat=False)
        for strategy in strategies:
            strategy._next()
            if cerebro._event_stop:
                return
            cerebro._next_writers(strategies)


def _fill_in(strategies: Sequence[Any], moving: Sequence[Mapping[int, list[Any]]], data: Any) -> None:
    for strategy, lines in zip(strategies, moving, strict=True):
        for line in (*lines.get(id(data), ()), strategy.lines.datetime):
            fill_in(line)


def _begin(cerebro: Any, strategy: Any, feeds: Sequence[Any], *, at_once: bool) -> dict[int, list[Any]]:
    """Let the indicators of a strategy step at less cost, and wait for whom they are to wait; by the `id` of a feed the lines that
    say NaN until its first bar."""
    future: Future = kept_for(cerebro)
    sources = dict(zip(map(id, feeds), future.tape.sources, strict=True))
    done: set[int] = set()
    if at_once:
        for data in feeds:
            data.open_up()
        done = show_at_once(strategy, feeds, lambda data: sources[id(data)].until(future.given.last))
    if not future.given.wait_for_late:
        _keep_nobody_waiting(strategy, feeds, sources, done)
    if not _travels(cerebro):
        quicken(strategy, done)
    if future.given.wait_for_late:
        return {}
    if len(feeds) > 1:
        step_with_own_bars(strategy, feeds, done)
    return _hollow(cerebro, strategy, sources)


def _keep_nobody_waiting(
    strategy: Any, feeds: Sequence[Any], sources: Mapping[int, FeedSource], done: set[int]
) -> None:
    """next() waits for the feeds that begin with the first, and an indicator for its own."""

    def missed(clock: int, parts: set[int]) -> int:
        return int((sources[clock].rows < max(sources[part].first for part in parts)).sum())

    firsts = {source.first for source in sources.values()}
    if len(firsts) > 1:
        delay(strategy, missed, feeds, done)
    first = min(firsts)
    known = [sources.get(id(_root(data))) for data in strategy.datas]
    waited = [source is None or source.begins_by(first) for source in known]

    def status() -> int:
        pairs = zip(strategy._minperiods, strategy.datas, waited, strict=True)
        strategy._minperstatus = max(bars - len(data) for bars, data, needed in pairs if needed)
        return int(strategy._minperstatus)

    if not all(waited) and any(waited):
        strategy._getminperstatus = status


def _hollow(cerebro: Any, strategy: Any, sources: Mapping[int, FeedSource]) -> dict[int, list[Any]]:
    """Let the lines of what comes late say NaN before its first bar."""
    future: Future = kept_for(cerebro)

    def now() -> float:
        return future.tape.clock[max(cerebro.broker.row, 0)]

    late = {id(data): source.first for data in cerebro.datas if (source := sources.get(id(_root(data))))}
    if not any(late.values()):
        return {}
    moving = lines_by_feed(strategy, cerebro.datas)
    if min(late.values()):
        hollow(strategy.lines.datetime, now)
    for data in cerebro.datas:
        if late.get(id(data)):
            for line in moving[id(data)]:
                hollow(line)
            hollow(data.lines.datetime, now)
    return moving


def _root(data: Any) -> Any:
    """The feed of the market that another one is made of, or the feed itself."""
    while isinstance(data, MadeFeed):
        data = data.p.dataname
    return data
