"""Tests that hold when launches share days: the calendar-time portfolio and bootstraps of whole clusters.

A hundred launches on three days are three observations. Sources: Jaffe (1974), Mandelker (1974), Fama (1998);
Cameron, Gelbach & Miller (2008) and Webb (2014) for the wild cluster bootstrap; Politis & Romano (1992) for the
circular block bootstrap.
"""

import math

import numpy as np
from scipy.stats import t as student

from ...data.arrays import F8, I4
from .abnormal import Sample
from .inference import Test, refuse

MIN_DAYS = 3
MIN_BLOCK_DAYS = 20
MIN_CLUSTERS = 6  # Webb's six weights give 6^6 distinct draws
RADEMACHER_CLUSTERS = 12  # from here two-point weights give enough distinct draws
WEBB = np.sqrt(np.array([1.5, 1.0, 0.5]))


def calendar_series(sample: Sample, weights: F8 | None = None) -> tuple[I4, F8]:
    """Panel rows with an event in its window, and the mean abnormal return of the events in it that day."""
    seen = np.isfinite(sample.ar) & (sample.rows >= 0)
    weight = np.ones(len(sample)) if weights is None else weights
    spread = np.broadcast_to(weight[:, None], seen.shape)[seen]
    rows = sample.rows[seen]
    if not len(rows):
        return np.empty(0, np.int32), np.empty(0)
    top = int(rows.max()) + 1
    total = np.bincount(rows, spread * sample.ar[seen], top)
    weight_of = np.bincount(rows, spread, top)
    active = np.flatnonzero(weight_of > 0)
    return active.astype(np.int32), total[active] / weight_of[active]


def calendar_time(sample: Sample, weights: F8 | None = None) -> Test:
    """t of the daily portfolio of all events in their window: days are the observations, not launches.

    The deviation is the larger of the plain one and Newey & West's over neighbouring days of a window: a limit-up
    that carries over to the next day makes them depend on one another.
    """
    rows, daily = calendar_series(sample, weights)
    n = len(daily)
    if n < MIN_DAYS:
        return refuse("calendar_time", n, MIN_DAYS, "days")
    away = daily - daily.mean()
    plain = float(away @ away)
    if plain < 1e-30:
        return Test("calendar_time", math.nan, math.nan, n, "the days do not differ from one another")
    robust = plain
    longest = sample.ar.shape[1]
    for lag in range(1, min(longest, n)):
        near = rows[lag:] - rows[:-lag] < 2 * longest
        robust += 2 * (1 - lag / longest) * float(away[lag:][near] @ away[:-lag][near])
    t = float(daily.mean()) * n / math.sqrt(max(plain, robust) * n / (n - 1))
    return Test("calendar_time", t, float(2 * student.sf(abs(t), n - 1)), n)


def block_bootstrap(sample: Sample, draws: int, rng: np.random.Generator, weights: F8 | None = None) -> Test:
    """Calendar-time t against circular blocks, as long as the window, of the demeaned daily portfolio."""
    _, daily = calendar_series(sample, weights)
    n = len(daily)
    if n < MIN_BLOCK_DAYS:
        return refuse("block_bootstrap", n, MIN_BLOCK_DAYS, "days")
    length = min(sample.ar.shape[1], n // 4)
    starts = rng.integers(0, n, (draws, -(-n // length)))
    places = (starts[:, :, None] + np.arange(length)).reshape(draws, -1)[:, :n] % n
    drawn = (daily - daily.mean())[places]
    with np.errstate(divide="ignore", invalid="ignore"):
        null = np.abs(drawn.mean(axis=1) / drawn.std(axis=1, ddof=1))
        real = float(daily.mean() / daily.std(ddof=1))
    p = (1 + int((null >= abs(real)).sum())) / (draws + 1)
    return Test("block_bootstrap", real * math.sqrt(n), p, n)


def clusters(day0: I4, length: int) -> I4:
    """Number of the cluster of each event: events whose day 0 lies within `length` rows of the cluster's first."""
    label = np.empty(len(day0), np.int32)
    start, current = -(10**9), -1
    for event in np.argsort(day0, kind="stable"):
        if day0[event] >= start + length:
            start, current = int(day0[event]), current + 1
        label[event] = current
    return label


def wild_bootstrap(sample: Sample, draws: int, rng: np.random.Generator, weights: F8 | None = None) -> Test:
    """Cluster-robust t of the mean standardised CAR, its null drawn by flipping whole clusters of overlapping events."""
    good = np.isfinite(sample.scar)
    if not good.any():
        return refuse("wild_bootstrap", 0, MIN_CLUSTERS, "clusters")
    weight = np.ones(int(good.sum())) if weights is None else weights[good]
    label = clusters(sample.day0[good], sample.ar.shape[1])
    size: F8 = np.bincount(label, weight).astype(float)
    total: F8 = np.bincount(label, weight * sample.scar[good]).astype(float)
    g = len(size)
    if g < MIN_CLUSTERS:
        return refuse("wild_bootstrap", g, MIN_CLUSTERS, "clusters")
    if g < RADEMACHER_CLUSTERS:
        flips = rng.choice(np.concatenate([WEBB, -WEBB]), (draws, g))
    else:
        flips = rng.choice(np.array([-1.0, 1.0]), (draws, g))
    real = _cluster_t(total[None, :], size)[0]
    if math.isnan(real):
        return Test("wild_bootstrap", math.nan, math.nan, g, "the clusters do not differ from one another")
    null = _cluster_t(flips * total[None, :], size)
    p = (1 + int((np.abs(null) >= abs(real) * (1 - 1e-12)).sum())) / (draws + 1)
    return Test("wild_bootstrap", float(real), p, g)


def _cluster_t(totals: F8, size: F8) -> F8:
    """Mean over its cluster-robust deviation, for each row of cluster totals, (B, G) → (B,)."""
    n, g = float(size.sum()), len(size)
    mean = totals.sum(axis=1) / n
    squares = ((totals - size[None, :] * mean[:, None]) ** 2).sum(axis=1)
    deviation = np.sqrt(squares * g / (g - 1)) / n
    t = np.divide(mean, deviation, out=np.full(len(mean), np.nan), where=deviation > 1e-15)
    return np.asarray(t, dtype=np.float64)


def cluster_deviation(sample: Sample) -> float:
    """Standard error of the mean CAR with clusters of overlapping events as the observations."""
    good = np.isfinite(sample.car)
    if not good.any():
        return math.nan
    label = clusters(sample.day0[good], sample.ar.shape[1])
    size = np.bincount(label).astype(float)
    total = np.bincount(label, sample.car[good])
    if len(size) < MIN_DAYS:
        return math.nan
    n = size.sum()
    squares = ((total - size * total.sum() / n) ** 2).sum()
    return float(np.sqrt(squares * len(size) / (len(size) - 1)) / n)
