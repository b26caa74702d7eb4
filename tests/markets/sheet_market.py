"""Runs for the tear sheet: equity that walks over the real sessions of one exchange or both, with or without a benchmark."""

import dataclasses

import numpy as np
import pandas as pd

from launchlab.data.calendars.sessions import sessions
from launchlab.engine.results.result import COLUMNS, Result

from .result_fixture import CAPITAL, make_result

PERIODS = {"XHKG": 246.0, "XSHG": 242.0, "both": 253.0}


def days_of(market: str, start: str, end: str) -> list[str]:
    """Sessions of XHKG, XSHG or either."""
    names = ("XHKG", "XSHG") if market == "both" else (market,)
    return sorted({str(day) for name in names for day in sessions(name, start, end)})


def walk(length: int, seed: int, spread: float = 0.012) -> np.ndarray:
    """Returns with a fat tail, every fourth session flat."""
    rng = np.random.default_rng(seed)
    found = rng.standard_t(4, length) * spread * 0.7 + 0.0004
    found[::4] = 0.0
    return found


def run_over(
    days: list[str], returns: np.ndarray, benchmark: np.ndarray | None, *, periods: float, years: float
) -> Result:
    """A run with these returns, and a summary of the same; its fills and launches are those of the fixture."""
    base = make_result(sessions=40, launches=3)
    equity = CAPITAL * np.cumprod(1.0 + returns)
    table = pd.DataFrame({name: np.zeros(len(days)) for name in COLUMNS["equity"]}).assign(
        session=days, equity=equity
    )
    level = (
        np.full(len(days), np.nan) if benchmark is None else CAPITAL * np.cumprod(1.0 + np.asarray(benchmark))
    )
    comparison = pd.DataFrame({"session": days, "paper": equity, "benchmark": level, "open_markets": "XHKG"})
    summary = dataclasses.replace(
        base.summary, start=days[0], end=days[-1], sessions=len(days), periods_per_year=periods, years=years,
        metrics={"exposure": 0.75}, benchmark=None if benchmark is None else "index",
    )  # fmt: skip
    return dataclasses.replace(base, equity=table, comparison=comparison, summary=summary)
