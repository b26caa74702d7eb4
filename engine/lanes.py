"""The fast path: 64 parameter points side by side, leg by leg, over a shared deck.

Exact where the account never binds: every order is filled whole when the market allows it, so that only the number
of shares differs between points. Each point is watched for the contrary (cash, margin, volume, largest order, an exit
beyond the window); a point that cannot be proven exact is marked for the general path.

A leg adds the value of its shares to every row until its exit; when the next leg is sized, all rows before it are
complete, so net asset values are read off in one sweep through time. Rows live in a ring that fits the cache.

What is written to stands in one flat array, `m`, at constant places: then the compiler knows that it does not
overlap and turns each loop over lanes into vector instructions. What is called for every leg takes arrays, not
tuples of them: those would be copied onto the stack at each call. `_nrt=False` leaves out the reference counts of
array views, which cost more than the arithmetic; nothing here allocates.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.rules.costs import (
    COMMISSION,
    COMMISSION_MIN,
    FIRST_LEVY,
    LEVIES,
    STAMP_BUY,
    STAMP_SELL,
    STAMP_UNIT,
)
from . import deck as dk
from . import market
from .compiled import njit
from .deck import Deck
from .exits import BEYOND, NONE
from .kernel import EPS, HALF, trade_cost
from .market import Rules, Windows

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
U4 = NDArray[np.uint32]

LANES = 64
# a row of Batch.ring: value of longs and shorts at the close; cash that comes in, cash that must be there, value
# entered, and borrow owed in the session
PARTS = 6
LONG, SHORT, CASH_IN, NEED, ENTERED, OWED = range(0, PARTS * LANES, LANES)
# places of Batch.m: sums over the run, then the leg at hand
PLACES = 23
(
    RETURNS, SQUARES, DOWNS, PEAK, WORST, EQUITY, COSTS, TRADED, CASH, NAV, LAST_GROSS, LAST_SHORT, FILLS, BLOCKS,
    BAD, SCALE, WAIT, SHARES, VALUE, FLOW, PRICE, FX, LEAVES,
) = range(0, PLACES * LANES, LANES)  # fmt: skip


class Batch(NamedTuple):
    """Working memory of a batch of LANES points."""

    ring: F8  # (rows, 6 LANES)
    m: F8  # (PLACES × LANES,)
    keys: I8  # (LANES,): of the leg at hand, first of each combination, then of each lane
    combo: U4  # (LANES,): the combination of hold, stop, target and trail of each lane
    numbers: U4  # (LANES, 4): those combinations, as numbers of values in the deck


@njit(nogil=True, _nrt=False, error_model="numpy")
def _cost(costs: F8, r: int, buy: bool, m: F8) -> None:
    """kernel.trade_cost in total of the order worth VALUE in each lane, into FLOW; 0 where nothing is traded.

    Sums whole cents, a rule at a time, so that rules that charge nothing cost nothing.
    """
    rate, least = costs[r, COMMISSION], costs[r, COMMISSION_MIN] * 100.0
    for x in range(LANES):
        charge = np.floor(m[VALUE + x] * rate * 100.0 + HALF)
        m[FLOW + x] = charge if charge > least else least
    stamp = costs[r, STAMP_BUY] if buy else costs[r, STAMP_SELL]
    if stamp > 0.0 and costs[r, STAMP_UNIT] == 1.0:
        for x in range(LANES):
            m[FLOW + x] += np.ceil(m[VALUE + x] * stamp - 1e-7) * 100.0
    elif stamp > 0.0:
        for x in range(LANES):
            m[FLOW + x] += np.floor(m[VALUE + x] * stamp * 100.0 + HALF)
    for j in range(FIRST_LEVY, FIRST_LEVY + 4 * LEVIES, 4):
        rate, fixed, least, most = costs[r, j], costs[r, j + 1], costs[r, j + 2], costs[r, j + 3]
        if rate == 0.0 and fixed == 0.0 and least == 0.0:
            continue
        for x in range(LANES):
            charge = m[VALUE + x] * rate + fixed
            charge = charge if charge > least else least
            charge = charge if charge < most else most
            m[FLOW + x] += np.floor(charge * 100.0 + HALF)
    for x in range(LANES):
        m[FLOW + x] = m[FLOW + x] * 0.01 if m[SHARES + x] > 0.0 else 0.0


@njit(nogil=True, _nrt=False, error_model="numpy")
def _close_row(row: F8, m: F8, collateral: float, max_gross: float, maintenance: float) -> None:
    """Complete one row: checks, net asset value, returns; then clear it for reuse."""
    deeper = 0
    for x in range(LANES):
        cash, before = m[CASH + x] - row[OWED + x], m[NAV + x]
        need, entered = row[NEED + x], row[ENTERED + x]
        lacks = (need > 0.0) & (cash - collateral * m[LAST_SHORT + x] < need)
        large = (entered > 0.0) & (m[LAST_GROSS + x] + entered > max_gross * before)
        cash += row[CASH_IN + x]
        long, short = row[LONG + x], row[SHORT + x]
        gross = long + short
        nav = cash + long - short
        poor = (nav < maintenance * gross) | (nav <= 0.0)
        change = nav / before - 1.0
        fall = change if change < 0.0 else 0.0
        peak = nav if nav > m[PEAK + x] else m[PEAK + x]
        deeper += int((1.0 + m[WORST + x]) * peak > nav)
        m[CASH + x], m[NAV + x], m[PEAK + x] = cash, nav, peak
        m[LAST_GROSS + x], m[LAST_SHORT + x] = gross, short
        m[RETURNS + x] += change
        m[SQUARES + x] += change * change
        m[DOWNS + x] += fall * fall
        m[EQUITY + x] += nav
        m[BAD + x] = 1.0 if lacks | large | poor else m[BAD + x]
        row[LONG + x] = row[SHORT + x] = row[CASH_IN + x] = 0.0
        row[NEED + x] = row[ENTERED + x] = row[OWED + x] = 0.0
    if deeper:
        for x in range(LANES):
            depth = m[NAV + x] / m[PEAK + x] - 1.0
            m[WORST + x] = depth if depth < m[WORST + x] else m[WORST + x]


@njit(nogil=True, _nrt=False, error_model="numpy")
def _size(whole: I8, real: F8, m: F8) -> int:
    """Shares of the leg and value at entry in every lane; the number of lanes that hold it."""
    part, lot_min, lot_step = real[dk.PART], real[dk.LOT_MIN], real[dk.LOT_STEP]
    price, room = real[dk.ENTRY_PRICE], real[dk.ENTRY_ROOM]
    tries, unsized, sessions = float(whole[dk.TRIES]), float(whole[dk.UNSIZED]), float(whole[dk.SESSIONS])
    steps, plain = 1.0 / lot_step, whole[dk.PLAIN] != 0
    never = whole[dk.OFFSET] >= NONE
    held = 0
    for x in range(LANES):
        wait = m[WAIT + x]
        raw = part * m[SCALE + x] * m[NAV + x]
        lots = lot_min + np.floor((raw - lot_min) * steps + EPS) * lot_step
        shares = lots if raw >= lot_min - EPS else 0.0
        late = wait + 1.0 if wait + 1.0 < sessions else sessions
        late = late if (shares > 0.0) | (wait < unsized) else unsized + 1.0
        m[BLOCKS + x] += tries if (wait >= tries) & (shares > 0.0) else late
        shares = shares if wait >= tries else 0.0
        m[SHARES + x] = shares
        m[VALUE + x] = shares * price
        unsure = (shares > room) | (((shares > 0.0) | never) & (not plain))
        m[BAD + x] = 1.0 if unsure else m[BAD + x]
        held += int(shares > 0.0)
    return held


@njit(nogil=True, _nrt=False, error_model="numpy")
def _enter(row: F8, m: F8, side: float, fx: float, backing: float) -> None:
    """Book an entry at VALUE for the costs in FLOW."""
    for x in range(LANES):
        value, flow = m[VALUE + x], m[FLOW + x]
        row[CASH_IN + x] -= (side * value + flow) * fx
        row[NEED + x] += (backing * value + flow) * fx
        row[ENTERED + x] += value * fx
        m[COSTS + x] += flow * fx
        m[TRADED + x] += value * fx
        m[FILLS + x] += 1.0 if m[SHARES + x] > 0.0 else 0.0


@njit(nogil=True, _nrt=False, error_model="numpy")
def _find_exit(m: F8, b_keys: I8, combo: U4, numbers: U4, combos: int, rules: I8, holds: I8) -> int:
    """Exit offset of a leg in every lane, its key into `b_keys`; returns the last offset held by some lane.

    `rules` (3, V) and `holds` (H,): the leg's keys in the deck.
    """
    stops, targets, trails = rules[0], rules[1], rules[2]
    for c in range(combos):
        rule = min(min(stops[numbers[c, 1]], targets[numbers[c, 2]]), trails[numbers[c, 3]])
        b_keys[c] = min(rule, holds[numbers[c, 0]])
    for x in range(LANES - 1, -1, -1):  # downwards, for combo[x] <= x
        b_keys[x] = b_keys[combo[x]]
    last = 0
    for x in range(LANES):
        leaves = (b_keys[x] >> (dk.SLOT_SHIFT + 1)) & (dk.FIELD >> 1)
        held = m[SHARES + x] > 0.0
        leaves = leaves if held else 0
        m[LEAVES + x] = float(leaves)
        m[BLOCKS + x] += float(b_keys[x] & dk.FIELD) if held else 0.0
        m[BAD + x] = 1.0 if leaves == BEYOND else m[BAD + x]
        last = leaves if leaves > last else last
    return last


@njit(nogil=True, _nrt=False)
def _act(w: Windows, b: Batch, r: int, j: int, a: int, side: float) -> None:
    """The corporate action `a` at offset j, row r of the windows, in the lanes that still hold the leg."""
    m = b.m
    ratio = w.action_terms[a, 0]
    paid = w.action_terms[a, 2] if side > 0.0 else w.action_terms[a, 1]
    price = w.quote[r, market.REF] if w.quote[r, market.REF] > 0.0 else w.quote[r - 1, market.MARK] / ratio
    row = b.ring[w.action_row[a] & (len(b.ring) - 1)]
    for x in range(LANES):
        if m[SHARES + x] > 0.0 and m[LEAVES + x] >= j:
            exact = m[SHARES + x] * ratio
            kept = np.floor(exact + EPS)
            received = side * (m[SHARES + x] * paid + max(exact - kept, 0.0) * price) * w.quote[r, market.FX]
            row[CASH_IN + x] += received
            if received < 0.0 or kept <= 0.0:
                m[BAD + x] = 1.0
            m[SHARES + x] = kept


@njit(nogil=True, _nrt=False, error_model="numpy")
def _hold(ring: F8, m: F8, rows: F8, t: int, first: int, stop: int, side: float) -> None:
    """Add the leg's value to the rows at offsets `first` to `stop`, and what its borrow costs the night after.

    `rows`: the leg's part of Deck.row; `t`: the row of its window's start.
    """
    mask = len(ring) - 1
    for j in range(first, stop):
        worth, owed, until = rows[j, dk.WORTH], rows[j, dk.OWED], float(j)
        row = ring[(t + j) & mask]
        if side > 0.0:
            for x in range(LANES):
                row[LONG + x] += m[SHARES + x] * worth if until < m[LEAVES + x] else 0.0
        else:
            for x in range(LANES):
                row[SHORT + x] += m[SHARES + x] * worth if until < m[LEAVES + x] else 0.0
        if owed > 0.0:
            row = ring[(t + j + 1) & mask]
            for x in range(LANES):
                row[OWED + x] += m[SHARES + x] * owed if until < m[LEAVES + x] else 0.0


@njit(nogil=True, _nrt=False, error_model="numpy")
def _hold_through_actions(w: Windows, d: Deck, b: Batch, k: int, last: int) -> None:
    """_hold for a leg whose code has corporate actions within its window."""
    side, first, start, t = (
        d.real[k, dk.SIDE],
        d.whole[k, dk.OFFSET],
        d.whole[k, dk.START],
        d.whole[k, dk.ROW],
    )
    for j in range(first, min(last + 1, d.whole[k, dk.LENGTH])):
        if d.action[start + j] >= 0 and (j > first or j == last):
            _act(w, b, start + j, j, d.action[start + j], side)
        if j < last:
            _hold(b.ring, b.m, d.row[start:], t, j, j + 1, side)


@njit(nogil=True, _nrt=False, error_model="numpy")
def _look_up(w: Windows, d: Deck, b: Batch, k: int) -> None:
    """What differs between the rows of exits: currency, room, and costs where the cost rules change."""
    m, start = b.m, d.whole[k, dk.START]
    buy = d.real[k, dk.SIDE] < 0.0
    for x in range(LANES):
        if m[SHARES + x] <= 0.0:
            m[FX + x] = 1.0
            continue
        r = start + int(m[LEAVES + x])
        m[FX + x] = d.row[r, dk.FX]
        if m[SHARES + x] > d.row[r, dk.ROOM]:
            m[BAD + x] = 1.0
        if not d.whole[k, dk.STEADY]:
            one = trade_cost(w.tables.costs, d.cost_row[r], buy, m[PRICE + x], m[SHARES + x], np.inf)
            m[FLOW + x] = one.commission + one.stamp + one.levies


@njit(nogil=True, _nrt=False, error_model="numpy")
def _sell(m: F8, keys: I8, prices: F8, final: int, only_fx: float, least_room: float) -> int:
    """Value of the exit in every lane; the number of lanes that may trade more than there is room for.

    `prices`: the leg's part of Deck.price; `final`: its last place.
    """
    for x in range(LANES):
        slot = (keys[x] >> dk.SLOT_SHIFT) & dk.FIELD
        m[PRICE + x] = prices[np.uint64(min(slot, final))]
    crowded = 0
    for x in range(LANES):
        shares = m[SHARES + x] if m[LEAVES + x] < NONE else 0.0
        m[SHARES + x] = shares
        m[VALUE + x] = shares * m[PRICE + x]
        m[FX + x] = only_fx
        crowded += int(shares > least_room)
    return crowded


@njit(nogil=True, _nrt=False, error_model="numpy")
def _leave(ring: F8, m: F8, row: int, side: float) -> None:
    """Book the exit at VALUE for the costs in FLOW; `row`: that of the window's start."""
    mask = len(ring) - 1
    for x in range(LANES):
        value, flow, fx = m[VALUE + x], m[FLOW + x], m[FX + x]
        m[COSTS + x] += flow * fx
        m[TRADED + x] += value * fx
        m[FILLS + x] += 1.0 if m[SHARES + x] > 0.0 else 0.0
        m[VALUE + x] = (side * value - flow) * fx
        m[FLOW + x] = (value + flow) * fx
    if side > 0.0:
        for x in range(LANES):
            i = np.uint64((row + int(m[LEAVES + x])) & mask)
            ring[i, CASH_IN + x] += m[VALUE + x]
    else:
        for x in range(LANES):
            i = np.uint64((row + int(m[LEAVES + x])) & mask)
            ring[i, CASH_IN + x] += m[VALUE + x]
            ring[i, NEED + x] += m[FLOW + x]


@njit(inline="always", _nrt=False, error_model="numpy")
def _trade(w: Windows, rules: Rules, d: Deck, b: Batch, k: int, combos: int) -> int:
    """Leg k from its entry to its exit, in the lanes that have SHARES of it; returns the last row that it touches."""
    ring, m, whole, real = b.ring, b.m, d.whole[k], d.real[k]
    side, start, t = real[dk.SIDE], whole[dk.START], whole[dk.ROW]
    _cost(w.tables.costs, whole[dk.ENTRY_COSTS], side > 0.0, m)
    row = ring[(t + whole[dk.OFFSET]) & (len(ring) - 1)]
    _enter(row, m, side, real[dk.ENTRY_FX], 1.0 if side > 0.0 else rules.collateral)
    last = min(_find_exit(m, b.keys, b.combo, b.numbers, combos, d.keys[k], d.hold_keys[k]), whole[dk.LENGTH])
    if whole[dk.ACTS]:
        _hold_through_actions(w, d, b, k, last)
    else:
        _hold(ring, m, d.row[start:], t, whole[dk.OFFSET], last, side)
    final = 2 * whole[dk.LENGTH] - 1
    crowded = _sell(m, b.keys, d.price[2 * start :], final, real[dk.ONLY_FX], real[dk.LEAST_ROOM])
    _cost(w.tables.costs, whole[dk.ENTRY_COSTS], side < 0.0, m)
    if crowded or np.isnan(real[dk.ONLY_FX]) or not whole[dk.STEADY]:
        _look_up(w, d, b, k)
    _leave(ring, m, t, side)
    return int(t + last)


@njit(nogil=True, _nrt=False)
def _deal(b: Batch, numbers: U4) -> int:
    """Number the distinct neighbours among the lanes' combinations; returns how many there are."""
    n = 0
    for x in range(LANES):
        same = n > 0
        for c in range(4):
            same = same and numbers[x, c] == b.numbers[n - 1, c]
        if not same:
            for c in range(4):
                b.numbers[n, c] = numbers[x, c]
            n += 1
        b.combo[x] = n - 1
    return n


@njit(inline="always", _nrt=False, error_model="numpy")
def _close_rows(ring: F8, m: F8, rules: Rules, cursor: int, stop: int, busy: int) -> int:
    """Complete the rows from `cursor` to `stop`; those past the one after `busy`, the last row touched, change nothing."""
    mask = len(ring) - 1
    while cursor < min(stop, busy + 2):
        _close_row(ring[cursor & mask], m, rules.collateral, rules.max_gross, rules.maintenance)
        cursor += 1
    if cursor < stop:
        idle = float(stop - cursor)
        for x in range(LANES):
            m[EQUITY + x] += idle * m[NAV + x]
    return max(cursor, stop)


@njit(nogil=True, _nrt=False, error_model="numpy")
def run_batch(w: Windows, rules: Rules, d: Deck, numbers: U4, b: Batch) -> None:
    """Run LANES points whose SCALE and WAIT stand in `b.m`; sums into `b.m`, BAD where exactness is not proven.

    `numbers` (LANES, 4): the points' hold, stop, target and trail as numbers of values in the deck.
    """
    ring, m = b.ring, b.m
    ring[:] = 0.0
    m[:SCALE] = 0.0
    for place in (CASH, NAV, PEAK):
        m[place : place + LANES] = rules.capital
    combos = _deal(b, numbers)
    cursor, busy = 0, -1
    for k in range(len(d.whole)):
        whole, real = d.whole[k], d.real[k]
        cursor = _close_rows(ring, m, rules, cursor, whole[dk.ROW] + whole[dk.SIZED], busy)
        if _size(whole, real, m):
            busy = max(busy, _trade(w, rules, d, b, k, combos))
    _close_rows(ring, m, rules, cursor, len(w.nights), busy)


def new_batch(span: int) -> Batch:
    """Working memory for windows of `span` rows."""
    return Batch(
        ring=np.zeros((1 << (span + 4).bit_length(), PARTS * LANES)),
        m=np.zeros(PLACES * LANES),
        keys=np.zeros(LANES, np.int64),
        combo=np.zeros(LANES, np.uint32),
        numbers=np.zeros((LANES, 4), np.uint32),
    )
