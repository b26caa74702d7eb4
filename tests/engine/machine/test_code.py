"""The same source as Python and as machine code: the same bytes, and whichever is sooner done."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from launchlab.engine.compiled.days import RUNNING, run_days, run_minutes
from launchlab.engine.compiled.inside import trade_inside
from launchlab.engine.compiled.points import POINT
from launchlab.engine.compiled.simulate import simulate
from launchlab.engine.compiled.windows import Layout
from launchlab.engine.config import Config
from launchlab.engine.machine import code, spent
from launchlab.engine.machine.code import Effort, by_effort, machine_code, only, repeated
from launchlab.engine.machine.watch import apart, watching
from launchlab.engine.njit import compiled
from launchlab.engine.sweeps.points import simulate_points

from ... import ROOT
from ...markets.random_markets import random_config, random_legs, random_panel

pytestmark = pytest.mark.skipif(code.is_python_only(), reason="nothing is compiled")


@pytest.fixture(autouse=True)
def no_earlier_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other runs have left to Python is not counted here."""
    monkeypatch.setattr(spent, "cache_folder", lambda: None)


@pytest.mark.parametrize("seed", range(12))
def test_a_run_as_python_has_the_bytes_of_one_as_machine_code(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel, config = random_panel(rng), random_config(rng)
    legs = random_legs(rng, panel, n=40)
    with only("python"):
        slow = simulate(legs, panel, config)
    fast = simulate(legs, panel, config)
    for name in slow._fields:
        assert getattr(slow, name).tobytes() == getattr(fast, name).tobytes(), name


@pytest.mark.parametrize("path", ["general", "fast"])
def test_points_as_python_have_the_bytes_of_those_as_machine_code(path: str) -> None:
    rng = np.random.default_rng(5)
    panel = random_panel(rng, rows=60)
    legs, market = random_legs(rng, panel), Layout(panel)
    points = np.zeros(70, POINT)
    points["scale"], points["hold"] = rng.uniform(0.2, 1.5, 70), rng.integers(1, 15, 70)
    points["stop"] = rng.choice([np.nan, 0.03, 0.08], 70)
    points["target"] = points["trail"] = np.nan
    with only("python"):
        slow = simulate_points(market, legs, Config(), points, periods=253.0, path=path)
    fast = simulate_points(market, legs, Config(), points, periods=253.0, path=path, threads=2)
    assert slow.tobytes() == fast.tobytes()


def doubled(value: float) -> float:
    return 2.0 * value


def test_little_work_is_python_and_much_is_machine_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "is_kept", lambda function: False)
    monkeypatch.setattr(code._state, "ready", set())
    double, effort = compiled(doubled), Effort(unit=0.1, compiling=10.0)
    wanted: list[object] = []
    monkeypatch.setattr(code, "machine_code", lambda function: wanted.append(function) or function)
    with only("suited"):
        by_effort(double, effort, 60)
        assert not wanted  # six seconds, and compiling takes ten
        by_effort(double, effort, 60)
        assert wanted == [double]  # twelve by now: it would have paid
        monkeypatch.setattr(code, "is_kept", lambda function: True)
        by_effort(compiled(lambda value: value), effort, 9)
        assert len(wanted) == 1  # kept code takes a second to load
        by_effort(compiled(lambda value: value), effort, 11)
        assert len(wanted) == 2
        monkeypatch.setattr(code._state, "ready", {double})
        by_effort(compiled(lambda value: value), effort, 2)
        assert len(wanted) == 3  # and more of it a hundredth of one


def test_work_that_is_known_to_come_often_is_machine_code_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "is_kept", lambda function: False)
    double, effort = compiled(lambda value: 2.0 * value), Effort(unit=0.1, compiling=10.0)
    wanted: list[object] = []
    monkeypatch.setattr(code, "machine_code", lambda function: wanted.append(function) or function)
    with only("suited"):
        with repeated(9):
            by_effort(double, effort, 10)
        assert not wanted  # nine seconds in all, and compiling takes ten
        with repeated(10):
            by_effort(double, effort, 10)
        assert wanted == [double]
        by_effort(compiled(lambda value: value), effort, 10)
        assert wanted == [double]  # one second, and no more is told of


def test_a_division_by_zero_is_silent_and_infinite_in_both() -> None:
    def share(values: np.ndarray) -> float:
        return values[0] / values[1]

    part, values = compiled(share), np.array([1.0, 0.0])
    with only("python"):
        assert by_effort(part, RUNNING, 1)(values) == np.inf
    assert machine_code(part)(values) == np.inf


def test_two_threads_compile_once_and_whoever_watches_hears_names_and_an_end() -> None:
    heard: list[tuple[str, float, float]] = []

    @compiled
    def inner_part(value: float) -> float:
        return value + 1.0

    @compiled
    def whole(value: float) -> float:
        return inner_part(value) * 2.0

    assert list(apart(run_days))[-1] is run_days
    made, found = machine_code(whole), []
    with watching(lambda *words: heard.append(words)):
        threads = [threading.Thread(target=lambda: found.append(made(1.0))) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert found == [4.0, 4.0]
    assert len(machine_code(whole).signatures) == 1
    assert {"whole"} <= {name for name, _, _ in heard}
    shares = [done / total for _, done, total in heard if total]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


PROGRAM = """
import sys, numpy as np
from launchlab.engine.machine.code import machine_code
from launchlab.engine.judge.exits import reduction
from launchlab.engine.machine.watch import watching
said = []
with watching(lambda name, done, total: said.append(name)):
    print(machine_code(reduction)(1000.0, 0.25, 100.0), len(said) > 0)
"""


def started(folder: Path) -> "subprocess.Popen[str]":
    environ = os.environ | {"NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=environ, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def test_of_two_processes_one_compiles_and_the_other_takes_what_it_kept(tmp_path: Path) -> None:
    both = [started(tmp_path / "cache") for _ in range(2)]
    said = sorted(one.communicate(timeout=120)[0].split()[1] for one in both)
    again = started(tmp_path / "cache").communicate(timeout=120)[0].split()
    assert said in (["False", "True"], ["True", "True"])
    assert again == ["300.0", "False"]  # 25 % of 1,000 in lots of 100, upwards; loaded, nothing compiled
    assert len(list((tmp_path / "cache").rglob("exits.reduction-*.nbc"))) == 1


def test_where_nothing_can_be_kept_it_is_compiled_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert started(tmp_path / "file").communicate(timeout=120)[0].split() == ["300.0", "True"]


def test_minute_bars_are_no_part_of_what_a_market_without_them_compiles() -> None:
    assert trade_inside in apart(run_minutes)
    assert trade_inside not in apart(run_days)
    assert set(apart(run_days)) - {run_days} < set(apart(run_minutes))


@pytest.mark.slow
def test_what_is_compiled_is_what_the_progress_counts(tmp_path: Path) -> None:
    program = (
        "from launchlab.engine.machine.watch import watching; from launchlab.engine.sweeps.points import warm_up\n"
        "with watching(lambda name, done, total: print(name)): warm_up('general')"
    )
    environ = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        env=environ,
        cwd=ROOT.parent,
        capture_output=True,
        text=True,
    )
    said = set(done.stdout.splitlines())
    assert {"run days", "leave inside"} <= said
    assert not said & {"run minutes", "trade inside"}
    kept = {path.name.partition("-")[0] for path in tmp_path.rglob("*.nbi")}
    assert kept == {
        "points._run_points",
        "days.run_days",
        "windows._gather",
        "windows._measure",
    }  # what Python calls
