"""A workload of the benchmarks as the job of a sweep; a module of its own, so that other processes can import it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from launchlab.data.ledger.launch import Launch, LaunchCode, Launches
from launchlab.data.panel.panel import Panel
from launchlab.engine.sweeps.grid import Grid
from launchlab.engine.sweeps.legs import LegSweep

from .workloads import CONFIG, LAGS, Workload


@dataclass(frozen=True, kw_only=True)
class Made:
    """The legs of a workload, `tables` by lag, under the rules of a point."""

    tables: tuple[NDArray[Any], ...]
    lag: int = 0
    wait: int = 1
    hold: int = 5
    stop: float | None = None
    target: float | None = None
    gross: float = 0.6

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        legs = self.tables[self.lag].copy()
        legs["hold"], legs["wait"], legs["weight"] = self.hold, self.wait, legs["weight"] * self.gross
        for name in ("stop", "target"):
            value = getattr(self, name)
            legs[name] = np.nan if value is None else value
        return legs

    def __call__(self, values: Mapping[str, Any]) -> "Made":
        return replace(self, **values)


def job_of(w: Workload, values: Mapping[str, tuple[Any, ...]], threads: int) -> LegSweep:
    """The sweep of a grid over a workload."""
    told = datetime(2014, 1, 2, tzinfo=UTC)
    launches = [
        Launch(f"l{k:05d}", told, "exact", "", "", "launch", (LaunchCode("x"),)) for k in range(len(w.row))
    ]
    tables = tuple(w.legs(lag) for lag in LAGS)
    return LegSweep(
        Made(tables=tables), Grid(values), Launches(tuple(launches)), w.panel, CONFIG, 242.0, threads
    )
