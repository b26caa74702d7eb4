"""A search finds what a grid would, stops and resumes without a trace, shares its storage, and hides no trial."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from launchlab.data.errors import ConfigError
from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.panel import Panel
from launchlab.engine.luck.trials import read
from launchlab.engine.search import storage as storing
from launchlab.engine.search.points import COLUMNS, Points, early
from launchlab.engine.search.run import SearchRun
from launchlab.engine.search.search import Field, Search, run_search
from launchlab.engine.search.space import Space
from launchlab.engine.search.storage import Shared, absolute, hidden
from launchlab.engine.search.table import SearchTrials, front, to_trials
from launchlab.engine.sweeps.grid import Grid
from launchlab.engine.sweeps.legs import LegSweep
from launchlab.engine.sweeps.points import METRICS
from launchlab.engine.sweeps.verdict import Tried, judged

from ... import ROOT
from ...bench.calibrations.searches import Surface, simulate
from ...bench.calibrations.searches import searched as searched_once
from ...markets.search_child import GRID, height, surface
from ..sweeps.test_sweep import Empty, Simple, a_job

pytest.importorskip("optuna")

SHARPE = METRICS.index("sharpe")


def searched(path: Path, search: Search, measure: Any = surface, **field: Any) -> SearchTrials:
    """The trials of a search over the hill whose storage is the file."""
    shared = Shared(str(path), "hill", len(search.objectives))
    run_search(search, Field(Space(GRID), measure, **field), shared)
    return to_trials(shared.finished())


def tpe(trials: int, **options: Any) -> Search:
    return Search("tpe", trials, options.pop("objectives", ("sharpe",)), **options)


def same(a: SearchTrials, b: SearchTrials) -> None:
    for name in ("trial", "number", "complete", "repeat", "measured", "early"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


@pytest.mark.parametrize("kind", ["tpe", "nsga2"])
def test_a_search_finds_the_top_of_a_hill_in_few_of_its_points(tmp_path: Path, kind: str) -> None:
    found = searched(tmp_path / "j", Search(kind, 240, ("sharpe",), batch=16))
    every = np.sort(height(np.arange(GRID.size)))[::-1]
    best = found.measured[:, SHARPE].max()
    assert len(found) == 240 < GRID.size / 40
    assert best >= every[10]
    draw = np.random.default_rng(0).choice(GRID.size, 240, replace=False)
    assert best > height(draw).max()


def test_values_keep_their_order_and_a_rule_that_is_off_is_the_widest() -> None:
    space = Space(Grid({"stop": (0.08, None, 0.03), "entry": ("open", "close"), "lag": (2,)}))
    assert space.grid.point(space.number({"stop": 0, "entry": 1})) == {
        "stop": 0.03,
        "entry": "close",
        "lag": 2,
    }
    assert space.grid.point(space.number({"stop": 2, "entry": 0}))["stop"] is None
    assert [type(one).__name__ for one in space.distributions().values()] == [
        "IntDistribution",
        "CategoricalDistribution",
    ]


SEARCHES = [
    tpe(84, batch=12),
    Search("nsga2", 150, ("return", "drawdown"), batch=12),
    tpe(84, batch=12, prune="median"),
    tpe(84, batch=12, prune="halving"),
]


def name_of(search: Search) -> str:
    return f"{search.kind} {search.prune or ''}"


@pytest.mark.parametrize("search", SEARCHES, ids=name_of)
@pytest.mark.parametrize("cut", [[36], [30, 53]], ids=str)
def test_a_search_resumed_is_the_search_that_was_not_stopped(
    tmp_path: Path, search: Search, cut: list[int]
) -> None:
    field = {"early": surface} if search.prune else {}
    whole = searched(tmp_path / "whole", search, **field)
    for trials in cut:
        assert len(searched(tmp_path / "cut", replace(search, trials=trials), **field)) == trials
    same(searched(tmp_path / "cut", search, **field), whole)


def test_the_same_seed_asks_the_same_and_another_something_else(tmp_path: Path) -> None:
    first, again = (searched(tmp_path / name, tpe(60, batch=20)) for name in "ab")
    same(first, again)
    other = searched(tmp_path / "c", tpe(60, batch=20, seed=1))
    assert not np.array_equal(first.number, other.number)


class Torn(Shared):
    """A storage whose process dies in the middle of writing a batch."""

    def add(self, trials: Sequence[Any]) -> None:
        super().add(trials[:7])
        raise KeyboardInterrupt


def test_a_batch_that_was_half_written_is_completed(tmp_path: Path) -> None:
    search = tpe(60, batch=20)
    whole = searched(tmp_path / "whole", search)
    with pytest.raises(KeyboardInterrupt):
        run_search(search, Field(Space(GRID), surface), Torn(str(tmp_path / "cut"), "hill", 1))
    assert len(Shared(str(tmp_path / "cut"), "hill", 1).finished()) == 7
    same(searched(tmp_path / "cut", search), whole)


def test_a_line_that_a_full_disk_cut_off_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "j"
    whole = searched(path, tpe(40, batch=20))
    path.write_bytes(path.read_bytes()[:-100])
    assert len(Shared(str(path), "hill", 1).finished()) == 39
    same(searched(path, tpe(40, batch=20)), whole)


def test_no_point_is_measured_twice(tmp_path: Path) -> None:
    small, asked = Grid({"hold": tuple(range(1, 13)), "entry": ("open", "close")}), list[int]()

    def measure(numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        asked.extend(numbers.tolist())
        table = np.zeros((len(numbers), len(COLUMNS)))
        table[:, SHARPE] = -np.abs(numbers - 17.0)
        return table

    shared = Shared(str(tmp_path / "j"), "small", 1)
    for trials in (50, 80):  # the second process knows what the first one measured
        run_search(tpe(trials, batch=10), Field(Space(small), measure), shared)
    found = to_trials(shared.finished())
    assert len(asked) == len(set(asked)) == len(np.unique(found.number)) <= small.size == 24
    assert found.repeat.sum() == 80 - len(asked)
    np.testing.assert_array_equal(found.measured[:, SHARPE], -np.abs(found.number - 17.0))
    assert found.measured[:, SHARPE].max() == 0.0


@pytest.mark.parametrize("storage", ["journal", "sqlite"])
def test_processes_on_one_storage_share_the_study(tmp_path: Path, storage: str) -> None:
    where = str(tmp_path / "j") if storage == "journal" else f"sqlite:///{tmp_path / 's.db'}"
    first = Shared(where, "hill", 1)
    assert first.created
    assert not Shared(where, "hill", 1).created
    command = [sys.executable, "-m", "tests.markets.search_child", where]
    running = [
        subprocess.Popen([*command, str(k), "60"], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for k in range(2)
    ]
    said = [one.communicate(timeout=120)[1] for one in running]
    assert [one.returncode for one in running] == [0, 0], said
    found = to_trials(first.finished())
    assert 60 <= len(found) < 70  # both may write their last batch at once
    assert found.trial.tolist() == list(range(len(found)))
    assert set(found.stream.tolist()) == {0, 1}
    assert len(np.unique(found.number)) > 50  # they do not ask for the same points


def test_pruned_trials_count_and_have_no_metrics(tmp_path: Path) -> None:
    ran: list[int] = []

    def measure(numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        ran.extend(numbers.tolist())
        return surface(numbers)

    for prune in ("median", "halving"):
        ran.clear()
        found = searched(tmp_path / prune, tpe(90, batch=10, prune=prune), measure, early=surface)
        assert len(found) == 90
        assert 10 < (~found.complete).sum() < 80
        assert np.isnan(found.measured[~found.complete]).all()
        assert set(ran) == set(found.number[found.complete].tolist())
        np.testing.assert_array_equal(found.early, height(found.number))
        assert found.early[found.complete].mean() > found.early[~found.complete].mean()


AIMS = st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=1, max_size=30)


@given(AIMS)
def test_the_front_is_what_nothing_dominates(rows: list[list[int]]) -> None:
    def dominates(a: list[int], b: list[int]) -> bool:
        return a != b and all(x >= y for x, y in zip(a, b, strict=True))

    wanted = {k for k, one in enumerate(rows) if not any(dominates(other, one) for other in rows)}
    found = front(np.array(rows, float)).tolist()
    assert set(found) == wanted
    assert [rows[k] for k in found] == sorted((rows[k] for k in wanted), reverse=True)


@dataclass(frozen=True, kw_only=True)
class Prefix(Simple):
    """Every code bought at some rows, as far as the panel goes."""

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        legs = super().legs(launches, panel)
        return legs[legs["row"] < len(panel)]


def long_job() -> LegSweep:
    values = {"hold": tuple(range(1, 15)), "gross": (0.3, 0.6, 0.9, 1.2), "stop": (None, 0.03, 0.06)}
    return replace(a_job(values), build=lambda chosen: Prefix(**chosen))


def test_the_early_market_knows_nothing_of_what_came_later() -> None:
    job = long_job()
    part = early(job)
    t = len(part.panel)
    rows = np.sort(job.legs(job.grid.point(0))["row"])
    assert (rows < t).sum() >= len(rows) / 3
    later = job.panel.close.copy(order="F")
    later[t:] *= 0.5
    numbers = np.arange(job.grid.size)
    changed = early(replace(job, panel=replace(job.panel, close=later)))
    np.testing.assert_array_equal(Points(part)(numbers), Points(changed)(numbers))
    whole, seen = (one.legs(job.grid.point(3)) for one in (job, part))
    for name in ("row", "code", "hold", "weight"):
        np.testing.assert_array_equal(seen[name], whole[whole["row"] < t][name])


def test_a_market_without_an_early_part_is_not_pruned_by() -> None:
    with pytest.raises(ConfigError, match="0 legs over 60 sessions leave no early market to prune by"):
        early(replace(long_job(), build=lambda values: Empty()))


def test_capacity_is_that_of_the_run_book(tmp_path: Path) -> None:
    from launchlab.data.ledger.ledger import load_launches
    from launchlab.data.panel.build import load_panel
    from launchlab.engine.backtest.backtest import backtest
    from launchlab.reports.numbers.capacity import capacity
    from launchlab.strategies import LongShort

    launches = load_launches()
    panel = load_panel(launches.codes, None, None, currency="HKD")
    base = a_job()
    job = replace(
        base,
        build=lambda values: LongShort(**values),
        grid=Grid({"hold": (3, 8)}),
        launches=launches,
        panel=panel,
    )
    found = Points(job, capacity=True)(np.array([0, 1]))[:, -1]
    for number, hold in enumerate((3, 8)):
        table = capacity(backtest(LongShort(hold=hold), launches, panel, job.config)).set_index(
            "participation"
        )
        assert found[number] == pytest.approx(table.loc[job.config.participation, "tenth"], rel=1e-9)


def running(folder: Path, search: Search, job: LegSweep | None = None) -> SearchRun:
    folder.mkdir(exist_ok=True)
    return SearchRun(job or long_job(), search, folder, storage=None, study="s")


def test_every_trial_counts_in_the_ledger_and_stands_in_the_table(tmp_path: Path) -> None:
    search = tpe(90, batch=20, prune="median")
    for trials in (50, 90):
        run = running(tmp_path / "s", replace(search, trials=trials))
        run.run(None)
        run.write(tmp_path / "trials.jsonl", "data")
        (entry,) = read(tmp_path / "trials.jsonl", "data")
        table = pd.read_parquet(tmp_path / "s" / "points.parquet")
        assert entry.points == len(table) == trials
        assert table["trial"].tolist() == list(range(trials))
        assert run.computed == (50 if trials == 50 else 40)
    pruned = table["state"] == "pruned"
    assert 0 < pruned.sum() < 70
    assert table.loc[pruned, list(METRICS)].isna().all().all()
    assert table.loc[~pruned, list(METRICS)].notna().all().all()
    assert table["early"].notna().all()


def test_the_verdict_judges_the_point_that_the_search_found(tmp_path: Path) -> None:
    """Not a neighbour that the search never tried, however good; and it counts every trial."""
    job = long_job()
    every = Points(job)(np.arange(job.grid.size))[:, SHARPE]
    chosen = int(np.argsort(every)[-5])
    found = judged(job, chosen, Tried("data", "study", 90, tmp_path / "trials.jsonl"))
    assert found.record is not None
    assert found.record.sharpe * np.sqrt(job.periods) == pytest.approx(every[chosen], rel=1e-9)
    assert found.trials is not None
    assert found.trials.points == 90


def test_a_row_is_what_the_sweep_says_of_its_point(tmp_path: Path) -> None:
    job = long_job()
    run = running(tmp_path / "s", tpe(60, batch=20), job)
    run.run(None)
    trials = run.write(tmp_path / "trials.jsonl", "data")
    every = Points(job)(np.arange(job.grid.size))
    np.testing.assert_allclose(
        trials.measured[:, : len(METRICS) - 1],
        every[trials.number, : len(METRICS) - 1],
        rtol=1e-9,
        atol=1e-12,
    )
    outcome = run.outcome(trials, metric="sharpe", top=5)
    table = pd.read_parquet(tmp_path / "s" / "points.parquet")
    rows = table.loc[outcome.rows]
    assert rows["sharpe"].tolist() == outcome.metrics[:, SHARPE].tolist()
    assert rows["sharpe"].iloc[0] == table["sharpe"].max()
    assert len(set(outcome.numbers.tolist())) == 5


def test_several_aims_end_in_a_front_that_nothing_dominates(tmp_path: Path) -> None:
    search = Search("nsga2", 80, ("return", "drawdown", "capacity"), batch=20)
    run = running(tmp_path / "s", search)
    run.run(None)
    outcome = run.outcome(run.write(tmp_path / "trials.jsonl", "d"), metric="sharpe", top=3)
    table = pd.read_parquet(tmp_path / "s" / "points.parquet")
    aims = table[["total_return", "max_drawdown", "capacity"]].to_numpy()
    pareto = pd.read_csv(tmp_path / "s" / "pareto.csv")
    assert pareto["trial"].tolist() == [row["trial"] for row in outcome.facts["pareto"]]
    dominated = {
        k for k, one in enumerate(aims) if any((other >= one).all() and (other > one).any() for other in aims)
    }
    firsts = set(table.index[~table["repeat"]])
    assert set(pareto["trial"]) == firsts - dominated
    assert 0 < len(pareto) < len(firsts)


def test_the_calibration_knows_its_markets_and_finds_skill_where_it_was_put() -> None:
    returns = simulate(Surface("tpe", 3.0), np.random.default_rng(1))
    alike = np.corrcoef(returns[:, [0, 1, 3, 20]].T)[0]
    np.testing.assert_allclose(alike, [1.0, np.exp(-1 / 18), np.exp(-0.5), np.exp(-1 / 18)], atol=0.15)
    assert searched_once(Surface("tpe", 3.0, 6.0), np.random.default_rng(2)) == (True, True, True)


WRONG = [
    ({"kind": "tpee"}, "did you mean 'tpe'"),
    ({"trials": 0}, "`trials` must be at least 1, not 0"),
    ({"batch": 1}, "`batch` must be from 2 to 4,096, not 1"),
    ({"objectives": ("return", "drawdwn")}, "did you mean 'drawdown'"),
    ({"objectives": ("return", "return")}, "names each aim once"),
    ({"prune": "medium"}, "did you mean 'median'"),
    ({"prune": "median", "objectives": ("return", "drawdown")}, "`prune` needs a single objective"),
]


@pytest.mark.parametrize(("options", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_search_that_makes_no_sense_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Search(**({"kind": "tpe", "trials": 10, "objectives": ("sharpe",)} | options))


def test_a_storage_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("dear diary")
    (tmp_path / "trials.jsonl").write_text(json.dumps({"data": 1}) + "\n")
    for storage in (
        f"{tmp_path}/nowhere/j",
        str(tmp_path),
        f"{tmp_path}/notes.txt",
        f"{tmp_path}/trials.jsonl",
        f"sqlite:///{tmp_path}/nowhere/s.db",
        "postgresql://me:secret@127.0.0.1:9/none",
        "nosql://host/none",
    ):
        with pytest.raises(ConfigError, match=r"cannot be used|needs the driver") as caught:
            Shared(storage, "s", 1)
        assert "secret" not in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1
    assert (tmp_path / "notes.txt").read_text() == "dear diary"
    assert hidden("postgresql://me:secret@host/db") == "postgresql://me:***@host/db"


@pytest.mark.parametrize("target", ["/a/journal/of/old", "s/search.journal"])
def test_the_lock_of_a_killed_process_is_named_and_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """Also one that leads nowhere, as a process that was started in another folder left it."""
    monkeypatch.setattr(storing, "GRACE", 0.2)
    journal = tmp_path / "j"
    whole = searched(journal, tpe(20, batch=20))
    (tmp_path / "j.lock").symlink_to(target)
    heard: list[str] = []
    assert len(Shared(str(journal), "hill", 1, heard.append).finished()) == 20
    assert heard == [
        f"the lock {tmp_path}/j.lock was left behind by a process that was killed; it is taken over"
    ]
    assert not (tmp_path / "j.lock").is_symlink()
    same(to_trials(Shared(str(journal), "hill", 1, heard.append).finished()), whole)
    assert len(heard) == 1


HOLD = "from launchlab.engine.search.storage import JournalLock, absolute; import time; JournalLock(absolute('s/j'), print).acquire(); print('in', flush=True); time.sleep(100)"


def test_a_lock_is_the_same_wherever_a_process_runs_and_a_living_one_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "s").mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as held:
        assert held.stdout is not None
        assert held.stdout.readline() == "in\n"
        link = tmp_path / "s" / "j.lock"
        assert Path(os.readlink(link)) == tmp_path / "s" / "j"
        held.kill()
    monkeypatch.setattr(storing, "GRACE", 0.2)
    heard: list[str] = []
    mine = storing.JournalLock(str(tmp_path / "s" / "j"), heard.append)
    assert mine.acquire()
    mine.release()
    assert len(heard) == 1
    assert not link.is_symlink()


def test_a_storage_is_known_by_its_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute("a/j") == f"{tmp_path}/a/j"
    assert absolute("sqlite:///a/s.db") == f"sqlite:///{tmp_path}/a/s.db"
    assert absolute("sqlite:///a/s.db?x=1") == f"sqlite:///{tmp_path}/a/s.db?x=1"
    for same_everywhere in ("sqlite:////a/s.db", "sqlite:///:memory:", "postgresql://host/db"):
        assert absolute(same_everywhere) == same_everywhere


BEGIN = "from launchlab.engine.search.storage import Shared; import pathlib, sys, time\nprint('ready', flush=True)\nwhile not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.001)\nShared(sys.argv[1], 'hill', 1).finished()"


@pytest.mark.slow
def test_processes_that_begin_at_once_on_a_new_database_all_begin(tmp_path: Path) -> None:
    for attempt in range(3):
        storage, go = f"sqlite:///{tmp_path / f'{attempt}.db'}", tmp_path / f"go{attempt}"
        command = [sys.executable, "-c", "import optuna, sqlalchemy\n" + BEGIN, storage, str(go)]
        starting = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
        for one in starting:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        go.touch()
        faults = [one.communicate(timeout=120)[1] for one in starting]
        assert [one.returncode for one in starting] == [0] * 4, faults
        assert sum(Shared(storage, "hill", 1).created for _ in range(2)) == 0


def test_a_backtrader_strategy_is_searched_and_says_why_a_point_failed(tmp_path: Path) -> None:
    from ..sweeps.test_native import OWN, job_of

    (tmp_path / "mine.py").write_text(OWN)
    grid = Grid({"days": tuple(range(1, 9)), "share": (0.1, 0.2), "word": ("raise",)})
    job = job_of(tmp_path / "mine.py", "Mine", grid, rows=9)
    (tmp_path / "s").mkdir()
    run = SearchRun(job, tpe(30, batch=10), tmp_path / "s", storage=None, study="s")
    run.run(None)
    trials = run.write(None, "data")
    outcome = run.outcome(trials, metric="sharpe", top=5)
    table = pd.read_parquet(tmp_path / "s" / "points.parquet")
    failed = table["days"] == 3
    assert 0 < failed.sum() == outcome.failed
    assert table.loc[failed, "error"].str.contains("KeyError: 'nothing'").all()
    assert table.loc[failed, list(METRICS)].isna().all(axis=None)
    assert table.loc[~failed, "error"].isna().all()
    every = job.measure(np.arange(grid.size)).metrics
    np.testing.assert_array_equal(
        trials.measured[~failed, : len(METRICS)], every[trials.number[~failed.to_numpy()]]
    )
    assert 3 not in {grid.point(int(number))["days"] for number in outcome.numbers}
