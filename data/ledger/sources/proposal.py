"""A proposed launch: what was announced, between which two instants it became public, and what says so.

`not_before` is the earliest instant at which the launch can have been public, `not_after` the latest. What the clock of
a source means is written down once, in CLOCKS.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import NamedTuple

from ...calendars.hours import CHINA_TIME
from ..launch import Launch, LaunchCode, Precision

EXACT = timedelta(minutes=1)  # two bounds no further apart are one instant
LONGEST = 200  # characters of a title that are kept
CLOCKS: Mapping[str, str] = {
    "github release": "published_at: the release page was public from then on",
    "github commit": "the committer's own clock: work was done then, and pushed at some time after",
    "github repository": "created_at: the repository exists from then on, perhaps private",
    "github event": "the public record of events: it was public at that second",
    "hugging face model": "createdAt: the page exists from then on, perhaps private",
    "feed": "the publisher's own time of publication",
    "feed day": "the publisher's own day of publication, without a clock time",
    "listed": "the time that the list gives for the announcement",
    "listed day": "the day that the list gives for the announcement",
    "read": "the time at which the page was read: it was public by then",
}


class Evidence(NamedTuple):
    """What proves a bound: the page, the kind of its clock (a key of CLOCKS), its hash, and when it was read."""

    url: str
    clock: str
    sha256: str
    read_at: datetime


class Bound(NamedTuple):
    """An instant and the evidence for it."""

    instant: datetime
    evidence: Evidence


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
        url = self.not_after.evidence.url
        row = Launch(
            self.id, when.astimezone(CHINA_TIME), self.precision, self.company, self.product, self.kind
        )
        return replace(row, codes=self.codes, source=url, note=self.note)


def day_bounds(instant: datetime) -> tuple[datetime, datetime]:
    """The two ends of the day in China that holds an instant."""
    midnight = datetime.combine(instant.astimezone(CHINA_TIME), time(), CHINA_TIME)
    return midnight, midnight + timedelta(days=1)


def plain(text: object) -> str:
    """What a page says, as one line of printable characters of a bounded length."""
    line = " ".join(str(text or "").split())
    return "".join(sign for sign in line if sign.isprintable())[:LONGEST]


def slug(*parts: str) -> str:
    """An id of small letters, digits and hyphens; a text without any gives eight digits of its hash."""
    words = re.findall(r"[a-z0-9.]+", " ".join(parts).lower())
    name = "-".join(words).replace("..", ".").strip(".-")[:80]
    return name or hashlib.sha256(" ".join(parts).encode()).hexdigest()[:8]


def moment(text: object) -> datetime | None:
    """The aware instant of an ISO text, or None where it is none."""
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return instant if instant.utcoffset() is not None else None
