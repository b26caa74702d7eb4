"""From when to when the bars of each code reach: what decides a panel's sessions before a rule is compiled.

A store says it without opening a file of bars. The bars of a whole market are then read one code at a time, and only
the panel itself has to find room in memory.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..arrays import Days
from ..bars.bars import Bars
from ..calendars.calendar import calendar
from ..calendars.overrides import Additions
from ..errors import DataError
from ..instruments.instrument import Instrument
from ..instruments.spellings import names_of
from ..store.store import Store

NEVER = np.datetime64("NaT", "D")
NO_DAYS = np.zeros(0, "M8[D]")


class Extent(NamedTuple):
    """First and last session of a code's bars (NaT without any), where they lie, and sessions traded beyond the calendar's."""

    code: str
    where: str
    first: np.datetime64
    last: np.datetime64
    beyond: Days

    @property
    def empty(self) -> bool:
        """Whether there is no bar."""
        return bool(np.isnat(self.first))


def extent_of(bars: Bars, instrument: Instrument, added: Additions) -> Extent:
    """The extent of bars in memory."""
    where = str(bars.source.get("path", bars.code))
    if not len(bars):
        return Extent(bars.code, where, NEVER, NEVER, NO_DAYS)
    first, last = bars.sessions.min(), bars.sessions.max()
    published = calendar(instrument.exchange, added).published
    beyond = bars.sessions[bars.traded & (bars.sessions > published)] if last > published else NO_DAYS
    return Extent(bars.code, where, first, last, beyond)


def stored_extents(
    store: Store, instruments: Sequence[Instrument], added: Additions
) -> tuple[Extent, ...] | None:
    """What a store says of each instrument's bars, earlier codes joined; None where bars have to be read to know.

    So it is where some lie beyond the published sessions: which of those were traded decides the calendar.
    """
    have, extents = frozenset(store.codes()), []
    for instrument in instruments:
        parts = [_stored(store, name) for name in names_of(instrument, have)]
        known = [one for one in parts if one is not None]
        if not parts or len(known) < len(parts):
            return None
        last = max(one.last for one in known)
        if last > calendar(instrument.exchange, added).published:
            return None
        where, first = "; ".join(one.where for one in known), min(one.first for one in known)
        extents.append(Extent(instrument.code, where, first, last, NO_DAYS))
    return tuple(extents)


def _stored(store: Store, name: str) -> Extent | None:
    """The extent of one code's file by its manifest."""
    manifest = store.manifest(name)
    revision = manifest.latest() if manifest else None
    if revision is None or not revision.rows:
        return None
    first, last = np.datetime64(revision.first, "D"), np.datetime64(revision.last, "D")
    return Extent(name, str(store.folder(name) / str(revision.file)), first, last, NO_DAYS)


class Moved(DataError):
    """Bars reach elsewhere than their store said a moment ago: a fetch runs beside this."""


def refuse_moved(bars: Bars, extent: Extent) -> None:
    """Refuse bars that were written again after their extent was asked for."""
    if not len(bars) or bars.sessions[0] != extent.first or bars.sessions[-1] != extent.last:
        raise Moved(f"{bars.code} was written while it was read; read it again")
