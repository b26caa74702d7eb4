"""The limit prices of the day, and the arithmetic that gives them."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from math import isfinite
from typing import NamedTuple

import numpy as np

from ...dated import Dated
from ...instruments.instrument import Instrument
from .. import bands
from ..limits import limit_bands, listing_day
from ..ticks import TICK_SIZES, tick_table
from .question import PROBE, Workings


class Limits(NamedTuple):
    """Limit prices and per cent of the day; None where unlimited or no reference price was given."""

    up: float | None
    down: float | None
    percent: float | None
    unlimited: bool


def limit_part(workings: Workings, instrument: Instrument, prev_close: float | None, count: int) -> Limits:
    """Price limits for a previous close, on listing session `count` (0: long ago)."""
    if not instrument.tradable or not instrument.mainland:
        why = "Hong Kong has no daily price limit" if instrument.tradable else "an index has no limit"
        workings.steps.append(f"limits: none; {why}")
        return Limits(None, None, None, True)
    listed = np.array([count], np.int32)
    band = limit_bands(instrument, workings.day, np.array([prev_close or PROBE]), listed)
    first = (
        bands.first_days(instrument, listing_day(instrument, workings.day, listed))
        if 1 <= count <= 5
        else None
    )
    _cite_limit(workings, instrument, first)
    note = band.note[0]
    if not isfinite(band.up[0]):
        workings.steps.append(f"limits: none; {note or 'no limit was in force on this day'}")
        return Limits(None, None, None, True)
    percent = round(float(band.pct[0]) * 100, 2)
    workings.steps.append(
        f"limits: {percent:g} % on board {instrument.board}" + (f" ({note})" if note else "")
    )
    banded = count == 1 and first is not None and not np.isnan(first.up)
    base = instrument.issue_price or prev_close if banded else prev_close
    if banded and instrument.issue_price is None:
        workings.unknowns.append("issue price not given: the first-day band is taken from the previous close")
    if base is None:
        workings.steps.append("limit prices: give the previous close (`prev_close`) to have them")
        return Limits(None, None, percent, False)
    fall = round(first.down * 100, 2) if banded and first is not None else percent
    up, down = float(band.up[0]), float(band.down[0])
    inward = instrument.board == "bse"
    tick = Decimal(f"{TICK_SIZES[tick_table(instrument, workings.day)[0], 0]:.3f}")
    for word, factor, limit in (("up", 100 + percent, up), ("down", 100 - fall, down)):
        raw = Decimal(repr(base)) * Decimal(repr(factor)) / 100
        toward = ROUND_HALF_UP if not inward else ROUND_FLOOR if word == "up" else ROUND_CEILING
        rounding = "inward to the tick" if inward else "half-up to the tick"
        if (raw / tick).quantize(Decimal(1), toward) * tick != Decimal(f"{limit:.10g}"):
            rounding += ", but at least one tick away"
        workings.steps.append(
            f"limit {word}: {base:g} × {factor:g} % = {raw.normalize():f}, {rounding}: {limit:.10g}"
        )
    return Limits(up, down, percent, False)


def _cite_limit(workings: Workings, instrument: Instrument, first: bands.FirstDays | None) -> None:
    if any(spell.covers(workings.day)[0] for spell in instrument.s_share):
        dated: Dated = bands.S_SHARE
    elif any(spell.covers(workings.day)[0] for spell in instrument.st):
        dated = bands.st_limit(instrument)
    else:
        dated = bands.normal_limit(instrument)
    workings.cite("price limit", dated.at(workings.on))
    if first is not None and first.source:
        workings.sources.append(f"first sessions: {first.source}")
    if instrument.board == "bse":
        workings.sources.append("rounding inward: 609 to 0 limit touches on real bars since 2020-11-30 [S2]")
    else:
        workings.sources.append(
            "rounding half-up: SSE 3.3.17, SZSE 3.3.19, and 8,317 exact ties on real bars [Q]"
        )
