"""A sweep gives for each point what a run of that point alone gives, and the same bytes however it was stopped."""

import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from launchlab.data.errors import ConfigError
from launchlab.data.ledger.launch import Launch, LaunchCode, Launches
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import checked_legs, execute
from launchlab.engine.config import Config
from launchlab.engine.legs import OPEN, empty_legs
from launchlab.engine.results.metrics import Annual, equity_metrics, session_returns
from launchlab.engine.results.summary import SweepSummary
from launchlab.engine.sweeps import legs as leg_sweep
from launchlab.engine.sweeps.confirm import EnginesDisagree
from launchlab.engine.sweeps.folder import SweepFolder
from launchlab.engine.sweeps.grid import Grid
from launchlab.engine.sweeps.legs import LegSweep, samples
from launchlab.engine.sweeps.points import METRICS
from launchlab.engine.sweeps.sample import sample
from launchlab.engine.sweeps.sweep import Outcome, outcome_rows, sweep
from launchlab.engine.sweeps.verdict import BestOfMany, Tried, judged

from ...markets.random_markets import random_panel

VALUES: dict[str, tuple[Any, ...]] = {
    "lag": (0, 1),
    "hold": (1, 2, 4, 7),
    "stop": (None, 0.03),
    "gross": (0.3, 0.6, 1.2),
    "wait": (0, 2),
}


@dataclass(frozen=True, kw_only=True)
class Simple:
    """Every code of the panel bought at some rows."""

    lag: int = 0
    hold: int = 3
    wait: int = 1
    stop: float | None = None
    gross: float = 0.5
    twist: str = ""

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        n = 24
        legs = empty_legs(n)
        legs["launch"], legs["code"] = np.arange(n) // 3, np.arange(n) % len(panel.codes)
        legs["side"], legs["at"], legs["row"] = 1, OPEN, 2 + self.lag + 2 * np.arange(n)
        legs["hold"], legs["wait"], legs["weight"] = self.hold, self.wait, self.gross / 8
        legs["stop"] = np.nan if self.stop is None else self.stop
        if self.twist == "long holds trade less" and self.hold > 3:
            legs["weight"] /= 2.0
        if self.twist == "some are held longer":
            legs["hold"][::2] += 1
        if self.twist == "fewer with a wide stop":
            return legs if self.stop is None else legs[:10]
        return legs


def a_job(values: Mapping[str, tuple[Any, ...]] = VALUES, **base: Any) -> LegSweep:
    rng = np.random.default_rng(5)
    launch = Launch(
        "a",
        pd.Timestamp("2025-03-03 08:00+08:00").to_pydatetime(),
        "exact",
        "",
        "",
        "launch",
        (LaunchCode("x"),),
    )
    return LegSweep(
        build=lambda chosen: replace(Simple(**base), **chosen),
        grid=Grid(values),
        launches=Launches((launch,)),
        panel=random_panel(rng),
        config=Config(capital=1_000_000.0),
        periods=253.0,
        threads=2,
    )


def run(job: LegSweep, path: Path, **options: Any) -> tuple[Outcome, pd.DataFrame]:
    folder = SweepFolder(path)
    folder.begin({"grid": "this"}, resume=path.exists())
    outcome = sweep(job, folder, **options)
    return outcome, pd.read_parquet(path / "points.parquet")


def alone(job: LegSweep, values: Mapping[str, Any]) -> dict[str, float]:
    legs = checked_legs(job.build(values).legs(job.launches, job.panel), job.panel)
    done = execute(legs, job.panel, job.config, "compiled")
    found = equity_metrics(done.equity, job.config.capital, Annual(job.periods, job.panel.years))
    return found | {"fills": len(done.fills), "blocked": len(done.blocks)}


TWISTS = ["", "long holds trade less", "some are held longer", "fewer with a wide stop"]


@pytest.mark.parametrize("twist", TWISTS)
def test_each_row_is_the_run_of_its_own_parameters(tmp_path: Path, twist: str) -> None:
    job = a_job(twist=twist)
    _, table = run(job, tmp_path / "s")
    assert len(table) == 96
    for row in table.to_dict("records"):
        values = {name: row[name] for name in VALUES} | {
            "stop": None if np.isnan(row["stop"]) else row["stop"]
        }
        for name, wanted in alone(job, values).items():
            assert row[name] == pytest.approx(wanted, rel=1e-9, abs=1e-12), (name, values)


@pytest.mark.parametrize(("twist", "shared"), [("", True), *((twist, False) for twist in TWISTS[1:])])
def test_a_table_is_shared_only_where_legs_differ_by_execution_alone(twist: str, shared: bool) -> None:
    job = a_job(twist=twist)
    assert (job.shared(0) is not None) == shared


def test_the_table_is_tried_at_both_ends_of_every_parameter() -> None:
    grid = Grid(VALUES)
    tried = [grid.point(number) for number in (0, *samples(grid, 0))]
    for name in grid.execution:
        seen = {point[name] for point in tried}
        assert {VALUES[name][0], VALUES[name][-1]} <= seen


def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leg_sweep, "FEWEST", 8)
    monkeypatch.setattr(leg_sweep, "WORK", 24 * 8)


def stop_after(points: int) -> Callable[[int, int], None]:
    def step(done: int, failed: int) -> None:
        if done >= points:
            raise KeyboardInterrupt

    return step


def test_a_sweep_stopped_and_resumed_ends_in_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_chunks(monkeypatch)
    whole, _ = run(a_job(), tmp_path / "whole")
    for points in (8, 40, 72):
        with pytest.raises(KeyboardInterrupt):
            run(a_job(), tmp_path / "cut", progress=stop_after(points))
    partial = pd.read_parquet(tmp_path / "cut" / "points.parquet")
    assert len(partial) == 72
    ended, _ = run(a_job(), tmp_path / "cut")
    assert 0 < ended.computed <= 24
    assert (tmp_path / "cut" / "points.parquet").read_bytes() == (
        tmp_path / "whole" / "points.parquet"
    ).read_bytes()
    np.testing.assert_array_equal(ended.metrics, whole.metrics)
    np.testing.assert_array_equal(ended.numbers, whole.numbers)


def test_a_damaged_part_is_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_chunks(monkeypatch)
    run(a_job(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(a_job(), tmp_path / "cut", progress=stop_after(48))
    part = sorted((tmp_path / "cut" / "parts").iterdir())[1]
    part.write_bytes(part.read_bytes()[:-5])
    run(a_job(), tmp_path / "cut")
    assert (tmp_path / "cut" / "points.parquet").read_bytes() == (
        tmp_path / "whole" / "points.parquet"
    ).read_bytes()


class Backwards(Executor):
    """Runs what it is given only when asked for the result of something later."""

    def __init__(self) -> None:
        self._max_workers = 3
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, lambda: fn(*args, **kwargs)))
        if len(self.waiting) >= 6 or (len(args) > 2 and args[2] == 96):
            for one, work in reversed(self.waiting):
                one.set_result(work())
            self.waiting = []
        return future


def test_any_executor_gives_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_chunks(monkeypatch)
    run(a_job(), tmp_path / "usual")
    run(a_job(), tmp_path / "backwards", executor=Backwards())
    with ThreadPoolExecutor(4) as pool:
        run(a_job(), tmp_path / "threads", executor=pool)
    usual = (tmp_path / "usual" / "points.parquet").read_bytes()
    assert (tmp_path / "backwards" / "points.parquet").read_bytes() == usual
    assert (tmp_path / "threads" / "points.parquet").read_bytes() == usual


def test_each_chunk_is_a_row_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_chunks(monkeypatch)
    run(a_job(), tmp_path / "s")
    assert pq.ParquetFile(tmp_path / "s" / "points.parquet").num_row_groups == 12


def test_a_draw_runs_only_its_points(tmp_path: Path) -> None:
    job = a_job()
    drawn = replace(job, grid=job.grid.drawn(30, seed=4))
    _, every = run(job, tmp_path / "all")
    _, some = run(drawn, tmp_path / "some")
    merged = some.merge(every, on=list(VALUES), how="left", suffixes=("", "_all"))
    assert len(some) == 30
    np.testing.assert_allclose(merged["sharpe"], merged["sharpe_all"], rtol=1e-9)


def test_the_best_points_are_the_first_of_the_table_in_order(tmp_path: Path) -> None:
    job = a_job()
    outcome, table = run(job, tmp_path / "s", metric="total_return", top=5)
    wanted = table.sort_values("total_return", ascending=False, kind="stable").head(5)
    rows = outcome_rows(job.grid, outcome.numbers, outcome.metrics)
    assert [row["total_return"] for row in rows] == wanted["total_return"].tolist()
    assert [row["hold"] for row in rows] == wanted["hold"].tolist()


def test_the_best_points_are_the_same_portfolios_on_backtrader(tmp_path: Path) -> None:
    job = a_job()
    outcome, _ = run(job, tmp_path / "s")
    for number, metrics in zip(outcome.numbers[:4].tolist(), outcome.metrics, strict=False):
        assert job.confirm(number, metrics)
    wrong = outcome.metrics[0].copy()
    wrong[METRICS.index("sharpe")] += 1e-6
    with pytest.raises(EnginesDisagree, match="sharpe is"):
        job.confirm(int(outcome.numbers[0]), wrong)


def test_equity_curves_are_those_of_single_runs() -> None:
    for twist in TWISTS[:2]:
        job = a_job(twist=twist)
        numbers = np.array([0, 5, 47, 48, 95])
        curves = job.curves(numbers, None)
        assert list(curves) == numbers.tolist()
        for number, curve in curves.items():
            legs = job.legs(job.grid.point(number))
            wanted = execute(legs, job.panel, job.config, "compiled").equity
            np.testing.assert_allclose(
                curve.returns, session_returns(wanted, job.config.capital), rtol=1e-9, atol=1e-15
            )


def test_the_verdict_counts_every_point_and_earlier_sweeps_on_the_same_data(tmp_path: Path) -> None:
    job, ledger = a_job(), tmp_path / "trials.jsonl"
    first = judged(job, 10, Tried("data", "one", 96, ledger))
    again = judged(job, 10, Tried("data", "one", 96, ledger))
    other = judged(job, 10, Tried("data", "two", 96, ledger))
    assert [found.trials.points for found in (first, again, other) if found.trials] == [96, 96, 192]


@pytest.mark.parametrize("twist", ["", "long holds trade less"])
def test_a_placebo_chooses_among_the_points_that_share_the_best_ones_legs(twist: str) -> None:
    """lag is no matter of execution: only points with the lag of the best are moved with it."""
    job = a_job(twist=twist)
    best = job.grid.number({"lag": 1, "hold": 2, "stop": 0, "gross": 1, "wait": 0})
    numbers = sample(job.grid, best)
    table, tried = job.tries(best, numbers, job.held(best))
    run = BestOfMany(job.panel, job.config, tried, job.periods)
    points = [job.grid.point(int(number)) for number in numbers]
    alike = [point for point in points if point["lag"] == 1] if not twist else [job.grid.point(best)]
    wanted = max(alone(job, point)["sharpe"] for point in alike)
    assert run(table) == pytest.approx([wanted], rel=1e-9)
    assert pickle.loads(pickle.dumps(run))(table) == run(table)


def test_the_verdict_looks_at_the_best_points_neighbours() -> None:
    grid = Grid({"hold": tuple(range(1, 101)), "wait": tuple(range(100))})
    best = grid.number({"hold": 50, "wait": 7})
    seen = sample(grid, best)
    near = [grid.number({"hold": 50 + a, "wait": 7 + b}) for a, b in ((-1, 0), (1, 0), (0, -1), (0, 1))]
    assert set(near) | {best} <= set(seen.tolist())


def test_a_ruined_point_is_a_row_like_any_other(tmp_path: Path) -> None:
    job = a_job({"gross": (0.5, 9.0), "hold": (40, 50)})
    job = replace(job, config=Config(capital=10_000.0, max_gross=10.0, maintenance=0.0))
    _, table = run(job, tmp_path / "s")
    assert len(table) == 4
    assert np.isfinite(table[list(METRICS[:7])].to_numpy()).all()


def test_no_legs_at_all_is_a_flat_row(tmp_path: Path) -> None:
    job = a_job({"hold": (1, 2, 3)})
    empty = replace(job, build=lambda chosen: Empty())
    _, table = run(empty, tmp_path / "s")
    assert (table["total_return"] == 0.0).all()
    assert (table["fills"] == 0).all()


class Empty:
    """A strategy that never trades."""

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        return empty_legs(0)


def test_a_value_that_the_strategy_refuses_stops_the_sweep_before_any_work(tmp_path: Path) -> None:
    def build(values: Mapping[str, Any]) -> Simple:
        if values.get("hold") == 4:
            raise ConfigError("hold must not be 4; take another")
        return replace(Simple(), **values)

    with pytest.raises(ConfigError, match="hold must not be 4"):
        run(replace(a_job(), build=build), tmp_path / "s")
    assert not list((tmp_path / "s" / "parts").iterdir())


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({"grid": {"hold": [1, 2]}}, {"grid": {"hold": [1, 3]}}, "grid.hold 1,2, not 1,3"),
        ({"seed": 1}, {"seed": 2}, "seed 1, not 2"),
        ({"grid": {}}, {"grid": {"stop": [0.1]}}, "grid.stop None, not 0.1"),
    ],
)
def test_resuming_with_other_options_is_refused_naming_them(
    tmp_path: Path, before: dict[str, Any], now: dict[str, Any], said: str
) -> None:
    SweepFolder(tmp_path / "s").begin(before, resume=False)
    with pytest.raises(ConfigError, match=said):
        SweepFolder(tmp_path / "s").begin(now, resume=True)


def test_an_unfinished_sweep_is_not_overwritten_and_a_strange_folder_not_touched(tmp_path: Path) -> None:
    SweepFolder(tmp_path / "s").begin({}, resume=False)
    with pytest.raises(ConfigError, match="unfinished sweep; continue it with `resume=True`"):
        SweepFolder(tmp_path / "s").begin({}, resume=False)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(ConfigError, match="not a sweep's"):
        SweepFolder(tmp_path / "mine").begin({}, resume=False)
    with pytest.raises(ConfigError, match="no sweep to resume"):
        SweepFolder(tmp_path / "none").begin({}, resume=True)


def an_end() -> SweepSummary:
    """What a finished sweep says of itself, as little as there may be."""
    days = {"start": "2026-01-05", "end": "2026-01-06", "periods_per_year": 240.0}
    figures = {"points": 96, "seconds": 1.0, "metric": "sharpe", "best": {}, "strategy": "s", "grid": {}}
    return SweepSummary.of({"simulated": True, "warnings": [], **figures, **days})


def test_a_finished_sweep_is_made_again_but_not_replaced_by_another(tmp_path: Path) -> None:
    run(a_job(), tmp_path / "s")
    SweepFolder(tmp_path / "s").end(an_end())
    with pytest.raises(
        ConfigError,
        match="holds a finished sweep with grid this, not other; remove it, or choose another folder",
    ):
        SweepFolder(tmp_path / "s").begin({"grid": "other"}, resume=False)
    assert (tmp_path / "s" / "points.parquet").exists()
    again = SweepFolder(tmp_path / "s")
    again.begin({"grid": "this"}, resume=False)
    assert sorted(one.name for one in (tmp_path / "s").iterdir()) == [".lock", "parts", "sweep.json"]
    again.end(an_end())
    assert sorted(one.name for one in (tmp_path / "s").iterdir()) == [
        ".launchlab.json",
        "summary.json",
        "sweep.json",
    ]


def test_what_the_sweep_has_not_written_is_neither_removed_nor_replaced(tmp_path: Path) -> None:
    """A file and a subfolder of the user's stay when the sweep is made again; one in the sweep's way is named."""
    path = tmp_path / "s"
    run(a_job(), path)
    SweepFolder(path).end(an_end())
    (path / "notes.txt").write_text("dear diary")
    (path / "mine").mkdir()
    (path / "mine" / "top.csv").write_text("mine")
    again = SweepFolder(path)
    again.begin({"grid": "this"}, resume=False)
    sweep(a_job(), again)
    again.end(an_end())
    assert (path / "notes.txt").read_text() == "dear diary"
    assert (path / "mine" / "top.csv").read_text() == "mine"
    for name in ("top.csv", "index.html", "top-1/notes.txt"):
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text("my own")
        with pytest.raises(ConfigError, match=rf"holds {name.partition('/')[0]}, which the sweep has not"):
            SweepFolder(path).begin({"grid": "this"}, resume=False)
        assert (path / name).read_text() == "my own"
        assert SweepFolder(path).finished  # nothing was removed before
        (path / name).unlink()
        if "/" in name:
            (path / name).parent.rmdir()


def test_a_table_that_the_user_has_edited_is_not_taken_away(tmp_path: Path) -> None:
    run(a_job(), tmp_path / "s")
    SweepFolder(tmp_path / "s").end(an_end())
    (tmp_path / "s" / "points.parquet").write_bytes(b"my own")
    with pytest.raises(ConfigError, match="or not as it is now"):
        SweepFolder(tmp_path / "s").begin({"grid": "this"}, resume=False)
    (tmp_path / "s" / ".launchlab.json").unlink()
    with pytest.raises(ConfigError, match="does not say which of its files"):
        SweepFolder(tmp_path / "s").begin({"grid": "this"}, resume=False)


BEGIN = "from pathlib import Path; from launchlab.engine.sweeps.folder import SweepFolder; import sys, time; folder = SweepFolder(Path(sys.argv[1])); folder.begin({}, resume=len(sys.argv) > 2); print('in', flush=True); time.sleep(100)"


def test_two_processes_do_not_sweep_into_one_folder_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BEGIN, str(tmp_path / "s")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "in\n"
        for resume in (False, True):
            with pytest.raises(ConfigError, match=r"another sweep is writing to .*; wait for its end"):
                SweepFolder(tmp_path / "s").begin({}, resume=resume)
        first.kill()
    SweepFolder(tmp_path / "s").begin({}, resume=True)


@pytest.mark.parametrize("name", ["file/s", "long" * 80])
def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written to"):
        SweepFolder(tmp_path / name).begin({}, resume=False)


def test_a_sweeps_verdict_counts_placebos_and_launches(tmp_path: Path) -> None:
    """On the sample: other days and other codes are drawn, and every launch is left out once."""
    from ...markets.cli_fixture import launchlab

    out = tmp_path / "s"
    done = launchlab("sweep", "--grid", "hold=1:6", "--out", out, "--no-page", "--confirm", "0")
    assert done.exit_code == 0, done.output
    said = json.loads((out / "summary.json").read_text(encoding="utf-8"))["verdict"]
    assert 0.0 < said["placebo_p"] <= 1.0
    assert 0.0 < said["placebo_codes_p"] <= 1.0
    assert said["largest_launch_share"] > 0.0
    assert "Placebos did as well on other days" in said["text"]
    assert "best launch" in said["text"]
