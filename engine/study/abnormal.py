"""Abnormal returns in event time: what each code did beyond what its own past, a market or a peer explains.

Event time counts the sessions of the code's own exchange; day 0 is the first session that can be traded on
the news. All arrays here are events × offsets, shape (E, L); returns are simple, as fractions; NaN = not traded.
Sources: MacKinlay (1997), Campbell, Lo & MacKinlay (1997, ch. 4); prediction-error variance after Patell (1976).
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I4, Bool
from ...data.errors import ConfigError

MIN_ESTIMATION = 10  # fewer observations than this estimate no variance worth a test


class Model(StrEnum):
    """What a return is compared with."""

    MEAN = "mean"  # the code's own mean over the estimation window
    MARKET = "market"  # alpha + beta × benchmark, least squares over the estimation window
    PEER = "peer"  # the peer's return of the same day, no parameters


@dataclass(frozen=True)
class Sample:
    """One window of every event: `car` sums `ar` over the traded days `n`; `scar` is `car` in its own predicted deviations.

    Shapes (E,) and (E, W). `freedom` is that of the estimated deviation; `rows` are panel rows (-1 outside the panel).
    """

    ar: F8
    rows: I4
    car: F8
    scar: F8
    bhar: F8
    n: I4
    freedom: F8
    day0: I4

    def __len__(self) -> int:
        return len(self.car)


@dataclass(frozen=True)
class Abnormal:
    """Abnormal returns of every event over its estimation and event offsets.

    `ar`, `normal` (expected return), `factor` (regressor) are (E, L); `estimated` marks the offsets of the
    estimation window, (L,). `sigma`, `freedom`, `observations`, `centre`, `spread` are (E,): residual deviation
    and its degrees of freedom, observations used, mean and sum of squares of the regressor (NaN without one).
    """

    model: Model
    offsets: I4
    rows: I4
    ar: F8
    normal: F8
    factor: F8
    estimated: Bool
    sigma: F8
    freedom: F8
    observations: I4
    centre: F8
    spread: F8

    def __len__(self) -> int:
        return len(self.sigma)

    @property
    def day0(self) -> I4:
        """Panel row of day 0 of every event."""
        return self.rows[:, int(np.flatnonzero(self.offsets == 0)[0])]

    def usable(self, least: int) -> Bool:
        """Events with at least `least` estimation observations and a price that moved at all."""
        enough = (self.observations >= max(least, MIN_ESTIMATION)) & (self.freedom > 2)
        return enough & np.isfinite(self.sigma) & (self.sigma > 1e-12)

    def keep(self, events: Bool | NDArray[np.intp]) -> "Abnormal":
        """The chosen events only."""
        names = ("rows", "ar", "normal", "factor", "sigma", "freedom", "observations", "centre", "spread")
        return replace(self, **{name: getattr(self, name)[events] for name in names})

    def window(self, first: int, last: int) -> Sample:
        """Sums over offsets `first` to `last`, both included; NaN where the event did not trade there at all."""
        at = (self.offsets >= first) & (self.offsets <= last)
        if at.sum() != last - first + 1:
            raise ConfigError(f"the window {first}:{last} is not inside {self.offsets[0]}:{self.offsets[-1]}")
        # contiguous rows: an event's sums must not depend, in the last bit, on which others are in the ledger
        ar, normal = (np.ascontiguousarray(part[:, at]) for part in (self.ar, self.normal))
        seen = np.isfinite(ar)
        n = seen.sum(axis=1).astype(np.int32)
        car = np.where(n > 0, np.where(seen, ar, 0.0).sum(axis=1), np.nan)
        held = np.where(seen, 1.0 + ar + normal, 1.0).prod(axis=1)
        passive = np.where(seen, 1.0 + normal, 1.0).prod(axis=1)
        scar = car / (self.sigma * np.sqrt(self._spread_of(at, seen, n)))
        bhar = np.where(n > 0, held - passive, np.nan)
        return Sample(ar, self.rows[:, at], car, scar, bhar, n, self.freedom, self.day0)

    def _spread_of(self, at: Bool, seen: Bool, n: I4) -> F8:
        """Variance of a window's sum in units of sigma²: its days, plus the error of the estimated parameters."""
        days = n.astype(float)
        if self.model is Model.PEER:
            return np.where(n > 0, days, np.nan)
        variance = days + days**2 / self.observations
        if self.model is Model.MARKET:
            away = np.where(seen, self.factor[:, at] - self.centre[:, None], 0.0).sum(axis=1)
            variance = variance + away**2 / self.spread
        return np.where(n > 0, variance, np.nan)


def event_rows(exchange_open: Bool, exchange: I4, day0: I4, offsets: I4) -> I4:
    """Panel row of each offset of each event, on the clock of its own exchange; -1 outside the panel.

    `exchange_open` (T, X); `exchange` and `day0` (E,); `offsets` (L,). `day0` must be an open row or -1.
    """
    rows = np.full((len(day0), len(offsets)), -1, np.int32)
    for x in np.unique(exchange):
        own = np.flatnonzero(exchange_open[:, x]).astype(np.int32)
        mine = np.flatnonzero((exchange == x) & (day0 >= 0))
        place = np.searchsorted(own, day0[mine])[:, None] + offsets[None, :]
        inside = (place >= 0) & (place < len(own))
        rows[mine] = np.where(inside, own[np.clip(place, 0, len(own) - 1)], -1)
    return rows


def event_values(matrix: F8, rows: I4, code: I4) -> F8:
    """Values of a sessions × codes matrix at each event's rows, (E, L); NaN outside the panel."""
    return np.where(rows >= 0, matrix[np.maximum(rows, 0), code[:, None]], np.nan)


def abnormal_returns(
    returns: F8, factor: F8 | None, *, model: Model, rows: I4, offsets: I4, estimation: tuple[int, int]
) -> Abnormal:
    """Abnormal returns of events whose `returns` (E, L) lie at `offsets` (L,).

    `factor` (E, L) is the benchmark's or peer's return on the same days, needed by the market and peer models.
    """
    if model is not Model.MEAN and factor is None:
        raise ConfigError(
            f"the {model} model needs the code of a {'benchmark' if model is Model.MARKET else 'peer'}"
        )
    returns = np.ascontiguousarray(returns)
    x = np.full_like(returns, np.nan) if factor is None else np.ascontiguousarray(factor)
    y = returns if model is Model.MEAN else np.where(np.isfinite(x), returns, np.nan)
    estimated = (offsets >= estimation[0]) & (offsets <= estimation[1])
    used = estimated[None, :] & np.isfinite(y)
    n = used.sum(axis=1).astype(np.int32)
    divisor = np.where(n > 0, n, 1)
    mean_y = np.where(used, y, 0.0).sum(axis=1) / divisor
    mean_x = np.where(used, x, 0.0).sum(axis=1) / divisor
    dx = np.where(used, x - mean_x[:, None], 0.0)
    spread = (dx**2).sum(axis=1)
    normal = np.broadcast_to(mean_y[:, None], y.shape).copy()
    parameters = 1
    if model is Model.MARKET:
        product = (dx * np.where(used, y - mean_y[:, None], 0.0)).sum(axis=1)
        slope = np.divide(product, spread, out=np.zeros_like(product), where=spread > 0)
        normal += slope[:, None] * (x - mean_x[:, None])
        parameters = 2
    elif model is Model.PEER:
        normal = x
        parameters = 0
    ar = y - normal
    freedom = (n - parameters).astype(float)
    squares = np.where(used, ar, 0.0) ** 2
    sigma = np.sqrt(np.divide(squares.sum(axis=1), freedom, out=np.full(len(n), np.nan), where=freedom > 0))
    bare = model is Model.MEAN
    return Abnormal(
        model, offsets, rows, ar, normal, x, estimated, sigma, freedom, n,
        np.full(len(n), np.nan) if bare else mean_x, np.full(len(n), np.nan) if bare else spread,
    )  # fmt: skip
