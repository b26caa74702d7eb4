"""Each event day by day, so that a reader can see what a mean hides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...data.arrays import F8, Bool, Days
from ...data.ledger.launch import Launches
from .abnormal import Abnormal
from .events import Event


@dataclass(frozen=True)
class Trail:
    """One launch on one code, at the offsets of the study's path; arrays (L,).

    `car` in percent, cumulated from the last close before the news, where it is 0; NaN where the code did not trade.
    `at_limit`: closes at a price limit. `news`: the offset of that last close, so that the news came between it and the
    next. `sessions` are dates, empty outside the panel; `announced_at` is ISO text with its zone, and so are `earliest` and
    `latest`, between which the launch became public; `earliest` is "" where nothing bounds it from below.
    """

    launch: str
    code: str
    product: str
    announced_at: str
    precision: str
    news: int
    sessions: tuple[str, ...]
    car: F8
    at_limit: Bool
    earliest: str = ""
    latest: str = ""


def trails(
    events: Sequence[Event], abnormal: Abnormal, sealed: Bool, launches: Launches, sessions: Days,
    span: tuple[int, int],
) -> tuple[Trail, ...]:  # fmt: skip
    """The trail of every event over the offsets of `span`, both included; `sealed` lies on the offsets of `abnormal`."""
    about = {launch.id: launch for launch in launches}
    inside = (abnormal.offsets >= span[0]) & (abnormal.offsets <= span[1])
    offsets, trails = abnormal.offsets[inside], []
    for k, event in enumerate(events):
        ar, rows = abnormal.ar[k, inside], abnormal.rows[k, inside]
        traded = np.isfinite(ar)
        total = 100 * np.cumsum(np.where(traded, ar, 0.0))
        before = (rows <= event.base) & (rows >= 0)
        start = float(total[before][-1]) if before.any() else 0.0
        news = int(offsets[before][-1]) if before.any() else span[0] - 1
        launch = about[event.launch]
        dates = tuple(str(sessions[row]) if row >= 0 else "" for row in rows)
        trails.append(
            Trail(event.launch, event.code, launch.product, launch.announced_at.isoformat(), launch.precision, news, dates,
                  np.where(traded, total - start, np.nan), sealed[k, inside],
                  launch.earliest.isoformat() if launch.earliest else "", launch.latest.isoformat())
        )  # fmt: skip
    return tuple(trails)
