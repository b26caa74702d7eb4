"""What the exchange would not have accepted: prices off the tick or beyond the limit, and references out of nowhere."""

from collections.abc import Iterator

import numpy as np

from ..arrays import I8, Days
from ..instruments.table import Instrument
from ..rules.limits import Bands, limit_bands
from ..rules.ticks import tick_table
from .bars import PRICES, Bars
from .findings import Finding, digits, each
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
        off = (np.abs(steps - np.rint(steps)) > 1e-6) & (prices > 0) & ~bars.suspended & ~bars.stale

    def what(i: int) -> str:
        j = int(np.flatnonzero(off[:, i])[0])
        return f"{PRICES[j]} {digits(prices[j, i])} is not a multiple of the tick {tick[j, i]:g}"

    yield from each(bars, "off_tick", np.asarray(off.any(axis=0)), what)


def unlike_the_close(bars: Bars, instrument: Instrument, calendar: Days) -> Iterator[Finding]:
    """References unlike the previous close; on a known ex-date one tick of rounding is allowed."""
    if np.isnan(bars.pre_close).all():
        return
    tick = ticks_of(bars.close, tick_table(instrument, bars.sessions))
    expected = previous_closes(bars, calendar, instrument)
    ex_date = np.isin(bars.sessions, bars.actions["session"])
    with np.errstate(invalid="ignore"):
        wrong = np.abs(bars.pre_close - expected) > 1.01 * tick * ex_date + 1e-6
    yield from each(
        bars,
        "pre_close",
        wrong,
        lambda i: (
            f"{digits(bars.pre_close[i])} where the previous close and known actions give {digits(expected[i])}"
        ),
    )


def beyond_limit(
    bars: Bars, instrument: Instrument, calendar: Days, bands: Bands | None
) -> Iterator[Finding]:
    if not instrument.mainland:
        return
    where: I8 = np.arange(len(bars))
    if bands is None:
        reference = reference_prices(bars, calendar, instrument)
        age = listed_sessions(bars, instrument, calendar)
        with np.errstate(invalid="ignore"):
            far = (bars.high > reference * (1 + SMALLEST_LIMIT)) | (
                bars.low < reference * (1 - SMALLEST_LIMIT)
            )
        where = np.flatnonzero(far | ((age > 0) & (age <= YOUNG)))
        bands = limit_bands(instrument, bars.sessions[where], reference[where], age[where])
    up, down = np.full(len(bars), np.inf), np.zeros(len(bars))
    up[where], down[where] = bands.up, bands.down
    with np.errstate(invalid="ignore"):
        wrong = ((bars.high > up + 1e-9) | (bars.low < down - 1e-9)) & ~bars.suspended & ~bars.stale
    if instrument.listed is None:
        wrong[:UNSURE_FIRST_BARS] = False
    yield from each(
        bars,
        "beyond_limit",
        wrong,
        lambda i: (
            f"{digits(bars.low[i])}–{digits(bars.high[i])} is outside the limits {digits(down[i])}–{digits(up[i])}"
        ),
    )
