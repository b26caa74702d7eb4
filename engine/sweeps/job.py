"""One table of legs for all points that differ only in how legs are executed, and the proof that it may be shared.

A strategy of somebody's own may use `hold` for something else than holding. So the table is built at several points
of a group, and shared only if nothing but the execution columns differs, and those as expected.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I8
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from ..backtest.backtest import Strategy, checked_legs
from ..compiled.windows import Market
from ..config import Config
from ..legs import LEG
from .grid import EXECUTION, RULES, SCALE, WHOLE, Grid
from .points import METRICS, POINT, simulate_points

Table = NDArray[Any]
Build = Callable[[Mapping[str, Any]], Strategy]

SAMPLES = 5  # points of a group at which the table is built
SAME = 1e-12  # of weights, relative
KEPT = 4  # tables in memory

_sharing = RLock()  # chunks may run side by side over one job


@dataclass(frozen=True)
class Job:
    """All that a chunk of points needs. `launches` on the portfolio's clock; `periods` a year."""

    build: Build
    grid: Grid
    launches: Launches
    panel: Panel
    config: Config
    periods: float
    threads: int = 1
    _kept: dict[int, Table | None] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def market(self) -> Market:
        """The panel in the shape that compiled code reads."""
        return Market(self.panel)

    def __getstate__(self) -> dict[str, Any]:
        """Without what each process makes for itself."""
        return {one.name: {} if one.name == "_kept" else getattr(self, one.name) for one in fields(self)}

    def legs(self, values: Mapping[str, Any]) -> Table:
        """The legs of one point."""
        return checked_legs(self.build(values).legs(self.launches, self.panel), self.panel)

    def shared(self, number: int) -> Table | None:
        """The table that all points of a number's group share, None where they cannot."""
        group = number // self.grid.block
        with _sharing:
            if group not in self._kept:
                while len(self._kept) >= KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[group] = self._proven(group * self.grid.block)
            return self._kept[group]

    def _proven(self, first: int) -> Table | None:
        """The table of a group's first point if every sampled point has the same but for its execution columns."""
        base = self.grid.point(first)
        legs = self.legs(base)
        if not _as_expected(legs, legs, base, base):
            return None
        for number in samples(self.grid, first):
            values = self.grid.point(number)
            if not _as_expected(self.legs(values), legs, values, base):
                return None
        return legs


def samples(grid: Grid, first: int) -> list[int]:
    """Other points of a group from end to end of every execution parameter, half of them in opposite order."""
    structural = grid.levels(np.array([first], np.int64))
    found = []
    for step in range(SAMPLES):
        levels = {name: int(level[0]) for name, level in structural.items()}
        for k, name in enumerate(grid.execution):
            last = len(grid.values[name]) - 1
            along = round(step * last / (SAMPLES - 1))
            levels[name] = last - along if k % 2 else along
        found.append(grid.number(levels))
    return [number for number in dict.fromkeys(found) if number != first]


def _as_expected(legs: Table, base: Table, values: Mapping[str, Any], base_values: Mapping[str, Any]) -> bool:
    """Whether `legs` are those of `base` with the execution columns of `values`."""
    if len(legs) != len(base):
        return False
    for name in LEG.names or ():
        if name in values and name in EXECUTION:
            wanted = np.nan if values[name] is None else values[name]
            right = np.array_equal(legs[name], np.full(len(legs), wanted), equal_nan=True)
        elif name == "weight" and SCALE in values:
            scale = values[SCALE] / base_values[SCALE]
            right = np.allclose(legs[name], base[name] * scale, rtol=SAME, atol=0.0)
        else:
            right = np.array_equal(legs[name], base[name], equal_nan=name in RULES)
        if not right:
            return False
    return True


def run_points(job: Job, start: int, stop: int) -> F8:
    """Metrics (points, len(METRICS)) of the points at positions `start` to `stop`, as `simulate_points` gives them."""
    return run_numbers(job, job.grid.numbers(start, stop))


def run_numbers(job: Job, numbers: I8) -> F8:
    """Metrics (points, len(METRICS)) of the points of these numbers, ascending."""
    if not len(numbers):
        return np.empty((0, len(METRICS)))
    groups = numbers // job.grid.block
    edges = np.flatnonzero(np.diff(groups)) + 1
    parts = [_run_group(job, part) for part in np.split(numbers, edges)]
    return np.concatenate(parts)


def _run_group(job: Job, numbers: I8) -> F8:
    legs = job.shared(int(numbers[0])) if len(numbers) > 1 else None
    if legs is None:
        alone = [_simulate(job, job.legs(job.grid.point(int(number))), own_points(1)) for number in numbers]
        return np.concatenate(alone)
    return _simulate(job, legs, overrides(job.grid, numbers))


def _simulate(job: Job, legs: Table, points: Table) -> F8:
    return simulate_points(job.market, legs, job.config, points, periods=job.periods, threads=job.threads)


def own_points(count: int) -> Table:
    """Points (POINT dtype) under which every leg keeps its own rules."""
    points = np.zeros(count, POINT)
    points["scale"] = 1.0
    for name in WHOLE:
        points[name] = -1
    for name in RULES:
        points[name] = np.inf
    return points


def overrides(grid: Grid, numbers: I8) -> Table:
    """Points (POINT dtype) of one group: what each puts in the place of the shared table's columns."""
    points, levels = own_points(len(numbers)), grid.levels(numbers)
    for name in grid.execution:
        values = np.array([np.nan if one is None else one for one in grid.values[name]], np.float64)
        if name == SCALE:
            points["scale"] = values[levels[name]] / values[0]
        else:
            points[name] = values[levels[name]]
    return points
