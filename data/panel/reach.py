"""Panel rows at which launches first become tradable."""

import numpy as np

from ..arrays import I4
from ..calendars.sessions import Auction, cut_off, first_reachable, instant_ns
from ..ledger.launch import Launches
from .panel import Panel

# Nanoseconds within which every exchange has had a session: what is older was tradable before.
LONGEST_BREAK = 30 * 24 * 3600 * 10**9


def first_rows(launches: Launches, panel: Panel, at: Auction) -> I4:
    """First row whose open (or close) each launch can still reach on each of the panel's exchanges.

    Shape (launches, exchanges), int32; −1 where that session lies before the panel or the panel does not trade on
    the exchange, `len(panel)` where it lies after the panel's end. The launch's own clock counts: its `known_at` and
    `launches.reaction_minutes`.
    """
    rows = np.full((len(launches), len(panel.exchanges)), -1, np.int32)
    known = launches.known_ns()
    ready = known + round(launches.reaction_minutes * 60e9)
    used = {int(e) for e in panel.exchange_of}
    for e in used:
        own = np.flatnonzero(panel.exchange_open[:, e])
        if not len(own) or not len(known):
            continue
        name = panel.exchanges[e]
        last = instant_ns(cut_off(name, panel.sessions[own[-1]], at))
        early = ready < instant_ns(cut_off(name, panel.sessions[own[0]], at)) - LONGEST_BREAK
        rows[ready > last, e] = len(panel)
        inside = (ready <= last) & ~early
        if not inside.any():
            continue
        first = panel.sessions[own[0]]
        found = first_reachable(known[inside], name, at, reaction_minutes=launches.reaction_minutes)
        row = np.searchsorted(panel.sessions, found).astype(np.int32)
        rows[inside, e] = np.where(found < first, -1, row)
    return rows
