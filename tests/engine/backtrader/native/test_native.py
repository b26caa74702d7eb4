"""Orders of a backtrader strategy under the rules, by hand on a fortnight."""

from datetime import timedelta
from typing import Any

import backtrader as bt
import numpy as np
import pytest

from launchlab.data.errors import ConfigError
from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.panel import TRADING
from launchlab.engine.backtrader.native.plan import NativeStrategy
from launchlab.engine.backtrader.native.result import run_native
from launchlab.engine.config import Config

from ....markets.native_market import CN, DAYS, HK, blocks, cn, fills, flat, free, hk, ours, planned, sends
from ....markets.random_markets import random_panel

LIMIT, STOP, STOP_LIMIT, AT_CLOSE = bt.Order.Limit, bt.Order.Stop, bt.Order.StopLimit, bt.Order.Close


def test_a_close_order_gets_the_close() -> None:
    panel = free(hk([10.0, 10.0, 11.0, 12.0], open=[10.0, 10.0, 10.5, 11.5]))
    done = ours(planned({"2024-07-03": sends(size=100, exectype=AT_CLOSE)}), panel)
    assert fills(done, panel) == [("2024-07-04", "close", HK, 100.0, 11.0, "entry")]


@pytest.mark.parametrize(
    ("first", "low", "at", "price"),
    [(9.7, 9.6, "open", 9.7), (10.0, 9.8, "touch", 9.8), (10.0, 9.79, "touch", 9.8)],
)
def test_a_buy_limit_gets_the_open_if_that_is_better_else_its_limit(
    first: float, low: float, at: str, price: float
) -> None:
    panel = free(hk([10.0, 10.0], open=[10.0, first], low=[10.0, low]))
    done = ours(planned({"2024-07-04": sends(size=100, exectype=LIMIT, price=9.8)}), panel)
    assert fills(done, panel) == [("2024-07-05", at, HK, 100.0, price, "entry")]


def test_a_limit_between_two_ticks_is_worth_the_worse_one() -> None:
    # steps of 0.01 up to 10 dollars: a bid of 9.806 is one of 9.80
    panel = free(hk([10.0, 10.0], low=[10.0, 9.8]))
    done = ours(planned({"2024-07-04": sends(size=100, exectype=LIMIT, price=9.806)}), panel)
    assert fills(done, panel)[0][4] == 9.8


def test_a_stop_limit_waits_at_its_limit_once_it_has_gone_off() -> None:
    # on the 3rd it goes off at 10.5 on the way up and the close of 10.9 proves no way back to 10.4; on the 4th there is one
    panel = free(hk([10.0, 10.9, 11.0, 11.0], open=[10.0, 10.0, 11.0, 11.0], low=[10.0, 10.0, 10.3, 11.0]))
    order = sends(size=100, exectype=STOP_LIMIT, price=10.5, plimit=10.4)
    done = ours(planned({"2024-07-02": order}), panel)
    assert fills(done, panel) == [("2024-07-04", "touch", HK, 100.0, 10.4, "entry")]


def test_a_stop_that_meets_a_locked_board_sells_at_the_next_open() -> None:
    # 10 % limits: 10 → 9 locked on the 3rd, opens at 8.5 on the 4th
    panel = free(cn([10.0, 10.0, 9.0, 8.6], open=[10.0, 10.0, 9.0, 8.5]), currency="CNY")
    plan = planned(
        {"2024-07-02": sends(size=100), "2024-07-03": sends("sell", size=100, exectype=STOP, price=9.5)}
    )
    done = ours(plan, panel)
    assert blocks(done, panel) == [("2024-07-04", CN, -100.0, 0.0, "limit_down")]
    assert fills(done, panel)[1] == ("2024-07-05", "open", CN, -100.0, 8.5, "stop")


def test_one_of_two_orders_cancels_the_other() -> None:
    def pair(self: Any) -> None:
        first = self.buy(size=100, exectype=LIMIT, price=9.5)
        self.buy(size=100, exectype=STOP, price=10.5, oco=first)

    panel = free(hk([10.0, 10.0, 10.0], high=[10.0, 10.6, 10.0], low=[10.0, 10.0, 9.0]))
    done = ours(planned({"2024-07-03": pair}), panel)
    assert fills(done, panel) == [("2024-07-04", "touch", HK, 100.0, 10.5, "entry")]
    assert [one[2] for one in done.strategy.told] == ["Completed", "Canceled"]


def test_a_bracket_ends_with_its_target_and_for_the_shares_it_really_got() -> None:
    # the cash buys 9,900 of the 20,000 at 10.06: 100,000 / 10.06 = 9,940
    panel = free(hk([10.0, 10.06, 10.5], open=[10.0, 10.06, 10.1], high=[10.0, 10.06, 11.0]))

    def bracket(self: Any) -> None:
        self.buy_bracket(size=20_000, exectype=bt.Order.Market, stopprice=9.0, limitprice=10.8)

    done = ours(planned({"2024-07-03": bracket}), panel)
    assert fills(done, panel) == [
        ("2024-07-04", "open", HK, 9900.0, 10.06, "entry"),
        ("2024-07-05", "touch", HK, -9900.0, 10.8, "target"),
    ]
    assert [one[2] for one in done.strategy.told] == ["Partial", "Margin", "Completed", "Canceled"]


def test_a_trailing_stop_follows_the_close() -> None:
    # bought at 10; closes 10, 12 lift the stop to 9, then 11; the low of 10.5 touches it
    panel = free(hk([10.0, 10.0, 12.0, 11.5], open=[10.0, 10.0, 10.0, 11.5], low=[10.0, 10.0, 10.0, 10.5]))
    trail = sends("sell", size=100, exectype=bt.Order.StopTrail, trailamount=1.0)
    done = ours(planned({"2024-07-02": sends(size=100), "2024-07-03": trail}), panel)
    assert fills(done, panel)[1] == ("2024-07-05", "touch", HK, -100.0, 11.0, "trail")


@pytest.mark.parametrize(
    "terms",
    [
        {"exectype": LIMIT, "price": float("nan")},
        {"exectype": STOP, "price": float("nan")},
        {"exectype": STOP_LIMIT, "price": 9.0, "plimit": float("nan")},
        {"exectype": bt.Order.StopTrail, "trailpercent": float("nan")},
        {"size": float("inf")},
        {"size": float("nan")},
    ],
    ids=lambda terms: "-".join(map(str, terms.values())),
)
def test_an_order_at_nan_is_rejected_before_it_can_trade(terms: dict[str, Any]) -> None:
    panel = free(hk(flat(4)))
    plan = planned({"2024-07-02": sends(size=100), "2024-07-03": sends("sell", **{"size": 100, **terms})})
    done = ours(plan, panel)
    assert done.strategy.told[1:] == [("2024-07-04", HK, "Rejected", 0.0, 0.0)]
    assert done.strategy.broker.get_orders_open() == []


def test_a_bracket_with_an_exit_at_nan_is_not_entered() -> None:
    def bracket(self: Any) -> None:
        self.buy_bracket(size=100, exectype=bt.Order.Market, stopprice=float("nan"), limitprice=11.0)

    panel = free(hk(flat(4)))
    done = ours(planned({"2024-07-03": bracket}), panel)
    assert fills(done, panel) == []
    assert sorted(one[2] for one in done.strategy.told) == ["Canceled", "Canceled", "Rejected"]


def test_an_unknown_kind_of_order_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match="no order of the kind 77"):
        ours(planned({DAYS[0]: sends(size=100, exectype=77)}), free(hk(flat(9))))


@pytest.mark.parametrize("when", [bt.Timer.SESSION_START, bt.Timer.SESSION_END], ids=["start", "end"])
def test_timers_ring_on_every_row_after_its_close(when: int) -> None:
    rang: list[float] = []

    def begin(self: Any) -> None:
        self.add_timer(when=when)

    def ring(self: Any, *args: Any, **kwargs: Any) -> None:
        rang.append(self.data.close[0])
        self.buy(size=100)

    panel = free(hk([10.0, 11.0, 12.0]))
    done = ours(planned({}, __init__=begin, notify_timer=ring), panel)
    assert rang == [10.0, 11.0, 12.0]
    # what is sent when it rings meets the next open
    assert [one[0] for one in fills(done, panel)] == ["2024-07-04", "2024-07-05"]


# rules of the exchange


def test_shares_bought_today_are_sold_tomorrow_in_shanghai_and_today_in_hong_kong() -> None:
    def both(self: Any) -> None:
        self.buy(size=100)
        self.sell(size=100, exectype=AT_CLOSE)

    plan = planned({"2024-07-03": both})
    shanghai = free(cn(flat(4)), currency="CNY")
    done = ours(plan, shanghai)
    assert blocks(done, shanghai) == [("2024-07-04", CN, -100.0, 0.0, "t_plus_one")]
    assert [one[:2] for one in fills(done, shanghai)] == [("2024-07-04", "open"), ("2024-07-05", "close")]
    hong_kong = free(hk(flat(4)))
    assert [one[:2] for one in fills(ours(plan, hong_kong), hong_kong)] == [
        ("2024-07-04", "open"),
        ("2024-07-04", "close"),
    ]


def test_an_order_is_cut_to_lots_and_one_below_a_lot_is_rejected() -> None:
    panel = free(hk(flat(4)))
    done = ours(planned({"2024-07-03": sends(size=150), "2024-07-02": sends(size=50)}), panel)
    assert done.strategy.told == [
        ("2024-07-03", HK, "Rejected", 0.0, 0.0),
        ("2024-07-04", HK, "Completed", 100.0, 10.0),
    ]
    assert blocks(done, panel) == [
        ("2024-07-03", HK, 50.0, 0.0, "below_lot"),
        ("2024-07-04", HK, 150.0, 100.0, "below_lot"),
    ]


def test_what_the_volume_does_not_hold_is_bought_tomorrow() -> None:
    panel = free(hk(flat(4), volume=[1000.0] * 4))
    done = ours(planned({"2024-07-02": sends(size=500)}), panel, participation=0.3)
    assert [one[0:4:3] for one in fills(done, panel)] == [("2024-07-03", 300.0), ("2024-07-04", 200.0)]
    assert blocks(done, panel) == [("2024-07-03", HK, 500.0, 300.0, "volume")]


def test_a_day_order_is_tried_on_the_next_session_of_its_exchange_and_then_lapses() -> None:
    panel = free(hk(flat(9)), cn(flat(10)))
    order = sends(size=100, exectype=LIMIT, price=9.0, valid=timedelta())
    done = ours(planned({"2024-06-28": order}), panel)
    assert blocks(done, panel) == [("2024-07-02", HK, 100.0, 0.0, "expired")]
    assert done.strategy.told == [("2024-07-02", HK, "Expired", 0.0, 0.0)]


def test_a_delisted_share_is_written_off_and_its_orders_end() -> None:
    rng = np.random.default_rng(0)
    panel = next(p for p in (random_panel(rng) for _ in range(99)) if (p.status[-1] == 4).any())
    i = int(np.flatnonzero(panel.status[-1] == 4)[0])
    first = int(np.flatnonzero(panel.status[:, i] == TRADING)[2])

    class Holder(bt.Strategy):  # type: ignore[misc]
        def next(self) -> None:
            if len(self) == first:
                self.buy(self.datas[i], size=10_000)

    done = run_native(NativeStrategy(Holder), Launches(), panel, Config(participation=1.0, capital=1e9))
    assert done.strategy.getposition(done.strategy.datas[i]).size == 0
    assert fills(done, panel)[-1][-1] == "delisted"
