"""When an exchange trades continuously in each session, as minutes after midnight, weather and half-days included."""

from typing import NamedTuple

import numpy as np

from ..arrays import I8, Days
from ..calendars.calendar import calendar
from ..calendars.hours import HOURS, MINUTE, OFFSET
from ..calendars.overrides import NONE, Additions


class Spans(NamedTuple):
    """Continuous trading of sessions, each (n,): the morning, the afternoon, and the start of the closing auction.

    A session without an afternoon, or without a morning, has one of no length, where the other ends or begins.
    """

    morning: I8
    noon: I8
    afternoon: I8
    close: I8
    auction: I8


def spans_of(exchange: str, days: Days, added: Additions = NONE) -> Spans:
    """The spans of sessions of an exchange; all zero on a day that is none."""
    timetable = calendar(exchange, added)
    at = np.minimum(np.searchsorted(timetable.sessions, days), len(timetable.sessions) - 1)
    held = timetable.sessions[at] == days
    opens, closes = timetable.opens[at] * held, timetable.closes[at] * held
    table = HOURS[exchange]
    era = np.searchsorted(np.array([one.since for one in table], "M8[D]"), days, side="right") - 1
    lunch = np.array([(one.morning[1], one.afternoon[0]) for one in table], np.int64)[era]
    noon = np.minimum(np.maximum(lunch[:, 0], opens), closes)
    afternoon = np.maximum(np.where(closes > lunch[:, 1], np.maximum(lunch[:, 1], opens), noon), noon)
    midnight = timetable.sessions[at].astype("datetime64[ns]").astype(np.int64) - OFFSET
    auction = (timetable.close_cut[at] - midnight) // MINUTE
    return Spans(np.minimum(opens, noon), noon, afternoon, np.maximum(closes, noon), auction * held)
