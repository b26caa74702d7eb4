"""The fast path: 64 parameter points side by side, leg by leg, over a shared deck.

Exact where the account never binds: every order is filled whole when the market allows it, so that only the number
of shares differs between points. Each point is watched for the contrary (cash, margin, volume, largest order, an exit
beyond the window); a point that cannot be proven exact is marked for the general path.

A leg adds the value of its shares to every row until its exit; when the next leg is sized, all rows before it are
complete, so net asset values are read off in one sweep through time. Rows live in a ring that fits the cache.
"""

import numpy as np

from ..compiled.processor import pick
from ..compiled.windows import Rules, Windows
from ..njit import compiled
from . import deck as dk
from .deck import Deck
from .memory import BAD, CASH, DENSE, FILLS, FLOOR, INVERSE, LANES, LEAST, NAV, PEAK, SPARE, WORST, Batch
from .rows import close_rows
from .trades import trade


@compiled
def _deal(d: Deck, b: Batch) -> None:
    """Group neighbours of the same combination; where there are many, each lane is a group."""
    n = 0
    for most in (DENSE, LANES):
        n = 0
        for x in range(LANES):
            same = n > 0 and most == DENSE
            for c in range(4):
                place = b.asked[x, c] + (3 if c == 0 else c - 1) * d.values
                same = same and place == b.numbers[n - 1, c]
            if not same:
                for c in range(4):
                    b.numbers[n, c] = b.asked[x, c] + (3 if c == 0 else c - 1) * d.values
                n += 1
            b.of_lane[x] = n - 1
        if n <= most:
            break
    b.combos[LANES] = n


@compiled
def run_batch(w: Windows, rules: Rules, d: Deck, b: Batch) -> None:
    """Run LANES points; sums into `b.cells`, BAD where exactness is not proven.

    Of each point SCALE and WAIT stand in `b.cells`, its hold, stop, target and trail in `b.asked`.
    """
    m = b.cells
    b.ring[:] = 0.0
    b.traded[:] = 0
    m[:CASH] = 0.0
    for place in (CASH, NAV, PEAK):
        m[place : place + LANES] = rules.capital
    for place in (INVERSE, FLOOR):
        m[place : place + LANES] = 1.0 / rules.capital
    for place in (SPARE, LEAST):
        m[place : place + LANES] = np.inf
    _deal(d, b)
    cursor, busy, fills = 0, -1, 0
    for k in range(len(d.integers)):
        cursor = close_rows(b, rules, cursor, d.integers[k, dk.ROW] + d.integers[k, dk.SIZED], busy)
        last, filled = trade(w, rules, d, b, k)
        busy, fills = max(busy, last), fills + filled
    close_rows(b, rules, cursor, w.rows, busy)
    for x in range(LANES):
        m[FILLS + x] += fills
        m[WORST + x] = -m[WORST + x]
        exact = (m[SPARE + x] >= 0.0) & (m[LEAST + x] > 0.0)
        m[BAD + x] = pick(exact, m[BAD + x], 1.0)
