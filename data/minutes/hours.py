"""When an exchange trades continuously in each session, as minutes after midnight, weather and half-days included."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..arrays import I4, I8, Bool, Days
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


def hours_of(exchanges: Sequence[str], days: Days, held: Bool, added: Additions = NONE) -> I4:
    """Continuous trading of exchanges on days, (exchanges, days, 4): morning, its end, afternoon, its end before any auction.

    All 0 where no session is `held` (days, exchanges); the usual hours on a day that the calendar does not know.
    """
    hours = np.zeros((len(exchanges), len(days), 4), np.int32)
    for e, name in enumerate(exchanges):
        spans = spans_of(name, days, added)
        end = np.minimum(spans.close, spans.auction)
        known = np.stack(
            [spans.morning, np.minimum(spans.noon, end), np.minimum(spans.afternoon, end), end], axis=1
        )
        usual = HOURS[name][-1]
        last = min(usual.afternoon[1], usual.close_cut)
        stated = known.any(axis=1, keepdims=True)
        hours[e] = np.where(stated, known, (*usual.morning, usual.afternoon[0], last))
        hours[e, ~held[:, e]] = 0
    return hours


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
