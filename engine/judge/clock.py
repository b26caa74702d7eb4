"""Minutes of trading on an exchange's own clock: nights, the lunch break and closed days are no time."""

from ...data.arrays import I4
from ..legs import CLOSE, LAST_MINUTE, OPEN
from ..njit import compiled, inlined

MORNING, NOON, AFTERNOON, END = range(4)  # columns of hours: continuous trading, minutes after midnight


@inlined
def minute_of(at: int) -> int:
    """The minute from which a position that was filled at `at` (OPEN, CLOSE or a minute) has been held."""
    return 0 if at == OPEN else LAST_MINUTE + 1 if at == CLOSE else at


@compiled
def trading_later(hours: I4, rows: I4, session: int, at: int, minutes: int) -> tuple[int, int]:
    """Row and minute that are `minutes` of trading after `at` (OPEN, CLOSE or a minute) of an exchange's n-th session.

    `hours` (T, 4) of its rows; `rows` of its sessions, n from 1, T where there is none. What falls on the end of a morning
    is due when the afternoon begins, what falls on the end of trading then. Row T: after the last session.
    """
    left, since = minutes, minute_of(at)
    for n in range(session, len(rows)):
        t = rows[n]
        if t >= len(hours):
            break
        first = max(hours[t, MORNING], since)
        if hours[t, NOON] - first > left or (
            hours[t, NOON] - first == left and hours[t, END] == hours[t, AFTERNOON]
        ):
            return t, first + left
        left -= max(hours[t, NOON] - first, 0)
        first = max(hours[t, AFTERNOON], since)
        if hours[t, END] - first >= left and hours[t, END] > first:
            return t, first + left
        left -= max(hours[t, END] - first, 0)
        since = 0
    return len(hours), 0
