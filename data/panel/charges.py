"""What the broker and the exchanges charge on a panel's rows, and a panel under another broker."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..arrays import F8, Days
from ..instruments.futures import FutureTerms
from ..instruments.table import Instrument
from ..rules.costs import NO_HK_BROKERAGE, Charges, cost_class, cost_rows, future_rows, uncharged
from .panel import Panel


def cost_classes(instruments: Sequence[Instrument]) -> tuple[str, ...]:
    """Each cost class once, in the order in which the instruments have them."""
    return tuple(dict.fromkeys(map(cost_class, instruments)))


def cost_table(instruments: Sequence[Instrument], sessions: Days, brokerage: Charges) -> F8:
    """Cost rows of each class of `cost_classes` on each session, (sessions, classes, COST_WIDTH)."""
    terms = {cost_class(one): one.terms for one in instruments}
    rows = [
        cost_rows(key, sessions, brokerage) if its is None else future_rows(its, known_days(its, sessions))
        for key, its in terms.items()
    ]
    return np.stack(rows, axis=1)


def known_days(terms: FutureTerms, sessions: Days) -> Days:
    """The sessions, those before a future's first row as its first day: nothing of it is traded then."""
    return np.maximum(sessions, np.datetime64(terms.margin.facts[0].since))


def free_of_charge(classes: Sequence[str], brokerage: Charges) -> tuple[str, ...]:
    """A sentence for each way in which no broker's commission is charged."""
    return tuple(dict.fromkeys(note for key in classes if (note := uncharged(key, brokerage))))


def priced(panel: Panel, brokerage: Charges) -> Panel:
    """The same market with another broker."""
    classes = cost_classes(panel.instruments)
    others = tuple(note for note in panel.unknowns if note != NO_HK_BROKERAGE)
    return replace(
        panel,
        costs=cost_table(panel.instruments, panel.sessions, brokerage),
        unknowns=(*free_of_charge(classes, brokerage), *others),
    )
