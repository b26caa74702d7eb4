"""A feed that holds the bars of its own code alone, and is handed each when its session is over."""

from array import array
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

import backtrader as bt
import numpy as np

from ....data.arrays import F8, I4
from ....data.errors import ConfigError
from ....data.panel.panel import TRADING, Panel
from ..feeds import LAST_SECOND

OUR_LINES = ("limit_up", "limit_down", "status")
LINES = ("open", "high", "low", "close", "volume", "openinterest", *OUR_LINES)


class FeedBar(NamedTuple):
    """One bar in the order of LINES, its time, and how many sessions of its exchange went by without one before it."""

    values: list[float]
    time: float
    skipped: int


class OwnFeed(bt.feed.DataBase):  # type: ignore[misc]
    """The sessions on which a code trades. There is no later price in its buffers; later sessions are, as they are public."""

    lines = OUR_LINES
    # a session ends when its bar is stamped, so that timers at the end of a session ring
    params = (("sessionend", LAST_SECOND),)

    calendar: "array[float]"
    due: FeedBar | None = None
    plain = True

    def preload(self) -> NoReturn:
        raise ConfigError("a feed is handed its bars one by one; preload() is not offered here, leave it out")

    def open_up(self) -> None:
        """Look whether it is a list of numbers and no more: neither filters nor lines put upon it, nor saved memory."""
        own: Any = self.lines
        lines = list(own)
        self.plain = not self._filters and all(
            line.mode == line.UnBounded and not line.bindings for line in lines
        )
        self._numbers, self._dates = [getattr(own, name) for name in LINES], own.datetime
        self._left = len(self.calendar)

    def fill(self, bars: F8, times: "array[float]") -> None:
        """Hold bars (columns as LINES) without showing one; `empty` again before the first is taken."""
        for line, column in zip(self._numbers, bars.T, strict=True):
            line.array = array("d", column.tobytes())
        own: Any = self.lines
        own.datetime.array = array("d", times)
        self._left = len(bars)

    def empty(self) -> None:
        """Hold nothing, as before the first bar."""
        own: Any = self.lines
        for line in own:
            line.reset()
        self._left = len(self.calendar)

    def buflen(self) -> int:
        """Bars so far and the sessions of its exchange to come, as on a preloaded feed: strategies ask whether this is the last."""
        return len(self) + self._left

    def take(self, bar: FeedBar) -> bool:
        """One more bar; false where a filter keeps it back."""
        self._left -= 1 + bar.skipped
        if not self.plain:
            self.due = bar
            return bool(self.load()) and len(self) > 0
        t = len(self)
        for line, value in zip(self._numbers, bar.values, strict=True):
            line.array.append(value)
            line._idx, line.lencount = t, t + 1
        dates = self._dates
        if not t:
            dates.array = array("d", self.calendar)
        del dates.array[t : t + bar.skipped]
        dates._idx, dates.lencount = t, t + 1
        return True

    def _load(self) -> bool | None:
        bar, self.due = self.due, None
        if bar is None:
            return None  # not now: filters wait for the next session
        for line, value in zip(self._numbers, bar.values, strict=True):
            line[0] = value
        own: Any = self.lines
        own.datetime[0] = bar.time
        return True


class FeedSource:
    """The bars of one code of a panel by row; what its feed has not been handed, nobody can see."""

    def __init__(self, panel: Panel, column: int, clock: "array[float]") -> None:
        own = np.flatnonzero(panel.exchange_open[:, panel.exchange_of[column]])
        self.rows: I4 = np.flatnonzero(panel.status[:, column] == TRADING).astype(np.int32)
        self.calendar = array("d", [clock[row] for row in own.tolist()])
        self.own = own
        self.clock = clock
        self.values = _values(panel, column, self.rows)
        self._bars = _bars(self.values, self.rows, np.searchsorted(own, self.rows), clock)
        self._rows = frozenset(self.rows.tolist())

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
        """The bar of a row; rows are asked for in order."""
        return next(self._bars) if row in self._rows else None


def _values(panel: Panel, column: int, rows: I4) -> F8:
    zeros = np.zeros(len(panel))
    columns = [zeros if name == "openinterest" else getattr(panel, name)[:, column] for name in LINES]
    values: F8 = np.column_stack(columns)[rows].astype(np.float64)
    return values


def _bars(values: F8, rows: I4, places: Any, clock: "array[float]") -> Iterator[FeedBar]:
    skipped = np.diff(places, prepend=-1) - 1
    for row, numbers, missed in zip(rows.tolist(), values, skipped.tolist(), strict=True):
        yield FeedBar(
            numbers.tolist(), clock[row], missed
        )  # not all of them beforehand: lists cost the collector
