"""Bars of an instrument under every code it has had, as one series under today's code.

Beijing renumbered its stocks on 2025-10-09 (839493.BJ became 920493.BJ): shares, prices and rights went on unchanged,
so the bars before and after are one series without a corporate action.
"""

from collections.abc import Iterator, Sequence

from ..bars.bars import Bars
from ..bars.merge import join_bars
from ..instruments.spellings import names_of
from ..instruments.table import Instrument
from .store import Prices, open_prices


def iter_instruments(prices: Prices, instruments: Sequence[Instrument]) -> Iterator[Bars]:
    """Bars of each instrument, one at a time, from memory, a store, folder or zip; earlier codes are joined in front.

    Where two codes have the same session the later code's bar stands. A missing code is a DataError naming it. The
    place is listed once, however many instruments are asked for.
    """
    place = open_prices(prices)
    have = frozenset(place.codes())
    for instrument in instruments:
        names = names_of(instrument, have) or (instrument.code,)
        yield join_bars(instrument.code, [place.read(name) for name in names])
