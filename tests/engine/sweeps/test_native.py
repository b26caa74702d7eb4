"""Sweeps of a backtrader strategy: every point a run, analyzers kept, faults in their rows, stopped and resumed."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from launchlab.data.errors import ConfigError
from launchlab.data.ledger.launch import Launches
from launchlab.engine.backtrader.native.plan import NativeStrategy
from launchlab.engine.backtrader.native.result import run_native
from launchlab.engine.config import Config
from launchlab.engine.luck.placebo import ThroughEngine
from launchlab.engine.luck.trials import read
from launchlab.engine.results.metrics import session_returns
from launchlab.engine.sweeps.chunk import Chunk, Curve, read_chunk
from launchlab.engine.sweeps.folder import ANALYZERS, SweepFolder
from launchlab.engine.sweeps.grid import Grid
from launchlab.engine.sweeps.native import NativeSweep, flat, one_sentence
from launchlab.engine.sweeps.points import METRICS
from launchlab.engine.sweeps.sweep import sweep as run_sweep
from launchlab.engine.workers.choose import open_runner
from launchlab.strategies.loading.variants import variants

from ...markets.cli_fixture import asked, faults, json_of, launchlab, write_market
from ...markets.native_market import HK, free, hk
from ...markets.small_market import launch_of, ledger

OWN = '''\
import random
import time

import backtrader as bt


class Mine(bt.Strategy):
    """Buys each launch and sells after `days`."""

    params = dict(days=2, share=0.2, average=bt.ind.SMA, word=None)

    def __init__(self):
        self.bought = {}
        if self.p.word == "raise" and self.p.days == 3:
            raise KeyError("nothing")

    def notify_launch(self, launch, datas):
        print("news")
        for data in datas:
            self.order_target_percent(data, self.p.share)
            self.bought[data] = len(self)

    def next(self):
        for data, since in list(self.bought.items()):
            if len(self) - since >= self.p.days and self.getposition(data).size:
                self.close(data)


class Counted(bt.Analyzer):
    def start(self):
        self.bars = 0

    def next(self):
        self.bars += 1

    def stop(self):
        1 / (self.strategy.p.days - 2)

    def get_analysis(self):
        return {"bars": self.bars, "by": {"days": self.strategy.p.days}}


class Prepared(Mine):
    @classmethod
    def prepare(cls, cerebro):
        cerebro.addanalyzer(Counted, _name="own")


class Keeper(Mine):
    """Keeps what it should not keep from one run to the next."""

    runs = []

    def __init__(self):
        super().__init__()
        self.runs.append(0)
        if str(self.p.word) in ("all", str(self.p.days)):
            self.p.share = 0.01 * len(self.runs)


class Gambler(Mine):
    def __init__(self):
        super().__init__()
        self.p.share = random.random()


class Quitter(Mine):
    def __init__(self):
        raise SystemExit(3)


class Slow(Mine):
    def __init__(self):
        super().__init__()
        time.sleep(0.03)


class Broken(Mine):
    def __init__(self):
        raise ValueError(f"no {object()}\\nat all")
'''
DEADLY = '''

import os
import pathlib
import signal


class Deadly(Mine):
    """Kills the process it runs in, once."""

    params = dict(trouble="trouble")

    def __init__(self):
        super().__init__()
        if self.p.days == 40 and pathlib.Path(self.p.trouble).exists():
            pathlib.Path(self.p.trouble).unlink()
            os.kill(os.getpid(), signal.SIGKILL)
'''
GRID = ("--grid", "days=1:4", "--grid", "share=0.1,0.2")


@pytest.fixture
def market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_market(tmp_path)
    (tmp_path / "mine.py").write_text(OWN)
    return tmp_path


def sweep(market: Path, name: str = "Mine", *more: str) -> Any:
    return launchlab("sweep", *asked(market), "--strategy", f"mine.py:{name}", "--no-page", *more)


def points(market: Path, out: str = "s") -> pd.DataFrame:
    return pd.read_parquet(market / out / "points.parquet")


def analyzed(market: Path, out: str = "s") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (market / out / ANALYZERS).read_text().splitlines()]


# the table


def test_a_row_is_what_the_backtest_of_its_params_says(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launchlab.cli.backtest.write", lambda result, folder, sheet: result.save(folder))
    done = sweep(market, "Mine", *GRID, "--analyzer", "DrawDown", "--quick", "--json", "--out", "s")
    summary = json_of(done)
    assert summary["points"] == len(points(market)) == 8
    assert (summary["failed"], summary["confirmed"], summary["analyzers"]) == (0, 0, ["DrawDown"])
    assert summary["parameters"] == {"average": "SMA", "word": None}
    row = points(market).query("days == 3 and share == 0.2").iloc[0]
    run = json_of(
        launchlab("backtest", *asked(market), "--strategy", "mine.py:Mine", "--set", "days=3", "--analyzer",
                  "DrawDown", "--json", "--out", "run")
    )  # fmt: skip
    metrics = run["metrics"]
    assert metrics["fills"] > 0
    assert metrics["cagr"] is metrics["calmar"] is None  # a fortnight tells no figure of a year
    for name in (one for one in METRICS if one not in ("fallback", "cagr", "calmar")):
        assert metrics[name] in (None, row[name]), name
    (found,) = (one for one in analyzed(market) if (one["days"], one["share"]) == (3, 0.2))
    assert found["drawdown.max.drawdown"] == run["analyzers"]["drawdown"]["max"]["drawdown"]
    assert found["drawdown.max.drawdown"] == pytest.approx(-100.0 * row["max_drawdown"])


def test_the_best_are_confirmed_and_every_trial_counts(market: Path) -> None:
    summary = json_of(sweep(market, "Mine", *GRID, "--json", "--out", "s"))
    assert summary["confirmed"] == 3
    assert summary["verdict"]["trials"] == 8
    assert 0.0 < summary["verdict"]["placebo_p"] <= 1.0
    assert summary["best"]["sharpe"] == points(market)["sharpe"].max()
    ledger = (market / "trials.jsonl").read_text().splitlines()
    assert [json.loads(line)["points"] for line in ledger] == [8]
    more = json_of(sweep(market, "Mine", "--grid", "days=5:7", "--json", "--out", "t"))
    assert (more["verdict"]["sweeps"], more["verdict"]["trials"]) == (2, 11)
    assert len(read(market / "trials.jsonl", json.loads(ledger[0])["data"])) == 2


def test_the_map_and_the_runs_of_the_best_are_written(market: Path) -> None:
    args = (*asked(market), "--strategy", "mine.py:Mine", "--set", "word=raise", *GRID)
    done = launchlab("sweep", *args, "--out", "s", "--runs", "1", "--confirm", "0")
    assert done.exit_code == 0, done.output
    assert "news" not in done.stdout
    assert "top-1/index.html" in (market / "s" / "index.html").read_text(encoding="utf-8")
    assert (market / "s" / "top-1" / "fills.csv").is_file()
    assert launchlab("report", "s").exit_code == 0
    assert "top-1/index.html" in (market / "s" / "index.html").read_text(encoding="utf-8")


def test_a_run_file_names_analyzers_and_the_run_says_how_to_ask_for_them(
    market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("launchlab.cli.backtest.write", lambda result, folder, sheet: result.save(folder))
    file = market / "run.toml"
    file.write_text('[strategy]\nname = "mine.py:Mine"\n[run]\nanalyzers = ["SQN"]\n')
    run = json_of(launchlab("backtest", *asked(market), "--config", file, "--out", "run", "--json"))
    assert list(run["analyzers"]) == ["sqn"]
    assert "--analyzer SQN" in run["command"]
    file.write_text('[run]\nanalyzers = "SQN"\n')
    said = faults(launchlab("backtest", *asked(market), "--config", file))
    assert "analyzers must be a list of names" in said


# faults


def test_a_point_that_raises_is_a_row_with_the_error_and_not_among_the_best(market: Path) -> None:
    done = sweep(market, "Mine", *GRID, "--set", "word=raise", "--analyzer", "SQN", "--out", "s")
    assert done.exit_code == 0, done.output
    table = points(market)
    bad = table["days"] == 3
    assert set(table.loc[bad, "error"]) == {"mine.py line 15: KeyError: 'nothing'; repair the strategy"}
    assert table.loc[bad, [*METRICS]].isna().all(axis=None)
    assert table.loc[~bad, "error"].isna().all()
    assert table.loc[~bad, [*METRICS]].notna().all(axis=None)
    assert "2 of the points failed; the column error of points.parquet says why." in done.stdout
    summary = json.loads((market / "s" / "summary.json").read_text())
    assert (summary["points"], summary["failed"]) == (8, 2)
    assert summary["first_failure"] == "mine.py line 15: KeyError: 'nothing'; repair the strategy"
    assert set(pd.read_csv(market / "s" / "top.csv")["days"]) == {1, 2, 4}
    assert {one["days"] for one in analyzed(market)} == {1, 2, 4}


def test_an_analyzer_of_the_files_own_is_kept_and_may_fail(market: Path) -> None:
    assert sweep(market, "Prepared", "--grid", "days=1:3", "--quick", "--out", "s").exit_code == 0
    bars = len(pd.bdate_range("2026-01-26", "2026-03-06")) - 3  # the Lunar New Year
    # Shanghai's week is shorter, but all codes here are of Hong Kong
    assert analyzed(market) == [{"days": k, "own.bars": bars, "own.by.days": k} for k in (1, 3)]
    assert (
        points(market)["error"][1]
        == "mine.py line 37: ZeroDivisionError: division by zero; repair the strategy"
    )


def test_a_sweep_that_fails_at_every_point_is_a_fault_of_the_strategy(market: Path) -> None:
    said = faults(sweep(market, "Broken", "--grid", "days=1:4", "--out", "s"))
    assert (
        "all 4 points failed, the first one: mine.py line 80: ValueError: no <object object> at all" in said
    )
    assert points(market)["error"].notna().all()
    assert not (market / "s" / "summary.json").exists()


def test_a_strategy_that_quits_is_a_failed_point(market: Path) -> None:
    assert "mine.py line 69: SystemExit: 3" in faults(sweep(market, "Quitter", "--grid", "days=1,2"))


def test_a_strategy_that_keeps_something_between_runs_is_refused(market: Path) -> None:
    assert "Keeper is not the same twice" in faults(
        sweep(market, "Keeper", "--set", "word=all", "--grid", "days=1:4")
    )


def test_a_point_that_keeps_something_between_runs_is_found_out(market: Path) -> None:
    done = sweep(market, "Keeper", "--set", "word=2", "--grid", "days=1:4", "--confirm", "4", "--out", "s")
    assert "gave other figures when it ran again" in done.stderr
    summary = json.loads((market / "s" / "summary.json").read_text())
    assert summary["confirmed"] == 3
    assert "gave other figures" in summary["warnings"][-1]


def test_random_numbers_are_the_same_in_every_run(market: Path) -> None:
    for out in ("a", "b"):
        assert sweep(market, "Gambler", "--grid", "days=1:4", "--out", out).exit_code == 0
        assert json.loads((market / out / "summary.json").read_text())["confirmed"] == 3
    assert (market / "a" / "points.parquet").read_bytes() == (market / "b" / "points.parquet").read_bytes()


WRONG = [
    (("--grid", "dasy=1:3"), "did you mean 'days'"),
    (("--grid", "days=1:3:0.5"), "days must be a whole number"),
    (("--grid", "days=1:3", "--set", "shrae=1"), "did you mean 'share'"),
    (("--grid", "days=1:3", "--analyzer", "Drawdown"), "did you mean 'DrawDown'"),
    (("--grid", "hold=1:3", "--analyzer", "DrawDown", "--strategy", "long-short"), "long-short is not"),
]


@pytest.mark.parametrize(("args", "said"), WRONG, ids=[" ".join(args) for args, _ in WRONG])
def test_bad_input_is_one_sentence_and_exit_code_2(market: Path, args: tuple[str, ...], said: str) -> None:
    text = faults(sweep(market, "Mine", *args))
    assert said in text
    assert len(text.strip().splitlines()) == 1


def test_a_sweep_is_not_continued_with_another_file(market: Path) -> None:
    assert sweep(market, "Mine", "--grid", "days=1,2", "--quick", "--out", "s").exit_code == 0
    (market / "mine.py").write_text(OWN + "\n# changed\n")
    said = faults(sweep(market, "Mine", "--grid", "days=1,2", "--quick", "--out", "s", "--resume"))
    assert "was started with strategy_sha256" in said


# chunks


def test_nested_results_become_one_row() -> None:
    assert flat({"a": {"len": 3, "max": {"len": 5}}, "b": [1, 2], "c": {}}) == {
        "a.len": 3,
        "a.max.len": 5,
        "b": [1, 2],
    }


def test_an_error_is_one_line_without_addresses() -> None:
    assert one_sentence("no <A object at 0x7f3a>\n  here") == "no <A object> here"
    assert len(one_sentence("word " * 1000)) == 300


def job_of(path: Path, name: str, grid: Grid, rows: int = 6) -> NativeSweep:
    panel = free(hk([10.0 + k for k in range(rows)]))
    build = variants(f"{path}:{name}", {}, grid.values, ("DrawDown",))
    return NativeSweep(build, grid, Launches(), panel, Config(participation=1.0), 246.0)


def test_a_part_is_read_back_as_it_was_kept_and_damage_is_noticed(market: Path) -> None:
    job = job_of(market / "mine.py", "Mine", Grid({"days": (1, 2, 3), "word": ("raise",)}))
    chunk = job.run(0, 3)
    assert [bool(error) for error in chunk.errors] == [False, False, True]
    assert (list(chunk.curves), chunk.failed) == ([0, 1], 1)  # what the verdict asks of every point that ran
    content = chunk.to_bytes()
    again = read_chunk(content, 3)
    assert isinstance(again, Chunk)
    np.testing.assert_array_equal(again.metrics, chunk.metrics)
    assert (again.errors, again.analyses) == (chunk.errors, chunk.analyses)
    assert isinstance(again.curves[1], Curve)
    np.testing.assert_array_equal(again.curves[1].returns, chunk.curves[1].returns)
    assert read_chunk(content, 2) is None
    assert read_chunk(content[:-200], 3) is None


def test_a_fault_of_ours_is_not_hidden_in_a_row(market: Path) -> None:
    def build(values: Any) -> NativeStrategy:
        raise AssertionError("the books do not balance")

    job = replace(job_of(market / "mine.py", "Mine", Grid({"days": (1,)})), build=build)
    with pytest.raises(AssertionError, match="do not balance"):
        job.run(0, 1)


def test_threads_are_refused_and_one_chunk_runs_here(market: Path) -> None:
    job = job_of(market / "mine.py", "Mine", Grid({"days": (1, 2)}))
    with job.open_runner(None) as runner:
        assert runner.local
    with pytest.raises(ConfigError, match="runs one thread at a time"):
        job.open_runner("threads:2")


def test_the_stays_of_a_run_replayed_as_legs_earn_what_it_earned(market: Path) -> None:
    panel = free(hk([10.0, 10.0, 10.4, 10.9, 10.6, 10.8, 11.0, 11.3, 11.1]))
    news = ledger(launch_of(HK, "2024-06-25T08:50+08:00"), launch_of(HK, "2024-07-02T20:00+08:00", id="two"))
    job = replace(
        job_of(market / "mine.py", "Mine", Grid({"days": (2,), "share": (0.2,)})), panel=panel, launches=news
    )
    legs = job.held(0)
    # Hong Kong rests on 1 July. Bought on the 25th at 10.0 and on the 3rd at 11.0; two rows later the order to sell meets the next open
    assert legs[["launch", "row"]].tolist() == [(0, 1), (1, 6)]
    run = run_native(job.build(job.grid.point(0)), news, panel, job.config).run
    replayed = ThroughEngine(panel, job.config)(legs)
    np.testing.assert_allclose(
        replayed, session_returns(run.equity, job.config.capital), rtol=1e-9, atol=1e-12
    )


@pytest.mark.slow
def test_processes_write_the_bytes_that_one_process_writes(market: Path) -> None:
    job = job_of(market / "mine.py", "Mine", Grid({"days": tuple(range(1, 101)), "word": ("raise",)}), rows=9)
    for out, spec in (("a", "threads:1"), ("b", "processes:2")):
        folder = SweepFolder(market / out)
        folder.begin({}, resume=False)
        with open_runner(spec) as runner:
            outcome = run_sweep(job, folder, executor=runner)
        assert (outcome.points, outcome.failed, outcome.computed) == (100, 1, 100)
    for name in ("points.parquet", ANALYZERS):
        assert (market / "a" / name).read_bytes() == (market / "b" / name).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_sweep_that_was_killed_and_resumed_ends_in_the_same_bytes(
    market: Path, how: signal.Signals
) -> None:
    command = [sys.executable, "-m", "launchlab.cli", "sweep", *asked(market), "--strategy", "mine.py:Slow"]
    command += ["--grid", "days=1:230", "--analyzer", "DrawDown", "--quick", "--threads", "2"]
    subprocess.run([*command, "--out", "whole"], check=True, capture_output=True, timeout=300)
    running = subprocess.Popen([*command, "--out", "cut"], stderr=subprocess.PIPE, text=True)
    parts = market / "cut" / "parts"
    deadline = time.monotonic() + 120
    while not all((parts / f"00000{k}.npz").is_file() for k in (0, 1)) and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(0.3)
    os.kill(running.pid, how)
    said = running.communicate(timeout=60)[1]
    if how == signal.SIGINT:
        assert running.returncode == 130
        assert "add --resume to continue" in said
        assert "Traceback" not in said
        assert 0 < len(points(market, "cut")) < 230
        assert len(analyzed(market, "cut")) == len(points(market, "cut"))
    assert not (market / "cut" / "summary.json").exists()
    subprocess.run([*command, "--out", "cut", "--resume"], check=True, capture_output=True, timeout=300)
    for name in ("points.parquet", ANALYZERS, "top.csv"):
        assert (market / "cut" / name).read_bytes() == (market / "whole" / name).read_bytes(), name


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_writes_the_same_bytes(market: Path) -> None:
    pytest.importorskip("distributed")
    from ..workers.test_cluster import Machines

    (market / "mine.py").write_text(OWN + DEADLY)
    command = [sys.executable, "-m", "launchlab.cli", "sweep", *asked(market), "--strategy", "mine.py:Deadly"]
    command += [
        "--grid",
        "days=1:80",
        "--analyzer",
        "DrawDown",
        "--quick",
        "--set",
        f"trouble={market / 'trouble'}",
    ]
    (market / "machines").mkdir()
    machines = Machines(market / "machines")
    try:
        machines.worker()
        subprocess.run([*command, "--out", "alone"], check=True, capture_output=True, timeout=300)
        (market / "trouble").touch()
        executor = machines.address.replace("tcp:", "dask:")
        subprocess.run(
            [*command, "--out", "far", "--executor", executor], check=True, capture_output=True, timeout=300
        )
    finally:
        machines.end()
    assert not (market / "trouble").exists()
    for name in ("points.parquet", ANALYZERS, "top.csv"):
        assert (market / "far" / name).read_bytes() == (market / "alone" / name).read_bytes(), name


def test_orders_without_a_size_are_sized_in_a_sweep_too(market: Path) -> None:
    (market / "sizeless.py").write_text(
        "import backtrader as bt\n\n\nclass Sizeless(bt.Strategy):\n    params = dict(row=2)\n\n"
        "    def next(self):\n        if len(self) == self.p.row:\n            self.buy()\n"
    )
    words = (
        "sweep",
        *asked(market),
        "--strategy",
        f"{market}/sizeless.py:Sizeless",
        "--grid",
        "row=2,3",
        "--quick",
    )
    small = launchlab(*words, "--out", "one")
    assert small.exit_code == 0, small.output
    sized = launchlab(*words, "--stake", "1000", "--out", "many")
    assert sized.exit_code == 0, sized.output
    assert (points(market, "many")["fills"] > 0).all()
    assert (points(market, "one")["fills"] == 0).all()
    assert json.loads((market / "many" / "summary.json").read_text())["stake"] == 1000
    other = launchlab(*words, "--stake", "2000", "--out", "many", "--resume")
    assert "stake" in faults(other)
