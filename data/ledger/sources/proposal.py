"""A proposed launch: what was announced, between which two instants it became public, and what says so.

What the clock of a source means is written down once, in `CLOCKS`.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from ...calendars.hours import CHINA_TIME
from ..bounds import CLOCKS, EXACT, Bound, Evidence, day_bounds, moment
from ..launch import Launch, LaunchCode, Precision

__all__ = ["CLOCKS", "Bound", "Evidence", "LeftOut", "Proposal", "day_bounds", "moment", "plain", "slug"]

LONGEST = 200  # characters of a title that are kept


@dataclass(frozen=True)
class Proposal:
    """A launch that a source proposes; `not_before` is None where nothing bounds it from below."""

    id: str
    company: str
    product: str
    kind: str
    not_after: Bound
    not_before: Bound | None = None
    codes: tuple[LaunchCode, ...] = ()
    note: str = ""

    @property
    def precision(self) -> Precision:
        """`exact` where both bounds are one minute, `date` where they are one day of China, else `upper_bound`."""
        if self.not_before is None:
            return "upper_bound"
        earliest, latest = self.not_before.instant, self.not_after.instant
        if latest - earliest <= EXACT:
            return "exact"
        return "date" if (earliest, latest) == day_bounds(earliest) else "upper_bound"

    def to_launch(self) -> Launch:
        """The row of the ledger: `announced_at` is the latest instant, or the day where only that is known."""
        day = self.precision == "date" and self.not_before is not None
        when = self.not_before.instant if day and self.not_before else self.not_after.instant
        shown = self.not_after.evidence
        row = Launch(
            self.id, when.astimezone(CHINA_TIME), self.precision, self.company, self.product, self.kind
        )
        return replace(
            row,
            codes=self.codes,
            source=shown.url if shown else "",
            note=self.note,
            not_before=_in_china(self.not_before),
            not_after=_in_china(self.not_after),
        )


class LeftOut(NamedTuple):
    """What a source holds and nothing can be proposed of: its title, and why."""

    title: str
    why: str


def _in_china(bound: Bound | None) -> Bound | None:
    return bound._replace(instant=bound.instant.astimezone(CHINA_TIME)) if bound else None


def plain(text: object) -> str:
    """What a page says, as one line of printable characters of a bounded length."""
    line = " ".join(str(text or "").split())
    return "".join(sign for sign in line if sign.isprintable())[:LONGEST]


def slug(*parts: str) -> str:
    """An id of small letters, digits and hyphens; a text without any gives eight digits of its hash."""
    words = re.findall(r"[a-z0-9.]+", " ".join(parts).lower())
    name = "-".join(words).replace("..", ".").strip(".-")[:80]
    return name or hashlib.sha256(" ".join(parts).encode()).hexdigest()[:8]
