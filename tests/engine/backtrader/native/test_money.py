"""Money of a backtrader run: currencies, fees, borrow, corporate actions, margin calls, the end."""

from dataclasses import replace
from typing import Any

import backtrader as bt
import numpy as np
import pytest

from launchlab.data.panel.build import PanelOptions, build_panel
from launchlab.data.rules.brokerage import Brokerage
from launchlab.engine.backtest.backtest import checked_legs, execute
from launchlab.engine.config import Config

from ....markets.native_market import HK, cn, fills, flat, free, hk, ours, planned, sends
from ....markets.small_market import one_leg

LIMIT, STOP = bt.Order.Limit, bt.Order.Stop


def test_money_is_in_the_base_currency_and_prices_are_local() -> None:
    panel = free(cn(flat(4)))  # HKD account, yuan share
    fx = float(panel.fx[-2, panel.currency_of[0]])
    assert 1.05 < fx < 1.10

    def target(self: Any) -> None:
        self.order_target_percent(target=0.5)

    done = ours(planned({"2024-07-03": target}), panel, capital=1_000_000.0)
    _, _, _, shares, price, _ = fills(done, panel)[0]
    assert price == 10.0
    assert shares == 500_000 // (10.0 * float(panel.fx[-3, panel.currency_of[0]])) // 100 * 100
    assert done.run.cash[-2] == pytest.approx(1_000_000 - shares * 10.0 * fx)


def test_an_order_costs_what_the_leg_of_the_same_size_costs() -> None:
    panel = build_panel([hk([10.0, 10.4, 10.2, 10.9])])
    leg = one_leg(hold=2, weight=0.5)
    by_leg = execute(checked_legs(leg, panel), panel, Config(capital=100_000.0))
    plan = planned({"2024-07-02": sends(size=int(by_leg.fills["shares"][0])), "2024-07-04": sends("close")})
    by_order = ours(plan, panel, participation=0.1).run
    for name in ("row", "at", "shares", "price", "fx", "commission", "stamp", "levies", "cash"):
        np.testing.assert_array_equal(by_order.fills[name], by_leg.fills[name], err_msg=name)
    np.testing.assert_array_equal(by_order.equity, by_leg.equity)


def test_an_order_pays_the_minimum_fee_once_on_each_day_on_which_it_trades() -> None:
    terms = {"brokerage": Brokerage(hk_rate=0.001, hk_min=50.0)}
    panel = build_panel([hk(flat(4), volume=[1000.0] * 4)], options=PanelOptions(**terms))
    done = ours(planned({"2024-07-02": sends(size=500)}), panel, participation=0.3)
    # 300 and 200 shares at 10: 0.1 % would be 3 and 2
    assert done.run.fills["commission"].tolist() == [50.0, 50.0]


def test_an_order_that_turns_a_position_round_pays_for_two() -> None:
    terms = {"brokerage": Brokerage(hk_rate=0.001, hk_min=50.0)}
    panel = build_panel([hk(flat(4))], options=PanelOptions(**terms))
    plan = planned({"2024-07-02": sends(size=100), "2024-07-03": sends("sell", size=300)})
    done = ours(plan, panel)
    assert [(one[3], one[5]) for one in fills(done, panel)] == [
        (100.0, "entry"),
        (-100.0, "hold"),
        (-200.0, "entry"),
    ]
    assert done.run.fills["commission"].tolist() == [50.0, 50.0, 50.0]


def test_a_short_pays_borrow_on_its_market_value_and_owes_the_dividend() -> None:
    raw = free(hk([10.0, 10.0, 12.0, 11.8]))
    actions = np.zeros(1, raw.actions.dtype)
    actions[0] = (3, 0, 1.0, 0.2, 0.2)
    borrow = np.full(raw.borrow.shape, 0.365)
    panel = replace(raw, actions=actions, borrow=np.asfortranarray(borrow))
    done = ours(planned({"2024-07-02": sends("sell", size=1000)}), panel)
    # sold at 10 on Wednesday 3 July; 0.1 % a day of 10,000, then of 12,000; 0.2 a share owed on Friday
    np.testing.assert_allclose(done.run.borrow, [0.0, 0.0, 10.0, 12.0])
    np.testing.assert_allclose(done.run.dividends, [0.0, 0.0, 0.0, -200.0])
    assert done.run.cash[-1] == pytest.approx(100_000 + 10_000 - 22.0 - 200.0)


def test_live_orders_follow_a_split() -> None:
    raw = free(
        hk([10.0, 10.0, 5.0, 4.4], low=[10.0, 10.0, 5.0, 4.4], open=[10.0, 10.0, 5.0, 5.0],
           ratio=[1.0, 1.0, 2.0, 1.0])
    )  # fmt: skip
    actions = np.zeros(1, raw.actions.dtype)
    actions[0] = (2, 0, 2.0, 0.0, 0.0)
    panel = replace(raw, actions=actions)
    guard = sends("sell", size=1000, exectype=STOP, price=9.0)
    done = ours(planned({"2024-07-02": sends(size=1000), "2024-07-03": guard}), panel)
    # the split of 4 July halves the price to 5, which is not below 9 / 2; on the 5th 4.5 is touched
    assert fills(done, panel)[1] == ("2024-07-05", "touch", HK, -2000.0, 4.5, "stop")


def test_a_margin_call_shrinks_the_order_that_wanted_to_close() -> None:
    panel = free(hk([10.0, 10.0, 18.0, 18.0], open=[10.0, 10.0, 14.0, 18.0]))

    def cover(self: Any) -> None:
        self.buy(size=9000, exectype=LIMIT, price=12.0)

    plan = planned({"2024-07-02": sends("sell", size=9000), "2024-07-03": cover})
    done = ours(plan, panel, max_gross=1.0, maintenance=0.5)
    # 190,000 − 162,000 = 28,000 is 17 % of 162,000: cut by 1 − 28/162, 7,444.4, up to 7,500 shares
    assert fills(done, panel)[1][2:] == (HK, 7500.0, 18.0, "margin")
    (left,) = done.strategy.broker.get_orders_open()
    assert left.executed.remsize == 1500


def test_everything_is_sold_at_the_end_where_the_run_asks_for_it() -> None:
    panel = free(hk(flat(4)))
    done = ours(planned({"2024-07-03": sends(size=100)}), panel, close_out=True)
    assert fills(done, panel)[1] == ("2024-07-05", "close", HK, -100.0, 10.0, "end")
    assert done.strategy.told[-1][1:3] == (HK, "Completed")


def test_what_a_strategy_is_told_of_money_are_pythons_own_numbers() -> None:
    """One of numpy's, divided by an indicator, is an array and no size."""
    told: list[Any] = []

    def hear(self: Any, order: Any) -> None:
        done = order.executed
        told.extend((done.comm, done.pnl, done.value, done.price, done.size))
        told.extend(bit.comm for bit in done.exbits)

    def hear_trade(self: Any, trade: Any) -> None:
        told.extend((trade.pnl, trade.pnlcomm, trade.commission, trade.price))

    def ask(self: Any) -> None:
        held = self.broker
        told.extend((held.getcash(), held.getvalue(), held.get_fundvalue(), held.get_leverage()))
        assert type(held.getvalue() / self.data) is float

    plan = {"2024-06-25": sends(size=100), "2024-06-27": sends("close"), "2024-07-02": ask}
    panel = build_panel([hk(flat(9)), cn(flat(10))])
    ours(planned(plan, notify_order=hear, notify_trade=hear_trade), panel)
    assert len(told) > 20
    assert {type(number) for number in told} <= {float, int}
