"""All tests of one window, and what they say together."""

import math
from dataclasses import dataclass

import numpy as np

from ...data.arrays import F8
from .abnormal import Abnormal
from .clustered import block_bootstrap, calendar_time, clusters, wild_bootstrap
from .inference import (
    Test,
    bmp,
    cross_correlation,
    generalised_sign,
    kolari_pynnonen,
    naive_t,
    patell,
    rank_test,
    variance_ratio,
)

LEVEL = 0.05
# The tests that hold their size under clustered, noisy, limited launches (docs/research.md has the measurement).
ROBUST = ("kolari_pynnonen", "wild_bootstrap")
ROBUST_WEIGHTED = ("calendar_time", "wild_bootstrap")
NAMES = (
    "naive", "patell", "bmp", "kolari_pynnonen", "rank", "sign", "calendar_time", "wild_bootstrap", "block_bootstrap",
)  # fmt: skip


def word_of(p: float) -> str:
    """`real` where chance is rejected, `too few` where nothing can be said (NaN), else `chance`."""
    return "too few" if math.isnan(p) else "real" if p < LEVEL else "chance"


@dataclass(frozen=True)
class Battery:
    """Every test of a window, with what decides which of them to believe.

    `correlation`: mean cross-correlation of the events; `variance_ratio`: event over quiet variance;
    `clusters`: groups of events that share days; `overlapping`: share of events that share a day with another.
    """

    tests: tuple[Test, ...]
    correlation: float
    variance_ratio: float
    clusters: int
    overlapping: float
    robust: tuple[str, ...] = ROBUST

    def __getitem__(self, name: str) -> Test:
        return next(test for test in self.tests if test.name == name)

    @property
    def p(self) -> float:
        """What the robust tests say together: their largest p, 1 where they point to two sides, NaN where one refuses."""
        robust = [self[name] for name in self.robust]
        if any(test.refused for test in robust):
            return math.nan
        one_side = abs(sum(math.copysign(1.0, test.statistic) for test in robust)) == len(robust)
        return max(test.p for test in robust) if one_side else 1.0


def battery(
    events: Abnormal,
    window: tuple[int, int],
    *,
    total: int,
    draws: int,
    rng: np.random.Generator,
    weights: F8 | None = None,
) -> Battery:
    """The tests of window `first:last` over `events` of a panel of `total` rows; `draws` for each bootstrap.

    `weights` (E,) enter the calendar-time and bootstrap tests; the classical tests then refuse, not being defined.
    """
    sample = events.window(*window)
    correlation = cross_correlation(events, sample, total)
    classical = (
        naive_t(sample),
        patell(sample),
        bmp(sample),
        kolari_pynnonen(sample, correlation),
        rank_test(events, sample, window),
        generalised_sign(events, sample),
    )
    if weights is not None:
        note = "not defined for weighted events"
        classical = tuple(Test(t.name, math.nan, math.nan, t.n, note) for t in classical)  # type: ignore[assignment]
    resampled = (
        calendar_time(sample, weights),
        wild_bootstrap(sample, draws, rng, weights),
        block_bootstrap(sample, draws, rng, weights),
    )
    day0, length = sample.day0, sample.ar.shape[1]
    near = np.abs(day0[:, None] - day0[None, :]) < length
    overlapping = float((near.sum(axis=1) > 1).mean()) if len(day0) else math.nan
    groups = int(clusters(day0, length).max()) + 1 if len(day0) else 0
    robust = ROBUST if weights is None else ROBUST_WEIGHTED
    tests = (*classical, *resampled)
    return Battery(tests, correlation, variance_ratio(sample), groups, overlapping, robust)
