"""What can be sold short, and what borrowing it costs.

Hong Kong: covered, and only securities on the designated list (HKEX, revised quarterly); the list enters
through the instruments table as spells. Mainland: barred from 2024-07-11 (securities relending suspended);
before that only where the instruments table says so.
"""

from datetime import date

import numpy as np

from ..arrays import F8, Bool, Days
from ..dated import Dated
from ..instruments.table import Instrument, spells_cover

MAINLAND_BAR = date(2024, 7, 11)
MAINLAND_SOURCE = (
    "CSRC 2024-07-10: securities relending suspended from 2024-07-11 (S2: en.people.cn 2024-07-11)"
)
HK_SOURCE = "hkex.com.hk Regulated Short Selling: designated securities only, covered, tick rule (P)"

# Planning numbers from memory; no exchange publishes borrow rates.
DEFAULT_BORROW = Dated(("1990-01-01", 0.03, "mid-sized names, 1 to 4 % a year", "M"), name="the borrow rate")


def shortable(instrument: Instrument, sessions: Days) -> Bool:
    """Whether an account may open a short on each session; bool (n,). Unknown counts as no."""
    if not instrument.tradable or instrument.shortable is None:
        return np.zeros(len(sessions), np.bool_)
    allowed = spells_cover(instrument.shortable, sessions)
    return allowed & (sessions < np.datetime64(MAINLAND_BAR)) if instrument.mainland else allowed


def borrow_rate(instrument: Instrument, sessions: Days) -> F8:
    """Annual borrow rate on each session as a fraction of market value; f8 (n,), also where not shortable."""
    return (instrument.borrow or DEFAULT_BORROW).over(sessions)


def short_note(instrument: Instrument, day: date) -> str:
    """Why an instrument can or cannot be sold short on a day, in words, with what was assumed."""
    session = np.array([day], "datetime64[D]")
    allowed = bool(shortable(instrument, session)[0])
    if not instrument.tradable:
        return "an index cannot be sold short; use a fund or a future"
    if instrument.mainland:
        bar = "barred since 2024-07-11" if day >= MAINLAND_BAR else "only what the instruments table allows"
        return f"short selling of mainland securities: {bar}"
    if instrument.shortable is None:
        return "not known to be on the HKEX designated list: taken as not shortable"
    mark = ", from memory" if instrument.confidence == "M" else ""
    return f"{'on' if allowed else 'not on'} the HKEX designated list in the instruments table{mark}"
