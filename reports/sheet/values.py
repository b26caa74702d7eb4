"""How the figures of the tear sheet are worked out: by QuantStats (its `stats`), or here where its answer is another.

Every value is a function of `stats` and a record, NaN or None where there is nothing to say; a pair one has the
benchmark's record besides.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ...data.errors import DataError
from ...engine.luck.sharpe import moments, probabilistic_sharpe
from .record import Record

Value = Callable[[Any, Record], Any]
Pair = Callable[[Any, Record, Record], Any]


def over(value: float, by: float) -> float:
    """A quotient; NaN over nothing."""
    return value / by if by else math.nan


def quantstats(name: str, **options: Any) -> Value:
    """QuantStats' figure of that name."""
    return lambda stats, one: getattr(stats, name)(one.returns, **options)


def annualised(name: str) -> Value:
    """QuantStats' figure of that name, with the run's own sessions a year."""
    return lambda stats, one: getattr(stats, name)(one.returns, periods=one.periods)


def growth(stats: Any, record: Record) -> float:
    """Compound growth a calendar year; −1 after a bankruptcy."""
    level = float(record.growth.iloc[-1])
    return level ** (1.0 / record.years) - 1.0 if level > 0.0 else -1.0


def against_drawdown(value: Value) -> Value:
    """A value over the largest fall."""
    return lambda stats, one: over(value(stats, one), -float(one.drawdown().min()))


def against_exposure(value: Value) -> Value:
    """A value over the share of sessions invested; nothing for a benchmark."""
    return lambda stats, one: None if one.exposure is None else over(value(stats, one), one.exposure)


def moment(name: str) -> Value:
    """Skew or kurtosis (3 for a normal) as the verdict of a sweep counts them; NaN where the record is too short or flat."""

    def value(stats: Any, record: Record) -> float:
        try:
            shape = moments(record.returns.to_numpy(dtype=float))
        except DataError:
            return math.nan
        return probabilistic_sharpe(shape) if name == "probability" else float(getattr(shape, name))

    return value


def back(months: int, *, annual: bool = False) -> Value:
    """Return of the last `months`, a year where `annual`; NaN of a record that is shorter."""

    def value(stats: Any, record: Record) -> float:
        since = record.returns.index[-1] - pd.DateOffset(months=months)
        if not record.reaches(since, months / 12):
            return math.nan
        total = record.since(since)
        return (1.0 + total) ** (12 / months) - 1.0 if annual else total

    return value


def to_date(frequency: str) -> Value:
    """Return of the month or year in which the record ends, so far."""
    return lambda stats, one: one.by(frequency).iloc[-1]


def parts(frequency: str, take: Callable[[pd.Series], Any]) -> Value:
    """What `take` makes of the returns of the weeks, months, quarters or years."""
    return lambda stats, one: take(one.by(frequency))


def sessions(take: Callable[[pd.Series], Any]) -> Value:
    """What `take` makes of the returns of all sessions, flat ones included."""
    return lambda stats, one: take(one.returns)


def gains(returns: pd.Series) -> tuple[float, int]:
    """Share above nothing, and of how many."""
    return float((returns > 0.0).mean()), len(returns)


def up(returns: pd.Series) -> float:
    """Mean of those above nothing."""
    return float(returns[returns > 0.0].mean())


def down(returns: pd.Series) -> float:
    """Mean of those below nothing."""
    return float(returns[returns < 0.0].mean())


def worst(column: str) -> Value:
    """A column of the deepest drawdown; None without one."""

    def value(stats: Any, record: Record) -> Any:
        found = record.drawdowns()
        return found[column].iloc[0] if len(found) else None

    return value


def drawdowns(column: str, take: Callable[[pd.Series], Any]) -> Value:
    """What `take` makes of a column of all drawdowns; None without one."""

    def value(stats: Any, record: Record) -> Any:
        found = record.drawdowns()[column]
        return take(found) if len(found) else None

    return value


def beta(stats: Any, record: Record, other: Record) -> float:
    """Slope of the run's returns on the benchmark's; NaN of a flat benchmark."""
    return _line(stats, record, other, "beta")


def alpha(stats: Any, record: Record, other: Record) -> float:
    """Mean return that beta does not explain, × sessions a year."""
    return _line(stats, record, other, "alpha")


def _line(stats: Any, record: Record, other: Record, name: str) -> float:
    if other.returns.std() == 0.0:
        return math.nan
    return float(stats.greeks(record.returns, other.returns, record.periods, prepare_returns=False)[name])


def correlation(stats: Any, record: Record, other: Record) -> float:
    """Correlation of the sessions' returns; NaN of a flat benchmark."""
    return float(np.corrcoef(record.returns, other.returns)[0, 1]) if other.returns.std() > 0.0 else math.nan


def explained(stats: Any, record: Record, other: Record) -> float:
    """Share of the variance that the benchmark explains."""
    return math.nan if other.returns.std() == 0.0 else float(stats.r_squared(record.returns, other.returns))


def information(stats: Any, record: Record, other: Record) -> float:
    """Mean difference from the benchmark over its deviation, × √ sessions a year."""
    return float(stats.information_ratio(record.returns, other.returns) * record.periods**0.5)


def treynor(stats: Any, record: Record, other: Record) -> float:
    """Growth a year over beta."""
    return over(growth(stats, record), beta(stats, record, other))
