"""The session a timestamp belongs to: one answer for every file, provider and column that has a clock in it.

A day without a clock is itself. An instant is read on the exchange's own clock, never on the clock it is stored in:
midnight in Hong Kong is 16:00 of the day before in UTC. Where what is written and what the exchange's clock shows
are different days and nothing decides between them, the timestamp is refused.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import I8, Days
from ..errors import DataError
from .hours import CHINA_TIME, MINUTE, hm

# What a row is called in errors.
Where = Callable[[int], str] | str

DAY = 24 * 60 * MINUTE
# From the first pre-opening order to the end of the last closing auction, on any of the exchanges.
TRADING = (hm("09:00") * MINUTE, hm("16:10") * MINUTE)
# Clocks without a zone that vendors put on the bar of a day: midnight, the opening, the close of the mainland. Not
# 16:00, which is also midnight told in UTC, and no hour of the morning or at noon, which is midnight in New York.
PLAIN_CLOCKS = ((0, 0), (hm("09:00") * MINUTE, hm("09:30") * MINUTE), (hm("15:00") * MINUTE, hm("15:30") * MINUTE))  # fmt: skip
YEARS = (1900, 2100)
# Smallest count that is one of seconds, milli-, micro- or nanoseconds since 1970, and what makes nanoseconds of it.
_COUNTS = ((10**17, 1), (10**14, 10**3), (10**11, 10**6), (10**8, 10**9))
_MENDED = "write days as 2026-02-12"
_WRITTEN = re.compile(
    r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))"
    r"(?:(?:T|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?"
    r"(?:[\s,/]*(?:星期|周)?[一二三四五六日])?"
)


def instants_to_days(instants: I8, stated: I8, where: Where, *, zone: timezone = CHINA_TIME) -> Days:
    """Sessions of instants on the clock of an exchange in `zone`: int64 ns UTC (n,) to datetime64[D] (n,).

    `stated` is how far the clock in which each was written is ahead of UTC, ns (n,). Days that are the same on both
    clocks are taken; where they differ, midnight and trading hours of the exchange are its own. Anything else (an
    evening in New York, midnight in Tokyo) is a DataError, as the writer may have meant either day.
    """
    shown = instants + _ahead(zone)
    days_shown, clock = shown // DAY, shown % DAY
    own = (clock == 0) | ((clock >= TRADING[0]) & (clock <= TRADING[1]))
    doubtful = np.flatnonzero((days_shown != (instants + stated) // DAY) & ~own)
    if len(doubtful):
        i = int(doubtful[0])
        days = (
            np.datetime64(int(instants[i] + stated[i]) // DAY, "D"),
            np.datetime64(int(days_shown[i]), "D"),
        )
        raise DataError(
            f"{_place(where, i)}: its clock and zone say {days[0]}, the exchange's clock {days[1]}; {_MENDED}"
        )
    return days_shown.astype("M8[D]")


def values_to_days(values: NDArray[Any], where: Where, *, zone: timezone = CHINA_TIME) -> Days:
    """Sessions of a column of any kind, (n,) to datetime64[D] (n,): days, timestamps, text, dates or counts.

    Text is 2026-02-12, 20260212, 2026/2/12 or 2026年2月12日, with or without a clock and a zone; numbers are 20260212
    or counts since 1970 in UTC. `where` names a row in errors. An empty cell and an ambiguous one are DataErrors.
    """
    if values.dtype.kind == "M":
        return _plain(values, where)
    if values.dtype.kind == "f" and bool((values == np.trunc(values)).all()):
        values = values.astype(np.int64)
    if values.dtype.kind in "iu":
        return _counts(values.astype(np.int64), where, zone)
    return _written(values.tolist(), where, zone)


def zone_to_offsets(instants: I8, name: str) -> I8:
    """How far a named zone is ahead of UTC at each instant, ns (n,); an unknown zone is a DataError."""
    zone = named_zone(name)
    return np.array([_ahead(zone, int(ns)) for ns in instants], np.int64).reshape(len(instants))


def named_zone(name: str) -> tzinfo:
    """The zone of a name such as Asia/Hong_Kong, UTC or +08:00; an unknown one is a DataError."""
    from zoneinfo import ZoneInfo

    try:
        return UTC if name in ("UTC", "Z") else _fixed(name) or ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise DataError(f"the time zone {name!r} is not known; {_MENDED}") from None


def _plain(values: NDArray[Any], where: Where) -> Days:
    """Days of timestamps without a zone, as they are written; clocks that may be another zone's are refused."""
    days = values.astype("M8[D]", copy=False)
    empty = np.isnat(days)
    if empty.any():
        raise DataError(f"{_place(where, int(empty.argmax()))}: the date is empty; {_MENDED}")
    if values.dtype == days.dtype:
        return days
    clock = (values - days).astype("m8[ns]").astype(np.int64)
    usual = np.logical_or.reduce([(clock >= low) & (clock <= high) for low, high in PLAIN_CLOCKS])
    strange = np.flatnonzero(~usual)
    if len(strange):
        i = int(strange[0])
        raise DataError(
            f"{_place(where, i)}: {values[i]} has no zone, and that clock may be midnight in another one; {_MENDED}"
        )
    return days


def _counts(values: I8, where: Where, zone: timezone) -> Days:
    if len(values) and bool(((values >= YEARS[0] * 10_000) & (values < (YEARS[1] + 1) * 10_000)).all()):
        return _written([str(value) for value in values.tolist()], where, zone)
    for least, factor in _COUNTS:
        if len(values) and bool(((values >= least) & (values < least * 1000)).all()):
            instants = values * factor
            return instants_to_days(instants, np.zeros_like(instants), where, zone=zone)
    if len(values):
        raise DataError(f"{_place(where, 0)}: {values[0]} is not a day; {_MENDED}")
    return np.zeros(0, "M8[D]")


def _written(values: Iterable[object], where: Where, zone: timezone) -> Days:
    plain: list[datetime] = []
    instants: list[int] = []
    stated: list[int] = []
    for i, value in enumerate(values):
        moment = written_moment(value)
        if moment is None:
            raise DataError(f"{_place(where, i)}: {_shown(value)} is not a day; {_MENDED} or 20260212")
        ahead = moment.utcoffset()
        plain.append(moment.replace(tzinfo=None))
        if ahead is not None:
            stated.append(round(ahead.total_seconds()) * 10**9)
            instants.append(_nanoseconds(plain[-1]) - stated[-1])
    if not instants:
        return _plain(np.array(plain, "M8[us]"), where) if plain else np.zeros(0, "M8[D]")
    if len(instants) != len(plain):
        raise DataError(f"{_place(where, 0)}: some of its dates have a zone and some have none; {_MENDED}")
    return instants_to_days(np.array(instants), np.array(stated), where, zone=zone)


def written_moment(value: object) -> datetime | None:
    """A cell as a datetime, naive where it states no zone; None where it is no day."""
    if isinstance(value, datetime):
        return value.to_pydatetime() if hasattr(value, "to_pydatetime") and value == value else _sane(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        return None
    month, day = (int(match[3] or match[5] or match[7]), int(match[4] or match[6] or match[8]))
    hour, minute, second = (int(part or 0) for part in match.group(9, 10, 11))
    try:
        moment = datetime(int(match[1]), month, day, hour, minute, second, tzinfo=_fixed(match[12] or ""))
    except ValueError:
        return None
    return _sane(moment)


def _sane(moment: datetime) -> datetime | None:
    return moment if moment == moment and YEARS[0] <= moment.year <= YEARS[1] else None


def _fixed(text: str) -> timezone | None:
    """The zone of an offset such as +08:00, +0800, +08, Z or UTC; None for any other text."""
    if text in ("Z", "UTC"):
        return UTC
    match = re.fullmatch(r"([+-])(\d{2}):?(\d{2})?", text)
    if match is None:
        return None
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-ahead if match[1] == "-" else ahead)


def _nanoseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1) * 1000


def _ahead(zone: tzinfo, instant: int = 0) -> int:
    offset = datetime.fromtimestamp(instant / 10**9, zone).utcoffset()
    return 0 if offset is None else round(offset.total_seconds()) * 10**9


def _place(where: Where, row: int) -> str:
    return where if isinstance(where, str) else where(row)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…'"
