"""Sessions as the calendar library publishes them, computed once for each of its versions and kept in the user's cache.

The library makes them of holiday laws with pandas, which takes as long as a small run. The file is a note, never a
source: where it is missing or damaged or cannot be written, sessions are computed again.
"""

import hashlib
import io
import warnings
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..arrays import I8, Days
from ..files import write_whole
from .hours import CALENDAR_OF, MINUTE, OFFSET

FIRST_DAY = "1992-01-01"
LIBRARIES = ("exchange_calendars", "pandas")  # they decide what the sessions are
FORMAT = 1  # of the file: another one when `FIRST_DAY` or what stands in it changes
DIGEST = hashlib.sha256().digest_size


class Published(NamedTuple):
    """Sessions of a calendar, with the minute of each late open and early close (0 = regular); shape (n,) each."""

    days: Days
    late: I8
    early: I8


class Almanac(NamedTuple):
    """Last day that both calendars know, and what each publishes up to it, by its name.

    Shanghai publishes each year's sessions in the December before. Hong Kong's later sessions in the library are
    projected from the holiday laws, so they are not used either.
    """

    end: np.datetime64
    calendars: dict[str, Published]


@cache
def almanac() -> Almanac:
    """What the installed library publishes."""
    path = cached_file()
    known = read(path)
    if known is None:
        known = computed()
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content(known))
    return known


def cached_file() -> Path:
    """The file in the user's cache folder that belongs to the installed versions."""
    import platformdirs

    names = "-".join(f"{library}-{version(library)}" for library in LIBRARIES)
    return platformdirs.user_cache_path("launchlab", appauthor=False) / f"sessions-{FORMAT}-{names}"


def content(known: Almanac) -> bytes:
    """The sha256 of an archive of arrays, then the archive."""
    archive = io.BytesIO()
    tables: dict[str, Any] = {
        name: np.column_stack([found.days.astype(np.int64), found.late, found.early])
        for name, found in known.calendars.items()
    }
    np.savez_compressed(archive, end=known.end.astype(np.int64), **tables)
    return hashlib.sha256(archive.getvalue()).digest() + archive.getvalue()


def read(path: Path) -> Almanac | None:
    """What a file holds, None where it is not there or not whole."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    digest, archive = content[:DIGEST], content[DIGEST:]
    if hashlib.sha256(archive).digest() != digest:
        return None
    with np.load(io.BytesIO(archive), allow_pickle=False) as tables:
        columns = {name: tables[name].T for name in dict.fromkeys(CALENDAR_OF.values())}
        end = tables["end"].astype("M8[D]")[()]
    return Almanac(
        end, {name: Published(one[0].astype("M8[D]"), one[1], one[2]) for name, one in columns.items()}
    )


def computed() -> Almanac:
    """What the library publishes, asked anew."""
    from exchange_calendars.exchange_calendar_xshg import XSHGExchangeCalendar

    end = str(XSHGExchangeCalendar.bound_max().date())
    names = dict.fromkeys(CALENDAR_OF.values())
    return Almanac(np.datetime64(end, "D"), {name: _library(name, end) for name in names})


def _library(name: str, end: str) -> Published:
    import exchange_calendars

    with warnings.catch_warnings():
        # exchange_calendars 4.13 reads Series.values, which pandas 3 announces to change.
        warnings.simplefilter("ignore", DeprecationWarning)
        hours = exchange_calendars.get_calendar(name, start=FIRST_DAY, end=end)
    days = hours.sessions.to_numpy().astype("datetime64[D]")
    midnight = days.astype("datetime64[ns]").astype(np.int64) - OFFSET

    def minutes(irregular: Days, instants: Days) -> I8:
        clock_time = (instants.astype("datetime64[ns]").astype(np.int64) - midnight) // MINUTE
        return np.where(np.isin(days, irregular.astype("datetime64[D]")), clock_time, 0)

    late = minutes(hours.late_opens.to_numpy(), hours.opens.dt.tz_localize(None).to_numpy())
    early = minutes(hours.early_closes.to_numpy(), hours.closes.dt.tz_localize(None).to_numpy())
    return Published(days, late, early)
