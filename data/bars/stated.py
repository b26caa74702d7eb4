"""What the bars and names of a code state of it beside prices: risk warnings and delisting periods.

A name without days (one in all rows of a file, or in the instruments table) may be today's: how far back it held is
told by the prices. A session that went beyond the narrow limit of a risk warning was not under one, and a session
beyond every limit near the end is the first of a delisting period, which has none.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa

from ..arrays import F8, Bool, Days
from ..instruments.codes import is_delisting_name, is_st_name
from ..instruments.instrument import Instrument, Spell
from ..instruments.table import ST_UNKNOWN
from ..rules.bands import DELISTING_DAY_FREE, warning_matters
from ..rules.limits import limit_bands
from .bars import DELISTING, NO_MARK, ST, Bars
from .references import listed_sessions, reference_prices

NOISE = 1e-9  # of floats that stand for decimals
# Sessions of a delisting period: 15 since 2020-12-31, by the rules of both exchanges.
DELISTING_SESSIONS = 15
# Columns that hold a security's short name.
NAMES = frozenset(("name", "short_name", "stock_name", "名称", "简称", "股票名称", "证券名称", "证券简称"))
ALWAYS = (Spell(date(1990, 12, 19)),)


def names_in_rows(table: pa.Table, code: str) -> tuple[str, ...]:
    """Short names in a mainland file's rows, one a row; none where it has no such column."""
    named = [column for column in table.column_names if column.strip().lower() in NAMES]
    if not named or code.upper().endswith(".HK"):
        return ()
    return tuple("" if name is None else str(name).strip() for name in table.column(named[0]).to_pylist())


def status_by_names(names: Sequence[str]) -> F8:
    """Special treatment by each row's own name, (n,): ST and *ST, and 退 in a delisting period; NaN without a name."""
    return np.array(
        [
            np.nan
            if not name
            else DELISTING
            if is_delisting_name(name)
            else ST
            if is_st_name(name)
            else NO_MARK
            for name in names
        ],
        np.float64,
    )


def as_stated(instrument: Instrument, bars: Bars, calendar: Days) -> Instrument:
    """The instrument with the spells of special treatment that the bars themselves state; `bars` in order.

    `calendar` holds the exchange's sessions. Rows that say nothing leave their sessions' status unknown.
    """
    if (bars.st >= 0).any():
        silent = int(((bars.st < 0) & bars.traded).sum())
        doubt = (
            (f"risk warnings (ST) not known on {silent} of its sessions: taken as none",) if silent else ()
        )
        return replace(
            instrument,
            st=_spells(bars, bars.st == ST),
            delisting=_spells(bars, bars.st == DELISTING) or instrument.delisting,
            unknowns=(*(text for text in instrument.unknowns if "ST" not in text), *doubt),
        )
    name = str(bars.source.get("name") or instrument.name)
    if not instrument.mainland or instrument.st or instrument.delisting or not len(bars):
        return instrument
    if is_delisting_name(name):
        return _as_delisted(instrument, bars, calendar, name)
    return _as_warned(instrument, bars, calendar, name) if is_st_name(name) else instrument


def _as_warned(instrument: Instrument, bars: Bars, calendar: Days, name: str) -> Instrument:
    """Under a risk warning from after the last session that went beyond its limit."""
    beyond = _beyond(replace(instrument, st=ALWAYS), bars, calendar)
    beyond &= warning_matters(instrument, bars.sessions)
    after = np.flatnonzero(beyond)[-1] + 1 if beyond.any() else 0
    first = bars.sessions[after].astype(date) if after < len(bars) else None
    since = f"from {first} on" if after and first else "throughout" if first else "on none of its sessions"
    why = ", as earlier ones went beyond its limit" if after and first else ""
    doubt = f"named {name} without saying since when: taken as under a risk warning (ST) {since}{why}"
    return replace(
        instrument,
        st=() if first is None else (Spell(first),),
        unknowns=(*(text for text in instrument.unknowns if text != ST_UNKNOWN), doubt),
    )


def _as_delisted(instrument: Instrument, bars: Bars, calendar: Days, name: str) -> Instrument:
    """In a delisting period since the session beyond every limit among the last ones, where there is one."""
    last = bars.sessions[-1]
    beyond = _beyond(instrument, bars, calendar) & (bars.sessions >= np.datetime64(DELISTING_DAY_FREE))
    own = calendar[calendar <= last]
    beyond &= bars.sessions >= own[-min(DELISTING_SESSIONS, len(own))]
    if not beyond.any():
        return instrument
    first = bars.sessions[np.flatnonzero(beyond)[0]].astype(date)
    doubt = f"named {name} without saying since when: its delisting period is taken to start on {first}, beyond its limit"
    return replace(instrument, delisting=(Spell(first),), unknowns=(*instrument.unknowns, doubt))


def _beyond(instrument: Instrument, bars: Bars, calendar: Days) -> Bool:
    """Sessions that went beyond the instrument's limits, (n,)."""
    reference = reference_prices(bars, calendar, instrument)
    bands = limit_bands(instrument, bars.sessions, reference, listed_sessions(bars, instrument, calendar))
    with np.errstate(invalid="ignore"):
        beyond = (bars.high > bands.up + NOISE) | (bars.low < bands.down - NOISE)
    return np.asarray(beyond & bars.traded)


def _spells(bars: Bars, marked: Bool) -> tuple[Spell, ...]:
    flags = np.concatenate([[0], marked.astype(np.int8), [0]])
    first, last = np.flatnonzero(np.diff(flags) == 1), np.flatnonzero(np.diff(flags) == -1) - 1
    return tuple(
        Spell(bars.sessions[a].astype(date), bars.sessions[b].astype(date))
        for a, b in zip(first, last, strict=True)
    )
