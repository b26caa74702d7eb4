"""Which orders inside a session went to its close, because nobody gave minute bars of that code and day.

Where a limit pool knows the day, it says whether the order could have been filled at its time.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import Bool
from ...data.minutes.pools import Standing
from ...data.panel.panel import Panel
from ..legs import CLOSE, Reason

IN_AT_CLOSE = "at the close: no minute bars"
OUT_AT_CLOSE = "out at the close: no minute bars"
SAID = {
    Standing.OPEN: "the board was open: it could have been filled, at a price that is not known",
    Standing.SEALED: "the board was sealed: it could not have been filled",
    Standing.UNKNOWN: "sealed and open in turns: whether it could have been filled is not known",
}
MOST_NAMED = 12


def in_at_close(panel: Panel, legs: NDArray[Any]) -> Bool:
    """Of legs (LEG), those whose entry inside their first session had to wait for its close."""
    waited: Bool = (legs["at"] > CLOSE) & ~panel.minutes.has(legs["row"], legs["code"])
    return waited


def out_at_close(panel: Panel, legs: NDArray[Any], fills: NDArray[Any]) -> Bool:
    """Of fills (FILL), those at a close whose leg (LEG) was to get out in a minute of that session."""
    by_minutes = legs["hold_minutes"][fills["leg"]] > 0
    late: Bool = by_minutes & (fills["reason"] == Reason.HOLD) & (fills["at"] == CLOSE)
    late &= ~panel.minutes.has(fills["row"], fills["code"])
    return late


def without_minutes(panel: Panel, legs: NDArray[Any], fills: NDArray[Any]) -> tuple[str, ...]:
    """How many orders inside a session had no minute bars there, to enter and to get out; nothing when none."""
    told = []
    if waited := int(in_at_close(panel, legs).sum()):
        inside = int((legs["at"] > CLOSE).sum())
        told.append(
            f"{waited} of {inside} orders inside a session had no minute bars and waited for its close"
        )
    if late := int(out_at_close(panel, legs, fills).sum()):
        out = int((legs["hold_minutes"][fills["leg"]] > 0)[fills["reason"] != Reason.ENTRY].sum())
        told.append(f"{late} of {out} exits after minutes had no minute bars and waited for the close")
    return (*told, *pool_words(panel, legs))


def pool_words(panel: Panel, legs: NDArray[Any]) -> tuple[str, ...]:
    """What a limit pool says of each order inside a session that had no minute bars there, the first few of them."""
    told: list[str] = []
    for leg in legs[in_at_close(panel, legs)] if panel.minutes.seals else ():
        buys, code, minute = bool(leg["side"] > 0), int(leg["code"]), int(leg["at"])
        for seal in panel.minutes.seals.get(int(leg["row"]) * len(panel.codes) + code, ()):
            if seal.up == buys:
                side, at = "buy" if buys else "sell", f"{minute // 60:02d}:{minute % 60:02d}"
                said = f"limit pool ({seal.told}): {panel.codes[code]}, to {side} at {at} on {seal.day}: {SAID[seal.at(minute)]}"
                told.append(said)
    told = list(dict.fromkeys(told))
    more = (
        (f"limit pool: {len(told) - MOST_NAMED} more orders that waited for the close",)
        if len(told) > MOST_NAMED
        else ()
    )
    return (*told[:MOST_NAMED], *more)


def words_of(panel: Panel, legs: NDArray[Any], fills: NDArray[Any]) -> dict[int, str]:
    """By leg that traded, what to say of it: that it entered, or else that it got out, at a close for want of minute bars."""
    entered = np.bincount(fills["leg"], minlength=len(legs)) > 0
    told = dict.fromkeys(fills["leg"][out_at_close(panel, legs, fills)].tolist(), OUT_AT_CLOSE)
    return told | dict.fromkeys(np.flatnonzero(entered & in_at_close(panel, legs)).tolist(), IN_AT_CLOSE)
