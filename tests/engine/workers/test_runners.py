"""Where work is done changes no figure, and what is lost with a worker is done again, a few times."""

import asyncio
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from launchlab.data.errors import ConfigError, WorkerError
from launchlab.data.panel.panel import Panel
from launchlab.engine.compiled.windows import Layout
from launchlab.engine.config import Config
from launchlab.engine.legs import empty_legs
from launchlab.engine.luck.placebo import ThroughEngine, placebo_codes, placebo_days
from launchlab.engine.luck.walk_forward import walk_forward
from launchlab.engine.workers.choose import check_spec, open_runner
from launchlab.engine.workers.cluster import _settle, refuse_other_code
from launchlab.engine.workers.identity import code_name
from launchlab.engine.workers.parcel import Parcel, pack
from launchlab.engine.workers.runner import ATTEMPTS, Runner, spread

from ...markets.cli_fixture import asked, faults, json_of, launchlab, write_market
from ...markets.random_markets import random_panel

OWN = """\
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from launchlab.strategies import LongShort

@dataclass(frozen=True, kw_only=True)
class Mine(LongShort):
    number: int = 0
    flag: str = ""

    def legs(self, launches, panel):
        if self.flag and self.number == 300 and not Path(self.flag).exists():
            Path(self.flag).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().legs(launches, panel)
"""


@pytest.fixture
def market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(OWN)
    return write_market(tmp_path)


def swept(market: Path, out: str, *more: str) -> bytes:
    named = ("--strategy", "mine.py:Mine", "--grid", "number=1:600", "--quick", "--out", out)
    launched = launchlab("sweep", *asked(market), *named, *more)
    assert launched.exit_code == 0, launched.stderr
    return (market / out / "points.parquet").read_bytes()


def test_processes_write_the_bytes_that_threads_write(market: Path) -> None:
    threads = swept(market, "threads")
    assert swept(market, "processes", "--executor", "processes:2") == threads


@pytest.mark.slow
def test_a_process_that_is_killed_loses_nothing(market: Path) -> None:
    (market / "flag").touch()
    whole = swept(market, "whole", "--set", f"flag={market / 'flag'}")
    (market / "flag").unlink()
    killed = ("--set", f"flag={market / 'flag'}", "--executor", "processes:2", "--json")
    assert swept(market, "killed", *killed) == whole
    assert json.loads((market / "killed" / "summary.json").read_text())["run_again"] >= 1


class Flaky(Runner):
    """Loses each piece of work `times` times before it is done."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.left = times

    @property
    def slots(self) -> int:
        return 1

    def share(self, value: Any) -> Any:
        return value

    def _start(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> Future[Any]:
        future: Future[Any] = Future()
        self.left -= 1
        if self.left >= 0:
            future.set_exception(MemoryError("no room"))
        else:
            try:
                future.set_result(fn(*args))
            except ConfigError as error:
                future.set_exception(error)
        return future


def test_lost_work_is_done_again() -> None:
    runner = Flaky(ATTEMPTS - 1)
    assert runner.submit(max, 3, 4).result(timeout=10) == 4
    assert runner.retried == ATTEMPTS - 1
    runner.shutdown()


def test_work_that_no_worker_survives_is_given_up_with_a_way_to_go_on() -> None:
    runner = Flaky(1_000)
    with pytest.raises(WorkerError, match=rf"{ATTEMPTS} times \(no room\).*`resume=True`"):
        runner.submit(max, 3, 4).result(timeout=10)
    runner.shutdown()


def refuse(value: int) -> None:
    raise ConfigError(f"{value} makes no sense")


def test_a_fault_of_the_work_itself_is_not_tried_again() -> None:
    runner = Flaky(0)
    with pytest.raises(ConfigError, match="7 makes no sense"):
        runner.submit(refuse, 7).result(timeout=10)
    assert runner.retried == 0
    runner.shutdown()


def test_parts_come_back_in_their_order_from_any_executor() -> None:
    parts = [(k,) for k in range(20)]
    wanted = spread(None, max, ((3,),), parts)
    with ThreadPoolExecutor(4) as pool, open_runner("threads:3") as runner:
        assert spread(pool, max, ((3,),), parts) == wanted
        assert spread(runner, max, ((3,),), parts) == wanted


@pytest.mark.parametrize("kind", [placebo_days, placebo_codes])
def test_placebos_do_not_depend_on_where_they_run(kind: Any) -> None:
    panel = random_panel(np.random.default_rng(5))
    legs = empty_legs(8)
    legs["launch"], legs["code"] = np.arange(8) // 2, np.arange(8) % len(panel.codes)
    legs["row"], legs["side"], legs["hold"], legs["weight"] = 4 + 3 * np.arange(8), 1, 2, 0.05
    run = ThroughEngine(panel, Config(capital=1_000_000.0))
    alone = kind(run, legs, panel, draws=60)
    with open_runner("threads:2") as runner:
        spreaded = kind(run, legs, panel, draws=60, executor=runner)
    np.testing.assert_array_equal(spreaded.draws, alone.draws)


def test_folds_do_not_depend_on_where_they_run() -> None:
    returns = np.random.default_rng(0).normal(0, 0.01, (600, 4))
    with open_runner("threads:2") as runner:
        assert walk_forward(returns, executor=runner).folds == walk_forward(returns).folds


def test_a_panel_travels_apart_and_once() -> None:
    panel = random_panel(np.random.default_rng(5))
    run = ThroughEngine(panel, Config())
    assert run(empty_legs(0)).shape == (len(panel),)  # lays out the market, which does not travel
    packed = pack((run, [panel, panel]))
    assert len(packed.panels) == 1
    assert packed.panels[0] is panel
    assert len(packed.content) < 2_000
    again, (first, second) = Parcel(packed.content).open(packed.panels)
    assert again.panel is first is second is panel


def test_a_panel_arrives_as_compiled_code_knows_it() -> None:
    panel = random_panel(np.random.default_rng(5))
    panel.size_price  # noqa: B018 (made on demand, and not sent)
    arrived: Panel = pickle.loads(pickle.dumps(panel, protocol=5))
    assert "size_price" not in vars(arrived)
    np.testing.assert_array_equal(arrived.mark, panel.mark)
    for one, other in zip(Layout(arrived).columns, Layout(panel).columns, strict=True):
        assert one.flags.aligned
        assert one.flags.writeable == other.flags.writeable


def test_the_parcel_of_a_strategy_file_holds_its_text(market: Path) -> None:
    from launchlab.strategies.loading.loading import find_strategy

    cls = find_strategy("mine.py:Mine")
    content = pack(cls(number=3)).content
    del sys.modules[cls.__module__]
    (market / "mine.py").unlink()
    assert Parcel(content).open(()).number == 3


def test_a_strategy_file_whose_neighbour_is_missing_elsewhere_says_so(
    market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from launchlab.strategies.loading.loading import find_strategy

    (market / "beside.py").write_text("LIMIT = 3\n")
    (market / "near.py").write_text(f"from beside import LIMIT\n{OWN}")
    cls = find_strategy("near.py:Mine")
    content = pack(cls()).content
    (market / "beside.py").unlink()
    for name in ("beside", cls.__module__):
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ConfigError, match=r"near\.py cannot be run on a worker \(No module named 'beside'\)"):
        Parcel(content).open(())


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("dusk://host:8786", r"no executor 'dusk://host:8786' \(did you mean 'dask'\?\)"),
        ("process", "did you mean 'processes'"),
        ("processes:0", "write threads, processes, processes:4"),
        ("dask://host", "dask://host:8786"),
        ("", "no executor ''"),
    ],
)
def test_an_executor_that_means_nothing_is_refused(spec: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check_spec(spec)


def test_the_command_line_refuses_it_in_one_sentence(market: Path) -> None:
    said = faults(launchlab("sweep", *asked(market), "--grid", "hold=1:3", "--executor", "process:2"))
    assert "did you mean 'processes'" in said
    assert len(said.strip().splitlines()) == 1


def test_without_dask_the_extra_is_named(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = faults(
        launchlab("sweep", *asked(market), "--grid", "hold=1:3", "--executor", "dask://127.0.0.1:8786")
    )
    assert "pip install 'launchlab[cluster]'" in said


def test_workers_with_other_code_are_refused() -> None:
    refuse_other_code("tcp://10.0.0.2:4000", code_name(), code_name())
    for found in ("launchlab 0.0.9 (sources 123)", ModuleNotFoundError("launchlab")):
        with pytest.raises(WorkerError, match=r"tcp://10\.0\.0\.2:4000 has .*install the same on every"):
            refuse_other_code("tcp://10.0.0.2:4000", found, code_name())


def test_the_summary_says_where_the_points_were_run(market: Path) -> None:
    done = launchlab(
        "sweep", *asked(market), "--grid", "hold=1:3", "--quick", "--executor", "threads:2", "--json"
    )
    assert json_of(done)["executor"] == "threads"
    assert json_of(done)["threads"] == 2


class Theirs:
    """A future of somebody else's, of which asking for the result fails."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def result(self) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (asyncio.CancelledError("already forgotten"), CancelledError),
        (CancelledError("gone"), CancelledError),
        (OSError("no route"), OSError),
    ],
)
def test_a_result_that_cannot_be_fetched_is_an_error_and_no_endless_wait(
    error: BaseException, seen: type[BaseException]
) -> None:
    started: Future[None] = Future()
    _settle(started, Theirs(error))
    assert type(started.exception(timeout=1.0)) is seen
    given_up: Future[None] = Future()
    given_up.cancel()
    _settle(given_up, Theirs(error))
    assert given_up.cancelled()


def test_a_file_named_as_one_of_pythons_modules_does_not_end_processes_that_start_beside_it(
    tmp_path: Path,
) -> None:
    for name in ("types", "signal", "statistics"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('not the one of Python')\n")
    script = tmp_path / "bin" / "run.py"  # as a command that is installed: beside other files
    script.parent.mkdir()
    script.write_text(
        "from launchlab.engine.workers.choose import open_runner\n"
        "if __name__ == '__main__':\n"
        "    with open_runner('processes:1') as runner: print(runner.submit(abs, -3).result())\n"
    )
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    environ.pop("PYTHONSAFEPATH", None)
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert done.stdout == "3\n", done.stderr
