"""Sessions beyond the published calendars: which of them the bars prove, and what is said of it."""

from collections.abc import Iterable, Sequence

import numpy as np

from ..arrays import Days
from ..bars.checks import YEAR
from ..calendars.calendar import calendar
from ..calendars.hours import CALENDAR_OF
from ..calendars.overrides import Additions
from ..errors import DataError
from ..instruments.instrument import Instrument
from .extent import Extent

# What is said of sessions that only bars prove.
TAKEN = "are not in the published calendars and are taken from the bars"


def with_proven(added: Additions, extents: Sequence[Extent], instruments: Sequence[Instrument]) -> Additions:
    """The additions with every weekday after the published sessions on which one of the codes was traded.

    The same where nothing lies beyond, or where only published sessions are wanted. A bar years away is a DataError.
    """
    if added.published:
        return added
    days: dict[str, set[str]] = {}
    for extent, instrument in zip(extents, instruments, strict=True):
        if len(extent.beyond):
            dated(extent, extent.beyond.max(), added)
            days.setdefault(CALENDAR_OF[instrument.exchange], set()).update(
                extent.beyond.astype(str).tolist()
            )
    return added.proven_by(days) if days else added


def from_bars(added: Additions, sessions: Days) -> tuple[str, ...]:
    """A sentence about the sessions of a panel that only bars prove; none where all are published."""
    days = {
        day for proven in added.proven for day in proven.days if str(sessions[0]) <= day <= str(sessions[-1])
    }
    if not days:
        return ()
    return (
        f"{len(days)} sessions from {min(days)} on {TAKEN}: a "
        "session without any bar, a half-day or changed hours would not be known",
    )


def rests_on_bars(unknowns: Iterable[str]) -> bool:
    """Whether what a run had to assume holds sessions that only its bars prove."""
    return any(TAKEN in text for text in unknowns)


def dated(extent: Extent, day: np.datetime64, added: Additions) -> np.datetime64:
    """`day`, unless it is years away from every known session: such a bar is misdated and decides no span."""
    known = calendar("XSHG", added)
    first, last = known.sessions[0], known.published
    if not first <= day <= last + YEAR:
        raise DataError(
            f"{extent.where} has a bar on {day}, far from the known sessions, {first} to {last}; correct its date"
        )
    return day
