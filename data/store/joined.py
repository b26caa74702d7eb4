"""Bars of an instrument under every code it has had, as one series under today's code.

Beijing renumbered its stocks on 2025-10-09 (839493.BJ became 920493.BJ): shares, prices and rights went on unchanged,
so the bars before and after are one series without a corporate action.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..bars.bars import Bars
from ..bars.merge import join_bars
from ..instruments.codes import KEPT_DIGITS, successor
from ..instruments.spellings import names_of
from ..instruments.table import Instrument
from .store import Prices, open_prices

GUESS = "guess"  # in the source of bars: what had to be assumed about whose they are


def iter_instruments(prices: Prices, instruments: Sequence[Instrument]) -> Iterator[Bars]:
    """Bars of each instrument, one at a time, from memory, a store, folder or zip; earlier codes are joined in front.

    Where two codes have the same session the later code's bar stands. A missing code is a DataError naming it. The
    place is listed once, however many instruments are asked for.
    """
    place = open_prices(prices)
    have = frozenset(place.codes())
    for instrument in instruments:
        names = names_of(instrument, have) or (instrument.code,)
        joined = join_bars(instrument.code, [place.read(name) for name in names])
        old = [
            name for name in names if successor(name) == instrument.code and name not in instrument.aliases
        ]
        if old:
            guess = f"bars of {old[0]} taken as its own: {KEPT_DIGITS}"
            joined = replace(joined, source={**joined.source, GUESS: guess})
        yield joined
