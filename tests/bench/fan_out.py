"""What it costs to send a sweep to processes or to a Dask cluster of this machine, beside threads of one process.

python -m tests.bench.fan_out [W1|W2|W3] [--points 100000] [--rounds 3] [--workers 2]
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from launchlab.engine.sweeps.folder import SweepFolder
from launchlab.engine.sweeps.legs import LegSweep
from launchlab.engine.sweeps.points import warm_up
from launchlab.engine.sweeps.sweep import sweep
from launchlab.engine.workers.choose import open_runner
from launchlab.engine.workers.runner import Runner

from .workloads import HOLDS, LAGS, STOPS, TARGETS, WAITS, make

CALLS = 200  # of a function that does nothing


def nothing(job: object, start: int, stop: int) -> int:
    return stop - start


def job_of(name: str, points: int, threads: int) -> LegSweep:
    """A grid of about that many points."""
    import swept

    rules = [tuple(None if one != one else one for one in values) for values in (STOPS, TARGETS)]
    others = len(LAGS) * len(WAITS) * len(HOLDS) * len(rules[0]) * len(rules[1])
    grosses = tuple(round(0.2 + 0.001 * k, 3) for k in range(max(1, round(points / others))))
    grid = {
        "lag": tuple(LAGS),
        "wait": tuple(WAITS),
        "hold": tuple(HOLDS),
        "stop": rules[0],
        "target": rules[1],
    }
    return swept.job_of(make(name), grid | {"gross": grosses}, threads)


@contextmanager
def dask(workers: int) -> Iterator[str]:
    """A Dask cluster of processes with one thread each."""
    from distributed import LocalCluster

    os.environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster.scheduler_address.replace("tcp:", "dask:")


def processor_time() -> float:
    """Seconds of processor time of this process and of those it started."""
    import psutil

    own = psutil.Process()
    return float(sum(sum(one.cpu_times()[:2]) for one in (own, *own.children(recursive=True))))


def measured(job: LegSweep, runner: Runner) -> dict[str, float]:
    """Seconds of the first call, of an empty call among many, and of the sweep: by the clock, and of processors."""
    job = replace(job)  # what it has laid out and kept is made anew
    clock = time.perf_counter
    started = clock()
    work = runner.share(job)
    runner.submit(nothing, work, 0, 1).result()
    seconds = {"first call": clock() - started}
    started = clock()
    for future in [runner.submit(nothing, work, k, k + 1) for k in range(CALLS)]:
        future.result()
    seconds["empty call"] = (clock() - started) / CALLS
    with tempfile.TemporaryDirectory() as folder:
        started, busy = clock(), processor_time()
        here = SweepFolder(Path(folder) / "s")
        here.begin({}, resume=False)
        sweep(job, here, executor=runner)
        seconds["sweep"], seconds["busy"] = clock() - started, processor_time() - busy
        seconds["bytes"] = hash((here.path / "points.parquet").read_bytes())
    return seconds


def main() -> None:
    """Measure one workload."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", nargs="?", default="W1", choices=["W1", "W2", "W3"])
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    job = job_of(asked.workload, asked.points, asked.workers)
    warm_up("general", "fast")
    chunks = -(-len(job.grid) // job.chunk_size)
    print(f"{asked.workload}: {len(job.grid):,} points in {chunks} chunks")
    with dask(asked.workers) as address:
        specs = {"threads": "threads", "processes": "processes", "dask": address}
        results: dict[str, list[dict[str, float]]] = {name: [] for name in specs}
        runners: dict[str, Any] = {name: open_runner(spec, asked.workers) for name, spec in specs.items()}
        opened = {name: runner.__enter__() for name, runner in runners.items()}
        for name, runner in opened.items():  # compiled code is loaded before anything is timed
            print(f"{name}: first call {measured(job, runner)['first call']:.2f} s")
        for _ in range(asked.rounds):
            for name, runner in opened.items():
                results[name].append(measured(job, runner))
        for runner in runners.values():
            runner.__exit__(None, None, None)
    assert len({one["bytes"] for rounds in results.values() for one in rounds}) == 1
    report(results, chunks)


def report(results: dict[str, list[dict[str, float]]], chunks: int) -> None:
    """A Markdown table of medians."""

    def median(name: str, what: str) -> float:
        return statistics.median(one[what] for one in results[name])

    print("| where | sweep | processor time | of it beyond threads, per chunk | empty call |")
    print("|---|---:|---:|---:|---:|")
    for name in results:
        more = (median(name, "busy") - median("threads", "busy")) / chunks * 1e3
        print(
            f"| {name} | {median(name, 'sweep'):.2f} s | {median(name, 'busy'):.2f} s "
            f"| {more:+.0f} ms | {median(name, 'empty call') * 1e3:.2f} ms |"
        )


if __name__ == "__main__":
    main()
