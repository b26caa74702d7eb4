"""How sure a Sharpe ratio is: probabilistic and deflated, and how long a record it would need.

Sharpe ratios here are per period, never annualised, unless a name says so; kurtosis is 3 for a normal.
Sources: Bailey & López de Prado (2012) The Sharpe ratio efficient frontier; (2014) The deflated Sharpe ratio.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from ...data.arrays import F8
from ...data.errors import DataError

MIN_PERIODS = 20
NORMAL = NormalDist()


@dataclass(frozen=True)
class Moments:
    """What a record of returns says of itself: `sharpe` per period, `n` periods."""

    sharpe: float
    skew: float
    kurtosis: float
    n: int


def moments(returns: F8) -> Moments:
    """Moments of a series of period returns (T,), NaN dropped; too short or flat a record is refused."""
    r = returns[np.isfinite(returns)]
    if len(r) < MIN_PERIODS:
        raise DataError(
            f"{len(r)} returns are too few to judge a Sharpe ratio; it needs at least {MIN_PERIODS} sessions"
        )
    away = r - r.mean()
    variance = float((away**2).mean())
    if variance < 1e-24:
        raise DataError(
            "the returns do not vary, so there is no Sharpe ratio; check that the strategy traded"
        )
    skew = float((away**3).mean()) / variance**1.5
    kurtosis = float((away**4).mean()) / variance**2
    return Moments(float(r.mean() / r.std(ddof=1)), skew, kurtosis, len(r))


def sharpe_ratios(returns: F8) -> F8:
    """Sharpe ratio per period of each column of (T, P) returns; 0 where a column is flat."""
    deviation = returns.std(axis=0, ddof=1)
    ratio = np.divide(
        returns.mean(axis=0), deviation, out=np.zeros(returns.shape[1]), where=deviation > 1e-12
    )
    return np.asarray(ratio, dtype=np.float64)


def probabilistic_sharpe(record: Moments, benchmark: float = 0.0) -> float:
    """Probability that the true Sharpe ratio exceeds `benchmark` (per period), given skew, tails and length."""
    return NORMAL.cdf((record.sharpe - benchmark) * math.sqrt(record.n - 1) / _spread(record))


def expected_best(trials: float, variance: float) -> float:
    """Expected largest Sharpe ratio of `trials` independent trials without skill, whose ratios vary by `variance`."""
    if trials <= 1:
        return 0.0
    first = NORMAL.inv_cdf(1 - 1 / trials)
    second = NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - np.euler_gamma) * first + np.euler_gamma * second)


def deflated_sharpe(record: Moments, trials: float, variance: float) -> float:
    """Probability of skill after choosing the best of `trials` independent trials with Sharpe variance `variance`."""
    return probabilistic_sharpe(record, expected_best(trials, variance))


def minimum_track_record(record: Moments, benchmark: float = 0.0, level: float = 0.05) -> float:
    """Periods needed before this Sharpe ratio beats `benchmark` at `level`; infinite when it does not exceed it."""
    excess = record.sharpe - benchmark
    if excess <= 0:
        return math.inf
    return 1 + _spread(record) ** 2 * (NORMAL.inv_cdf(1 - level) / excess) ** 2


def mean_correlation(returns: F8) -> float:
    """Mean pairwise correlation of the columns of (T, P) returns, in one pass; flat columns are left out."""
    deviation = returns.std(axis=0)
    moving = returns[:, deviation > 1e-12]
    p = moving.shape[1]
    if p < 2:
        return 0.0
    z = (moving - moving.mean(axis=0)) / moving.std(axis=0)
    total = z.sum(axis=1)
    return float(((total @ total) / len(z) - p) / (p * (p - 1)))


def independent_trials(points: int, correlation: float) -> float:
    """Number of independent trials that `points` correlated ones amount to: ρ + (1 − ρ) × points, ρ ≥ 0."""
    rho = min(max(correlation, 0.0), 1.0)
    return rho + (1 - rho) * points


def _spread(record: Moments) -> float:
    """Deviation of an estimated Sharpe ratio times √(n − 1)."""
    variance = 1 - record.skew * record.sharpe + (record.kurtosis - 1) / 4 * record.sharpe**2
    return math.sqrt(max(variance, 1e-12))
