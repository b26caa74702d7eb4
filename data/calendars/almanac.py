"""Sessions as the calendar library publishes them: shipped for one of its versions, for others computed and kept.

The library makes them of holiday laws with pandas, which takes as long as a small run. Both files are notes, never a
source: where neither is there and whole, sessions are computed. What is computed lies in the user's cache, by version;
`python -m launchlab.data.calendars.almanac` writes what is shipped, for the version that is installed.
"""

import warnings
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..arrays import I8, Days
from ..installed import version
from .hours import CALENDAR_OF, MINUTE, OFFSET

FIRST_DAY = "1992-01-01"
LIBRARIES = ("exchange_calendars", "pandas")  # they decide what the sessions are
FORMAT = 2  # of the file: another one when `FIRST_DAY` or what stands in it changes
NAMES = tuple(dict.fromkeys(CALENDAR_OF.values()))
CHECK = 4  # bytes of the checksum


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
    known = read(shipped_file()) or read(path)
    if known is None:
        from ..files import write_whole

        known = computed()
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content(known))
    return known


def shipped_file() -> Path:
    """The file beside this one that belongs to the installed version of the calendar library."""
    return Path(__file__).with_name(f"sessions-{FORMAT}-{LIBRARIES[0]}-{version(LIBRARIES[0])}.bin")


def cached_file() -> Path:
    """The file in the user's cache folder that belongs to the installed versions."""
    import platformdirs

    names = "-".join(f"{library}-{version(library)}" for library in LIBRARIES)
    return platformdirs.user_cache_path("launchlab", appauthor=False) / f"sessions-{FORMAT}-{names}"


def content(known: Almanac) -> bytes:
    """A checksum, then packed numbers: the end; of each calendar how many sessions, their days, late opens, early closes."""
    tables = [known.calendars[name] for name in NAMES]
    sizes = [len(table.days) for table in tables]
    numbers = [
        known.end.astype("M8[D]").astype(np.int64)[None],
        sizes,
        *(column.astype(np.int64) for table in tables for column in table),
    ]
    packed = zlib.compress(np.concatenate(numbers).astype("<i4").tobytes())
    return zlib.crc32(packed).to_bytes(CHECK, "little") + packed


def read(path: Path) -> Almanac | None:
    """What a file holds, None where it is not there or not whole."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    check, packed = content[:CHECK], content[CHECK:]
    if not packed or zlib.crc32(packed) != int.from_bytes(check, "little"):
        return None
    numbers = np.frombuffer(zlib.decompress(packed), "<i4").astype(np.int64)
    end, sizes, columns = numbers[0], numbers[1 : 1 + len(NAMES)], numbers[1 + len(NAMES) :]
    calendars = {}
    for name, size in zip(NAMES, sizes, strict=True):
        days, late, early = columns[: 3 * size].reshape(3, size)
        calendars[name] = Published(days.astype("M8[D]"), late, early)
        columns = columns[3 * size :]
    return Almanac(end.astype("M8[D]"), calendars)


def computed() -> Almanac:
    """What the library publishes, asked anew."""
    from exchange_calendars.exchange_calendar_xshg import XSHGExchangeCalendar

    end = str(XSHGExchangeCalendar.bound_max().date())
    return Almanac(np.datetime64(end, "D"), {name: _library(name, end) for name in NAMES})


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


if __name__ == "__main__":
    shipped_file().write_bytes(content(computed()))
