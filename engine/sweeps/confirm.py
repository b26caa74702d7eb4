"""A point of a sweep again through backtrader: the same portfolio or a loud failure."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8
from ..backtest.backtest import execute
from ..results.metrics import Annual, equity_metrics
from .conditions import Conditions
from .points import METRICS

SAME = 1e-9  # relative


class EnginesDisagree(Exception):
    """backtrader and the compiled sweep give different portfolios: a bug of ours, never the user's fault."""


def confirm(
    legs: NDArray[Any], at: Conditions, values: Mapping[str, Any], metrics: F8, periods: float
) -> None:
    """Run the legs of a point under the other engine; EnginesDisagree names the first metric that differs."""
    run = execute(legs, at.panel, at.config, "backtrader")
    annual = Annual(periods, at.panel.years)
    figures: dict[str, float] = equity_metrics(run.equity, float(at.config.capital), annual)
    figures |= {"fills": len(run.fills), "blocked": len(run.blocks)}
    figures["costs"] = float(sum(run.fills[name].sum() for name in ("commission", "stamp", "levies")))
    for name, figure in figures.items():
        swept = float(metrics[METRICS.index(name)])
        if not np.isclose(swept, figure, rtol=SAME, atol=SAME):
            point = ", ".join(f"{key}={value}" for key, value in values.items())
            raise EnginesDisagree(f"{point}: {name} is {swept!r} in the sweep and {figure!r} by backtrader")
