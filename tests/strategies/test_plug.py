"""Anybody's Cerebro under the rules by one call: the same fills as ever, no later bar, and what backtrader offers goes on."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import backtrader as bt
import pytest

import launchlab as ll
from launchlab.backtrader import ShareOfNav, broker, feeds, plug, result, run_script
from launchlab.data.errors import ConfigError
from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.panel import Panel

from .. import ROOT
from ..engine.backtrader.native.test_against_stock import LONG_ONLY, Crossing, one_market
from ..markets.small_market import launch_of, ledger
from ..markets.stock_backtrader import CN, FREE, HK, market, theirs, walk

RUN = ll.Config(capital=10_000_000.0, **FREE)  # type: ignore[arg-type]
TWO = market(walk(HK, days=80), walk(CN, days=80, seed=2))


def on(panel: Panel, launches: Launches | None = None) -> ll.Market:
    return ll.Market(launches or Launches(), panel)


def cerebro(panel: Panel, *strategies: type, launches: Launches | None = None) -> Any:
    made = bt.Cerebro()
    plug(made, on(panel, launches), RUN)
    for cls in strategies:
        made.addstrategy(cls)
    return made


class Average(bt.Strategy):  # type: ignore[misc]
    """Holds a thousand of what stands above its average."""

    params = (("period", 8),)

    def __init__(self) -> None:
        self.averages = {data: bt.ind.SMA(data.close, period=self.p.period) for data in self.datas[:2]}
        self.later = 0

    def next(self) -> None:
        for data, average in self.averages.items():
            self.order_target_size(data, 1000 if data.close[0] > average[0] else 0)
        for data in self.datas:
            for line in (data.close, data.open, data.volume):
                try:
                    self.later += line[1] is not None
                except IndexError:
                    continue


@pytest.mark.parametrize("cls", [*LONG_ONLY, Crossing], ids=lambda cls: str(cls.__name__))
@pytest.mark.parametrize("gaps", [(), (30, 31, 60, 90)], ids=["every day", "with suspensions"])
@pytest.mark.parametrize("code", [HK, CN])
def test_a_plugged_script_has_the_fills_of_stock(cls: type, gaps: tuple[int, ...], code: str) -> None:
    panel = one_market(code, gaps=gaps)
    (strategy,) = cerebro(panel, cls).run()
    right = theirs(cls, panel).told
    assert len(right) > 3
    assert strategy.told == right


def test_on_two_exchanges_it_has_the_fills_of_the_class_run_by_name() -> None:
    made = cerebro(TWO, Average)
    (strategy,) = made.run()
    assert strategy.later == 0
    mine, named = result(made), ll.backtest(Average, on(TWO), RUN)
    assert len(mine.fills) > 10
    assert mine.fills.equals(named.fills)
    assert mine.equity.equals(named.equity)
    assert mine.comparison.equals(named.comparison)  # with the run on paper


@pytest.mark.parametrize(
    "options", [{}, {"preload": True, "runonce": True}, {"preload": True, "runonce": False}]
)
def test_no_way_of_running_brings_a_later_bar_back(options: dict[str, Any]) -> None:
    made = cerebro(TWO, Average)
    made.resampledata(made.datas[0], timeframe=bt.TimeFrame.Weeks, name="weekly")
    (strategy,) = made.run(**options)
    assert strategy.later == 0
    assert 10 < len(strategy.datas[-1]) < 20


def test_a_week_ends_with_its_last_close() -> None:
    seen: dict[str, float] = {}

    class Weekly(bt.Strategy):  # type: ignore[misc]
        def next(self) -> None:
            seen[str(self.data1.datetime.date())] = float(self.data1.close[0])

    made = cerebro(market(walk(HK, days=40)), Weekly)
    made.resampledata(made.datas[0], timeframe=bt.TimeFrame.Weeks)
    made.run()
    panel = market(walk(HK, days=40))
    assert len(seen) >= 6
    for day, close in seen.items():
        rows = [t for t in range(len(panel)) if str(panel.sessions[t]) <= day]
        assert close == panel.close[rows[-1], 0]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="backtrader's own cannot be pickled there")
def test_an_optimisation_in_two_processes_gives_the_single_runs() -> None:
    values = {}
    for period in (5, 8):
        made = cerebro(TWO)
        made.addstrategy(Average, period=period)
        made.addanalyzer(bt.analyzers.TimeReturn, _name="returns")
        (strategy,) = made.run()
        values[period] = strategy.analyzers.returns.get_analysis()
    made = cerebro(TWO)
    made.optstrategy(Average, period=(5, 8))
    made.addanalyzer(bt.analyzers.TimeReturn, _name="returns")
    for (done,) in made.run(maxcpus=2):
        assert done.analyzers.returns.get_analysis() == values[done.p.period]
    with pytest.raises(ConfigError, match="an optimisation has many runs"):
        result(made)


def test_signals_timers_writers_observers_analyzers_and_the_plot_go_on(tmp_path: Path) -> None:
    class Above(bt.Indicator):  # type: ignore[misc]
        lines = ("signal",)

        def __init__(self) -> None:
            self.lines.signal = self.data - bt.ind.SMA(self.data, period=8)

    rung = []
    made = cerebro(TWO)
    made.add_signal(bt.SIGNAL_LONG, Above)
    made.addsizer(ShareOfNav, share=0.2)
    made.addobserver(bt.observers.DrawDown)
    made.addanalyzer(bt.analyzers.TradeAnalyzer, _name="trades")
    made.addwriter(bt.WriterFile, csv=True, out=str(tmp_path / "out.csv"))
    made.add_timer(when=bt.timer.SESSION_END)
    made.notify_timer = lambda timer, when, *rest, **more: rung.append(when)
    made.run()
    written = (tmp_path / "out.csv").read_text()
    found = result(made)
    assert len(found.fills) > 4
    assert set(found.fills.loc[found.fills["shares"] > 0, "code"]) == {HK}
    first = found.fills.iloc[0]
    assert first["shares"] * first["price"] * first["fx"] == pytest.approx(0.2 * RUN.capital, rel=0.05)
    assert found.summary.analyzers is not None
    assert found.summary.analyzers["trades"]["total"]["total"] > 1
    assert (tmp_path / "out.csv").read_text() == written  # the run on paper has left nothing
    assert len(rung) >= len(TWO)
    import backtrader.plot  # noqa: F401 (it chooses a window)
    import matplotlib as mpl

    mpl.use("Agg", force=True)
    assert made.plot(use="agg", iplot=False)[0]


def test_launches_are_heard_before_the_open_that_they_reach() -> None:
    heard = []

    class Hears(bt.Strategy):  # type: ignore[misc]
        def notify_launch(self, launch: Any, datas: Any) -> None:
            heard.append((launch.id, str(self.datetime.date()), [data._name for data in datas]))
            self.buy(datas[0], size=500)

        def next(self) -> None:
            """Nothing."""

    made = cerebro(TWO, Hears, launches=ledger(launch_of(HK, "2025-03-04T20:00+08:00", "one")))
    made.run()
    assert heard == [("one", "2025-03-04", [HK])]
    found = result(made)
    assert found.fills[["session", "launch"]].values.tolist() == [["2025-03-05", "one"]]


def test_broker_and_feeds_can_be_had_singly() -> None:
    made = bt.Cerebro()
    for feed in feeds(on(TWO)):
        made.adddata(feed, name=feed._name)
    made.broker = broker(on(TWO), RUN)
    made.addstrategy(Average)
    made.run()
    assert result(made).fills.equals(ll.backtest(Average, on(TWO), RUN).fills)


class Weekly(bt.Strategy):  # type: ignore[misc]
    def next(self) -> None:
        self.buy(self.datas[-1], size=500)


def cheat_on_open() -> None:
    made = bt.Cerebro(cheat_on_open=True)
    plug(made, on(TWO))


def set_cash() -> None:
    cerebro(TWO).broker.setcash(1.0)


def twice() -> None:
    plug(cerebro(TWO), on(TWO))


def weeks_of_one_feed_on_two_codes() -> None:
    made = bt.Cerebro()
    data = bt.feeds.GenericCSVData(dataname="mine.csv")
    made.adddata(data)
    made.resampledata(data, timeframe=bt.TimeFrame.Weeks)
    plug(made, on(TWO))


def order_on_a_week() -> None:
    made = cerebro(TWO, Weekly)
    made.resampledata(made.datas[0], timeframe=bt.TimeFrame.Weeks, name="weekly")
    made.run()


def cheating_timer() -> None:
    made = cerebro(TWO, Average)
    made.add_timer(when=bt.timer.SESSION_START, cheat=True)
    made.run()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (cheat_on_open, r"test_plug\.py line \d+: cheat-on-open shows"),
        (set_cash, r"test_plug\.py line \d+: cash, costs, slippage"),
        (twice, r"test_plug\.py line \d+: this Cerebro runs under the rules already"),
        (weeks_of_one_feed_on_two_codes, r"test_plug\.py line \d+: a feed is made of mine and has its place .* \(1, here 2\)"),
        (order_on_a_week, r"test_plug\.py line \d+: weekly is made of other bars and has no orders of its own"),
        (cheating_timer, "a timer with cheat=True"),
        (lambda: result(bt.Cerebro()), "does not run under the rules"),
        (lambda: result(cerebro(TWO, Average)), "has not run yet"),
    ],
)  # fmt: skip
def test_what_cannot_be_allowed_is_a_sentence_with_the_line(wrong: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        wrong()


def test_what_the_script_loses_is_said() -> None:
    made = bt.Cerebro()
    made.broker.setcash(5_000.0)
    made.broker.setcommission(commission=0.001)
    made.broker.set_coc(True)
    made.broker.set_slippage_perc(0.01)
    made.adddata(bt.feeds.GenericCSVData(dataname="mine.csv"), name="yahoo")
    with pytest.warns(UserWarning, match="is not used|are replaced") as told:
        plug(made, on(TWO))
    said = " ".join(str(one.message) for one in told)
    assert "cash of 5,000" in said
    assert "commission" in said
    assert "(slip_perc, slip_open, coc) is not used" in said
    assert f"feeds (yahoo) are replaced by those of the market, in this order: {HK}, {CN}" in said


SCRIPT = """
import sys
import backtrader as bt

class Mine(bt.Strategy):
    def __init__(self):
        self.average = bt.ind.SMA(self.data, period=8)
    def next(self):
        self.order_target_size(self.data, 1000 if self.data.close[0] > self.average[0] else 0)

if __name__ == "__main__":
    cerebro = bt.Cerebro()
    cerebro.broker.setcash(1000.0)
    cerebro.addstrategy(Mine)
    cerebro.run()
    print("ended with", cerebro.broker.getvalue())
    for figures in cerebro.plot(iplot=False):
        figures[0].savefig("never.png")
    cerebro.plot()[0][0].savefig("never.png", dpi=300)
    sys.exit(0)
"""


def test_a_whole_script_runs_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.py"
    path.write_text(SCRIPT)
    before = bt.Cerebro.run
    done = run_script(path, on(TWO), RUN)
    assert bt.Cerebro.run is before
    assert "ended with" in capsys.readouterr().err
    assert not Path("never.png").exists()
    assert len(done.fills) > 5
    assert any("cash of 1,000" in one for one in done.summary.warnings)
    named = ll.backtest(f"{path}:Mine", on(TWO), RUN)
    assert done.fills.equals(named.fills)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n", "ran no Cerebro"),
        ("import backtrader\n\n1 / 0\n", r"mine\.py line 3: ZeroDivisionError"),
        (SCRIPT.replace("sys.exit(0)", "sys.exit('no')"), r"mine\.py line \d+: SystemExit: no"),
    ],
)
def test_a_script_that_fails_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        run_script(path, on(TWO), RUN)


def test_the_name_is_no_clash_with_backtrader_itself() -> None:
    code = "import launchlab.backtrader as ours, backtrader as theirs, launchlab as ll; "
    code += "assert ours.plug and theirs.Cerebro and ours is not theirs and ll.backtrader is ours; "
    code += "from launchlab.backtrader import plug; import launchlab.strategies.loading.cerebro as home; assert home is ours"
    environment = {"PYTHONPATH": str(ROOT.parent), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
