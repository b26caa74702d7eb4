"""A year of an exchange for a reader: its sessions, half-days, closures and changed hours, and how far they are known."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from ..errors import CalendarError
from ..installed import version
from .almanac import almanac
from .calendar import Calendar, calendar, override_of, why_shut
from .hours import CALENDAR_OF, CHINA_TIME, EXCHANGES, clock
from .overrides import Additions, shipped, to_additions

YEARS = (1992, 2199)


@dataclass(frozen=True)
class CalendarYear:
    """One year of one exchange; days as texts, ascending.

    `closures` are weekdays without trading, with what is known of why; `changed` the sessions that opened late or ended
    early, with their hours and why. `known_until` is the last day that is announced, of any year; `source` says by whom.
    """

    exchange: str
    year: int
    sessions: tuple[str, ...]
    half_days: tuple[str, ...]
    closures: tuple[tuple[str, str], ...]
    changed: tuple[tuple[str, str], ...]
    known_until: str
    source: str

    def to_json(self) -> dict[str, object]:
        """The fields by their names."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The year for a reader."""
        if not self.sessions:
            return [
                f"{self.exchange} {self.year}: not known; its sessions are announced until {self.known_until} "
                f"({self.source}); add the year with a file of `calendar`, or trade on days that bars prove"
            ]
        title = f"{self.exchange} {self.year}: {len(self.sessions)} sessions, known until {self.known_until} ({self.source})"
        shown = [title, f"  half-days: {', '.join(self.half_days) or 'none'}"]
        shown.append(f"  closed on weekdays: {', '.join(_runs(self.closures)) or 'none'}")
        return shown + [f"  changed hours: {day}, {how}" for day, how in self.changed]


def calendar_years(
    exchange: str | None = None,
    year: int | None = None,
    *,
    calendar: "Additions | Path | str | None" = None,
) -> tuple[CalendarYear, ...]:
    """The year of one exchange, of all unless named; this year unless another is asked for.

    `calendar` is a file of years and closures over the shipped ones. CalendarError for what cannot be asked.

    >>> (shanghai,) = calendar_years("XSHG", 2026)
    >>> len(shanghai.sessions), shanghai.half_days, shanghai.closures[0][0]
    (242, (), '2026-01-01')
    """
    added = to_additions(calendar)
    asked = datetime.now(CHINA_TIME).year if year is None else year
    if not YEARS[0] <= asked <= YEARS[1]:
        raise CalendarError(
            f"`year` {asked} is not a year that calendars have; ask for {YEARS[0]} to {YEARS[1]}"
        )
    names: Sequence[str] = EXCHANGES if exchange is None else (exchange.upper(),)
    return tuple(_year(name, asked, added) for name in names)


def _year(exchange: str, year: int, added: Additions) -> CalendarYear:
    known = calendar(exchange, added)
    first, last = np.datetime64(f"{year}-01-01", "D"), np.datetime64(f"{year}-12-31", "D")
    inside = (known.sessions >= first) & (known.sessions <= min(last, known.published))
    days = known.sessions[inside]
    every = np.arange(first, min(last, known.published) + np.timedelta64(1, "D"), dtype="M8[D]")
    shut = every[np.is_busday(every) & ~np.isin(every, days)]
    return CalendarYear(
        exchange,
        year,
        sessions=tuple(days.astype(str).tolist()),
        half_days=tuple(known.sessions[inside & known.half].astype(str).tolist()),
        closures=tuple((str(day), why_shut(exchange, day, added)) for day in shut),
        changed=tuple(
            (str(known.sessions[i]), _changed(known, int(i), added)) for i in np.flatnonzero(inside & ~known.half)
            if (o := override_of(exchange, str(known.sessions[i]), added)) is not None and o.kind != "closed"
        ),
        known_until=str(known.published),
        source=_source(exchange, year, added),
    )  # fmt: skip


def _changed(known: Calendar, i: int, added: Additions) -> str:
    special = override_of(known.exchange, str(known.sessions[i]), added)
    why = special.why if special else ""
    return f"{clock(int(known.opens[i]))} to {clock(int(known.closes[i]))} ({why})"


def _source(exchange: str, year: int, added: Additions) -> str:
    library = f"exchange_calendars {version('exchange_calendars')}"
    if year <= int(str(almanac().end)[:4]):
        return library
    every = (*added.years, *shipped().years)
    mine = [one for one in every if (one.calendar, one.year) == (CALENDAR_OF[exchange], year)]
    return mine[0].source or "an added year" if mine else library


def _runs(closures: Sequence[tuple[str, str]]) -> list[str]:
    """Days of closures in a row as one span; why, where it is more than a holiday."""
    runs: list[list[str]] = []
    for day, why in closures:
        told = "" if why == "an exchange holiday" else f" ({why})"
        before = runs[-1] if runs else None
        if before and before[2] == told and np.busday_count(before[1], day) == 1:
            before[1] = day
        else:
            runs.append([day, day, told])
    return [f"{first}{told}" if first == last else f"{first} to {last}{told}" for first, last, told in runs]
