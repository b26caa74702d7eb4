"""The mean path of what was traded, around its entry: what the names did before, on the day and after."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ...data.arrays import F8
from ..legs import Reason

if TYPE_CHECKING:
    from ...data.panel.panel import Panel
    from .run import Run

BEFORE, AFTER = 10, 20  # sessions of the run


@dataclass(frozen=True)
class LaunchPath:
    """Mean change of the traded names since the last close before their entry, as fractions, dividends and splits in it.

    `sessions` count from that close (0), so that 1 is the close of the entry's session; `both` weighs longs, and shorts turned
    round, by what was entered, `long` and `short` are the names' own moves. Means over `launches`, and over fewer near both ends of the run;
    None where there is none.
    """

    __pydantic_config__: ClassVar[dict[str, bool]] = {"strict": True}

    launches: int
    sessions: tuple[int, ...]
    both: tuple[float | None, ...]
    long: tuple[float | None, ...]
    short: tuple[float | None, ...]


def launch_path(panel: "Panel", run: "Run") -> LaunchPath | None:
    """The path of the launches that were traded; None where no entry answered one."""
    from ...data.panel.returns import growth_of

    fills = run.fills[(run.fills["reason"] == Reason.ENTRY) & (run.fills["launch"] >= 0)]
    fills = fills[np.sort(np.unique(fills["leg"], return_index=True)[1])]  # the first of each leg
    fills = fills[fills["row"] > 0]
    if not len(fills):
        return None
    offsets = np.arange(-BEFORE, AFTER + 1)
    level = panel.mark * growth_of(panel)
    rows = fills["row"][:, None] - 1 + offsets
    inside = (rows >= 0) & (rows < len(panel))
    at = level[np.clip(rows, 0, len(panel) - 1), fills["code"][:, None]]
    start = level[fills["row"] - 1, fills["code"]][:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.where(inside & (start > 0.0), at / start - 1.0, np.nan)
    side = np.sign(fills["shares"])
    weight = np.abs(fills["shares"] * fills["price"] * fills["fx"])
    _, launch = np.unique(fills["launch"], return_inverse=True)
    return LaunchPath(
        launches=int(launch.max()) + 1,
        sessions=tuple(offsets.tolist()),
        both=_mean(moved * side[:, None], weight, launch),
        long=_mean(moved[side > 0], weight[side > 0], launch[side > 0]),
        short=_mean(moved[side < 0], weight[side < 0], launch[side < 0]),
    )


def _mean(moved: F8, weight: F8, launch: np.ndarray) -> tuple[float | None, ...]:
    """Mean over launches of each one's weighted mean; shape (legs, offsets) to one number an offset."""
    known = np.isfinite(moved)
    sums = np.zeros((int(launch.max(initial=-1)) + 1, moved.shape[1]))
    weights = np.zeros_like(sums)
    np.add.at(sums, launch, np.where(known, moved, 0.0) * weight[:, None])
    np.add.at(weights, launch, known * weight[:, None])
    count = (weights > 0.0).sum(axis=0)
    each = np.divide(sums, weights, out=np.zeros_like(sums), where=weights > 0.0)
    return tuple(float(total / n) if n else None for total, n in zip(each.sum(axis=0), count, strict=True))
