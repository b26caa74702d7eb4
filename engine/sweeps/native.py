"""The points of a backtrader sweep, run chunk by chunk into its folder, and the verdict on the best of them."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from ...data.arrays import F8, I8
from ...data.errors import ConfigError
from ...data.files import put_file
from ..luck.placebo import ThroughEngine, placebo_codes, placebo_days
from ..luck.trials import sweep_trials, together
from ..luck.verdict import Evidence, Verdict, verdict
from ..results.metrics import session_returns
from ..workers.choose import open_runner
from ..workers.runner import Runner
from .folder import PointsWriter, SweepFolder
from .grid import Grid
from .job import own_points
from .native_chunk import Chunk, Curve, NativeJob, NativeParts, run_chunk, run_point, stays
from .sweep import Best, Outcome, in_order
from .verdict import MOST, BestOfMany, placebo_p, sample, with_earlier

Step = Callable[[int, int], None]  # points done, failed

ANALYZERS = "analyzers.jsonl"
ERROR = "error"  # column of points.parquet
LONG_ENOUGH = 10  # a stay longer than this part of the run would leave walk-forward nothing to learn from
ROWS = 1_024  # of a row group, at least


@dataclass(frozen=True)
class NativeOutcome(Outcome):
    """`failed` points with the first one's error, and the curves that were kept, by number of the point."""

    failed: int
    error: str
    curves: Mapping[int, Curve]

    def summary(self) -> dict[str, Any]:
        """How many points failed, and why the first did; ConfigError where all did."""
        if self.failed == self.points:
            raise ConfigError(f"all {self.points:,} points failed, the first one: {self.error}")
        return {"failed": self.failed, "first_failure": self.error or None}


def sweep_native(
    job: NativeJob,
    folder: SweepFolder,
    runner: Runner,
    *,
    metric: str = "sharpe",
    top: int = 20,
    progress: Step | None = None,
) -> NativeOutcome:
    """Run what is not done yet of a sweep into its folder, which `folder.begin` has made ready.

    Stopped by an exception (Ctrl-C), points.parquet and analyzers.jsonl hold the chunks that were done. A point that
    failed has no metrics and says why in the column `error`. A full disk is a ConfigError.
    """
    job = replace(job, kept=kept_positions(job.grid))
    best, seen = Best(metric, top), _Seen()
    try:
        with _Table(folder.path, job.grid) as table:
            chunks, work = range(0, len(job.grid), job.chunk_size), runner.share(job)

            def submit(start: int, stop: int) -> Future[Chunk]:
                return runner.submit(run_chunk, work, start, stop)

            parts = NativeParts(folder.path)
            for start, chunk, is_new in in_order(chunks, len(job.grid), parts, submit, runner):
                numbers = job.grid.numbers(start, start + len(chunk.metrics))
                table.write(numbers, chunk)
                ran = ~np.isnan(chunk.metrics[:, 0])
                best.see(numbers[ran], chunk.metrics[ran])
                seen.take(job.grid, chunk, is_new)
                if progress:
                    progress(seen.done, seen.failed)
    except OSError as error:
        raise ConfigError(
            f"{folder.path} could not be written ({error.strerror or error}); "
            "what was done is kept: repair that and continue with `resume=True`"
        ) from None
    return NativeOutcome(
        seen.done,
        seen.computed,
        best.numbers,
        best.metrics,
        0,
        best.bankrupt,
        seen.failed,
        seen.error,
        seen.curves,
    )


def runner_for(job: NativeJob, spec: str | None) -> AbstractContextManager[Runner]:
    """The runner of a sweep: processes, as many as the job's `threads`, unless `spec` says otherwise.

    One chunk alone runs here. ConfigError for threads: Python runs one of them at a time.
    """
    if spec is None and len(job.grid) <= job.chunk_size:
        return open_runner("threads:1")
    if spec is not None and spec.partition(":")[0] == "threads" and spec != "threads:1":
        raise ConfigError(
            "a backtrader strategy is Python, which runs one thread at a time; write `executor='processes:4'`"
        )
    return open_runner(spec or "processes", job.threads)


def kept_positions(grid: Grid) -> frozenset[int]:
    """Positions of the points whose equity the verdict will ask for, whichever is the best."""
    return frozenset(np.linspace(0, len(grid) - 1, MOST).astype(np.int64).tolist())


class _Seen:
    """Counts over the chunks so far."""

    def __init__(self) -> None:
        self.done = self.computed = self.failed = 0
        self.error = ""
        self.curves: dict[int, Curve] = {}

    def take(self, grid: Grid, chunk: Chunk, is_new: bool) -> None:
        self.done += len(chunk.metrics)
        self.computed += len(chunk.metrics) * is_new
        errors = [one for one in chunk.errors if one]
        self.failed += len(errors)
        self.error = self.error or next(iter(errors), "")
        for position, one in chunk.curves.items():
            self.curves[int(grid.numbers(position, position + 1)[0])] = one


class _Table:
    """points.parquet and, where there are analyzers, analyzers.jsonl; readable also after a failure."""

    def __init__(self, folder: Path, grid: Grid) -> None:
        self.folder, self.grid = folder, grid
        self.points = PointsWriter(folder, grid, words=(ERROR,))
        self.lines: IO[str] | None = None
        self.waiting: list[tuple[I8, Chunk]] = []

    def __enter__(self) -> "_Table":
        (self.folder / ANALYZERS).unlink(missing_ok=True)
        self.points.__enter__()
        return self

    def write(self, numbers: I8, chunk: Chunk) -> None:
        self.waiting.append((numbers, chunk))
        if sum(len(one) for one, _ in self.waiting) >= ROWS:
            self._flush()
        for number, error, found in zip(numbers, chunk.errors, chunk.analyses, strict=True):
            if not error and found != "{}":
                self._line(int(number), json.loads(found))

    def _flush(self) -> None:
        if not self.waiting:
            return
        numbers, chunks = zip(*self.waiting, strict=True)
        self.waiting = []
        errors = [error or None for chunk in chunks for error in chunk.errors]
        metrics = np.concatenate([chunk.metrics for chunk in chunks])
        self.points.write(np.concatenate(numbers), metrics, {ERROR: errors})

    def _line(self, number: int, found: Mapping[str, Any]) -> None:
        if self.lines is None:
            self.lines = (self.folder / f".{ANALYZERS}").open("w", encoding="utf-8")
        self.lines.write(
            json.dumps({**self.grid.point(number), **found}, ensure_ascii=False, default=str) + "\n"
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flush()
        self.points.__exit__(kind, error, trace)
        if self.lines is not None:
            self.lines.close()
            put_file(self.folder / f".{ANALYZERS}", self.folder / ANALYZERS)


def judged_native(
    job: NativeJob, outcome: NativeOutcome, ledger: Path | None, names: tuple[str, str], runner: Runner
) -> Verdict:
    """The verdict on the best point, as `sweep_verdict.judged` gives it; its placebos hold what it held, on other days and codes.

    Points whose equity was not kept, such as the best one and its neighbours, run again.
    """
    curves, work = dict(outcome.curves), runner.share(job)
    best, through = int(outcome.numbers[0]), ThroughEngine(job.panel, job.config)
    missing = [one for one in sample(job.grid, best).tolist() if one not in curves]
    again = [runner.submit(run_point, work, number) for number in missing]
    for number, one in zip(missing, again, strict=True):
        found = one.result().curve
        curves |= {} if found is None else {number: found}
    legs = runner.submit(stays, work, best).result()
    alone = BestOfMany(job.panel, job.config, own_points(1), job.periods)
    numbers = np.array(sorted(curves), np.int64)
    kept = [curves[int(number)] for number in numbers]
    returns = np.column_stack([session_returns(one.equity, float(job.config.capital)) for one in kept])
    profits = np.stack([one.profits for one in kept])
    traded = (profits != 0.0).any(axis=0)
    entry = sweep_trials(*names, returns, points=len(job.grid))
    levels = job.grid.levels(numbers)
    return verdict(
        Evidence(
            returns=returns,
            longest_hold=min(max(one.longest for one in kept), len(job.panel) // LONG_ENOUGH),
            trials=together(with_earlier(ledger, entry)),
            params={name: level for name, level in levels.items() if len(job.grid.values[name]) > 1},
            profits=profits[:, traded] if traded.sum() > 1 else None,
            placebo=placebo_p(alone, legs, partial(placebo_days, executor=runner)),
            placebo_codes=placebo_p(through, legs, partial(placebo_codes, executor=runner)),
            best=int(np.searchsorted(numbers, best)),
            periods=job.periods,
        ),
        runner,
    )


def confirm_native(job: NativeJob, numbers: I8, metrics: F8) -> int:
    """How many of these points give the same figures when they run again in this process."""
    again = [run_point(job, int(number)).metrics for number in numbers]
    return sum(np.array_equal(one, row) for one, row in zip(again, metrics, strict=True))
