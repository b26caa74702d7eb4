"""Orders of a backtrader strategy under the rules: by hand on a fortnight, and as laws on random markets."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import backtrader as bt
import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from launchlab.data.errors import ConfigError
from launchlab.data.launch import Launches
from launchlab.data.load import PanelOptions, build_panel
from launchlab.data.panel import TRADING, Panel
from launchlab.data.rules.costs import Brokerage
from launchlab.engine.backtest import RunOptions, backtest, checked_legs, execute
from launchlab.engine.config import Config
from launchlab.engine.legs import AT_NAMES, CLOSE, TOUCH
from launchlab.engine.native_plan import NativeStrategy, analyzer_names
from launchlab.engine.native_result import NativeRun, analyses, run_native
from launchlab.strategies.loading import build_strategy, describe

from .cli_fixture import asked, faults, launchlab, write_market
from .markets import random_config, random_panel
from .native_market import CN, DAYS, HK, blocks, cn, fills, flat, free, hk, ours, planned
from .small_market import launch_of, ledger, one_leg

LIMIT, STOP, STOP_LIMIT, AT_CLOSE = bt.Order.Limit, bt.Order.Stop, bt.Order.StopLimit, bt.Order.Close
SEEDS = st.integers(0, 2**32 - 1)
quick = settings(max_examples=30, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))


def sends(side: str = "buy", **terms: Any) -> Any:
    """An action for a plan: one order of the first feed."""

    def send(self: Any) -> None:
        getattr(self, side)(**terms)

    return send


# kinds of orders


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


# launches


class Listener(bt.Strategy):  # type: ignore[misc]
    """Buys what a launch concerns; sells after two days."""

    params = (("size", 100),)

    def start(self) -> None:
        self.heard: list[tuple[str, str, list[str], float]] = []

    def notify_launch(self, launch: Any, datas: list[Any]) -> None:
        day = str(self.datetime.date())
        self.heard.append((day, launch.id, [data._name for data in datas], self.data.close[0]))
        for data in datas:
            self.buy(data, size=self.p.size)

    def next(self) -> None:
        for data in self.datas:
            if self.getposition(data).size and len(self) > 7:
                self.close(data)


def news(when: str, codes: str = f"{HK};{CN}") -> Launches:
    return ledger(launch_of(codes, when))


def rising() -> Panel:
    return free(
        hk([10.0, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6, 10.7, 10.8]), cn(np.linspace(10, 10.9, 10).tolist())
    )


def test_a_launch_is_heard_before_the_open_it_can_reach_with_the_closes_of_the_day_before() -> None:
    # 08:50 on Thursday 27 June: both opens are 25 minutes away or more
    done = ours(Listener, rising(), news("2024-06-27T08:50+08:00"))
    assert done.strategy.heard == [("2024-06-26", "one", [HK, CN], 10.2)]
    assert [one[:3] for one in fills(done, rising())][:2] == [
        ("2024-06-27", "open", HK),
        ("2024-06-27", "open", CN),
    ]


def test_a_launch_during_the_day_is_heard_after_its_close() -> None:
    done = ours(Listener, rising(), news("2024-06-27T11:00+08:00"))
    assert [one[0] for one in done.strategy.heard] == ["2024-06-27"]


def test_on_a_holiday_each_exchange_has_its_own_first_open() -> None:
    # Sunday evening: Shanghai opens on Monday 1 July, Hong Kong on Tuesday
    done = ours(Listener, rising(), news("2024-06-30T20:00+08:00"))
    assert [(day, codes) for day, _, codes, _ in done.strategy.heard] == [
        ("2024-06-28", [CN]),
        ("2024-07-01", [HK]),
    ]


def test_a_launch_without_a_code_of_the_panel_is_heard_too() -> None:
    done = ours(Listener, rising(), news("2024-06-30T20:00+08:00", "0020.HK"))
    assert [(day, codes) for day, _, codes, _ in done.strategy.heard] == [("2024-06-28", [])]


def test_orders_answer_the_launch_in_which_they_were_sent() -> None:
    result = backtest(Listener, news("2024-06-27T08:50+08:00"), rising(), Config(participation=1.0))
    assert set(result.fills["launch"]) == {"one"}
    row = result.launches.iloc[0]
    assert (row["launch"], row["legs"], row["filled_legs"]) == ("one", 2, 2)
    # 100 shares bought at the open of the 27th; Hong Kong sold on 4 July: 10.7 − 10.3, Shanghai 10.8 − 10.3 in yuan
    assert row["long_profit"] == pytest.approx(40.0 + 50.0 * 1.07, abs=1.0)


def test_an_order_may_name_the_launch_it_answers() -> None:
    result = backtest(
        NativeStrategy(planned({"2024-06-28": sends(size=100, launch="one"), "2024-06-26": sends(size=100)})),
        news("2024-06-27T08:50+08:00"), rising(), Config(participation=1.0),
    )  # fmt: skip
    assert result.fills["launch"].tolist() == ["", ""]  # the second adds to what the first opened
    alone = planned({"2024-06-28": sends(size=100, launch="one")})
    result = backtest(
        NativeStrategy(alone), news("2024-06-27T08:50+08:00"), rising(), Config(participation=1.0)
    )
    assert result.fills["launch"].tolist() == ["one"]


# money


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


def test_broker_settings_of_the_strategy_are_refused() -> None:
    with pytest.raises(ConfigError, match="belong to the run"):
        ours(planned({DAYS[0]: lambda self: self.broker.setcommission(commission=0.0)}), rising())


def test_past_executions_are_refused() -> None:
    with pytest.raises(ConfigError, match="bypass the rules"):
        ours(planned({DAYS[0]: sends(size=1, exectype=bt.Order.Historical)}), rising())


def test_timers_that_cheat_are_refused() -> None:
    def begin(self: Any) -> None:
        self.add_timer(when=bt.timer.SESSION_START, cheat=True)

    with pytest.raises(ConfigError, match="cheat=True"):
        ours(planned({}, __init__=begin), rising())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.addstrategy(bt.Strategy), "added a strategy, signals or an optimisation"),
        (lambda c: c.optstrategy(bt.Strategy), "added a strategy, signals or an optimisation"),
        (lambda c: c.add_signal(bt.SIGNAL_LONG, bt.ind.SMA), "added a strategy, signals or an optimisation"),
        (lambda c: c.add_order_history([["2024-07-02", 100, 10.0]]), "bypass the rules"),
        (lambda c: c.setbroker(bt.brokers.BackBroker()), "replaced the broker or the feeds"),
        (lambda c: c.adddata(c.datas[0].clone()), "replaced the broker or the feeds"),
        (lambda c: c.broker.set_coc(True), "belong to the run"),
    ],
    ids=["strategy", "optimisation", "signal", "history", "broker", "feed", "cheat-on-close"],
)
def test_what_prepare_may_not_do_is_one_sentence(change: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        ours(planned({}, prepare=classmethod(lambda cls, cerebro: change(cerebro))), rising())


@pytest.mark.parametrize("name", analyzer_names())
def test_every_analyzer_of_backtrader_finds_something_out(name: str) -> None:
    plan = planned({"2024-06-25": sends(size=100), "2024-07-03": sends("close")})
    native = NativeStrategy(plan, analyzers=(name,))
    done = run_native(native, Launches(), rising(), Config(participation=1.0, capital=100_000.0))
    found = analyses(done.strategy)[name.lower().replace("variabilityweightedreturn", "vwr")]
    assert json.loads(json.dumps(found)) == found
    if name == "AnnualReturn":
        # bought at 10.2 on 26 June, sold at 10.7 on 4 July
        assert found == {"2024": pytest.approx(0.0005)}
    if name == "TradeAnalyzer":
        assert found["pnl"]["net"]["total"] == pytest.approx(50.0)


def test_a_run_has_the_length_that_it_will_have_but_no_later_price() -> None:
    seen: list[tuple[int, int, int]] = []

    def look(self: Any) -> None:
        seen.append((len(self.data), self.data.buflen(), len(self.data.close.array)))

    ours(planned({}, next=look), free(hk(flat(4))))
    assert seen == [(1, 4, 1), (2, 4, 2), (3, 4, 3), (4, 4, 4)]


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
    raw = free(hk([10.0, 10.0, 5.0, 4.4], low=[10.0, 10.0, 5.0, 4.4], open=[10.0, 10.0, 5.0, 5.0]))
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


# laws


class Erratic(bt.Strategy):  # type: ignore[misc]
    """Sends orders of every kind at random prices around the last close."""

    params = (("seed", 0),)

    def start(self) -> None:
        self.rng = np.random.default_rng(self.p.seed)

    def prenext(self) -> None:
        self.next()

    def next(self) -> None:
        for data in self.datas:
            rng = np.random.default_rng([self.p.seed, len(self), self.datas.index(data)])
            price = data.close[0]
            if rng.random() < 0.6 or not price > 0.0:
                continue
            near, far = (round(float(price * rng.uniform(0.9, 1.1)), 2) for _ in range(2))
            kind = int(rng.choice([0, 0, 1, 2, 3, 4, 5]))
            terms: dict[str, Any] = {"size": int(rng.choice([50, 100, 400, 1000, 20_000])), "exectype": kind}
            if kind >= 2:
                terms |= {"price": near}
            if kind == STOP_LIMIT:
                terms |= {"plimit": far}
            if kind == bt.Order.StopTrail:
                terms |= {"trailpercent": 0.05}
            if rng.random() < 0.3:
                terms |= {"valid": timedelta(days=int(rng.integers(0, 4)))}
            choice = rng.random()
            if choice < 0.2 and kind < 3:
                terms |= {"stopprice": price * 0.95, "limitprice": price * 1.05}
                self.buy_bracket(data, **terms)
            elif choice < 0.4:
                self.close(data)
            else:
                (self.buy if choice < 0.8 else self.sell)(data, **terms)


def erratic(seed: int, panel: Panel, config: Config) -> NativeRun:
    return run_native(NativeStrategy(Erratic, {"seed": seed % 1000}), Launches(), panel, config)


@quick
@example(1022)  # a bracket whose entry traded in parts and then ran out of money
@given(SEEDS)
def test_books_balance_and_no_fill_breaks_a_rule(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng)
    config = random_config(rng).model_copy(update={"slippage_bp": 0.0, "slippage_ticks": 0})
    done = erratic(seed, panel, config)
    run = done.run
    worth = np.zeros(len(panel))
    for row, code, shares in run.positions.tolist():
        worth[row] += shares * panel.mark[row, code] * panel.fx[row, panel.currency_of[code]]
    np.testing.assert_allclose(run.cash + worth, run.equity, rtol=1e-9, atol=1e-6)
    taken: dict[tuple[int, int], float] = {}
    for f in run.fills:
        t, i = int(f["row"]), int(f["code"])
        if f["reason"] == 6:
            continue
        assert panel.status[t, i] == TRADING
        assert panel.low[t, i] - 1e-9 <= f["price"] <= panel.high[t, i] + 1e-9
        if f["at"] != TOUCH and config.limit_policy != "opened":
            assert f["price"] == (panel.close if f["at"] == CLOSE else panel.open)[t, i], AT_NAMES[f["at"]]
        if config.limit_policy == "strict":
            assert (
                f["price"] < panel.limit_up[t, i] if f["shares"] > 0 else f["price"] > panel.limit_down[t, i]
            )
        taken[t, i] = taken.get((t, i), 0.0) + abs(f["shares"])
        assert taken[t, i] <= config.participation * panel.volume[t, i] + 1e-6


@quick
@given(SEEDS)
def test_in_shanghai_no_more_is_sold_than_was_held_overnight(seed: int) -> None:
    panel = random_panel(np.random.default_rng(seed))
    run = erratic(seed, panel, Config(participation=1.0)).run
    for i in np.flatnonzero(panel.t_plus_one[0]):
        held = dict.fromkeys(range(-1, len(panel)), 0.0)
        held |= {int(p["row"]): float(p["shares"]) for p in run.positions if p["code"] == i}
        for t in range(len(panel)):
            split = panel.actions[(panel.actions["row"] == t) & (panel.actions["code"] == i)]
            ratio = float(split["ratio"][0]) if len(split) else 1.0
            own = run.fills[(run.fills["code"] == i) & (run.fills["row"] == t)]
            sold = -own["shares"][own["shares"] < 0].sum()
            assert sold <= held[t - 1] * ratio + 1e-6


@quick
@given(SEEDS, st.integers(5, 55))
def test_nothing_later_changes_what_was_done_before(seed: int, t: int) -> None:
    rng = np.random.default_rng(seed)
    panel, config = random_panel(rng), random_config(rng).model_copy(update={"close_out": False})
    whole, part = erratic(seed, panel, config).run, erratic(seed, panel.until(t), config).run
    for name in ("fills", "blocks"):
        records = getattr(whole, name)
        kept = records[records["row"] <= t]
        for column in ("row", "at", "code", "leg", "reason"):
            np.testing.assert_array_equal(kept[column], getattr(part, name)[column])
    np.testing.assert_allclose(whole.equity[: t + 1], part.equity, rtol=1e-12)


# the command line

MINE = '''
import backtrader as bt

class Mine(bt.Strategy):
    """Buys each launch and sells after `days`."""
    params = dict(days=2, share=0.2, word=None)

    @classmethod
    def prepare(cls, cerebro):
        cerebro.addanalyzer(bt.analyzers.DrawDown, _name="drawdown")

    def __init__(self):
        self.bought = {}
        if self.p.word == "raise":
            raise KeyError("nothing")

    def notify_launch(self, launch, datas):
        for data in datas:
            self.order_target_percent(data, self.p.share)
            self.bought[data] = len(self)

    def next(self):
        print("hello")
        for data, since in list(self.bought.items()):
            if len(self) - since >= self.p.days and self.getposition(data).size:
                self.close(data)

class Cheat(bt.Strategy):
    def next_open(self):
        self.buy()
'''


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("launchlab.cli_run.write_pages", lambda result, folder: result.save(folder))
    write_market(tmp_path)
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


def test_the_command_runs_it_with_its_parameters_and_keeps_its_analyzers(mine: Path) -> None:
    place = mine.parent
    ran = launchlab("backtest", *asked(place), "--strategy", f"{mine}:Mine", "--set", "days=3", "--out", place / "run",
                    "--json")  # fmt: skip
    assert ran.exit_code == 0, ran.output
    summary = json.loads(ran.stdout)
    assert summary["parameters"] == {"days": 3, "share": 0.2, "word": None}
    assert summary["analyzers"]["drawdown"]["max"]["drawdown"] == pytest.approx(
        -100.0 * summary["metrics"]["max_drawdown"], rel=1e-6
    )
    written = (place / "run" / "fills.csv").read_text().splitlines()
    assert written[1].startswith("2026-02-12,open,2513.HK,glm5,")


def test_its_parameters_are_listed(mine: Path) -> None:
    told = describe(f"{mine}:Mine")
    assert told["summary"] == "Buys each launch and sells after `days`."
    assert [(p["name"], p["type"], p["default"]) for p in told["parameters"]][:2] == [
        ("days", "int", 2),
        ("share", "float", 0.2),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Mine", "--set", "dasy=3"), "did you mean 'days'"),
        (("Mine", "--set", "days=many"), "days must be a whole number"),
        (("Mine", "--set", "word=raise"), "mine.py line 15: KeyError: 'nothing'"),
        (("Mine", "--engine", "compiled"), "runs on backtrader only"),
        (("Mine", "--verify"), "runs on backtrader only"),
        (("Cheat",), "notify_launch"),
        (("Mien",), "did you mean 'Mine'"),
    ],
)
def test_what_cannot_be_run_is_one_sentence(mine: Path, words: tuple[str, ...], said: str) -> None:
    name, *rest = words
    ran = launchlab("backtest", *asked(mine.parent), "--strategy", f"{mine}:{name}", *rest)
    assert said in faults(ran)


def test_a_run_of_ones_own_class_works_from_python_and_cannot_be_studied(mine: Path) -> None:
    native = build_strategy(f"{mine}:Mine", {"days": "4"})
    assert native.values == {"days": 4}
    with pytest.raises(ConfigError, match="has no legs, so it cannot be studied"):
        native.legs(None, None)
    with pytest.raises(ConfigError, match="Path is a class; hand over a strategy"):
        backtest(Path, Launches(), rising())
    with pytest.raises(ConfigError, match="runs on backtrader only"):
        backtest(native, Launches(), rising(), options=RunOptions(engine="compiled"))
