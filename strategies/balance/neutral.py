"""The two sides of a launch, and its hedges, brought to a net of nothing; their sum stays what it was."""

import numpy as np

from ...data.arrays import F8, I4

STEEPEST = 3.0  # betas beyond it are noise of a short history


def bounded(beta: F8) -> F8:
    """Betas (n,) between 0 and STEEPEST: a hedge on the same side as what it hedges is none."""
    return np.asarray(np.clip(beta, 0.0, STEEPEST), np.float64)


def sides_balanced(signed: F8, exposures: F8) -> F8:
    """Factors (n,) by which weights are multiplied so that long and short exposures cancel, and the gross is the same.

    `signed` weights, `exposures` to the market for each unit of them, both (n,). Ones where a side has no exposure:
    it cannot be hedged by the other.

    >>> sides_balanced(np.array([0.2, -0.2]), np.array([1.5, 1.0])).round(3).tolist()
    [0.8, 1.2]
    """
    long, short = signed > 0.0, signed < 0.0
    exposed = [float(np.abs(signed[side] * exposures[side]).sum()) for side in (long, short)]
    if min(exposed) <= 0.0:
        return np.ones(len(signed))
    gross = float(np.abs(signed).sum())
    money = [float(np.abs(signed[side]).sum()) for side in (long, short)]
    unit = gross / (money[0] / exposed[0] + money[1] / exposed[1])
    return np.where(long, unit / exposed[0], unit / exposed[1])


def hedge_needed(signed: F8, exposures: F8, hedge_of: I4, hedges: int) -> F8:
    """Signed weight of each hedge (hedges,) that takes away the exposures to it; `hedge_of` (n,) says which is whose.

    >>> hedge_needed(np.array([0.2, -0.1]), np.array([1.5, 1.0]), np.array([0, 0], np.int32), 1).round(3).tolist()
    [-0.2]
    """
    return np.asarray(-np.bincount(hedge_of, signed * exposures, hedges), np.float64)
