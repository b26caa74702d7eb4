"""Which points run beside each other in the lanes, and what all of them share.

Points of one hold stand together, since lanes wait for the longest, and so do points of the same rules, whose exits are
found once. Which points share a batch, and so the last bit of their results, follows from the points alone.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I4, I8, U4
from ..compiled.windows import Windows
from ..machine.code import Effort, by_effort
from ..njit import compiled, inlined
from .deck import Deck, build

# a grid with more combinations than a key has room for is not quite in order, which costs time only
MOST_STEP = 2**40
NUMBERING = Effort(unit=15e-6, compiling=0.5)  # a point


class Values(NamedTuple):
    """The distinct values of the points' rules, ascending, each with a NaN at the end; holds have none."""

    holds: I4
    stops: F8
    targets: F8
    trails: F8


class LanePlan(NamedTuple):
    """The deck of a table of legs, and the order in which the lanes take n points (POINT dtype)."""

    deck: Deck
    points: NDArray[Any]  # (n,)
    numbers: U4  # (n, 4): hold, stop, target and trail of each as numbers of values in the deck
    order: I8  # (n,)


def plan_lanes(windows: Windows, points: NDArray[Any], longest_wait: int) -> LanePlan:
    """Plan the lanes for points (POINT dtype) whose rules are their own, not the legs'."""
    holds = np.unique(np.ascontiguousarray(points["hold"]))
    distinct = Values(holds, *(_distinct(points[name]) for name in ("stop", "target", "trail")))
    values = np.full((3, max(len(column) for column in distinct[1:])), np.nan)
    for kind, column in enumerate(distinct[1:]):
        values[kind, : len(column)] = column
    numbers, key = np.empty((len(points), 4), np.uint32), np.empty(len(points), np.int64)
    sizes = [longest_wait + 1, *(len(column) for column in distinct[::-1])]
    steps = tuple(math.prod(sizes[:n]) % MOST_STEP for n in range(1, len(sizes)))
    by_effort(_number, NUMBERING, len(points))(points, distinct, steps, numbers, key)
    # of 16 bits numpy sorts by counting
    order = np.argsort(key.astype(np.uint16) if math.prod(sizes) <= 2**16 else key, kind="stable")
    return LanePlan(build(windows, values, holds, longest_wait), points, numbers, order)


def _distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Ascending distinct values with one NaN at the end, so that NaN has a number too."""
    distinct = np.unique(np.ascontiguousarray(values))
    return distinct if np.isnan(distinct[-1]) else np.append(distinct, np.nan)


@inlined
def _place(values: NDArray[Any], value: Any) -> int:
    """Where a value that is one of the ascending `values` stands; NaN stands at the end."""
    if value != value:
        return len(values) - 1
    at, n = 0, len(values)
    while n > 1:
        half = n // 2
        at += half if values[at + half - 1] < value else 0
        n -= half
    return at


@compiled
def _number(points: NDArray[Any], values: Values, steps: tuple[int, ...], numbers: U4, key: I8) -> None:
    """Number the points' rules; `key` puts them in order of hold, stop, target, trail and wait, as far as it has room.

    `steps`: what the number of a trail, target, stop and hold counts in the key.
    """
    for j in range(len(points)):
        p = points[j]
        hold, stop = _place(values.holds, p["hold"]), _place(values.stops, p["stop"])
        target, trail = _place(values.targets, p["target"]), _place(values.trails, p["trail"])
        numbers[j, 0], numbers[j, 1], numbers[j, 2], numbers[j, 3] = hold, stop, target, trail
        key[j] = p["wait"] + trail * steps[0] + target * steps[1] + stop * steps[2] + hold * steps[3]
