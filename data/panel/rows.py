"""The rows of a panel: the sessions of the exchanges of its codes, from the first bar to the last or as asked."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..arrays import I4, Bool, Days
from ..calendars import sessions as calendars
from ..calendars.hours import EXCHANGES
from ..calendars.overrides import Additions
from ..errors import DataError
from .beyond import dated
from .extent import Extent


class Rows(NamedTuple):
    """Sessions (T,), and by exchange which of them are its own and how many it has had up to each, both (T,)."""

    sessions: Days
    own: Mapping[str, tuple[Bool, I4]]

    def of(self, exchange: str) -> Days:
        """The rows that are sessions of one exchange."""
        return self.sessions[self.own[exchange][0]]


def rows_of(
    extents: Sequence[Extent], span: tuple[object, object], exchanges: Collection[str], added: Additions
) -> Rows:
    """The rows of codes that reach so far, on any of the `exchanges`; None in `span` is where their bars begin or end."""
    sessions = _sessions(extents, span, exchanges, added)
    return Rows(sessions, {name: _exchange_sessions(name, sessions, added) for name in EXCHANGES})


def _empty_span(first: object, last: object, span: tuple[object, object]) -> str:
    """Why no day lies in the span: two ends that were asked for, or one beyond the bars."""
    if span[1] is None:
        return (
            f"the bars end on {last}, before the start {first}; start earlier, or add later bars to `prices`"
        )
    if span[0] is None:
        return f"the bars begin on {first}, after the end {last}; end later, or add earlier bars to `prices`"
    return f"the span from {first} to {last} is empty; the start must not come after the end"


def _sessions(
    extents: Sequence[Extent], span: tuple[object, object], exchanges: Collection[str], added: Additions
) -> Days:
    held = [one for one in extents if not one.empty]
    if not held:
        raise DataError("none of the codes has a bar; check the prices folder")
    first = min(dated(one, one.first, added) for one in held) if span[0] is None else _as_day(span[0])
    last = max(dated(one, one.last, added) for one in held) if span[1] is None else _as_day(span[1])
    if last < first:
        raise DataError(_empty_span(first, last, span))
    sessions = calendars.union_sessions(first, last, exchanges=exchanges, added=added)
    if not len(sessions):
        names = " or ".join(sorted(exchanges))
        raise DataError(f"there is no session of {names} from {first} to {last}; widen the span")
    return sessions


def _as_day(day: object) -> np.datetime64:
    return np.datetime64(str(day)[:10], "D")


def _exchange_sessions(name: str, sessions: Days, added: Additions) -> tuple[Bool, I4]:
    """Which rows are sessions of the exchange, and how many it has had up to each row, rows or not.

    Rows after the last day that is known of an exchange which is not traded here are none of its sessions.
    """
    last = min(sessions[-1], calendars.calendar(name, added).until)
    own = calendars.sessions(name, sessions[0], last, added=added) if sessions[0] <= last else sessions[:0]
    return np.isin(sessions, own), np.searchsorted(own, sessions, side="right").astype(np.int32)
