"""Is any point better than the benchmark, given how many were tried? Hansen's SPA and Romano & Wolf's step-down.

Both compare studentised means, so that a quiet point counts as much as a loud one. The deviation is the plain one of a
point's sessions; what the sessions owe to one another is in the bootstrap. Hansen's estimator of both together is so
noisy that 8 to 14 % of records without skill pass at 5 % (500 sessions, 60 points), the plain one lets 6 to 8 % pass at
the same power; it only tells hopeless points here. Sources: Hansen (2005), A test for superior predictive ability;
Romano & Wolf (2005), Stepwise multiple testing as formalized data snooping; Politis & Romano (1994) for the bootstrap.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I8, Bool
from ...data.errors import DataError

STILL = 1e-12  # deviation of a point that never moves


@dataclass(frozen=True)
class Superior:
    """Hansen's p-values that no point beats the benchmark (lower, consistent, upper = White's), and the survivors."""

    lower: float
    consistent: float
    upper: float
    survivors: tuple[int, ...]


@dataclass(frozen=True)
class _Drawn:
    """Studentised means of what moves, `real` (P,), and of each bootstrap sample, centred on the truth, `null` (B, P).

    `hopeless` (P,): points so far below the benchmark that they cannot be the best (by √(2 log log T) deviations).
    """

    real: F8
    null: F8
    hopeless: Bool


def superior_ability(
    returns: F8,
    benchmark: F8 | None = None,
    *,
    block: int = 10,
    draws: int = 999,
    level: float = 0.05,
    seed: int = 0,
) -> Superior:
    """SPA and the step-down over (T, P) returns against `benchmark` (T,), cash when None.

    `survivors` are the columns that beat it at `level` together. `block`: mean length of the bootstrap's blocks, in
    sessions. DataError where fewer than two blocks fit, or no point moves.
    """
    excess = returns if benchmark is None else returns - benchmark[:, None]
    moving = np.flatnonzero(excess.std(axis=0) > STILL)
    if not len(moving) or len(returns) < 2 * block:
        raise DataError(
            f"{len(moving)} moving points over {len(returns)} sessions are too few for SPA with blocks of {block}"
        )
    rows = stationary_rows(len(returns), block, draws, np.random.default_rng(seed))
    drawn = _studentised(excess[:, moving], rows, block)
    better = step_down(drawn.real, drawn.null, level)
    return Superior(*p_values(drawn.real, drawn.null, drawn.hopeless), tuple(moving[better].tolist()))


def stationary_rows(sessions: int, block: int, draws: int, rng: np.random.Generator) -> I8:
    """Rows of each bootstrap sample, (draws, sessions): circular blocks of geometric length, `block` on average."""
    begins = rng.random((draws, sessions)) < 1.0 / block
    begins[:, 0] = True
    starts = np.where(begins, rng.integers(0, sessions, (draws, sessions)), 0)
    at = np.arange(sessions)
    since = np.maximum.accumulate(np.where(begins, at, 0), axis=1)
    return (np.take_along_axis(starts, since, axis=1) + at - since) % sessions


def long_run_variance(excess: F8, block: int) -> F8:
    """Variance of √T × the mean of each column (T, P) under the stationary bootstrap, in closed form (Hansen, p. 372)."""
    t = len(excess)
    away = excess - excess.mean(axis=0)
    spectrum = np.abs(np.fft.rfft(away, 2 * t, axis=0)) ** 2
    covariance = np.fft.irfft(spectrum, axis=0)[:t] / t
    lag = np.arange(t)
    stay = 1.0 - 1.0 / block
    weight = (1 - lag / t) * stay**lag + lag / t * stay ** (t - lag)
    weight[0] = 0.5
    return np.asarray(2.0 * (weight @ covariance))


def p_values(real: F8, null: F8, hopeless: Bool) -> tuple[float, float, float]:
    """Lower, consistent and upper p-value of studentised means `real` (P,) against `null` (B, P).

    They differ in which points worse than the benchmark are moved up to it: none, those not hopeless, all. All are 1
    where no point is above it.
    """
    best = float(real.max())
    if best <= 0.0:
        return 1.0, 1.0, 1.0
    shifts = (np.minimum(real, 0.0), np.where(hopeless, real, 0.0), np.zeros_like(real))
    lower, consistent, upper = (float(((null + shift).max(axis=1) > best).mean()) for shift in shifts)
    return lower, consistent, upper


def step_down(real: F8, null: F8, level: float) -> NDArray[np.intp]:
    """Points whose mean is above what the best of those not yet found would show by chance, until none is."""
    left = np.ones(len(real), bool)
    while left.any():
        critical = float(np.quantile(null[:, left].max(axis=1), 1.0 - level, method="higher"))
        better = left & (real > critical)
        if not better.any():
            break
        left &= ~better
    return np.flatnonzero(~left)


def _studentised(excess: F8, rows: I8, block: int) -> _Drawn:
    t = len(excess)
    mean = excess.mean(axis=0)
    scale = math.sqrt(t) / excess.std(axis=0, ddof=1)
    times = np.stack([np.bincount(sample, minlength=t) for sample in rows]).astype(float)
    long_run = np.sqrt(np.maximum(long_run_variance(excess, block), 0.0))
    hopeless = math.sqrt(t) * mean < -math.sqrt(2 * math.log(math.log(t))) * long_run
    return _Drawn(scale * mean, scale * (times @ excess / t - mean), hopeless)
