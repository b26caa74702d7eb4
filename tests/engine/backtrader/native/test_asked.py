"""What a user may ask of a run of a backtrader strategy: sizes, parameters as text, filters, saved memory."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import backtrader as bt
import pytest

from launchlab.data.errors import ConfigError
from launchlab.data.ledger.launch import Launches
from launchlab.engine.backtest.backtest import BELOW_A_LOT, backtest
from launchlab.engine.backtrader.native.plan import NativeStrategy
from launchlab.engine.backtrader.native.result import run_native
from launchlab.engine.config import Config
from launchlab.strategies.loading.loading import sized
from launchlab.strategies.loading.parameters import parameters

from ....markets.native_market import DAYS, HK, fills, flat, free, hk, ours, planned, sends

RUN = Config(participation=1.0, capital=100_000.0)
BUYS = planned({"2024-06-25": sends()})


def test_a_size_below_a_lot_that_trades_nothing_comes_with_a_hint() -> None:
    result = backtest(BUYS, Launches(), free(hk(flat(9))), RUN)
    assert not len(result.fills)
    assert BELOW_A_LOT in result.summary.warnings
    why = f"nothing was traded: every order of the strategy was blocked ({len(result.blocks)} below lot); blocks.csv has each"
    assert why in result.summary.warnings
    assert result.summary.answer.startswith("Nothing was traded: every order of the strategy was blocked")


@pytest.mark.parametrize(
    ("asked", "shares"),
    [({"stake": 300}, 300.0), ({"sizer": "PercentSizer"}, 2000.0)],
    ids=["stake", "sizer"],
)
def test_an_order_without_a_size_gets_what_was_asked_for(asked: dict[str, Any], shares: float) -> None:
    # 20 % of 100,000 at 10
    panel = free(hk(flat(9)))
    done = run_native(NativeStrategy(BUYS, **asked), Launches(), panel, RUN)
    assert fills(done, panel) == [("2024-06-26", "open", HK, shares, 10.0, "entry")]
    assert BELOW_A_LOT not in backtest(NativeStrategy(BUYS, **asked), Launches(), panel, RUN).summary.warnings


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"stake": 0}, "no number of shares"),
        ({"sizer": "PercentSiser"}, "did you mean 'PercentSizer'"),
        ({"sizer": "AllInSizer", "stake": 100}, "takes no `stake`"),
    ],
)
def test_a_size_that_cannot_be_is_one_sentence(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        NativeStrategy(BUYS, **asked)


def test_a_strategy_of_legs_has_no_sizer() -> None:
    with pytest.raises(ConfigError, match=r"are for a backtrader\.Strategy"):
        sized(object(), None, 100)


class Asked(bt.Strategy):  # type: ignore[misc]
    """Defaults of every kind."""

    params = (
        ("trail", False), ("periods", [5, 10]), ("wait", timedelta(days=2)), ("average", bt.ind.SMA),
        ("names", ("a", "b")),
    )  # fmt: skip


def test_parameters_of_every_kind_can_be_written_as_text() -> None:
    known = parameters(Asked)
    assert known["trail"].parse("0.05") == 0.05
    assert known["trail"].parse("true") is True
    assert known["periods"].parse("3,7,9") == [3, 7, 9]
    assert known["wait"].parse("3") == timedelta(days=3)
    assert known["average"].parse("bt.ind.EMA") is bt.ind.EMA
    assert known["names"].parse("x,y") == ("x", "y")
    with pytest.raises(ConfigError, match="average must be a class of backtrader such as SMA"):
        known["average"].parse("NoSuch")


def test_a_method_named_prepare_that_is_none_of_the_class_is_left_alone() -> None:
    def prepare(self: Any, what: str) -> str:
        return what

    done = ours(planned({}, prepare=prepare), free(hk(flat(9))))
    assert done.strategy.prepare("mine") == "mine"


def test_an_order_is_submitted_then_accepted_and_kept_by_the_broker() -> None:
    told: list[str] = []

    def notify(self: Any, order: Any) -> None:
        told.append(order.getstatusname())

    done = ours(planned({DAYS[1]: sends(size=100)}, notify_order=notify), free(hk(flat(9))))
    assert told == ["Submitted", "Accepted", "Completed"]
    assert [one.executed.size for one in done.strategy.broker.orders] == [100]


class Fridays:
    """A filter that keeps a bar only if it is one of a Friday."""

    def __init__(self, data: Any) -> None:
        pass

    def __call__(self, data: Any) -> bool:
        if data.datetime.date(0).isoweekday() == 5:
            return False
        data.backwards()
        return True


@pytest.mark.parametrize(
    ("change", "bars"),
    [
        (lambda c: c.datas[0].addfilter(Fridays), 2),
        (lambda c: c.datas[0].resample(timeframe=bt.TimeFrame.Weeks), 2),
        (lambda c: setattr(c.p, "exactbars", 1), 9),
    ],
    ids=["filter", "weeks", "saved memory"],
)
def test_a_feed_with_fewer_bars_ends_with_the_run(change: Any, bars: int) -> None:
    def begin(self: Any) -> None:
        self.average = bt.ind.SMA(self.data, period=1)

    plan = planned({}, prepare=classmethod(lambda cls, cerebro: change(cerebro)), __init__=begin)
    done = ours(plan, free(hk([10.0, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6, 10.7, 10.8])))
    assert len(done.strategy.data) == bars
    assert done.strategy.average[0] == pytest.approx(10.8)


def test_files_that_a_strategy_writes_are_those_of_the_run_under_the_rules(tmp_path: Path) -> None:
    # on paper all 900 are bought at once; a tenth of a volume of 1,000 is 100 a day
    path = tmp_path / "told.txt"

    def stop(self: Any) -> None:
        path.write_text(str(self.position.size))

    plan = planned({DAYS[1]: sends(size=900)}, stop=stop)
    panel = free(hk(flat(9), volume=[1000.0] * 9))
    backtest(plan, Launches(), panel, Config(participation=0.1, capital=100_000.0))
    assert path.read_text() == "700"  # a hundred on each of the seven sessions that are left
