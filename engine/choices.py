"""What a strategy looked at: every launch × code, with the reason where it asks for no position.

A strategy that has `choices(launches, panel)` besides `legs` lets a run say why a launch was left alone. Its legs
are the choices without a reason.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

from ..data.ledger.launch import Launches
from ..data.panel.panel import Panel


class Skip(StrEnum):
    """Why a strategy asks for no position in a code at a launch; the words stand in fates.csv."""

    BEFORE_SPAN = "before the span"
    AFTER_SPAN = "after the span"
    KIND = "kind not asked for"
    NO_NAME = "no listed name"
    NO_ROLE = "no role"
    ROLE = "role not asked for"
    OWN_LAUNCH = "its own launch"
    NO_BARS = "no bars"
    BEFORE_LISTING = "before listing"
    NO_TRADING = "no trading in its first session"
    GAP = "gap outside the bounds"
    NOT_SHORTABLE = "not shortable"
    SPREAD = "not shortable: its share went to the others"
    HEDGED = "not shortable: its share went to the fund"
    SEALED = "sealed at its limit the session before"
    NO_LEAD = "no name of the launch to trade against"
    OVERLAP = "held by an earlier launch"
    NO_ROOM = "no room under the caps"
    NO_VALUE = "traded value not known"
    NOT_ASKED = "the strategy did not ask for it"


class Choice(NamedTuple):
    """One launch × code that a strategy looked at.

    `launch`: position in the ledger. `code`: as the panel writes it, also one without bars; empty for a launch that
    concerns no listed name. `side` +1, −1 or 0 where none was considered; `weight`: share of NAV; `row`: first row to
    try, −1 where there is none. `reason`: empty where the position is asked for, else a `Skip` or the strategy's words.
    """

    launch: int
    code: str
    side: int = 0
    weight: float = 0.0
    row: int = -1
    reason: str = ""


@runtime_checkable
class Chooser(Protocol):
    """A strategy that tells what it looked at."""

    def choices(self, launches: Launches, panel: Panel) -> Iterable[Choice]: ...


def outside(row: int, panel: Panel) -> str:
    """Why nothing can be tried from a row of `first_rows`: empty where it can be.

    The panel's first session counts as before the span: no price is known before it to size an order with.
    """
    return Skip.BEFORE_SPAN if row <= 0 else Skip.AFTER_SPAN if row >= len(panel) else ""
