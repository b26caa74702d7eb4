"""Our paths beside backtrader and vectorbt on the same trades, in turn in one run; prints ratios and a table.

    python -m tests.bench.engines [W1|W2] [--rounds 5] [--no-backtrader] [--busy]

Every engine must end with the same net asset value. vectorbt (extra `bench`) is given our finished orders, because
it knows none of the rules; it is left out where it is not installed.
"""

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from launchlab.engine.compiled.points import point_of
from launchlab.engine.compiled.simulate import simulate
from launchlab.engine.compiled.windows import Layout
from launchlab.engine.sweeps.legs import FEWEST, MOST, WORK
from launchlab.engine.sweeps.points import METRICS, simulate_points

from .workloads import CAPITAL, CONFIG, Choice, Workload, choices, make, to_points

F8 = NDArray[np.float64]

POINTS = {"W1": 24_000, "W2": 24_000}
VECTORBT_POINTS = {"W1": 100, "W2": 5}
PERIODS = 242.0
SAME = 1e-9
TARGETS = {"general": {"W1": 40_000, "W2": 3_500}, "fast": {"W1": 400_000, "W2": 45_000}}


def tables(w: Workload, chosen: list[Choice]) -> list[tuple[Any, Any]]:
    """Legs and points of each lag: what the engine is asked, as the others are given their orders."""
    return [(w.legs(lag), to_points(list(same))) for lag, same in groupby(chosen, lambda one: one.lag)]


def chunk_of_a_sweep(w: Workload) -> list[tuple[Any, Any]]:
    """One table of legs and as many points as a sweep hands to the engine at once."""
    size = int(np.clip(WORK // len(w.legs(0)) // FEWEST * FEWEST, FEWEST, MOST))
    same = [one for one in choices(5 * size) if one.lag == 0][:size]
    return [(w.legs(0), to_points(same))]


def ours(layout: Layout, asked: list[tuple[Any, Any]], path: str, threads: int = 1) -> F8:
    """Metrics of the points, one table of legs for each lag."""
    return np.concatenate(
        [
            simulate_points(layout, legs, CONFIG, points, periods=PERIODS, threads=threads, path=path)
            for legs, points in asked
        ]
    )


def finished(w: Workload, choice: Choice) -> Any:
    """Our records of one point."""
    p = to_points([choice])[0]
    point = point_of(p)
    return simulate(w.legs(choice.lag), w.panel, CONFIG, point)


def agree(name: str, found: float, wanted: float) -> None:
    """Stop when an engine ends with another net asset value."""
    if abs(found / wanted - 1.0) > SAME:
        sys.exit(f"{name} ends with {found!r}, our general path with {wanted!r}")


def contenders(w: Workload, peers: bool) -> dict[str, tuple[int, Callable[[], Any]]]:
    """Name → points of one run, and the run; each engine's answer is compared before any is timed."""
    layout, chosen = Layout(w.panel), choices(POINTS[w.name])
    asked = tables(w, chosen)
    general, fast = ours(layout, asked, "general"), ours(layout, asked, "auto")
    worst = np.abs(fast[:, 0] - general[:, 0]) / (1.0 + general[:, 0])
    print(f"fast path: NAV within {worst.max():.1e} of the general one; "
          f"{int(fast[:, METRICS.index('fallback')].sum()):,} of {len(fast):,} points fell back")  # fmt: skip
    run: dict[str, tuple[int, Callable[[], Any]]] = {}
    for path in ("general", "auto"):
        for threads in (1, 2):
            name = f"launchlab {'fast' if path == 'auto' else path}, {threads} thread{'s' * (threads - 1)}"
            run[name] = (len(chosen), lambda path=path, n=threads: ours(layout, asked, path, n))
    chunk = chunk_of_a_sweep(w)
    for threads in (1, 2):
        name = (
            f"fast, {len(chunk[0][1]):,} points as a sweep sends them, {threads} thread{'s' * (threads - 1)}"
        )
        run[name] = (len(chunk[0][1]), lambda n=threads: ours(layout, chunk, "auto", n))
    few = choices(POINTS[w.name])[:: max(len(chosen) // 40, 1)]
    nav = {one: CAPITAL * (1.0 + row[0]) for one, row in zip(chosen, general, strict=True)}
    if peers:
        run |= _backtrader(w, few, nav)
    return run | _vectorbt(w, chosen, nav)


def _backtrader(w: Workload, few: list[Choice], nav: dict[Choice, float]) -> dict[str, Any]:
    from .peers import frames, run_backtrader

    bars = frames(w)
    for one in few[:3] if w.name == "W1" else []:
        agree("backtrader", run_backtrader(w, one, bars)[0][-1], nav[one])
        agree("backtrader on our feed", run_backtrader(w, one, None)[0][-1], nav[one])
    turn = iter(few * 1000)
    return {
        "backtrader, PandasData": (1, lambda: run_backtrader(w, next(turn), bars)),
        "backtrader, our feed": (1, lambda: run_backtrader(w, next(turn), None)),
    }


def _vectorbt(w: Workload, chosen: list[Choice], nav: dict[Choice, float]) -> dict[str, Any]:
    try:
        import vectorbt  # noqa: F401
    except ImportError:
        return {}
    from .peers import run_vectorbt, vectorbt_orders

    some = chosen[:: max(len(chosen) // VECTORBT_POINTS[w.name], 1)][: VECTORBT_POINTS[w.name]]
    orders, unpaid = vectorbt_orders(w, [finished(w, one).fills for one in some])
    for one, found in zip(some, run_vectorbt(orders) - unpaid, strict=True):
        agree("vectorbt", float(found), nav[one])
    return {"vectorbt, given the orders": (len(some), lambda: run_vectorbt(orders))}


def measure(
    run: dict[str, tuple[int, Callable[[], Any]]], rounds: int, clock: Callable[[], float]
) -> dict[str, float]:
    """Median seconds per point of each contender, the contenders taking turns."""
    seconds: dict[str, list[float]] = {name: [] for name in run}
    for _ in range(rounds):
        for name, (points, work) in run.items():
            started = clock()
            work()
            seconds[name].append((clock() - started) / points)
    return {name: statistics.median(times) for name, times in seconds.items()}


def table(workload: str, medians: dict[str, float]) -> str:
    """Markdown: points a second, and how many times slower each peer is."""
    names = [name for name in medians if name.startswith("launchlab") and name.endswith("1 thread")]
    lines = [
        f"| {workload} | points per second | "
        + " | ".join(f"slower than {name[10:]}" for name in names)
        + " |"
    ]
    lines.append("|---|---:|" + "---:|" * len(names))
    for name, seconds in medians.items():
        ratios = " | ".join(f"{seconds / medians[one]:,.2f}" for one in names)
        lines.append(f"| {name} | {1.0 / seconds:,.1f} | {ratios} |")
    return "\n".join(lines)


def machine() -> str:
    """Processor, Python, versions and date."""
    names = ("launchlab", "numba", "numpy", "backtrader", "vectorbt")
    versions = []
    for name in names:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    try:
        lines = open("/proc/cpuinfo", encoding="utf-8").read().splitlines()  # noqa: SIM115
        cpu = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        cpu = platform.processor()
    return f"{cpu}, Python {platform.python_version()}, {', '.join(versions)}; {datetime.now(UTC):%Y-%m-%d}"


def main() -> None:
    """Measure one workload."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", nargs="?", default="W1", choices=["W1", "W2"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-backtrader", action="store_true")
    parser.add_argument(
        "--busy", action="store_true", help="count processor time: other work runs here too (one thread only)"
    )
    asked = parser.parse_args()
    run = contenders(make(asked.workload), peers=not asked.no_backtrader)
    if asked.busy:
        run = {name: one for name, one in run.items() if not name.endswith("2 threads")}
    medians = measure(run, asked.rounds, time.process_time if asked.busy else time.perf_counter)
    print(f"\n{table(asked.workload, medians)}\n\n{machine()}; medians of {asked.rounds} rounds in turn"
          + (", processor time" if asked.busy else ""))  # fmt: skip
    feeds = [medians[name] for name in ("backtrader, PandasData", "backtrader, our feed") if name in medians]
    if len(feeds) == 2:
        print(f"feed: backtrader is {feeds[0] / feeds[1]:.2f} times faster on our feed than on PandasData")


if __name__ == "__main__":
    main()
