"""A sweep: every point of a grid as a full portfolio, in chunks, into one table, with the best of them.

Chunks are cut the same way however often a sweep is stopped and resumed, so that the table is the same to the byte.
They go to a runner (engine/workers/runner.py), or to anything shaped like a `concurrent.futures.Executor`; by default they run
one after another, each split over threads.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any, Protocol, TypeVar

import numpy as np

from ...data.arrays import F8, I8
from ...data.errors import ConfigError
from ..workers.runner import Runner
from .folder import COUNTS, FLAG, PointsWriter, SweepFolder
from .grid import Grid
from .job import Job, run_points
from .points import METRICS

Step = Callable[[int], None]
T = TypeVar("T")

WORK = 16_000_000  # leg-points of a chunk: tenths of a second, against some milliseconds to send it
FEWEST, MOST = 256, 65_536  # points of a chunk
GROUPS = 16  # tables of legs built for a chunk
MOST_CHECKED = 10_000  # structural combinations that the strategy is asked about before any work
BEST_FIRST = ("sharpe", "sortino", "calmar", "total_return", "cagr", "max_drawdown")  # more is better


@dataclass(frozen=True)
class Outcome:
    """What is left in memory of a sweep: the best points by `metric`, best first, and counts over all."""

    points: int
    computed: int  # in this run; the others were there before
    numbers: I8
    metrics: F8
    fallbacks: int
    bankrupt: int

    def summary(self) -> dict[str, Any]:
        """What summary.json says of one kind of sweep, beside what it says of any."""
        return {}

    def rows_of(self, grid: Grid) -> list[int]:
        """Rows of points.parquet in which the best points stand."""
        return [int(row) for row in np.searchsorted(grid.numbers(0, self.points), self.numbers)]


def sweep(
    job: Job,
    folder: SweepFolder,
    *,
    metric: str = "sharpe",
    top: int = 20,
    executor: Executor | None = None,
    progress: Step | None = None,
) -> Outcome:
    """Run what is not done yet of a sweep into its folder, which `folder.begin` has made ready.

    Stopped by an exception (Ctrl-C), points.parquet holds the chunks that were done. Chunks of a local runner, and
    without one, run one after another on the job's threads; an executor that is no runner has to pickle the job for
    each chunk. A full disk is a ConfigError, chunks lost too often with their workers are a WorkerError.
    """
    check_values(job)
    size = chunk_size(job)
    best = Best(metric, top)
    here = executor is None or (isinstance(executor, Runner) and executor.local)
    runs_in: AbstractContextManager[Any] = ThreadPoolExecutor(1) if here else nullcontext(executor)
    done = computed = 0
    try:
        with PointsWriter(folder.path, job.grid) as table, runs_in as pool:
            work = pool.share(replace(job, threads=1)) if isinstance(pool, Runner) else job

            def submit(start: int, stop: int) -> Future[F8]:
                return pool.submit(run_points, work, start, stop)

            chunks = range(0, len(job.grid), size)
            for start, metrics, is_new in in_order(chunks, len(job.grid), folder, submit, pool):
                numbers = job.grid.numbers(start, start + len(metrics))
                table.write(numbers, metrics)
                best.see(numbers, metrics)
                done, computed = done + len(metrics), computed + len(metrics) * is_new
                if progress:
                    progress(done)
    except OSError as error:
        raise ConfigError(
            f"{folder.path} could not be written ({error.strerror or error}); "
            "what was done is kept: repair that and continue with `resume=True`"
        ) from None
    return Outcome(done, computed, best.numbers, best.metrics, best.fallbacks, best.bankrupt)


def check_values(job: Job) -> None:
    """Let the strategy refuse each value of each parameter, and each structural combination, before any work."""
    first = {name: values[0] for name, values in job.grid.values.items()}
    for name, values in job.grid.values.items():
        for value in values:
            job.build({**first, name: value})
    structural = [job.grid.values[name] for name in job.grid.order if name not in job.grid.execution]
    names = job.grid.order[: len(structural)]
    for values in islice(product(*structural), MOST_CHECKED):
        job.build(first | dict(zip(names, values, strict=True)))


def chunk_size(job: Job) -> int:
    """Points of a chunk: enough work to be worth sending, little enough to be lost; the same every time."""
    legs = len(job.legs(job.grid.point(int(job.grid.numbers(0, 1)[0]))))
    density = len(job.grid) / job.grid.size
    together = max(1, round(job.grid.block * density))
    wanted = min(WORK // max(legs, 1), GROUPS * together)
    return int(np.clip(wanted // FEWEST * FEWEST, FEWEST, MOST))


class Parts(Protocol[T]):
    """Where chunks are kept; SweepFolder is one."""

    def part(self, chunk: int, points: int, /) -> T | None:
        """A chunk that is done, else None."""
        ...

    def keep(self, chunk: int, found: T, /) -> None:
        """Keep it."""
        ...


def in_order(
    chunks: range, total: int, parts: Parts[T], submit: Callable[[int, int], Future[T]], pool: Executor
) -> Iterator[tuple[int, T, bool]]:
    """First position, what was found, and whether it is new, of each chunk in order; new ones are kept as they come in.

    `chunks` are first positions; `submit(start, stop)` sends the work of one to the pool.
    """
    size, starts, ahead = chunks.step, iter(chunks), deque[tuple[int, int]]()
    under_way: dict[Future[T], int] = {}
    new = set[int]()
    try:
        while True:
            while len(under_way) < 2 * slots(pool) and (start := next(starts, None)) is not None:
                stop = min(start + size, total)
                ahead.append((start, stop))
                if parts.part(start // size, stop - start) is None:
                    under_way[submit(start, stop)] = start // size
                    new.add(start)
            if not ahead:
                return
            start, stop = ahead[0]
            if start // size in under_way.values():
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    parts.keep(under_way[future], future.result())
                    del under_way[future]
                continue
            found = parts.part(start // size, stop - start)
            if found is None:
                raise ConfigError(
                    "a part of the sweep disappeared while it ran; continue it with `resume=True`"
                )
            ahead.popleft()
            yield start, found, start in new
    finally:
        for future, chunk in under_way.items():
            if not future.cancel() and future.done() and not future.exception():
                parts.keep(chunk, future.result())


def slots(pool: Executor) -> int:
    """How many chunks run side by side."""
    return pool.slots if isinstance(pool, Runner) else max(int(getattr(pool, "_max_workers", 1)), 1)


class Best:
    """The best points seen so far, earlier ones first among equals; undefined metrics are worst."""

    def __init__(self, metric: str, most: int) -> None:
        if metric not in BEST_FIRST:
            raise ConfigError(f"there is no best point by {metric!r}; choose one of {', '.join(BEST_FIRST)}")
        self.column, self.most = METRICS.index(metric), most
        self.numbers = np.empty(0, np.int64)
        self.metrics: F8 = np.empty((0, len(METRICS)))
        self.fallbacks = self.bankrupt = 0

    def see(self, numbers: I8, metrics: F8) -> None:
        """Take in a chunk."""
        self.fallbacks += int(np.nansum(metrics[:, METRICS.index("fallback")]))
        self.bankrupt += int((metrics[:, METRICS.index("total_return")] <= -1.0).sum())
        numbers = np.concatenate([self.numbers, numbers])
        metrics = np.concatenate([self.metrics, metrics])
        score = np.nan_to_num(metrics[:, self.column], nan=-np.inf)
        order = np.lexsort((numbers, -score))[: self.most]
        self.numbers, self.metrics = numbers[order], metrics[order]


def outcome_rows(grid: Grid, numbers: I8, metrics: F8) -> list[dict[str, Any]]:
    """One dict per point: its parameters, then its metrics."""
    kinds = [int if name in COUNTS else bool if name == FLAG else float for name in METRICS]
    return [
        grid.point(int(number))
        | {name: kind(one) for name, kind, one in zip(METRICS, kinds, row, strict=True)}
        for number, row in zip(numbers, metrics, strict=True)
    ]
