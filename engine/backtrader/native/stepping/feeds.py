"""The feeds of a market: each code's sessions and no other, and no bar before its session is over."""

from array import array
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import backtrader as bt
import numpy as np

from .....data.arrays import F8, I4
from .....data.errors import ConfigError
from .....data.panel.panel import TRADING, Panel
from ...feeds import LAST_SECOND, session_clock
from .filters import filter_again
from .sealed import is_sealed, kept_for, seal

OUR_LINES = ("limit_up", "limit_down", "status")
LINES = ("open", "high", "low", "close", "volume", "openinterest", *OUR_LINES)


class FeedBar(NamedTuple):
    """One bar in the order of LINES, its time, and how many sessions of its exchange went by without one before it."""

    values: list[float]
    time: float
    skipped: int


class FeedSource:
    """The bars of one code of a panel by row; what its feed has not been handed, nobody can see."""

    def __init__(self, panel: Panel, column: int, clock: "array[float]") -> None:
        own = np.flatnonzero(panel.exchange_open[:, panel.exchange_of[column]])
        self.rows: I4 = np.flatnonzero(panel.status[:, column] == TRADING).astype(np.int32)
        self.calendar = array("d", [clock[row] for row in own.tolist()])
        self.own = own
        self.clock = clock
        self.values = _values(panel, column, self.rows)
        self._place = {row: k for k, row in enumerate(self.rows.tolist())}
        self._skipped = (np.diff(np.searchsorted(own, self.rows), prepend=-1) - 1).tolist()

    @property
    def first(self) -> int:
        """Row of the first bar, far beyond the last where there is none."""
        return int(self.rows[0]) if len(self.rows) else np.iinfo(np.int32).max

    def begins_by(self, row: int) -> bool:
        """Whether it has a bar on the first session of its exchange from `row` on."""
        later = self.own[self.own >= row]
        return bool(len(later)) and self.first <= later[0]

    def until(self, last: int | None) -> tuple[F8, "array[float]"]:
        """Bars up to a row, columns as LINES, and their times."""
        count = len(self.rows) if last is None else int(np.searchsorted(self.rows, last, side="right"))
        return self.values[:count], array("d", [self.clock[row] for row in self.rows[:count].tolist()])

    def bar(self, row: int) -> FeedBar | None:
        """The bar of a row."""
        k = self._place.get(row)
        return None if k is None else FeedBar(self.values[k].tolist(), self.clock[row], self._skipped[k])


class Tape(NamedTuple):
    """A panel as its feeds show it: the time of each row, the rows on which one of them has a bar, and the bars of each code."""

    panel: Panel
    clock: "array[float]"
    moving: list[int]
    sources: list[FeedSource]


class Rows:
    """The rows of a market, one after the other: those on which one of its feeds has a bar are handed out in turn."""

    def __init__(self, panel: Panel) -> None:
        self.begin(panel)

    def __getstate__(self) -> dict[str, Any]:
        return {"panel": _panel_of(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.begin(state["panel"])

    def begin(self, panel: Panel) -> None:
        """Before the first row of a panel."""
        if _panel_of(self) is not panel:
            seal(self, panel)
        self.between: Callable[[int], None] = nothing
        self.restart()

    def restart(self) -> None:
        """Before the first row."""
        self.row, self.before, self.over = -1, -1, False
        self._asked: set[int] = set()
        self._done = 0

    def advance(self) -> bool:
        """Go to the next row with a bar, and tell `between` first which one that is; false after the last."""
        if self.over:
            return False
        tape = tape_of(self)
        self.over = self._done == len(tape.moving)
        following = len(tape.clock) if self.over else tape.moving[self._done]
        self.between(following)
        if not self.over:
            self.before, self.row = self.row, following
            self._done += 1
        return not self.over

    def ask(self, feed: object) -> None:
        """A feed asks for its bar; the first to ask a second time takes all of them to the next row."""
        if self.row < 0 or id(feed) in self._asked:
            self.advance()
            self._asked.clear()
        self._asked.add(id(feed))


def _panel_of(rows: Rows) -> Panel | None:
    kept = kept_for(rows) if is_sealed(rows) else None
    return kept.panel if isinstance(kept, Tape) else kept


def tape_of(rows: Rows) -> Tape:
    """What the feeds of some rows show, made when it is first asked for; no attribute of a feed leads to it."""
    kept = kept_for(rows)
    if not isinstance(kept, Tape):
        clock = session_clock(kept)
        moving = np.flatnonzero((kept.status == TRADING).any(axis=1)).tolist()
        kept = Tape(kept, clock, moving, [FeedSource(kept, i, clock) for i in range(len(kept.codes))])
        seal(rows, kept)
    return kept


def nothing(row: int) -> None:
    """What happens between two rows where nobody listens."""


def _by_bars_alone(feed: Any, forcedata: Any = None) -> None:
    """Let a bar of another feed end a week, and never the clock on the wall, which backtrader asks of feeds that are live."""
    if forcedata is not None:
        bt.feed.DataBase._check(feed, forcedata=forcedata)


class MadeFeed(bt.feed.DataClone):  # type: ignore[misc]
    """A feed made of one of the market's: its weeks, or the same bars once more."""

    _check = _by_bars_alone

    def start(self) -> None:
        super().start()
        filter_again(self)


class Tick:
    """The last tick of a feed that is handed whole bars is the bar; where backtrader notes one, that goes before."""

    def __init__(self, line: str) -> None:
        self.line = line

    def __get__(self, feed: Any, kind: type) -> float | None:
        return None if feed is None or not len(feed) else getattr(feed.lines, self.line)[0]


class RuledFeed(bt.feed.DataBase):  # type: ignore[misc]
    """One code of a market. There is no later price in its buffers; later sessions are, where it is handed its bars, as they
    are public.

    It says that it is live, so that a Cerebro neither preloads it nor looks ahead in it. backtrader's own loop asks it for a
    bar (`next`); the loop by sessions hands it one (`open_up`, then `take`).
    """

    lines = OUR_LINES
    # a session ends when its bar is stamped, so that timers at the end of a session ring
    params = (("rows", None), ("column", 0), ("sessionend", LAST_SECOND))
    _check = _by_bars_alone
    tick_last, tick_limit_up, tick_limit_down, tick_status = map(Tick, ("close", *OUR_LINES))
    tick_open, tick_high, tick_low, tick_close, tick_volume, tick_openinterest = map(Tick, LINES[:6])
    _dates: Any = None  # the line of times, while bars are handed

    def islive(self) -> bool:
        return True

    def haslivedata(self) -> bool:
        return False

    def preload(self) -> NoReturn:
        raise ConfigError("a feed is handed its bars one by one; preload() is not offered here, leave it out")

    def clone(self, **options: Any) -> MadeFeed:
        return MadeFeed(dataname=self, **options)

    def start(self) -> None:
        super().start()
        filter_again(self)
        self.p.rows.restart()
        self._given, self._dates = -1, None

    def stop(self) -> None:
        if self._dates is not None:
            del self._dates.array[len(self) :]  # what plots it after the run takes lines of one length

    # asked by backtrader's own loop
    def next(self, datamaster: Any = None, ticks: bool = True) -> Any:
        if datamaster is None and not self.waits:
            self.p.rows.ask(self)
        return super().next(datamaster=datamaster, ticks=ticks)

    @property
    def waits(self) -> bool:
        """Whether it has a bar that another feed's earlier one goes before."""
        return self._dates is None and len(self) < self.buflen()

    def _load(self) -> bool | None:
        rows = self.p.rows
        if rows.over:
            return False
        if self._given == rows.row:
            return None
        self._given = rows.row
        bar = tape_of(rows).sources[self.p.column].bar(rows.row)
        if bar is None:
            return None
        for name, value in zip(LINES, bar.values, strict=True):
            getattr(self.lines, name)[0] = value
        own: Any = self.lines
        own.datetime[0] = bar.time
        return True

    # handed by the loop of sessions
    def is_plain(self) -> bool:
        """Whether it is a list of numbers and no more: neither filters nor lines put upon it, no saved memory, no room ahead."""
        own: Any = self.lines
        return not self._filters and all(
            line.mode == line.UnBounded and not line.bindings and not line.extension for line in own
        )

    def open_up(self) -> None:
        """From now on it is handed its bars; the last tick is its bar."""
        own: Any = self.lines
        self._numbers, self._dates = [getattr(own, name) for name in LINES], own.datetime
        self.calendar = tape_of(self.p.rows).sources[self.p.column].calendar
        self._left = len(self.calendar)
        for name in ("last", *LINES):  # as of now `Tick` says them
            self.__dict__.pop(f"tick_{name}", None)

    def fill(self, bars: F8, times: "array[float]") -> None:
        """Hold bars (columns as LINES) without showing one; `empty` again before the first is taken."""
        for line, column in zip(self._numbers, bars.T, strict=True):
            line.array = array("d", column.tobytes())
        self._dates.array = array("d", times)
        self._left = len(bars)

    def empty(self) -> None:
        """Hold nothing, as before the first bar."""
        own: Any = self.lines
        for line in own:
            line.reset()
        self._left = len(self.calendar)

    def buflen(self) -> int:
        """Bars so far and the sessions of its exchange to come, as on a preloaded feed: strategies ask whether this is the last."""
        own: Any = self.lines
        if self._dates is None:
            return int(own.buflen())
        return len(self) + self._left

    def take(self, bar: FeedBar) -> None:
        """One more bar."""
        self._left -= 1 + bar.skipped
        t = len(self)
        for line, value in zip(self._numbers, bar.values, strict=True):
            line.array.append(value)
            line._idx, line.lencount = t, t + 1
        dates = self._dates
        if not t:
            dates.array = array("d", self.calendar)
        del dates.array[t : t + bar.skipped]
        dates._idx, dates.lencount = t, t + 1


def _values(panel: Panel, column: int, rows: I4) -> F8:
    zeros = np.zeros(len(panel))
    columns = [zeros if name == "openinterest" else getattr(panel, name)[:, column] for name in LINES]
    values: F8 = np.column_stack(columns)[rows].astype(np.float64)
    return values
