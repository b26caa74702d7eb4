"""A launch, and launches in order: what was announced, when it was public, and whose shares it concerns.

Append-only: a row is a fact about the past, with its source. `announced_at` is an aware datetime and `precision` says
how much of it is known: `exact`, `upper_bound` (public no later than that), or `date` (no clock time; counted
as known at the end of that day in Hong Kong unless the caller asks for its start). Two bounds say more where there are
any: it was public between `not_before` and `not_after`.
"""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import numpy as np

from ..arrays import I8
from ..calendars.hours import CHINA_TIME
from ..calendars.sessions import REACTION_MINUTES, instant_ns
from ..errors import LedgerError, did_you_mean
from ..shown import Shown, Told, counted, first_of, some
from .bounds import Bound, clock_text, day_bounds, evidence_cell, misplaced

Precision = Literal["exact", "upper_bound", "date"]
DatesKnown = Literal["end", "start"]

COLUMNS = ("id", "announced_at", "precision", "company", "product", "kind", "codes", "source", "note")
BOUNDS = ("not_before", "not_after", "evidence")
RECORDED = "recorded"
ALL_COLUMNS = (*COLUMNS, *BOUNDS, RECORDED)
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
        "analyst": "an analyst takes a share up, or moves a rating or a target",
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


@dataclass(frozen=True, repr=False)
class Launch(Shown):
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
    not_before: Bound | None = None
    not_after: Bound | None = None
    recorded: datetime | None = None

    def __post_init__(self) -> None:
        instants = {"announced_at": self.announced_at, RECORDED: self.recorded}
        for name, bound in (("not_before", self.not_before), ("not_after", self.not_after)):
            instants[name] = bound.instant if bound else None
        for name, instant in instants.items():
            if instant is not None and instant.utcoffset() is None:
                raise LedgerError(f"launch {self.id}: {name} has no time zone; add one such as +08:00")
        day = day_bounds(self.announced_at) if self.precision == "date" else None
        if wrong := misplaced(self.announced_at, self.not_before, self.not_after, day):
            raise LedgerError(f"launch {self.id}: {wrong}")

    def _told(self) -> Told:
        cells = {name: text for name, text in self.as_row().items() if name != "id"}
        when = f"{cells.pop('announced_at')}, {cells.pop('precision')}"
        what = f"{cells.pop('company')}: {cells.pop('product')}"
        codes = some([one.written for one in self.codes])
        return Told(f"Launch: {self.id}, {what}", cells | {"codes": codes, "announced": when})

    @property
    def earliest(self) -> datetime | None:
        """The earliest instant at which it can have been public; None where nothing bounds it from below."""
        if self.not_before is not None:
            return self.not_before.instant
        if self.precision == "date":
            return day_bounds(self.announced_at)[0]
        return self.announced_at if self.precision == "exact" else None

    @property
    def latest(self) -> datetime:
        """The instant by which it was public for certain."""
        return self.known_at("end")

    def known_at(self, dates_known: DatesKnown = "end") -> datetime:
        """The instant from which the launch may be traded on: the latest at which it can have become public.

        `start` takes the earliest one instead for a launch of which only the day is known; a bare day ends at 24:00
        +08:00.
        """
        if dates_known not in ("end", "start"):
            raise LedgerError(f"dates_known is {dates_known!r}; use 'end' or 'start'")
        if self.precision == "date" and dates_known == "start":
            return self.earliest or self.announced_at
        if self.not_after is not None:
            return self.not_after.instant
        return day_bounds(self.announced_at)[1] if self.precision == "date" else self.announced_at

    def knew(self, concerned: LaunchCode) -> bool:
        """Whether the link to a code was public before the launch: its launcher's own, or said on an earlier day."""
        if concerned.launches:
            return True
        day = self.announced_at.astimezone(CHINA_TIME).date()
        return concerned.since is not None and concerned.since < day

    def as_row(self) -> dict[str, str]:
        """The launch as the text cells of a ledger file; those of bounds and of a correction only where it has any."""
        when = self.announced_at
        bounds = {
            "not_before": clock_text(self.not_before.instant) if self.not_before else "",
            "not_after": clock_text(self.not_after.instant) if self.not_after else "",
            "evidence": evidence_cell(self.not_before, self.not_after),
            RECORDED: clock_text(self.recorded) if self.recorded else "",
        }
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
        } | {name: text for name, text in bounds.items() if text}


@dataclass(frozen=True, repr=False)
class Launches(Shown):
    """Launches in order of `announced_at`, then id; immutable.

    `written` maps each spelling of a code in the ledger to the code that it stands for, `notes` say what else was taken
    how. `dates_known` says when a bare date counts as known, `reaction_minutes` how long after that an order can be sent:
    together they are the clock of whoever trades on this ledger. `replaced` holds the rows that later ones corrected; they
    trade nothing, and only `as_of` shows them again.
    """

    rows: tuple[Launch, ...] = ()
    path: str = field(default="", compare=False)
    reaction_minutes: float = REACTION_MINUTES
    dates_known: DatesKnown = "end"
    written: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    notes: tuple[str, ...] = field(default=(), compare=False, repr=False)
    replaced: tuple[Launch, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.rows, key=lambda launch: (launch.announced_at, launch.id)))
        object.__setattr__(self, "rows", ordered)

    def _told(self) -> Told:
        days = [f"{row.announced_at:%Y-%m-%d}" for row in self.rows]
        facts = {
            "announced": f"{days[0]} to {days[-1]}" if days else "",
            "kinds": ", ".join(
                f"{n} {kind}" for kind, n in Counter(row.kind for row in self.rows).most_common()
            ),
            "codes": f"{len(self.codes):,}: {some(self.codes)}" if self.codes else "",
            "file": self.path,
            "notes": first_of(self.notes),
        }
        columns = ("id", "announced_at", "company", "product", "kind", "codes")
        rows = [[row.as_row()[name] for name in columns] for row in reversed(self.rows)]
        title = f"Launches: {counted(len(self.rows), 'row')}, {counted(len(self.replaced), 'correction')}"
        return Told(title, facts, columns, rows)

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
        rows = [launch.as_row() for launch in self.rows]
        columns = ALL_COLUMNS if any(len(row) > len(COLUMNS) for row in rows) else COLUMNS
        csv.DictWriter(text, columns, restval="", lineterminator="\n").writerows(rows)
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
        """Only what was known at `instant` (aware; included): the ledger as it stood then.

        A row that was corrected later stands as it was before its correction.
        """
        if instant.utcoffset() is None:
            raise LedgerError(
                f"as_of {instant.isoformat()}: the instant has no time zone; add one such as +08:00"
            )
        corrected = any(launch.recorded for launch in self.rows)
        then = self._before_corrections(instant) if corrected else self
        return then._where(lambda launch: launch.known_at(self.dates_known) <= instant)

    def _before_corrections(self, instant: datetime) -> "Launches":
        """Each launch in the version that was the last at `instant`; a first version has always stood."""
        versions: dict[str, list[Launch]] = {}
        for launch in (*self.replaced, *self.rows):
            if launch.recorded is None or launch.recorded <= instant:
                versions.setdefault(launch.id, []).append(launch)
        standing = tuple(told[-1] for told in versions.values())
        older = tuple(launch for told in versions.values() for launch in told[:-1])
        return replace(self, rows=standing, replaced=older)

    def in_force(self) -> "Launches":
        """The rows as they stand today, without what they replaced: what a run trades on."""
        rows = tuple(replace(launch, recorded=None) if launch.recorded else launch for launch in self.rows)
        return replace(self, rows=rows, replaced=()) if rows != self.rows else self

    def of_kinds(self, kinds: Iterable[str]) -> "Launches":
        """Only launches of these kinds; an unknown kind is an error."""
        wanted = tuple(kinds)
        for kind in wanted:
            if kind not in KINDS:
                raise LedgerError(unknown_word("kind", kind, KINDS))
        return self._where(lambda launch: launch.kind in wanted)

    def known_links(self) -> "Launches":
        """The same launches without the codes whose link was not public before the launch."""
        return self._each(lambda one: replace(one, codes=tuple(c for c in one.codes if one.knew(c))))

    def _each(self, change: Callable[[Launch], Launch]) -> "Launches":
        return replace(self, rows=tuple(map(change, self.rows)), replaced=tuple(map(change, self.replaced)))

    def _where(self, keep: Callable[[Launch], bool]) -> "Launches":
        rows = tuple(filter(keep, self.rows))
        kept = {launch.id for launch in rows}  # what a row replaced goes with it
        older = tuple(launch for launch in self.replaced if launch.id in kept)
        return replace(self, rows=rows, replaced=older)


def _written(when: datetime, precision: Precision) -> str:
    """The cell of an instant: a bare day for `date`, seconds only where there are any."""
    if precision == "date":
        return str(when.astimezone(CHINA_TIME).date())
    return clock_text(when)


def unknown_word(what: str, word: str, known: Iterable[str]) -> str:
    """A sentence saying that `word` is no `what`, with the nearest known one and all of them."""
    words = tuple(known)
    return f"{what} {word!r} is unknown{did_you_mean(word, words)}; use one of {', '.join(words)}"
