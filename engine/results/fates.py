"""What became of every launch × code: traded, or why not; and how many launches were left at each step of the way.

A row stands for one code at one launch: those that the strategy looked at, those that the ledger names, and those that
it had a leg for. A launch that concerns no listed name has one row without a code.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import I4
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from ...data.panel.reach import first_rows
from ..choices import Choice, Skip, outside
from ..legs import Reason
from .minutes import IN_AT_CLOSE, OUT_AT_CLOSE, words_of
from .reasons import ADVICE, NO_SESSION, REACHED, blocked_words
from .run import Run
from .tables import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

Table = NDArray[Any]

TRADED, NOT_TRADED = "traded", "not traded"
SIDES = {1: "long", -1: "short", 0: ""}
# Steps on the way of a launch to a fill; a launch has come as far as the code of it that came furthest.
STEPS = (
    "launches",
    "in the span",
    "of a kind asked for",
    "with a listed name",
    "with a role asked for",
    "with bars",
    "asked for",
    "filled",
)
ASKED, FILLED = STEPS.index("asked for"), STEPS.index("filled")
MOST_TOLD = 3  # reasons in a sentence


class Orders(NamedTuple):
    """What the legs of one launch × code came to; `why`: what stopped the first that was not filled, else empty."""

    side: int
    weight: float
    row: int
    legs: int
    filled: int
    why: str


def to_fates(
    panel: Panel, launches: Launches, legs: Table, run: Run, choices: Iterable[Choice] = ()
) -> "pd.DataFrame":
    """One row for each launch × code, in the ledger's order; columns as in `COLUMNS["fates"]`.

    Where a strategy gave no choices, or none for a code, the reason says what is known without it.
    """
    import pandas as pd

    orders = _orders(panel, legs, run)
    told = {(one.launch, one.code): one for one in choices}
    rows = first_rows(launches, panel, "open")[:, np.unique(panel.exchange_of)]
    fate_rows = []
    for k, code in _looked_at(launches, told, orders):
        row = launches[k].as_row()
        about = {name: row[name] for name in ("announced_at", "company", "product", "kind")}
        mine = orders.get((k, code)) or _left_alone(told.get((k, code)), code, rows[k], panel)
        fate_rows.append(
            about
            | {
                "launch": launches[k].id,
                "code": code,
                "side": SIDES[mine.side],
                "weight": mine.weight,
                "tried_from": str(panel.sessions[mine.row]) if 0 < mine.row < len(panel) else "",
                "legs": mine.legs,
                "filled_legs": mine.filled,
                "fate": TRADED if mine.filled else NOT_TRADED,
                "reason": mine.why if not mine.filled or mine.why in (IN_AT_CLOSE, OUT_AT_CLOSE) else "",
            }
        )
    return pd.DataFrame(fate_rows, columns=list(COLUMNS["fates"]))


def funnel(fates: "pd.DataFrame") -> dict[str, int]:
    """Launches left at each of `STEPS`, in order; no number is above the one before it."""
    reached = _reached(fates)
    return {step: int((reached >= at).sum()) for at, step in enumerate(STEPS)}


def told_fates(fates: "pd.DataFrame") -> dict[str, dict[str, int]]:
    """The two counts of a summary: `funnel`, and `fates`, rows by reason with the traded ones first."""
    counts = fates["reason"].where(fates["fate"] != TRADED, TRADED).value_counts()
    ordered = sorted(counts.items(), key=lambda pair: (pair[0] != TRADED, -pair[1], str(pair[0])))
    return {"funnel": funnel(fates), "fates": {str(why): int(n) for why, n in ordered}}


def funnel_line(steps: Mapping[str, int]) -> str:
    """`123 launches → 61 in the span → 44 with a listed name → 39 filled`: the steps at which launches were lost.

    >>> funnel_line({"launches": 9, "in the span": 9, "with bars": 5, "asked for": 5, "filled": 0})
    '9 launches → 5 with bars → 0 filled'
    """
    told, before = [], -1
    for step, count in steps.items():
        if count != before or step == STEPS[FILLED]:
            told.append(f"{count:,} {step if count != 1 else step.replace('launches', 'launch')}")
        before = count
    return " → ".join(told)


def lost_launches(fates: "pd.DataFrame") -> dict[str, int]:
    """Launches that were not traded by the reason of the code that came furthest, the commonest first."""
    if not len(fates):
        return {}
    reached = _reached(fates)
    at = fates["launch"].map(reached)
    furthest = fates[(_reached_by_row(fates) == at) & (at < FILLED)].drop_duplicates("launch")
    counts = furthest["reason"].value_counts()
    return {str(why): int(n) for why, n in sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))}


UNTRADED = "nothing was traded"  # how the reason of a run without a fill begins


def without_trade(fates: "pd.DataFrame") -> str:
    """Why no launch was traded: one sentence for the commonest reasons, with what to change."""
    if not len(fates):
        return f"{UNTRADED}: the ledger has no launches; add rows to it"
    lost = lost_launches(fates)
    total = sum(lost.values())
    told = [
        f"{count:,} {why}{f' ({ADVICE[why]})' if why in ADVICE else ''}"
        for why, count in list(lost.items())[:MOST_TOLD]
    ]
    rest = total - sum(list(lost.values())[:MOST_TOLD])
    more = f"; {rest:,} for other reasons" if rest else ""
    what = "the launch was not" if total == 1 else f"none of {total:,} launches was"
    return f"{UNTRADED}: {what} filled: {'; '.join(told)}{more}; fates.csv has each"


def _reached_by_row(fates: "pd.DataFrame") -> "pd.Series":
    """Position in STEPS of the last step that each row came to."""
    import pandas as pd

    reached = [
        FILLED if fate == TRADED else ASKED if legs > 0 else REACHED.get(why, ASKED - 1)
        for fate, legs, why in zip(fates["fate"], fates["legs"], fates["reason"], strict=True)
    ]
    return pd.Series(reached, fates.index, dtype=np.int64)


def _reached(fates: "pd.DataFrame") -> "pd.Series":
    """The same by launch."""
    return _reached_by_row(fates).groupby(fates["launch"], sort=False).max()


def _looked_at(
    launches: Launches, told: Mapping[tuple[int, str], Choice], orders: Mapping[tuple[int, str], Orders]
) -> list[tuple[int, str]]:
    """Every launch × code that has a row: the strategy's order within a launch, then the ledger's, then the legs'."""
    seen: list[dict[str, None]] = [{} for _ in launches]
    for k, code in told:
        seen[k][code] = None
    for k, launch in enumerate(launches):
        seen[k] |= dict.fromkeys(one.code for one in launch.codes)
    for k, code in orders:
        seen[k][code] = None
    for codes in seen:
        if len(codes) > 1:
            codes.pop("", None)
    return [(k, code) for k, codes in enumerate(seen) for code in (codes or {"": None})]


def _orders(panel: Panel, legs: Table, run: Run) -> dict[tuple[int, str], Orders]:
    """By launch and code, the legs that answer a launch."""
    entered = np.bincount(run.fills["leg"], minlength=len(legs)) > 0
    stopped, at_close = _stopped(legs, run), words_of(panel, legs, run.fills)
    by_code: dict[tuple[int, str], Orders] = {}
    for j in np.flatnonzero(legs["launch"] >= 0):
        leg = legs[j]
        key = (int(leg["launch"]), panel.codes[int(leg["code"])])
        why = at_close.get(int(j), "") if entered[j] else stopped.get(int(j), NO_SESSION)
        one = Orders(int(leg["side"]), float(leg["weight"]), int(leg["row"]), 1, int(entered[j]), why)
        by_code[key] = _together(by_code[key], one) if key in by_code else one
    return by_code


def _together(first: Orders, second: Orders) -> Orders:
    side = first.side if first.side == second.side else 0
    return Orders(
        side,
        first.weight + second.weight,
        min(first.row, second.row),
        first.legs + second.legs,
        first.filled + second.filled,
        first.why or second.why,
    )


def _stopped(legs: Table, run: Run) -> dict[int, str]:
    """By leg, what stopped its last attempt; that the leg ran out of time only where nothing else did."""
    last: dict[int, str] = {}
    for block in run.blocks:
        why, leg = Reason(int(block["reason"])), int(block["leg"])
        if why is not Reason.EXPIRED or leg not in last:
            last[leg] = blocked_words(why)
    return last


def _left_alone(choice: Choice | None, code: str, rows: I4, panel: Panel) -> Orders:
    """A launch × code without a leg: the strategy's reason, unless the whole launch lies outside the span."""
    side, weight, row = (choice.side, choice.weight, choice.row) if choice else (0, 0.0, -1)
    why = choice.reason if choice else ""
    if not why:
        why = Skip.NOT_ASKED if code in panel else Skip.NO_BARS if code else Skip.NO_NAME
    beyond = {outside(int(row), panel) for row in rows}
    if len(beyond) == 1 and "" not in beyond:
        why = beyond.pop()
    return Orders(side, weight, row, 0, 0, str(why))
