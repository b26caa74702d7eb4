"""What is added to the published calendars: years, emergency closures and changed hours, and sessions that bars prove.

`overrides.csv` ships with the package, a user's file has the same columns and is laid over it. A row of the kind `year`
adds a whole year: every weekday is a session, but those in `closed`; `half_days` have no afternoon. An addition that
the calendar library has learnt since changes nothing. Not covered: half-days on the eves of Lunar New Year before 2001,
and sessions that the weather shortened before 2019 other than the cancelled mornings in the file.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from ..doors import read_bytes
from ..errors import CalendarError, did_you_mean
from .hours import CALENDAR_OF, EXCHANGES, hm

Kind = Literal["closed", "late_open", "early_close", "half_day", "year"]
KINDS: tuple[str, ...] = get_args(Kind)
COLUMNS = ("exchange", "day", "kind", "at", "closed", "half_days", "why", "source")
FROM_BARS, PUBLISHED = "from-bars", "published"
SHIPPED = Path(__file__).with_name("overrides.csv")
_CLOCK = re.compile(r"\d{2}:\d{2}")


@dataclass(frozen=True)
class Override:
    """One session whose hours, or whose existence, the calendar library has wrong or may have wrong.

    `closed`: no session. `late_open`: continuous trading starts at `minutes` without a pre-opening auction.
    `early_close`: trading ends at `minutes`. `half_day`: the regular half-day of that era.
    """

    exchange: str
    session: str
    kind: str
    minutes: int
    why: str
    source: str


@dataclass(frozen=True)
class AddedYear:
    """A year of a calendar (XSHG or XHKG): weekdays but `closed`; `half_days` have no afternoon. Days as texts."""

    calendar: str
    year: int
    closed: tuple[str, ...]
    half_days: tuple[str, ...]
    source: str


class Proven(NamedTuple):
    """Days after the published ones on which bars of a calendar's exchanges were traded, ascending, as texts."""

    calendar: str
    days: tuple[str, ...]


@dataclass(frozen=True)
class Additions:
    """What is laid over the library's calendars. `published`: no session beyond them is taken from bars.

    `proven` are those that the bars of a market gave.
    """

    overrides: tuple[Override, ...] = ()
    years: tuple[AddedYear, ...] = ()
    published: bool = False
    proven: tuple[Proven, ...] = field(default=())

    def proven_by(self, days: Mapping[str, Iterable[str]]) -> "Additions":
        """The same with the days of bars by calendar; weekends prove nothing."""
        held = {
            name: tuple(sorted({day for day in each if date.fromisoformat(day).weekday() < 5}))
            for name, each in days.items()
        }
        return replace(self, proven=tuple(Proven(name, each) for name, each in sorted(held.items()) if each))


NONE = Additions()


@cache
def shipped() -> Additions:
    """The additions that come with the package."""
    return read_additions(SHIPPED)


def to_additions(given: "Additions | Path | str | None") -> Additions:
    """Additions of a user's file; `published` for no session but those, `from-bars` or None for nothing but those of bars."""
    if isinstance(given, Additions):
        return given
    if given is None or given == FROM_BARS:
        return NONE
    return Additions(published=True) if given == PUBLISHED else read_additions(Path(given))


def read_additions(path: Path) -> Additions:
    """The rows of a file; a CalendarError names every bad row by its line."""
    advice = f"`calendar` is a CSV with the columns {','.join(COLUMNS)}, {FROM_BARS} or {PUBLISHED}"
    content = read_bytes(path, error=CalendarError, advice=advice)
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        names = tuple(reader.fieldnames or ())
        lines = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise CalendarError(f"{path}: the calendar cannot be read ({error}); {advice}") from None
    strange = [f"{name!r}{did_you_mean(name, COLUMNS)}" for name in names if name not in COLUMNS]
    if strange or not {"exchange", "day", "kind"} <= set(names):
        wrong = f"unknown columns {', '.join(strange)}" if strange else "exchange, day or kind is missing"
        raise CalendarError(f"{path}: {wrong}; {advice}")
    rows: list[Override | AddedYear] = []
    faults: list[str] = []
    for line, cells in lines:
        try:
            rows.append(_row({name: (text or "").strip() for name, text in cells.items() if name in COLUMNS}))
        except ValueError as error:
            faults.append(f"line {line}: {error}")
    if faults:
        raise CalendarError(f"{path}: {len(faults)} bad rows: {'; '.join(faults)}")
    return Additions(
        tuple(one for one in rows if isinstance(one, Override)),
        tuple(sorted((one for one in rows if isinstance(one, AddedYear)), key=lambda one: one.year)),
    )


def _row(cells: Mapping[str, str]) -> Override | AddedYear:
    exchange, kind, at = cells["exchange"].upper(), cells["kind"], cells.get("at", "")
    if exchange not in EXCHANGES:
        raise ValueError(
            f"exchange {exchange!r}{did_you_mean(exchange, EXCHANGES)} is none of {', '.join(EXCHANGES)}"
        )
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r}{did_you_mean(kind, KINDS)} is none of {', '.join(KINDS)}")
    why, source = cells.get("why", ""), cells.get("source", "")
    if kind == "year":
        return _year(CALENDAR_OF[exchange], cells, source)
    if cells.get("closed") or cells.get("half_days"):
        raise ValueError("closed and half_days belong to a row of the kind year")
    if (kind in ("late_open", "early_close")) != bool(at):
        raise ValueError(
            f"at {at!r}: late_open and early_close have a clock time such as 13:00, no other kind has"
        )
    if at and not (_CLOCK.fullmatch(at) and hm(at) < hm("24:00")):
        raise ValueError(f"at {at!r} is no clock time; write 13:00")
    if kind == "half_day" and exchange != "XHKG":
        raise ValueError(f"{exchange} has no half-days; use early_close with its time")
    return Override(exchange, str(_day(cells["day"])), kind, hm(at) if at else 0, why, source)


def _year(calendar: str, cells: Mapping[str, str], source: str) -> AddedYear:
    year, text = cells["day"], cells.get("closed", "")
    if not re.fullmatch(r"(19|20)\d\d", year):
        raise ValueError(f"day {year!r} of the kind year is a year such as 2027")
    closed, half = _days(text), _days(cells.get("half_days", ""))
    if not closed:
        raise ValueError(
            "closed is empty, and every exchange closes on some weekdays; write 2027-01-01;2027-02-05..2027-02-12"
        )
    if half and calendar != "XHKG":
        raise ValueError(f"{calendar} has no half-days; leave half_days empty")
    if outside := [day for day in (*closed, *half) if day[:4] != year]:
        raise ValueError(f"{outside[0]} does not lie in {year}")
    return AddedYear(calendar, int(year), closed, half, source)


def _days(text: str) -> tuple[str, ...]:
    """Days of `2027-01-01;2027-02-05..2027-02-12`, both ends included."""
    days: list[str] = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        first, dots, last = part.partition("..")
        start, stop = _day(first), _day(last) if dots else _day(first)
        if not 0 <= (stop - start).days < 366:
            raise ValueError(f"{part!r} does not run from a day to a later one of its year")
        days += [str(start + timedelta(days=k)) for k in range((stop - start).days + 1)]
    return tuple(sorted(set(days)))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text.strip()!r} is not a day; write it as 2027-02-12") from None
