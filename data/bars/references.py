"""What the prices of each session are held against: its reference price, its age since listing."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import F8, I1, I4, I8, Bool, Days
from ..instruments.table import Instrument
from ..places import are_among, rows_among
from ..rules.limits import ex_reference
from ..rules.ticks import TICK_SIZES, tick_size, tick_table
from .bars import Bars

NO_DAYS = np.zeros(0, "M8[D]")
SAME_PRICE = 1e-6
# A float32 is within 6e-8 of its number; anything further from the grid is not a rounded tick and is left for the
# checks to report.
FLOAT32_NOISE = 5e-7


def ticks_of(prices: F8, tables: I1) -> F8:
    """Tick at each price, shape of `prices` (…, n), for the tables (n,) of its sessions; quick where a step is all there is."""
    if len(tables) and (tables == tables[0]).all():
        sizes = TICK_SIZES[tables[0]]
        if (sizes == sizes[0]).all():
            return np.full(prices.shape, sizes[0])
    return tick_size(prices, np.broadcast_to(tables, prices.shape))


def snap(prices: F8, tables: NDArray[np.int8]) -> F8:
    """Prices within float32 noise of a tick moved onto it; others unchanged. The result prints as few decimals."""
    tick = tick_size(prices, np.broadcast_to(tables, prices.shape))
    on_grid = np.round(np.rint(prices / tick) * tick, 6)
    near = np.abs(on_grid - prices) <= np.maximum(FLOAT32_NOISE * np.abs(prices), 1e-9)
    return np.where(near, on_grid, prices)


def previous_closes(bars: Bars, calendar: Days, instrument: Instrument) -> F8:
    """The last close before each session, after the known actions, on the tick, shape (n,); `bars` in order.

    Sessions that the source itself calls suspended are passed over. NaN on the first bar and after a hole, where the
    previous close is not known: an ex-date may lie in it.
    """
    n = len(bars)
    reference = np.full(n, np.nan)
    if n < 2:
        return reference
    hole = np.diff(rows_among(bars.sessions, calendar)) != 1
    known = np.isfinite(bars.close)
    if known.all():
        reference[1:] = np.where(hole, np.nan, bars.close[:-1]) if hole.any() else bars.close[:-1]
    else:
        last = np.maximum.accumulate(np.where(known, np.arange(n), -1))[:-1]
        holes = np.append(0, np.cumsum(hole))
        reference[1:] = np.where((last < 0) | (holes[1:] != holes[last]), np.nan, bars.close[last])
    if len(bars.actions):
        _apply_actions(reference, bars, ticks_of(bars.close, tick_table(instrument, bars.sessions)))
    return reference


def _apply_actions(reference: F8, bars: Bars, tick: F8) -> None:
    """Bring the references to the ex-right price from each ex-date to the first session with a price after it."""
    traded = np.flatnonzero(np.isfinite(bars.close))
    for action in bars.actions:
        first = int(np.searchsorted(bars.sessions, action["session"]))
        if first == len(bars) or bars.sessions[first] != action["session"]:
            continue
        after = int(np.searchsorted(traded, first))
        last = int(traded[after]) if after < len(traded) else len(bars) - 1
        for i in range(first, last + 1):
            if reference[i] > 0:
                reference[i] = ex_reference(
                    float(reference[i]),
                    float(action["cash"]),
                    float(action["ratio"]) - 1.0,
                    float(action["rights"]),
                    float(action["rights_price"]),
                    float(tick[last]) if np.isfinite(tick[last]) else 0.01,
                )


def reference_prices(bars: Bars, calendar: Days, instrument: Instrument) -> F8:
    """The price from which each session's limits are counted, shape (n,); NaN where it cannot be known.

    `pre_close` where the source gives it, else the previous session's close after the known actions.
    """
    if not np.isnan(bars.pre_close).any():
        return bars.pre_close.copy()
    return np.where(np.isnan(bars.pre_close), previous_closes(bars, calendar, instrument), bars.pre_close)


class Before(NamedTuple):
    """For each bar the last earlier one with a known price (-1: none), that price, and whether a hole lies between."""

    bar: I8
    price: F8
    hole: Bool


def closes_before(bars: Bars, own: Days, doubtful: Days = NO_DAYS) -> Before:
    """What each reference is held against: the last close, or the reference of a suspended session; shape (n,).

    `own` are the exchange's sessions; the closes of `doubtful` sessions count as not known.
    """
    n = len(bars)
    known = np.isfinite(bars.close)
    broken = (np.diff(rows_among(bars.sessions, own)) != 1) | are_among(bars.sessions[:-1], doubtful)
    if n and known.all() and not broken.any():
        return Before(np.arange(-1, n - 1), np.append(np.nan, bars.close[:-1]), np.zeros(n, np.bool_))
    price = np.where(known, bars.close, bars.pre_close)
    last = np.full(n, -1)
    last[1:] = np.maximum.accumulate(np.where(np.isfinite(price), np.arange(n), -1))[:-1]
    holes = np.append(0, np.cumsum(broken))[:n]
    return Before(last, np.where(last >= 0, price[last], np.nan), holes != holes[last])


def moved_references(bars: Bars, before: Before) -> list[int]:
    """Bars whose stated reference is not the price before, with no known action in between: ex-dates, or holes."""
    with np.errstate(invalid="ignore"):
        moved = (bars.pre_close > 0) & (np.abs(bars.pre_close - before.price) > SAME_PRICE)
    if not moved.any():
        return []
    told = np.searchsorted(bars.sessions, bars.actions["session"])
    return [j for j in np.flatnonzero(moved).tolist() if not ((told > before.bar[j]) & (told <= j)).any()]


def listed_sessions(bars: Bars, instrument: Instrument, calendar: Days) -> I4:
    """1-based count of the exchange's sessions since listing, shape (n,); 0 where old or unknown."""
    if instrument.listed is None or np.datetime64(instrument.listed, "D") < calendar[0]:
        return np.zeros(len(bars), np.int32)
    first = np.searchsorted(calendar, np.datetime64(instrument.listed, "D"))
    count = rows_among(bars.sessions, calendar) - first + 1
    return np.asarray(np.maximum(count, 0), np.int32)
