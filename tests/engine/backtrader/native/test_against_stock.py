"""On one market, without limits and costs, a strategy trades as on stock backtrader over the bars as they were traded."""

from datetime import timedelta
from functools import cache
from typing import Any

import backtrader as bt
import pytest

from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtrader.native.plan import NativeStrategy
from launchlab.engine.backtrader.native.result import run_native
from launchlab.engine.config import Config

from ....markets.stock_backtrader import CN, HK, OTHER, Trader, market, ours, theirs, walk

SIZE = 1000
Order = bt.Order


class Sized(Trader):
    """As Trader, a thousand shares at a time."""

    def start(self) -> None:
        super().start()
        self.setsizer(bt.sizers.FixedSize(stake=SIZE))


class Pinkish(Sized):
    """Buys when it is flat and the price fell, sells some bars later: short wherever a bar comes without a session."""

    def next(self) -> None:
        if not self.position:
            if self.data.close[0] < self.data.close[-1]:
                self.buy()
                self.since = len(self)
        elif len(self) - self.since >= 2:
            self.sell()


class Crossing(Sized, bt.strategies.MA_CrossOver):  # type: ignore[misc]
    """backtrader's own sample of two averages."""


class LongOnly(Sized):
    """A crossing of close and average; one position at a time, orders watched to their end."""

    params = (("period", 15),)

    def __init__(self) -> None:
        self.cross = bt.ind.CrossOver(self.data.close, bt.ind.SMA(self.data, period=self.p.period))
        self.order = None

    def notify_order(self, order: Any) -> None:
        super().notify_order(order)
        if not order.alive():
            self.order = None

    def next(self) -> None:
        if self.order is None and self.cross > 0 and not self.position:
            self.order = self.buy()
        elif self.order is None and self.cross < 0 and self.position:
            self.order = self.close()


class Macd(Sized):
    """MACD built by hand of two averages and their difference."""

    def __init__(self) -> None:
        difference = bt.ind.EMA(self.data, period=6) - bt.ind.EMA(self.data, period=12)
        self.cross = bt.ind.CrossOver(difference, bt.ind.EMA(difference, period=5))

    def next(self) -> None:
        if self.cross > 0 and not self.position:
            self.buy()
        elif self.cross < 0 and self.position:
            self.close()


class Brackets(Sized):
    """A market entry with a stop and a target."""

    def next(self) -> None:
        if not self.position and len(self) % 9 == 0:
            close = self.data.close[0]
            self.buy_bracket(
                exectype=Order.Market, stopprice=round(close * 0.93, 1), limitprice=round(close * 1.07, 1)
            )


class LimitsWithDays(Sized):
    """Bids below the market for some days, and offers above it."""

    def next(self) -> None:
        price, soon = self.data.close[0], timedelta(days=4)
        if not self.position and len(self) % 5 == 0:
            self.buy(exectype=Order.Limit, price=round(price * 0.985, 1), valid=soon)
        elif self.position and len(self) % 5 == 3:
            self.sell(exectype=Order.Limit, size=self.position.size, price=round(price * 1.01, 1), valid=soon)


class Stops(Sized):
    """Entries on the way up, and a trailing stop as the way out."""

    def __init__(self) -> None:
        self.entry: Any = None
        self.leave: Any = None

    def next(self) -> None:
        if not self.position and (self.entry is None or not self.entry.alive()):
            self.entry = self.buy(
                exectype=Order.Stop, price=round(self.data.high[0] * 1.002, 1), valid=timedelta(days=3)
            )
        elif self.position and (self.leave is None or not self.leave.alive()):
            self.leave = self.sell(exectype=Order.StopTrail, size=self.position.size, trailamount=1.5)


class AtTheClose(Sized):
    """Orders for the close."""

    def next(self) -> None:
        if len(self) % 7 == 2:
            self.buy(exectype=Order.Close)
        elif len(self) % 7 == 5 and self.position:
            self.sell(exectype=Order.Close, size=self.position.size)


class OneOfTwo(Sized):
    """Of a pair of orders one cancels the other."""

    def next(self) -> None:
        if not self.position and len(self) % 8 == 0:
            price = self.data.close[0]
            first = self.buy(exectype=Order.Limit, price=round(price * 0.98, 1), valid=timedelta(days=6))
            self.buy(exectype=Order.Stop, price=round(price * 1.02, 1), valid=timedelta(days=6), oco=first)
        elif self.position and len(self) % 8 == 7:
            self.close()


class Monthly(Sized):
    """Rebalances by a timer, to a share of what there is."""

    def __init__(self) -> None:
        self.add_timer(when=bt.Timer.SESSION_START, monthdays=[1], monthcarry=True)

    def notify_timer(self, timer: Any, when: Any, *args: Any, **kwargs: Any) -> None:
        if self.position:
            self.close()
        else:
            self.buy()


class Phases(Sized):
    """prenext, nextstart and next each send an order."""

    def __init__(self) -> None:
        bt.ind.SMA(self.data, period=20)

    def prenext(self) -> None:
        if len(self) == 5:
            self.buy()

    def nextstart(self) -> None:
        self.close()

    def next(self) -> None:
        if len(self) % 30 == 0:
            self.buy()
        elif len(self) % 30 == 15:
            self.close()


class Both(Sized):
    """Two feeds, each with an average; the one that stands higher above it is held."""

    def __init__(self) -> None:
        self.ratio = {data: data.close / bt.ind.SMA(data, period=10) for data in self.datas}

    def next(self) -> None:
        if len(self) % 6:
            return
        best = max(self.datas, key=lambda data: float(self.ratio[data][0]))
        for data in self.datas:
            held = self.getposition(data).size
            if data is best and not held:
                self.buy(data)
            elif data is not best and held:
                self.close(data)


class Psar(Sized):
    """In above the stop-and-reverse, out below it."""

    def __init__(self) -> None:
        self.sar = bt.ind.PSAR(self.data)

    def next(self) -> None:
        above = self.data.close[0] > self.sar[0]
        if above and not self.position:
            self.buy()
        elif not above and self.position:
            self.close()


LONG_ONLY = (
    Pinkish,
    LongOnly,
    Macd,
    Brackets,
    LimitsWithDays,
    Stops,
    AtTheClose,
    OneOfTwo,
    Monthly,
    Phases,
    Psar,
)


@cache
def one_market(code: str, late: int = 0, gaps: tuple[int, ...] = ()) -> Panel:
    return market(walk(code, late=late, gaps=gaps, seed=5))


@pytest.mark.parametrize("cls", LONG_ONLY, ids=lambda cls: str(cls.__name__))
@pytest.mark.parametrize("gaps", [(), (30, 31, 60, 90, 91, 92)], ids=["every day", "with suspensions"])
@pytest.mark.parametrize("code", [HK, CN])
def test_a_strategy_has_the_fills_of_stock(cls: type, gaps: tuple[int, ...], code: str) -> None:
    panel = one_market(code, gaps=gaps)
    right = theirs(cls, panel).told
    assert len(right) > 3
    assert ours(cls, panel).told == right


def test_the_sample_of_two_averages_has_the_fills_of_stock() -> None:
    panel = one_market(HK)
    right = theirs(Crossing, panel).told
    assert len(right) > 3
    assert ours(Crossing, panel).told == right


def test_two_shares_of_one_market_have_the_fills_of_stock() -> None:
    panel = market(walk(CN, seed=2), walk(OTHER, seed=3))
    right = theirs(Both, panel).told
    assert len(right) > 10
    # ours sells before it buys on one morning, stock in the order sent
    assert sorted(ours(Both, panel).told) == sorted(right)


@pytest.mark.parametrize("code", [HK, CN])
def test_a_strategy_that_buys_and_sells_as_much_is_never_short(code: str) -> None:
    done = run_native(NativeStrategy(Pinkish), Launches(), one_market(code), Config(capital=1e7))
    assert len(done.run.fills) > 10
    assert done.run.positions["shares"].min() > 0
    assert done.run.positions["shares"].max() == SIZE


def test_an_average_over_twenty_bars_is_one_over_twenty_sessions_of_its_own_exchange() -> None:
    seen: dict[str, float] = {}

    def begin(self: Any) -> None:
        self.average = bt.ind.SMA(self.getdatabyname(HK), period=20)

    def keep(self: Any) -> None:
        seen[str(self.getdatabyname(HK).datetime.date())] = self.average[0]

    series = walk(HK)
    panel = market(series, walk(CN))
    ours(type("Mean", (bt.Strategy,), {"__init__": begin, "next": keep, "__module__": __name__}), panel)
    days = series.sessions.astype(str).tolist()
    for k in (19, 40, 120):
        assert seen[days[k]] == pytest.approx(series.close[k - 19 : k + 1].mean())


def test_a_feed_has_the_bars_of_its_own_exchange_alone() -> None:
    panel = market(walk(HK), walk(CN))
    done = ours(bt.Strategy, panel)
    assert [len(data) for data in done.datas] == [160, 160]
    assert len(done) == len(panel)


def test_in_warm_up_only_feeds_that_begin_with_the_first_are_waited_for() -> None:
    late = market(walk(CN, seed=2), walk(OTHER, late=50, seed=3))
    first: list[tuple[int, int]] = []

    def begin(self: Any) -> None:
        self.averages = [bt.ind.SMA(data, period=10) for data in self.datas]

    def keep(self: Any) -> None:
        first.append((len(self.data0), len(self.data1)))
        assert self.averages[1][0] != self.averages[1][0] or len(self.data1) >= 10

    ours(type("Waits", (bt.Strategy,), {"__init__": begin, "next": keep, "__module__": __name__}), late)
    assert first[0] == (10, 0)
    assert first[-1] == (160, 110)
