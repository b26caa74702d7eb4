"""What a script made of its own feeds goes over to those of the market: weeks, filters, names, parts that were handed a feed."""

import sys
from pathlib import Path
from typing import Any

import backtrader as bt
import pandas as pd
import pytest

import launchlab as ll
from launchlab.backtrader import plug, result, run_script
from launchlab.data.errors import ConfigError
from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.panel import Panel

from ..markets.stock_backtrader import CN, FREE, HK, market, walk

RUN = ll.Config(capital=10_000_000.0, **FREE)  # type: ignore[arg-type]
ONE = market(walk(HK, days=80))
TWO = market(walk(HK, days=80), walk(CN, days=80, seed=2))


def plugged(made: Any, panel: Panel) -> Any:
    with pytest.warns(UserWarning, match="are replaced by those of the market"):
        plug(made, ll.Market(Launches(), panel), RUN)
    return made


def frame() -> pd.DataFrame:
    """Some bars of a script's own, which nobody is to see."""
    days = pd.bdate_range("2010-01-04", periods=30)
    return pd.DataFrame(dict.fromkeys(("open", "high", "low", "close", "volume"), 7.0), index=days)


def own(name: str | None = None) -> Any:
    feed = bt.feeds.PandasData(dataname=frame())
    feed._name = name or ""
    return feed


class Watch(bt.Strategy):  # type: ignore[misc]
    """Keeps what it sees of its last feed, and buys once."""

    params = (("of", None),)

    def __init__(self) -> None:
        self.average = bt.ind.SMA(self.data, period=1)

    def start(self) -> None:
        self.seen: list[tuple[str, str, float]] = []
        self.steps = 0

    def next(self) -> None:
        week = self.datas[-1]
        self.steps += 1
        if not self.seen or str(week.datetime.date()) != self.seen[-1][1]:
            self.seen.append(
                (str(self.data.datetime.date()), str(week.datetime.date()), float(week.close[0]))
            )
        if len(self.seen) == 3 and not self.position:
            self.buy(self.data, size=500)
        with pytest.raises(IndexError):
            assert week.close[1]


def test_weeks_of_a_feed_of_its_own_are_weeks_of_the_code_as_after_plug() -> None:
    before = bt.Cerebro()
    data = own()
    before.adddata(data)
    before.resampledata(data, timeframe=bt.TimeFrame.Weeks, name="weeks")
    before.addstrategy(Watch)
    plugged(before, ONE)
    after = bt.Cerebro()
    plug(after, ll.Market(Launches(), ONE), RUN)
    after.resampledata(after.datas[0], timeframe=bt.TimeFrame.Weeks, name="weeks")
    after.addstrategy(Watch)
    (left,), (right,) = before.run(), after.run()
    assert [data._name for data in left.datas] == [HK, "weeks"]
    assert left.seen == right.seen
    assert len(left.seen) > 10
    assert result(before).fills.equals(result(after).fills)
    assert len(result(before).fills) == 1


@pytest.mark.parametrize("way", ["resample", "replay"])
def test_a_feed_that_has_weeks_alone_shows_them_when_they_are_over_and_trades_on_days(way: str) -> None:
    made = bt.Cerebro(stdstats=False)
    getattr(made, f"{way}data")(own(), timeframe=bt.TimeFrame.Weeks)
    made.addstrategy(Watch)
    (strategy,) = plugged(made, ONE).run()
    days = ONE.sessions.astype(str).tolist()
    if way == "resample":
        assert 10 < len(strategy.data) < 20
        for _, day, close in strategy.seen:
            last = max(d for d in days if d <= day)
            assert close == ONE.close[days.index(last), 0]
    else:
        assert strategy.steps == len(days)
    (fill,) = result(made).fills.itertuples()  # the second run, on paper, begins with fresh filters
    assert days.index(str(fill.session)) >= days.index(strategy.seen[2][0])
    assert fill.price == ONE.open[days.index(str(fill.session)), 0]


def drops_wednesdays(data: Any) -> bool:
    if data.datetime.date().weekday() == 2:
        data.backwards()
        return True
    return False


def is_wednesday(data: Any) -> bool:
    return bool(data.datetime.date().weekday() == 2)


@pytest.mark.parametrize("how", [
    lambda data: data.addfilter(drops_wednesdays),
    lambda data: data.addfilter_simple(is_wednesday),
])  # fmt: skip
def test_filters_of_its_own_feed_filter_the_code(how: Any) -> None:
    made = bt.Cerebro()
    data = own()
    how(data)
    made.adddata(data)
    made.resampledata(data, timeframe=bt.TimeFrame.Weeks)
    made.addstrategy(Watch)
    (strategy,) = plugged(made, ONE).run()
    weekdays = pd.DatetimeIndex(ONE.sessions).day_of_week
    assert len(strategy.data0) == (weekdays != 2).sum()
    assert 10 < len(strategy.data1) < 20  # no clock on the wall ends a week


def test_candles_of_its_own_feed_are_candles_of_the_code() -> None:
    made = bt.Cerebro()
    data = own()
    data.addfilter(bt.filters.HeikinAshi(data))
    made.adddata(data)
    made.addstrategy(Watch)
    (strategy,) = plugged(made, ONE).run()
    close = strategy.data.close.array
    assert list(close) == pytest.approx((ONE.open + ONE.high + ONE.low + ONE.close)[:, 0] / 4.0)


class Closed:
    """A filter that only its script can make again."""

    def __init__(self, data: Any, share: float) -> None:
        self.share = share

    def __call__(self, data: Any) -> bool:
        return False


def test_a_filter_that_cannot_be_made_again_is_refused_before_anything_changes() -> None:
    made = bt.Cerebro()
    data = own("mine")
    data.addfilter(Closed, 0.5)
    made.adddata(data)
    with pytest.raises(ConfigError, match=r"test_carried\.py line \d+: mine has a filter, Closed, that only"):
        plug(made, ll.Market(Launches(), ONE), RUN)
    assert made.datas == [data]
    assert type(made.broker) is bt.brokers.BackBroker


def test_feeds_are_found_by_their_old_names_and_counted_from_one() -> None:
    found: dict[str, Any] = {}

    class Named(bt.Strategy):  # type: ignore[misc]
        def __init__(self) -> None:
            found["mine"] = self.getdatabyname("mine")._name
            found["ids"] = [data._id for data in self.datas]
            found["positions"] = list(self.getpositionsbyname())
            with pytest.raises(KeyError):
                self.getdatabyname("another")

    made = bt.Cerebro()
    made.adddata(own("other"))
    made.adddata(own("mine"))
    made.addobserver(bt.observers.DataTrades)
    made.addstrategy(Named)
    plugged(made, TWO).run()
    assert found == {"mine": CN, "ids": [1, 2], "positions": [HK, CN]}


def test_parts_that_were_handed_a_feed_have_the_code_in_its_place() -> None:
    made = bt.Cerebro()
    data = own()
    made.adddata(data)
    made.addobserver(bt.observers.Benchmark, data=data, timeframe=bt.TimeFrame.NoTimeFrame)
    made.addanalyzer(bt.analyzers.TimeReturn, _name="asset", data=data, timeframe=bt.TimeFrame.NoTimeFrame)
    made.addstrategy(Watch, of=[data])
    (strategy,) = plugged(made, ONE).run()
    (total,) = strategy.analyzers.asset.get_analysis().values()
    assert total == pytest.approx(ONE.close[-1, 0] / ONE.open[0, 0] - 1.0)
    assert strategy.p.of[0] is strategy.data


def test_bars_of_pandas_without_a_name_are_replaced_as_well(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "import backtrader as bt, pandas as pd\n"
        "class Mine(bt.Strategy):\n"
        "    def next(self):\n"
        "        self.order_target_size(target=500)\n"
        "table = pd.DataFrame({name: [1.0, 2.0] for name in ('open', 'high', 'low', 'close', 'volume')},\n"
        "                     index=pd.to_datetime(['2020-01-02', '2020-01-03']))\n"
        "cerebro = bt.Cerebro()\n"
        "cerebro.adddata(bt.feeds.PandasData(dataname=table))\n"
        "cerebro.addstrategy(Mine)\n"
        "cerebro.run()\n"
    )
    done = run_script(path, ll.Market(Launches(), ONE), RUN)
    assert done.fills["shares"].tolist() == [500]
    assert "the script's own feeds (a feed) are replaced" in " ".join(done.summary.warnings)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="backtrader's own cannot be pickled there")
def test_an_optimisation_that_brings_whole_strategies_back_from_processes() -> None:
    made = bt.Cerebro()
    made.adddata(own())
    made.optstrategy(Watch, of=(1, 2))
    found = plugged(made, ONE).run(maxcpus=2, optreturn=False)
    assert [one.p.of for (one,) in found] == [1, 2]
    assert all(len(one.data) == len(ONE) for (one,) in found)
