"""How the money of one side of a launch is shared among its names."""

from typing import Literal

import numpy as np

from ...data.arrays import F8

Weights = Literal["equal", "inverse-vol", "liquidity"]
TOLERANCE = 1e-12


def inverse_volatility(money: float, volatilities: F8) -> F8:
    """Shares of `money` by one over each volatility (n,), all known and above 0.

    >>> inverse_volatility(0.3, np.array([0.02, 0.04])).round(3).tolist()
    [0.2, 0.1]
    """
    calm = 1.0 / volatilities
    return np.asarray(money * calm / calm.sum(), np.float64)


def by_liquidity(money: float, values: F8) -> F8:
    """Shares of `money` in proportion to the value traded (n,), all known and above 0."""
    return np.asarray(money * values / values.sum(), np.float64)


def capped(shares: F8, most: F8) -> F8:
    """The shares (n,) with none above its own `most` (n,); what is cut goes to the others in proportion, as far as it can.

    What no name can take stays unspent.

    >>> capped(np.array([0.3, 0.1, 0.1]), np.array([0.2, 0.12, 1.0])).round(3).tolist()
    [0.2, 0.12, 0.18]
    """
    held, total = np.minimum(shares, most), float(shares.sum())
    for _ in range(len(shares)):
        rest, free = total - float(held.sum()), held < most - TOLERANCE
        if rest <= TOLERANCE or not free.any() or not held[free].sum() > 0.0:
            break
        held = np.where(free, np.minimum(held * (1.0 + rest / held[free].sum()), most), held)
    return held
