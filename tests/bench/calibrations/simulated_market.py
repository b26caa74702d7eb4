"""Markets whose truth is known, for measuring the tests.

Each has launches clustered on few days, several codes per launch, a common factor (cross-correlation), Student-t shocks
with volatility that clusters and rises around launches, and a daily price limit that carries the excess over.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

BEFORE = 120  # sessions that the first launch has before it


@dataclass(frozen=True)
class Market:
    """A simulated market. Volatilities are daily fractions; `drift` is added on each of `drift_days` from day 0,
    `trend` to every code on every day."""

    sessions: int = 500
    codes: int = 30
    launches: int = 40
    dates: int = 30
    codes_per_launch: int = 1
    volatility: float = 0.03
    factor_share: float = 0.2
    tail: float = 4.0
    limit: float = 0.10
    event_noise: float = 1.5
    drift: float = 0.0
    drift_days: int = 5
    trend: float = 0.0


def simulate(market: Market, rng: np.random.Generator) -> tuple[F8, I4, I4]:
    """Daily returns (T, N) after limits, and the code and day-0 row of each event."""
    t, n = market.sessions, market.codes
    days = np.sort(rng.choice(np.arange(BEFORE + 5, t - 25), market.dates, replace=False))
    extra = rng.choice(days, market.launches - market.dates)
    launch_day = np.concatenate([days, extra])
    day0 = np.repeat(launch_day, market.codes_per_launch).astype(np.int32)
    code = np.concatenate([rng.choice(n, market.codes_per_launch, replace=False) for _ in launch_day]).astype(
        np.int32
    )
    scale = np.exp(0.3 * _persistent(t, rng))[:, None] * rng.uniform(0.7, 1.4, n)[None, :]
    scale *= market.volatility
    for row, i in zip(day0, code, strict=True):
        scale[row : row + 2, i] *= market.event_noise
    spread = np.sqrt(market.tail / (market.tail - 2)) if market.tail > 2 else 1.0
    common = rng.standard_t(market.tail, (t, 1)) / spread
    own = rng.standard_t(market.tail, (t, n)) / spread
    wanted = market.trend + scale * (
        np.sqrt(market.factor_share) * common + np.sqrt(1 - market.factor_share) * own
    )
    for row, i in zip(day0, code, strict=True):
        wanted[row : row + market.drift_days, i] += market.drift
    return limited(wanted, market.limit), code, day0


def _persistent(t: int, rng: np.random.Generator, memory: float = 0.95) -> F8:
    """A stationary AR(1) with unit variance: the logarithm of the market's volatility."""
    shocks = rng.standard_normal(t) * np.sqrt(1 - memory**2)
    path = np.empty(t)
    path[0] = rng.standard_normal()
    for k in range(1, t):
        path[k] = memory * path[k - 1] + shocks[k]
    return path


def limited(wanted: F8, limit: float) -> F8:
    """Returns (T, N) the exchange lets through: what exceeds the limit is carried to the next session."""
    if not np.isfinite(limit):
        return wanted
    out = np.empty_like(wanted)
    left = np.zeros(wanted.shape[1])
    for row, want in enumerate(wanted):
        out[row] = np.clip(want + left, -limit, limit)
        left = want + left - out[row]
    return out
