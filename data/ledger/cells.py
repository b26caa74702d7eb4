"""A launch out of the cells of a ledger's row, or what is wrong with them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from typing import Protocol

from ..calendars.days import named_zone, written_moment
from ..calendars.hours import CHINA_TIME
from ..dated import as_date
from ..errors import LaunchlabError, LedgerError, RuleError
from .bounds import SIDES, Bound, day_bounds, evidence_of
from .launch import (
    ALL_COLUMNS,
    KINDS,
    LAUNCH_ROLES,
    PRECISIONS,
    RECORDED,
    Launch,
    LaunchCode,
    unknown_word,
)
from .launcher import OWN_KINDS, Concerned, doubts, is_own, with_issuers
from .posts import misdated

SEPARATORS = re.compile(r"[,|，；、\t\n]|(?<=\w) +(?=\w)")  # of codes, as people write them
YEARS = (1900, 2199)  # what an instant in nanoseconds can hold, and then some
BARE_DAY = re.compile(r"\d{8}|\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日")


class ListedCode(Protocol):
    """What the ledger needs to know of an instrument."""

    @property
    def code(self) -> str: ...
    @property
    def exchange(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...


class InstrumentBook(Protocol):
    """Anything that answers `book[code]`; a malformed code raises RuleError."""

    def __getitem__(self, code: str, /) -> ListedCode: ...


def zone_of(name: str | None) -> tzinfo | None:
    """The time zone of a name such as Asia/Hong_Kong or +08:00; LedgerError for one that is not known."""
    if name is None:
        return None
    try:
        return named_zone(name)
    except LaunchlabError:
        raise LedgerError(
            f"the time zone {name!r} of `ledger_tz` is not known; write Asia/Hong_Kong or +08:00"
        ) from None


@dataclass(frozen=True)
class LaunchReader:
    """Makes launches of cells; `zone` is that of clock times which state none. `written` collects codes by spelling."""

    book: InstrumentBook
    zone: tzinfo | None = None
    written: dict[str, ListedCode] = field(default_factory=dict)

    def launch(self, cells: Mapping[str, str]) -> tuple[Launch | None, list[str]]:
        """The launch of a row, or None and the reasons why not."""
        cell = {column: cells.get(column, "").strip() for column in ALL_COLUMNS}
        reasons = [f"{column} is empty" for column in ("id", "announced_at", "company") if not cell[column]]
        if "" in cells:
            reasons.append("more cells than columns; separate codes by ; and quote texts that hold a comma")
        if cell["precision"] not in PRECISIONS:
            reasons.append(unknown_word("precision", cell["precision"], PRECISIONS))
        if cell["kind"] not in KINDS:
            reasons.append(unknown_word("kind", cell["kind"], KINDS))
        codes, bad_codes = self._codes(cell["codes"], cell["company"], cell["kind"])
        when: datetime | None = None
        try:
            when = self._moment(cell["announced_at"], cell["precision"]) if cell["announced_at"] else None
        except ValueError as error:
            reasons.append(str(error))
        bounds, bad_bounds = self._bounds(cell)
        reasons += bad_codes + bad_bounds
        if reasons or when is None:
            return None, reasons
        precision = PRECISIONS[cell["precision"]]
        texts = (cell["company"], cell["product"], cell["kind"])
        try:
            return Launch(
                cell["id"], when, precision, *texts, codes, cell["source"], cell["note"], *bounds
            ), []
        except LedgerError as error:
            return None, [str(error).removeprefix(f"launch {cell['id']}: ")]

    def _bounds(
        self, cell: Mapping[str, str]
    ) -> tuple[tuple[Bound | None, Bound | None, datetime | None], list[str]]:
        """Both bounds and the moment of correction, and what is wrong with their cells; a day begins or ends there."""
        reasons: list[str] = []
        instants: dict[str, datetime | None] = dict.fromkeys((*SIDES, RECORDED))
        for name in instants:
            try:
                instants[name] = self._clock(name, cell[name]) if cell[name] else None
            except ValueError as error:
                reasons.append(str(error))
        try:
            evidence = evidence_of(cell["evidence"])
        except ValueError as error:
            return (None, None, None), [*reasons, str(error)]
        reasons += [
            f"evidence is about {side}, which is empty; write the instant"
            for side in evidence
            if not cell[side]
        ]
        before, after = (
            Bound(instant, evidence.get(side)) if (instant := instants[side]) else None for side in SIDES
        )
        reasons += [wrong for bound in (before, after) if bound and (wrong := misdated(bound))]
        return (before, after, instants[RECORDED]), reasons

    def _clock(self, name: str, text: str) -> datetime:
        """The instant of a cell; a bare day is its beginning for `not_before`, else its end."""
        if BARE_DAY.fullmatch(text) is None:
            return self._moment(text, "exact", name)
        return day_bounds(self._moment(text, "date", name))[name != SIDES[0]]

    def _moment(self, text: str, precision: str, name: str = "announced_at") -> datetime:
        """The instant of a cell: a bare day for `date`, else a clock time with its zone. ValueError says why not."""
        bare = BARE_DAY.fullmatch(text) is not None
        moment = _written(text)
        if moment is None:
            raise ValueError(f"{name} {text!r} is no instant; write 2026-02-12T01:18+08:00")
        if not YEARS[0] <= moment.year <= YEARS[1]:
            raise ValueError(
                f"{name} {text!r} is in the year {moment.year}; years are {YEARS[0]} to {YEARS[1]}"
            )
        if precision == "date":
            return self._day(text, moment.date(), bare=bare)
        if bare:
            raise ValueError(
                f"announced_at {text!r} has no clock time; add it with its zone, or set precision date"
            )
        if moment.utcoffset() is not None:
            return moment
        if self.zone is None:
            raise ValueError(
                f"{name} {text!r} has no time zone; add one such as +08:00, or name the zone of all such rows "
                "with `ledger_tz=Asia/Hong_Kong`"
            )
        return _located(moment, self.zone, text)

    def _day(self, text: str, day: date, *, bare: bool) -> datetime:
        if not bare:
            raise ValueError(
                f"announced_at {text!r} has a clock time but precision is date; write exact or the day"
            )
        midnight = datetime.combine(day, time(), CHINA_TIME)
        if self.zone is not None and midnight.astimezone(self.zone).utcoffset() != CHINA_TIME.utcoffset(None):
            raise ValueError(
                f"announced_at {text!r} is a day alone, which counts as one in Hong Kong, not in {self.zone}; write the "
                "end of that day with its clock time and precision upper_bound"
            )
        return midnight

    def _codes(self, text: str, company: str, kind: str) -> tuple[tuple[LaunchCode, ...], list[str]]:
        """Codes of a `CODE;CODE:role;CODE:role:since` cell and what is wrong with it."""
        concerned_codes: list[Concerned] = []
        reasons: list[str] = []
        wrong = SEPARATORS.search(text)
        if wrong:
            return (), [
                f"codes {text!r}: {wrong[0]!r} does not separate codes; write them as 2513.HK;0700.HK"
            ]
        for part in filter(None, (part.strip() for part in text.split(";"))):
            spelled, role, day, *more = (piece.strip() for piece in f"{part}::".split(":"))
            try:
                instrument = self.book[spelled]
                since = as_date(day) if day else None
            except RuleError as error:
                reasons.append(str(error))
                continue
            if role and role not in LAUNCH_ROLES:
                reasons.append(f"{part}: " + unknown_word("role", role, LAUNCH_ROLES))
            if any(more):
                reasons.append(
                    f"{part} has more than a role and a day; write it as 2513.HK:pure_play:2026-01-08"
                )
            if instrument.code in {one.concerned.code for one in concerned_codes}:
                reasons.append(f"{spelled} stands twice in codes")
            self.written[spelled] = instrument
            concerned = LaunchCode(instrument.code, role or instrument.role or None, since)
            own = is_own(instrument.code, instrument.name, company)
            concerned_codes.append(Concerned(concerned, left_open=not role, is_own=own))
        return with_issuers(concerned_codes), reasons + (doubts(concerned_codes) if kind in OWN_KINDS else [])


def _written(text: str) -> datetime | None:
    """A moment as it is written, naive where it states no zone; None for what is none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return written_moment(text)


def _located(moment: datetime, zone: tzinfo, text: str) -> datetime:
    """A clock time in a zone; one that the clocks showed twice, or never, is a ValueError."""
    early, late = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return early
    if early.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) != moment:
        raise ValueError(
            f"announced_at {text!r} never was in {zone}, whose clocks were put forward; correct it"
        )
    choices = " or ".join(f"{one:%Y-%m-%dT%H:%M%z}" for one in (early, late))
    raise ValueError(
        f"announced_at {text!r} was twice in {zone}, whose clocks were put back; write {choices}"
    )
