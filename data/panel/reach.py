"""Panel rows at which launches first become tradable."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import I4, I8
from ..calendars.hours import MINUTE, OFFSET
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
    for e in {int(e) for e in panel.exchange_of}:
        rows[:, e] = reached_rows(known, panel, e, at, reaction_minutes=launches.reaction_minutes)
    return rows


def reached_rows(known: I8, panel: Panel, exchange: int, at: Auction, *, reaction_minutes: float) -> I4:
    """The same for instants (int64 ns UTC) on one exchange, shape (n,)."""
    rows, own = np.full(len(known), -1, np.int32), panel.own_rows(exchange)
    if not len(own) or not len(known):
        return rows
    name, ready = panel.exchanges[exchange], known + round(reaction_minutes * MINUTE)
    first, last = (
        instant_ns(cut_off(name, panel.sessions[own[end]], at, added=panel.calendar)) for end in (0, -1)
    )
    rows[ready > last] = len(panel)
    inside = (ready <= last) & (ready >= first - LONGEST_BREAK)
    if inside.any():
        sessions = first_reachable(
            known[inside], name, at, reaction_minutes=reaction_minutes, added=panel.calendar
        )
        row = np.searchsorted(panel.sessions, sessions).astype(np.int32)
        rows[inside] = np.where(sessions < panel.sessions[own[0]], -1, row)
    return rows


def ready_minutes(launches: Launches, panel: Panel, launch: I4, row: I4, exchange: NDArray[Any]) -> I4:
    """The minute after midnight in which an order that answers a launch is ready inside the session of a row.

    Shape (n,), as `launch` (positions), `row` and `exchange`; 0 where it is there for the opening auction. A begun minute
    counts as the next.
    """
    opens = first_rows(launches, panel, "open")
    ready = launches.known_ns() + round(launches.reaction_minutes * MINUTE) + OFFSET
    minutes = -(-ready // MINUTE) % (24 * 60)
    late = opens[launch, exchange] > row
    return np.where(late, minutes[launch], 0).astype(np.int32)
