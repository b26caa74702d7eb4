"""One code's bars and rules compiled onto the panel's rows."""

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import F8, I1, I4, Bool, Days
from ..bars.bars import Bars
from ..bars.references import NO_DAYS, Before, closes_before, moved_references, reference_prices
from ..calendars import sessions as calendars
from ..instruments.table import Instrument, Spell
from ..rules.limits import limit_bands
from ..rules.lots import lot_rules
from ..rules.settlement import t_plus_one
from ..rules.shorting import borrow_rate, shortable
from ..rules.ticks import tick_table
from .panel import CLOSED, DELISTED, SUSPENDED, TRADING, UNLISTED

EXCHANGES = ("XSHG", "XSHE", "XBSE", "XHKG")
YOUNG_DAYS = 30  # calendar days after listing within which the first sessions' regimes may still hold


class RowAction(NamedTuple):
    """One corporate action on a row: share ratio and gross cash per old share, local currency."""

    row: int
    ratio: float
    cash: float


@dataclass(frozen=True)
class Compiled:
    """One column of the panel: values by array name, actions, and what had to be assumed."""

    values: dict[str, NDArray[Any]]
    actions: tuple[RowAction, ...]
    unknowns: tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """The panel's arrays while they are being filled, (T, N), time contiguous."""

    status: I1
    open: F8
    high: F8
    low: F8
    close: F8
    volume: F8
    mark: F8
    ref: F8
    limit_up: F8
    limit_down: F8
    lot_min: I4
    lot_step: I4
    max_order: I4
    t_plus_one: Bool
    shortable: Bool
    borrow: F8
    tick_table: I1

    @classmethod
    def empty(cls, rows: int, codes: int) -> "Columns":
        """Uninitialised arrays; every column must be put."""
        kinds = {"status": "i1", "tick_table": "i1", "t_plus_one": "?", "shortable": "?"}
        kinds |= dict.fromkeys(("lot_min", "lot_step", "max_order"), "i4")
        return cls(
            **{f.name: np.empty((rows, codes), kinds.get(f.name, "f8"), order="F") for f in fields(cls)}
        )

    def put(self, i: int, compiled: Compiled) -> None:
        """Write one code's column."""
        for name, values in compiled.values.items():
            getattr(self, name)[:, i] = values

    def arrays(self) -> dict[str, Any]:
        """The arrays by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def compile_code(
    bars: Bars,
    instrument: Instrument,
    sessions: Days,
    is_open: Bool,
    doubtful: Days = NO_DAYS,
) -> Compiled:
    """Everything the panel says of one code. `bars` checked, in order, inside `sessions`; `is_open` (T,).

    `doubtful` are sessions whose bar was put aside: their closes are not known, so that a reference unlike an older
    close is no sign of a corporate action on the session after.
    """
    instrument = _with_st(instrument, bars)
    own = sessions[is_open]
    status = np.where(is_open, SUSPENDED, CLOSED).astype(np.int8)
    rows = np.searchsorted(sessions, bars.sessions)
    traded = (bars.volume > 0) & ~bars.suspended
    status[rows[traded]] = TRADING
    if instrument.listed is not None:
        status[is_open & (sessions < np.datetime64(instrument.listed, "D"))] = UNLISTED
    if instrument.delisted is not None:
        status[is_open & (sessions >= np.datetime64(instrument.delisted, "D"))] = DELISTED
    values: dict[str, NDArray[Any]] = {"status": status}
    for name in ("open", "high", "low", "close"):
        values[name] = _onto(len(sessions), rows[traded], getattr(bars, name)[traded], np.nan)
    values["volume"] = _onto(len(sessions), rows[traded], bars.volume[traded], 0.0)
    reference, notes = _references(bars, instrument, own)
    values["ref"] = _onto(len(sessions), rows, reference, np.nan)
    actions, unexplained = _row_actions(bars, reference, rows, closes_before(bars, own, doubtful))
    if instrument.mainland:
        notes += unexplained
    values["mark"] = _marks(values["close"], actions)
    age = _listed_sessions(instrument, sessions)
    bands = limit_bands(instrument, sessions, values["ref"], age)
    values |= {"limit_up": bands.up, "limit_down": bands.down}
    values |= _rules(instrument, sessions)
    return Compiled(values, tuple(actions), (*instrument.unknowns, *notes, *_coverage(bars, instrument, own)))


def _rules(instrument: Instrument, sessions: Days) -> dict[str, NDArray[Any]]:
    """Lots, settlement, shorting and ticks on every row; before the listing, those of the first day."""
    listed = (
        sessions if instrument.listed is None else np.maximum(sessions, np.datetime64(instrument.listed, "D"))
    )
    lot_min, lot_step, max_order = lot_rules(instrument, listed)
    return {
        "lot_min": lot_min,
        "lot_step": lot_step,
        "max_order": max_order,
        "t_plus_one": t_plus_one(instrument, listed),
        "shortable": shortable(instrument, listed),
        "borrow": borrow_rate(instrument, listed),
        "tick_table": tick_table(instrument, listed),
    }


def _onto(n: int, rows: NDArray[Any], values: NDArray[Any], empty: float) -> F8:
    column = np.full(n, empty)
    column[rows] = values
    return column


def _with_st(instrument: Instrument, bars: Bars) -> Instrument:
    """The instrument with the special-treatment spells that the bars themselves state."""
    if not (bars.st >= 0).any():
        return instrument
    flags = np.concatenate([[0], (bars.st == 1).astype(np.int8), [0]])
    first, last = np.flatnonzero(np.diff(flags) == 1), np.flatnonzero(np.diff(flags) == -1) - 1
    spells = tuple(
        Spell(bars.sessions[a].astype(date), bars.sessions[b].astype(date))
        for a, b in zip(first, last, strict=True)
    )
    return replace(instrument, st=spells)


def _references(bars: Bars, instrument: Instrument, own: Days) -> tuple[F8, list[str]]:
    """Reference price of each bar, the issue price on the first session, and what is not known."""
    reference = reference_prices(bars, own, instrument)
    notes = []
    if len(bars) and instrument.issue_price is not None and instrument.listed is not None:
        listing_day = bars.sessions[0] == np.datetime64(instrument.listed, "D")
        if listing_day and np.isnan(reference[0]):
            reference[0] = instrument.issue_price
    holes = np.isnan(reference) & (bars.volume > 0)
    if instrument.mainland and holes.any():
        first = bars.sessions[holes][0]
        notes.append(
            f"no reference price on {int(holes.sum())} sessions ({first} first): no limit is invented there"
        )
    return reference, notes


def _row_actions(
    bars: Bars, reference: F8, rows: NDArray[Any], before: Before
) -> tuple[list[RowAction], list[str]]:
    """The known actions, those that only show as a reference unlike the price before (taken as reinvested), and notes.

    Across missing bars such a reference is only noted: the price may as well have moved there.
    """
    known: dict[int, RowAction] = {}
    for action in bars.actions:
        i = int(np.searchsorted(bars.sessions, action["session"]))
        if i == len(bars) or bars.sessions[i] != action["session"]:
            continue
        ratio, cash = float(action["ratio"]), float(action["cash"])
        if action["rights"] > 0 and before.bar[i] >= 0 and reference[i] > 0:
            ratio = (float(before.price[i]) - cash) / float(reference[i])
        known[int(rows[i])] = RowAction(int(rows[i]), ratio, cash)
    notes = []
    for j in moved_references(bars, before):
        if before.hole[j]:
            notes.append(
                f"the reference {bars.pre_close[j]:g} of {bars.sessions[j]} is not the close {before.price[j]:g} "
                "before the missing bars: no corporate action is assumed"
            )
            continue
        known[int(rows[j])] = RowAction(int(rows[j]), float(before.price[j] / bars.pre_close[j]), 0.0)
    return [known[row] for row in sorted(known)], notes


def _marks(close: F8, actions: list[RowAction]) -> F8:
    """Last close carried over; on an ex-date without a trade, adjusted for the action."""
    held = np.where(np.isnan(close), 0, np.arange(len(close)))
    mark = close[np.maximum.accumulate(held)]
    for action in actions:
        if np.isnan(close[action.row]):
            later = np.flatnonzero(~np.isnan(close[action.row :]))
            stop = action.row + int(later[0]) if len(later) else len(close)
            mark[action.row : stop] = (mark[action.row : stop] - action.cash) / action.ratio
    return np.asarray(mark)


def _listed_sessions(instrument: Instrument, sessions: Days) -> I4:
    """1-based count of the exchange's sessions since listing on each row; 0 where old or unknown."""
    age = np.zeros(len(sessions), np.int32)
    if instrument.listed is None:
        return age
    listed = np.datetime64(instrument.listed, "D")
    young = (sessions >= listed) & (sessions <= listed + np.timedelta64(YOUNG_DAYS, "D"))
    if young.any():
        own = calendars.sessions(instrument.exchange, listed, sessions[young][-1])
        age[young] = np.searchsorted(own, sessions[young], side="right")
    return age


def _coverage(bars: Bars, instrument: Instrument, own: Days) -> list[str]:
    """Notes on bars that start late or end early: those sessions count as suspended."""
    if not len(bars):
        return ["no bars in this span: suspended throughout"]
    notes = []
    listed = instrument.listed and np.datetime64(instrument.listed, "D")
    if bars.sessions[0] > own[0] and (listed is None or listed < bars.sessions[0]):
        notes.append(f"no bars before {bars.sessions[0]}: suspended until then")
    delisted = instrument.delisted and np.datetime64(instrument.delisted, "D")
    if bars.sessions[-1] < own[-1] and (delisted is None or delisted > own[-1]):
        notes.append(f"no bars after {bars.sessions[-1]}: suspended from then on")
    return notes
