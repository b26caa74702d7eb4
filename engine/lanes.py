"""The fast path: 64 parameter points side by side, leg by leg, over a shared deck.

Exact where the account never binds: every order is filled whole when the market allows it, so that only the number
of shares differs between points. Each point is watched for the contrary (cash, margin, volume, largest order, an exit
beyond the window); a point that cannot be proven exact is marked for the general path.

A leg adds the value of its shares to every row until its exit; when the next leg is sized, all rows before it are
complete, so net asset values are read off in one sweep through time. Rows live in a ring that fits the cache.

What is written to stands in one flat array, `m`, at constant places: then the compiler knows that it does not
overlap and turns each loop over lanes into vector instructions. `_nrt=False` leaves out the reference counts of
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
from .kernel import EPS, trade_cost
from .market import Rules, Windows

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
U4 = NDArray[np.uint32]

LANES = 64
HALF = 0.5 + 1e-7  # as kernel.cents rounds
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


@njit(inline="always", _nrt=False, error_model="numpy")
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


@njit(inline="always", _nrt=False, error_model="numpy")
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


@njit(inline="always", _nrt=False, error_model="numpy")
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


@njit(inline="always", _nrt=False, error_model="numpy")
def _find_exit(d: Deck, b: Batch, k: int, combos: int) -> int:
    """Exit offset and price of leg k in every lane; returns the last offset at which some lane still holds it."""
    stops, targets, trails, holds = d.keys[k, 0], d.keys[k, 1], d.keys[k, 2], d.hold_keys[k]
    m, keys, numbers, combo = b.m, b.keys, b.numbers, b.combo
    for c in range(combos):
        rule = min(min(stops[numbers[c, 1]], targets[numbers[c, 2]]), trails[numbers[c, 3]])
        keys[c] = min(rule, holds[numbers[c, 0]])
    if combos > 1:
        for x in range(LANES - 1, -1, -1):  # downwards, for combo[x] <= x
            keys[x] = keys[combo[x]]
    else:
        keys[:] = keys[0]
    last = 0
    for x in range(LANES):
        leaves = (keys[x] >> (dk.SLOT_SHIFT + 1)) & (dk.FIELD >> 1)
        held = m[SHARES + x] > 0.0
        leaves = leaves if held else 0
        m[LEAVES + x] = float(leaves)
        m[BLOCKS + x] += float(keys[x] & dk.FIELD) if held else 0.0
        m[BAD + x] = 1.0 if leaves == BEYOND else m[BAD + x]
        last = leaves if leaves > last else last
    final = 2 * d.whole[k, dk.LENGTH] - 1
    prices = d.price[2 * d.whole[k, dk.START] :]
    for x in range(LANES):
        slot = (keys[x] >> dk.SLOT_SHIFT) & dk.FIELD
        m[PRICE + x] = prices[np.uint64(min(slot, final))]
    return min(last, d.whole[k, dk.LENGTH])


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


@njit(inline="always", _nrt=False, error_model="numpy")
def _hold(w: Windows, d: Deck, b: Batch, k: int, last: int) -> None:
    """Add the leg's value to every row until its exit, and what its borrow costs the night after."""
    ring, m = b.ring, b.m
    mask = len(ring) - 1
    side, first = d.real[k, dk.SIDE], d.whole[k, dk.OFFSET]
    for j in range(first, last):
        r, t = d.whole[k, dk.START] + j, d.whole[k, dk.ROW] + j
        if d.action[r] >= 0 and j > first:
            _act(w, b, r, j, d.action[r], side)
        worth, owed, until = d.row[r, dk.WORTH], d.row[r, dk.OWED], float(j)
        row = ring[t & mask]
        if side > 0.0:
            for x in range(LANES):
                row[LONG + x] += m[SHARES + x] * worth if until < m[LEAVES + x] else 0.0
        else:
            for x in range(LANES):
                row[SHORT + x] += m[SHARES + x] * worth if until < m[LEAVES + x] else 0.0
        if owed > 0.0:
            row = ring[(t + 1) & mask]
            for x in range(LANES):
                row[OWED + x] += m[SHARES + x] * owed if until < m[LEAVES + x] else 0.0
    r = d.whole[k, dk.START] + last
    if last < d.whole[k, dk.LENGTH] and d.action[r] >= 0:
        _act(w, b, r, last, d.action[r], side)


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


@njit(inline="always", _nrt=False, error_model="numpy")
def _leave(w: Windows, d: Deck, b: Batch, k: int) -> None:
    """Book leg k's exit in every lane that reaches one."""
    ring, m = b.ring, b.m
    side, only_fx, least_room = d.real[k, dk.SIDE], d.real[k, dk.ONLY_FX], d.real[k, dk.LEAST_ROOM]
    crowded = 0
    for x in range(LANES):
        shares = m[SHARES + x] if m[LEAVES + x] < NONE else 0.0
        m[SHARES + x] = shares
        m[VALUE + x] = shares * m[PRICE + x]
        m[FX + x] = only_fx
        crowded += int(shares > least_room)
    _cost(w.tables.costs, d.whole[k, dk.ENTRY_COSTS], side < 0.0, m)
    if crowded or only_fx != only_fx or not d.whole[k, dk.STEADY]:
        _look_up(w, d, b, k)
    for x in range(LANES):
        value, flow, fx = m[VALUE + x], m[FLOW + x], m[FX + x]
        m[COSTS + x] += flow * fx
        m[TRADED + x] += value * fx
        m[FILLS + x] += 1.0 if m[SHARES + x] > 0.0 else 0.0
        m[VALUE + x] = (side * value - flow) * fx
        m[FLOW + x] = (value + flow) * fx
    row, mask = d.whole[k, dk.ROW], len(ring) - 1
    if side > 0.0:
        for x in range(LANES):
            i = np.uint64((row + int(m[LEAVES + x])) & mask)
            ring[i, CASH_IN + x] += m[VALUE + x]
    else:
        for x in range(LANES):
            i = np.uint64((row + int(m[LEAVES + x])) & mask)
            ring[i, CASH_IN + x] += m[VALUE + x]
            ring[i, NEED + x] += m[FLOW + x]


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


@njit(nogil=True, _nrt=False, error_model="numpy")
def run_batch(w: Windows, rules: Rules, d: Deck, numbers: U4, b: Batch) -> None:
    """Run LANES points whose SCALE and WAIT stand in `b.m`; sums into `b.m`, BAD where exactness is not proven.

    `numbers` (LANES, 4): the points' hold, stop, target and trail as numbers of values in the deck.
    """
    ring, m = b.ring, b.m
    mask = len(ring) - 1
    ring[:] = 0.0
    m[:SCALE] = 0.0
    for place in (CASH, NAV, PEAK):
        m[place : place + LANES] = rules.capital
    combos = _deal(b, numbers)
    cursor = 0
    for k in range(len(d.whole)):
        whole, real = d.whole[k], d.real[k]
        while cursor < whole[dk.ROW] + whole[dk.SIZED]:
            _close_row(ring[cursor & mask], m, rules.collateral, rules.max_gross, rules.maintenance)
            cursor += 1
        if _size(whole, real, m):
            side = real[dk.SIDE]
            _cost(w.tables.costs, whole[dk.ENTRY_COSTS], side > 0.0, m)
            row = ring[(whole[dk.ROW] + whole[dk.OFFSET]) & mask]
            _enter(row, m, side, real[dk.ENTRY_FX], 1.0 if side > 0.0 else rules.collateral)
            last = _find_exit(d, b, k, combos)
            _hold(w, d, b, k, last)
            _leave(w, d, b, k)
    for t in range(cursor, len(w.nights)):
        _close_row(ring[t & mask], m, rules.collateral, rules.max_gross, rules.maintenance)


def new_batch(span: int) -> Batch:
    """Working memory for windows of `span` rows."""
    return Batch(
        ring=np.zeros((1 << (span + 4).bit_length(), PARTS * LANES)),
        m=np.zeros(PLACES * LANES),
        keys=np.zeros(LANES, np.int64),
        combo=np.zeros(LANES, np.uint32),
        numbers=np.zeros((LANES, 4), np.uint32),
    )
