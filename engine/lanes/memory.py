"""Working memory of the lanes: where each number of 64 points stands.

What is written to stands in two flat arrays at constant places: then the compiler knows what does not overlap and
turns each loop over lanes into vector instructions. Both begin on a cache line.
"""

from typing import NamedTuple

import numpy as np

from ...data.arrays import F8, I8, U1, U4, U8
from ..compiled.windows import lines

LANES = 64
# a row of Batch.ring: value of longs and shorts at the close; cash that comes in, cash that must be there, value
# entered, and borrow owed in the session
PARTS = 6
LONG, SHORT, CASH_IN, NEED, ENTERED, OWED = range(0, PARTS * LANES, LANES)
WIDTH = PARTS * LANES
# places of Batch.cells: sums over the run; the account, with INVERSE and FLOOR, 1 / NAV and 1 / PEAK, and the least that orders and
# margin left, SPARE and LEAST, below zero where a lane is not exact; then the point, and the leg at hand
# (FX: the rate that its exit is booked at, KNOWN: the one that it is decided at)
PLACES = 27
(
    RETURNS, SQUARES, DOWNS, WORST, EQUITY, COSTS, TRADED, FILLS, BLOCKS, BAD,
    CASH, NAV, INVERSE, PEAK, FLOOR, SPARE, LEAST,
    SCALE, WAIT, SHARES, VALUE, COST, PRICE, FX, LEAVES, NEEDED, KNOWN,
) = range(0, PLACES * LANES, LANES)  # fmt: skip
DENSE = 16  # combinations up to which they are worth a loop of their own; with more, each lane counts as one


class Batch(NamedTuple):
    """Working memory of a batch of LANES points."""

    ring: F8  # (rows × WIDTH,)
    traded: U1  # (rows,): 1 where NEED, ENTERED or OWED of the ring's row are in use
    cells: F8  # (PLACES × LANES,)
    combos: I8  # (LANES + 1,): attempts to leave that fail in each combination; at the end, how many combinations there are
    leaves: F8  # (LANES,): exit offset of each combination
    price: F8  # (LANES,): price at which it leaves
    of_lane: U8  # (LANES,): combination of each lane
    due: U1  # (span,): 1 at the offsets at which some lane leaves
    asked: U4  # (LANES, 4): hold, stop, target and trail of each lane, as numbers of values in the deck
    numbers: U4  # (LANES, 4): the distinct combinations of them, as columns of Deck.keys


def new_batch(span: int) -> Batch:
    """Working memory for windows of `span` rows."""
    rows = 1 << (span + 8).bit_length()
    return Batch(
        ring=lines(rows * WIDTH, np.dtype(np.float64)),
        traded=np.zeros(rows, np.uint8),
        cells=lines(PLACES * LANES, np.dtype(np.float64)),
        combos=np.zeros(LANES + 1, np.int64),
        leaves=np.zeros(LANES),
        price=np.zeros(LANES),
        of_lane=np.zeros(LANES, np.uint64),
        due=np.zeros(span + 1, np.uint8),
        asked=np.zeros((LANES, 4), np.uint32),
        numbers=np.zeros((LANES, 4), np.uint32),
    )
