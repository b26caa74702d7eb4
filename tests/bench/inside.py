"""Points a second of sweeps inside sessions: W1 with bars of one minute, entered minutes after the news.

    python -m tests.bench.inside [--rounds 3] [--threads 2]

Every leg has minute bars in its first session and the `SESSIONS` after it. Counted is the whole sweep as a user has it: each
reaction and each time to give up makes the legs and finds their first bars anew, the other points share them. Printed
beside it are points per second of processor time, for machines that have other work, and the peak of memory.
"""

import argparse
import os
import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from launchlab.data.ledger.launch import Launches
from launchlab.data.minutes.minutes import MINUTE_BAR, Minutes, to_minutes
from launchlab.data.panel.panel import TRADING, Panel
from launchlab.engine.config import ExitOn
from launchlab.engine.machine.code import only
from launchlab.engine.sweeps.grid import Grid
from launchlab.engine.sweeps.legs import LegSweep

from .swept import job_of
from .table import Row, in_turn
from .workloads import CONFIG, Workload, make

SESSIONS = 5
NEWS = 600  # 10:00
STARTS = np.array([*range(570, 690), *range(780, 900)], np.int32)
REACTIONS = tuple(float(minute) for minute in range(1, 31))
GIVE_UPS = (5.0, 30.0, None)
HOLDS = tuple(range(15, 480, 15))
STOPS = (0.02, 0.03, 0.05, 0.08, 0.12, None)
GRID: Mapping[str, tuple[Any, ...]] = {
    "config.reaction_minutes": REACTIONS, "config.give_up": GIVE_UPS, "hold_minutes": HOLDS, "stop": STOPS,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Now:
    """The legs of a workload, entered as long after the news as the clock says."""

    table: NDArray[Any]
    hold_minutes: int = 60
    stop: float | None = None
    gross: float = 0.6

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        legs = self.table.copy()
        legs["at"], legs["wait"] = NEWS + launches.reaction_minutes, 1
        legs["hold_minutes"], legs["weight"] = self.hold_minutes, legs["weight"] * self.gross
        legs["stop"] = np.nan if self.stop is None else self.stop
        return legs

    def __call__(self, values: Mapping[str, Any]) -> "Now":
        return replace(self, **values)


def minutes_of(w: Workload, seed: int = 3) -> Minutes:
    """Bars of one minute of the sessions in which a leg is new: walks from the open to the close inside the day's range."""
    rng, rows = np.random.default_rng(seed), np.repeat(w.row + 1, 6)
    met = {
        (int(t) + s, int(i))
        for t, i in zip(rows, w.codes.reshape(-1), strict=True)
        for s in range(SESSIONS + 1)
    }
    return to_minutes(
        w.size.codes, [(t, i, _bars(rng, w, t, i)) for t, i in sorted(met) if w.panel.status[t, i] == TRADING]
    )


def _bars(rng: np.random.Generator, w: Workload, t: int, i: int) -> NDArray[Any]:
    n = len(STARTS)
    first, last, low, high = (float(getattr(w, name)[t, i]) for name in ("open", "close", "low", "high"))
    walk = rng.standard_normal(n + 1).cumsum()
    walk += np.linspace(-walk[0], -walk[-1], n + 1)
    spread = 0.3 * (high - low) / max(float(np.abs(walk).max()), 1e-9)
    path = np.clip(np.round(np.linspace(first, last, n + 1) + spread * walk, 2), low, high)
    bars = np.zeros(n, MINUTE_BAR)
    bars["start"], bars["stop"] = STARTS, STARTS + 1
    bars["open"], bars["close"] = path[:-1], path[1:]
    bars["high"], bars["low"] = np.maximum(path[:-1], path[1:]), np.minimum(path[:-1], path[1:])
    bars["vwap"], bars["volume"] = (path[:-1] + path[1:]) / 2.0, w.volume[t, i] / n
    return bars


def sweep_of(w: Workload, exit_on: ExitOn, threads: int) -> LegSweep:
    """The sweep of GRID over a workload with minutes."""
    job = job_of(w, {"hold": (5,)}, threads)
    return replace(
        job,
        build=Now(table=w.legs(0)),
        grid=Grid(GRID),
        panel=replace(w.panel, minutes=minutes_of(w)),
        config=CONFIG.model_copy(update={"exit_on": exit_on, "participation": 0.2}),
    )


def rows(rounds: int, threads: int) -> list[Row]:
    """Exits on the close and on touch."""
    w, made = make("W1"), []
    for exit_on in ExitOn:
        job = sweep_of(w, exit_on, threads)
        count = len(job.grid)
        with only("machine"):
            job.measure(job.grid.numbers(0, job.grid.block))
            clocks = {"wall": time.perf_counter, "busy": time.process_time}
            taken = in_turn(rounds, {name: partial(_seconds, job, clock) for name, clock in clocks.items()})
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        each, busy = count / taken["wall"], count / taken["busy"]
        made.append(
            Row(
                f"W1 in bars of one minute, exits on {exit_on.value}, {count:,} points",
                f"{each:,.0f} points/s ({busy:,.0f} a processor second), {peak:.2f} GB",
                "5,000 points/s",
            )
        )
        print(*made[-1], sep=" | ", flush=True)
    return made


def _seconds(job: LegSweep, clock: Callable[[], float]) -> float:
    began = clock()
    job.measure(job.grid.numbers(0, len(job.grid)))
    return clock() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    rows(asked.rounds, asked.threads)
