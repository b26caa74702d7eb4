"""Parameter points of a table of legs, as rows of an array: what each puts in the place of the legs' own columns."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .windows import Point

# One parameter point: overrides for every leg of a table. scale multiplies the legs' weights; NaN switches a rule off, -1 and inf keep
# the leg's own.
WHOLE, RULES = ("wait", "hold", "hold_minutes"), ("stop", "target", "trail")
POINT = np.dtype(
    [("scale", "f8")] + [(name, "i4") for name in WHOLE] + [(name, "f8") for name in RULES], align=True
)


def point_of(point: Any) -> Point:
    """One row of POINT dtype as compiled code takes it."""
    return Point(*(point[name].item() for name in Point._fields))


def own_points(count: int) -> NDArray[Any]:
    """Points (POINT dtype) under which every leg keeps its own rules."""
    points = np.zeros(count, POINT)
    points["scale"] = 1.0
    for name in WHOLE:
        points[name] = -1
    for name in RULES:
        points[name] = np.inf
    return points
