"""The sweep of a backtrader strategy: each point is a whole run under the rules, many runs to a chunk.

Runs are pure Python and hold the interpreter's lock, so chunks go to processes. A point whose strategy raises is a row
that says so; the sweep goes on.
"""

import io
import json
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ...data.arrays import F8, I8
from ...data.errors import ConfigError, LaunchlabError
from ..backtest.backtest import checked_legs
from ..backtest.native_foresight import asked_by_name
from ..backtrader.native.result import NativeRun, analyses, run_native
from ..backtrader.native.undone import undone
from ..results.attribution import launch_profits
from ..results.metrics import Annual, equity_metrics, session_returns
from ..results.record import activity
from ..workers.choose import open_runner
from ..workers.runner import Runner
from .chunk import Chunk, Curve
from .conditions import Conditions
from .job import SweepJob, Table
from .points import METRICS
from .sample import evenly

WORK = 20_000  # rows × codes × points of a chunk: about a second
MOST = 32  # points of a chunk
LONGEST = 300  # characters of a point's error
LONG_ENOUGH = 10  # a stay longer than this part of the run would leave walk-forward nothing to learn from
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # of an object, another in each process


class PointRun(NamedTuple):
    """Metrics of one point (len(METRICS),), NaN where it failed with `error`; what analyzers found; its curve."""

    metrics: F8
    error: str
    analyses: Mapping[str, Any]
    curve: Curve | None


@dataclass(frozen=True)
class NativeSweep(SweepJob):
    """Points of a `NativeStrategy`, each through backtrader."""

    words: ClassVar[tuple[str, ...]] = ("error",)
    rows_together: ClassVar[int] = 1_024

    @property
    def chunk_size(self) -> int:
        return int(np.clip(WORK // (len(self.panel) * len(self.panel.codes)), 1, MOST))

    @cached_property
    def kept(self) -> frozenset[int]:
        """Positions of the points whose curves the verdict will ask for, whichever is the best."""
        return frozenset(evenly(len(self.grid)).tolist())

    def run(self, start: int, stop: int) -> Chunk:
        numbers = self.grid.numbers(start, stop)
        runs = [run_point(self, int(number), keep=start + k in self.kept) for k, number in enumerate(numbers)]
        return _chunk(runs, {start + k: run.curve for k, run in enumerate(runs) if run.curve is not None})

    def measure(self, numbers: I8) -> Chunk:
        return _chunk([run_point(self, int(number), keep=False) for number in numbers], {})

    def confirm(self, number: int, metrics: F8) -> bool:
        return np.array_equal(run_point(self, number, keep=False).metrics, metrics)

    def curves(self, numbers: I8, runner: Runner | None) -> dict[int, Curve]:
        runs = _everywhere(self, runner, run_point, numbers.tolist())
        return {number: run.curve for number, run in zip(numbers.tolist(), runs, strict=True) if run.curve}

    def held(self, number: int, runner: Runner | None = None) -> Table:
        return _everywhere(self, runner, stays, [number])[0]

    def fills(self, number: int) -> Table:
        return _run(self, number)[0].run.fills

    def refuse_foresight(self, number: int) -> None:
        """Also ConfigError where it depends on chance; a point that raises has its row in the table, and is not asked."""
        values = self.point(number)
        at = self.under(values)
        native = self.strategy(values)
        asked = asked_by_name(native, at.launches, at.panel, at.config)
        before = asked.first()
        try:
            with undone(native.cls):
                answered = _run(self, number)[0]
        except (AssertionError, MemoryError):
            raise
        except Exception:  # noqa: BLE001 as run_point
            return
        asked.refuse(answered.sent, before)

    def longest_hold(self, best: int, curves: Mapping[int, Curve]) -> int:
        longest = max(curve.longest for curve in curves.values())
        return min(longest, len(self.panel) // LONG_ENOUGH)

    def open_runner(self, spec: str | None) -> AbstractContextManager[Runner]:
        """Processes, as many as the job's threads, unless `spec` says otherwise; one chunk alone runs here.

        ConfigError for threads: Python runs one of them at a time.
        """
        if spec is None and len(self.grid) <= self.chunk_size:
            return open_runner("threads:1")
        if spec is not None and spec.partition(":")[0] == "threads" and spec != "threads:1":
            raise ConfigError(
                "a backtrader strategy is Python, which runs one thread at a time; write `executor='processes:4'`"
            )
        return open_runner(spec or "processes", self.threads)


def _everywhere(
    job: NativeSweep, runner: Runner | None, fn: Callable[..., Any], numbers: list[int]
) -> list[Any]:
    """`fn(job, number)` of each number on the workers of a runner, or here."""
    if runner is None:
        return [fn(job, number) for number in numbers]
    shared = runner.share(job.alone())
    return [future.result() for future in [runner.submit(fn, shared, number) for number in numbers]]


def _chunk(runs: list[PointRun], curves: Mapping[int, Curve]) -> Chunk:
    return Chunk(
        metrics=np.array([run.metrics for run in runs]).reshape(-1, len(METRICS)),
        errors=tuple(run.error for run in runs),
        analyses=tuple(json.dumps(run.analyses, ensure_ascii=False) for run in runs),
        curves=curves,
    )


def run_point(job: NativeSweep, number: int, *, keep: bool = True) -> PointRun:
    """One point by its number, its curve where it is to be kept; what the strategy prints is dropped."""
    try:
        with redirect_stdout(io.StringIO()):
            native_run, at = _run(job, number)
            analyzed = flat(analyses(native_run.strategy))
    except (AssertionError, MemoryError):
        raise  # a fault of ours, or of the machine: not of this point
    except LaunchlabError as fault:
        error = str(fault)
    except Exception as fault:  # noqa: BLE001 an analyzer's arithmetic fails at some points only
        error = f"{type(fault).__name__}: {fault}"
    else:
        return PointRun(
            measured(native_run, at, job.periods), "", analyzed, curve(native_run, at) if keep else None
        )
    return PointRun(np.full(len(METRICS), np.nan), one_sentence(error), {}, None)


def _run(job: NativeSweep, number: int) -> tuple[NativeRun, Conditions]:
    values = job.point(number)
    at = job.under(values)
    return run_native(job.strategy(values), at.launches, at.panel, at.config), at


def stays(job: NativeSweep, number: int) -> Table:
    """One point's stays in its codes as a LEG table: what it held, from when and for how long.

    Stays that answer no launch have numbers of their own after those of the ledger, one each.
    """
    with redirect_stdout(io.StringIO()):
        native_run, at = _run(job, number)
    legs = native_run.legs.copy()
    own = np.arange(len(legs))
    legs["launch"] = np.where(legs["launch"] >= 0, legs["launch"], len(at.launches) + own)
    return checked_legs(legs[np.isin(own, native_run.run.fills["leg"])], at.panel)


def measured(done: NativeRun, at: Conditions, periods: float) -> F8:
    """The metrics of a run, in the order of METRICS."""
    run, capital = done.run, float(at.config.capital)
    years = at.panel.years
    values = equity_metrics(run.equity, capital, Annual(periods, years)) | activity(run, capital, years)
    return np.array([values.get(name, 0.0) for name in METRICS])


def curve(done: NativeRun, at: Conditions) -> Curve:
    """What the verdict asks of a run."""
    longest = int(done.legs["hold"].max()) if len(done.legs) else 1
    profits = launch_profits(at.panel, done.legs, done.run.fills, len(at.launches))
    return Curve(session_returns(done.run.equity, float(at.config.capital)), profits, longest)


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """Nested mappings as one, names joined by dots: `drawdown.max.len`."""
    if not isinstance(value, Mapping):
        return {name: value}
    flattened: dict[str, Any] = {}
    for key, inner in value.items():
        flattened |= flat(inner, f"{name}.{key}" if name else str(key))
    return flattened


def one_sentence(text: str) -> str:
    """The text on one line, the same in every process, and not too long."""
    words = " ".join(ADDRESS.sub("", text).split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
