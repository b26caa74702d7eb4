"""What the prices of each session are held against: its reference price, its age since listing."""

import numpy as np
from numpy.typing import NDArray

from .bars import F8, Bars, Days
from .instruments import Instrument
from .rules.limits import ex_reference
from .rules.ticks import TICK_SIZES, tick_size, tick_table


def ticks_of(prices: F8, tables: NDArray[np.int8]) -> F8:
    """Tick at each price, shape of `prices` (…, n), for the tables (n,) of its sessions; quick where a step is all there is."""
    if len(tables) and (tables == tables[0]).all():
        sizes = TICK_SIZES[tables[0]]
        if (sizes == sizes[0]).all():
            return np.broadcast_to(sizes[0], prices.shape)
    return tick_size(prices, np.broadcast_to(tables, prices.shape))


def reference_prices(bars: Bars, calendar: Days, instrument: Instrument, *, given: bool = True) -> F8:
    """The price from which each session's limits are counted, shape (n,); NaN where it cannot be known.

    `pre_close` where the source gives it (unless `given` is False), else the previous session's close after the
    known actions. After a hole the previous close is not known: an ex-date may lie in it. `bars` in order.
    """
    n = len(bars)
    reference = np.full(n, np.nan)
    if n > 1:
        adjacent = np.diff(np.searchsorted(calendar, bars.sessions)) == 1
        reference[1:] = np.where(adjacent, bars.close[:-1], np.nan)
    if len(bars.actions):
        tick = ticks_of(bars.close, tick_table(instrument, bars.sessions))
    for action in bars.actions:
        i = int(np.searchsorted(bars.sessions, action["session"]))
        if i < n and bars.sessions[i] == action["session"] and reference[i] > 0:
            reference[i] = ex_reference(
                float(reference[i]),
                float(action["cash"]),
                float(action["ratio"]) - 1.0,
                float(action["rights"]),
                float(action["rights_price"]),
                float(tick[i]),
            )
    if given:
        reference = np.where(np.isnan(bars.pre_close), reference, bars.pre_close)
    return reference


def listed_sessions(bars: Bars, instrument: Instrument, calendar: Days) -> NDArray[np.int32]:
    """1-based count of the exchange's sessions since listing, shape (n,); 0 where old or unknown."""
    if instrument.listed is None or np.datetime64(instrument.listed, "D") < calendar[0]:
        return np.zeros(len(bars), np.int32)
    first = np.searchsorted(calendar, np.datetime64(instrument.listed, "D"))
    count = np.searchsorted(calendar, bars.sessions) - first + 1
    return np.asarray(np.maximum(count, 0), np.int32)
