"""`launchlab sweep` from the command line: the folder, the table on stdout, bad input, Ctrl-C and --resume."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from launchlab.engine.results.result import load_result

from ..markets.cli_fixture import asked, faults, json_of, launchlab, write_market

GRID = ("--grid", "hold=1:4", "--grid", "stop=none,0.03", "--grid", "lag=0,1")


@pytest.fixture
def market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_market(tmp_path)


def test_a_sweep_writes_every_point_the_best_and_a_summary(market: Path) -> None:
    done = launchlab("sweep", *asked(market), *GRID, "--out", "s", "--json")
    summary = json_of(done)
    table = pd.read_parquet(market / "s" / "points.parquet")
    assert summary == json.loads((market / "s" / "summary.json").read_text())
    assert summary["points"] == len(table) == 16
    assert summary["confirmed"] == 3
    assert summary["fallbacks"] >= 0
    assert summary["seconds"] > 0
    assert summary["points_per_second"] > 0
    assert summary["grid"] == {"hold": [1, 2, 3, 4], "stop": [None, 0.03], "lag": [0, 1]}
    assert summary["parameters"]["gross"] == 0.5
    assert summary["verdict"]["trials"] == 16
    (short,) = [text for text in summary["warnings"] if "less than 0.25 of a year" in text]
    assert f"warning: {short.replace('`metric`', '--metric')}" in done.stderr
    assert {one["code"] for one in summary["data"]} >= {"2513.HK", "0700.HK"}
    assert list(table)[:3] == ["hold", "stop", "lag"]
    assert table["stop"].isna().sum() == 8
    assert summary["best"]["sharpe"] == table["sharpe"].max()
    with (market / "s" / "top.csv").open() as file:
        top = list(csv.DictReader(file))
    assert [row["rank"] for row in top] == [str(k) for k in range(1, 17)]
    assert {row["stop"] for row in top} == {"none", "0.03"}
    values = [float(row["sharpe"]) for row in top]
    assert values == sorted(values, reverse=True)
    assert sorted(one.name for one in (market / "s").iterdir()) == [
        ".launchlab.json",
        "index.html",
        "plotly.min.js",
        "points.parquet",
        "summary.json",
        "sweep.json",
        "top.csv",
    ]


def test_values_that_differ_in_a_late_digit_are_told_apart(market: Path) -> None:
    told = launchlab("sweep", *asked(market), "--grid", "stop=0.00012,0.00013", "--quick", "--no-page").stdout
    assert {line.split()[1] for line in told.splitlines()[2:4]} == {"0.00012", "0.00013"}


def test_a_row_is_what_the_backtest_of_its_parameters_says(market: Path) -> None:
    best = json_of(launchlab("sweep", *asked(market), *GRID, "--quick", "--json"))["best"]
    stop = "none" if best["stop"] is None else best["stop"]
    settings = ("--set", f"hold={best['hold']}", "--set", f"stop={stop}", "--set", f"lag={best['lag']}")
    run = json_of(launchlab("backtest", *asked(market), *settings, "--engine", "compiled", "--json"))
    figures = run.get("metrics", run)
    for name in ("total_return", "max_drawdown", "fills", "blocked"):
        assert best[name] == pytest.approx(figures[name], rel=1e-9, abs=1e-12), name
    assert (
        figures["sharpe"] is None
    )  # 27 sessions are too few for an annual figure; a sweep ranks by it all the same


def test_the_usual_folder_is_named_after_the_strategy_and_the_span(market: Path) -> None:
    done = launchlab("sweep", *asked(market), "--grid", "hold=1,2", "--quick")
    assert done.exit_code == 0
    folder = "runs/sweep-long-short-2026-01-26-2026-03-06"
    assert done.stdout.splitlines()[-1] == f"{folder}/points.parquet"
    assert "2 points of long-short" in done.stdout
    assert (market / folder / "points.parquet").is_file()


def test_two_sweeps_of_the_same_write_the_same_bytes(market: Path) -> None:
    for out in ("a", "b"):
        assert (
            launchlab(
                "sweep", *asked(market), *GRID, "--quick", "--out", out, "--threads", len(out)
            ).exit_code
            == 0
        )
    assert (market / "a" / "points.parquet").read_bytes() == (market / "b" / "points.parquet").read_bytes()
    assert (market / "a" / "top.csv").read_bytes() == (market / "b" / "top.csv").read_bytes()


def test_random_points_are_drawn_by_the_seed(market: Path) -> None:
    wide = ("--grid", "hold=1:20", "--grid", "gross=0.1:1:0.01", "--random", "30", "--quick")
    tables = []
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        summary = json_of(launchlab("sweep", *asked(market), *wide, "--seed", seed, "--out", out, "--json"))
        assert (summary["points"], summary["seed"]) == (30, seed)
        tables.append(pd.read_parquet(market / out / "points.parquet"))
    assert tables[0].equals(tables[1])
    assert not tables[0].equals(tables[2])
    assert not tables[0].duplicated(["hold", "gross"]).any()


def test_a_structural_parameter_of_words_is_a_column_of_words(market: Path) -> None:
    grids = ("--grid", "longs=pure_play,pure_play+supplier", "--grid", "entry=open,close")
    assert launchlab("sweep", *asked(market), *grids, "--out", "s").exit_code == 0
    table = pd.read_parquet(market / "s" / "points.parquet")
    assert sorted(set(table["longs"])) == ["pure_play", "pure_play+supplier"]
    assert sorted(set(table["entry"])) == ["close", "open"]


def test_the_map_links_the_whole_runs_of_the_best_points(market: Path) -> None:
    said = json_of(launchlab("sweep", *asked(market), *GRID, "--out", "s", "--runs", "2", "--json"))
    page = (market / "s" / "index.html").read_text(encoding="utf-8")
    assert "hold" in page
    assert "top-1/index.html" in page
    assert "top-2/index.html" in page
    run = load_result(market / "s" / "top-1")
    assert run.summary["metrics"]["total_return"] == pytest.approx(said["best"]["total_return"], rel=1e-9)
    assert run.summary["parameters"]["hold"] == said["best"]["hold"]
    assert launchlab("sweep", *asked(market), *GRID, "--out", "s", "--no-page").exit_code == 0
    assert not (market / "s" / "top-1").exists()
    assert not (market / "s" / "index.html").exists()


def test_a_finished_sweep_resumed_says_what_it_found(market: Path) -> None:
    first = json_of(launchlab("sweep", *asked(market), *GRID, "--out", "s", "--json"))
    again = json_of(launchlab("sweep", *asked(market), *GRID, "--out", "s", "--resume", "--json"))
    assert again == first


def test_resuming_with_another_grid_names_the_difference(market: Path) -> None:
    assert launchlab("sweep", *asked(market), "--grid", "hold=1:4", "--out", "s", "--quick").exit_code == 0
    said = faults(launchlab("sweep", *asked(market), "--grid", "hold=1:5", "--out", "s", "--resume"))
    assert "grid.hold 1,2,3,4, not 1,2,3,4,5" in said
    more = ("--set", "wait=1", "--out", "s", "--resume")
    assert "parameters.wait 3, not 1" in faults(
        launchlab("sweep", *asked(market), "--grid", "hold=1:4", *more)
    )


WRONG = [
    ((), "at least one parameter in its --grid"),
    (("--grid", "hodl=1:3"), "did you mean 'hold'"),
    (("--grid", "hold"), "name=values"),
    (("--grid", "hold=5:1"), "inverted"),
    (("--grid", "hold="), "a value is missing"),
    (
        ("--grid", "stop=0.01:0.1"),
        "is the single value 0.01, since its step is 1; write a smaller step, as in 0.01:0.1:0.01",
    ),
    (("--grid", "config.slipage_bp=0:30:5"), "did you mean 'slippage_bp'"),
    (("--grid", "slippage_bp=0:30:5"), "write --grid config.slippage_bp=…"),
    (("--grid", "config.slippage_bp=0,2000"), "slippage_bp: Input should be less than or equal to 1000"),
    (("--grid", "config.exit_on=close,tuch"), "did you mean 'touch'"),
    (("--grid", "brokerage.cn_mim=0,5"), "did you mean 'cn_min'"),
    (("--grid", "hold=1:nan"), "is not a range"),
    (("--grid", "hold=0:3"), "hold must be from 1 to 1000 sessions, not 0"),
    (("--grid", "stop=0.05,nan"), "stop must be a fraction above 0"),
    (("--grid", "gross=0.5,nan"), "gross must be a share of NAV"),
    (("--grid", "gross=0.5,inf"), "gross must be a share of NAV"),
    (("--grid", "stop=0:0.1:0.05"), "stop must be a fraction above 0"),
    (("--grid", "kinds=launch,lunch"), "did you mean 'launch'"),
    (("--grid", "hold=1:1000", "--grid", "wait=0:1000", "--grid", "lag=0:20"), "21,021,000 points"),
    (("--grid", "hold=1:3", "--random", "0"), "at least 1 point"),
    (("--grid", "hold=1:3", "--metric", "luck"), "'luck' is not one of"),
    (("--grid", "hold=1:3", "--out", "week.csv"), "is a file"),
    (("--grid", "hold=1:3", "--out", "bars"), "not a sweep's"),
    (("--grid", "hold=1:3", "--resume"), "no sweep to resume"),
    (("--grid", "hold=1:3", "--strategy", "long-shrt"), "did you mean 'long-short'"),
    (
        ("--strategy", "fade-gap", "--grid", "min_gap=0.05,0.3", "--grid", "max_gap=0.1,0.4"),
        "is above max_gap",
    ),
]


@pytest.mark.parametrize(("args", "said"), WRONG, ids=[" ".join(args) for args, _ in WRONG])
def test_bad_input_is_one_sentence_and_exit_code_2(market: Path, args: tuple[str, ...], said: str) -> None:
    text = faults(launchlab("sweep", *asked(market), *args))
    assert said in text
    assert len(text.strip().splitlines()) == 1


OWN = """\
import time
from dataclasses import dataclass
from launchlab.strategies import LongShort

@dataclass(frozen=True, kw_only=True)
class Slow(LongShort):
    number: int = 0

    def legs(self, launches, panel):
        time.sleep(0.004)
        return super().legs(launches, panel)

@dataclass(frozen=True, kw_only=True)
class Picky(LongShort):
    def __post_init__(self):
        if self.hold == 3:
            raise ValueError("not three")
"""


def test_a_strategy_of_ones_own_is_swept_and_blamed_for_its_own_faults(market: Path) -> None:
    (market / "mine.py").write_text(OWN)
    named = ("--strategy", "mine.py:Slow", "--grid", "number=1:3", "--out", "s")
    assert json_of(launchlab("sweep", *asked(market), *named, "--json"))["points"] == 3
    said = faults(launchlab("sweep", *asked(market), "--strategy", "mine.py:Picky", "--grid", "hold=1:4"))
    assert "mine.py line 17: ValueError: not three" in said


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_sweep_that_was_killed_and_resumed_ends_in_the_same_bytes(
    market: Path, how: signal.Signals
) -> None:
    (market / "mine.py").write_text(OWN)
    command = [sys.executable, "-m", "launchlab.cli", "sweep", *asked(market), "--strategy", "mine.py:Slow"]
    command += ["--grid", "number=1:1500", "--quick"]
    subprocess.run([*command, "--out", "whole"], check=True, capture_output=True, timeout=300)
    running = subprocess.Popen([*command, "--out", "cut"], stderr=subprocess.PIPE, text=True)
    parts = market / "cut" / "parts"
    deadline = time.monotonic() + 60
    while not (parts.is_dir() and len(list(parts.glob("*.npz"))) >= 2) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(running.pid, how)
    said = running.communicate(timeout=60)[1]
    if how == signal.SIGINT:
        assert running.returncode == 130
        assert "add --resume to continue" in said
        assert "Traceback" not in said
        assert 0 < len(pd.read_parquet(market / "cut" / "points.parquet")) < 1500
    assert not (market / "cut" / "summary.json").exists()
    assert "unfinished sweep" in faults(launchlab("sweep", *command[4:], "--out", "cut"))
    subprocess.run([*command, "--out", "cut", "--resume"], check=True, capture_output=True, timeout=300)
    assert (market / "cut" / "points.parquet").read_bytes() == (
        market / "whole" / "points.parquet"
    ).read_bytes()
    assert (market / "cut" / "top.csv").read_bytes() == (market / "whole" / "top.csv").read_bytes()


@pytest.mark.slow
def test_ctrl_c_is_answered_at_once_while_the_engine_is_compiled(market: Path) -> None:
    """Compiling takes tens of seconds, of which nothing can be waited for."""
    command = [sys.executable, "-m", "launchlab.cli", "sweep", *asked(market), "--quick", "--out", "cut"]
    command += ["--grid", "hold=1:100", "--grid", "gross=0.01:1:0.001"]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(market / "cache")}
    running = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    while "compiling the engine" not in (line := running.stderr.readline()):
        assert line, "it ended before anything was compiled"
    time.sleep(0.5)
    os.kill(running.pid, signal.SIGINT)
    said = running.communicate(timeout=8)[1]
    assert running.returncode == 130
    assert "add --resume to continue" in said
    assert "Traceback" not in said
    assert "unfinished sweep" in faults(launchlab("sweep", *command[4:], "--out", "cut"))


def test_a_long_sweep_in_python_says_how_the_next_is_sooner_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from launchlab.cli.sweep import hint_at_warm
    from launchlab.engine.machine import code

    effort = code.Effort(unit=1.0, compiling=1e9)
    monkeypatch.setattr(code._state, "way", "suited")
    monkeypatch.setattr(code._state, "as_python", 0.0)
    monkeypatch.setattr(code, "is_python_only", lambda: False)
    monkeypatch.setattr(code, "is_kept", lambda function: False)
    code.by_effort(print, effort, 2.0)
    hint_at_warm()
    assert "launchlab warm" not in capsys.readouterr().err
    code.by_effort(len, effort, 4.0)
    assert code.left_to_python() == 6.0
    hint_at_warm()
    assert "`launchlab warm` compiles for all sweeps to come" in capsys.readouterr().err
