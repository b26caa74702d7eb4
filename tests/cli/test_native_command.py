"""A backtrader strategy from the command line and from Python."""

import json
from pathlib import Path

import pytest

from launchlab.data.errors import ConfigError
from launchlab.data.ledger.launch import Launches
from launchlab.engine.backtest.backtest import RunOptions, backtest
from launchlab.engine.backtest.clocks import needs_legs
from launchlab.strategies.loading.loading import build_strategy, describe

from ..markets.cli_fixture import asked, faults, launchlab, write_market
from ..markets.native_market import rising

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
    monkeypatch.setattr("launchlab.cli.backtest.write", lambda result, folder, sheet: result.save(folder))
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


def test_codes_are_traded_in_the_order_asked_for_and_need_no_launch(mine: Path) -> None:
    (mine.parent / "near.py").write_text("SIZE = 1_000\n")
    mine.write_text(
        "import backtrader as bt\nfrom . import near\nfrom .near import SIZE\n"
        "class Second(bt.Strategy):\n"
        "    def next(self):\n"
        "        if len(self) == 2 and near.SIZE == SIZE:\n"
        "            self.buy(self.datas[1], size=SIZE)\n"
    )
    for codes, bought in (("3033.HK,0700.HK", "0700.HK"), ("0700.HK,3033.HK", "3033.HK")):
        place = mine.parent / f"run-{bought}"
        words = (
            "--codes",
            codes,
            "--start",
            "2026-01-05",
            "--end",
            "2026-01-30",
            "--strategy",
            f"{mine}:Second",
        )
        ran = launchlab("backtest", *words, "--out", place)
        assert ran.exit_code == 0, ran.output
        written = (place / "fills.csv").read_text().splitlines()
        assert [line.split(",")[2] for line in written[1:]] == [bought]
        summary = json.loads((place / "summary.json").read_text())
        assert summary["inputs"]["codes"] == codes
        assert f"--codes {codes}" in summary["command"]


SCRIPT = """
import backtrader as bt

class Weekly(bt.Strategy):
    def __init__(self):
        self.average = bt.ind.SMA(self.data1, period=2)
    def next(self):
        self.order_target_size(self.data0, 1000 if self.data1.close[0] > self.average[0] else 0)

cerebro = bt.Cerebro()
data = bt.feeds.YahooFinanceCSVData(dataname="nowhere.csv")
cerebro.adddata(data)
cerebro.resampledata(data, timeframe=bt.TimeFrame.Weeks)
cerebro.addstrategy(Weekly)
cerebro.run()
cerebro.plot()[0][0].savefig("never.png")
"""


def test_a_script_with_weeks_of_its_own_feed_runs_on_one_code_and_is_told_so_on_two(mine: Path) -> None:
    mine.write_text(SCRIPT)
    words = ("--start", "2026-01-05", "--end", "2026-03-31", "--script", mine, "--out", mine.parent / "run")
    ran = launchlab("backtest", "--codes", "0700.HK", *words)
    assert ran.exit_code == 0, ran.output
    written = (mine.parent / "run" / "fills.csv").read_text().splitlines()
    assert len(written) > 1
    assert {line.split(",")[2] for line in written[1:]} == {"0700.HK"}
    ran = launchlab("backtest", "--codes", "0700.HK,3033.HK", *words)
    assert ran.exit_code == 2
    assert "run on as many codes as the script has feeds (1, here 2)" in ran.output
    assert not (mine.parent / "never.png").exists()


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ("0700.HK,0700.HK", "--codes must name each share once"),
        ("0700.HK,", "--codes must name each share once"),
        ("0700.HK,1234.HK", "has no bars of 1234.HK"),
    ],
)
def test_codes_that_cannot_be_traded_are_one_sentence(mine: Path, codes: str, said: str) -> None:
    assert said in faults(launchlab("backtest", "--codes", codes))


def test_a_later_bar_is_not_there_and_the_sentence_says_so(mine: Path) -> None:
    mine.write_text(
        "import backtrader as bt\nclass Next(bt.Strategy):\n    def next(self):\n        self.data.close[1]\n"
    )
    ran = launchlab("backtest", *asked(mine.parent), "--strategy", f"{mine}:Next")
    assert "mine.py line 4: IndexError" in faults(ran)
    assert "a later one cannot be seen" in faults(ran)


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


def test_clocks_of_a_class_without_legs_are_refused_before_it_runs(mine: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="clocks can be bracketed for strategies that give legs"):
        needs_legs(build_strategy(f"{mine}:Mine"))
    refused = launchlab("backtest", "--strategy", f"{mine}:Mine", "--clocks", "--out", tmp_path / "run")
    assert refused.exit_code == 2
    assert "clocks can be bracketed for strategies that give legs; leave out --clocks" in faults(refused)
    assert not (tmp_path / "run").exists()


def test_a_run_of_ones_own_class_works_from_python_and_cannot_be_studied(mine: Path) -> None:
    native = build_strategy(f"{mine}:Mine", {"days": "4"})
    assert native.values == {"days": 4}
    with pytest.raises(ConfigError, match="has no legs, so it cannot be studied"):
        native.legs(None, None)
    with pytest.raises(ConfigError, match="Path is a class; hand over a strategy"):
        backtest(Path, Launches(), rising())
    with pytest.raises(ConfigError, match="runs on backtrader only"):
        backtest(native, Launches(), rising(), options=RunOptions(engine="compiled"))
