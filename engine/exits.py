"""What the market alone decides about each leg: when it can enter, at what price, and when it could leave.

As long as cash, margin and volume do not bind, the row and price of an entry and of an exit do not depend on the
account. They are worked out here once for all parameter points, with the same judge that decides orders one by one.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import kernel, market
from .compiled import njit
from .kernel import Order, Purse, Quote
from .legs import CLOSE, OPEN
from .market import Rules, Windows

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

NONE = 30_000  # an offset that is never reached: no such row before the end of the panel
BEYOND = 30_001  # an offset beyond the leg's window: only the general path can tell


class Entries(NamedTuple):
    """Each leg's only possible entry, (L,). `plain` 0: something about it needs the general path."""

    sized: I4  # offset of the attempt at which the leg is sized, the first with a price
    unsized: I4  # attempts before it, for want of a price
    offset: I4  # offset of the entry within the window, NONE
    tries: I4  # blocked attempts before it; NONE when no attempt of the longest wait succeeds
    sessions: I4  # attempts that the panel leaves room for
    price: F8  # fill price, local
    unit: F8  # base money of one share when sized
    plain: NDArray[np.uint8]


class Exits(NamedTuple):
    """Exit tables, one entry for each row of the windows (R,): offsets are within the leg's window."""

    at_open: I4  # first offset at or after this one at which an exit fills at the open
    at_close: I4  # only for legs that trade at the close
    open_blocks: I4  # attempts that fail before it
    close_blocks: I4
    open_price: F8  # local fill price of an exit at the open of this offset
    close_price: F8
    following: I4  # next session of the code's exchange after this offset
    action: I4  # corporate action of the leg's code on this row, −1 for none


@njit(nogil=True, _nrt=False)
def _judged(w: Windows, rules: Rules, r: int, at: int, wanted: float, held: float) -> kernel.Fill:
    """The judge's answer to one lot when the account does not bind."""
    price = w.quote[r, market.OPENS] if at == OPEN else w.quote[r, market.SHUT]
    quote = Quote(
        w.flag[r, market.STATUS], price, w.quote[r, market.HIGH], w.quote[r, market.LOW], w.quote[r, market.UP],
        w.quote[r, market.DOWN], 1.0, 1.0, np.inf, (w.flag[r, market.BITS] & market.SHORTABLE_BIT) != 0, np.inf,
        w.flag[r, market.TICKS], w.flag[r, market.COST_ROW],
    )  # fmt: skip
    purse = Purse(np.inf, 0.0, np.inf, w.quote[r, market.FX])
    return kernel.fill_order(Order(wanted, at, held, True, False), quote, purse, rules.policy, w.tables)


@njit(nogil=True)
def find_entries(w: Windows, rules: Rules, longest_wait: int) -> Entries:
    """The entry of every leg: the first attempt that the market would fill."""
    n = len(w.whole)
    out = Entries(
        np.zeros(n, np.int32), np.full(n, NONE, np.int32), np.full(n, NONE, np.int32), np.full(n, NONE, np.int32),
        np.zeros(n, np.int32), np.zeros(n), np.ones(n), np.ones(n, np.uint8),
    )  # fmt: skip
    action = 0
    for k in range(n):
        side, at = w.real[k, market.SIDE], w.whole[k, market.AT]
        start, row, length = w.whole[k, market.START], w.whole[k, market.ROW], w.whole[k, market.LENGTH]
        tries = 0
        sized = -1
        for j in range(length):
            r = start + j
            if not w.flag[r, market.IS_OPEN]:
                continue
            if tries > longest_wait:
                break
            if sized < 0:
                price = w.quote[r, market.SIZE_PRICE]
                if not price > 0.0:
                    tries += 1
                    continue
                out.sized[k] = sized = j
                out.unsized[k] = tries
                out.unit[k] = price * w.quote[r, market.FX_BEFORE]
            fill = _judged(w, rules, r, at, side, 0.0)
            if fill.reason < 0:
                out.offset[k], out.tries[k], out.price[k] = j, tries, fill.price
                break
            tries += 1
        own = w.flag[start, market.IS_OPEN]
        exchange = w.whole[k, market.EXCHANGE]
        done = w.flag[start, market.DONE] - own
        while out.sessions[k] <= longest_wait and w.row_of[exchange, done + 1 + out.sessions[k]] < len(
            w.nights
        ):
            out.sessions[k] += 1
        if w.whole[k, market.GONE] < row + length:
            out.plain[k] = 0
        while action < len(w.action_row) and w.action_row[action] < row:
            action += 1
        if out.offset[k] < NONE and sized >= 0:
            a, b = start + sized, start + out.offset[k]
            if (
                w.quote[a, market.LOT_MIN] != w.quote[b, market.LOT_MIN]
                or w.quote[a, market.LOT_STEP] != w.quote[b, market.LOT_STEP]
            ):
                out.plain[k] = 0
            j = action
            while j < len(w.action_row) and w.action_row[j] <= row + out.offset[k]:
                if w.action_code[j] == w.whole[k, market.CODE] and w.action_row[j] > row + sized:
                    out.plain[k] = 0
                j += 1
    return out


@njit(nogil=True)
def find_exits(w: Windows, rules: Rules) -> Exits:
    """The exit tables of every leg, each from the end of its window backwards."""
    n = len(w.quote)
    t = Exits(
        np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32), np.zeros(n),
        np.zeros(n), np.empty(n, np.int32), np.full(n, -1, np.int32),
    )  # fmt: skip
    for k in range(len(w.whole)):
        length, start = w.whole[k, market.LENGTH], w.whole[k, market.START]
        side, closing = w.real[k, market.SIDE], w.whole[k, market.AT] == CLOSE
        past = NONE if w.whole[k, market.ROW] + length >= len(w.nights) else BEYOND
        following = next_open = next_close = past
        blocks_open = blocks_close = 0
        for j in range(length - 1, -1, -1):
            r = start + j
            t.following[r] = following
            if w.flag[r, market.IS_OPEN]:
                following = j
                fill = _judged(w, rules, r, OPEN, -side, side)
                blocks_open += 1
                if fill.reason < 0:
                    next_open, blocks_open, t.open_price[r] = j, 0, fill.price
                blocks_close += 1
                if closing:
                    fill = _judged(w, rules, r, CLOSE, -side, side)
                    if fill.reason < 0:
                        next_close, blocks_close, t.close_price[r] = j, 0, fill.price
            t.at_open[r], t.open_blocks[r] = next_open, blocks_open
            t.at_close[r], t.close_blocks[r] = next_close, blocks_close
        for a in range(np.searchsorted(w.action_row, w.whole[k, market.ROW]), len(w.action_row)):
            j = w.action_row[a] - w.whole[k, market.ROW]
            if j >= length:
                break
            if w.action_code[a] == w.whole[k, market.CODE]:
                t.action[start + j] = a
    return t


@njit(nogil=True)
def find_signals(w: Windows, e: Entries, t: Exits, values: F8) -> I4:
    """Offset of the close at which each value of each rule first says so, shape (L, 3, values.shape[1]).

    `values` (3, V): ascending stops, targets and trails, padded with NaN (never). NONE when the panel ends first,
    BEYOND when the window does. A smaller value is never later than a larger one.
    """
    found = np.empty((len(w.whole), 3, values.shape[1]), np.int32)
    reached = np.zeros(3, np.int64)
    for k in range(len(w.whole)):
        length, start = w.whole[k, market.LENGTH], w.whole[k, market.START]
        side = w.real[k, market.SIDE]
        found[k] = NONE if w.whole[k, market.ROW] + length >= len(w.nights) else BEYOND
        basis = peak = e.price[k]
        reached[:] = 0
        for j in range(e.offset[k], length):
            r = start + j
            if j > e.offset[k] and t.action[r] >= 0:
                ratio, cash = w.action_terms[t.action[r], 0], w.action_terms[t.action[r], 1]
                basis, peak = (basis - cash) / ratio, (peak - cash) / ratio
            close = w.quote[r, market.SHUT]
            if np.isnan(close):
                continue
            for kind in range(3):
                while reached[kind] < values.shape[1]:
                    one = values[kind, reached[kind]]
                    stop = one if kind == 0 else np.nan
                    target = one if kind == 1 else np.nan
                    trail = one if kind == 2 else np.nan
                    levels = kernel.exit_levels(side, basis, (stop, target, trail))
                    if kernel.close_signal(side * close, side * peak, levels) < 0:
                        break
                    found[k, kind, reached[kind]] = j
                    reached[kind] += 1
            peak = max(peak, close) if side > 0.0 else min(peak, close)
    return found
