"""Which legs have something to do in a session, and in which order their orders are sent.

A leg that waits for its next event stands on the list of that row, by what is due there: a sale, a cover, an entry.
Where nothing else can happen, these lists in turn are the session's orders. Where it can (margin is called, prices
are touched inside the bar, legs trade at the close, a corporate action, a delisting, the end of a window), all legs with
an event are put in order, and each auction asks each of them.
"""

import numpy as np
from numpy.typing import NDArray

from ..data.panel import TRADING
from . import market
from .compiled import njit
from .legs import CLOSE
from .market import Windows
from .records import (
    COVERS,
    CUT,
    ENTRIES,
    KIND,
    PARTS,
    QUIET,
    SELLS,
    State,
)

I4 = NDArray[np.int32]


@njit(error_model="numpy", _nrt=False, inline="always")
def clear_agenda(s: State, t: int) -> None:
    """Nothing is due from row t on."""
    for u in range(PARTS * t, len(s.events), PARTS):
        s.events[u + SELLS] = s.events[u + COVERS] = s.events[u + ENTRIES] = -1
        s.events[u + KIND] = QUIET


@njit(error_model="numpy", _nrt=False, inline="always")
def put_on_list(s: State, k: int, t: int, part: int, kind: int) -> None:
    """Leg k is due in row t, which is at least of that kind. Lists run from their last leg to their first."""
    leg, list_at, kind_at = np.int64(k), np.uint64(PARTS * t + part), np.uint64(PARTS * t + KIND)
    if s.events[kind_at] < kind:
        s.events[kind_at] = kind
    later = np.int64(s.events[list_at])
    if later < leg:
        s.leg[k]["next"] = later
        s.events[list_at] = leg
        return
    following = np.int64(s.leg[np.uint64(later)]["next"])
    while following > leg:
        later = following
        following = np.int64(s.leg[np.uint64(later)]["next"])
    s.leg[k]["next"] = following
    s.leg[np.uint64(later)]["next"] = leg


@njit(error_model="numpy", _nrt=False, inline="always")
def take_lists(s: State, t: int, new: int) -> tuple[int, int]:
    """Put what is due in row t into the queue, up to its place `new`; returns the first place, and that of the entries."""
    lo = new
    k = s.events[np.uint64(PARTS * t + ENTRIES)]
    while k >= 0:
        lo -= 1
        s.queue[np.uint64(lo)] = k
        k = s.leg[np.uint64(k)]["next"]
    entries = lo
    for part in (COVERS, SELLS):
        k = s.events[np.uint64(PARTS * t + part)]
        while k >= 0:
            lo -= 1
            s.queue[np.uint64(lo)] = k
            k = s.leg[np.uint64(k)]["next"]
    return lo, entries


@njit(error_model="numpy", _nrt=False)
def put_in_order(s: State, lo: int) -> None:
    """The queue from its place `lo` on, into `today` in order of legs."""
    for j in range(lo, len(s.queue)):
        k, at = s.queue[j], j
        while at > lo and s.today[at - 1] > k:
            s.today[at] = s.today[at - 1]
            at -= 1
        s.today[at] = k


@njit(error_model="numpy", _nrt=False)
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
                wanted = s.leg[k]["entering"] != 0 and w.leg[k]["at"] == at
            else:
                wanted = s.leg[k]["exit"] >= 0 or t >= s.leg[k]["due"] or s.book[CUT] > 0.0
                wanted = wanted or (at == CLOSE and ends[w.leg[k]["exchange"]] == t)
                wanted = wanted and (held > 0.0 if part == SELLS else held < 0.0)
            if wanted:
                s.queue[n] = k
                n += 1
    return entries, n


@njit(error_model="numpy", _nrt=False)
def queue_touched(w: Windows, s: State, t: int, lo: int) -> int:
    """Put the legs that may be touched inside the bar into the queue: longs, shorts; returns how many there are."""
    n = 0
    for part in (SELLS, COVERS):
        for j in range(lo, len(s.today)):
            k = s.today[j]
            held = s.leg[k]["held"]
            fresh = s.past[k]["bought"] == t and w.leg[k]["at"] == CLOSE
            wanted = held > 0.0 if part == SELLS else held < 0.0
            if wanted and s.leg[k]["exit"] < 0 and not fresh:
                r = w.leg[k]["start"] + t - w.leg[k]["row"]
                if w.bar[r, market.STATUS] == TRADING:
                    s.queue[n] = k
                    n += 1
    return n


@njit(error_model="numpy", _nrt=False)
def queue_all(s: State, lo: int) -> None:
    """Put all legs with an event into the queue, in order, each at its place in `today`."""
    for j in range(lo, len(s.queue)):
        s.queue[j] = s.today[j]
