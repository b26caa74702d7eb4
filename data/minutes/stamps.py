"""From the minute that a bar is stamped with to the minutes between which it was traded.

Half of the vendors stamp a bar with its end, half with its start. The hours tell which: a bar stamped with the start of
the lunch break ends there, one stamped with the end of the break starts there. What is declared must not contradict.
"""

from typing import NamedTuple

import numpy as np

from ..arrays import I4, Bool
from ..errors import DataError
from .hours import Spans
from .read import MinuteRows

STAMPS = ("end", "start")
LENGTHS = (1, 5, 15, 30, 60)
CALL = 15  # minutes before the open and after the close in which an auction's own bar may be stamped


class Placed(NamedTuple):
    """When bars were traded, each (n,): from `start` to `stop`, minutes after midnight.

    `auction`: the bar is an auction of its own. `strange`: the exchange did not trade then. `spans` are of each bar's
    session, `length` the bars' minutes, `stamps` one of STAMPS.
    """

    start: I4
    stop: I4
    auction: Bool
    strange: Bool
    spans: Spans
    length: int
    stamps: str


def place(rows: MinuteRows, spans: Spans, name: str, declared: str = "") -> Placed:
    """When each bar was traded, `spans` being those of its session; DataError where length or stamps cannot be told."""
    length = _length(rows, name)
    stamps = _stamps(rows, spans, name, declared)
    end = stamps == "end"
    stamp = rows.stamp.astype(np.int64)
    m, noon, a, close = spans.morning, spans.noon, spans.afternoon, spans.close
    if end:
        early, late = (stamp > m) & (stamp <= noon), (stamp > a) & (stamp <= close)
        auction = ((stamp <= m) & (stamp > m - CALL)) | ((stamp > close) & (stamp <= close + CALL))
    else:
        early, late = (stamp >= m) & (stamp < noon), (stamp >= a) & (stamp < close)
        auction = ((stamp < m) & (stamp >= m - CALL)) | ((stamp >= close) & (stamp <= close + CALL))
    first, last = np.where(late, a, m), np.where(late, close, noon)
    inside = early | late
    into = stamp - first
    whole = (into % length == 0) | (end & (stamp == last))
    begun = first + (into - 1 if end else into) // length * length
    start = np.where(inside, begun, stamp - end)
    stop = np.where(inside, np.minimum(begun + length, last), stamp + (not end))
    auction |= inside & (start >= spans.auction)
    strange = ~(inside & whole) & ~auction
    return Placed(start.astype(np.int32), stop.astype(np.int32), auction, strange, spans, length, stamps)


def _length(rows: MinuteRows, name: str) -> int:
    """Minutes of a bar: the commonest step from one to the next of a session."""
    steps = np.diff(rows.stamp)[(np.diff(rows.day).astype(np.int64) == 0)]
    steps = steps[steps > 0]
    if not len(steps):
        raise DataError(
            f"{name} has no session with two bars, so that their length is not known; give whole sessions"
        )
    length = int(np.bincount(steps).argmax())
    if length not in LENGTHS:
        known = ", ".join(map(str, LENGTHS))
        raise DataError(f"{name} has bars of {length} minutes; give bars of one of {known} minutes")
    return length


def _stamps(rows: MinuteRows, spans: Spans, name: str, declared: str) -> str:
    """`end` or `start`: what the lunch break says, or the declaration where it says nothing."""
    broken = spans.afternoon > spans.noon
    ends = int((broken & (rows.stamp == spans.noon)).sum())
    starts = int((broken & (rows.stamp == spans.afternoon)).sum())
    told = "end" if ends > starts else "start" if starts > ends else ""
    if declared and told and declared != told:
        raise DataError(
            f"{name} is declared to stamp bars with their {declared}, but {max(ends, starts)} of them are stamped with "
            f"the {'start' if told == 'end' else 'end'} of the lunch break, as bars stamped with their {told} are; "
            f"leave `minute_stamps` out, or correct it"
        )
    if not (declared or told):
        raise DataError(
            f"{name} does not tell whether bars are stamped with their start or their end; say it with `minute_stamps`"
        )
    return declared or told
