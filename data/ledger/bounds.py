"""The two instants between which a launch became public, and what proves each of them.

`not_before` is the earliest instant at which the launch can have been public, `not_after` the latest. What the clock of
a source means is written down once, in CLOCKS; which of the two it can prove, in ONLY_BEFORE and ONLY_AFTER.
"""

import json
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from ..calendars.days import YEARS
from ..calendars.hours import CHINA_TIME

EXACT = timedelta(minutes=1)  # two bounds no further apart are one instant
SIDES = ("not_before", "not_after")
CLOCKS: Mapping[str, str] = MappingProxyType(
    {
        "github release": "published_at: the release page was public from then on",
        "github commit": "the committer's own clock: work was done then, and pushed at some time after",
        "github merge": "the server's clock of a merge into a public repository: it was public at that second",
        "github repository": "created_at: the repository exists from then on, perhaps private",
        "github event": "the public record of events: it was public at that second",
        "hugging face model": "createdAt: the page exists from then on, perhaps private",
        "feed": "the publisher's own time of publication",
        "feed day": "the publisher's own day of publication, without a clock time",
        "listed": "the time that the list gives for the announcement",
        "listed day": "the day that the list gives for the announcement",
        "read": "the time at which the page was read: it was public by then",
        "other's commit": "the clock of somebody else's commit that names it: it was public by then",
        "other's list": "the time at which somebody else's list says it took it up: it was public by then",
        "post": "the time that the number of a post holds, its maker's own or another's: it was public by then",
        "report": "a report of that time speaks of it: it was public by then",
        "report phase": "a report places it in a part of the day: the night, the morning, after the close",
        "report day": "the day that reports give for it, without a clock time",
    }
)
ONLY_BEFORE = ("github commit", "github repository", "hugging face model")
ONLY_AFTER = ("read", "other's commit", "other's list", "post", "report")


class Evidence(NamedTuple):
    """What proves a bound: the page, the kind of its clock (a key of CLOCKS), its hash, and when it was read.

    `sha256` is "" and `read_at` None where nobody kept them.
    """

    url: str
    clock: str
    sha256: str = ""
    read_at: datetime | None = None

    def as_json(self) -> dict[str, str]:
        """The evidence as texts; what is not known is left out."""
        texts = {"url": self.url, "clock": self.clock, "sha256": self.sha256}
        read = self.read_at.isoformat(timespec="seconds") if self.read_at else ""
        return {name: text for name, text in (texts | {"read_at": read}).items() if text}


class Bound(NamedTuple):
    """An instant, and the evidence for it; None where nobody has written that down."""

    instant: datetime
    evidence: Evidence | None = None


def day_bounds(instant: datetime) -> tuple[datetime, datetime]:
    """The two ends of the day in China that holds an instant; ValueError for one that has no day after it."""
    if not YEARS[0] <= instant.year < YEARS[1]:
        raise ValueError(f"{instant.date()} is no day of a launch; write it as 2026-02-12")
    midnight = datetime.combine(instant.astimezone(CHINA_TIME), time(), CHINA_TIME)
    return midnight, midnight + timedelta(days=1)


def clock_text(instant: datetime) -> str:
    """An instant as a ledger writes it: seconds only where there are any."""
    return instant.isoformat(timespec="auto" if instant.second or instant.microsecond else "minutes")


def misplaced(
    announced_at: datetime, before: Bound | None, after: Bound | None, day: tuple[datetime, datetime] | None
) -> str:
    """What is wrong with the order of the bounds of an instant, or of a day where only that is known; "" where nothing is."""
    if before and after and before.instant > after.instant:
        return f"not_before {before.instant.isoformat()} is later than not_after {after.instant.isoformat()}; swap them"
    first, last = day or (announced_at, announced_at)
    if (before and before.instant > last) or (after and after.instant < first):
        told = str(first.date()) if day else clock_text(announced_at)
        return f"announced_at {told} is not between its bounds; correct one of them"
    return ""


def evidence_cell(before: Bound | None, after: Bound | None) -> str:
    """The evidence of both bounds as a cell of a file: JSON by side, empty where there is none."""
    sides = zip(SIDES, (before, after), strict=True)
    held = {side: bound.evidence.as_json() for side, bound in sides if bound and bound.evidence}
    return json.dumps(held, ensure_ascii=False, sort_keys=True) if held else ""


def evidence_of(cell: str) -> dict[str, Evidence]:
    """The evidence of a cell by side; ValueError says what is wrong with it."""
    if not cell.strip():
        return {}
    try:
        held = json.loads(cell)
    except (ValueError, RecursionError):
        raise ValueError(
            f"evidence {cell[:60]!r} is no JSON; leave it empty, or copy it from a proposal"
        ) from None
    if not isinstance(held, dict) or not set(held) <= set(SIDES):
        raise ValueError(f"evidence is about {' and '.join(SIDES)}; write an object with one or both")
    return {side: _evidence(side, about) for side, about in held.items()}


def _evidence(side: str, about: Any) -> Evidence:
    texts = about if isinstance(about, dict) else {}
    url, clock, sha256, read = (texts.get(name, "") for name in ("url", "clock", "sha256", "read_at"))
    if not all(isinstance(text, str) for text in (url, clock, sha256, read)) or not url:
        raise ValueError(f"the evidence of {side} names no page; write its url")
    if clock not in CLOCKS:
        raise ValueError(f"the evidence of {side} has the clock {clock!r}; use one of {', '.join(CLOCKS)}")
    if clock in (ONLY_BEFORE if side == "not_after" else ONLY_AFTER):
        raise ValueError(f"a {clock} does not prove {side}: {CLOCKS[clock]}")
    read_at = moment(read) if read else None
    if read and read_at is None:
        raise ValueError(f"the evidence of {side} was read at {read!r}, which is no instant with a zone")
    return Evidence(url, clock, sha256, read_at)


def moment(text: object) -> datetime | None:
    """The aware instant of an ISO text, or None where it is none."""
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return instant if instant.utcoffset() is not None and YEARS[0] <= instant.year < YEARS[1] else None
