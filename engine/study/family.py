"""Several windows or groups, one family of questions: the chance that any of them is called real by luck stays 5 %.

Holm's (1979) step-down holds whatever the questions owe to one another. The windows over all events are one family,
those of all groups another, so that asking for groups takes nothing from the answer about the whole ledger.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from scipy.stats import t as student

from .battery import LEVEL
from .findings import WindowSummary

K = TypeVar("K", bound=Hashable)
POWER = 0.8  # with which the smallest detectable effect is found


def holm(p: Sequence[float]) -> tuple[float, ...]:
    """p-values that hold for all together, in the same order; NaN (no answer) stays and does not count."""
    asked = [k for k, value in enumerate(p) if not math.isnan(value)]
    adjusted, highest = list(p), 0.0
    for rank, k in enumerate(sorted(asked, key=lambda k: p[k])):
        highest = max(highest, min(1.0, (len(asked) - rank) * p[k]))
        adjusted[k] = highest
    return tuple(adjusted)


def together(windows: Mapping[K, WindowSummary]) -> dict[K, WindowSummary]:
    """The same windows, each with its p-value and its smallest detectable effect as one of this family."""
    adjusted = holm([window.tests.p for window in windows.values()])
    size = sum(not math.isnan(p) for p in adjusted)
    return {
        name: replace(window, p=p, family=size, detectable=detectable(window, size))
        for (name, window), p in zip(windows.items(), adjusted, strict=True)
    }


def detectable(window: WindowSummary, size: int) -> float:
    """Mean CAR in percent that would be called real 8 times in 10 as the best of `size` windows; NaN without an answer.

    By the cluster-robust deviation of the mean, with as many degrees of freedom as there are clusters less one.
    """
    freedom = window.tests.clusters - 1
    if not size or freedom < 1 or math.isnan(window.tests.p):
        return math.nan
    reach = student.ppf(1 - LEVEL / size / 2, freedom) + student.ppf(POWER, freedom)
    return float(reach * window.deviation)
