"""Corporate actions as the bars state them: which cannot have been, and which the prices contradict."""

from collections.abc import Iterator
from dataclasses import replace
from math import isfinite, log
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Bool, Days
from .bars import Bars
from .findings import Finding, digits, finding
from .references import Before, closes_before

# How far (as a logarithm) the ex-date may lie from what an action makes of the close before, when it lies nearer to
# that close itself: a reference is the exchange's own arithmetic, an opening price also holds the night's news, and
# one after a suspension the news of months.
REFERENCE_APART, OPENING_APART, LATER_APART = 0.03, 0.10, 0.70
# An opening price so far away, and nearer to the close before, is worth a look: the night's news seldom hides a payment.
UNSEEN = 0.05
# How far at most in any case: no rounding, treasury share or rights issue untold explains more of a reference, nothing
# but another action more of a price (a factor of 1.9; of 8 after a suspension).
REFERENCE_FAR, OPENING_FAR, LATER_FAR = 0.35, 0.64, 2.08


def possible(bars: Bars) -> Bool:
    """Which of the actions are numbers that an action can have, shape of `bars.actions`."""
    return np.array([not _impossible(action) for action in bars.actions], bool)


def with_actions(bars: Bars, kept: Bool) -> Bars:
    """`bars` with only those of its actions that are `kept`."""
    return bars if kept.all() else replace(bars, actions=bars.actions[kept])


def action_faults(bars: Bars, calendar: Days) -> Iterator[Finding]:
    """One finding for each action that cannot be, that its ex-date contradicts or does not show; `bars` in order."""
    if not len(bars.actions):
        return
    before = closes_before(bars, calendar)
    for action in bars.actions:
        impossible = _impossible(action)
        found = ("action", impossible) if impossible else _contradiction(bars, action, before)
        if found:
            yield finding(bars.code, action["session"], *found)


def _impossible(action: Any) -> str:
    """Why no action can have these numbers; empty when one can."""
    ratio, cash, rights, price = (float(action[name]) for name in ("ratio", "cash", "rights", "rights_price"))
    if not (isfinite(ratio) and ratio > 0):
        return f"ratio {digits(ratio)} is no number of shares for one share"
    for name, value in (("cash", cash), ("rights", rights), ("rights_price", price)):
        if not (isfinite(value) and value >= 0):
            return f"{name} {digits(value)} is not a number from zero up"
    return ""


def _contradiction(bars: Bars, action: Any, before: Before) -> tuple[str, str] | None:
    """Kind of fault and how the ex-date contradicts an action; None where it does not, or no price before it is known."""
    i = int(np.searchsorted(bars.sessions, action["session"]))
    prev = float(before.price[i]) if i < len(bars) else np.nan
    if not prev > 0:
        return None
    expected = ex_price(action, prev)
    makes = f"ratio {digits(action['ratio'])} and cash {digits(action['cash'])}"
    if not expected > 0:
        return "action", f"{makes} leave nothing of the close before, {digits(prev)}"
    witness = _witness(bars, i, at_once=not before.hole[i])
    if witness is None:
        return None
    against = f"{makes} make {expected:.4g} of the close before, {digits(prev)}, but {witness.words}"
    if _speaks_against(witness, expected, prev):
        return "action", against
    unseen = witness.apart <= OPENING_APART and _speaks_against(
        witness._replace(apart=UNSEEN), expected, prev
    )
    return ("unseen_action", against) if unseen else None


class _Witness(NamedTuple):
    """A price of the ex-date, how far it may lie from the action's, how far even when no action lies further, and words."""

    price: float
    apart: float
    far: float
    words: str


def _witness(bars: Bars, i: int, at_once: bool) -> _Witness | None:
    """The reference stated on the ex-date, bar `i`, else the first opening price from it on."""
    idle = bars.suspended | bars.stale
    if bars.pre_close[i] > 0 and not idle[i]:
        stated = float(bars.pre_close[i])
        return _Witness(stated, REFERENCE_APART, REFERENCE_FAR, f"the stated reference is {digits(stated)}")
    traded = i + np.flatnonzero((bars.open[i:] > 0) & ~idle[i:])
    if not len(traded):
        return None
    at_once = at_once and traded[0] == i and not idle[i - 1]
    opened = float(bars.open[traded[0]])
    apart, far = (OPENING_APART, OPENING_FAR) if at_once else (LATER_APART, LATER_FAR)
    return _Witness(opened, apart, far, f"the share opened at {digits(opened)}")


def _speaks_against(witness: _Witness, expected: float, prev: float) -> bool:
    """Whether a price lies away from what the action makes, and nearer to a day without one."""
    away = abs(log(witness.price / expected))
    return away > witness.far or (away > witness.apart and away > abs(log(witness.price / prev)))


def ex_price(action: Any, prev: float) -> float:
    """What an action makes of the close before, not rounded, local currency; not above 0 when nothing is left."""
    value = prev - float(action["cash"]) + float(action["rights"]) * float(action["rights_price"])
    return value / (float(action["ratio"]) + float(action["rights"]))
