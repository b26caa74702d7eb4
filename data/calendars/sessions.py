"""Sessions of the exchanges, and the first one on which a piece of news can still be acted on.

An instant is int64 nanoseconds UTC or an aware datetime; a session is a datetime64[D] exchange date. An order for
a session's open (or close) is possible while `known_at + reaction` is not after that auction's cut-off, given by
date in data/calendars/hours.py. Sessions are those of the library (almanac.py), with what is `added` to them (overrides.py).
Asking beyond the sessions that are known is a CalendarError, never a guess.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np

from ..arrays import I8, Days
from ..errors import CalendarError
from .almanac import FIRST_DAY
from .calendar import Calendar, Day, as_day, calendar, outside, override_of, why_shut
from .hours import CHINA_TIME, EXCHANGES, HOURS, MINUTE, OFFSET, Hours, clock
from .overrides import NONE, Additions

__all__ = ["Calendar", "Day", "as_day", "calendar", "override_of"]

Auction = Literal["open", "close"]
REACTION_MINUTES = 15

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def known_end() -> np.datetime64:
    """Last session for which both Shanghai and Hong Kong are known."""
    return min(calendar("XSHG").end, calendar("XHKG").end)


def sessions(exchange: str, start: Day, end: Day, *, added: Additions = NONE) -> Days:
    """Sessions from `start` to `end`, both included; (n,) datetime64[D]. Days past the known end are refused."""
    timetable, first, last = calendar(exchange, added), as_day(start), as_day(end)
    for day in (first, last):
        if not np.datetime64(FIRST_DAY, "D") <= day <= timetable.until:
            raise CalendarError(outside(timetable, str(day)))
    lo = np.searchsorted(timetable.sessions, first, side="left")
    hi = np.searchsorted(timetable.sessions, last, side="right")
    return timetable.sessions[lo:hi]


def union_sessions(
    start: Day, end: Day, *, exchanges: Collection[str] = EXCHANGES, added: Additions = NONE
) -> Days:
    """Days on which any of the exchanges trades: the rows of a panel. (T,) datetime64[D]."""
    each = [sessions(name, start, end, added=added) for name in sorted(exchanges)]
    return np.unique(np.concatenate(each)) if each else np.empty(0, "datetime64[D]")


def years_covered(days: Days, exchanges: Collection[str], added: Additions = NONE) -> float:
    """Calendar years that `days` make up, each being its part of the days on which the exchanges trade in its year.

    All sessions of a year are exactly one year, however many the exchanges had. A year that is not known to its end is
    counted as long as the last one that is.
    """
    years, counts = np.unique(days.astype("datetime64[Y]"), return_counts=True)
    last = min(int(str(calendar(name, added).published)[:4]) for name in exchanges)
    whole = []
    for year in years:
        known = min(int(str(year)), last)
        span = (f"{known}-01-01", f"{known}-12-31")
        whole.append(len(union_sessions(*span, exchanges=exchanges, added=added)))
    return float(np.sum(counts / np.array(whole)))


def is_half_day(exchange: str, session: Day) -> bool:
    """Whether the session has no afternoon by rule (the eves of Christmas, New Year and Lunar New Year)."""
    timetable = calendar(exchange)
    return bool(timetable.half[timetable.index(session)])


def cut_off(exchange: str, session: Day, at: Auction, *, added: Additions = NONE) -> datetime:
    """Last moment for an order that is to take part in the session's open or close; aware, +08:00."""
    timetable = calendar(exchange, added)
    ns = _cuts(timetable, at)[timetable.index(session)]
    return datetime.fromtimestamp(int(ns) // 10**9, tz=CHINA_TIME)


def trading_spans(exchange: str, session: Day) -> tuple[tuple[str, str], ...]:
    """Continuous trading of a session as clock times, lunch break left out: (("09:30", "12:00"), …)."""
    timetable = calendar(exchange)
    i = timetable.index(session)
    hours, first, last = (
        _hours_on(exchange, as_day(session)),
        int(timetable.opens[i]),
        int(timetable.closes[i]),
    )
    spans = ((max(a, first), min(b, last)) for a, b in (hours.morning, hours.afternoon))
    return tuple((clock(a), clock(b)) for a, b in spans if a < b)


def instant_ns(instant: datetime) -> int:
    """int64 nanoseconds UTC of an aware datetime; a naive one is refused."""
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise CalendarError(
            f"{instant.isoformat()} has no time zone; write for instance {instant.isoformat()}+08:00"
        )
    return (instant - _EPOCH) // timedelta(microseconds=1) * 1000


def first_reachable(
    known_at: I8,
    exchange: str,
    at: Auction,
    *,
    reaction_minutes: float = REACTION_MINUTES,
    added: Additions = NONE,
) -> Days:
    """First session whose opening (or closing) auction each instant can still reach.

    `known_at` int64 ns UTC, shape (n,); returns datetime64[D], shape (n,). An order sent exactly at the cut-off is in
    time. An instant before the first known session, or past the last one's cut-off, is a CalendarError.
    """
    timetable = calendar(exchange, added)
    ready = np.asarray(known_at, dtype=np.int64) + round(reaction_minutes * MINUTE)
    i = np.searchsorted(_cuts(timetable, at), ready, side="left")
    beyond = (i == len(timetable.sessions)) | (ready < _first_instant(timetable))
    if beyond.any():
        raise CalendarError(outside(timetable, _local(int(np.atleast_1d(ready)[np.atleast_1d(beyond)][0]))))
    return timetable.sessions[i]


def explain(
    instant: datetime, exchange: str, *, reaction_minutes: float = REACTION_MINUTES, added: Additions = NONE
) -> str:
    """Why an instant first reaches the open and the close that it reaches, in plain words."""
    timetable = calendar(exchange, added)
    known = np.array([instant_ns(instant)])
    first_open = first_reachable(known, exchange, "open", reaction_minutes=reaction_minutes, added=added)[0]
    first_close = first_reachable(known, exchange, "close", reaction_minutes=reaction_minutes, added=added)[0]
    ready = instant.astimezone(CHINA_TIME) + timedelta(minutes=reaction_minutes)
    return (
        f"orders ready {ready:%a %Y-%m-%d %H:%M} ({reaction_minutes:g} minutes after the news): "
        f"{_moment(timetable, ready, added)}; first open {first_open} (orders by {cut_off(exchange, first_open, 'open', added=added):%H:%M}), "
        f"first close {first_close} (orders by {cut_off(exchange, first_close, 'close', added=added):%H:%M})"
    )


def _cuts(timetable: Calendar, at: Auction) -> I8:
    if at not in ("open", "close"):
        raise CalendarError(f"{at!r} is no auction; use 'open' or 'close'")
    return timetable.open_cut if at == "open" else timetable.close_cut


def _hours_on(exchange: str, day: np.datetime64) -> Hours:
    return [hours for hours in HOURS[exchange] if as_day(hours.since) <= day][-1]


def _first_instant(timetable: Calendar) -> int:
    return int(as_day(FIRST_DAY).astype("datetime64[ns]").astype(np.int64)) - OFFSET


def _local(ns: int) -> str:
    return f"{datetime.fromtimestamp(ns // 10**9, tz=CHINA_TIME):%Y-%m-%d %H:%M} +08:00"


def _moment(timetable: Calendar, ready: datetime, added: Additions) -> str:
    """Where a moment falls in its day: a closed day, before, inside or after the session."""
    day = as_day(ready.date())
    i = int(np.searchsorted(timetable.sessions, day))
    if i == len(timetable.sessions) or timetable.sessions[i] != day:
        return f"no {timetable.exchange} session that day ({why_shut(timetable.exchange, day, added)})"
    special = override_of(timetable.exchange, str(day), added)
    kind = "half-day" if timetable.half[i] else "session"
    if special is not None and special.kind in ("late_open", "early_close"):
        kind = f"session with changed hours ({special.why})"
    opening, closing = (cut_off(timetable.exchange, day, at, added=added) for at in ("open", "close"))
    minute = ready.hour * 60 + ready.minute
    if ready <= opening:
        return f"in time for the open of the {timetable.exchange} {kind}"
    if ready <= closing:
        lunch = _hours_on(timetable.exchange, day)
        during = "in the lunch break" if lunch.morning[1] <= minute < lunch.afternoon[0] else "after the open"
        return f"{during} of the {timetable.exchange} {kind}, in time for its close"
    return f"too late for the close of the {timetable.exchange} {kind}"
