"""What an order inside a session waited for: from the price at which its news found the market to the first that it could meet."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import I4
from ...data.calendars.hours import MINUTE, OFFSET
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from ..legs import CLOSE

ELSEWHERE = -1  # in the place of a minute: the news did not come in the leg's first session


def news_minutes(panel: Panel, launches: Launches, legs: NDArray[Any]) -> I4:
    """The minute, after midnight in China, in which the news of each leg (LEG) came, where that is in its first session."""
    known = launches.known_ns() + OFFSET
    mine = known[np.maximum(legs["launch"], 0)] if len(known) else np.zeros(len(legs), np.int64)
    days = mine.astype("M8[ns]").astype("M8[D]")
    here = (legs["launch"] >= 0) & (legs["at"] > CLOSE) & (panel.sessions[legs["row"]] == days)
    return np.where(here, mine // MINUTE % (24 * 60), ELSEWHERE).astype(np.int32)


def first_price_met(panel: Panel, leg: Any, row: int) -> float:
    """The first price of a row that an order inside the session could meet; NaN where no minute bar tells."""
    bars = panel.minutes.of(row, int(leg["code"]))
    met = bars[bars["start"] >= leg["at"]] if row == leg["row"] else bars
    if not len(met):
        return np.nan
    first, worst = float(met["open"][0]), float(met["high" if leg["side"] > 0 else "low"][0])
    return first if first > 0.0 else worst


def price_at_news(panel: Panel, leg: Any, minute: int) -> float:
    """The close of the last bar that was over in that minute; before the first, the price of the opening auction."""
    row, i = int(leg["row"]), int(leg["code"])
    bars = panel.minutes.of(row, i)
    over = bars[bars["stop"] <= minute]
    return float(over["close"][-1]) if len(over) else float(panel.open[row, i])
