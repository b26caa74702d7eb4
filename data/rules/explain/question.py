"""What is asked of the rule book about one day, and the steps in which its answer is written down."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from ...arrays import Days
from ...dated import Fact, as_date
from ..costs import Charges
from ..ticks import Side

PROBE = 10.0  # stands in for the previous close, to learn a percentage or a step when no price was given


class AskedOrder(NamedTuple):
    """One order asked about; price in local currency."""

    side: Side
    price: float
    shares: int


class Question(NamedTuple):
    """What was asked: reference price, listing session (0: long ago), order, and whose brokerage."""

    prev_close: float | None
    listed_session: int
    order: AskedOrder | None
    brokerage: Charges


@dataclass
class Workings:
    """Collects steps, sources and unknowns while an answer is worked out; `day` is datetime64[D] (1,)."""

    day: Days
    steps: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    unknowns: list[str] = field(default_factory=list)

    @property
    def on(self) -> date:
        """The day as a date."""
        return as_date(self.day[0])

    def cite(self, what: str, fact: Fact) -> None:
        """Name the source of a fact; one from memory is also an unknown."""
        since = f", in force since {fact.since}" if fact.since.year > 1990 else ""
        self.sources.append(
            f"{what}: {fact.source}{since}" + (f" [{fact.confidence}]" if fact.confidence else "")
        )
        if fact.confidence == "M":
            self.unknowns.append(f"{what}: from memory, no source seen")
