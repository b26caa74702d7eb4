"""One code's bars and rules compiled onto the panel's rows."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from mmap import PAGESIZE, mmap
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import F8, I1, I4, Bool, Days
from ..bars.accepted import UNSURE_FIRST_BARS
from ..bars.bars import Bars
from ..bars.ex_dates import supposed_ratios
from ..bars.references import NO_DAYS, Before, closes_before, reference_prices
from ..bars.stated import as_stated
from ..calendars import sessions as calendars
from ..instruments.table import Instrument
from ..places import rows_among
from ..rules.limits import limit_bands, opened
from ..rules.lots import lot_rules
from ..rules.settlement import t_plus_one
from ..rules.shorting import borrow_rate, shortable
from ..rules.ticks import tick_table
from .panel import CLOSED, DELISTED, SUSPENDED, TRADING, UNLISTED

# Arrays that are not of float64.
KINDS = {
    "status": "i1", "tick_table": "i1", "t_plus_one": "?", "shortable": "?", "lot_min": "i4", "lot_step": "i4", "max_order": "i4",
}  # fmt: skip
NOISE = 1e-9  # of floats that stand for decimals
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
    margin: F8

    @classmethod
    def empty(cls, rows: int, codes: int, *, memory: mmap | None = None) -> "Columns":
        """Uninitialised arrays, in `memory` of `bytes_of` them where it is given; every column must be put."""
        arrays, start = {}, 0
        for each in fields(cls):
            kind = np.dtype(KINDS.get(each.name, "f8"))
            if memory is None:
                arrays[each.name] = np.empty((rows, codes), kind, order="F")
            else:
                arrays[each.name] = np.ndarray((rows, codes), kind, memory, start, order="F")
            start += _pages(rows * codes * kind.itemsize)
        return cls(**arrays)

    @classmethod
    def bytes_of(cls, rows: int, codes: int) -> int:
        """Bytes that hold the arrays of so many rows and codes, each from the start of a page on."""
        kinds = (np.dtype(KINDS.get(each.name, "f8")) for each in fields(cls))
        return sum(_pages(rows * codes * kind.itemsize) for kind in kinds)

    def put(self, i: int, compiled: Compiled) -> None:
        """Write one code's column."""
        for name, values in compiled.values.items():
            getattr(self, name)[:, i] = values

    def arrays(self) -> dict[str, Any]:
        """The arrays by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def _pages(size: int) -> int:
    """Bytes up to the end of the last page."""
    return -(-size // PAGESIZE) * PAGESIZE


# prices that a damaged file holds may be too large for a number of ticks; its findings say so, not warnings of numpy
@np.errstate(over="ignore", invalid="ignore")
def compile_code(
    bars: Bars,
    instrument: Instrument,
    sessions: Days,
    is_open: Bool,
    doubtful: Days = NO_DAYS,
    *,
    cut: bool = False,
) -> Compiled:
    """Everything the panel says of one code. `bars` checked, in order, inside `sessions`; `is_open` (T,).

    `doubtful` are sessions whose bar was put aside: their closes are not known, so that a reference unlike an older
    close is no sign of a corporate action on the session after. `cut`: the code has earlier bars, outside `sessions`.
    """
    begun = opened(instrument)
    if not (since := bars.sessions >= begun).all():
        bars = bars.take(since)
    own = sessions[is_open]
    instrument = as_stated(instrument, bars, own)
    status = np.where(is_open, np.int8(SUSPENDED), np.int8(CLOSED))
    rows = rows_among(bars.sessions, sessions)
    traded = bars.traded
    dealt, at = (bars, rows) if traded.all() else (bars.take(traded), rows[traded])
    status[at] = TRADING
    listed = begun if instrument.listed is None else max(begun, np.datetime64(instrument.listed, "D"))
    if listed > sessions[0]:
        status[is_open & (sessions < listed)] = UNLISTED
    if instrument.delisted is not None:
        status[is_open & (sessions >= np.datetime64(instrument.delisted, "D"))] = DELISTED
    values: dict[str, NDArray[Any]] = {"status": status}
    for name in ("open", "high", "low", "close"):
        values[name] = _onto(len(sessions), at, getattr(dealt, name), np.nan)
    values["volume"] = _onto(len(sessions), at, dealt.volume, 0.0)
    reference, notes = _references(bars, instrument, own, doubtful), list[str]()
    values["ref"] = _onto(len(sessions), rows, reference, np.nan)
    before = closes_before(bars, own, doubtful)
    actions, unexplained = _row_actions(bars, instrument, reference, rows, before)
    if instrument.mainland:
        notes += unexplained
    values["mark"] = marks(values["close"], actions)
    age = listed_sessions(instrument, sessions, is_open)
    bands = limit_bands(instrument, _not_before(begun, sessions), values["ref"], age)
    values |= {"limit_up": bands.up, "limit_down": bands.down}
    if instrument.mainland:
        notes += _judge_strictly(values, bands.unknown, sessions)
        notes += _believe_first_bars(values, sessions) if instrument.listed is None and not cut else []
    values |= rules_of(instrument, _not_before(listed, sessions))
    said = [str(bars.source["said"])] if bars.source.get("said") else []
    unknowns = (*instrument.unknowns, *said, *notes, *_coverage(bars, instrument, own))
    return Compiled(values, tuple(actions), unknowns)


def _judge_strictly(values: dict[str, NDArray[Any]], unknown: Bool, sessions: Days) -> list[str]:
    """Where no reference is known, the session's own high and low stand for its limits: one of them may have been it."""
    unknown = unknown & (values["status"] == TRADING)
    values["limit_up"][unknown] = values["high"][unknown]
    values["limit_down"][unknown] = values["low"][unknown]
    if not unknown.any():
        return []
    return [
        f"no reference price on {int(unknown.sum())} sessions ({sessions[unknown][0]} first): their limits are not known, "
        "so nothing is bought at the session's high or sold at its low"
    ]


def _believe_first_bars(values: dict[str, NDArray[Any]], sessions: Days) -> list[str]:
    """Without a listing day, trades beyond a limit among the first bars say that these sessions had none."""
    first = np.flatnonzero(values["status"] == TRADING)[:UNSURE_FIRST_BARS]
    beyond = values["high"][first] > values["limit_up"][first] + NOISE
    beyond |= values["low"][first] < values["limit_down"][first] - NOISE
    if not beyond.any():
        return []
    values["limit_up"][first], values["limit_down"][first] = np.inf, 0.0
    return [
        f"listing day unknown, and trades beyond the limit on {sessions[first][beyond][0]}: its first {len(first)} bars "
        "are taken as the first sessions of a share, which have no limit"
    ]


def rules_of(instrument: Instrument, listed: Days) -> dict[str, NDArray[Any]]:
    """Lots, settlement, shorting and ticks by the rules of each day; before the listing, those of the first one."""
    lot_min, lot_step, max_order = lot_rules(instrument, listed)
    return {
        "lot_min": lot_min,
        "lot_step": lot_step,
        "max_order": max_order,
        "t_plus_one": t_plus_one(instrument, listed),
        "shortable": shortable(instrument, listed),
        "borrow": borrow_rate(instrument, listed),
        "tick_table": tick_table(instrument, listed),
        "margin": np.full(len(listed), np.nan),
    }


def _not_before(day: np.datetime64, sessions: Days) -> Days:
    """The sessions, earlier ones as `day`: rules are asked of no day before them."""
    return sessions if day <= sessions[0] else np.maximum(sessions, day)


def _onto(n: int, rows: NDArray[Any], values: NDArray[Any], empty: float) -> F8:
    """Values on their rows of n, `empty` on the others; the values themselves where they fill every row."""
    if len(values) == n:
        return values
    column = np.full(n, empty)
    column[rows] = values
    return column


def _references(bars: Bars, instrument: Instrument, own: Days, doubtful: Days) -> F8:
    """Reference price of each bar; the issue price on the first session."""
    reference = reference_prices(bars, own, instrument)
    if len(doubtful):  # an ex-date may lie in what was put aside
        unknown = closes_before(bars, own, doubtful).hole & np.isnan(bars.pre_close)
        reference = np.where(unknown, np.nan, reference)
    if len(bars) and instrument.issue_price is not None and instrument.listed is not None:
        listing_day = bars.sessions[0] == np.datetime64(instrument.listed, "D")
        if listing_day and np.isnan(reference[0]):
            reference[0] = instrument.issue_price
    return reference


def _row_actions(
    bars: Bars, instrument: Instrument, reference: F8, rows: NDArray[Any], before: Before
) -> tuple[list[RowAction], list[str]]:
    """The known actions, those that only show as a reference unlike the price before (taken as reinvested), and notes."""
    known: dict[int, RowAction] = {}
    for action in bars.actions:
        i = int(np.searchsorted(bars.sessions, action["session"]))
        if i == len(bars) or bars.sessions[i] != action["session"]:
            continue
        ratio, cash = float(action["ratio"]), float(action["cash"])
        if action["rights"] > 0 and before.bar[i] >= 0 and reference[i] > 0:
            ratio = (float(before.price[i]) - cash) / float(reference[i])
        known[int(rows[i])] = RowAction(int(rows[i]), ratio, cash)
    taken, notes = supposed_ratios(bars, before, instrument)
    known |= {int(rows[j]): RowAction(int(rows[j]), ratio, 0.0) for j, ratio in taken}
    return [known[row] for row in sorted(known)], notes


def marks(close: F8, actions: Sequence[RowAction]) -> F8:
    """Last close carried over; on an ex-date without a trade, adjusted for the action."""
    unknown = np.isnan(close)
    if not unknown.any():
        return close
    mark = close[np.maximum.accumulate(np.where(unknown, 0, np.arange(len(close))))]
    for action in actions:
        if np.isnan(close[action.row]):
            later = np.flatnonzero(~np.isnan(close[action.row :]))
            stop = action.row + int(later[0]) if len(later) else len(close)
            mark[action.row : stop] = (mark[action.row : stop] - action.cash) / action.ratio
    return np.asarray(mark)


def listed_sessions(instrument: Instrument, sessions: Days, is_open: Bool) -> I4:
    """1-based count of the exchange's sessions since listing on each row; 0 where old or unknown."""
    age = np.zeros(len(sessions), np.int32)
    if instrument.listed is None:
        return age
    listed = np.datetime64(instrument.listed, "D")
    young = (sessions >= listed) & (sessions <= listed + np.timedelta64(YOUNG_DAYS, "D"))
    if young.any():
        own = sessions[is_open & (sessions >= listed)]
        age[young] = np.searchsorted(own, sessions[young], side="right")
        last = min(sessions[0] - np.timedelta64(1, "D"), calendars.calendar(instrument.exchange).until)
        if listed <= last:
            age[young] += len(calendars.sessions(instrument.exchange, listed, last))
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
