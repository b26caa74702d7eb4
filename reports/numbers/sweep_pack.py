"""The points of a sweep as the page's script reads them, and the levels of its parameters."""

import base64
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .formats import told, visible
from .metrics import KNOWN

SHOWN = (
    "sharpe",
    "total_return",
    "max_drawdown",
    "calmar",
    "blocked",
    "sortino",
    "cagr",
    "volatility",
    "turnover",
)
BUDGET = 3_600_000  # characters of packed points on a page
MOST = 100_000  # points on the map; a larger sweep is drawn from a sample of them


def pack(points: pd.DataFrame, parameters: Sequence[str], metric: str) -> dict[str, Any]:
    """Points as the page's script reads them: level numbers of each parameter and metrics, little-endian, base64.

    Level numbers are uint8 (uint16 beyond 256 levels), metrics float32; metrics are added while they fit `BUDGET`.
    """
    shown = points if len(points) <= MOST else _sample(points, metric)
    axes = [coded(shown[name], name) for name in parameters]
    room = BUDGET - sum(len(one["at"]) for one in axes)
    columns: dict[str, str] = {}
    for name in dict.fromkeys((metric, *SHOWN)):
        if name not in shown or len(columns) * len(shown) * 16 / 3 > room - len(shown) * 16 / 3:
            continue
        columns[name] = _base64(shown[name].to_numpy(dtype="<f4", na_value=np.nan))
    labels = {name: KNOWN.get(name, (name.replace("_", " "),))[0] for name in columns}
    return {"n": len(shown), "axes": axes, "metrics": columns, "labels": labels, "metric": metric}


def _sample(points: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The best points and an even sample of the others, in their order."""
    best = points[metric].nlargest(1_000).index
    rest = points.drop(index=best).sample(MOST - len(best), random_state=0)
    return points.loc[rest.index.union(best)]


def coded(values: pd.Series, name: str) -> dict[str, Any]:
    """Levels of a parameter in order, a rule that is off first, and the level of each point."""
    plain = values.astype(object).where(values.notna(), None)
    levels = sorted(set(plain), key=lambda v: (v is not None, isinstance(v, str), v if v is not None else 0))
    place = {level: i for i, level in enumerate(levels)}
    kind = "<u1" if len(levels) <= 256 else "<u2"
    at = np.fromiter((place[value] for value in plain), dtype=kind, count=len(plain))
    return {
        "name": visible(name),
        "levels": [level_text(v) for v in levels],
        "wide": kind == "<u2",
        "at": _base64(at),
    }


def _base64(values: Any) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")


def level_text(value: Any) -> str:
    """A value of a parameter as it stands on the page; a rule that is off is "none"."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "none"
    return told(value.item() if isinstance(value, np.generic) else value)
