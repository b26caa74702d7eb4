"""One process of a search over a made-up surface, for the tests of searches that share a storage."""

import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from launchlab.engine.search.points import COLUMNS
from launchlab.engine.search.search import Field, Search, run_search
from launchlab.engine.search.space import Space
from launchlab.engine.search.storage import Shared
from launchlab.engine.sweeps.grid import Grid
from launchlab.engine.sweeps.points import METRICS

VALUES: dict[str, tuple[Any, ...]] = {
    "hold": tuple(range(1, 61)),
    "gross": tuple(round(0.1 + 0.05 * k, 2) for k in range(19)),
    "stop": (None, 0.03, 0.05, 0.08, 0.12),
    "entry": ("open", "close"),
}
GRID = Grid(VALUES)
SHARPE, RETURN, WORST = (METRICS.index(name) for name in ("sharpe", "total_return", "max_drawdown"))


def height(numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """A hill over the grid: hold 33, gross 0.3, a stop of 0.08, entry at the open."""
    levels = GRID.levels(numbers)
    away = ((levels["hold"] - 32) / 60) ** 2 + ((levels["gross"] - 4) / 19) ** 2
    away += ((levels["stop"] - 3) % 5 / 5) ** 2 + 0.2 * (levels["entry"] == 1)
    return 1.0 - away


def surface(numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """Rows of COLUMNS whose Sharpe ratio is the hill; return falls and drawdown deepens with gross."""
    table = np.zeros((len(numbers), len(COLUMNS)))
    gross = GRID.levels(numbers)["gross"] / 19
    table[:, SHARPE] = height(numbers)
    table[:, RETURN], table[:, WORST] = height(numbers) + gross, -gross
    table[:, -1] = 1e7 / (1.0 + gross)
    return table


def slowly(numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    time.sleep(0.1)
    return surface(numbers)


def main(storage: str, stream: int, trials: int) -> None:
    """Search until the storage holds `trials`."""
    search = Search("tpe", trials, ("sharpe",), batch=10)
    run_search(search, Field(Space(GRID), slowly), Shared(storage, "hill", 1), stream=stream)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
