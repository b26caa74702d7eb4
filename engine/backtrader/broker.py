"""The backtrader path: a broker that obeys the exchanges, feeds that read the panel's arrays, and how they step.

Stock backtrader fills on stale bars, shorts without limit and knows no price limits; `RuleBroker` therefore decides
nothing itself: each order goes to `fill_order` and only what it grants is executed by backtrader. Positions
and cash are backtrader's own and are checked against the desk's books at every close.
"""

from array import array
from collections.abc import Callable, Mapping
from datetime import time
from typing import Any, NoReturn

import backtrader as bt
import numpy as np
from numpy.typing import NDArray

from ...data.errors import ConfigError
from ...data.ledger.launch import Launch
from ...data.panel.panel import TRADING, Panel
from ..config import Config
from ..legs import CLOSE, OPEN, TOUCH
from ..results.run import Run
from .account import Account
from .desk import Desk
from .leg_state import Attempt, leg_states
from .warmup import delay

LAST_SECOND = time(23, 59, 59)


def panel_columns(p: Panel, i: int) -> dict[str, NDArray[Any]]:
    """The lines of one code by name, but datetime; shape (T,) each."""
    idle = p.status[:, i] != TRADING
    columns = {
        name: np.where(idle, p.mark[:, i], getattr(p, name)[:, i])
        for name in ("open", "high", "low", "close")
    }
    columns |= {"volume": p.volume[:, i], "openinterest": np.zeros(len(p))}
    return columns | {
        "limit_up": p.limit_up[:, i], "limit_down": p.limit_down[:, i], "status": p.status[:, i]
    }  # fmt: skip


def session_clock(panel: Panel) -> "array[float]":
    """The last second of each session, as backtrader counts time."""
    days = panel.sessions.astype("datetime64[s]").astype(object)
    return array("d", [bt.date2num(day.combine(day, LAST_SECOND)) for day in days])


class PanelFeed(bt.feed.DataBase):  # type: ignore[misc]
    """One code of the panel. Where it does not trade, all prices are its last mark and the volume is 0."""

    lines = ("limit_up", "limit_down", "status")
    # a session ends when its bar is stamped, so that timers at the end of a session ring
    params = (("panel", None), ("column", 0), ("clock", None), ("sessionend", LAST_SECOND))

    def _load(self) -> bool:
        return False

    tick_open = tick_high = tick_low = tick_close = None

    def _tick_fill(self, force: bool = False) -> None:
        """Nothing: daily bars are whole, and copying each into tick attributes costs half of a run."""

    def _tick_nullify(self) -> None:
        """Nothing, as `_tick_fill`."""

    def preload(self) -> None:
        """Fill the line buffers straight from the arrays: no call per bar."""
        p = self.p.panel
        for name, values in panel_columns(p, self.p.column).items():
            getattr(self.lines, name).array = array("d", np.ascontiguousarray(values, np.float64).tobytes())
        lines: Any = self.lines
        lines.datetime.array = self.p.clock
        for line in lines:
            line.idx, line.lencount = len(p) - 1, len(p)
        self._last()
        self.home()


class RowFeed(PanelFeed):
    """A panel feed that is given one row at a time: there is no later price in its buffers to look at."""

    def start(self) -> None:
        super().start()
        columns = panel_columns(self.p.panel, self.p.column) | {"datetime": np.array(self.p.clock)}
        self._rows = [
            (getattr(self.lines, name), array("d", np.asarray(values, np.float64).tobytes()))
            for name, values in columns.items()
        ]
        # a list of numbers is all that a feed is, unless the strategy has put filters or lines upon it
        self._plain = not self._filters and all(
            line.mode == line.UnBounded and not line.bindings for line, _ in self._rows
        )

    def preload(self) -> NoReturn:
        raise AssertionError("a RowFeed is never preloaded")

    def buflen(self) -> int:
        """Rows of the whole run, as on a preloaded feed: strategies ask whether this is the last."""
        return len(self.p.clock)

    def next(self, datamaster: Any = None, ticks: bool = True) -> bool:
        """One row: as backtrader's own `load`, which takes five times as long."""
        if not self._plain:
            return bool(self.load())
        t = len(self)
        for line, values in self._rows:
            line.array.append(values[t])
            line._idx, line.lencount = t, t + 1
        return True

    def _load(self) -> bool:
        t = len(self) - 1
        if t >= len(self.p.clock):
            return False
        for line, values in self._rows:
            line[0] = values[t]
        return True


class LocalMoney(bt.CommInfoBase):  # type: ignore[misc]
    """What sizers and trades ask of one code: prices in local currency, money in the base currency of the day."""

    def __init__(self, desk: Any, code: int) -> None:
        super().__init__()
        self.desk, self.code = desk, code

    def fx(self) -> float:
        return self.desk.rate(self.code)

    def getsize(self, price: float, cash: float) -> int:
        return int(cash // (price * self.fx())) if price > 0.0 else 0

    def getoperationcost(self, size: float, price: float) -> float:
        return abs(size) * price * self.fx()

    def getvaluesize(self, size: float, price: float) -> float:
        return size * price * self.fx()

    def getvalue(self, position: Any, price: float) -> float:
        return self.getvaluesize(position.size, price)

    def profitandloss(self, size: float, price: float, newprice: float) -> float:
        return size * (newprice - price) * self.fx()

    def getcommission(self, size: float, price: float) -> float:
        return self.desk.cost(self.code, size, price)


class LaunchCerebro(bt.Cerebro):  # type: ignore[misc]
    """Steps all feeds together, row by row, and tells the strategy of launches before the open they can reach."""

    row = -1
    desk: Account
    progress: Callable[[int], None] | None = None
    launch_numbers: Mapping[str, int]
    bells: Mapping[int, list[tuple[int, Launch, list[int]]]]

    def _runnext(self, runstrats: list[Any]) -> None:
        (strategy,) = runstrats
        if self._timerscheat:
            raise ConfigError("a timer with cheat=True acts on a day that it already sees; leave cheat out")
        unpriced = np.cumprod(np.isnan(self.desk.panel.mark), axis=0).sum(axis=0)
        delay(strategy, {id(data): int(n) for data, n in zip(self.datas, unpriced, strict=True)})
        for row in range(len(self.desk.panel)):
            self.row = row
            for data in self.datas:
                data.next(ticks=False)
            self._brokernotify()
            if not self._event_stop:
                self._check_timers(runstrats, self.datas[0].datetime[0], cheat=False)
                strategy._next()
                self._next_writers(runstrats)
                self._ring(strategy)
            if self.progress is not None:
                self.progress(row + 1)

    def _ring(self, strategy: Any) -> None:
        """Launches whose first open is the next row's; the lines still end with this row."""
        hear = getattr(strategy, "notify_launch", None)
        if hear is None:
            return
        for number, launch, codes in self.bells.get(self.row + 1, ()):
            self.broker.answering = number
            hear(launch, [self.datas[i] for i in codes])
        self.broker.answering = -1


class _Granted(bt.CommInfoBase):  # type: ignore[misc]
    """Charges exactly the costs that the judge granted with the fill."""

    params = (("stocklike", True), ("commtype", bt.CommInfoBase.COMM_FIXED))

    def __init__(self) -> None:
        super().__init__()
        self.shares, self.costs = 0.0, 0.0

    def _getcommission(self, size: float, price: float, pseudoexec: bool) -> float:
        return self.costs * abs(size) / self.shares if self.shares else 0.0


class RuleBroker(bt.brokers.BackBroker):  # type: ignore[misc]
    """Executes what the desk's judge grants, at the open, at touched prices and at the close of each session."""

    params = (("checksubmit", False),)

    def init(self) -> None:
        super().init()
        self.granted = _Granted()
        self.addcommissioninfo(self.granted)
        self.p.filler = lambda order, price, ago: self.granted.shares
        self.desk: Desk
        self.trader: LegTrader

    cash: float
    _books: float

    def next(self) -> None:
        """One session."""
        desk, t = self.desk, len(self.cerebro.datas[0]) - 1
        for code, change in desk.start_session(t):
            position = self.positions[self.cerebro.datas[code]]
            position.set(position.size + change, position.price)
        self.cash += desk.cash - self._books
        for at in (OPEN, TOUCH, CLOSE):
            for attempt in desk.attempts(at):
                self.trader.place(attempt)
                while self.pending:
                    self._try_exec(self.pending.popleft())
        desk.end_session()
        self._books = desk.cash
        self._agree()

    def start(self) -> None:
        super().start()
        self.setcash(self.desk.config.capital)
        self.cash = self._books = self.desk.config.capital

    def _try_exec(self, order: Any) -> None:
        attempt: Attempt = order.info.attempt
        fill = self.desk.judge(attempt)
        if fill.shares:
            p, i = self.desk.panel, attempt.leg.code
            fx = float(p.fx[self.desk.t, p.currency_of[i]])
            self.granted.shares = abs(fill.shares)
            self.granted.costs = (fill.commission + fill.stamp + fill.levies) * fx
            order.executed.remsize = fill.shares
            self._execute(order, ago=0, price=fill.price * fx)
        self.desk.settle(attempt, fill)
        if order.alive():
            order.cancel()
            self.notify(order)

    def _get_value(self, datas: Any = None, lever: bool = False) -> float:
        p, t = self.desk.panel, self.desk.t
        value = self.cash
        for i, data in enumerate(self.cerebro.datas):
            size = self.positions[data].size
            if size:
                value += size * float(p.mark[t, i] * p.fx[t, p.currency_of[i]])
        self._value = value
        return float(value)

    def _agree(self) -> None:
        """backtrader's own cash and positions equal the desk's, or the run is worthless."""
        desk = self.desk
        if abs(self.cash - desk.cash) > 1e-9 * max(desk.config.capital, abs(desk.cash)):
            raise AssertionError(
                f"session {desk.t}: backtrader's cash {self.cash} is not the desk's {desk.cash}"
            )
        if abs(self._get_value() - desk.nav) > 1e-9 * max(desk.config.capital, abs(desk.nav)):
            raise AssertionError(f"session {desk.t}: backtrader's value is not the desk's {desk.nav}")


class LegTrader(bt.Strategy):  # type: ignore[misc]
    """Sends the desk's attempts as backtrader orders."""

    params = (("desk", None), ("progress", None))

    def start(self) -> None:
        self.broker.trader = self

    def place(self, attempt: Attempt) -> None:
        """One market order; the broker decides when and how much of it is executed."""
        send = self.buy if attempt.order.wanted > 0 else self.sell
        send(data=self.datas[attempt.leg.code], size=abs(attempt.order.wanted), attempt=attempt)

    def next(self) -> None:
        if self.p.progress is not None:
            self.p.progress(len(self))


def run_backtrader(legs: NDArray[Any], panel: Panel, config: Config, progress: Any = None) -> Run:
    """Execute legs through backtrader; `legs` sorted by row. Returns the records of the run."""
    cerebro = bt.Cerebro(stdstats=False, preload=True, runonce=True)
    desk = Desk(panel, leg_states(legs), config)
    broker = RuleBroker()
    broker.desk = desk
    cerebro.broker = broker
    clock = session_clock(panel)
    for i, code in enumerate(panel.codes):
        cerebro.adddata(PanelFeed(panel=panel, column=i, clock=clock, timeframe=bt.TimeFrame.Days), name=code)
    cerebro.addstrategy(LegTrader, desk=desk, progress=progress)
    cerebro.run()
    return desk.finish()
