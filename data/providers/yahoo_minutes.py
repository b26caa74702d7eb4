"""Yahoo's bars of minutes: how far back it keeps them, and its frames as raw rows.

Yahoo stamps a bar with its start and divides prices by later splits, as it does of daily bars. What it does not know of
a bar comes without a price and is left out.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from ..calendars.hours import CHINA_TIME
from ..errors import FetchError
from ..instruments.table import Instrument
from ..minutes.read import PRICES, MinuteRows
from .unsplit import to_raw
from .yahoo_events import Events, checked, split_factor

# Days that Yahoo keeps bars of so many minutes; a day less than it says, for its clock is not ours.
DAYS_BACK: Mapping[int, int] = MappingProxyType({1: 29, 5: 59, 15: 59, 30: 59, 60: 729})
AT_ONCE = 7  # days of one-minute bars in one answer


def spans_to_ask(code: str, start: date, end: date, length: int, today: date) -> list[tuple[date, date]]:
    """The requests that cover `start` to `end`; FetchError for a length that Yahoo has not, or days that it no longer keeps."""
    if length not in DAYS_BACK:
        known = ", ".join(map(str, DAYS_BACK))
        raise FetchError(f"{code}: Yahoo has no bars of {length} minutes, only of {known}")
    oldest = today - timedelta(days=DAYS_BACK[length])
    if start < oldest:
        advice = "longer bars, another source, or files" if length < 60 else "another source, or files"
        raise FetchError(
            f"{code}: Yahoo keeps bars of {length} minutes for {DAYS_BACK[length]} days, back to {oldest}, and {start} is before; "
            f"take {advice}"
        )
    if length > 1:
        return [(start, end)]
    days = range(0, (end - start).days + 1, AT_ONCE)
    return [
        (start + timedelta(days=day), min(start + timedelta(days=day + AT_ONCE - 1), end)) for day in days
    ]


def frame_to_minutes(
    frame: pd.DataFrame, events: Events, instrument: Instrument, span: tuple[date, date], version: str
) -> MinuteRows:
    """Raw rows from Yahoo's frame, and from its events, which must reach to today's splits; `version` of the client."""
    frame = frame[~frame.index.duplicated(keep="last")].sort_index()
    frame = frame[frame[["High", "Low", "Close"]].notna().all(axis=1)]
    local = pd.DatetimeIndex(frame.index).tz_convert(CHINA_TIME).tz_localize(None)
    instants = local.to_numpy().astype("M8[s]")
    minute = instants.astype("M8[m]")
    day = minute.astype("M8[D]")
    kept = (minute == instants) & (day >= np.datetime64(span[0])) & (day <= np.datetime64(span[1]))
    if not kept.any():
        raise FetchError(
            f"{instrument.code}: Yahoo has no minute bars from {span[0]} to {span[1]}; check the dates"
        )
    frame, minute, day = frame[kept], minute[kept], day[kept]
    factor = split_factor(day, checked(events, instrument.code), instrument.exchange)
    given = np.stack([frame[name.title()].to_numpy(np.float64) for name in PRICES])
    raw: Mapping[str, Any] = dict(zip(PRICES, to_raw(given, factor, day, instrument), strict=True))
    return MinuteRows(
        instrument.code,
        day,
        (minute - day).astype(np.int32),
        **raw,
        volume=np.rint(np.nan_to_num(frame["Volume"].to_numpy(np.float64)) / factor),
        amount=np.full(len(day), np.nan),
        source={"provider": "yahoo", "version": version, "stamps": "start"},
    )
