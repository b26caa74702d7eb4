"""What the broker and the exchanges charge on a panel's rows, and a panel under another broker."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..arrays import F8, Days
from ..instruments.table import Instrument
from ..rules.costs import NO_HK_BROKERAGE, Brokerage, cost_class, cost_rows, uncharged
from .panel import Panel


def cost_classes(instruments: Sequence[Instrument]) -> tuple[str, ...]:
    """Each cost class once, in the order in which the instruments have them."""
    return tuple(dict.fromkeys(map(cost_class, instruments)))


def cost_table(classes: Sequence[str], sessions: Days, brokerage: Brokerage) -> F8:
    """Cost rows of each class on each session, (sessions, classes, COST_WIDTH)."""
    return np.stack([cost_rows(key, sessions, brokerage) for key in classes], axis=1)


def free_of_charge(classes: Sequence[str], brokerage: Brokerage) -> tuple[str, ...]:
    """A sentence for each way in which no broker's commission is charged."""
    return tuple(dict.fromkeys(note for key in classes if (note := uncharged(key, brokerage))))


def priced(panel: Panel, brokerage: Brokerage) -> Panel:
    """The same market with another broker."""
    classes = cost_classes(panel.instruments)
    others = tuple(note for note in panel.unknowns if note != NO_HK_BROKERAGE)
    return replace(
        panel,
        costs=cost_table(classes, panel.sessions, brokerage),
        unknowns=(*free_of_charge(classes, brokerage), *others),
    )
