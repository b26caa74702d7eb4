"""How much money a run could have carried before its own entries became too large a share of the volume."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8
from ...data.panel.panel import Panel
from ..legs import Reason

LEVELS = {"first": 1.0, "tenth": 0.9, "half": 0.5}  # quantile of the entries' shares of volume


def entry_shares(fills: NDArray[Any], panel: Panel) -> F8:
    """Shares entered (FILL records) over the session's volume, one per session and code; those without volume are left out."""
    entries = fills[fills["reason"] == Reason.ENTRY]
    places = entries["row"].astype(np.int64) * len(panel.codes) + entries["code"]
    places, at = np.unique(places, return_inverse=True)
    volume = panel.volume[places // len(panel.codes), places % len(panel.codes)]
    size = np.bincount(at, np.abs(entries["shares"]), len(places))
    return size[volume > 0] / volume[volume > 0]


def carried(shares: F8, capital: float, participation: float, level: str = "tenth") -> float:
    """Starting capital at which the `first` entry, a `tenth` or `half` of them, reach `participation`.

    Sizes are taken to grow with capital; the price an order itself moves is not counted. 0 without entries: a run
    that trades nothing carries nothing.
    """
    return float(capital * participation / np.quantile(shares, LEVELS[level])) if len(shares) else 0.0
