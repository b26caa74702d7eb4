"""What the exchange would not have accepted: prices off the tick or beyond the limit, and references out of nowhere."""

from collections.abc import Iterator

import numpy as np

from ..arrays import F8, Days
from ..instruments.table import Instrument
from ..places import are_among
from ..rules.limits import first_ruled, limit_bands
from ..rules.ticks import tick_table
from .bars import PRICES, Bars
from .ex_dates import AVERAGED_CLOSE, averaged_closes
from .findings import Finding, digits, each, finding
from .references import listed_sessions, previous_closes, reference_prices, ticks_of

# Data without a listing date may start within the unlimited first sessions of a new stock.
UNSURE_FIRST_BARS = 5
# Sessions since listing in which a board may have other limits.
YOUNG = 5
# No board's limit is narrower than 5 %: bars that stay well within need no look at the rule book.
SMALLEST_LIMIT = 0.04


def off_tick(bars: Bars, instrument: Instrument) -> Iterator[Finding]:
    """Prices that are no whole number of ticks, each on the tick of its own height."""
    prices = np.stack([getattr(bars, name) for name in PRICES])
    tick = ticks_of(prices, tick_table(instrument, bars.sessions))
    with np.errstate(invalid="ignore"):
        steps = prices / tick
        off = np.abs(steps - np.rint(steps)) > 1e-6
    if not off.any():
        return
    off &= (prices > 0) & ~bars.suspended & ~bars.stale

    def what(i: int) -> str:
        j = int(np.flatnonzero(off[:, i])[0])
        return f"{PRICES[j]} {digits(prices[j, i])} is not a multiple of the tick {tick[j, i]:g}"

    yield from each(bars, "off_tick", np.asarray(off.any(axis=0)), what)


def ruled_bars(bars: Bars, instrument: Instrument) -> Bars:
    """The bars from the book's first rule for the code on."""
    known = bars.sessions >= first_ruled(instrument)
    return bars if known.all() else bars.take(known)


def unruled(bars: Bars, instrument: Instrument) -> Iterator[Finding]:
    """One finding for the sessions before the book's first rule for the code: nothing there can be held against it."""
    first = first_ruled(instrument)
    if len(bars) and bars.sessions[0] < first:
        early = bars.sessions[bars.sessions < first]
        listed = "they count as not listed" if instrument.mainland else "no price step is known"
        rules = f"before the rules of board {instrument.board} start on {first}"
        span = f"{len(early)} sessions, {early[0]} to {early[-1]}" if len(early) > 1 else f"{early[0]}"
        what = f"{span}, {rules}: {listed}"
        yield finding(bars.code, early[0], "unruled", what)


def unlike_the_close(bars: Bars, instrument: Instrument, calendar: Days) -> Iterator[Finding]:
    """References unlike the previous close; on a known ex-date one tick of rounding is allowed."""
    if np.isnan(bars.pre_close).all():
        return
    tick = ticks_of(bars.close, tick_table(instrument, bars.sessions))
    expected = previous_closes(bars, calendar, instrument)
    ex_date = are_among(bars.sessions, bars.actions["session"])
    near = np.where(averaged_closes(bars, instrument), AVERAGED_CLOSE, 0.0) * expected
    with np.errstate(invalid="ignore"):
        wrong = np.abs(bars.pre_close - expected) > 1.01 * tick * ex_date + near + 1e-6
    yield from each(
        bars,
        "pre_close",
        wrong,
        lambda i: (
            f"{digits(bars.pre_close[i])} where the previous close and known actions give {digits(expected[i])}"
        ),
    )


def beyond_limit(bars: Bars, instrument: Instrument, calendar: Days, cut: bool) -> Iterator[Finding]:
    """Bars beyond their day's limits; with an unknown listing day the first ones may be a share's free sessions."""
    if not instrument.mainland:
        return
    up, down = _limits(bars, instrument, calendar)
    with np.errstate(invalid="ignore"):
        wrong = ((bars.high > up + 1e-9) | (bars.low < down - 1e-9)) & ~bars.suspended & ~bars.stale
    if not wrong.any():
        return
    unsure = wrong & (np.arange(len(bars)) < UNSURE_FIRST_BARS) & (instrument.listed is None and not cut)

    def what(i: int) -> str:
        limits = f"{digits(down[i])}–{digits(up[i])}"
        return f"{digits(bars.low[i])}–{digits(bars.high[i])} is outside the limits {limits}"

    yield from each(bars, "beyond_limit", wrong & ~unsure, what)
    yield from each(bars, "unsure_limit", unsure, what)


def _limits(bars: Bars, instrument: Instrument, calendar: Days) -> tuple[F8, F8]:
    """Limits up and down of each bar, (n,) each; left open where the bar stays well within any."""
    reference = reference_prices(bars, calendar, instrument)
    age = listed_sessions(bars, instrument, calendar)
    with np.errstate(invalid="ignore"):
        far = bars.high > reference * (1 + SMALLEST_LIMIT)
        far |= bars.low < reference * (1 - SMALLEST_LIMIT)
    where = np.flatnonzero(far | ((age > 0) & (age <= YOUNG)))
    bands = limit_bands(instrument, bars.sessions[where], reference[where], age[where])
    up, down = np.full(len(bars), np.inf), np.zeros(len(bars))
    up[where], down[where] = bands.up, bands.down
    return up, down
