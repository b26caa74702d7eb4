"""What the bars state of their code beside prices: risk warnings and delisting periods."""

from dataclasses import replace
from datetime import date

import numpy as np

from ..arrays import Bool
from ..instruments.instrument import Instrument, Spell
from .bars import DELISTING, ST, Bars


def as_stated(instrument: Instrument, bars: Bars) -> Instrument:
    """The instrument with the spells of special treatment that the bars themselves state; `bars` in order."""
    if not (bars.st >= 0).any():
        return instrument
    return replace(
        instrument,
        st=_spells(bars, bars.st == ST),
        delisting=_spells(bars, bars.st == DELISTING) or instrument.delisting,
        unknowns=tuple(text for text in instrument.unknowns if "ST" not in text),
    )


def _spells(bars: Bars, marked: Bool) -> tuple[Spell, ...]:
    flags = np.concatenate([[0], marked.astype(np.int8), [0]])
    first, last = np.flatnonzero(np.diff(flags) == 1), np.flatnonzero(np.diff(flags) == -1) - 1
    return tuple(
        Spell(bars.sessions[a].astype(date), bars.sessions[b].astype(date))
        for a, b in zip(first, last, strict=True)
    )
