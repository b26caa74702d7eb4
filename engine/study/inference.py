"""Tests of one window of abnormal returns: is the mean reaction more than chance?

Every test takes a `Sample` and gives a two-sided `Test`; with too few observations it refuses (statistic and p
NaN, `note` says why) and never extrapolates. Which of them to believe when launches cluster on the same days is
measured in docs/research.md. Sources: Patell (1976); Boehmer, Musumeci & Poulsen (1991, BMP); Kolari & Pynnönen
(2010, KP); Corrado (1989) and Corrado & Zivney (1992) with Cowan's (1992) window form and generalised sign test.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata
from scipy.stats import t as student

from ...data.arrays import F8
from .abnormal import Abnormal, Sample

MIN_EVENTS = 5  # for a mean and its deviation across events
MIN_SIGNS = 10  # for the normal approximation of a count
MIN_SHARED = 5  # days two events must share before their correlation counts


@dataclass(frozen=True)
class Test:
    """One test's answer: `n` observations it rests on (events, days or clusters), two-sided `p`."""

    __test__ = False  # not a pytest class

    name: str
    statistic: float
    p: float
    n: int
    note: str = ""

    @property
    def refused(self) -> bool:
        """Whether there was too little to test."""
        return math.isnan(self.p)


def refuse(name: str, n: int, least: int, what: str = "events") -> Test:
    """The answer of a test that has too few observations."""
    return Test(name, math.nan, math.nan, n, f"{n} {what}; this test needs {least}")


def naive_t(sample: Sample) -> Test:
    """Cross-sectional t of the CARs, as if every event were independent: shown for comparison, seldom true."""
    car = sample.car[np.isfinite(sample.car)]
    if len(car) < MIN_EVENTS:
        return refuse("naive", len(car), MIN_EVENTS)
    return _student("naive", _t_of_mean(car), len(car) - 1, len(car))


def patell(sample: Sample) -> Test:
    """Patell's Z: sum of standardised CARs over its deviation under independence and unchanged variance."""
    good = np.isfinite(sample.scar)
    scar, freedom = sample.scar[good], sample.freedom[good]
    if len(scar) < MIN_EVENTS:
        return refuse("patell", len(scar), MIN_EVENTS)
    z = float(scar.sum() / np.sqrt((freedom / (freedom - 2)).sum()))
    return Test("patell", z, float(2 * norm.sf(abs(z))), len(scar))


def bmp(sample: Sample) -> Test:
    """BMP: t of the standardised CARs with their own cross-sectional deviation, robust to event-induced variance."""
    scar = sample.scar[np.isfinite(sample.scar)]
    if len(scar) < MIN_EVENTS:
        return refuse("bmp", len(scar), MIN_EVENTS)
    return _student("bmp", _t_of_mean(scar), len(scar) - 1, len(scar))


def kolari_pynnonen(sample: Sample, correlation: float) -> Test:
    """BMP deflated for the mean cross-correlation of the events, from `cross_correlation`; 0 gives BMP itself."""
    plain = bmp(sample)
    if plain.refused:
        return Test("kolari_pynnonen", math.nan, math.nan, plain.n, plain.note)
    r = min(max(correlation, 0.0), 0.999)
    adjusted = plain.statistic * math.sqrt((1 - r) / (1 + (plain.n - 1) * r))
    return _student("kolari_pynnonen", adjusted, plain.n - 1, plain.n)


def cross_correlation(events: Abnormal, sample: Sample, total: int) -> float:
    """Mean correlation between different events' window sums: of residuals, over the share of days they share.

    Residuals of the estimation windows are aligned by panel row (`total` rows); two events whose windows share
    no day count as uncorrelated, and the same code twice on one day as the same observation.
    """
    e = len(events)
    if e < 2:
        return 0.0
    at = np.arange(e)[:, None]
    residual = np.zeros((e, total + 1))
    known = np.zeros((e, total + 1))
    used = events.estimated[None, :] & np.isfinite(events.ar)
    rows = np.where(used, events.rows, total)
    residual[at, rows] = np.where(used, events.ar, 0.0)
    known[at, rows] = used
    residual[:, total] = known[:, total] = 0.0
    inside = np.zeros((e, total + 1))
    inside[at, np.where(np.isfinite(sample.ar), sample.rows, total)] = 1.0
    inside[:, total] = 0.0
    squares = (residual**2) @ known.T
    scale = np.sqrt(squares * squares.T)
    shared = known @ known.T >= MIN_SHARED
    rho = np.divide(residual @ residual.T, scale, out=np.zeros((e, e)), where=(scale > 0) & shared)
    days = inside.sum(axis=1)
    size = np.sqrt(np.outer(days, days))
    overlap = np.divide(inside @ inside.T, size, out=np.zeros((e, e)), where=size > 0)
    product = rho * overlap
    return float((product.sum() - np.trace(product)) / (e * (e - 1)))


def rank_test(events: Abnormal, sample: Sample, window: tuple[int, int]) -> Test:
    """Corrado's rank test over a window: each day's rank among the event's estimation and window days.

    Ranks are scaled by the days each event traded (Corrado & Zivney); the deviation is that of the daily mean rank
    over all those days, weighted by the events trading (Cowan's window form), which keeps same-day correlation.
    """
    inside = (events.offsets >= window[0]) & (events.offsets <= window[1])
    both = inside | events.estimated
    values = events.ar[:, both]
    good = np.isfinite(values).any(axis=1) & np.isfinite(sample.car)
    if good.sum() < MIN_EVENTS:
        return refuse("rank", int(good.sum()), MIN_EVENTS)
    values = values[good]
    seen = np.isfinite(values)
    ranks = rankdata(np.where(seen, values, np.inf), axis=1)
    scaled = np.where(seen, ranks / (seen.sum(axis=1)[:, None] + 1.0) - 0.5, 0.0)
    n_t = seen.sum(axis=0)
    daily = np.divide(scaled.sum(axis=0), n_t, out=np.zeros(len(n_t)), where=n_t > 0)
    days = n_t > 0
    deviation = math.sqrt(float((n_t[days] / len(values) * daily[days] ** 2).mean()))
    chosen = inside[both] & days
    if deviation == 0.0:
        return Test("rank", math.nan, math.nan, len(values), "the ranks do not vary")
    z = math.sqrt(chosen.sum()) * float(daily[chosen].mean()) / deviation
    return Test("rank", z, float(2 * norm.sf(abs(z))), len(values))


def generalised_sign(events: Abnormal, sample: Sample) -> Test:
    """Cowan's sign test: positive CARs against the share of positive days in the estimation windows."""
    good = np.isfinite(sample.car)
    n = int(good.sum())
    if n < MIN_SIGNS:
        return refuse("sign", n, MIN_SIGNS)
    residual = events.ar[good][:, events.estimated]
    seen = np.isfinite(residual)
    share = float(((residual > 0) & seen).sum(axis=1).astype(float) @ (1.0 / seen.sum(axis=1)) / n)
    positive = int((sample.car[good] > 0).sum())
    if not 0.0 < share < 1.0:
        return Test("sign", math.nan, math.nan, n, "the estimation windows have one sign only")
    z = (positive - n * share) / math.sqrt(n * share * (1 - share))
    return Test("sign", z, float(2 * norm.sf(abs(z))), n)


def variance_ratio(sample: Sample) -> float:
    """Cross-sectional variance of the standardised CARs over what quiet days predict: above 1, events are noisier."""
    good = np.isfinite(sample.scar)
    if good.sum() < MIN_EVENTS:
        return math.nan
    freedom = sample.freedom[good]
    return float(sample.scar[good].var(ddof=1) / (freedom / (freedom - 2)).mean())


def _t_of_mean(values: F8) -> float:
    deviation = float(values.std(ddof=1))
    if deviation < 1e-15:
        return math.nan
    return float(values.mean()) / deviation * math.sqrt(len(values))


def _student(name: str, statistic: float, freedom: int, n: int) -> Test:
    if math.isnan(statistic):
        return Test(name, math.nan, math.nan, n, "the events do not differ from one another")
    return Test(name, statistic, float(2 * student.sf(abs(statistic), freedom)), n)
