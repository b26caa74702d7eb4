"""A finished sweep made up from a seed, for the test of its page."""

import itertools
from typing import Any

import numpy as np
import pandas as pd

from launchlab.engine.results.summary import SweepSummary

PARAMETERS = ("hold", "stop", "entry", "wait")


def make_summary(**changes: Any) -> SweepSummary:
    """What a sweep of `make_points` says of itself."""
    plain = {
        "simulated": True, "warnings": [], "points": 240, "seconds": 1.5, "metric": "sharpe", "best": {},
        "strategy": "long-short", "grid": {}, "start": "2025-07-02", "end": "2026-07-17", "periods_per_year": 253.0,
    }  # fmt: skip
    return SweepSummary.of(plain | changes)


def make_points(*, holds: int = 8, stops: int = 4, waits: int = 3, seed: int = 5) -> pd.DataFrame:
    """One row per point of a grid of `holds` × `stops` × 2 × `waits`; the Sharpe ratio is highest around hold 5."""
    rng = np.random.default_rng(seed)
    levels = [None, *np.round(np.linspace(0.03, 0.12, stops - 1), 3).tolist()]
    grid: list[Any] = list(itertools.product(range(1, holds + 1), levels, ("open", "close"), range(waits)))
    points = pd.DataFrame(grid, columns=list(PARAMETERS))
    n = len(points)
    points["sharpe"] = 1 - ((points["hold"] - 5) / 4) ** 2 + rng.normal(0, 0.05, n)
    points["total_return"], points["max_drawdown"] = points["sharpe"] / 10, -0.1 - 0.05 * rng.random(n)
    points["fills"], points["blocked"] = 40, rng.integers(0, 9, n)
    points["fallback"] = False
    return points
