"""How often each test cries skill where there is none, and finds it where there is: simulated markets.

`python -m launchlab.engine.research.calibration` prints the tables of docs/research.md. Each market has launches
clustered on few days, several codes per launch, a common factor (cross-correlation), Student-t shocks with
volatility that clusters and rises around launches, and a daily price limit that carries the excess over.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from .abnormal import Abnormal, Model, abnormal_returns, event_rows, event_values
from .battery import LEVEL, NAMES, battery
from .sweep_calibration import sweep_table

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

ESTIMATION = (-120, -21)
WINDOWS = {"react": (0, 1), "drift": (0, 4)}


@dataclass(frozen=True)
class Market:
    """A simulated market. Volatilities are daily fractions; `drift` is added on each of `drift_days` from day 0."""

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


SCENARIOS: dict[str, Market] = {
    "calm": Market(factor_share=0.0, dates=40, event_noise=1.0, tail=30.0, limit=np.inf),
    "typical": Market(),
    "noisy events": Market(event_noise=3.0),
    "clustered": Market(dates=12, codes_per_launch=2, factor_share=0.4),
    "20 % limits": Market(limit=0.20, tail=3.0, volatility=0.04),
    "5 % limits": Market(limit=0.05),
}


@dataclass(frozen=True)
class Rates:
    """Share of markets in which each test rejected at 5 %, and the share called `real` by the whole battery."""

    rejected: dict[str, float]
    real: float
    markets: int


def simulate(market: Market, rng: np.random.Generator) -> tuple[F8, I4, I4]:
    """Daily returns (T, N) after limits, and the code and day-0 row of each event."""
    t, n = market.sessions, market.codes
    days = np.sort(rng.choice(np.arange(-ESTIMATION[0] + 5, t - 25), market.dates, replace=False))
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
    wanted = scale * (np.sqrt(market.factor_share) * common + np.sqrt(1 - market.factor_share) * own)
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


def events_of(returns: F8, code: I4, day0: I4) -> Abnormal:
    """Mean-model abnormal returns of simulated events over the standard estimation window."""
    offsets = np.arange(ESTIMATION[0], 11, dtype=np.int32)
    rows = event_rows(np.ones((len(returns), 1), bool), np.zeros(len(day0), np.int32), day0, offsets)
    drawn = event_values(returns, rows, code)
    return abnormal_returns(drawn, None, model=Model.MEAN, rows=rows, offsets=offsets, estimation=ESTIMATION)


def rejection_rates(market: Market, *, markets: int, draws: int = 499, seed: int = 0) -> dict[str, Rates]:
    """Rejection rates of each window over `markets` simulated markets; the same seed gives the same table."""
    count = {label: dict.fromkeys(NAMES, 0) for label in WINDOWS}
    real = dict.fromkeys(WINDOWS, 0)
    for rng in np.random.default_rng(seed).spawn(markets):
        returns, code, day0 = simulate(market, rng)
        events = events_of(returns, code, day0)
        for label, window in WINDOWS.items():
            found = battery(events, window, total=len(returns), draws=draws, rng=rng)
            for test in found.tests:
                count[label][test.name] += bool(test.p < LEVEL)
            real[label] += found.verdict == "real"
    return {
        label: Rates({name: k / markets for name, k in count[label].items()}, real[label] / markets, markets)
        for label in WINDOWS
    }


def tables(markets: int, seed: int) -> Iterator[str]:
    """Markdown rows: false positives of each scenario and window, then power with 1 % a day over five days."""
    columns = (*NAMES, "verdict")
    yield f"| market | window | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 2) + "|"
    for name, market in SCENARIOS.items():
        for label, rates in rejection_rates(market, markets=markets, seed=seed).items():
            yield _row(name, label, rates)
    planted = replace(SCENARIOS["typical"], drift=0.01)
    yield _row("drift 1 %/day", "drift", rejection_rates(planted, markets=markets, seed=seed)["drift"])


def _row(name: str, label: str, rates: Rates) -> str:
    values = [*(rates.rejected[test] for test in NAMES), rates.real]
    return f"| {name} | {label} | " + " | ".join(f"{100 * v:.1f}" for v in values) + " |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the calibration tables; rates in percent."""
    parser = argparse.ArgumentParser(
        prog="python -m launchlab.engine.research.calibration", description=main.__doc__
    )
    parser.add_argument("--markets", type=int, default=1_000, help="simulated markets per row")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    for line in chain(tables(chosen.markets, chosen.seed), [""], sweep_table(chosen.markets, chosen.seed)):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
