"""Every combination of parameter values, by number, without ever holding the list.

Points are numbered in order of their structural parameters first, so that neighbours share one table of legs; the
execution parameters (`EXECUTION`) vary fastest.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...data.arrays import I8
from ...data.errors import ConfigError

# Parameters that only say how a leg is executed: they override columns of a shared table of legs.
WHOLE = ("wait", "hold")
RULES = ("stop", "target", "trail")
SCALE = "gross"
EXECUTION = (*WHOLE, *RULES, SCALE)
MOST_POINTS = 2**62


@dataclass(frozen=True)
class Grid:
    """Values by parameter, in the order given; `draws` numbers of the points to run, ascending, None for all."""

    values: Mapping[str, tuple[Any, ...]]
    draws: I8 | None = None

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
        """All parameters, structural ones first: the last one varies fastest."""
        return (*(name for name in self.values if name not in self.execution), *self.execution)

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
        left, found = numbers, {}
        for name in reversed(self.order):
            left, found[name] = np.divmod(left, len(self.values[name]))
        return {name: found[name] for name in self.values}

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


def _overrides(name: str, values: tuple[Any, ...]) -> bool:
    """Whether the values are such as a column of the legs can hold: a parameter of that name may mean anything."""
    if name in RULES:
        return all(one is None or _is_number(one) for one in values)
    if name in WHOLE:
        return all(isinstance(one, int) and _is_number(one) and one >= (name == "hold") for one in values)
    return name == SCALE and all(_is_number(one) and one > 0 for one in values)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def draw(population: int, count: int, rng: np.random.Generator) -> I8:
    """`count` distinct whole numbers below `population`, ascending; memory follows `count` alone."""
    if 2 * count > population:
        return np.setdiff1d(np.arange(population), draw(population, population - count, rng))
    found = np.empty(0, np.int64)
    while len(found) < count:
        more = rng.integers(0, population, count - len(found), dtype=np.int64)
        found = np.union1d(found, more)
    return found
