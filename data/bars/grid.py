"""Prices that left the exchange's grid by a float's rounding alone, put back on it."""

import numpy as np
from numpy.typing import NDArray

from ..arrays import F8
from ..rules.ticks import tick_size

# A float32 is within 6e-8 of its number; anything further from the grid is not a rounded tick and is left for the
# checks to report.
FLOAT32_NOISE = 5e-7


def snap(prices: F8, tables: NDArray[np.int8]) -> F8:
    """Prices within float32 noise of a tick moved onto it; others unchanged. The result prints as few decimals."""
    tick = tick_size(prices, np.broadcast_to(tables, prices.shape))
    on_grid = np.round(np.rint(prices / tick) * tick, 6)
    near = np.abs(on_grid - prices) <= np.maximum(FLOAT32_NOISE * np.abs(prices), 1e-9)
    return np.where(near, on_grid, prices)
