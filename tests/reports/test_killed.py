"""Pages written by processes that were killed: what stands afterwards, wherever the knife fell."""

import os
import shutil
import signal
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from launchlab.data.files import put_pages, strangers, write_manifest
from launchlab.engine.results.result import load_result
from launchlab.engine.results.summary import saved_in
from launchlab.reports import write_pages, write_report, write_runs, write_sweep_folder
from launchlab.reports.folders import compare, write_study
from launchlab.reports.tearsheet import SHORTEST

from ..markets.result_fixture import make_result
from ..markets.study_fixture import make_study
from ..markets.sweep_fixture import make_points, make_summary

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is copied")
# What changes a folder; the child dies just before its n-th call.
CALLS = (
    (Path, "replace"),
    (Path, "rename"),
    (Path, "mkdir"),
    (Path, "write_bytes"),
    (shutil, "rmtree"),
    (os, "close"),
)


def killed_at(n: int, work: Callable[[], object]) -> bool:
    """Do `work` in a copy of this process that is killed at its n-th change of a folder; whether it was."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which a copy does not have
        child = os.fork()
    if child == 0:
        left = [n]

        def before(known: Callable[..., object]) -> Callable[..., object]:
            def call(*args: object, **named: object) -> object:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return known(*args, **named)

            return call

        for place, name in CALLS:
            setattr(place, name, before(getattr(place, name)))
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs, too short for a tear sheet, a sweep and a study."""
    runs = tmp_path_factory.mktemp("saved") / "runs"
    for name, seed in (("run", 3), ("late", 5)):
        write_report(make_result(sessions=SHORTEST - 1, launches=2, seed=seed), runs / name)
    write_study(make_study(), runs / "study")
    (runs / "sweep").mkdir()
    make_points(holds=2, stops=2, waits=1).to_parquet(runs / "sweep/points.parquet")
    make_summary().write(runs / "sweep")
    write_manifest(runs / "sweep", ["points.parquet", "summary.json"])
    write_sweep_folder(runs / "sweep")
    return runs


def run(runs: Path) -> None:
    write_pages(load_result(runs / "run"), runs / "run")


def copy(runs: Path) -> None:
    write_report(load_result(runs / "run"), runs / "copy")


def again(runs: Path) -> None:
    write_report(load_result(runs / "run"), runs / "run")


def sweep(runs: Path) -> None:
    write_sweep_folder(runs / "sweep")


def study(runs: Path) -> None:
    write_study(make_study(), runs / "study")


def both(runs: Path) -> None:
    compare([runs / "run", runs / "late"], runs / "both")


def page(runs: Path) -> None:
    write_runs(runs)


@pytest.mark.parametrize(
    "work",
    [sweep, *(pytest.param(work, marks=pytest.mark.slow) for work in (run, page, copy, again, study, both))],
)
def test_a_report_that_is_killed_leaves_no_folder_that_is_listed_and_nothing_half_written(
    made: Path, tmp_path: Path, work: Callable[[Path], None]
) -> None:
    before, n = {"run", "late", "sweep", "study"}, 0
    while True:
        runs = Path(shutil.copytree(made, tmp_path / f"{n}" / "runs"))
        killed = killed_at(n, lambda runs=runs: work(runs))  # type: ignore[misc]
        saved, faults = saved_in(runs)  # also brings back a folder that was being replaced
        assert not faults
        assert {path.name for path, _ in saved} - {"copy"} == before
        for path, _ in saved:
            assert strangers(path) == (), "pages are listed before they come"
        assert not [path.name for path in runs.iterdir() if path.name.startswith(".part-") and path.is_dir()]
        if not killed or n % 5 == 2:
            work(runs)
            assert all(strangers(path) == () for path, _ in saved_in(runs)[0]), "the same command mends it"
        if not killed:
            break
        n += 1
    assert n > 2, "the knife fell at several moments"


def test_what_a_killed_writer_left_in_a_folder_is_no_stranger_s(made: Path, tmp_path: Path) -> None:
    runs = Path(shutil.copytree(made, tmp_path / "runs"))
    (runs / "run" / ".part-4f8d").write_text("half a page")
    assert strangers(runs / "run") == ()
    (runs / "run" / "notes.txt").write_text("mine")
    assert strangers(runs / "run") == ("notes.txt",)

    def write(folder: Path) -> None:
        (folder / "index.html").write_text("new")

    put_pages(runs / "run", ("index.html",), write)
    assert (runs / "run" / "index.html").read_text() == "new"
    assert (runs / "run" / "notes.txt").read_text() == "mine"
