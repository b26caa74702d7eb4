"""A grid as a search sees it: parameters with an order are steps, all others are choices.

A search knows a parameter by its place among its values in ascending order; a rule that is off comes last, as the
widest one would. What the values are is the grid's business.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..sweeps.grid import Grid

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


class Space:
    """The parameters of a grid that have more than one value, and how places of them make a point's number."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.ordered = {name: _has_order(values) for name, values in grid.values.items()}
        self.levels = {
            name: _ascending(values) if self.ordered[name] else tuple(range(len(values)))
            for name, values in grid.values.items()
            if len(values) > 1
        }

    def distributions(self) -> "dict[str, BaseDistribution]":
        """Places of each parameter, as Optuna draws them."""
        from optuna.distributions import CategoricalDistribution, IntDistribution

        return {
            name: IntDistribution(0, len(levels) - 1)
            if self.ordered[name]
            else CategoricalDistribution(tuple(range(len(levels))))
            for name, levels in self.levels.items()
        }

    def number(self, places: Mapping[str, int]) -> int:
        """The number of the point at these places."""
        levels = dict.fromkeys(self.grid.values, 0)
        return self.grid.number(levels | {name: self.levels[name][place] for name, place in places.items()})


def _has_order(values: tuple[Any, ...]) -> bool:
    return all(
        value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values
    )


def _ascending(values: tuple[Any, ...]) -> tuple[int, ...]:
    """Positions of the values in ascending order, a rule that is off last."""
    return tuple(sorted(range(len(values)), key=lambda k: (values[k] is None, values[k] or 0)))
