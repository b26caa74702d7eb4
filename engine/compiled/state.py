"""Working memory of one compiled run and what it writes: fills, blocks, positions, books."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I4, I8
from ..judge.records import Fill
from ..legs import BLOCK, FILL
from ..njit import compiled, inlined
from ..results.run import POSITION
from .windows import Windows, lines, meets_any

# A leg as it stands, one cache line. `peak_then` is the peak before the leg was looked ahead for: `exit` and `peak` then stand as
# they will be at its next event. `next`: what stands before it on its session's list.
STANDING = np.dtype(
    [(name, "f8") for name in ("held", "basis", "peak", "planned", "filled", "peak_then")]
    + [(name, "i4") for name in ("entering", "exit", "due", "next")]
)  # fmt: skip
# What else is known of it: sessions done when it first tried to enter; rows in which it last bought and was looked ahead for, NO_ROW
# for none; its next corporate action, NO_ACTION for none; the minute of row `due` from which it gets out, 0 where it holds for sessions.
PAST = np.dtype([(name, "i4") for name in ("first_try", "bought", "looked", "action", "due_at", "unused")])
# Shares of a code traded in one row, and that row; or in one minute bar, and its minute since the panel's first row.
TAKEN = np.dtype([("used", "f8"), ("row", "i8")])
# A leg on its way through the minute bars of a session: the next that it meets and the one after its last, those that it has
# seen start last and what it lacked there; shares filled before the session.
WALK = np.dtype([("next", "i4"), ("stop", "i4"), ("at", "i4"), ("why", "i4"), ("before", "f8")])
# A leg that is held on its way through them: the next bar and the one after its last; whether it is getting out, and for which Reason
# it last got less than it wanted, and when; what it held when it began to.
LEAVING = np.dtype(
    [
        ("next", "i4"),
        ("stop", "i4"),
        ("going", "i4"),
        ("at", "i4"),
        ("why", "i4"),
        ("unused", "i4"),
        ("before", "f8"),
    ]
)
# columns of State.book; SPENDABLE, what orders of the session may count on: the cash as if it moved at the rates known when
# they are sent, as GROSS and SHORT do; FINANCED, what futures held at the last close are worth, signed, which no cash was paid for;
# MARGIN, what they tie up of it
CASH, NAV, GROSS, SHORT, CUT, SPENDABLE, FINANCED, MARGIN = range(8)
# What is due in a row: the last entry of its list, NOTHING where it is empty (agenda.py says what an entry is), and whether every rule has to be
# looked at, not only the list.
EVENTS = np.dtype([("last", "i4"), ("full", "i4")])
NO_EXIT = -1  # in the place of a Reason: nothing asks the leg to get out
NOT_TRIED = -1  # in the place of sessions done: the leg has not tried to enter
NOTHING = -1  # in the place of an entry of a list
SELLS, COVERS, ENTRIES = range(3)  # parts of a list, in order
# parts of a row of State.value
LONGS, SHORTS, OWED = range(3)
PARTS = 4
# parts of a row of State.settled: of futures alone, value signed, value of shorts, margin
SIGNED, SOLD, TIED = range(3)
SETTLED = 3
# columns of Out.counts and Out.totals
FILLS, BLOCKS, POSITIONS = range(3)
COSTS, TRADED = range(2)


class State(NamedTuple):
    """Working memory of one run; a leg's part is initialised when the leg is admitted."""

    leg: NDArray[Any]  # (L,): STANDING
    past: NDArray[Any]  # (L,): PAST
    live: I4  # (L,): legs admitted and not known to be over, in order
    today: I4  # (L,): from some place on, the legs with an event in the session, in order
    queue: I4  # (2 L,): legs in the order in which their orders are due; one that gets out of a part while it enters stands twice
    events: NDArray[Any]  # (T + 1,): EVENTS
    value: F8  # (4 × (T + 1),): longs and shorts at the close, of legs as far as they are known to be held; borrow of the night
    settled: F8  # (3 × (T + 1),): the same of futures, empty where there is none
    taken: NDArray[Any]  # (N,): TAKEN
    taken_inside: NDArray[Any]  # (N,): TAKEN
    walk: NDArray[Any]  # (L,): WALK, (0,) where no leg meets minute bars
    leaving: NDArray[Any]  # (L,): LEAVING, (0,) likewise
    paired: F8  # (M,)
    book: F8  # (8,)


class Turn(NamedTuple):
    """Whose turn it is: leg `k`, in row `t` of the panel, at an auction or inside the bar (OPEN, TOUCH, CLOSE)."""

    k: int
    t: int
    at: int


class Out(NamedTuple):
    """What a run writes. Records beyond the capacity are counted but not kept."""

    keep: bool
    equity: F8  # (T,)
    cash: F8  # (T,) when kept, else (1,)
    long: F8
    short: F8
    borrow: F8
    dividends: F8
    fills: NDArray[Any]
    blocks: NDArray[Any]
    positions: NDArray[Any]
    counts: I8  # (3,)
    totals: F8  # (2,)


def new_state(windows: Windows, codes: int) -> State:
    """Working memory for any number of runs over one table of legs."""
    n, rows = len(windows.leg), windows.rows
    inside = meets_any(windows)
    return State(
        leg=lines(n, STANDING),
        past=lines(n, PAST),
        live=np.empty(n, np.int32),
        today=np.empty(n, np.int32),
        queue=np.empty(2 * n, np.int32),
        events=lines(rows + 1, EVENTS),
        value=lines(PARTS * (rows + 1), np.dtype(np.float64)),
        settled=np.zeros(SETTLED * (rows + 1) if windows.futures else 0),
        taken=np.zeros(codes, TAKEN),
        taken_inside=np.zeros(codes, TAKEN),
        walk=np.zeros(n if inside else 0, WALK),
        leaving=np.zeros(n if inside else 0, LEAVING),
        paired=np.zeros(len(windows.pair_weight)),
        book=np.zeros(8),
    )


def new_out(rows: int, *, keep: bool, room: I8 | None = None) -> Out:
    """Where a run writes; without `keep` only equity, counts and totals."""
    records = np.ones(3, np.int64) if room is None else room
    books = {name: np.zeros(rows if keep else 1) for name in ("cash", "long", "short", "borrow", "dividends")}
    return Out(
        keep=keep,
        equity=np.zeros(rows),
        **books,
        fills=np.zeros(records[FILLS], FILL),
        blocks=np.zeros(records[BLOCKS], BLOCK),
        positions=np.zeros(records[POSITIONS], POSITION),
        counts=np.zeros(3, np.int64),
        totals=np.zeros(2),
    )


@compiled
def _keep_fill(
    fills: NDArray[Any], n: int, ids: tuple[int, int, int, int, int], fill: Fill, fx: float, cash: float
) -> None:
    if n < len(fills):
        r = fills[n]
        r["row"], r["at"], r["code"], r["leg"], r["reason"] = ids
        r["shares"], r["price"], r["fx"], r["cash"] = fill.shares, fill.price, fx, cash
        r["commission"], r["stamp"], r["levies"] = fill.commission * fx, fill.stamp * fx, fill.levies * fx


@compiled
def _keep_block(
    blocks: NDArray[Any], n: int, ids: tuple[int, int, int, int, int], wanted: float, filled: float
) -> None:
    if n < len(blocks):
        r = blocks[n]
        r["row"], r["at"], r["code"], r["leg"], r["reason"] = ids
        r["wanted"], r["filled"] = wanted, filled


@compiled
def keep_position(positions: NDArray[Any], first: int, stop: int, t: int, code: int, shares: float) -> int:
    """Add shares to the session's row of the code, kept in order of code; returns the new end."""
    at = stop
    while at > first and at - 1 < len(positions) and positions[at - 1]["code"] > code:
        at -= 1
    if at > first and at - 1 < len(positions) and positions[at - 1]["code"] == code:
        positions[at - 1]["shares"] += shares
        return stop
    for q in range(min(stop, len(positions) - 1), at, -1):
        positions[q] = positions[q - 1]
    if at < len(positions):
        r = positions[at]
        r["row"], r["code"], r["shares"] = t, code, shares
    return stop + 1


@inlined
def record_block(w: Windows, out: Out, a: Turn, wanted: float, filled: float, why: int) -> None:
    """Count, and keep, an attempt that got less than it wanted."""
    n = out.counts[BLOCKS]
    out.counts[BLOCKS] = n + 1
    if out.keep:
        _keep_block(out.blocks, n, (a.t, a.at, w.leg[a.k]["code"], a.k, why), wanted, filled)


@inlined
def record_fill(w: Windows, s: State, out: Out, a: Turn, fill: Fill, fx: float, why: int) -> None:
    """Count, and keep, an execution that is booked already."""
    n = out.counts[FILLS]
    out.counts[FILLS] = n + 1
    out.totals[COSTS] += (fill.commission + fill.stamp + fill.levies) * fx
    out.totals[TRADED] += abs(fill.shares) * fill.price * fx
    if out.keep:
        ids = (a.t, a.at, w.leg[a.k]["code"], a.k, why)
        _keep_fill(out.fills, n, ids, fill, fx, s.book[CASH])
