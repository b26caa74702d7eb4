"""Every combination of parameter values, by number, without ever holding the list.

Points are numbered in order of what they trade under first (`brokerage.cn_min`, `config.slippage_bp`), then of their
structural parameters, so that neighbours share one market and one table of legs; the execution parameters (`EXECUTION`)
vary fastest.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...data.arrays import I8
from ...data.errors import ConfigError
from ...data.shown import Shown, Told, counted, some
from ..compiled.points import RULES, WHOLE

# Parameters that only say how a leg is executed: they override columns of a shared table of legs.
SCALE = "gross"
EXECUTION = (*WHOLE, *RULES, SCALE)
CONFIG, BROKERAGE = "config.", "brokerage."  # before a field of the portfolio or of the broker
MOST_POINTS = 2**62


@dataclass(frozen=True, repr=False)
class Grid(Shown):
    """Values by parameter, in the order given; `draws` numbers of the points to run, ascending, None for all."""

    values: Mapping[str, tuple[Any, ...]]
    draws: I8 | None = None

    def _told(self) -> Told:
        facts = {name: f"{len(values):,}: {some(values)}" for name, values in self.values.items()}
        drawn = "" if self.draws is None else f", {len(self):,} drawn"
        return Told(f"Grid: {counted(self.size, 'point')}{drawn}", facts)

    def __post_init__(self) -> None:
        for name, values in self.values.items():
            if not values:
                raise ConfigError(f"the grid has no value for {name}; give at least one")
        if self.size > MOST_POINTS:
            raise ConfigError(
                f"the grid has {self.size:,} points, more than can be numbered; use coarser steps"
            )

    @cached_property
    def execution(self) -> tuple[str, ...]:
        """Parameters that override columns of the legs, in the order given."""
        return tuple(name for name, values in self.values.items() if _overrides(name, values))

    @cached_property
    def order(self) -> tuple[str, ...]:
        """All parameters, the last one varies fastest: broker, portfolio, structural ones, execution."""
        others = [name for name in self.values if name not in self.execution]
        return (*sorted(others, key=_change_last), *self.execution)

    @cached_property
    def size(self) -> int:
        """Points of the whole grid."""
        return math.prod(len(values) for values in self.values.values())

    @cached_property
    def block(self) -> int:
        """Points that share their structural parameters."""
        return math.prod(len(self.values[name]) for name in self.execution)

    def __len__(self) -> int:
        return self.size if self.draws is None else len(self.draws)

    def numbers(self, start: int, stop: int) -> I8:
        """Numbers of the points from position `start` to `stop`."""
        if self.draws is None:
            return np.arange(start, min(stop, self.size), dtype=np.int64)
        return self.draws[start:stop]

    def levels(self, numbers: I8) -> dict[str, I8]:
        """Position of each point's value in the values of each parameter."""
        rest, levels = numbers, {}
        for name in reversed(self.order):
            rest, levels[name] = np.divmod(rest, len(self.values[name]))
        return {name: levels[name] for name in self.values}

    def point(self, number: int) -> dict[str, Any]:
        """The parameters of one point."""
        levels = self.levels(np.array([number], np.int64))
        return {name: self.values[name][int(level[0])] for name, level in levels.items()}

    def number(self, levels: Mapping[str, int]) -> int:
        """The number of a point by its levels; the inverse of `levels`."""
        number = 0
        for name in self.order:
            number = number * len(self.values[name]) + levels[name]
        return number

    def drawn(self, count: int, seed: int) -> "Grid":
        """`count` distinct points of this grid (all of them when it has no more), in their order."""
        if count < 1:
            raise ConfigError(f"`random` must be at least 1 point, not {count}")
        if count >= self.size:
            return Grid(self.values)
        return Grid(self.values, draw(self.size, count, np.random.default_rng(seed)))


def _change_last(name: str) -> int:
    """How seldom a parameter should change from one point to the next: a broker lays out the market anew."""
    return 0 if name.startswith(BROKERAGE) else 1 if name.startswith(CONFIG) else 2


def _overrides(name: str, values: tuple[Any, ...]) -> bool:
    """Whether the values are such as a column of the legs can hold: a parameter of that name may mean anything."""
    if name in RULES:
        return all(value is None or _is_number(value) for value in values)
    if name == "hold_minutes":
        values = tuple(1 if value is None else value for value in values)
    if name in WHOLE:
        return all(
            isinstance(value, int) and _is_number(value) and value >= (name != "wait") for value in values
        )
    return name == SCALE and all(_is_number(value) and value > 0 for value in values)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def draw(population: int, count: int, rng: np.random.Generator) -> I8:
    """`count` distinct whole numbers below `population`, ascending; memory follows `count` alone."""
    if 2 * count > population:
        return np.setdiff1d(np.arange(population), draw(population, population - count, rng))
    drawn = np.empty(0, np.int64)
    while len(drawn) < count:
        more = rng.integers(0, population, count - len(drawn), dtype=np.int64)
        drawn = np.union1d(drawn, more)
    return drawn
