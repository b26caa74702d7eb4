"""Work that Python did in earlier runs counts towards compiling; losing the count loses nothing."""

from pathlib import Path

import pytest

from launchlab.engine.machine import code, spent
from launchlab.engine.machine.code import Effort, by_effort, only
from launchlab.engine.njit import compiled

EFFORT = Effort(unit=1.0, compiling=40.0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of this test's own, in which nothing is kept."""
    monkeypatch.setattr(spent, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(code, "is_kept", lambda function: False)
    monkeypatch.setattr(code, "is_python_only", lambda: False)
    monkeypatch.setattr(code, "machine_code", lambda function: function)
    return tmp_path


def a_run(seconds: float) -> bool:
    """Whether a new process with so much work has it as machine code."""

    @compiled
    def work() -> None: ...

    work.__qualname__ = "work"
    with only("suited"):
        return by_effort(work, EFFORT, seconds) is work


def test_a_sweep_that_is_run_again_and_again_compiles_when_python_has_worked_as_long(folder: Path) -> None:
    assert [a_run(15.0) for _ in range(4)] == [False, False, True, True]
    assert spent._read(folder / spent.FILE) == {f"{__name__}.work": 30.0}


def test_runs_that_nobody_waits_for_are_neither_counted_nor_made_to_wait(folder: Path) -> None:
    assert not any(a_run(4.0) for _ in range(20))
    assert not list(folder.iterdir())
    assert [a_run(30.0), a_run(4.0), a_run(20.0)] == [False, False, True]


@pytest.mark.parametrize("content", ["", "[", "[]", '{"x": "many"}', '{"x": NaN}', '{"x": -1.0}', "\udcff"])
def test_a_damaged_count_is_none(folder: Path, content: str) -> None:
    (folder / spent.FILE).write_bytes(content.encode("utf-8", "surrogateescape"))
    assert spent._read(folder / spent.FILE) == {}
    assert not a_run(15.0)
    assert spent._read(folder / spent.FILE) == {f"{__name__}.work": 15.0}


def test_a_folder_that_cannot_be_written_to_is_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spent, "write_whole", full)
    assert not a_run(15.0)
    monkeypatch.setattr(spent, "cache_folder", lambda: None)
    assert not a_run(15.0)
