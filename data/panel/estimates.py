"""Beta, volatility and traded value of a few sessions, as functions over arrays."""

from dataclasses import dataclass

import numpy as np

from ..arrays import F8, Bool

FLAT = 1e-18  # a variance below it is that of a price that did not move


@dataclass(frozen=True)
class Window:
    """The last `most` sessions of a code up to a row; fewer than `least` say nothing."""

    most: int = 60
    least: int = 20


def beta(own: F8, market: F8, *, least: int) -> float:
    """Slope of the least-squares line of `own` returns on those of the market, both (n,); NaN where it is not known.

    Sessions without a return of both are left out; fewer than `least` pairs, or a market that did not move, give NaN.
    """
    both = np.isfinite(own) & np.isfinite(market)
    if int(both.sum()) < max(least, 2):
        return float("nan")
    x, y = market[both] - market[both].mean(), own[both] - own[both].mean()
    spread = float(x @ x)
    return float(x @ y) / spread if spread > FLAT else float("nan")


def shrunk(value: float, share: float) -> float:
    """A beta moved by `share` of the way to 1, where betas tend: M. Blume, Journal of Finance 26 (1971), takes a third."""
    return (1.0 - share) * value + share


def volatility(own: F8, *, least: int) -> float:
    """Standard deviation of daily returns (n,), with n − 1; NaN for fewer than `least`, and where none moved."""
    known = own[np.isfinite(own)]
    if len(known) < max(least, 2):
        return float("nan")
    spread = float(known.var(ddof=1))
    return float(np.sqrt(spread)) if spread > FLAT else float("nan")


def traded_value(value: F8, *, least: int) -> float:
    """Mean of the value traded in each session (n,), zeros included; NaN for fewer than `least`, and where nothing was."""
    mean = float(value.mean()) if len(value) >= max(least, 1) else 0.0
    return mean if mean > 0.0 else float("nan")


def filled_in(values: F8, otherwise: float) -> F8:
    """The values (n,), what is not known taken as the mean of those that are, else as `otherwise`."""
    known = np.isfinite(values)
    return np.where(known, values, values[known].mean() if known.any() else otherwise)


def mean_return(returns: F8, weights: F8) -> F8:
    """Return of a basket, (n,), from those of its members (n, m) and their weights (m,).

    A member without a return is left out that day, and the others stand for it; NaN where none has one.
    """
    known: Bool = np.isfinite(returns)
    held = known @ weights
    total = np.where(known, returns, 0.0) @ weights
    mean: F8 = np.divide(total, held, out=np.full(len(total), np.nan), where=held > 0.0)
    return mean
