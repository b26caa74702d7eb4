"""Proofs that every answer of a source has to stand: raw prices, volume in shares.

An adjusted series looks like a raw one until two of its bars are held against each other: a reference that knows of no
ex-date where the actions have one, turnover that was paid at other prices, prices between the ticks before a day and
on them after it.
"""

import numpy as np

from ..arrays import F8, Bool, Days
from ..bars.actions import ex_price
from ..bars.bars import PRICES, Bars
from ..bars.findings import digits
from ..bars.references import closes_before, ticks_of
from ..errors import FetchError
from ..instruments.table import Instrument
from ..rules.ticks import tick_table

# Turnover over volume and price is 1 within a day's range; in lots of a hundred it is a hundred times off.
PLAUSIBLE = (0.5, 2.0)
# An action moves the price enough to show when it is this large; a session moves it by less than half of that.
TELLING = 0.10
# Turnover over volume may leave the day's range by as much (block trades), and not on so many sessions.
OUTSIDE = 0.01
RUN = 5
# This share of the older bars between the ticks, and of the newer ones on them, is no chance.
BETWEEN, ON = 0.5, 0.98
FEWEST = 10


def in_shares(instrument: Instrument, volume: F8, amount: F8, close: F8, *, lot: float) -> F8:
    """Volume in shares: as it is, or times `lot` where the turnover says lots; `lot` above 1 is what the source documents.

    A turnover that fits neither is a FetchError; without turnover the source's own word stands.
    """
    if instrument.board == "index":
        return volume * lot
    with np.errstate(invalid="ignore", divide="ignore"):
        times = amount / volume / close
    usable = times[np.isfinite(times) & (times > 0)]
    if not len(usable):
        return volume * lot
    typical = float(np.median(usable))
    for size in dict.fromkeys((lot, 1.0, 100.0)):
        if PLAUSIBLE[0] < typical / size < PLAUSIBLE[1]:
            return np.asarray(np.rint(volume * size))
    raise FetchError(
        f"{instrument.code}: turnover over volume is {typical:.4g} times the price, so the unit of its volume is neither "
        "shares nor lots; nothing was written"
    )


def raw_proof(bars: Bars, instrument: Instrument, calendar: Days) -> None:
    """Refuse an answer whose own bars show that its prices are adjusted, with the two that show it; `bars` in order."""
    if not instrument.tradable or len(bars) < 2:
        return
    said = _negative(bars) or _no_ex_date(bars, calendar) or _paid(bars) or _between_ticks(bars, instrument)
    if said:
        raise FetchError(
            f"{bars.code}: prices of {bars.source.get('provider', 'this source')} are adjusted, not raw: {said}; "
            "nothing was written"
        )


def _bar(bars: Bars, i: int) -> str:
    return f"{bars.sessions[i]} {digits(bars.low[i])}–{digits(bars.high[i])}, close {digits(bars.close[i])}"


def _negative(bars: Bars) -> str:
    """Forward adjustment by subtraction leaves prices at or below zero long ago."""
    below = np.flatnonzero((bars.close <= 0) & bars.traded)
    if not len(below):
        return ""
    return f"{_bar(bars, int(below[0]))}, which nobody paid, and {_bar(bars, len(bars) - 1)}"


def _no_ex_date(bars: Bars, calendar: Days) -> str:
    """A large action whose ex-date opened, and is referred, as if there were none."""
    before = closes_before(bars, calendar)
    for action in bars.actions:
        i = int(np.searchsorted(bars.sessions, action["session"]))
        if i >= len(bars) or bars.sessions[i] != action["session"] or before.bar[i] < 0 or before.hole[i]:
            continue
        prev, k = float(before.price[i]), int(before.bar[i])
        expected = ex_price(action, prev)
        if not (prev > 0 and expected > 0) or abs(np.log(expected / prev)) < TELLING or not bars.traded[i]:
            continue
        given = [float(bars.open[i])]
        if bars.pre_close[i] > 0:
            given = [float(bars.pre_close[i])]
        if all(abs(np.log(price / prev)) < abs(np.log(price / expected)) / 2 for price in given):
            return f"{_bar(bars, k)}, and its ex-date {_bar(bars, i)}, where {digits(round(expected, 4))} was due"
    return ""


def _paid(bars: Bars) -> str:
    """Turnover over volume outside the day's range on a row of sessions, and inside it on the newest."""
    rows = np.flatnonzero(bars.traded & (bars.amount > 0) & (bars.low > 0))
    if len(rows) < RUN + 1:
        return ""
    held = bars.take(rows)
    room = OUTSIDE + 100.0 / held.volume
    average = held.amount / held.volume
    out = (average > held.high * (1 + room)) | (average < held.low * (1 - room))
    unit = (average / held.close < PLAUSIBLE[0] / 4) | (average / held.close > PLAUSIBLE[1] * 4)
    if unit.any() or not _row_of(out, RUN) or out[-1]:
        return ""
    old, new = int(np.flatnonzero(out)[0]), len(held) - 1
    return (
        f"{_bar(held, old)}, where {average[old]:.6g} a share was paid, "
        f"and {_bar(held, new)}, where it was {average[new]:.6g}"
    )


def _row_of(marks: Bool, length: int) -> bool:
    """Whether so many marks stand in a row."""
    return bool(len(marks) >= length and np.convolve(marks, np.ones(length), "valid").max() >= length)


def _between_ticks(bars: Bars, instrument: Instrument) -> str:
    """Older prices between the ticks, newer ones on them: where the last action was divided out."""
    rows = np.flatnonzero(bars.traded)
    if len(rows) < 2 * FEWEST:
        return ""
    held = bars.take(rows)
    prices = np.stack([getattr(held, name) for name in PRICES])
    tick = ticks_of(prices, tick_table(instrument, held.sessions))
    steps = prices / tick
    off = np.asarray((np.abs(steps - np.rint(steps)) > 1e-6).any(axis=0))
    if off[-FEWEST:].any() or not off.any():
        return ""
    last = int(np.flatnonzero(off)[-1])
    if last + 1 < FEWEST or off[: last + 1].mean() < BETWEEN or (~off[last + 1 :]).mean() < ON:
        return ""
    return f"{_bar(held, last)} lies between the ticks, as most before it, and {_bar(held, last + 1)} on them"
