"""A launch, and launches in order: what was announced, when it was public, and whose shares it concerns.

Append-only: a row is a fact about the past, with its source. `announced_at` is an aware datetime and `precision` says
how much of it is known: `exact`, `upper_bound` (public no later than that), or `date` (no clock time; counted
as known at the end of that day in Hong Kong unless the caller asks for its start).
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import numpy as np

from ..arrays import I8
from ..calendars.hours import CHINA_TIME
from ..calendars.sessions import REACTION_MINUTES, instant_ns
from ..errors import LedgerError, did_you_mean

Precision = Literal["exact", "upper_bound", "date"]
DatesKnown = Literal["end", "start"]

COLUMNS = ("id", "announced_at", "precision", "company", "product", "kind", "codes", "source", "note")
PRECISIONS: Mapping[str, Precision] = MappingProxyType(
    {"exact": "exact", "upper_bound": "upper_bound", "date": "date"}
)

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "launch": "a model, product or chip offered to users by a company in the ledger's market",
        "open-weights": "weights or code of a model published",
        "preview": "the company itself says what will come",
        "leak": "a launch seen before its announcement",
        "pricing": "prices of a model or plan changed",
        "adoption": "a product takes another company's model in",
        "listing": "shares begin to trade",
        "rival": "a foreign company's launch, competing with the names concerned",
        "index": "a share joins or leaves an index or a trading link",
        "policy": "a regulator or government acts or speaks",
        "negative": "bad news about a company or its product",
    }
)

# What a code is to one launch, besides the standing roles of an instrument.
LAUNCH_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "pure_play": "lives from models like the one launched",
        "diversified": "a giant for which the launch is a small part",
        "supplier": "sells computing, chips or services to the launcher",
        "hedge": "an index fund or similar, held against the rest",
        "issuer": "launched it, and is not a pure play",
        "rival": "competes with what was launched",
        "concept": "named by the press as benefiting",
    }
)


LAUNCHER_ROLES = ("pure_play", "issuer", None)


@dataclass(frozen=True)
class LaunchCode:
    """A code concerned by a launch and its role in it (None = neither the row nor the instrument says).

    `since`: the day on which the link between the two was public, None where nobody has written it down.
    """

    code: str
    role: str | None = None
    since: date | None = None

    @property
    def launches(self) -> bool:
        """Whether the code is the launcher's own: a pure play, the issuer, or a code whose role nobody says."""
        return self.role in LAUNCHER_ROLES

    @property
    def written(self) -> str:
        """The code as a ledger spells it: CODE, CODE:role or CODE:role:since."""
        if self.since is not None:
            return f"{self.code}:{self.role or ''}:{self.since}"
        return f"{self.code}:{self.role}" if self.role else self.code


@dataclass(frozen=True)
class Launch:
    """One row of the ledger; `codes` is empty where nobody concerned is listed in Hong Kong or on the mainland."""

    id: str
    announced_at: datetime
    precision: Precision
    company: str
    product: str
    kind: str
    codes: tuple[LaunchCode, ...] = ()
    source: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.announced_at.utcoffset() is None:
            raise LedgerError(f"launch {self.id}: announced_at has no time zone; add one such as +08:00")

    def known_at(self, dates_known: DatesKnown = "end") -> datetime:
        """The instant from which the launch may be traded on; a bare date counts at its end (24:00 +08:00)."""
        if dates_known not in ("end", "start"):
            raise LedgerError(f"dates_known is {dates_known!r}; use 'end' or 'start'")
        if self.precision != "date":
            return self.announced_at
        midnight = datetime.combine(self.announced_at.astimezone(CHINA_TIME), time(), CHINA_TIME)
        return midnight if dates_known == "start" else midnight + timedelta(days=1)

    def knew(self, concerned: LaunchCode) -> bool:
        """Whether the link to a code was public before the launch: its launcher's own, or said on an earlier day."""
        if concerned.launches:
            return True
        day = self.announced_at.astimezone(CHINA_TIME).date()
        return concerned.since is not None and concerned.since < day

    def as_row(self) -> dict[str, str]:
        """The launch as the text cells of a ledger file."""
        when = self.announced_at
        return {
            "id": self.id,
            "announced_at": _written(when, self.precision),
            "precision": self.precision,
            "company": self.company,
            "product": self.product,
            "kind": self.kind,
            "codes": ";".join(c.written for c in self.codes),
            "source": self.source,
            "note": self.note,
        }


@dataclass(frozen=True)
class Launches:
    """Launches in order of `announced_at`, then id; immutable.

    `written` maps each spelling of a code in the ledger to the code that it stands for, `notes` say what else was taken
    how. `dates_known` says when a bare date counts as known, `reaction_minutes` how long after that an order can be sent:
    together they are the clock of whoever trades on this ledger.
    """

    rows: tuple[Launch, ...] = ()
    path: str = field(default="", compare=False)
    reaction_minutes: float = REACTION_MINUTES
    dates_known: DatesKnown = "end"
    written: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    notes: tuple[str, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.rows, key=lambda launch: (launch.announced_at, launch.id)))
        object.__setattr__(self, "rows", ordered)

    def __iter__(self) -> Iterator[Launch]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, i: int) -> Launch:
        return self.rows[i]

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Every code that some launch concerns, sorted."""
        return tuple(sorted({c.code for launch in self.rows for c in launch.codes}))

    @cached_property
    def sha256(self) -> str:
        """Hash of the rows as read (roles resolved), whatever file they came from."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writerows(launch.as_row() for launch in self.rows)
        return hashlib.sha256(text.getvalue().encode()).hexdigest()

    def timed(self, *, reaction_minutes: float, dates_known: DatesKnown) -> "Launches":
        """The same launches under another clock."""
        return replace(self, reaction_minutes=reaction_minutes, dates_known=dates_known)

    def known_ns(self) -> I8:
        """`known_at` of every launch as int64 nanoseconds UTC, shape (n,)."""
        return np.array(
            [instant_ns(launch.known_at(self.dates_known)) for launch in self.rows], dtype=np.int64
        )

    def as_of(self, instant: datetime) -> "Launches":
        """Only what was known at `instant` (aware; included): the ledger as it stood then."""
        if instant.utcoffset() is None:
            raise LedgerError(
                f"as_of {instant.isoformat()}: the instant has no time zone; add one such as +08:00"
            )
        return self._where(lambda launch: launch.known_at(self.dates_known) <= instant)

    def of_kinds(self, kinds: Iterable[str]) -> "Launches":
        """Only launches of these kinds; an unknown kind is an error."""
        wanted = tuple(kinds)
        for kind in wanted:
            if kind not in KINDS:
                raise LedgerError(unknown_word("kind", kind, KINDS))
        return self._where(lambda launch: launch.kind in wanted)

    def known_links(self) -> "Launches":
        """The same launches without the codes whose link was not public before the launch."""
        rows = (replace(one, codes=tuple(c for c in one.codes if one.knew(c))) for one in self.rows)
        return replace(self, rows=tuple(rows))

    def _where(self, keep: Callable[[Launch], bool]) -> "Launches":
        return replace(self, rows=tuple(launch for launch in self.rows if keep(launch)))


def _written(when: datetime, precision: Precision) -> str:
    """The cell of an instant: a bare day for `date`, seconds only where there are any."""
    if precision == "date":
        return str(when.astimezone(CHINA_TIME).date())
    return when.isoformat(timespec="auto" if when.second or when.microsecond else "minutes")


def unknown_word(what: str, word: str, known: Iterable[str]) -> str:
    """A sentence saying that `word` is no `what`, with the nearest known one and all of them."""
    words = tuple(known)
    return f"{what} {word!r} is unknown{did_you_mean(word, words)}; use one of {', '.join(words)}"
