"""The best points of a sweep again, one by one, through backtrader: the same portfolio or a loud failure."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..backtest.backtest import execute
from ..results.metrics import Annual, equity_metrics
from .job import Job

SAME = 1e-9  # relative


class EnginesDisagree(Exception):
    """backtrader and the compiled sweep give different portfolios: a bug of ours, never the user's fault."""


def confirm(job: Job, row: Mapping[str, Any], engine: str = "backtrader") -> None:
    """Run one point of `outcome_rows` under another engine; EnginesDisagree names the first metric that differs."""
    values = {name: row[name] for name in job.grid.values}
    run = execute(job.legs(values), job.panel, job.config, engine)
    annual = Annual(job.periods, job.panel.years)
    found: dict[str, float] = equity_metrics(run.equity, float(job.config.capital), annual)
    found |= {"fills": len(run.fills), "blocked": len(run.blocks)}
    found["costs"] = float(sum(run.fills[name].sum() for name in ("commission", "stamp", "levies")))
    for name, value in found.items():
        if not np.isclose(row[name], value, rtol=SAME, atol=SAME):
            point = ", ".join(f"{key}={value}" for key, value in values.items())
            raise EnginesDisagree(f"{point}: {name} is {row[name]!r} in the sweep and {value!r} by {engine}")


def confirm_all(job: Job, rows: Iterable[Mapping[str, Any]]) -> int:
    """How many points were confirmed: all of them, or EnginesDisagree."""
    count = 0
    for row in rows:
        confirm(job, row)
        count += 1
    return count
