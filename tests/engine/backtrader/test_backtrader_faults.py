"""Each known fault of stock backtrader, shown on the stock broker and absent under our rules."""

from dataclasses import replace
from datetime import date
from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd
import pytest

from launchlab.data.errors import ConfigError
from launchlab.engine.backtrader.native.broker import NativeBroker

from ...markets.native_market import (
    CN,
    DAYS,
    HK,
    OTHER_HK,
    blocks,
    cn,
    fills,
    flat,
    free,
    hk,
    ours,
    planned,
    stock,
)
from ...markets.small_bars import bars

LIMIT, STOP = bt.Order.Limit, bt.Order.Stop


def two_markets(close: list[float] | None = None, **columns: Any) -> Any:
    """Hong Kong (closed on 1 July) and Shanghai (open)."""
    return free(hk(close or flat(9), **columns), cn(flat(10)))


# a limit order fills on a stale bar when the other market ticks


def test_no_limit_order_fills_on_a_day_on_which_its_exchange_is_closed() -> None:
    # Friday's low of 9.5 is history when the order is sent; from Tuesday on the price is 13
    closes = [10.0] * 5 + [13.0] * 4
    panel = two_markets(closes, low=[9.5] * 5 + [13.0] * 4)

    def order(self: Any) -> None:
        self.buy(self.getdatabyname(HK), size=100, exectype=LIMIT, price=9.8)

    plan = planned({"2024-06-28": order})
    assert stock(plan, panel).told == [("2024-07-01", HK, "Completed", 100.0, 9.8)]
    assert ours(plan, panel).strategy.told == []


def test_no_stop_order_fills_on_a_day_on_which_its_exchange_is_closed() -> None:
    panel = two_markets([10.0] * 9, high=[10.0] * 4 + [11.0] + [10.0] * 4)

    def order(self: Any) -> None:
        self.buy(self.getdatabyname(HK), size=100, exectype=STOP, price=10.5)

    plan = planned({"2024-06-28": order})
    assert stock(plan, panel).told == [("2024-07-01", HK, "Completed", 100.0, 10.5)]
    assert ours(plan, panel).strategy.told == []


# cheat-on-open has no guard against stale bars


def cheating(send: Any) -> type:
    def next_open(self: Any) -> None:
        if str(self.getdatabyname(CN).datetime.date()) == "2024-07-01":
            send(self)

    return planned({}, next_open=next_open)


def test_the_open_of_a_closed_exchange_cannot_be_had() -> None:
    panel = two_markets([10.0] * 5 + [13.0] * 4)

    def send(self: Any) -> None:
        self.buy(self.getdatabyname(HK), size=100)

    # stock: bought on the holiday at Friday's open
    assert stock(cheating(send), panel, cheat_on_open=True).told == [
        ("2024-07-01", HK, "Completed", 100.0, 10.0)
    ]
    with pytest.raises(
        ConfigError, match=r"next_open \(cheat-on-open\), where backtrader already shows it the day's close"
    ):
        ours(cheating(send), panel)
    # ours: the order for that morning is blocked and gets Tuesday's open
    done = ours(planned({"2024-06-28": send}), panel)
    assert blocks(done, panel) == [("2024-07-01", HK, 100.0, 0.0, "market_closed")]
    assert fills(done, panel) == [("2024-07-02", "open", HK, 100.0, 13.0, "entry")]


# one oversize buy poisons every later order of the bar


def test_an_order_too_large_for_the_cash_harms_no_other() -> None:
    panel = free(hk(flat(9)), cn(flat(10), "600030.SS"), hk(flat(9), OTHER_HK))

    def first(self: Any) -> None:
        self.buy(self.getdatabyname(HK), size=1000)

    def then(self: Any) -> None:
        self.buy(self.getdatabyname("600030.SS"), size=1_000_000)
        self.sell(self.getdatabyname(HK), size=1000)
        self.buy(self.getdatabyname(OTHER_HK), size=100)

    plan = planned({"2024-06-24": first, "2024-06-26": then})
    statuses = {code: status for _, code, status, _, _ in stock(plan, panel).told[1:]}
    assert statuses == {"600030.SS": "Margin", HK: "Margin", OTHER_HK: "Margin"}
    told = {code: (status, shares) for _, code, status, shares, _ in ours(plan, panel).strategy.told[1:]}
    assert told[HK] == ("Completed", -1000.0)
    assert told["600030.SS"][0] == "Margin"
    assert told["600030.SS"][1] > 8000.0  # as many lots as the cash paid for


def test_what_is_sold_at_the_open_pays_for_what_is_bought_at_it() -> None:
    panel = free(hk(flat(9)), hk(flat(9), OTHER_HK))

    def first(self: Any) -> None:
        self.buy(self.getdatabyname(HK), size=9900)

    def switch(self: Any) -> None:
        self.buy(self.getdatabyname(OTHER_HK), size=9000)
        self.sell(self.getdatabyname(HK), size=9900)

    plan = planned({"2024-06-24": first, "2024-06-26": switch})
    assert [one[1:3] for one in stock(plan, panel).told[1:]] == [(OTHER_HK, "Margin"), (HK, "Completed")]
    assert fills(ours(plan, panel), panel)[1:] == [
        ("2024-06-27", "open", HK, -9900.0, 10.0, "hold"),
        ("2024-06-27", "open", OTHER_HK, 9000.0, 10.0, "entry"),
    ]


# a gap at the open kills the whole order


def test_a_gap_costs_lots_and_not_the_order() -> None:
    panel = free(hk(flat(9), open=[10.0] * 3 + [10.2] + [10.0] * 5, high=[10.0] * 3 + [10.2] + [10.0] * 5))

    def order(self: Any) -> None:
        self.buy(size=9900)

    plan = planned({"2024-06-26": order})
    assert stock(plan, panel).told == [("2024-06-27", HK, "Margin", 0.0, 0.0)]
    # 100,000 / 10.2 = 9,803.9: 98 lots of 100
    assert fills(ours(plan, panel), panel) == [("2024-06-27", "open", HK, 9800.0, 10.2, "entry")]


# before its first bar a late feed shows its last price, and next() waits for it


def late() -> Any:
    """Shanghai from the first day; Hong Kong from 2 July, rising from 20 to 23."""
    return free(cn(flat(10)), hk([20.0, 21.0, 22.0, 23.0]))


class Watcher(bt.Strategy):  # type: ignore[misc]
    """Writes down the late code's close, and whether it was next() that saw it."""

    def start(self) -> None:
        self.seen: dict[str, tuple[str, float]] = {}

    def prenext(self) -> None:
        self.seen[str(self.data0.datetime.date())] = ("prenext", self.data1.close[0])

    def next(self) -> None:
        self.seen[str(self.data0.datetime.date())] = ("next", self.data1.close[0])


def test_nothing_is_known_of_a_share_before_its_first_bar() -> None:
    seen = stock(Watcher, late()).seen
    assert seen["2024-06-24"] == ("prenext", 23.0)  # the last close of the series, ten days early
    done = ours(Watcher, late()).strategy.seen
    assert all(np.isnan(done[day][1]) for day in DAYS[:6])
    assert done["2024-07-02"] == ("next", 20.0)


def test_a_late_listing_does_not_keep_the_others_waiting() -> None:
    assert stock(Watcher, late()).seen["2024-07-01"][0] == "prenext"
    assert ours(Watcher, late()).strategy.seen["2024-06-24"][0] == "next"


def test_no_later_bar_can_be_looked_at() -> None:
    def peek(self: Any) -> None:
        self.peeked = self.data.close[1]

    panel = free(hk([10.0, 11.0, 12.0, 13.0]))
    assert stock(planned({"2024-07-03": peek}), panel).peeked == 12.0
    with pytest.raises(IndexError):
        ours(planned({"2024-07-03": peek}), panel)


def test_an_average_begins_with_the_first_bar_of_its_own_share() -> None:
    values: dict[str, float] = {}

    def begin(self: Any) -> None:
        self.average = bt.ind.EMA(self.data1, period=2)

    def keep(self: Any) -> None:
        values[str(self.datetime.date())] = self.average[0]

    ours(planned({}, __init__=begin, next=keep), late())
    # seeded with the mean of 20 and 21, then 2/3 of the new close: 22 → 21.5, 23 → 22.5
    assert [values[day] for day in DAYS[-3:]] == pytest.approx([20.5, 21.5, 22.5])
    assert np.isnan(values[DAYS[1]])
    assert np.isnan(values["2024-07-02"])


# NaN bars fill at NaN


def test_an_order_waits_for_a_suspension_to_end() -> None:
    days = [day for day in DAYS if day != "2024-06-27"]
    panel = free(bars(CN, days, flat(9), pre_close=flat(9)), cn(flat(10), "600030.SS"))

    def order(self: Any) -> None:
        self.buy(self.getdatabyname(CN), size=100)

    plan = planned({"2024-06-26": order})
    frame = pd.DataFrame(
        dict.fromkeys(("open", "high", "low", "close"), flat(10)), index=pd.DatetimeIndex(DAYS)
    )
    frame["volume"] = 1e6
    frame.iloc[3] = np.nan
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(bt.feeds.PandasData(dataname=frame), name=CN)
    cerebro.addstrategy(plan)
    cerebro.run()
    assert np.isnan(cerebro.broker.getvalue())  # bought at NaN: the account is gone
    done = ours(plan, panel)
    assert blocks(done, panel) == [("2024-06-27", CN, 100.0, 0.0, "suspended")]
    assert fills(done, panel) == [("2024-06-28", "open", CN, 100.0, 10.0, "entry")]
    assert np.isfinite(done.run.equity).all()


# shorts are unlimited, free, and allowed for everybody


def test_a_short_is_bounded_by_the_margin() -> None:
    panel = free(hk(np.linspace(10, 18, 9).tolist(), open=[10.0, *np.linspace(10, 17, 8).tolist()]))

    def order(self: Any) -> None:
        self.sell(size=100_000)

    plan = planned({"2024-06-24": order})
    assert stock(plan, panel).broker.getvalue() < 0.0  # ten times the equity, and nobody called
    done = ours(plan, panel)
    sold = fills(done, panel)[0]
    assert -sold[3] * sold[4] <= 2.0 * 100_000.0
    assert done.run.equity.min() > 0.0
    assert "margin" in [one[-1] for one in fills(done, panel)]


def test_no_share_is_sold_short_where_that_is_forbidden() -> None:
    panel = free(cn(flat(10)), currency="CNY")

    def order(self: Any) -> None:
        self.sell(size=1000)

    plan = planned({"2024-06-24": order})
    assert stock(plan, panel).told == [("2024-06-25", CN, "Completed", -1000.0, 10.0)]
    done = ours(plan, panel)
    assert blocks(done, panel) == [("2024-06-25", CN, -1000.0, 0.0, "not_shortable")]
    assert done.strategy.told == [("2024-06-25", CN, "Rejected", 0.0, 0.0)]


def test_a_short_pays_interest_on_what_the_shares_are_worth_now() -> None:
    closes = [10.0] * 3 + [20.0] * 6
    raw = free(hk(closes, open=[10.0] * 4 + [20.0] * 5))
    borrow = np.full(raw.borrow.shape, 0.365)
    panel = replace(raw, borrow=np.asfortranarray(borrow))
    paid: dict[str, float] = {}

    def start(self: Any) -> None:
        self.told = []
        if not isinstance(self.broker, NativeBroker):
            self.broker.setcommission(interest=0.365)

    def keep(self: Any) -> None:
        if len(self) == 1:
            self.sell(size=100)
        paid[str(self.datetime.date())] = self.broker.getcash()

    plan = planned({}, start=start, next=keep)
    stock(plan, panel)
    # sold at 10 on the 25th: 0.1 % of 1,000 a day, on the 28th too, when the shares are worth 2,000
    assert paid["2024-06-27"] - paid["2024-06-28"] == pytest.approx(1.0)
    done = ours(plan, panel)
    assert paid["2024-06-26"] - paid["2024-06-27"] == pytest.approx(1.0)
    assert paid["2024-06-27"] - paid["2024-06-28"] == pytest.approx(2.0)
    assert done.run.borrow[4] == pytest.approx(2.0)


# a split halves the account


def test_a_split_neither_makes_nor_loses_money_and_its_trade_stays_whole() -> None:
    closes = [10.0] * 5 + [5.0] * 4
    panel = free(hk(closes, ratio=[1.0] * 5 + [2.0] + [1.0] * 3))  # two for one before the open of 2 July
    trades: list[tuple[float, float]] = []

    def notify_trade(self: Any, trade: Any) -> None:
        if trade.isclosed:
            trades.append((trade.size, trade.pnl))

    def buy(self: Any) -> None:
        self.buy(size=100)

    def sell(self: Any) -> None:
        self.close()

    plan = planned({"2024-06-24": buy, "2024-07-03": sell}, notify_trade=notify_trade)
    assert stock(plan, panel).broker.getvalue() == 99_500.0
    assert trades == [(0, -500.0)]
    trades.clear()
    done = ours(plan, panel)
    assert done.run.equity.tolist() == [100_000.0] * len(panel)
    assert fills(done, panel)[-1][:5] == ("2024-07-04", "open", HK, -200.0, 5.0)
    assert trades == [(0, 0.0)]


# the path inside a bar is taken to be the trader's best, and a market order never expires


def test_a_bar_that_holds_both_limits_does_not_pay_both() -> None:
    high, low = [10.0] * 3 + [11.0] + [10.0] * 5, [10.0] * 3 + [9.0] + [10.0] * 5
    panel = free(hk(flat(9), high=high, low=low))

    def order(self: Any) -> None:
        self.buy(size=100, exectype=LIMIT, price=9.2)
        self.sell(size=100, exectype=LIMIT, price=10.8)

    plan = planned({"2024-06-26": order})
    assert stock(plan, panel).broker.getvalue() == 100_160.0
    done = ours(plan, panel)
    assert fills(done, panel) == [("2024-06-27", "touch", HK, 100.0, 9.2, "entry")]


def test_a_stop_is_live_on_the_day_of_the_entry_and_comes_before_the_target() -> None:
    high, low = [10.0] * 3 + [11.0] + [10.0] * 5, [10.0] * 3 + [9.0] + [10.0] * 5
    panel = free(hk(flat(9), high=high, low=low))

    def order(self: Any) -> None:
        self.buy_bracket(size=100, limitprice=10.8, stopprice=9.2, exectype=bt.Order.Market)

    plan = planned({"2024-06-26": order})
    assert [one[2] for one in stock(plan, panel).told] == ["Completed"]  # its exits sleep for a day
    done = ours(plan, panel)
    assert fills(done, panel) == [
        ("2024-06-27", "open", HK, 100.0, 10.0, "entry"),
        ("2024-06-27", "touch", HK, -100.0, 9.2, "stop"),
    ]
    assert [one[2] for one in done.strategy.told] == ["Completed", "Completed", "Canceled"]


def test_a_market_order_with_a_last_day_expires() -> None:
    closes = [10.0, 10.0, 10.0, 11.0, 12.1, 12.1, 12.1, 12.1, 12.1, 12.1]
    opens = [10.0, 10.0, 10.0, 11.0, 12.1, 12.1, 12.1, 12.1, 12.1, 12.1]
    panel = free(cn(closes, open=opens), currency="CNY")

    def order(self: Any) -> None:
        self.buy(size=100, valid=date(2024, 6, 28))

    plan = planned({"2024-06-26": order})
    assert stock(plan, panel).told == [("2024-06-27", CN, "Completed", 100.0, 11.0)]  # at the limit, locked
    done = ours(plan, panel)
    assert blocks(done, panel) == [
        ("2024-06-27", CN, 100.0, 0.0, "limit_up"),
        ("2024-06-28", CN, 100.0, 0.0, "limit_up"),
        ("2024-07-01", CN, 100.0, 0.0, "expired"),
    ]
    assert done.strategy.told == [("2024-07-01", CN, "Expired", 0.0, 0.0)]
