"""What betrays prices or volumes in another unit: a leap without an action, turnover at no price of the day, a bar a week."""

from collections.abc import Iterator

import numpy as np

from ..arrays import F8, I8, Days
from ..instruments.table import Instrument
from ..places import are_among
from .bars import Bars
from .findings import Finding, digits, each, finding
from .references import NO_DAYS, closes_before, reference_prices

# No share opens at double or half its close of the day before without an action; after a suspension or a hole a
# factor of eight is needed to tell another unit from news. A third up or down is worth a look.
LEAP, LATE_LEAP, LOOK = 1.9, 8.0, 1.45
# Shares that a session's turnover may be off by without telling anything: vendors round the volume to lots.
ROUNDED = 100.0
# Turnover holds trades outside the auction book as well; half a per cent beyond high or low is within reason.
OUTSIDE = 0.005
# So many sessions in a row are no block trade.
RUN = 5
NOT_SHARES = frozenset(("index", "fund", "hk_etp", "convertible", "reit", "b"))
# Units of volume and turnover differ by powers of ten; adjusted prices by anything.
UNITS = np.array([1e-4, 1e-3, 1e-2, 1e2, 1e3, 1e4])
FEWEST = 5
MOST_OF_THEM = 0.8  # of the weeks or months from the first bar to the last
# What shares of these exchanges have traded, in local money and shares a session (from memory, far on either side): the
# median of none was ever above MOST_WORTH, no price above DEAREST; those of the mainland's boards but Beijing's lie above
# the least ones, which volume in lots does not reach.
FEWEST_FOR_SCALE = 20
MOST_WORTH, DEAREST = 6e10, 1e4
LEAST_WORTH, LEAST_SHARES = 5e6, 2e5


def leaps(bars: Bars, instrument: Instrument, calendar: Days, aside: Days = NO_DAYS) -> Iterator[Finding]:
    """Opening prices at half, double or further from the close before; `bars` in order.

    A share's first session is free, the first of a delisting period and the days of `no_limit` as well, and so are
    ex-dates, whose actions are held against the prices by themselves. Sessions put `aside` are no suspensions.
    """
    before = closes_before(bars, calendar)
    expected = reference_prices(bars, calendar, instrument)
    expected = np.where(expected > 0, expected, before.price)
    with np.errstate(invalid="ignore", divide="ignore"):
        times = np.maximum(bars.open / expected, expected / bars.open)
        rise = bars.pre_close / before.price
    told_leap = (rise >= LEAP) | (rise <= 1.0 / LATE_LEAP)
    if not (told_leap | (times >= (LEAP if instrument.mainland else LOOK))).any():
        return
    idle = bars.suspended | bars.stale
    late = before.hole | np.append(True, (idle & ~are_among(bars.sessions, aside))[:-1])
    told = (*instrument.no_limit, *(spell.first for spell in instrument.delisting))
    free = ~(before.price > 0) | are_among(bars.sessions, np.array(told, "M8[D]"))
    free |= are_among(bars.sessions, bars.actions["session"])
    leap = (times >= np.where(late, LATE_LEAP, LEAP)) & ~idle & ~free
    yield from each(bars, "leap", leap, lambda i: _leap(bars, expected, i))
    look = (times >= np.where(late, LEAP, LOOK)) & ~leap & ~idle & ~free & (not instrument.mainland)
    yield from each(bars, "gap", np.asarray(look), lambda i: _leap(bars, expected, i))
    untold = ((rise >= np.where(late, LATE_LEAP, LEAP)) | (rise <= 1.0 / LATE_LEAP)) & ~leap & ~free
    yield from each(bars, "leap", untold, lambda i: _reference(bars, before.price, i))


def _leap(bars: Bars, expected: F8, i: int) -> str:
    opened, before = float(bars.open[i]), float(expected[i])
    return f"opened at {digits(opened)}, {opened / before:.3g} times the {digits(round(before, 6))} before"


def _reference(bars: Bars, closes: F8, i: int) -> str:
    stated = float(bars.pre_close[i])
    return f"the stated reference {digits(stated)} is {stated / closes[i]:.3g} times the close before"


def turnover_faults(bars: Bars) -> Iterator[Finding]:
    """Sessions whose turnover over volume is no price of the day: another unit of volume, or adjusted prices."""
    priced = (bars.close > 0) & (bars.low > 0)  # a price that cannot be is a finding of its own
    rows = np.flatnonzero((bars.volume > 0) & (bars.amount > 0) & priced & ~bars.suspended)
    if not len(rows):
        return
    traded = bars.take(rows)
    with np.errstate(over="ignore"):
        average = traded.amount / traded.volume
        room = OUTSIDE + ROUNDED / traded.volume
    outside = np.where(average > traded.high * (1 + room), 1, 0) - (average < traded.low * (1 - room))
    times = average / traded.close
    units = np.where((times > 0.5) & (times < 2.0), -1, _unit(times))
    for first, last in _runs(np.where(units >= 0, units + 1, 0)):
        yield _units(traded, times, first, last)
    off = np.where(units < 0, outside, 0)
    systematic = np.zeros(len(traded), bool)
    for first, last in _runs(off):
        systematic[first : last + 1] = last - first + 1 >= min(RUN, max(2, len(traded)))
    yield from each(traded, "adjusted", systematic, lambda i: _average(traded, average, i))
    yield from each(traded, "turnover", (off != 0) & ~systematic, lambda i: _average(traded, average, i))


def scale(bars: Bars, instrument: Instrument) -> Iterator[Finding]:
    """One finding where whole bars are on a scale that shares do not have: prices in cents, volume in lots."""
    rows = np.flatnonzero(bars.traded & (bars.close > 0))
    if len(rows) < FEWEST_FOR_SCALE or instrument.board in NOT_SHARES:
        return
    close, volume, first = bars.close[rows], bars.volume[rows], bars.sessions[rows[0]]
    with np.errstate(over="ignore"):
        worth = close * volume
    dearest = float(close.max())
    silent = np.isnan(bars.amount).all() and instrument.mainland and instrument.board != "bse"
    if median_above(worth, MOST_WORTH) or dearest > DEAREST:
        typical = float(np.median(worth))
        what = f"closes up to {dearest:,.6g} and a median of {typical:,.3g} traded a session are more than any share's"
        yield finding(bars.code, first, "scale", f"{what}: prices may be in cents")
    elif silent and (median_above(-worth, -LEAST_WORTH) or median_above(-volume, -LEAST_SHARES)):
        typical, shares = float(np.median(worth)), float(np.median(volume))
        what = f"a median of {shares:,.0f} shares for {typical:,.3g} a session is little for a share of the mainland"
        yield finding(bars.code, first, "scale", f"{what}: volume may be in lots")
    elif silent and (parts := int((volume != np.rint(volume)).sum())):
        what = (
            f"volume has parts of a share on {parts} sessions, such as {digits(volume[volume % 1 != 0][0])}"
        )
        yield finding(bars.code, first, "scale", f"{what}: it may be in lots")


def median_above(values: F8, bound: float) -> bool:
    """Whether the median of (n,) numbers lies above a bound; sorted only where exactly half of them do."""
    twice = 2 * int(np.count_nonzero(values > bound))
    return twice > len(values) or (twice == len(values) and bool(np.median(values) > bound))


def _unit(times: F8) -> I8:
    """Index into UNITS of the unit that a ratio is within a factor of 1.5 of; -1 for none."""
    apart = np.abs(np.log(times[:, None] / UNITS))
    return np.where(apart.min(axis=1) < np.log(1.5), apart.argmin(axis=1), -1)


def _runs(marks: I8) -> list[tuple[int, int]]:
    """First and last index of each run of the same mark other than 0."""
    edges = np.flatnonzero(np.diff(marks)) + 1
    pieces = np.split(np.arange(len(marks)), edges)
    return [(int(one[0]), int(one[-1])) for one in pieces if len(one) and marks[one[0]] != 0]


def _units(bars: Bars, times: F8, first: int, last: int) -> Finding:
    how = f"turnover per unit of volume is {float(np.median(times[first : last + 1])):.4g} times the price"
    if last > first:
        how += f" on {last - first + 1} sessions, {bars.sessions[first]} to {bars.sessions[last]}"
    return finding(bars.code, bars.sessions[first], "volume_units", how)


def _average(bars: Bars, average: F8, i: int) -> str:
    return f"turnover per share is {average[i]:.5g}, outside {digits(bars.low[i])}–{digits(bars.high[i])}"


def spacing(bars: Bars) -> str:
    """ "weekly" or "monthly" when each week or month has one bar; empty for daily bars or too few. `bars` in order."""
    if len(bars) < FEWEST:
        return ""
    for name, unit_of in (("weekly", _weeks), ("monthly", _months)):
        first, last = unit_of(bars.sessions[[0, -1]])
        few_enough = last - first + 1 >= len(bars) >= MOST_OF_THEM * (last - first + 1)
        if few_enough and bool((np.diff(unit_of(bars.sessions)) > 0).all()):
            return name
    return ""


def _weeks(sessions: Days) -> I8:
    return (sessions.astype(np.int64) + 3) // 7


def _months(sessions: Days) -> I8:
    return sessions.astype("M8[M]").astype(np.int64)
