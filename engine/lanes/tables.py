"""What the market alone decides about each leg: when it can enter, at what price, and when it could leave.

As long as cash, margin and volume do not bind, the row and price of an entry and of an exit do not depend on the
account. They are read once for all parameter points from the exchange's answers in the windows.
"""

from typing import NamedTuple

import numpy as np

from ...data.arrays import F8, I4, U1
from ..compiled.windows import IS_OPEN, NO_ACTION, Windows
from ..judge.exits import close_signal, exit_levels
from ..judge.records import FILLED
from ..legs import CLOSE
from ..njit import compiled

NONE = 30_000  # an offset that is never reached: no such row before the end of the panel
BEYOND = 30_001  # an offset beyond the leg's window: only the general path can tell


class Entries(NamedTuple):
    """Each leg's only possible entry, (L,). `plain` 0: something about it needs the general path."""

    offset: I4  # offset of the entry within the window, NONE
    tries: I4  # blocked attempts before it; NONE when no attempt of the longest wait succeeds
    sessions: I4  # attempts that the panel leaves room for
    price: F8  # fill price, local
    part: F8  # weight per base money of one share, at the entry
    plain: U1


class Exits(NamedTuple):
    """Exit tables, one entry for each row of the windows (R,): offsets are within the leg's window."""

    at_open: I4  # first offset at or after this one at which an exit fills at the open
    open_blocks: I4  # attempts that fail before it
    at_close: I4  # (0,) where no leg trades at the close
    close_blocks: I4
    following: I4  # next session of the code's exchange after this offset
    action: I4  # corporate action of the leg's code on this row, −1 for none
    price: F8  # (2, R): local fill price of an exit at the open and at the close


def new_entries(n: int) -> Entries:
    """Room for the entries of n legs, none of which enters."""
    return Entries(
        np.full(n, NONE, np.int32), np.full(n, NONE, np.int32), np.zeros(n, np.int32), np.zeros(n), np.ones(n),
        np.ones(n, np.uint8),
    )  # fmt: skip


def new_exits(rows: int, late: int) -> Exits:
    """Room for the exit tables of windows of so many rows, `late` of them for orders at the close."""
    return Exits(
        np.empty(rows, np.int32), np.empty(rows, np.int32), np.empty(late, np.int32), np.empty(late, np.int32),
        np.empty(rows, np.int32), np.empty(rows, np.int32), np.zeros((2, rows)),
    )  # fmt: skip


@compiled
def find_entries(w: Windows, out: Entries, longest_wait: int) -> None:
    """The entry of every leg: the first attempt that the market would fill."""
    for k in range(len(w.leg)):
        orders = w.order[w.close_from :] if w.leg[k]["at"] == CLOSE else w.order
        start, row, length = w.leg[k]["start"], w.leg[k]["row"], w.leg[k]["length"]
        tries = 0
        for j in range(length):
            r = start + j
            if (orders[r]["flags"] & IS_OPEN) == 0:
                continue
            if tries > longest_wait:
                break
            part = orders[r]["part"]
            if part == part and orders[r]["why_enter"] == FILLED:
                out.offset[k], out.tries[k] = j, tries
                out.price[k], out.part[k] = orders[r]["enter"], part
                break
            tries += 1
        before, exchange = (
            np.int64(orders[start]["done"]) - (orders[start]["flags"] & IS_OPEN),
            w.leg[k]["exchange"],
        )
        while out.sessions[k] <= longest_wait and w.row_of[exchange, before + 1 + out.sessions[k]] < w.rows:
            out.sessions[k] += 1
        out.plain[k] = w.leg[k]["gone"] >= row + length


@compiled
def find_exits(w: Windows, t: Exits) -> None:
    """The exit tables of every leg, each from the end of its window backwards."""
    for k in range(len(w.leg)):
        length, start, row = w.leg[k]["length"], w.leg[k]["start"], w.leg[k]["row"]
        past = NONE if row + length >= w.rows else BEYOND
        following = next_open = next_close = past
        blocks_open = blocks_close = 0
        closing = w.leg[k]["at"] == CLOSE
        for j in range(length - 1, -1, -1):
            r = start + j
            t.following[r], t.action[r] = following, NO_ACTION
            if (w.order[r]["flags"] & IS_OPEN) != 0:
                following = j
                blocks_open += 1
                if w.order[r]["why_leave"] == FILLED:
                    next_open, blocks_open = j, 0
                if closing:
                    blocks_close += 1
                    if w.order[w.close_from + r]["why_leave"] == FILLED:
                        next_close, blocks_close = j, 0
            t.at_open[r], t.open_blocks[r], t.price[0, r] = next_open, blocks_open, w.order[r]["leave"]
            if closing:
                t.at_close[r], t.close_blocks[r] = next_close, blocks_close
                t.price[1, r] = w.order[w.close_from + r]["leave"]
        a = w.leg[k]["action"]
        while a != NO_ACTION and w.action_row[a] < row + length:
            if w.action_row[a] >= row:
                t.action[start + w.action_row[a] - row] = a
            a = w.action_next[a]


@compiled
def find_signals(w: Windows, e: Entries, t: Exits, values: F8, signals: I4, reached: I4) -> None:
    """Offset of the close at which each value of each rule first says so, into `signals` (L, 3, values.shape[1]).

    `values` (3, V): ascending stops, targets and trails, padded with NaN (never). NONE when the panel ends first,
    BEYOND when the window does. A smaller value is never later than a larger one. `reached` (3,) is working memory.
    """
    for k in range(len(w.leg)):
        length, start = w.leg[k]["length"], w.leg[k]["start"]
        side = w.leg[k]["side"]
        past = NONE if w.leg[k]["row"] + length >= w.rows else BEYOND
        for kind in range(3):
            reached[kind] = 0
            for i in range(values.shape[1]):
                signals[k, kind, i] = past
        basis = peak = e.price[k]
        for j in range(e.offset[k], length):
            r = start + j
            if j > e.offset[k] and t.action[r] != NO_ACTION:
                ratio, cash = w.action_terms[t.action[r], 0], w.action_terms[t.action[r], 1]
                basis, peak = (basis - cash) / ratio, (peak - cash) / ratio
            close = w.close[r]
            if np.isnan(close):
                continue
            for kind in range(3):
                while reached[kind] < values.shape[1]:
                    level = values[kind, reached[kind]]
                    stop = level if kind == 0 else np.nan
                    target = level if kind == 1 else np.nan
                    trail = level if kind == 2 else np.nan
                    levels = exit_levels(side, basis, (stop, target, trail))
                    if close_signal(side * close, side * peak, levels) < 0:
                        break
                    signals[k, kind, reached[kind]] = j
                    reached[kind] += 1
            peak = max(peak, close) if side > 0.0 else min(peak, close)
