"""Ex-dates that only a stated reference tells: which of them are taken for a corporate action, and which are not."""

from datetime import date
from math import log

import numpy as np

from ..arrays import Bool
from ..instruments.table import Instrument
from .bars import Bars
from .references import Before, moved_references

# A fall of the reference by more needs the opening price to bear it out: a wrong figure may have any size.
WITHOUT_EVIDENCE = 0.10
# Where a session ends without an auction, the exchange's close is an average of its last minute and a vendor's the last
# trade: the two differ by some hundredths of a per cent, and next morning's reference with them.
AVERAGED_CLOSE = 0.01
SHANGHAI_AUCTION = date(2018, 8, 20)  # sse.com.cn c_20180806_4607055
NONE = np.zeros(0, np.bool_)
SHANGHAI_FUND_AUCTION = date(2026, 7, 6)  # sse.com.cn c_20260424_10816474


def supposed_ratios(
    bars: Bars, before: Before, instrument: Instrument
) -> tuple[list[tuple[int, float]], list[str]]:
    """Bars whose reference says an ex-date, with the ratio that keeps all money in the share, and notes on the others."""
    taken: list[tuple[int, float]] = []
    averaged: list[int] = []
    notes: list[str] = []
    moved = moved_references(bars, before)
    unsettled = averaged_closes(bars, instrument) if moved else NONE
    for j in moved:
        stated, prev = float(bars.pre_close[j]), float(before.price[j])
        why = _doubt(bars, j, stated, prev, bool(before.hole[j]))
        if unsettled[j] and abs(log(stated / prev)) < AVERAGED_CLOSE:
            averaged.append(j)
        elif why:
            what = f"the reference {stated:g} of {bars.sessions[j]} is not the close {prev:g} before"
            notes.append(f"{what} {why}: no corporate action is assumed")
        else:
            taken.append((j, prev / stated))
    if averaged:
        notes.append(
            f"the reference is not quite the close before on {len(averaged)} sessions ({bars.sessions[averaged[0]]} first): "
            "without a closing auction the exchange's close is an average, so no corporate action is assumed"
        )
    return taken, notes


def averaged_closes(bars: Bars, instrument: Instrument) -> Bool:
    """Sessions whose reference is an average of the evening before, (n,)."""
    if instrument.exchange != "XSHG":
        return np.zeros(len(bars), bool)
    fund = instrument.board in ("fund", "fund20", "reit")
    since = SHANGHAI_FUND_AUCTION if fund else SHANGHAI_AUCTION
    return np.asarray(bars.sessions <= np.datetime64(since))


def _doubt(bars: Bars, j: int, stated: float, prev: float, hole: bool) -> str:
    """Why the reference of bar `j` is not taken for an action; empty when it is."""
    if hole:
        return "the missing bars"
    if stated > prev:
        return "it, and no payment raises a price"
    if log(prev / stated) <= WITHOUT_EVIDENCE:
        return ""
    traded = j + np.flatnonzero(bars.traded[j:] & (bars.open[j:] > 0))
    if not len(traded):
        return "it, and no trade since bears it out"
    opened = float(bars.open[traded[0]])
    borne_out = abs(log(opened / stated)) < abs(log(opened / prev))
    return "" if borne_out else f"it, and the share opened at {opened:g}"
