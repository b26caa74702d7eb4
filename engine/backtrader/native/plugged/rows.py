"""Feeds for a Cerebro of somebody's own: each code's sessions and no other, and no bar before its session is over."""

from typing import Any

import backtrader as bt
import numpy as np

from .....data.panel.panel import Panel
from ...feeds import LAST_SECOND, session_clock
from ..feeds import LINES, OUR_LINES, FeedSource
from ..sealed import kept_for, seal
from .carried import filter_again


class Sealed:
    """Keeps a value out of sight, and takes it along to another process; a line of backtrader is no key of a dictionary."""

    def __init__(self, value: Any) -> None:
        seal(self, value)

    @property
    def value(self) -> Any:
        return kept_for(self)

    def __getstate__(self) -> dict[str, Any]:
        return {"value": self.value}

    def __setstate__(self, state: dict[str, Any]) -> None:
        seal(self, state["value"])


class Rows:
    """The rows of a market, one after the other: those on which one of its feeds has a bar are handed out in turn."""

    def __init__(self, panel: Panel) -> None:
        seal(self, panel)
        self.restart()

    def __getstate__(self) -> dict[str, Any]:
        return {"panel": kept_for(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        seal(self, state["panel"])
        self.restart()

    def restart(self) -> None:
        """Before the first row."""
        self.row, self.over = -1, False
        self._asked: set[int] = set()
        self._next = iter(np.flatnonzero((kept_for(self).status == 1).any(axis=1)).tolist())

    def ask(self, feed: object) -> None:
        """A feed asks for its bar; the first to ask a second time takes all of them to the next row."""
        if self.row < 0 or id(feed) in self._asked:
            following = next(self._next, None)
            self.over = following is None
            self.row = self.row if following is None else following
            self._asked.clear()
        self._asked.add(id(feed))


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


class RuledFeed(bt.feed.DataBase):  # type: ignore[misc]
    """One code of a market. It says that it is live, so that a Cerebro neither preloads it nor looks ahead in it."""

    lines = OUR_LINES
    # a session ends when its bar is stamped, so that timers at the end of a session ring
    params = (("rows", None), ("column", 0), ("sessionend", LAST_SECOND))
    _check = _by_bars_alone

    def islive(self) -> bool:
        return True

    def haslivedata(self) -> bool:
        return False

    def clone(self, **options: Any) -> MadeFeed:
        return MadeFeed(dataname=self, **options)

    def start(self) -> None:
        super().start()
        filter_again(self)
        panel = kept_for(self.p.rows)
        self.p.rows.restart()
        self._source = Sealed(FeedSource(panel, self.p.column, session_clock(panel)))
        self._given = -1

    def stop(self) -> None:
        self.__dict__.pop("_source", None)  # a strategy that ends in another process brings its feeds back

    def next(self, datamaster: Any = None, ticks: bool = True) -> Any:
        if datamaster is None:
            self.p.rows.ask(self)
        return super().next(datamaster=datamaster, ticks=ticks)

    def _load(self) -> bool | None:
        rows = self.p.rows
        if rows.over:
            return False
        if self._given == rows.row:
            return None
        self._given = rows.row
        bar = self._source.value.bar(rows.row)
        if bar is None:
            return None
        for name, value in zip(LINES, bar.values, strict=True):
            getattr(self.lines, name)[0] = value
        own: Any = self.lines
        own.datetime[0] = bar.time
        return True
