"""What a backtrader strategy may not change, what it may look at, and every analyzer of backtrader."""

import json
from typing import Any

import backtrader as bt
import pytest

from launchlab.data.errors import ConfigError
from launchlab.data.ledger.launch import Launches
from launchlab.engine.backtrader.native.plan import NativeStrategy, analyzer_names
from launchlab.engine.backtrader.native.result import analyses, run_native
from launchlab.engine.config import Config

from ....markets.native_market import DAYS, flat, free, hk, ours, planned, rising, sends


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
        (lambda c: c.run(), "belongs to the run; leave it out of `prepare`"),
    ],
    ids=["strategy", "optimisation", "signal", "history", "broker", "feed", "cheat-on-close", "run"],
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


def test_a_feed_is_not_preloaded_and_a_run_not_run_again_by_its_strategy() -> None:
    with pytest.raises(ConfigError, match="not offered here"):
        ours(planned({DAYS[1]: lambda self: self.data.preload()}), rising())
    with pytest.raises(ConfigError, match="belongs to the run"):
        ours(planned({DAYS[1]: lambda self: self.env.run()}), rising())
