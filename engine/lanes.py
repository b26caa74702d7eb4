"""The fast path: 64 parameter points side by side, leg by leg, over shared exit tables.

Exact where the account never binds: every order is filled whole when the market allows it, so that only the number
of shares differs between points. Each point is watched for the contrary (cash, margin, volume, largest order, an exit
beyond the window); a point that cannot be proven exact is marked for the general path.

A leg adds the value of its shares to every row until its exit; when the next leg is sized, all rows before it are
complete, so net asset values are read off in one sweep through time. Rows live in a ring that fits the cache.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
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
from . import market
from .exits import BEYOND, NONE, Entries, Exits, whole_lots
from .kernel import EPS, trade_cost
from .legs import CLOSE
from .market import Rules, Windows

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
U1 = NDArray[np.uint8]

LANES = 64
HALF = 0.5 + 1e-7  # as kernel.cents rounds
# rows of Batch.ring: value of longs and shorts at the close; cash that comes in, cash that must be there, value
# entered, and borrow owed in the session
LONG, SHORT, CASH_IN, NEED, ENTERED, OWED = range(6)
# rows of Batch.sum
RETURNS, SQUARES, DOWNS, PEAK, WORST, EQUITY, COSTS, TRADED, CASH, NAV, LAST_GROSS, LAST_SHORT = range(12)


class Shared(NamedTuple):
    """What all points of a table of legs share."""

    entries: Entries
    exits: Exits
    signals: I4  # (L, 3, V): offset of the first session after each value of each rule is reached
    due: I4  # (L, H): offset of the session on which each distinct hold ends
    order: I4  # (L,): legs by the row in which they are sized
    room: F8  # (R,): shares that the leg can surely trade on this row of its window
    steady: U1  # (L,): the cost row is the same throughout the window


class Lanes(NamedTuple):
    """The points of one batch, (LANES,): overrides, and the numbers of their values in the shared lists."""

    scale: F8
    wait: I4
    hold: I4
    stop: I4
    target: I4
    trail: I4


class Batch(NamedTuple):
    """Working memory of a batch: `ring` (6, ring rows, LANES), `sum` (12, LANES), the rest (LANES,)."""

    ring: F8
    sum: F8
    fills: I4
    blocks: I4
    bad: U1
    shares: F8
    exit: I4
    price: F8
    fx: F8
    flow: F8
    cost_row: I4
    room: F8


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _cost(costs: F8, r: int, buy: bool, shares: F8, price: F8, total: F8) -> None:
    """kernel.trade_cost in total of one order in each lane, into `total`; 0 where no share is traded.

    Sums whole cents, a rule at a time, so that each loop runs in lanes and rules that charge nothing cost nothing.
    """
    rate, least = costs[r, COMMISSION], costs[r, COMMISSION_MIN] * 100.0
    for x in range(LANES):
        charge = np.floor(shares[x] * price[x] * rate * 100.0 + HALF)
        total[x] = charge if charge > least else least
    stamp = costs[r, STAMP_BUY] if buy else costs[r, STAMP_SELL]
    if stamp > 0.0 and costs[r, STAMP_UNIT] == 1.0:
        for x in range(LANES):
            total[x] += np.ceil(shares[x] * price[x] * stamp - 1e-7) * 100.0
    elif stamp > 0.0:
        for x in range(LANES):
            total[x] += np.floor(shares[x] * price[x] * stamp * 100.0 + HALF)
    for j in range(FIRST_LEVY, FIRST_LEVY + 4 * LEVIES, 4):
        rate, fixed, least, most = costs[r, j], costs[r, j + 1], costs[r, j + 2], costs[r, j + 3]
        if rate == 0.0 and fixed == 0.0 and least == 0.0:
            continue
        for x in range(LANES):
            charge = shares[x] * price[x] * rate + fixed
            charge = charge if charge > least else least
            charge = charge if charge < most else most
            total[x] += np.floor(charge * 100.0 + HALF)
    for x in range(LANES):
        total[x] = total[x] * 0.01 if shares[x] > 0.0 else 0.0


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _close_rows(ring: F8, sums: F8, bad: U1, rules: Rules, first: int, stop: int) -> None:
    """Complete the rows from `first` to `stop`: checks, net asset value, returns; then clear them for reuse."""
    mask = ring.shape[1] - 1
    cash, nav, peak, worst = sums[CASH], sums[NAV], sums[PEAK], sums[WORST]
    last_gross, last_short = sums[LAST_GROSS], sums[LAST_SHORT]
    returns, squares, downs, equity = sums[RETURNS], sums[SQUARES], sums[DOWNS], sums[EQUITY]
    for t in range(first, stop):
        i = t & mask
        long, short, owed = ring[LONG, i], ring[SHORT, i], ring[OWED, i]
        need, entered, cash_in = ring[NEED, i], ring[ENTERED, i], ring[CASH_IN, i]
        for x in range(LANES):
            cash[x] -= owed[x]
        for x in range(LANES):
            lacks = (need[x] > 0.0) & (cash[x] - rules.collateral * last_short[x] < need[x])
            large = (entered[x] > 0.0) & (last_gross[x] + entered[x] > rules.max_gross * nav[x])
            bad[x] |= np.uint8(lacks | large)
        for x in range(LANES):
            cash[x] += cash_in[x]
        for x in range(LANES):
            last_gross[x] = long[x] + short[x]
            last_short[x] = short[x]
        for x in range(LANES):
            entered[x] = cash[x] + long[x] - short[x]
        for x in range(LANES):
            need[x] = entered[x] / nav[x] - 1.0
            nav[x] = entered[x]
        for x in range(LANES):
            bad[x] |= np.uint8((nav[x] < rules.maintenance * last_gross[x]) | (nav[x] <= 0.0))
        for x in range(LANES):
            returns[x] += need[x]
            squares[x] += need[x] * need[x]
        for x in range(LANES):
            fall = need[x] if need[x] < 0.0 else 0.0
            downs[x] += fall * fall
        for x in range(LANES):
            peak[x] = nav[x] if nav[x] > peak[x] else peak[x]
            equity[x] += nav[x]
        deeper = 0.0
        for x in range(LANES):
            deeper = max(deeper, (1.0 + worst[x]) * peak[x] - nav[x])
        if deeper > 0.0:
            for x in range(LANES):
                depth = nav[x] / peak[x] - 1.0
                worst[x] = depth if depth < worst[x] else worst[x]
        for part in range(6):
            row = ring[part, i]
            for x in range(LANES):
                row[x] = 0.0


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _enter(w: Windows, rules: Rules, s: Shared, p: Lanes, b: Batch, k: int) -> bool:
    """Size leg k for every lane and book its entry; False when no lane holds it."""
    e = s.entries
    ring, sums, shares, bad = b.ring, b.sum, b.shares, b.bad
    first = w.whole[k, market.START] + e.sized[k]
    lot_min, lot_step = w.quote[first, market.LOT_MIN], w.quote[first, market.LOT_STEP]
    weight, unit, side, tries = w.real[k, market.WEIGHT], e.unit[k], w.real[k, market.SIDE], e.tries[k]
    sessions, offset, unsized = e.sessions[k], e.offset[k], e.unsized[k]
    if offset >= NONE:
        for x in range(LANES):
            planned = whole_lots(weight * p.scale[x] * sums[NAV, x] / unit, lot_min, lot_step)
            tried = planned > 0.0 or p.wait[x] < unsized
            b.blocks[x] += min(p.wait[x] + 1, sessions) if tried else unsized + 1
            bad[x] |= np.uint8(not e.plain[k])
        return False
    r = w.whole[k, market.START] + offset
    i = (w.whole[k, market.ROW] + offset) & (ring.shape[1] - 1)
    fx, price, cost_row = w.quote[r, market.FX], e.price[k], w.flag[r, market.COST_ROW]
    costs = w.tables.costs
    room = s.room[r]
    long = side > 0.0
    backing = 1.0 if long else rules.collateral
    nav, scale, wait, flow = sums[NAV], p.scale, p.wait, b.flow
    part, steps = weight / unit, 1.0 / lot_step
    for x in range(LANES):
        raw = part * scale[x] * nav[x]
        lots = lot_min + np.floor((raw - lot_min) * steps + EPS) * lot_step
        shares[x] = lots if raw >= lot_min - EPS else 0.0
    for x in range(LANES):
        late = min(wait[x] + 1, sessions) if shares[x] > 0.0 or wait[x] < unsized else unsized + 1
        b.blocks[x] += tries if (wait[x] >= tries) & (shares[x] > 0.0) else late
    for x in range(LANES):
        shares[x] = shares[x] if wait[x] >= tries else 0.0
    b.price[:] = price
    _cost(costs, cost_row, long, shares, b.price, flow)
    held = _book(shares, flow, price * fx, fx, side, ring[CASH_IN, i], sums)
    need, entered = ring[NEED, i], ring[ENTERED, i]
    for x in range(LANES):
        need[x] += (backing * price * shares[x] + flow[x]) * fx
    for x in range(LANES):
        entered[x] += shares[x] * price * fx
    plain = e.plain[k] != 0
    for x in range(LANES):
        b.fills[x] += np.int32(shares[x] > 0.0)
    for x in range(LANES):
        bad[x] |= np.uint8((shares[x] > room) | ((shares[x] > 0.0) & (not plain)))
    return held > 0.0


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _book(shares: F8, cost: F8, worth: float, fx: float, side: float, cash_in: F8, sums: F8) -> float:
    """Book the same trade in every lane: shares bought (`side` 1) or sold at `worth` base money each, and its costs."""
    costs, traded = sums[COSTS], sums[TRADED]
    held = 0.0
    for x in range(LANES):
        cash_in[x] -= side * shares[x] * worth + cost[x] * fx
    for x in range(LANES):
        costs[x] += cost[x] * fx
    for x in range(LANES):
        traded[x] += shares[x] * worth
    for x in range(LANES):
        held = max(held, shares[x])
    return held


@njit(cache=True, nogil=True, _nrt=False)
def _find_exit(w: Windows, s: Shared, p: Lanes, b: Batch, k: int) -> int:
    """Exit row of leg k in every lane; returns the last offset at which some lane still holds it, plus one."""
    start, length = w.whole[k, market.START], w.whole[k, market.LENGTH]
    closing = w.whole[k, market.AT] == CLOSE
    leaves, shares, blocks = b.exit, b.shares, b.blocks
    p_stop, p_target, p_trail, p_hold = p.stop, p.target, p.trail, p.hold
    stops, targets, trails, holds = s.signals[k, 0], s.signals[k, 1], s.signals[k, 2], s.due[k]
    at_open, open_blocks, open_price = s.exits.at_open, s.exits.open_blocks, s.exits.open_price
    at_close, close_blocks, close_price = s.exits.at_close, s.exits.close_blocks, s.exits.close_price
    price, fx, room, rooms, cost_row = b.price, b.fx, b.room, s.room, b.cost_row
    last = 0
    for x in range(LANES):
        signal = min(min(stops[p_stop[x]], targets[p_target[x]]), trails[p_trail[x]])
        hold = holds[p_hold[x]]
        first = min(signal, hold)
        known = first < NONE
        at = start + (first if known else 0)
        by_hold = closing and hold < signal
        where = at_close[at] if by_hold else at_open[at]
        late = close_blocks[at] if by_hold else open_blocks[at]
        held = shares[x] > 0.0
        where = where if known else max(signal, hold)
        leaves[x] = where if held else 0
        blocks[x] += late if held and known else 0
        r = start + (where if where < NONE else 0)
        price[x] = close_price[r] if by_hold else open_price[r]
        fx[x] = w.quote[r, market.FX]
        room[x] = rooms[r] if where < NONE else np.inf
        cost_row[x] = w.flag[r, market.COST_ROW]
        b.bad[x] |= np.uint8(held and where == BEYOND)
        last = max(last, leaves[x])
    return min(last, length)


@njit(cache=True, nogil=True, _nrt=False)
def _act(w: Windows, s: Shared, b: Batch, k: int, j: int) -> None:
    """The corporate action at offset j of leg k, in the lanes that still hold it."""
    r = w.whole[k, market.START] + j
    a = s.exits.action[r]
    side = w.real[k, market.SIDE]
    ratio = w.action_terms[a, 0]
    paid = w.action_terms[a, 2] if side > 0.0 else w.action_terms[a, 1]
    price = w.quote[r, market.REF] if w.quote[r, market.REF] > 0.0 else w.quote[r - 1, market.MARK] / ratio
    i = (w.whole[k, market.ROW] + j) & (b.ring.shape[1] - 1)
    for x in range(LANES):
        if b.shares[x] > 0.0 and b.exit[x] >= j:
            exact = b.shares[x] * ratio
            kept = np.floor(exact + EPS)
            received = side * (b.shares[x] * paid + max(exact - kept, 0.0) * price) * w.quote[r, market.FX]
            b.ring[CASH_IN, i, x] += received
            b.bad[x] |= np.uint8((received < 0.0) | (kept <= 0.0))
            b.shares[x] = kept


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _hold(w: Windows, s: Shared, b: Batch, k: int, last: int) -> None:
    """Add the leg's value to every row until its exit, and what its borrow costs the night after."""
    ring, shares, leaves = b.ring, b.shares, b.exit
    mask = ring.shape[1] - 1
    long = w.real[k, market.SIDE] > 0.0
    book = LONG if long else SHORT
    for j in range(s.entries.offset[k], last):
        r, t = w.whole[k, market.START] + j, w.whole[k, market.ROW] + j
        if s.exits.action[r] >= 0 and j > s.entries.offset[k]:
            _act(w, s, b, k, j)
        mark, fx = w.quote[r, market.MARK], w.quote[r, market.FX]
        row = ring[book, t & mask]
        for x in range(LANES):
            row[x] += shares[x] * mark * fx if j < leaves[x] else 0.0
        borrow = w.quote[r, market.BORROW]
        if not long and borrow > 0.0:
            row = ring[OWED, (t + 1) & mask]
            for x in range(LANES):
                row[x] += shares[x] * mark * fx * borrow if j < leaves[x] else 0.0
    if last < w.whole[k, market.LENGTH] and s.exits.action[w.whole[k, market.START] + last] >= 0:
        _act(w, s, b, k, last)


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def _leave(w: Windows, rules: Rules, s: Shared, b: Batch, k: int) -> None:
    """Book leg k's exit in every lane that reaches one."""
    ring, sums, shares, flow = b.ring, b.sum, b.shares, b.flow
    price, fx, room, leaves = b.price, b.fx, b.room, b.exit
    side, costs = w.real[k, market.SIDE], w.tables.costs
    long = side > 0.0
    mask = ring.shape[1] - 1
    row = w.whole[k, market.ROW]
    for x in range(LANES):
        shares[x] = shares[x] if leaves[x] < NONE else 0.0
    if s.steady[k]:
        _cost(costs, w.flag[w.whole[k, market.START], market.COST_ROW], not long, shares, price, flow)
    else:
        for x in range(LANES):
            one = trade_cost(costs, b.cost_row[x], not long, price[x], max(shares[x], 1.0), np.inf)
            flow[x] = one.commission + one.stamp + one.levies if shares[x] > 0.0 else 0.0
    total, traded = sums[COSTS], sums[TRADED]
    for x in range(LANES):
        total[x] += flow[x] * fx[x]
    for x in range(LANES):
        traded[x] += shares[x] * price[x] * fx[x]
    for x in range(LANES):
        b.fills[x] += np.int32(shares[x] > 0.0)
    for x in range(LANES):
        b.bad[x] |= np.uint8(shares[x] > room[x])
    for x in range(LANES):
        i = (row + leaves[x]) & mask if shares[x] > 0.0 else 0
        ring[CASH_IN, i, x] += (side * shares[x] * price[x] - flow[x]) * fx[x]
        if not long:
            ring[NEED, i, x] += (shares[x] * price[x] + flow[x]) * fx[x]


@njit(cache=True, nogil=True)
def run_batch(w: Windows, rules: Rules, s: Shared, p: Lanes, b: Batch) -> None:
    """Run up to LANES points; sums, fills and blocks into `b`, and `b.bad` where exactness is not proven."""
    b.ring[:] = 0.0
    b.sum[:] = 0.0
    b.sum[CASH] = rules.capital
    b.sum[NAV] = rules.capital
    b.sum[PEAK] = rules.capital
    b.fills[:] = 0
    b.blocks[:] = 0
    b.bad[:] = 0
    cursor = 0
    for k in s.order:
        sized = w.whole[k, market.ROW] + s.entries.sized[k]
        _close_rows(b.ring, b.sum, b.bad, rules, cursor, sized)
        cursor = max(cursor, sized)
        if _enter(w, rules, s, p, b, k):
            last = _find_exit(w, s, p, b, k)
            _hold(w, s, b, k, last)
            _leave(w, rules, s, b, k)
    _close_rows(b.ring, b.sum, b.bad, rules, cursor, len(w.nights))


def new_batch(span: int) -> Batch:
    """Working memory for windows of `span` rows."""
    rows = 1 << (span + 4).bit_length()
    return Batch(
        ring=np.zeros((6, rows, LANES)),
        sum=np.zeros((12, LANES)),
        fills=np.zeros(LANES, np.int32),
        blocks=np.zeros(LANES, np.int32),
        bad=np.zeros(LANES, np.uint8),
        shares=np.zeros(LANES),
        exit=np.zeros(LANES, np.int32),
        price=np.zeros(LANES),
        fx=np.zeros(LANES),
        flow=np.zeros(LANES),
        cost_row=np.zeros(LANES, np.int32),
        room=np.zeros(LANES),
    )
