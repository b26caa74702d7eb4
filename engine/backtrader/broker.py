"""The backtrader path: a broker that obeys the exchanges.

Stock backtrader fills on stale bars, shorts without limit and knows no price limits; `RuleBroker` therefore decides
nothing itself: each order goes to `kernel.fill_order` and only what it grants is executed by backtrader. Positions
and cash are backtrader's own and are checked against the desk's books at every close.
"""

from typing import Any

import backtrader as bt
from numpy.typing import NDArray

from ...data.panel.panel import Panel
from ..config import Config
from ..results.run import Run
from .desk import Desk
from .feeds import PanelFeed, session_clock
from .leg_state import Attempt, leg_states


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
        for attempt in desk.orders():
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
            # backtrader refuses what would leave a debt; a fixing after the order may, and that is lent for the moment
            left = self.cash - fill.shares * fill.price * fx - self.granted.costs
            lent = 1.0 - left if left < 0.0 else 0.0
            self.cash += lent
            self._execute(order, ago=0, price=fill.price * fx)
            self.cash -= lent
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
