"""The calendar of one exchange: what the library publishes, what is added to it, and the cut-offs of each session."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import numpy as np

from ..arrays import I8, Bool, Days
from ..errors import CalendarError, did_you_mean
from .almanac import FIRST_DAY, almanac
from .hours import CALENDAR_OF, CHINA_TIME, EXCHANGES, HOURS, MINUTE, OFFSET
from .overrides import FROM_BARS, NONE, AddedYear, Additions, Override, shipped

Day = str | date | np.datetime64

DAY_DIGITS = len("2026-02-12")


@dataclass(frozen=True)
class Calendar:
    """Sessions of one exchange, with the last instants (int64 ns UTC) for an order at each open and close.

    All arrays have shape (n,) and are read-only. `half` marks half-days; `opens` and `closes` are the minutes
    after midnight at which continuous trading starts and ends. Every day up to `until` is known, session or not;
    `published` is how far the exchanges' own announcements reach, the rest is from bars.
    """

    exchange: str
    until: np.datetime64
    published: np.datetime64
    sessions: Days
    open_cut: I8
    close_cut: I8
    opens: I8
    closes: I8
    half: Bool
    added: Additions = NONE

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
            raise CalendarError(outside(self, str(day)))
        i = int(np.searchsorted(self.sessions, day))
        if self.sessions[i] != day:
            raise CalendarError(
                f"{day} is no session of {self.exchange}: {why_shut(self.exchange, day, self.added)}"
            )
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


@lru_cache(maxsize=16 * len(EXCHANGES))
def calendar(exchange: str, added: Additions = NONE) -> Calendar:
    """Every known session of an exchange (XHKG, XSHG, XSHE or XBSE) with its cut-offs."""
    if exchange not in CALENDAR_OF:
        raise CalendarError(
            f"{exchange!r} is no exchange we know{did_you_mean(str(exchange), EXCHANGES)}; "
            f"use one of {', '.join(EXCHANGES)}"
        )
    days, late, early = almanac().calendars[CALENDAR_OF[exchange]]
    years = _years(exchange, added)
    published = np.datetime64(f"{years[-1].year}-12-31", "D") if years else almanac().end
    later, until = _proven(exchange, added, published)
    new = np.concatenate([*(_weekdays(one) for one in years), later]).astype("M8[D]")
    days, late, early = np.append(days, new), _padded(late, len(new)), _padded(early, len(new))
    mine = _overrides(exchange, added, years)
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
        until=until,
        published=published,
        sessions=days,
        open_cut=midnight + open_cut * MINUTE,
        close_cut=midnight + close_cut * MINUTE,
        opens=opens,
        closes=closes,
        added=added,
        half=(early > 0) & (early <= half_close),
    )


def _years(exchange: str, added: Additions) -> list[AddedYear]:
    """The years added after the library's last one, none left out."""
    after = int(str(almanac().end)[:4])
    years = {
        calendar_year.year: calendar_year
        for calendar_year in (*shipped().years, *added.years)
        if calendar_year.calendar == CALENDAR_OF[exchange]
    }
    later = [years[year] for year in sorted(years) if year > after]
    for k, calendar_year in enumerate(later):
        if calendar_year.year != after + 1 + k:
            raise CalendarError(
                f"the year {calendar_year.year} is added to {calendar_year.calendar} but {after + 1 + k} is not known; add that year too"
            )
    return later


def _weekdays(year: AddedYear) -> Days:
    every = np.arange(f"{year.year}-01-01", f"{year.year + 1}-01-01", dtype="M8[D]")
    return every[np.is_busday(every) & ~np.isin(every, np.array(year.closed, "M8[D]"))]


def _proven(exchange: str, added: Additions, published: np.datetime64) -> tuple[Days, np.datetime64]:
    """Sessions after the published ones that bars prove, and the last day that they tell of, on any exchange."""
    every = {one.calendar: np.array(one.days, "M8[D]") for one in added.proven}
    mine = every.get(CALENDAR_OF[exchange], np.empty(0, "M8[D]"))
    return mine[mine > published], max([published, *(days[-1] for days in every.values())])


def _padded(minutes: I8, more: int) -> I8:
    return np.append(minutes, np.zeros(more, minutes.dtype))


def _overrides(exchange: str, added: Additions, years: Iterable[AddedYear]) -> list[Override]:
    """Those of the package and the user's for an exchange, and the half-days of added years."""
    half = [
        Override(exchange, day, "half_day", 0, "a half-day", year.source)
        for year in years
        for day in year.half_days
    ]
    return [*half, *(o for o in (*shipped().overrides, *added.overrides) if o.exchange == exchange)]


def override_of(exchange: str, session: str, added: Additions = NONE) -> Override | None:
    """The override of one session, if there is one; the user's before ours."""
    every = (*added.overrides, *shipped().overrides)
    return next((o for o in every if (o.exchange, o.session) == (exchange, session)), None)


def outside(calendar: Calendar, moment: str) -> str:
    if moment < FIRST_DAY:
        return (
            f"{moment} is before the first session known for {calendar.exchange}, {calendar.sessions[0]}; "
            "choose a later day"
        )
    return (
        f"{moment} is outside the sessions known for {calendar.exchange} ({calendar.sessions[0]} to {calendar.end}): "
        "the exchanges publish each year's calendar in the December before; choose an earlier end, add the year with "
        f"`calendar='years.csv'`, take sessions from the bars with `calendar='{FROM_BARS}'`, or upgrade exchange_calendars"
    )


def why_shut(exchange: str, day: np.datetime64, added: Additions = NONE) -> str:
    override = override_of(exchange, str(day), added)
    if override is not None and override.kind == "closed":
        return f"closed all day, {override.why}"
    return "an exchange holiday" if np.is_busday(day) else "a weekend"
