"""A sweep: every point of a grid as a full portfolio, in chunks, into one table, with the best of them.

Chunks are cut the same way however often a sweep is stopped and resumed, so that the table is the same to the byte.
They go to a runner (engine/workers/choose.py), or to anything shaped like a `concurrent.futures.Executor`; by default they run
one after another, each split over threads.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...data.arrays import F8, I8
from ...data.errors import ConfigError
from ..workers.runner import Runner
from .chunk import Chunk, Curve
from .folder import SweepFolder
from .grid import Grid
from .job import SweepJob, run_chunk
from .points import METRICS
from .table import COUNTS, FLAG, SweepTable

Step = Callable[[int, int], None]  # points done, and those of them that failed

BEST_FIRST = ("sharpe", "sortino", "calmar", "total_return", "cagr", "max_drawdown")  # more is better


@dataclass(frozen=True)
class Outcome:
    """What is left in memory of a sweep: the best points by a metric, best first, and counts over all.

    `rows` are those of points.parquet in which the best stand; `facts` what summary.json says of one kind of sweep
    beside what it says of any; `study` names a search in the ledger of trials, whose points were not the whole grid.
    """

    points: int
    computed: int  # in this run; the others were there before
    numbers: I8
    metrics: F8
    rows: I8
    fallbacks: int
    bankrupt: int
    failed: int = 0
    error: str = ""
    curves: Mapping[int, Curve] = field(default_factory=dict)  # by number
    facts: Mapping[str, Any] = field(default_factory=dict)
    study: str | None = None


def sweep(
    job: SweepJob,
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
    each chunk. A point that failed has no metrics and says why in the column `error`. A full disk is a ConfigError,
    chunks lost too often with their workers are a WorkerError.
    """
    job.check()
    best, seen = Best(metric, top), _Seen()
    here = executor is None or (isinstance(executor, Runner) and executor.local)
    runs_in: AbstractContextManager[Any] = _thread() if here else nullcontext(executor)
    try:
        with SweepTable(folder.path, job) as table, runs_in as pool:
            for start, chunk, is_new in chunks_of(job, folder, pool):
                numbers = job.grid.numbers(start, start + len(chunk))
                table.write(numbers, chunk)
                best.see(numbers, chunk.metrics)
                seen.take(job.grid, chunk, is_new)
                if progress:
                    progress(seen.done, seen.failed)
    except OSError as error:
        raise ConfigError(
            f"{folder.path} could not be written ({error.strerror or error}); "
            "what was done is kept: repair that and continue with `resume=True`"
        ) from None
    return seen.outcome(best, job.grid)


@contextmanager
def _thread() -> Iterator[Executor]:
    """A thread that is not waited for after a failure or an interruption: what it is at may be a compiler's work of a minute."""
    pool = ThreadPoolExecutor(1, "launchlab-sweep")
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


class _Seen:
    """Counts over the chunks so far."""

    def __init__(self) -> None:
        self.done = self.computed = self.failed = 0
        self.error = ""
        self.curves: dict[int, Curve] = {}

    def take(self, grid: Grid, chunk: Chunk, is_new: bool) -> None:
        self.done += len(chunk)
        self.computed += len(chunk) * is_new
        self.failed += chunk.failed
        self.error = self.error or next(filter(None, chunk.errors), "")
        for position, curve in chunk.curves.items():
            self.curves[int(grid.numbers(position, position + 1)[0])] = curve

    def outcome(self, best: "Best", grid: Grid) -> Outcome:
        return Outcome(
            points=self.done,
            computed=self.computed,
            numbers=best.numbers,
            metrics=best.metrics,
            rows=np.searchsorted(grid.numbers(0, self.done), best.numbers),
            fallbacks=best.fallbacks,
            bankrupt=best.bankrupt,
            failed=self.failed,
            error=self.error,
            curves=self.curves,
        )


def chunks_of(job: SweepJob, folder: SweepFolder, pool: Executor) -> Iterator[tuple[int, Chunk, bool]]:
    """First position, result, and whether it is new, of each chunk in order; new ones are kept as they come in."""
    size, total = job.chunk_size, len(job.grid)
    starts, ahead = iter(range(0, total, size)), deque[tuple[int, int]]()
    work = pool.share(job.alone()) if isinstance(pool, Runner) else job
    under_way: dict[Future[Chunk], int] = {}
    new = set[int]()
    try:
        while True:
            while len(under_way) < 2 * slots(pool) and (start := next(starts, None)) is not None:
                stop = min(start + size, total)
                ahead.append((start, stop))
                if folder.part(start // size, stop - start) is None:
                    under_way[pool.submit(run_chunk, work, start, stop)] = start // size
                    new.add(start)
            if not ahead:
                return
            start, stop = ahead[0]
            if start // size in under_way.values():
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    folder.keep(under_way[future], future.result())
                    del under_way[future]
                continue
            chunk = folder.part(start // size, stop - start)
            if chunk is None:
                raise ConfigError(
                    "a part of the sweep disappeared while it ran; continue it with `resume=True`"
                )
            ahead.popleft()
            yield start, chunk, start in new
    finally:
        for future, place in under_way.items():
            if not future.cancel() and future.done() and not future.exception():
                folder.keep(place, future.result())


def slots(pool: Executor) -> int:
    """How many chunks run side by side."""
    return pool.slots if isinstance(pool, Runner) else max(int(getattr(pool, "_max_workers", 1)), 1)


class Best:
    """The best points seen so far, earlier ones first among equals; undefined metrics are worst, failures left out."""

    def __init__(self, metric: str, most: int) -> None:
        if metric not in BEST_FIRST:
            raise ConfigError(f"there is no best point by {metric!r}; choose one of {', '.join(BEST_FIRST)}")
        self.column, self.most = METRICS.index(metric), most
        self.numbers = np.empty(0, np.int64)
        self.metrics: F8 = np.empty((0, len(METRICS)))
        self.fallbacks = self.bankrupt = 0

    def see(self, numbers: I8, metrics: F8) -> None:
        """Take in a chunk."""
        ran = ~np.isnan(metrics[:, 0])
        numbers, metrics = numbers[ran], metrics[ran]
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
        | {name: kind(value) for name, kind, value in zip(METRICS, kinds, row, strict=True)}
        for number, row in zip(numbers, metrics, strict=True)
    ]
