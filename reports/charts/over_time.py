"""Figures that move: rolling risk and return of a run, and the mean path of the launches it traded."""

import numpy as np
import pandas as pd

from ...engine.results.path import LaunchPath
from ...engine.results.result import Result
from .plots import line, rounded
from .shares import Figure, in_percent

WINDOW = 63  # sessions, a quarter


def rolling_figure(result: Result) -> Figure | None:
    """Sharpe ratio and volatility a year over the last `WINDOW` sessions, and beta where there is a benchmark; None for a run not longer."""
    returns = result.returns
    if len(returns) <= WINDOW:
        return None
    days, year = result.equity["session"].tolist()[WINDOW - 1 :], result.summary.periods_per_year
    window = returns.rolling(WINDOW)
    spread = window.std()
    sharpe = (window.mean() / spread.where(spread > 1e-12) * np.sqrt(year)).iloc[WINDOW - 1 :]
    risk = (spread * np.sqrt(year)).iloc[WINDOW - 1 :]
    data = [
        line(days, rounded(sharpe, 3), "Sharpe ratio", "strategy"),
        line(days, rounded(risk, 5), "volatility a year", "short", yaxis="y2"),
    ]
    beta = _rolling_beta(result, returns)
    if beta is not None:
        data.insert(1, line(days, rounded(beta[WINDOW - 1 :], 3), "beta", "benchmark", dash="dot"))
    layout = {
        "yaxis": {"domain": [0.36, 1], "title": {"text": "ratio"}},
        "yaxis2": {"domain": [0, 0.28], "title": {"text": "volatility"}, "rangemode": "tozero"},
        "xaxis": {"anchor": "y2"},
        "hovermode": "x unified",
    }
    return in_percent({"data": data, "layout": layout}, "yaxis2")


def _rolling_beta(result: Result, returns: pd.Series) -> pd.Series | None:
    benchmark = result.benchmark
    if benchmark is None:
        return None
    beside = benchmark.reindex(returns.index)
    variance = beside.rolling(WINDOW).var()
    return returns.rolling(WINDOW).cov(beside) / variance.where(variance > 1e-18)


def path_figure(path: LaunchPath) -> Figure:
    """Mean change of what was traded since the last close before its entry."""
    x = list(path.sessions)
    data = [line(x, rounded(path.both, 6), "as traded: long less short", "strategy", width=2.4)]
    for name, values, color in (("longs", path.long, "long"), ("shorts", path.short, "short")):
        if any(value is not None for value in values):
            data.append(
                line(x, [None if v is None else round(v, 6) for v in values], name, color, dash="dot")
            )
    layout = {
        "xaxis": {"title": {"text": "sessions since the last close before the entry"}},
        "yaxis": {"title": {"text": "change"}},
        "hovermode": "x unified",
    }
    return in_percent({"data": data, "layout": layout})
