"""Which points of a sweep the verdict looks at: the judged one, its neighbours, and others evenly from all."""

import numpy as np

from ...data.arrays import I8
from .grid import Grid

MOST = 120  # points whose returns are computed for the verdict


def evenly(count: int) -> I8:
    """Up to `MOST` positions among so many, from end to end."""
    return np.unique(np.linspace(0, count - 1, MOST).astype(np.int64))


def sample(grid: Grid, best: int) -> I8:
    """The best point, those one step from it, and others evenly from the points that were run; ascending."""
    levels = {name: int(level[0]) for name, level in grid.levels(np.array([best], np.int64)).items()}
    steps = [
        {**levels, name: levels[name] + step}
        for name, values in grid.values.items()
        for step in (-1, 1)
        if 0 <= levels[name] + step < len(values)
    ]
    near = [best, *(grid.number(neighbour) for neighbour in steps)]
    even = evenly(len(grid))
    others = grid.draws[even] if grid.draws is not None else even
    return np.union1d(np.array(near, np.int64), others)
