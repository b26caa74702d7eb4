"""A sweep over the workers of a Dask cluster ends in the bytes of a sweep in one process, whatever happens to them.

Scheduler and workers are processes of their own, killed with -9.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import launchlab
from launchlab.data.errors import WorkerError
from launchlab.engine.workers import cluster as clusters
from launchlab.engine.workers.choose import open_runner

from ...markets.cli_fixture import asked, write_market

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow

POINTS = 1_500  # six chunks, each as long as its points sleep
OWN = """\
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from launchlab.strategies import LongShort

@dataclass(frozen=True, kw_only=True)
class Mine(LongShort):
    number: int = 0
    trouble: str = ""  # a folder with a file for every time that trouble is still to come
    kind: str = "kill"

    def legs(self, launches, panel):
        if self.trouble and self.number == 700 and "distributed.worker" in sys.modules:
            left = sorted(Path(self.trouble).iterdir())
            if left:
                left[0].unlink()
                self.make_trouble()
        if "distributed.worker" in sys.modules:
            time.sleep(0.004)
        return super().legs(launches, panel)

    def make_trouble(self):
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "refuse":
            raise MemoryError("no room")
        hoard = []
        while True:
            hoard.append(b"x" * 50_000_000)
            time.sleep(0.05)
"""


class Machines:
    """A scheduler and its workers."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.running = folder, list[subprocess.Popen[bytes]]()
        self.port = 0
        self.scheduler = self.schedule()

    def schedule(self) -> subprocess.Popen[bytes]:
        """Start the scheduler, a second time at the same address."""
        told = self.folder / "scheduler.json"
        told.unlink(missing_ok=True)
        started = self._start("scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-show",
                              "--scheduler-file", str(told))  # fmt: skip
        await_that(told.is_file)
        self.address = json.loads(told.read_text())["address"]
        self.port = int(self.address.rpartition(":")[2])
        return started

    def worker(self, *options: str, path: Path | None = None) -> subprocess.Popen[bytes]:
        """A worker with one thread unless told otherwise; without a nanny it is one process."""
        usual = ("--nthreads", "1", "--local-directory", str(self.folder / "scratch"))
        return self._start("worker", self.address, *usual, *options, path=path)

    def _start(self, *words: str, path: Path | None = None) -> subprocess.Popen[bytes]:
        """`dask WORDS`, in a group of its own so that all of it can be ended."""
        environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
        command = [sys.executable, "-m", "dask", *words, "--no-dashboard"]
        with (self.folder / f"{words[0]}-{len(self.running)}.log").open("wb") as log:
            self.running.append(
                subprocess.Popen(
                    command, stdout=log, stderr=log, cwd=self.folder, env=environment, start_new_session=True
                )
            )
        return self.running[-1]

    def end(self) -> None:
        for one in self.running:
            with suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()


def await_that(holds: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.05)


@pytest.fixture
def market(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(OWN)
    (tmp_path / "trouble").mkdir()
    return write_market(tmp_path)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    (tmp_path / "machines").mkdir()
    found = Machines(tmp_path / "machines")
    yield found
    found.end()


def command(market: Path, out: str, *more: str) -> list[str]:
    words = [sys.executable, "-m", "launchlab.cli", "sweep", *asked(market), "--strategy", "mine.py:Mine"]
    words += ["--grid", f"number=1:{POINTS}", "--set", f"trouble={market / 'trouble'}", "--out", out]
    return [*words, *(() if "--confirm" in more else ("--quick",)), *more]


def begin(market: Path, machines: Machines, out: str, *more: str) -> subprocess.Popen[str]:
    """A sweep on the machines that has chunks done and chunks to do."""
    words = command(market, out, "--executor", machines.address.replace("tcp:", "dask:"), *more)
    running = subprocess.Popen(
        words, cwd=market, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    await_that(lambda: running.poll() is not None or len(parts(market, out)) >= 1)
    assert running.poll() is None, running.communicate()[1]
    return running


def parts(market: Path, out: str) -> list[Path]:
    return list((market / out / "parts").glob("*.npz"))


def finish(running: subprocess.Popen[str], code: int = 0) -> str:
    said = running.communicate(timeout=300)[1]
    assert running.returncode == code, said
    assert "Traceback" not in said
    return said


def alone(market: Path, *more: str) -> bytes:
    """points.parquet of the same sweep in one process."""
    words = command(market, "alone", *more)
    subprocess.run(words, cwd=market, check=True, capture_output=True, timeout=300)
    return table(market, "alone")


def table(market: Path, out: str) -> bytes:
    return (market / out / "points.parquet").read_bytes()


def summary(market: Path, out: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((market / out / "summary.json").read_text())
    return found


def test_the_whole_sweep_is_that_of_one_process(market: Path, machines: Machines) -> None:
    machines.worker()
    machines.worker("--nthreads", "3")
    finish(begin(market, machines, "far", "--confirm", "1", "--no-page"))
    assert table(market, "far") == alone(market, "--confirm", "1", "--no-page")
    assert (market / "far" / "top.csv").read_bytes() == (market / "alone" / "top.csv").read_bytes()
    assert summary(market, "far")["verdict"] == summary(market, "alone")["verdict"]
    assert summary(market, "far")["executor"] == "dask"


def test_workers_killed_added_and_paused_change_nothing(market: Path, machines: Machines) -> None:
    first, second = machines.worker("--no-nanny"), machines.worker("--no-nanny")
    running = begin(market, machines, "far")
    os.kill(second.pid, signal.SIGSTOP)
    os.kill(first.pid, signal.SIGKILL)
    machines.worker("--no-nanny")
    time.sleep(5)
    os.kill(second.pid, signal.SIGCONT)
    finish(running)
    assert table(market, "far") == alone(market)


def test_when_all_workers_are_lost_new_ones_go_on(market: Path, machines: Machines) -> None:
    workers = [machines.worker("--no-nanny") for _ in range(2)]
    running = begin(market, machines, "far")
    for one in workers:
        os.kill(one.pid, signal.SIGKILL)
    time.sleep(3)
    machines.worker("--no-nanny")
    assert "ran again because their workers were lost" in finish(running)
    assert table(market, "far") == alone(market)
    assert summary(market, "far")["run_again"] != 0


@pytest.mark.parametrize("kind", ["kill", "hoard", "refuse"])
def test_a_worker_that_dies_or_runs_out_of_memory_once_changes_nothing(
    market: Path, machines: Machines, kind: str
) -> None:
    machines.worker("--memory-limit", "1.5GB")
    (market / "trouble" / "once").touch()
    finish(begin(market, machines, "far", "--set", f"kind={kind}"))
    assert not any((market / "trouble").iterdir())
    assert table(market, "far") == alone(market, "--set", f"kind={kind}")


def test_a_chunk_that_kills_every_worker_is_given_up_and_the_rest_kept(
    market: Path, machines: Machines
) -> None:
    machines.worker()
    for k in range(30):
        (market / "trouble" / f"{k:02d}").touch()
    said = finish(begin(market, machines, "far"), code=2)
    assert "continue with --resume" in said
    assert len(said.strip().splitlines()[-1].split(". ")) == 1
    kept = len(parts(market, "far"))
    assert 0 < kept < 6
    for one in (market / "trouble").iterdir():
        one.unlink()
    finish(begin(market, machines, "far", "--resume"))
    assert table(market, "far") == alone(market)


def test_a_scheduler_that_is_lost_ends_the_sweep_and_another_resumes_it(
    market: Path, machines: Machines
) -> None:
    machines.worker()
    running = begin(market, machines, "far")
    os.kill(machines.scheduler.pid, signal.SIGKILL)
    said = finish(running, code=2)
    assert "the scheduler at tcp://" in said
    assert "continue with --resume" in said
    assert len(parts(market, "far")) >= 1
    machines.scheduler.wait()
    machines.schedule()
    machines.worker()
    finish(begin(market, machines, "far", "--resume"))
    assert table(market, "far") == alone(market)


def test_a_scheduler_back_at_once_is_not_even_noticed(market: Path, machines: Machines) -> None:
    machines.worker()
    running = begin(market, machines, "far")
    os.kill(machines.scheduler.pid, signal.SIGKILL)
    machines.scheduler.wait()
    machines.schedule()
    machines.worker()
    finish(running)
    assert table(market, "far") == alone(market)


def test_a_worker_with_other_code_is_refused(market: Path, machines: Machines, tmp_path: Path) -> None:
    package, other = Path(launchlab.__file__).parent, tmp_path / "other" / "launchlab"
    for folder in ("data", "engine", "strategies"):
        shutil.copytree(package / folder, other / folder)
    for file in package.glob("*.py"):
        shutil.copy(file, other)
    (other / "engine" / "legs.py").write_text((package / "engine" / "legs.py").read_text() + "\n# other\n")
    machines.worker(path=other.parent)
    words = command(market, "far", "--executor", machines.address.replace("tcp:", "dask:"))
    running = subprocess.Popen(words, cwd=market, stderr=subprocess.PIPE, text=True)
    assert "install the same on every machine" in finish(running, code=2)


def test_a_scheduler_that_is_not_there_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "ANSWER", 0.5)
    with (
        pytest.raises(WorkerError, match=r"tcp://127\.0\.0\.1:1 does not answer .*dask scheduler"),
        open_runner("dask://127.0.0.1:1"),
    ):
        pass


def test_a_scheduler_without_workers_is_one_sentence(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "WORKERS", 0.5)
    with (
        pytest.raises(WorkerError, match="has no workers; start some with: dask worker tcp://"),
        open_runner(machines.address.replace("tcp:", "dask:")),
    ):
        pass
