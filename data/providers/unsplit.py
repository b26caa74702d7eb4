"""Split-adjusted prices back to the prices that were traded.

Yahoo divides every price, volume-wise multiplies, before each split by its ratio, even with auto_adjust=False, and
hands them out as float32: multiply back by the later splits and take the exchange's tick.
"""

import numpy as np

from ..arrays import F8, Days
from ..bars.references import snap
from ..instruments.table import Instrument
from ..rules.ticks import tick_table


def later_split_factor(sessions: Days, split_sessions: Days, ratios: F8) -> F8:
    """Product of the ratios of all splits after each session, shape (n,): old shares times this are today's shares."""
    order = np.argsort(split_sessions)
    products = np.append(np.cumprod(ratios[order][::-1])[::-1], 1.0)
    return np.asarray(products[np.searchsorted(split_sessions[order], sessions, side="right")])


def to_raw(prices: F8, factor: F8, sessions: Days, instrument: Instrument) -> F8:
    """Raw prices on the tick, shape (k, n), from split-adjusted ones; an index keeps its digits."""
    raw = prices * factor
    if not instrument.tradable:
        return np.asarray(np.round(raw, 4))
    return snap(raw, tick_table(instrument, sessions))
