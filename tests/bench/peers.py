"""The benchmark's trades on stock backtrader and on vectorbt, as a user of each would write them."""

from array import array
from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from launchlab.engine.backtrader.feeds import PanelFeed

from .workloads import CAPITAL, FEE, LOT, SIDES, Choice, Workload

F8 = NDArray[np.float64]
WAITING, HELD, LEAVING = range(3)
NEAR = 1e-9


class Bars(bt.feeds.PandasData):  # type: ignore[misc]
    """Bars with the session's price limits in two more columns."""

    lines = ("limit_up", "limit_down")
    params = (("limit_up", -1), ("limit_down", -1), ("openinterest", None))


class Fee(bt.CommInfoBase):  # type: ignore[misc]
    """A share of the value, to the cent."""

    params = (("stocklike", True), ("commtype", bt.CommInfoBase.COMM_FIXED))

    def _getcommission(self, size: float, price: float, pseudoexec: bool) -> float:
        return float(np.floor(abs(size) * price * FEE * 100.0 + 0.5 + 1e-7) / 100.0)


class Leg:
    """One position of the strategy, from its first order on."""

    def __init__(self, data: Any, side: int, shares: float) -> None:
        self.data, self.side, self.shares = data, side, shares
        self.state, self.tries, self.price, self.since = WAITING, 0, 0.0, -1
        self.order: Any = None


class Launches(bt.Strategy):  # type: ignore[misc]
    """Long and short at each launch, out after some sessions or beyond stop and target."""

    params = (("choice", None), ("plan", None), ("slots", 1))

    def __init__(self) -> None:
        self.live: list[Leg] = []
        self.of_order: dict[int, Leg] = {}
        self.nav: list[float] = []
        self.fills = 0

    def notify_order(self, order: Any) -> None:
        leg = self.of_order.get(order.ref)
        if leg is None or order.status != order.Completed:
            return
        self.fills += 1
        if leg.state == WAITING:
            leg.state, leg.price, leg.since = HELD, order.executed.price, len(self.nav)
        else:
            self.live.remove(leg)

    def next(self) -> None:
        t = len(self.nav)
        self.nav.append(self.broker.getvalue())
        for leg in list(self.live):
            self._look_after(leg, t)
        for codes in self.p.plan.get(t, ()):
            for side, code in zip(SIDES, codes, strict=True):
                self._enter(self.datas[code], int(side))

    def _look_after(self, leg: Leg, t: int) -> None:
        choice: Choice = self.p.choice
        if leg.state == WAITING:
            leg.tries += 1
            leg.shares = self._shares(leg.data)
            self.cancel(leg.order)
            if leg.tries > choice.wait or not leg.shares:
                self.live.remove(leg)
            else:
                self._send(leg, leg.side)
        elif leg.state == HELD:
            gain = leg.side * (leg.data.close[0] / leg.price - 1.0)
            if (
                t - leg.since + 1 >= choice.hold
                or gain <= -choice.stop + NEAR
                or gain >= choice.target - NEAR
            ):
                leg.state = LEAVING
                self._send(leg, -leg.side)

    def _shares(self, data: Any) -> float:
        wanted = self.nav[-1] * self.p.choice.gross / self.p.slots / 6 / data.close[0]
        return float(np.floor(wanted / LOT + NEAR) * LOT)

    def _enter(self, data: Any, side: int) -> None:
        shares = self._shares(data)
        if shares > 0:
            leg = Leg(data, side, shares)
            self.live.append(leg)
            self._send(leg, side)

    def _send(self, leg: Leg, side: int) -> None:
        leg.order = (self.buy if side > 0 else self.sell)(data=leg.data, size=leg.shares)
        self.of_order[leg.order.ref] = leg


def filler(order: Any, price: float, ago: int) -> float:
    """All or nothing: whether that side traded off its limit that session."""
    bar = order.data
    buy = order.isbuy()
    free = bar.low[ago] < bar.limit_up[ago] - NEAR if buy else bar.high[ago] > bar.limit_down[ago] + NEAR
    return abs(order.executed.remsize) if free and bar.volume[ago] > 0 else 0.0


def frames(w: Workload) -> list[pd.DataFrame]:
    """One frame of bars per code; built before the clock starts."""
    index = pd.DatetimeIndex(w.sessions)
    names = {"limit_up": "up", "limit_down": "down"}
    names |= {name: name for name in ("open", "high", "low", "close", "volume")}
    return [
        pd.DataFrame({name: getattr(w, of)[:, i] for name, of in names.items()}, index=index)
        for i in range(w.size.codes)
    ]


def run_backtrader(w: Workload, choice: Choice, bars: list[pd.DataFrame] | None) -> tuple[F8, int]:
    """Net asset value at each close and fills; `bars` for PandasData, None for our feed of the panel's columns."""
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.broker.setcash(CAPITAL)
    cerebro.broker.addcommissioninfo(Fee())
    cerebro.broker.set_filler(filler)
    clock = _clock(w)
    for i in range(w.size.codes):
        if bars is None:
            feed: Any = PanelFeed(panel=w.panel, column=i, clock=clock, timeframe=bt.TimeFrame.Days)
        else:
            feed = Bars(dataname=bars[i], limit_up="limit_up", limit_down="limit_down")
        cerebro.adddata(feed, name=str(i))
    plan: dict[int, list[Any]] = {}
    for row, codes in zip(w.row, w.codes, strict=True):
        plan.setdefault(int(row) + choice.lag, []).append(codes)
    cerebro.addstrategy(Launches, choice=choice, plan=plan, slots=w.size.slots)
    done = cerebro.run()[0]
    return np.array(done.nav), done.fills


def _clock(w: Workload) -> Any:
    days = w.sessions.astype("datetime64[s]").astype(object)
    return array("d", [bt.date2num(day.replace(hour=23, minute=59, second=59)) for day in days])


def vectorbt_orders(w: Workload, fills: list[NDArray[Any]]) -> tuple[dict[str, Any], F8]:
    """Finished orders of many points side by side: what vectorbt is given, since it knows none of the rules.

    It trades a code once a session, so where a point sells and buys the same number nothing happens and no fee is
    paid: those fees of each point come with the orders.
    """
    rows, codes = w.open.shape
    size = np.zeros((rows, codes * len(fills)))
    fees = np.zeros_like(size)
    for k, records in enumerate(fills):
        at = (records["row"], k * codes + records["code"])
        np.add.at(size, at, records["shares"])
        np.add.at(fees, at, records["commission"])
    unpaid = np.where(size == 0.0, fees, 0.0).sum(axis=0).reshape(len(fills), codes).sum(axis=1)
    orders = {
        "close": pd.DataFrame(np.tile(w.close, (1, len(fills))), index=pd.DatetimeIndex(w.sessions)),
        "price": np.tile(w.open, (1, len(fills))),
        "size": np.where(size == 0.0, np.nan, size),
        "fixed_fees": fees,
        "group_by": np.repeat(np.arange(len(fills)), codes),
    }
    return orders, unpaid


def run_vectorbt(orders: dict[str, Any]) -> F8:
    """Last net asset value of each point, with the same statistics as ours computed."""
    import vectorbt

    folio = vectorbt.Portfolio.from_orders(
        **orders, size_type="amount", direction="both", init_cash=CAPITAL, cash_sharing=True, freq="1D"
    )
    folio.value()
    folio.returns()
    folio.max_drawdown()
    folio.sharpe_ratio()
    return np.atleast_1d(np.asarray(folio.final_value()))
