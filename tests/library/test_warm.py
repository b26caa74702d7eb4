"""A large first sweep has its second path compiled beside it, by a process that is gone when the sweep is."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from launchlab.engine.machine.watch import watching
from launchlab.engine.workers.runner import Runner
from launchlab.engine.workers.threads import Threads
from launchlab.library import warm
from launchlab.library.warm import LARGE, Beside, warming_beside

Started = list[subprocess.Popen[str]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Started]:
    """The processes that begin, on a machine of two cores whose cache is empty."""
    begun: Started = []

    class Noted(subprocess.Popen[str]):
        def __init__(self, words: list[str], **how: Any) -> None:
            begun.append(self)
            super().__init__(words, **how)

    monkeypatch.setattr(warm.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(warm, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(warm, "is_python_only", lambda: False)
    monkeypatch.setattr(warm, "is_kept", lambda function: False)
    monkeypatch.setattr(warm.subprocess, "Popen", Noted)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    yield begun
    assert all(one.poll() is not None for one in begun)


def test_it_compiles_the_general_path_and_is_ended_with_the_sweep(started: Started) -> None:
    with warming_beside(LARGE, Threads(2)):
        (one,) = started
        assert one.poll() is None
        assert one.args[-1].endswith("compile_and_tell()")  # type: ignore[index]
    assert one.poll() is not None


def test_it_is_ended_when_the_sweep_is_stopped(started: Started) -> None:
    with pytest.raises(KeyboardInterrupt), warming_beside(LARGE, Threads(2)):
        raise KeyboardInterrupt
    assert len(started) == 1


@pytest.mark.parametrize(
    ("name", "value", "points"),
    [
        ("cache_folder", lambda: None, LARGE),
        ("is_python_only", lambda: True, LARGE),
        ("is_kept", lambda function: True, LARGE),
        ("cache_folder", lambda: Path(), LARGE - 1),
    ],
)
def test_nothing_begins_where_it_would_be_of_no_use(
    name: str, value: Any, points: int, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm, name, value)
    with warming_beside(points, Threads(2), judging=1.0):
        assert not started


def test_nothing_begins_where_other_processes_run_the_sweep(started: Started) -> None:
    with warming_beside(LARGE, Runner()):
        assert not started


def test_it_compiles_for_a_verdict_that_would_take_python_longer(started: Started) -> None:
    with warming_beside(80, Threads(2), judging=1_000.0) as points_are_done:
        assert len(started) == 1
        points_are_done()


def test_whoever_waits_for_it_hears_how_it_goes_on_and_of_its_end(tmp_path: Path) -> None:
    heard: list[tuple[str, float, float]] = []
    lines = "import json,time\nfor k in range(3): print(json.dumps(['f', k, 4]), flush=True); time.sleep(0.2)"
    with (
        watching(lambda name, done, total: heard.append((name, done, total))),
        subprocess.Popen([sys.executable, "-c", lines], stdout=subprocess.PIPE, text=True) as process,
    ):
        beside = Beside(process)
        beside.show()
        process.wait()
        beside.thread.join()
    assert heard[-1] == ("", 1.0, 1.0)
    assert ("f", 2, 4) in heard[:-1]
