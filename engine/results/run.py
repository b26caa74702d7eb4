"""The raw records of one run, as both engines write them and as every table of a Result is made from."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8

# Net shares of one code at one close.
POSITION = np.dtype([("row", "i4"), ("code", "i4"), ("shares", "f8")], align=True)


class Run(NamedTuple):
    """Fills (FILL), blocks (BLOCK), positions (POSITION) and, per session, money in base currency, shape (T,)."""

    fills: NDArray[Any]
    blocks: NDArray[Any]
    positions: NDArray[Any]
    cash: F8
    long: F8
    short: F8
    borrow: F8
    dividends: F8

    @property
    def equity(self) -> F8:
        """Net asset value at each close."""
        return self.cash + self.long - self.short
