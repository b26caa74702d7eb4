"""What all parameter points of a table of legs share, packed for the lanes: few arrays, a row for each leg.

Nothing here depends on the account. A key says, in one integer, when a leg first tries to get out, where it
succeeds and how many attempts fail before; of several rules the smallest key is the one that applies.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import market
from .compiled import njit
from .exits import BEYOND, NONE, Entries, Exits
from .kernel import EPS
from .legs import CLOSE
from .market import Rules, Windows

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]

# columns of Deck.whole
START, ROW, LENGTH, SIZED, OFFSET, TRIES, UNSIZED, SESSIONS, PLAIN, ENTRY_COSTS, STEADY, ACTS = range(12)
# columns of Deck.real: `part` is weight per base money of one share; `least_room` and `only_fx` hold throughout
# the window (`only_fx` NaN: it varies)
SIDE, PART, LOT_MIN, LOT_STEP, ENTRY_PRICE, ENTRY_FX, ENTRY_ROOM, LEAST_ROOM, ONLY_FX = range(9)
# columns of Deck.row: base value of a share at the close, and what its borrow costs the night after
WORTH, OWED, FX, ROOM = range(4)

# a key: first attempt, 1 when the hold ended and not a rule said so, slot of the exit, attempts that fail before it
FIRST_SHIFT, HOLD_SHIFT, SLOT_SHIFT = 41, 40, 20
FIELD = (1 << 20) - 1
UNKNOWN, NEVER = np.int64(NONE) << FIRST_SHIFT, np.int64(NONE + 1) << FIRST_SHIFT


class Deck(NamedTuple):
    """L legs in order of the row in which they are sized, R rows of windows, V values of a rule, H holds."""

    whole: I8  # (L, 12)
    real: F8  # (L, 9)
    keys: I8  # (L, 3, V): stops, targets, trails
    hold_keys: I8  # (L, H)
    row: F8  # (R, 4)
    price: F8  # (2 R,): local fill price of an exit at the open and at the close of each row
    action: I4  # (R,): corporate action of the leg's code, −1 for none
    cost_row: I4  # (R,)


@njit(inline="always", _nrt=False)
def _key(first: int, by_hold: int, exit_at: int, blocks: int) -> Any:
    if first >= NONE:
        unknown = UNKNOWN if first == BEYOND else NEVER
        return unknown | (np.int64(2 * first) << SLOT_SHIFT)
    slot = np.int64(2 * exit_at + by_hold)
    return (
        (np.int64(first) << FIRST_SHIFT) | (np.int64(by_hold) << HOLD_SHIFT) | (slot << SLOT_SHIFT) | blocks
    )


@njit(nogil=True)
def find_keys(w: Windows, e: Entries, t: Exits, signals: I4, holds: I4) -> tuple[I8, I8]:
    """Keys of the exits after each signal (L, 3, V), and when each hold ends (L, H)."""
    rows = len(w.nights)
    keys = np.empty(signals.shape, np.int64)
    hold_keys = np.full((len(signals), len(holds)), NEVER | (np.int64(2 * NONE) << SLOT_SHIFT), np.int64)
    for k in range(len(signals)):
        start, row, length = w.whole[k, market.START], w.whole[k, market.ROW], w.whole[k, market.LENGTH]
        for kind in range(3):
            for i in range(signals.shape[2]):
                first = signals[k, kind, i]
                first = t.following[start + first] if first < NONE else first
                r = start + first if first < NONE else start
                keys[k, kind, i] = _key(first, 0, t.at_open[r], t.open_blocks[r])
        if e.offset[k] >= NONE:
            continue
        done = w.flag[start + e.offset[k], market.DONE]
        for i in range(len(holds)):
            ends = w.row_of[w.whole[k, market.EXCHANGE], min(done + holds[i], rows + 1)]
            first = ends - row if ends < row + length else (NONE if ends >= rows else BEYOND)
            r = start + first if first < NONE else start
            if w.whole[k, market.AT] == CLOSE:
                hold_keys[k, i] = _key(first, 1, t.at_close[r], t.close_blocks[r])
            else:
                hold_keys[k, i] = _key(first, 0, t.at_open[r], t.open_blocks[r])
    return keys, hold_keys


def pack(
    w: Windows, rules: Rules, found: tuple[Entries, Exits], keys: tuple[I8, I8], longest_hold: int
) -> Deck:
    """The deck of a table of legs; `found` and `keys` stand in the order of the legs, the deck in that of sizing."""
    entries, exits = found
    n, start = len(w.whole), w.whole[:, market.START]
    codes, own = np.unique(w.whole[:, market.CODE], return_inverse=True)
    busy = np.zeros((len(codes), len(w.nights) + 1), np.int32)
    crowd = _count_crowd(w, entries, exits, longest_hold, own.reshape(-1), busy)
    volume = np.floor(rules.participation * w.quote[:, market.VOLUME] + EPS)
    room = np.minimum(np.floor(volume / crowd), w.quote[:, market.MAX_ORDER])
    fx = w.quote[:, market.FX]
    entered = start + np.where(entries.offset < NONE, entries.offset, 0)
    sized = start + entries.sized
    least, steady = np.minimum.reduceat(room, start), _steady(w)
    same_fx = np.minimum.reduceat(fx, start) == np.maximum.reduceat(fx, start)
    whole = np.column_stack([
        start, w.whole[:, market.ROW], w.whole[:, market.LENGTH], entries.sized, entries.offset, entries.tries,
        entries.unsized, entries.sessions, entries.plain, w.flag[entered, market.COST_ROW], steady,
        np.maximum.reduceat(exits.action, start) >= 0,
    ]).astype(np.int64)  # fmt: skip
    real = np.column_stack([
        w.real[:, market.SIDE], w.real[:, market.WEIGHT] / entries.unit, w.quote[sized, market.LOT_MIN],
        w.quote[sized, market.LOT_STEP], entries.price, fx[entered], room[entered], least,
        np.where(same_fx, fx[start], np.nan),
    ]).astype(np.float64)  # fmt: skip
    worth = w.quote[:, market.MARK] * fx
    short = np.repeat(w.real[:, market.SIDE] < 0.0, w.whole[:, market.LENGTH])
    owed = np.where(short, worth * w.quote[:, market.BORROW], 0.0)
    order = np.argsort(w.whole[:, market.ROW] + entries.sized, kind="stable")
    return Deck(
        whole=np.ascontiguousarray(whole.reshape(n, 12)[order]),
        real=np.ascontiguousarray(real.reshape(n, 9)[order]),
        keys=np.ascontiguousarray(keys[0][order]),
        hold_keys=np.ascontiguousarray(keys[1][order]),
        row=np.column_stack([worth, owed, fx, room]),
        price=np.column_stack([exits.open_price, exits.close_price]).reshape(-1),
        action=exits.action,
        cost_row=np.ascontiguousarray(w.flag[:, market.COST_ROW]),
    )


@njit(nogil=True)
def _count_crowd(w: Windows, e: Entries, t: Exits, longest_hold: int, own: I8, busy: I4) -> I4:
    """For each row of each window, how many legs may trade the code on it, (R,), at least 1."""
    rows = len(w.nights)
    for k in range(len(w.whole)):
        if e.offset[k] >= NONE:
            continue
        start, row, length = w.whole[k, market.START], w.whole[k, market.ROW], w.whole[k, market.LENGTH]
        done = w.flag[start + e.offset[k], market.DONE]
        due = w.row_of[w.whole[k, market.EXCHANGE], min(done + longest_hold, rows + 1)] - row
        last = length - 1
        if due < length:
            last = t.at_open[start + due]
            if w.whole[k, market.AT] == CLOSE:
                last = max(last, t.at_close[start + due])
        busy[own[k], row + e.offset[k]] += 1
        busy[own[k], min(row + last, rows - 1) + 1] -= 1
    crowd = np.ones(len(w.quote), np.int32)
    for c in range(len(busy)):
        for i in range(1, rows):
            busy[c, i] += busy[c, i - 1]
    for k in range(len(w.whole)):
        for j in range(w.whole[k, market.LENGTH]):
            crowd[w.whole[k, market.START] + j] = max(busy[own[k], w.whole[k, market.ROW] + j], 1)
    return crowd


@njit(nogil=True)
def _steady(w: Windows) -> U1:
    """Legs whose cost row and largest order stay the same throughout their window, (L,)."""
    steady = np.ones(len(w.whole), np.uint8)
    for k in range(len(w.whole)):
        start = w.whole[k, market.START]
        first = w.flag[start, market.COST_ROW]
        for r in range(start + 1, start + w.whole[k, market.LENGTH]):
            other = w.flag[r, market.COST_ROW]
            same = w.quote[r, market.MAX_ORDER] == w.quote[start, market.MAX_ORDER]
            for j in range(w.tables.costs.shape[1]):
                same &= w.tables.costs[first, j] == w.tables.costs[other, j]
            if not same:
                steady[k] = 0
                break
    return steady
