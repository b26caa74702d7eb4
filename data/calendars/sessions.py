"""Sessions of the exchanges, and the first one on which a piece of news can still be acted on.

An instant is int64 nanoseconds UTC or an aware datetime; a session is a datetime64[D] exchange date. An order for
a session's open (or close) is possible while `known_at + reaction` is not after that auction's cut-off, given by
date in data/calendars/hours.py. Sessions are those of the library (data/calendars/almanac.py), corrected by the overrides there. Asking
beyond the sessions that both exchanges have published is a CalendarError, never a guess.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

import numpy as np

from ..arrays import I8, Bool, Days
from ..errors import CalendarError, did_you_mean
from .almanac import FIRST_DAY, almanac
from .hours import (
    CALENDAR_OF,
    CHINA_TIME,
    EXCHANGES,
    HOURS,
    MINUTE,
    OFFSET,
    OVERRIDES,
    Hours,
    clock,
    override_of,
)

Auction = Literal["open", "close"]
Day = str | date | np.datetime64

REACTION_MINUTES = 15
DAY_DIGITS = len("2026-02-12")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Calendar:
    """Sessions of one exchange, with the last instants (int64 ns UTC) for an order at each open and close.

    All arrays have shape (n,) and are read-only. `half` marks half-days; `opens` and `closes` are the minutes
    after midnight at which continuous trading starts and ends.
    """

    exchange: str
    sessions: Days
    open_cut: I8
    close_cut: I8
    opens: I8
    closes: I8
    half: Bool

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    @property
    def end(self) -> np.datetime64:
        """Last session that is known."""
        return np.datetime64(self.sessions[-1], "D")

    def index(self, session: Day) -> int:
        """Position of a session; a day that is none is an error saying why."""
        day = as_day(session)
        if not as_day(FIRST_DAY) <= day <= self.end:
            raise CalendarError(_outside(self, str(day)))
        i = int(np.searchsorted(self.sessions, day))
        if self.sessions[i] != day:
            raise CalendarError(f"{day} is no session of {self.exchange}: {_why_shut(self.exchange, day)}")
        return i


def as_day(day: Day) -> np.datetime64:
    """A calendar day of a date, a datetime64 or the text YYYY-MM-DD; an aware instant is read on China's clock."""
    try:
        if isinstance(day, str) and len(day) > DAY_DIGITS:
            day = datetime.fromisoformat(day)
        if isinstance(day, datetime) and day.utcoffset() is not None:
            day = day.astimezone(CHINA_TIME)
        return np.datetime64(str(day)[:DAY_DIGITS], "D")
    except ValueError:
        raise CalendarError(f"{day!r} is not a day; write YYYY-MM-DD") from None


@lru_cache(maxsize=len(EXCHANGES))
def calendar(exchange: str) -> Calendar:
    """Every known session of an exchange (XHKG, XSHG, XSHE or XBSE) with its cut-offs."""
    if exchange not in CALENDAR_OF:
        raise CalendarError(
            f"{exchange!r} is no exchange we know{did_you_mean(str(exchange), EXCHANGES)}; "
            f"use one of {', '.join(EXCHANGES)}"
        )
    days, late, early = almanac().calendars[CALENDAR_OF[exchange]]
    mine = [override for override in OVERRIDES if override.exchange == exchange]
    shut = np.array([o.session for o in mine if o.kind == "closed"], dtype="datetime64[D]")
    held = ~np.isin(days, shut)
    days, late, early = days[held], late[held], early[held]
    table = HOURS[exchange]
    era = np.searchsorted(np.array([h.since for h in table], dtype="datetime64[D]"), days, side="right") - 1

    def column(values: list[int]) -> I8:
        return np.array(values, dtype=np.int64)[era]

    half_close = column([hours.half_close for hours in table])
    for override in mine:
        at = days == np.datetime64(override.session, "D")
        if override.kind == "late_open":
            late[at] = override.minutes
        else:
            early[at] = override.minutes or half_close[at]
    opens = np.where(late > 0, late, column([hours.morning[0] for hours in table]))
    open_cut = np.where(late > 0, late, column([hours.open_cut for hours in table]))
    closes = np.where(early > 0, early, column([hours.afternoon[1] for hours in table]))
    close_cut = np.where(early > 0, early, column([hours.close_cut for hours in table]))
    midnight = days.astype("datetime64[ns]").astype(np.int64) - OFFSET
    return Calendar(
        exchange=exchange,
        sessions=days,
        open_cut=midnight + open_cut * MINUTE,
        close_cut=midnight + close_cut * MINUTE,
        opens=opens,
        closes=closes,
        half=(early > 0) & (early <= half_close),
    )


def known_end() -> np.datetime64:
    """Last session for which both Shanghai and Hong Kong are known."""
    return min(calendar("XSHG").end, calendar("XHKG").end)


def sessions(exchange: str, start: Day, end: Day) -> Days:
    """Sessions from `start` to `end`, both included; (n,) datetime64[D]. Days past the known end are refused."""
    timetable, first, last = calendar(exchange), as_day(start), as_day(end)
    for day in (first, last):
        if not np.datetime64(FIRST_DAY, "D") <= day <= almanac().end:
            raise CalendarError(_outside(timetable, str(day)))
    lo = np.searchsorted(timetable.sessions, first, side="left")
    hi = np.searchsorted(timetable.sessions, last, side="right")
    return timetable.sessions[lo:hi]


def union_sessions(start: Day, end: Day, *, exchanges: Collection[str] = EXCHANGES) -> Days:
    """Days on which any of the exchanges trades: the rows of a panel. (T,) datetime64[D]."""
    each = [sessions(name, start, end) for name in sorted(exchanges)]
    return np.unique(np.concatenate(each)) if each else np.empty(0, "datetime64[D]")


def years_covered(days: Days, exchanges: Collection[str]) -> float:
    """Calendar years that `days` make up, each being its part of the days on which the exchanges trade in its year.

    All sessions of a year are exactly one year, however many the exchanges had.
    """
    years, counts = np.unique(days.astype("datetime64[Y]"), return_counts=True)
    whole = [len(union_sessions(f"{year}-01-01", f"{year}-12-31", exchanges=exchanges)) for year in years]
    return float(np.sum(counts / np.array(whole)))


def is_half_day(exchange: str, session: Day) -> bool:
    """Whether the session has no afternoon by rule (the eves of Christmas, New Year and Lunar New Year)."""
    found = calendar(exchange)
    return bool(found.half[found.index(session)])


def cut_off(exchange: str, session: Day, at: Auction) -> datetime:
    """Last moment for an order that is to take part in the session's open or close; aware, +08:00."""
    found = calendar(exchange)
    ns = _cuts(found, at)[found.index(session)]
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
    known_at: I8, exchange: str, at: Auction, *, reaction_minutes: float = REACTION_MINUTES
) -> Days:
    """First session whose opening (or closing) auction each instant can still reach.

    `known_at` int64 ns UTC, shape (n,); returns datetime64[D], shape (n,). An order sent exactly at the cut-off is in
    time. An instant before the first known session, or past the last one's cut-off, is a CalendarError.
    """
    timetable = calendar(exchange)
    ready = np.asarray(known_at, dtype=np.int64) + round(reaction_minutes * MINUTE)
    i = np.searchsorted(_cuts(timetable, at), ready, side="left")
    beyond = (i == len(timetable.sessions)) | (ready < _first_instant(timetable))
    if beyond.any():
        raise CalendarError(_outside(timetable, _local(int(np.atleast_1d(ready)[np.atleast_1d(beyond)][0]))))
    return timetable.sessions[i]


def explain(instant: datetime, exchange: str, *, reaction_minutes: float = REACTION_MINUTES) -> str:
    """Why an instant first reaches the open and the close that it reaches, in plain words."""
    timetable = calendar(exchange)
    known = np.array([instant_ns(instant)])
    first_open = first_reachable(known, exchange, "open", reaction_minutes=reaction_minutes)[0]
    first_close = first_reachable(known, exchange, "close", reaction_minutes=reaction_minutes)[0]
    ready = instant.astimezone(CHINA_TIME) + timedelta(minutes=reaction_minutes)
    return (
        f"orders ready {ready:%a %Y-%m-%d %H:%M} ({reaction_minutes:g} minutes after the news): "
        f"{_moment(timetable, ready)}; first open {first_open} (orders by {cut_off(exchange, first_open, 'open'):%H:%M}), "
        f"first close {first_close} (orders by {cut_off(exchange, first_close, 'close'):%H:%M})"
    )


def _cuts(timetable: Calendar, at: Auction) -> I8:
    if at not in ("open", "close"):
        raise CalendarError(f"{at!r} is no auction; use 'open' or 'close'")
    return timetable.open_cut if at == "open" else timetable.close_cut


def _hours_on(exchange: str, day: np.datetime64) -> Hours:
    return [hours for hours in HOURS[exchange] if as_day(hours.since) <= day][-1]


def _first_instant(found: Calendar) -> int:
    return int(as_day(FIRST_DAY).astype("datetime64[ns]").astype(np.int64)) - OFFSET


def _local(ns: int) -> str:
    return f"{datetime.fromtimestamp(ns // 10**9, tz=CHINA_TIME):%Y-%m-%d %H:%M} +08:00"


def _outside(timetable: Calendar, moment: str) -> str:
    if moment < FIRST_DAY:
        return (
            f"{moment} is before the first session known for {timetable.exchange}, {timetable.sessions[0]}; "
            "choose a later day"
        )
    return (
        f"{moment} is outside the sessions known for {timetable.exchange} ({timetable.sessions[0]} to {timetable.end}): "
        "the exchanges publish each year's calendar in the December before; choose an earlier end, or upgrade "
        "exchange_calendars when it has the new year"
    )


def _why_shut(exchange: str, day: np.datetime64) -> str:
    override = override_of(exchange, str(day))
    if override is not None and override.kind == "closed":
        return f"closed all day, {override.why}"
    return "an exchange holiday" if np.is_busday(day) else "a weekend"


def _moment(timetable: Calendar, ready: datetime) -> str:
    """Where a moment falls in its day: a closed day, before, inside or after the session."""
    day = as_day(ready.date())
    i = int(np.searchsorted(timetable.sessions, day))
    if i == len(timetable.sessions) or timetable.sessions[i] != day:
        return f"no {timetable.exchange} session that day ({_why_shut(timetable.exchange, day)})"
    special = override_of(timetable.exchange, str(day))
    kind = "half-day" if timetable.half[i] else "session"
    if special is not None and special.kind in ("late_open", "early_close"):
        kind = f"session with changed hours ({special.why})"
    opening, closing = (cut_off(timetable.exchange, day, at) for at in ("open", "close"))
    minute = ready.hour * 60 + ready.minute
    if ready <= opening:
        return f"in time for the open of the {timetable.exchange} {kind}"
    if ready <= closing:
        lunch = _hours_on(timetable.exchange, day)
        during = "in the lunch break" if lunch.morning[1] <= minute < lunch.afternoon[0] else "after the open"
        return f"{during} of the {timetable.exchange} {kind}, in time for its close"
    return f"too late for the close of the {timetable.exchange} {kind}"
