"""What all parameter points of a table of legs share, packed for the lanes: few arrays, a row for each leg.

Nothing here depends on the account. A key says, in one integer, when a leg first tries to get out, where it
succeeds and how many attempts fail before; of several rules the smallest key is the one that applies.
"""

from typing import Any, NamedTuple

import numpy as np

from ...data.arrays import F8, I4, I8
from ...data.rules.costs import COMMISSION, COMMISSION_MIN, FIRST_LEVY, STAMP_BUY, STAMP_SELL
from ..compiled.windows import NO_ACTION, Windows, known_rate
from ..judge.records import FILLED
from ..legs import CLOSE
from ..machine.code import Effort, by_effort
from ..njit import compiled, inlined
from .tables import (
    BEYOND,
    NONE,
    Entries,
    Exits,
    find_entries,
    find_exits,
    find_signals,
    new_entries,
    new_exits,
)

# columns of Deck.integers; `leg`: its number in the windows; `sized`: offset at which the leg is sized, that of its entry, 0 where
# it has none; `easy`: plain, and entered at the first attempt; `cheap`: only a commission is charged
(
    START, ROW, LENGTH, SIZED, OFFSET, TRIES, SESSIONS, PLAIN, LEG, ENTRY_COSTS, STEADY, ACTS, EASY, CHEAP_ENTRY, CHEAP_EXIT,
) = range(15)  # fmt: skip
INTEGERS_WIDTH = 16
# columns of Deck.floats: `part` is weight per base money of one share; `least_room`, the fewest shares that there is room
# for in a session in which the leg may leave; `crowd`, legs that may trade the code in one session; `owes` 1 where borrow is paid;
# `only_fx` NaN where the currency's rate varies; `rate` and `least` of the commission, the latter in cents; `known_fx`, the
# rate that the entry is decided at
(
    SIDE, PART, LOT_MIN, LOT_STEP, ENTRY_PRICE, ENTRY_FX, ENTRY_ROOM, LEAST_ROOM, CROWD, OWES, ONLY_FX, RATE, LEAST, KNOWN_FX,
) = range(14)  # fmt: skip
FLOATS_WIDTH = 16

FINDING = Effort(unit=5e-6, compiling=1.0)  # a row of the windows, a leg, or a key

# a key: first attempt, 1 when the hold ended and not a rule said so, offset of the exit, attempts that fail before it
FIRST_SHIFT, HOLD_SHIFT, EXIT_SHIFT = 41, 40, 20
FIELD = (1 << 20) - 1
HOW = (1 << 21) - 1  # of a key shifted by EXIT_SHIFT: the exit, and whether by hold
NEVER = (np.int64(NONE + 1) << FIRST_SHIFT) | (np.int64(NONE) << EXIT_SHIFT)
UNKNOWN = (np.int64(NONE) << FIRST_SHIFT) | (np.int64(BEYOND) << EXIT_SHIFT)


class Deck(NamedTuple):
    """L legs in order of the row in which they are sized, R rows of windows, V values of a rule, H holds."""

    integers: I8  # (L, 16)
    floats: F8  # (L, 16)
    keys: I8  # (L, 3 V + H): stops, targets, trails, holds
    values: int  # V
    action: I4  # (R,): corporate action of the leg's code, NO_ACTION for none
    prices: F8  # (2, R): local fill price of an exit at the open and at the close of each row


@inlined
def _key(first: int, by_hold: int, exit_at: int, blocks: int) -> Any:
    if first >= NONE:
        return UNKNOWN if first == BEYOND else NEVER
    if exit_at >= NONE:  # it tries, but never succeeds
        blocks = blocks if exit_at == NONE else 0
    return (
        (np.int64(first) << FIRST_SHIFT)
        | (np.int64(by_hold) << HOLD_SHIFT)
        | (np.int64(exit_at) << EXIT_SHIFT)
        | np.int64(blocks)
    )


@compiled
def _find_keys(w: Windows, e: Entries, t: Exits, signals: I4, holds: I4, order: I8, keys: I8) -> None:
    """Keys of the exits after each signal, and when each hold ends, into `keys`, in the order of the deck."""
    values = signals.shape[2]
    for x in range(len(order)):
        k = order[x]
        start, row, length = w.leg[k]["start"], w.leg[k]["row"], w.leg[k]["length"]
        for kind in range(3):
            for i in range(values):
                first = signals[k, kind, i]
                first = t.following[start + first] if first < NONE else first
                r = start + first if first < NONE else start
                keys[x, kind * values + i] = _key(first, 0, t.at_open[r], t.open_blocks[r])
        at_close = w.leg[k]["at"] == CLOSE
        sessions_done: Any = 0
        if e.offset[k] < NONE:
            sessions_done = np.int64(w.order[start + e.offset[k]]["done"])
        for i in range(len(holds)):
            if e.offset[k] >= NONE:
                keys[x, 3 * values + i] = NEVER
                continue
            ends = w.row_of[w.leg[k]["exchange"], min(sessions_done + holds[i], w.rows + 1)]
            first = ends - row if ends < row + length else (NONE if ends >= w.rows else BEYOND)
            r = start + first if first < NONE else start
            if at_close:
                keys[x, 3 * values + i] = _key(first, 1, t.at_close[r], t.close_blocks[r])
            else:
                keys[x, 3 * values + i] = _key(first, 0, t.at_open[r], t.open_blocks[r])


def build(w: Windows, values: F8, holds: I4, longest_wait: int) -> Deck:
    """The deck of a table of legs for stops, targets and trails `values` (3, V) and for `holds`."""
    n = len(w.leg)
    entries, exits = new_entries(n), new_exits(len(w.worth), w.close_from)
    rows = len(w.worth)
    by_effort(find_entries, FINDING, n)(w, entries, longest_wait)
    by_effort(find_exits, FINDING, rows)(w, exits)
    signals = np.empty((n, 3, values.shape[1]), np.int32)
    by_effort(find_signals, FINDING, 3 * rows)(w, entries, exits, values, signals, np.zeros(3, np.int32))
    sized = np.where(entries.offset < NONE, entries.offset, 0)
    order = np.argsort(w.leg["row"] + sized, kind="stable")
    integers, floats = np.empty((n, INTEGERS_WIDTH), np.int64), np.empty((n, FLOATS_WIDTH))
    keys = np.empty((n, 3 * values.shape[1] + len(holds)), np.int64)
    by_effort(_find_keys, FINDING, keys.size)(w, entries, exits, signals, holds, order, keys)
    crowd = _count_crowd(w, entries)
    by_effort(_pack, FINDING, rows)(w, entries, exits, order, crowd, integers, floats)
    return Deck(integers, floats, keys, values.shape[1], exits.action, exits.price)


def _count_crowd(w: Windows, e: Entries) -> I8:
    """For each leg, how many legs may trade its code within its window, (L,), at least 1."""
    by_code = np.lexsort((w.leg["row"], w.leg["code"]))
    crowd = np.ones(len(by_code), np.int64)
    by_effort(_overlaps, FINDING, len(by_code))(w, e, by_code, crowd)
    return crowd


@compiled
def _overlaps(w: Windows, e: Entries, by_code: I8, crowd: I8) -> None:
    for a in range(len(by_code)):
        k = by_code[a]
        if e.offset[k] >= NONE:
            continue
        end = w.leg[k]["row"] + w.leg[k]["length"]
        for b in range(a + 1, len(by_code)):
            other = by_code[b]
            if w.leg[other]["code"] != w.leg[k]["code"] or w.leg[other]["row"] >= end:
                break
            if e.offset[other] < NONE:
                crowd[k] += 1
                crowd[other] += 1


@inlined
def _room(line: Any, crowd: int) -> Any:
    """Shares that one of `crowd` legs can surely trade."""
    return min(np.floor(line["allowed"] / crowd), line["max_order"])


@inlined
def _cheap(costs: F8, r: int, buy: bool) -> Any:
    """Whether row r of the costs charges nothing but a commission."""
    cheap = costs[r, STAMP_BUY if buy else STAMP_SELL] == 0.0
    for j in range(FIRST_LEVY, costs.shape[1], 4):
        cheap &= costs[r, j] == 0.0 and costs[r, j + 1] == 0.0 and costs[r, j + 2] == 0.0
    return cheap


@compiled
def _pack(w: Windows, e: Entries, t: Exits, order: I8, crowd: I8, integers: I8, floats: F8) -> None:
    """One row of `integers` and `floats` for each leg."""
    for x in range(len(order)):
        k = order[x]
        at_close = w.leg[k]["at"] == CLOSE
        orders = w.order[w.close_from :] if at_close else w.order
        start, length = w.leg[k]["start"], w.leg[k]["length"]
        sized = e.offset[k] if e.offset[k] < NONE else 0
        entered = start + sized
        regime = orders[entered]["cost_row"]
        steady, acts, owes, room, fx = True, False, False, np.inf, orders[start]["fx"]
        for r in range(start, start + length):
            line = w.order[r]
            steady &= line["cost_row"] == regime
            steady &= line["max_order"] == w.order[start]["max_order"]
            acts |= t.action[r] != NO_ACTION
            owes |= w.owed[r] > 0.0
            fx = fx if line["fx"] == fx else np.nan
            shut_in = line["why_leave"] != FILLED
            if at_close:
                shut_in &= w.order[w.close_from + r]["why_leave"] != FILLED
            if not shut_in:
                room = min(room, _room(line, crowd[k]))
        integers[x, START], integers[x, ROW], integers[x, LENGTH] = start, w.leg[k]["row"], length
        integers[x, SIZED], integers[x, OFFSET], integers[x, TRIES] = sized, e.offset[k], e.tries[k]
        integers[x, LEG] = k
        integers[x, SESSIONS], integers[x, PLAIN] = e.sessions[k], e.plain[k]
        integers[x, ENTRY_COSTS], integers[x, STEADY], integers[x, ACTS] = regime, steady, acts
        integers[x, EASY] = e.plain[k] and e.tries[k] == 0
        side = w.leg[k]["side"]
        integers[x, CHEAP_ENTRY] = _cheap(w.tables.costs, regime, side > 0.0)
        integers[x, CHEAP_EXIT] = _cheap(w.tables.costs, regime, side < 0.0)
        floats[x, SIDE], floats[x, PART] = side, e.part[k]
        floats[x, LOT_MIN] = float(orders[entered]["lot_min"])
        floats[x, LOT_STEP] = float(orders[entered]["lot_step"])
        floats[x, ENTRY_PRICE], floats[x, ENTRY_FX] = e.price[k], orders[entered]["fx"]
        floats[x, ENTRY_ROOM], floats[x, LEAST_ROOM] = _room(orders[entered], crowd[k]), room
        floats[x, ONLY_FX], floats[x, KNOWN_FX] = fx, known_rate(w, k, w.leg[k]["row"] + sized)
        floats[x, RATE] = w.tables.costs[regime, COMMISSION]
        floats[x, LEAST] = w.tables.costs[regime, COMMISSION_MIN] * 100.0
        floats[x, CROWD], floats[x, OWES] = float(crowd[k]), 1.0 if owes else 0.0
