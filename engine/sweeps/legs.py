"""The sweep of a strategy that makes legs: one table of legs for all points that differ only in how legs are executed.

A strategy of somebody's own may use `hold` for something else than holding. So the table is built at several points
of a group, and shared only if nothing but the execution columns differs, and those as expected.
"""

from collections.abc import Hashable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I8
from ..backtest.backtest import checked_legs
from ..backtest.foresight import refuse_foresight
from ..compiled.points import RULES, WHOLE, own_points
from ..compiled.simulate import simulate
from ..compiled.windows import Layout
from ..legs import LEG
from ..workers.choose import open_runner
from ..workers.runner import Runner
from .chunk import Chunk, Curve
from .conditions import Conditions, seen_by_strategy
from .confirm import confirm
from .curves import curves_of
from .grid import BROKERAGE, EXECUTION, SCALE, Grid
from .job import MARKETS, SweepJob, Table, Tries, Values
from .kept import Kept
from .points import METRICS, simulate_points

SAMPLES = 5  # points of a group at which the table is built
OFF = {"hold_minutes": 0}  # what stands in a column of legs for none; NaN in the others
SAME = 1e-12  # of weights, relative
TABLES = 4  # kept in memory
WORK = 16_000_000  # leg-points of a chunk: tenths of a second, against some milliseconds to send it
FEWEST, MOST = 256, 65_536  # points of a chunk
GROUPS = 16  # tables of legs built for a chunk


@dataclass(frozen=True)
class LegSweep(SweepJob):
    """Points of a `Strategy`, through compiled code."""

    _tables: Kept[Table | None] = field(
        default_factory=lambda: Kept(TABLES), init=False, repr=False, compare=False
    )
    _charged: Kept[Layout] = field(
        default_factory=lambda: Kept(MARKETS), init=False, repr=False, compare=False
    )

    _laid_out: Kept[Layout] = field(default_factory=lambda: Kept(1), init=False, repr=False, compare=False)

    @property
    def chunk_size(self) -> int:
        """Enough work to be worth sending, little enough to be lost."""
        legs = len(self.legs(self.point(int(self.grid.numbers(0, 1)[0]))))
        density = len(self.grid) / self.grid.size
        together = max(1, round(self.grid.block * density))
        wanted = min(WORK // max(legs, 1), GROUPS * together)
        return int(np.clip(wanted // FEWEST * FEWEST, FEWEST, MOST))

    def run(self, start: int, stop: int) -> Chunk:
        return self.measure(self.grid.numbers(start, stop))

    def measure(self, numbers: I8) -> Chunk:
        if not len(numbers):
            return Chunk(np.empty((0, len(METRICS))))
        return Chunk(np.concatenate([self._run_group(part) for part in in_groups(self.grid, numbers)]))

    def confirm(self, number: int, metrics: F8) -> bool:
        """EnginesDisagree where backtrader has other figures: a bug of ours."""
        values = self.point(number)
        confirm(self.legs(values), self.under(values), values, metrics, self.periods)
        return True

    def curves(self, numbers: I8, runner: Runner | None) -> dict[int, Curve]:
        curves: dict[int, Curve] = {}
        for part in in_groups(self.grid, numbers):
            curves |= dict(zip(part.tolist(), self._curves(part), strict=True))
        return curves

    def held(self, number: int, runner: Runner | None = None) -> Table:
        return self.legs(self.point(number))

    def fills(self, number: int) -> Table:
        values = self.point(number)
        at = self.under(values)
        return simulate(self.legs(values), at.panel, at.config, layout=self.layout(values, at)).fills

    def refuse_foresight(self, number: int) -> None:
        values = self.point(number)
        at = self.under(values)
        refuse_foresight(self.strategy(values), at.launches, at.panel, self.legs(values))

    def longest_hold(self, best: int, curves: Mapping[int, Curve]) -> int:
        holds = self.grid.values.get("hold")
        return max(holds) if holds else curves[best].longest

    def open_runner(self, spec: str | None) -> AbstractContextManager[Runner]:
        """Threads, as many as the job's, unless `spec` says otherwise."""
        return open_runner(spec, self.threads)

    def tries(self, best: int, numbers: I8, legs: Table) -> Tries:
        """Points that differ in more than how legs are executed have legs of their own, and are not among them."""
        shared = self.shared(best)
        if shared is None:
            return Tries(legs, own_points(1))
        mine = numbers[numbers // self.grid.block == best // self.grid.block]
        points, table = overrides(self.grid, mine), shared.copy()
        for name in WHOLE:  # placebos keep away from launches, and from the end, as far as the longest needs
            table[name] = np.maximum(table[name], points[name].max())
        return Tries(table, points)

    def legs(self, values: Values) -> Table:
        """The legs of one point."""
        at = self.under(values)
        return checked_legs(self.strategy(values).legs(at.launches, at.panel), at.panel)

    def layout(self, values: Values, at: Conditions) -> Layout:
        """The panel of a point in the shape that compiled code reads."""
        own = self._laid_out.get("panel", lambda: Layout(self.panel))
        charged = tuple((name, value) for name, value in values.items() if name.startswith(BROKERAGE))
        return self._charged.get(charged, lambda: own.charging(at.panel)) if charged else own

    def shared(self, number: int) -> Table | None:
        """The table that all points of a number's group share, None where they cannot."""
        first = number // self.grid.block * self.grid.block
        return self._tables.get(self._what_decides(first), lambda: self._proven(first))

    def _what_decides(self, number: int) -> Hashable:
        """What the legs of a group may depend on: the levels of all that neither execution nor the portfolio is."""
        levels = self.grid.levels(np.array([number], np.int64))
        free = set(self.grid.execution)
        return tuple(
            int(level[0]) for name, level in levels.items() if name not in free and seen_by_strategy(name)
        )

    def _proven(self, first: int) -> Table | None:
        """The table of a group's first point if every sampled point has the same but for its execution columns."""
        base = self.point(first)
        if set(getattr(self.strategy(base), "shaped_by", ())) & set(self.grid.execution):
            return None
        legs = self.legs(base)
        if not _as_expected(legs, legs, base, base):
            return None
        for number in samples(self.grid, first):
            values = self.point(number)
            if not _as_expected(self.legs(values), legs, values, base):
                return None
        return legs

    def _run_group(self, numbers: I8) -> F8:
        values = self.point(int(numbers[0]))
        legs = self.shared(int(numbers[0])) if len(numbers) > 1 else None
        if legs is not None:
            return self._simulate(legs, values, overrides(self.grid, numbers))
        alone = [self.point(int(number)) for number in numbers]
        return np.concatenate([self._simulate(self.legs(one), values, own_points(1)) for one in alone])

    def _simulate(self, legs: Table, values: Values, points: Table) -> F8:
        at = self.under(values)
        layout = self.layout(values, at)
        return simulate_points(layout, legs, at.config, points, periods=self.periods, threads=self.threads)

    def _curves(self, numbers: I8) -> list[Curve]:
        """Of the points of one group."""
        values = self.point(int(numbers[0]))
        at = self.under(values)
        tables = [self.legs(self.point(int(number))) for number in numbers]
        shared = self.shared(int(numbers[0]))
        points = own_points(len(numbers)) if shared is None else overrides(self.grid, numbers)
        return curves_of(self.layout(values, at), at, tables, shared, points)


def in_groups(grid: Grid, numbers: I8) -> list[I8]:
    """Ascending numbers in groups that differ only in how legs are executed."""
    return np.split(numbers, np.flatnonzero(np.diff(numbers // grid.block)) + 1)


def samples(grid: Grid, first: int) -> list[int]:
    """Other points of a group from end to end of every execution parameter, half of them in opposite order."""
    structural = grid.levels(np.array([first], np.int64))
    numbers = []
    for step in range(SAMPLES):
        levels = {name: int(level[0]) for name, level in structural.items()}
        for k, name in enumerate(grid.execution):
            last = len(grid.values[name]) - 1
            along = round(step * last / (SAMPLES - 1))
            levels[name] = last - along if k % 2 else along
        numbers.append(grid.number(levels))
    return [number for number in dict.fromkeys(numbers) if number != first]


def _as_expected(legs: Table, base: Table, values: Values, base_values: Values) -> bool:
    """Whether `legs` are those of `base` with the execution columns of `values`."""
    if len(legs) != len(base):
        return False
    for name in LEG.names or ():
        if name in values and name in EXECUTION:
            wanted = OFF.get(name, np.nan) if values[name] is None else values[name]
            right = np.array_equal(legs[name], np.full(len(legs), wanted), equal_nan=True)
        elif name == "weight" and SCALE in values:
            scale = values[SCALE] / base_values[SCALE]
            right = np.allclose(legs[name], base[name] * scale, rtol=SAME, atol=0.0)
        else:
            right = np.array_equal(legs[name], base[name], equal_nan=name in RULES)
        if not right:
            return False
    return True


def overrides(grid: Grid, numbers: NDArray[np.int64]) -> Table:
    """Points (POINT dtype) of one group: what each puts in the place of the shared table's columns."""
    points, levels = own_points(len(numbers)), grid.levels(numbers)
    for name in grid.execution:
        off = OFF.get(name, np.nan)
        values = np.array([off if value is None else value for value in grid.values[name]], np.float64)
        if name == SCALE:
            points["scale"] = values[levels[name]] / values[0]
        else:
            points[name] = values[levels[name]]
    return points
