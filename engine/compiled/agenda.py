"""Which legs have something to do in a session, and in which order their orders are sent.

A leg that waits for its next event stands on the list of that row: first the sales, then the covers, then the entries, each
in order of legs. Where nothing else can happen, the list is the session's orders. Where it can (margin is called, prices
are touched inside the bar, legs trade at the close, a corporate action, a delisting, the end of a window), all legs with
an event are put in order, and each auction asks each of them.
"""

import numpy as np

from ...data.arrays import I4
from ...data.panel.panel import TRADING
from ..legs import CLOSE
from ..njit import compiled, inlined
from .state import COVERS, CUT, ENTRIES, NO_EXIT, NOTHING, SELLS, State
from .windows import STATUS, Windows, meets_minutes, watched, window_row

# A leg on a list: what is due, then the leg. A list is linked from its last leg to its first, which NOTHING follows.
PART_SHIFT = 26
LEG_MASK = (1 << PART_SHIFT) - 1
FIRST_ENTRY = ENTRIES << PART_SHIFT


@inlined
def clear_agenda(s: State, t: int) -> None:
    """Nothing is due from row t on."""
    for u in range(t, len(s.events)):
        s.events[u]["last"], s.events[u]["full"] = NOTHING, 0


@inlined
def put_on_list(s: State, k: int, t: int, part: int, full: bool) -> None:
    """Leg k is due in row t; `full`: every rule has to be looked at there."""
    u, entry = np.uint64(t), np.int64((part << PART_SHIFT) + np.int64(k))
    if full:
        s.events[u]["full"] = 1
    later = np.int64(s.events[u]["last"])
    if later < entry:
        s.leg[k]["next"] = later
        s.events[u]["last"] = entry
        return
    following = np.int64(s.leg[np.uint64(later & LEG_MASK)]["next"])
    while following > entry:
        later = following
        following = np.int64(s.leg[np.uint64(later & LEG_MASK)]["next"])
    s.leg[k]["next"] = following
    s.leg[np.uint64(later & LEG_MASK)]["next"] = entry


@inlined
def take_list(s: State, t: int, new: int) -> tuple[int, int]:
    """Put what is due in row t into the queue, up to its place `new`; returns the first place, and that of the entries."""
    lo = entries = new
    entry = np.int64(s.events[np.uint64(t)]["last"])
    while entry != NOTHING:
        k = np.uint64(entry & LEG_MASK)
        lo -= 1
        s.queue[np.uint64(lo)] = k
        entries = lo if entry >= FIRST_ENTRY else entries
        entry = np.int64(s.leg[k]["next"])
    return lo, entries


@compiled
def put_in_order(s: State, lo: int) -> None:
    """The queue from its place `lo` on, into `today` in order of legs."""
    for j in range(lo, len(s.today)):
        k, at = s.queue[j], j
        while at > lo and s.today[at - 1] > k:
            s.today[at] = s.today[at - 1]
            at -= 1
        s.today[at] = k


@compiled
def queue_auction(w: Windows, s: State, t: int, at: int, lo: int, ends: I4) -> tuple[int, int]:
    """Put what may be due at an auction into the queue: sells, covers, entries; returns where entries begin and all end."""
    n = entries = 0
    for part in range(3):
        if part == ENTRIES:
            entries = n
        for j in range(lo, len(s.today)):
            k = s.today[j]
            held = s.leg[k]["held"]
            if part == ENTRIES:
                wanted = s.leg[k]["entering"] != 0 and w.leg[k]["at"] == at and not meets_minutes(w, k, t)
            else:
                wanted = s.leg[k]["exit"] != NO_EXIT or t >= s.leg[k]["due"] or s.book[CUT] > 0.0
                wanted = wanted or (at == CLOSE and ends[w.leg[k]["exchange"]] == t)
                wanted = wanted and (held > 0.0 if part == SELLS else held < 0.0)
            if wanted:
                s.queue[n] = k
                n += 1
    return entries, n


@compiled
def queue_touched(w: Windows, s: State, t: int, lo: int) -> int:
    """Put the legs that may be touched inside the bar into the queue: longs, shorts; returns how many there are."""
    n = 0
    for part in (SELLS, COVERS):
        for j in range(lo, len(s.today)):
            k = s.today[j]
            held = s.leg[k]["held"]
            fresh = s.past[k]["bought"] == t and w.leg[k]["at"] == CLOSE
            wanted = held > 0.0 if part == SELLS else held < 0.0
            wanted = wanted and s.leg[k]["exit"] == NO_EXIT and not fresh and not watched(w, k, t)
            if wanted and w.bar[window_row(w, k, t), STATUS] == TRADING:
                s.queue[n] = k
                n += 1
    return n


@compiled
def queue_all(s: State, lo: int) -> None:
    """Put all legs with an event into the queue, in order, each at its place in `today`."""
    for j in range(lo, len(s.today)):
        s.queue[j] = s.today[j]
