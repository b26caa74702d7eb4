"""`launchlab sweep --search` from the command line: the folder, the lines on stdout, bad input, kill -9 and --resume."""

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

from ..markets.cli_fixture import asked, faults, json_of, launchlab, write_market

pytest.importorskip("optuna")

GRID = (
    "--grid",
    "hold=1:15",
    "--grid",
    "stop=none,0.03,0.01",
    "--grid",
    "gross=0.1:1:0.1",
    "--grid",
    "lag=0,1",
)
TPE = (*GRID, "--search", "tpe", "--trials", "60", "--batch", "20")


@pytest.fixture
def market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_market(tmp_path)


def test_a_search_writes_every_trial_the_best_points_and_a_verdict_over_all(market: Path) -> None:
    said = json_of(launchlab("sweep", *asked(market), *TPE, "--out", "s", "--runs", "1", "--json"))
    table = pd.read_parquet(market / "s" / "points.parquet")
    assert said == json.loads((market / "s" / "summary.json").read_text())
    assert said["points"] == said["trials"] == len(table) == 60
    assert said["grid_points"] == 900
    assert (
        said["distinct"]
        == 60 - said["repeats"]
        == len(table[["hold", "stop", "gross", "lag"]].drop_duplicates())
    )
    assert said["by_process"] == {"0": 60}
    assert (said["complete"], said["pruned"], said["confirmed"]) == (60, 0, 3)
    assert said["search"] == {
        "kind": "tpe",
        "objectives": ["sharpe"],
        "batch": 20,
        "prune": None,
        "storage": None,
    }
    assert said["verdict"]["trials"] == 60
    ledger = [json.loads(line) for line in (market / "trials.jsonl").read_text().splitlines()]
    assert {(line["sweep"], line["points"]) for line in ledger} == {(said["study"], 60)}
    assert list(table)[:4] == ["hold", "stop", "gross", "lag"]
    assert table["trial"].tolist() == list(range(60))
    assert said["best"]["sharpe"] == table["sharpe"].max()
    with (market / "s" / "top.csv").open() as file:
        top = list(csv.DictReader(file))
    assert len({(row["hold"], row["stop"], row["gross"], row["lag"]) for row in top}) == 20
    page = (market / "s" / "index.html").read_text(encoding="utf-8")
    assert "top-1/index.html" in page
    assert sorted(one.name for one in (market / "s").iterdir()) == [
        ".launchlab.json",
        "index.html",
        "plotly.min.js",
        "points.parquet",
        "search.journal",
        "search.json",
        "summary.json",
        "sweep.json",
        "top-1",
        "top.csv",
    ]
    assert launchlab("report", "s").exit_code == 0


def test_a_search_goes_on_to_more_trials_as_if_it_had_never_ended(market: Path) -> None:
    quick = (*asked(market), *GRID, "--search", "tpe", "--batch", "20", "--quick")
    assert launchlab("sweep", *quick, "--trials", "90", "--out", "whole").exit_code == 0
    for trials in ("50", "90"):
        more = ("--resume",) if trials == "90" else ()
        done = launchlab("sweep", *quick, "--trials", trials, "--out", "cut", *more)
        assert f"{trials} trials of long-short" in done.stdout
    whole, cut = (market / name / "points.parquet" for name in ("whole", "cut"))
    assert cut.read_bytes() == whole.read_bytes()
    done = (market / "cut" / "summary.json").read_bytes()
    again = json_of(launchlab("sweep", *quick, "--trials", "90", "--out", "cut", "--resume", "--json"))
    assert again["points"] == 90
    assert (market / "cut" / "summary.json").read_bytes() == done
    assert "search.batch 20, not 30" in faults(
        launchlab("sweep", *quick, "--batch", "30", "--out", "cut", "--resume")
    )


def test_another_folder_joins_by_the_storage(market: Path) -> None:
    search = (
        *asked(market),
        *GRID,
        "--search",
        "nsga2",
        "--objective",
        "return,drawdown",
        "--batch",
        "10",
        "--quick",
    )
    first = json_of(launchlab("sweep", *search, "--trials", "30", "--out", "a", "--json"))
    shared = ("--storage", "a/search.journal")
    second = json_of(launchlab("sweep", *search, *shared, "--trials", "50", "--out", "b", "--json"))
    assert second["study"] == first["study"]
    assert sorted(second["by_process"].values()) == [20, 30]
    a, b = (pd.read_parquet(market / name / "points.parquet") for name in "ab")
    pd.testing.assert_frame_equal(b[:30], a)
    assert {row["trial"] for row in second["pareto"]} == set(pd.read_csv("b/pareto.csv")["trial"])
    seconds = [json.loads(line)["points"] for line in (market / "trials.jsonl").read_text().splitlines()]
    assert seconds == [30, 50]


def test_a_random_search_is_a_draw_from_the_grid(market: Path) -> None:
    for how, out in (("--search random --trials 30", "a"), ("--random 30", "b")):
        words = how.split()
        assert launchlab("sweep", *asked(market), *GRID, *words, "--quick", "--out", out).exit_code == 0
    assert (market / "a" / "points.parquet").read_bytes() == (market / "b" / "points.parquet").read_bytes()


def test_pruned_trials_are_counted_and_not_drawn(market: Path) -> None:
    search = (*GRID, "--search", "tpe", "--trials", "80", "--batch", "10", "--prune", "halving")
    said = json_of(launchlab("sweep", *asked(market), "--strategy", "buy-launch", *search, "--set",
                             "kinds=launch,pricing", "--out", "s", "--confirm", "0", "--json"))  # fmt: skip
    table = pd.read_parquet(market / "s" / "points.parquet")
    assert said["trials"] == said["verdict"]["trials"] == len(table) == 80
    assert said["pruned"] == (table["state"] == "pruned").sum() > 0
    assert table.loc[table["state"] == "pruned", "sharpe"].isna().all()


WRONG = [
    (("--search", "tpee"), "did you mean 'tpe'"),
    (("--search", "tpe", "--trials", "0"), "--trials must be at least 1, not 0"),
    (("--search", "random", "--trials", "0"), "--trials must be at least 1, not 0"),
    (("--search", "tpe", "--objective", "retrun"), "did you mean 'return'"),
    (("--search", "tpe", "--prune", "halfing"), "did you mean 'halving'"),
    (("--search", "tpe", "--random", "5"), "leave out --search tpe, or write --trials 5"),
    (("--trials", "5"), "--trials belongs to --search tpe or nsga2"),
    (("--search", "random", "--storage", "x"), "--storage belongs to --search tpe or nsga2"),
    (("--search", "tpe", "--storage", "nowhere/x"), "nowhere/x cannot be used (No such file"),
    (("--search", "tpe", "--storage", "week.csv"), "not a journal of Optuna"),
]


@pytest.mark.parametrize(("args", "said"), WRONG, ids=[" ".join(args) for args, _ in WRONG])
def test_bad_input_is_one_sentence_and_exit_code_2(market: Path, args: tuple[str, ...], said: str) -> None:
    text = faults(launchlab("sweep", *asked(market), *GRID, *args))
    assert said in text.strip().splitlines()[-1]


def test_without_the_extra_a_search_says_what_to_install(
    market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    said = faults(launchlab("sweep", *asked(market), *TPE))
    assert "run `pip install 'launchlab[search]'`" in said
    assert launchlab("sweep", *asked(market), "--grid", "hold=1,2", "--quick").exit_code == 0


@pytest.mark.slow
def test_worker_processes_give_the_same_bytes(market: Path) -> None:
    search = (*asked(market), *TPE, "--objective", "return,capacity", "--quick")
    for out, where in (("a", "threads"), ("b", "processes:2")):
        assert launchlab("sweep", *search, "--executor", where, "--out", out).exit_code == 0
    for name in ("points.parquet", "pareto.csv", "top.csv"):
        assert (market / "a" / name).read_bytes() == (market / "b" / name).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_search_that_was_killed_and_resumed_ends_in_the_same_bytes(
    market: Path, how: signal.Signals
) -> None:
    command = [sys.executable, "-m", "launchlab.cli", "sweep", *asked(market), *GRID, "--search", "tpe"]
    command += ["--trials", "400", "--batch", "10", "--quick"]
    subprocess.run([*command, "--out", "whole"], check=True, capture_output=True, timeout=240)
    running = subprocess.Popen([*command, "--out", "cut"], stderr=subprocess.PIPE, text=True)
    journal, deadline = market / "cut" / "search.journal", time.monotonic() + 60
    while not (journal.is_file() and journal.stat().st_size > 50_000) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(running.pid, how)
    said = running.communicate(timeout=60)[1]
    if how == signal.SIGINT:
        assert running.returncode == 130
        assert "add --resume to continue" in said
        assert "Traceback" not in said
        assert 0 < len(pd.read_parquet(market / "cut" / "points.parquet")) < 400
        assert (market / "trials.jsonl").is_file()
    assert not (market / "cut" / "summary.json").exists()
    subprocess.run([*command, "--out", "cut", "--resume"], check=True, capture_output=True, timeout=240)
    whole, cut = (market / name / "points.parquet" for name in ("whole", "cut"))
    assert cut.read_bytes() == whole.read_bytes()
