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

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.rules.costs import (
    COMMISSION,
    COMMISSION_MIN,
    FIRST_LEVY,
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
U1 = NDArray[np.uint8]

LANES = 64
# a row of Batch.ring: value of longs and shorts at the close; cash that comes in, cash that must be there, value
# entered, and borrow owed in the session
PARTS = 6
LONG, SHORT, CASH_IN, NEED, ENTERED, OWED = range(0, PARTS * LANES, LANES)
# places of Batch.m: sums over the run, then the leg at hand
PLACES = 22
(
    RETURNS, SQUARES, DOWNS, PEAK, WORST, EQUITY, COSTS, TRADED, CASH, NAV, FILLS, BLOCKS, BAD,
    SCALE, WAIT, SHARES, VALUE, COST, PRICE, FX, LEAVES, NEEDED,
) = range(0, PLACES * LANES, LANES)  # fmt: skip
# columns of Batch.combo: first lane of each combination, its exit offset for the leg at hand and the attempts that fail
# before it; the combination of each lane; in row 0, how many combinations there are
FIRST, LEAVES_AT, BLOCKED, OF_LANE, COUNT = range(5)
DENSE = 16  # combinations up to which they are worth a loop of their own; with more, each lane counts as one


class Batch(NamedTuple):
    """Working memory of a batch of LANES points."""

    ring: F8  # (rows, 6 LANES)
    traded: U1  # (rows,): 1 where NEED and ENTERED of the ring's row are in use
    m: F8  # (PLACES × LANES,)
    combo: I8  # (LANES + 1, 5)
    numbers: (
        U4  # (LANES, 4): the distinct combinations of hold, stop, target and trail, as columns of Deck.keys
    )


@njit(nogil=True, _nrt=False, error_model="numpy")
def _cost(costs: F8, r: int, buy: bool, m: F8) -> None:
    """kernel.trade_cost in total, in cents, of the orders worth VALUE in each lane, into COST.

    A rule at a time, so that rules that charge nothing cost nothing. Orders of nothing may be charged: see `_book`.
    """
    rate, least = costs[r, COMMISSION], costs[r, COMMISSION_MIN] * 100.0
    for x in range(LANES):
        charge = np.floor(m[VALUE + x] * rate * 100.0 + HALF)
        m[COST + x] = charge if charge > least else least
    stamp = costs[r, STAMP_BUY] if buy else costs[r, STAMP_SELL]
    if stamp > 0.0 and costs[r, STAMP_UNIT] == 1.0:
        for x in range(LANES):
            m[COST + x] += np.ceil(m[VALUE + x] * stamp - 1e-7) * 100.0
    elif stamp > 0.0:
        for x in range(LANES):
            m[COST + x] += np.floor(m[VALUE + x] * stamp * 100.0 + HALF)
    for j in range(FIRST_LEVY, costs.shape[1], 4):
        rate, fixed, least, most = costs[r, j], costs[r, j + 1], costs[r, j + 2], costs[r, j + 3]
        if rate == 0.0 and fixed == 0.0 and least == 0.0:
            continue
        for x in range(LANES):
            charge = m[VALUE + x] * rate + fixed
            charge = charge if charge > least else least
            charge = charge if charge < most else most
            m[COST + x] += np.floor(charge * 100.0 + HALF)


@njit(nogil=True, _nrt=False, error_model="numpy")
def _check_trades(row: F8, before: F8, m: F8, collateral: float, max_gross: float) -> None:
    """Mark the lanes whose cash or margin would not have let the session's orders through; clear what was asked."""
    for x in range(LANES):
        need, entered = row[NEED + x], row[ENTERED + x]
        short = before[SHORT + x]
        gross = before[LONG + x] + short
        lacks = (need > 0.0) & (m[CASH + x] - collateral * short < need)
        large = (entered > 0.0) & (gross + entered > max_gross * m[NAV + x])
        m[BAD + x] = 1.0 if lacks | large else m[BAD + x]
        row[NEED + x] = row[ENTERED + x] = 0.0


@njit(nogil=True, _nrt=False, error_model="numpy")
def _pay_borrow(row: F8, m: F8) -> None:
    for x in range(LANES):
        m[CASH + x] -= row[OWED + x]
        row[OWED + x] = 0.0


@njit(nogil=True, _nrt=False, error_model="numpy")
def _close_row(row: F8, before: F8, m: F8, maintenance: float) -> None:
    """Complete one row: net asset value, returns; then clear the row before it for reuse."""
    deeper = poor = 0
    for x in range(LANES):
        cash = m[CASH + x] + row[CASH_IN + x]
        long, short, last = row[LONG + x], row[SHORT + x], m[NAV + x]
        nav = cash + long - short
        change = nav / last - 1.0
        fall = change if change < 0.0 else 0.0
        peak = nav if nav > m[PEAK + x] else m[PEAK + x]
        poor += int((nav < maintenance * (long + short)) | (nav <= 0.0))
        deeper += int((1.0 + m[WORST + x]) * peak > nav)
        m[CASH + x], m[NAV + x], m[PEAK + x] = cash, nav, peak
        m[RETURNS + x] += change
        m[SQUARES + x] += change * change
        m[DOWNS + x] += fall * fall
        m[EQUITY + x] += nav
        row[CASH_IN + x] = before[LONG + x] = before[SHORT + x] = 0.0
    if deeper:
        for x in range(LANES):
            depth = m[NAV + x] / m[PEAK + x] - 1.0
            m[WORST + x] = depth if depth < m[WORST + x] else m[WORST + x]
    if poor:
        for x in range(LANES):
            nav, gross = m[NAV + x], row[LONG + x] + row[SHORT + x]
            m[BAD + x] = 1.0 if (nav < maintenance * gross) | (nav <= 0.0) else m[BAD + x]


@njit(nogil=True, _nrt=False, error_model="numpy")
def _size(whole: I8, real: F8, m: F8) -> int:
    """Shares of the leg and value at entry in every lane; the number of lanes that hold it."""
    part, lot_min, lot_step = real[dk.PART], real[dk.LOT_MIN], real[dk.LOT_STEP]
    price, room = real[dk.ENTRY_PRICE], real[dk.ENTRY_ROOM]
    tries, unsized, sessions = float(whole[dk.TRIES]), float(whole[dk.UNSIZED]), float(whole[dk.SESSIONS])
    steps = 1.0 / lot_step
    held = crowded = 0
    for x in range(LANES):
        raw = part * m[SCALE + x] * m[NAV + x]
        lots = lot_min + np.floor((raw - lot_min) * steps + EPS) * lot_step
        shares = lots if raw >= lot_min - EPS else 0.0
        held += int(shares > 0.0)
        crowded += int(shares > room)
        m[SHARES + x] = shares
        m[VALUE + x] = shares * price
    if held == LANES and not crowded and whole[dk.EASY]:
        return held
    never, plain = whole[dk.OFFSET] >= NONE, whole[dk.PLAIN] != 0
    held = 0
    for x in range(LANES):
        wait, shares = m[WAIT + x], m[SHARES + x]
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
def _find_exits(m: F8, keys: I8, numbers: U4, combo: I8, prices: F8, length: int) -> tuple[Any, Any]:
    """Offset and price of each lane's exit; returns the first and last offset at which some lane leaves.

    `keys`: the leg's in the deck; `prices` (2, rows): at the open and at the close. Lanes of one combination stand side
    by side and leave together.
    """
    first, last, rare = length, np.int64(0), np.int64(0)
    combos = combo[0, COUNT]
    for c in range(combos):
        n = numbers[c]
        key = min(min(keys[n[0]], keys[n[1]]), min(keys[n[2]], keys[n[3]]))
        leaves = (key >> dk.EXIT_SHIFT) & dk.FIELD
        price = prices[(key >> dk.HOLD_SHIFT) & 1, leaves] if leaves < NONE else 0.0
        combo[c, BLOCKED], combo[c, LEAVES_AT] = key & dk.FIELD, leaves
        rare |= (key & dk.FIELD) | np.int64(leaves == BEYOND)
        first, last = min(first, leaves), max(last, leaves)
        if combos == LANES:
            m[PRICE + c], m[LEAVES + c] = price, float(leaves)
        else:
            lo, hi = combo[c, FIRST], combo[c + 1, FIRST]
            m[PRICE + lo : PRICE + hi] = price
            m[LEAVES + lo : LEAVES + hi] = float(leaves)
    if rare:
        for x in range(LANES):
            c = combo[x, OF_LANE]
            if m[SHARES + x] > 0.0:
                m[BLOCKS + x] += float(combo[c, BLOCKED])
                m[BAD + x] = 1.0 if combo[c, LEAVES_AT] == BEYOND else m[BAD + x]
    return first, min(last, length)


@njit(inline="always", _nrt=False, error_model="numpy")
def _act(w: Windows, b: Batch, r: int, j: int, a: int, side: float) -> None:
    """The corporate action `a` at offset j, row r of the windows, in the lanes that still hold the leg."""
    m = b.m
    ratio = w.action_terms[a, 0]
    paid = w.action_terms[a, 2] if side > 0.0 else w.action_terms[a, 1]
    price, fx = w.action_terms[a, 3], w.order[r, market.FX]
    row = b.ring[w.action_row[a] & (len(b.ring) - 1)]
    for x in range(LANES):
        if m[SHARES + x] > 0.0 and m[LEAVES + x] >= j:
            exact = m[SHARES + x] * ratio
            kept = np.floor(exact + EPS)
            received = side * (m[SHARES + x] * paid + max(exact - kept, 0.0) * price) * fx
            row[CASH_IN + x] += received
            if received < 0.0 or kept <= 0.0:
                m[BAD + x] = 1.0
            m[SHARES + x] = kept


@njit(nogil=True, _nrt=False, error_model="numpy")
def _hold(ring: F8, m: F8, worth: F8, t: int, span: tuple[int, int, int], side: float) -> None:
    """Add the value of the leg's shares to its rows.

    `span`: offsets from which on all lanes hold it, from which on some do, and at which the last leaves; `t`: the
    row of the window's start.
    """
    mask = len(ring) - 1
    for j in range(span[0], span[1]):
        row, price = ring[(t + j) & mask], worth[j]
        if side > 0.0:
            for x in range(LANES):
                row[LONG + x] += m[SHARES + x] * price
        else:
            for x in range(LANES):
                row[SHORT + x] += m[SHARES + x] * price
    for j in range(span[1], span[2]):
        row, price, until = ring[(t + j) & mask], worth[j], float(j)
        if side > 0.0:
            for x in range(LANES):
                row[LONG + x] += m[SHARES + x] * price if until < m[LEAVES + x] else 0.0
        else:
            for x in range(LANES):
                row[SHORT + x] += m[SHARES + x] * price if until < m[LEAVES + x] else 0.0


@njit(nogil=True, _nrt=False, error_model="numpy")
def _owe(ring: F8, m: F8, owed: F8, t: int, first: int, last: int) -> None:
    """Add what the leg's borrow costs the night after each of its rows."""
    mask = len(ring) - 1
    for j in range(first, last):
        row, price, until = ring[(t + j + 1) & mask], owed[j], float(j)
        for x in range(LANES):
            row[OWED + x] += m[SHARES + x] * price if until < m[LEAVES + x] else 0.0


@njit(inline="always", _nrt=False, error_model="numpy")
def _hold_through_actions(w: Windows, d: Deck, b: Batch, k: int, last: int) -> None:
    """_hold and _owe for a leg whose code has corporate actions within its window."""
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
            _hold(b.ring, b.m, w.worth[start:], t, (j, j, j + 1), side)
            if side < 0.0:
                _owe(b.ring, b.m, w.owed[start:], t, j, j + 1)


@njit(inline="always", _nrt=False, error_model="numpy")
def _look_up(w: Windows, d: Deck, b: Batch, k: int, buy: bool) -> None:
    """What differs between the rows of exits: currency, room, and costs where the cost rules change."""
    m, start = b.m, d.whole[k, dk.START]
    for x in range(LANES):
        if m[VALUE + x] <= 0.0:
            m[FX + x] = 1.0
            continue
        line = w.order[start + int(m[LEAVES + x])]
        m[FX + x] = line[market.FX]
        room = min(np.floor(line[market.ALLOWED] / d.real[k, dk.CROWD]), line[market.MAX_ORDER])
        if m[SHARES + x] > room:
            m[BAD + x] = 1.0
        if not d.whole[k, dk.STEADY]:
            regime = (np.int64(line[market.BITS]) >> market.COST_SHIFT) & market.COST_MASK
            one = trade_cost(w.tables.costs, regime, buy, m[PRICE + x], m[SHARES + x], np.inf)
            m[COST + x] = np.round((one.commission + one.stamp + one.levies) * 100.0)


@njit(nogil=True, _nrt=False, error_model="numpy")
def _enter(row: F8, m: F8, side: float, fx: float, backing: float) -> None:
    """Book an entry at VALUE for COST."""
    for x in range(LANES):
        value = m[VALUE + x]
        paid = m[COST + x] * 0.01 if value > 0.0 else 0.0
        row[CASH_IN + x] -= (side * value + paid) * fx
        row[NEED + x] += (backing * value + paid) * fx
        row[ENTERED + x] += value * fx
        m[COSTS + x] += paid * fx
        m[TRADED + x] += value * fx
        m[FILLS + x] += 1.0 if value > 0.0 else 0.0


@njit(nogil=True, _nrt=False, error_model="numpy")
def _sell(m: F8, least_room: float, fx: float) -> int:
    """Value of the exit in every lane; the number of lanes that may trade more than there is room for."""
    crowded = 0
    for x in range(LANES):
        m[VALUE + x] = m[SHARES + x] * m[PRICE + x]
        m[FX + x] = fx
        crowded += int(m[SHARES + x] > least_room)
    return crowded


@njit(inline="always", _nrt=False, error_model="numpy")
def _add(to: F8, values: F8) -> None:
    for x in range(len(values)):
        to[x] += values[x]


@njit(nogil=True, _nrt=False, error_model="numpy")
def _leave(ring: F8, traded: U1, m: F8, combo: I8, t: int, side: float) -> None:
    """Book an exit at VALUE for COST; `t`: the row of the window's start."""
    mask = len(ring) - 1
    for x in range(LANES):
        value, fx = m[VALUE + x], m[FX + x]
        paid = m[COST + x] * 0.01 if value > 0.0 else 0.0
        m[COSTS + x] += paid * fx
        m[TRADED + x] += value * fx
        m[FILLS + x] += 1.0 if value > 0.0 else 0.0
        m[VALUE + x] = (side * value - paid) * fx
        m[NEEDED + x] = (value + paid) * fx
    combos = combo[0, COUNT]
    if combos == LANES:
        for x in range(LANES):
            i = (t + combo[x, LEAVES_AT]) & mask
            ring[i, CASH_IN + x] += m[VALUE + x]
            if side < 0.0:
                traded[i] = 1
                ring[i, NEED + x] += m[NEEDED + x]
        return
    for c in range(combos):
        i = (t + combo[c, LEAVES_AT]) & mask
        row, lo, hi = ring[i], combo[c, FIRST], combo[c + 1, FIRST]
        _add(row[CASH_IN + lo : CASH_IN + hi], m[VALUE + lo : VALUE + hi])
        if side < 0.0:
            traded[i] = 1
            _add(row[NEED + lo : NEED + hi], m[NEEDED + lo : NEEDED + hi])


@njit(inline="always", _nrt=False, error_model="numpy")
def _trade(w: Windows, rules: Rules, d: Deck, b: Batch, k: int) -> int:
    """Leg k from its entry to its exit, in the lanes that have SHARES of it; returns the last row that it touches."""
    ring, m, whole, real, mask = b.ring, b.m, d.whole[k], d.real[k], len(b.ring) - 1
    side, start, t, entry = real[dk.SIDE], whole[dk.START], whole[dk.ROW], whole[dk.OFFSET]
    _cost(w.tables.costs, whole[dk.ENTRY_COSTS], side > 0.0, m)
    b.traded[(t + entry) & mask] = 1
    _enter(ring[(t + entry) & mask], m, side, real[dk.ENTRY_FX], 1.0 if side > 0.0 else rules.collateral)
    first, last = _find_exits(m, d.keys[k], b.numbers, b.combo, d.prices[:, start:], whole[dk.LENGTH])
    if whole[dk.ACTS]:
        _hold_through_actions(w, d, b, k, last)
    else:
        _hold(ring, m, w.worth[start:], t, (entry, first, last), side)
        if real[dk.OWES] > 0.0:
            _owe(ring, m, w.owed[start:], t, entry, last)
    crowded = _sell(m, real[dk.LEAST_ROOM], real[dk.ONLY_FX])
    _cost(w.tables.costs, whole[dk.ENTRY_COSTS], side < 0.0, m)
    if crowded or np.isnan(real[dk.ONLY_FX]) or not whole[dk.STEADY]:
        _look_up(w, d, b, k, side < 0.0)
    _leave(ring, b.traded, m, b.combo, t, side)
    return int(t + last)


@njit(nogil=True, _nrt=False)
def _deal(d: Deck, b: Batch, numbers: U4) -> None:
    """Group neighbours of the same combination; where there are many, each lane is a group.

    `numbers` (LANES, 4): the points' hold, stop, target and trail as numbers of values in the deck.
    """
    n = 0
    for most in (DENSE, LANES):
        n = 0
        for x in range(LANES):
            same = n > 0 and most == DENSE
            for c in range(4):
                place = numbers[x, c] + (3 if c == 0 else c - 1) * d.values
                same = same and place == b.numbers[n - 1, c]
            if not same:
                for c in range(4):
                    b.numbers[n, c] = numbers[x, c] + (3 if c == 0 else c - 1) * d.values
                b.combo[n, FIRST] = x
                n += 1
            b.combo[x, OF_LANE] = n - 1
        if n <= most:
            break
    b.combo[n, FIRST], b.combo[0, COUNT] = LANES, n


@njit(inline="always", _nrt=False, error_model="numpy")
def _close_rows(w: Windows, b: Batch, rules: Rules, cursor: int, stop: int, busy: int) -> int:
    """Complete the rows from `cursor` to `stop`; those past the one after `busy`, the last row touched, change nothing."""
    ring, m, mask = b.ring, b.m, len(b.ring) - 1
    while cursor < min(stop, busy + 2):
        at = cursor & mask
        row, before = ring[at], ring[(cursor - 1) & mask]
        if w.borrows:
            _pay_borrow(row, m)
        if b.traded[at]:
            _check_trades(row, before, m, rules.collateral, rules.max_gross)
            b.traded[at] = 0
        _close_row(row, before, m, rules.maintenance)
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
    m = b.m
    b.ring[:] = 0.0
    b.traded[:] = 0
    m[:SCALE] = 0.0
    for place in (CASH, NAV, PEAK):
        m[place : place + LANES] = rules.capital
    _deal(d, b, numbers)
    cursor, busy = 0, -1
    for k in range(len(d.whole)):
        whole, real = d.whole[k], d.real[k]
        cursor = _close_rows(w, b, rules, cursor, whole[dk.ROW] + whole[dk.SIZED], busy)
        if _size(whole, real, m):
            busy = max(busy, _trade(w, rules, d, b, k))
    _close_rows(w, b, rules, cursor, w.rows, busy)


def new_batch(span: int) -> Batch:
    """Working memory for windows of `span` rows."""
    rows = 1 << (span + 4).bit_length()
    return Batch(
        ring=np.zeros((rows, PARTS * LANES)),
        traded=np.zeros(rows, np.uint8),
        m=np.zeros(PLACES * LANES),
        combo=np.zeros((LANES + 1, 5), np.int64),
        numbers=np.zeros((LANES, 4), np.uint32),
    )
