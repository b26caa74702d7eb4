"""The launch ledger as a file: reading it, and mapping it onto the exchanges' sessions.

Append-only CSV with the columns `id,announced_at,precision,company,product,kind,codes,source[,note]`; `codes` are
separated by `;`, each `CODE` or `CODE:role`. The file that ships with the package is launches.csv.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..calendars.hours import CHINA_TIME
from ..calendars.sessions import Auction, explain, first_reachable, instant_ns
from ..errors import CalendarError, LedgerError, RuleError
from ..instruments.table import load_instruments
from .launch import (
    COLUMNS,
    KINDS,
    LAUNCH_ROLES,
    PRECISIONS,
    DatesKnown,
    Launch,
    LaunchCode,
    Launches,
    Precision,
    unknown_word,
)
from .records import Record, records, rows_in_memory

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KINDS", "LAUNCH_ROLES", "Launch", "LaunchCode", "Launches", "load_launches", "reach"]

SHIPPED = Path(__file__).with_name("launches.csv")
AUCTIONS: tuple[Auction, Auction] = ("open", "close")
SEPARATORS = re.compile(r"[,|，；、\t\n]|(?<=\w) +(?=\w)")  # of codes, as people write them
YEARS = (1900, 2199)  # what an instant in nanoseconds can hold, and then some


class ListedCode(Protocol):
    """What the ledger needs to know of an instrument."""

    @property
    def code(self) -> str: ...
    @property
    def exchange(self) -> str: ...
    @property
    def role(self) -> str: ...


class InstrumentBook(Protocol):
    """Anything that answers `book[code]`; a malformed code raises RuleError."""

    def __getitem__(self, code: str, /) -> ListedCode: ...


def _book(instruments: InstrumentBook | None) -> InstrumentBook:
    return load_instruments() if instruments is None else instruments


def load_launches(
    source: "Path | str | pd.DataFrame | Iterable[Mapping[str, Any]] | Launches | None" = None,
    instruments: InstrumentBook | None = None,
) -> Launches:
    """The ledger in a CSV file (None = the one shipped with the package), roles resolved.

    Rows in memory are taken as well: a data frame, or mappings by column. A code's role is the row's `CODE:role`, else
    its instrument's. All bad rows are reported at once, by line.

    >>> row = {"id": "a", "announced_at": "2026-02-12T01:18+08:00", "precision": "exact", "company": "Zhipu",
    ...        "product": "GLM-5", "kind": "launch", "codes": "2513.HK:pure_play", "source": "https://example.org"}
    >>> load_launches([row]).codes
    ('2513.HK',)
    """
    if isinstance(source, Launches):
        return source
    if source is None or isinstance(source, str | Path):
        file = SHIPPED if source is None else Path(source)
        return Launches(
            _read(records(file), _book(instruments), str(file)), "" if source is None else str(file)
        )
    return Launches(_read(rows_in_memory(source), _book(instruments), "in memory"), "in memory")


def _read(found: Iterable[Record], book: InstrumentBook, where: str) -> tuple[Launch, ...]:
    """The launches of the records; LedgerError lists every fault by its line."""
    launches: list[Launch] = []
    faults: list[str] = []
    first_line: dict[str, int] = {}
    for line, cells, short in found:
        launch, reasons = (None, [short]) if short else _launch(cells, book)
        name = cells.get("id", "").strip()
        if name in first_line:
            reasons.append(f"id {name} is already on line {first_line[name]}; ids are unique")
        elif name:
            first_line[name] = line
        faults += [f"line {line}: {reason}" for reason in reasons]
        launches += [launch] if launch else []
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults)
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise LedgerError(f"{count} in the ledger {where}; repair these rows:\n{listed}")
    return tuple(launches)


def reach(
    launches: Launches,
    instruments: InstrumentBook | None = None,
    *,
    reaction_minutes: float | None = None,
    dates_known: DatesKnown | None = None,
) -> list[dict[str, str | None]]:
    """For each launch and code, the first open and close that can be reached, and why; rows ready for JSON.

    The clock is the ledger's own where not given. A launch without codes gives one row without them; past the
    calendar's end `first_open` and `first_close` are None and `why` is the refusal.
    """
    book = _book(instruments)
    reaction = launches.reaction_minutes if reaction_minutes is None else reaction_minutes
    rows: list[dict[str, str | None]] = []
    for launch in launches:
        known = launch.known_at(dates_known or launches.dates_known)
        about = {
            "launch": launch.id,
            "announced_at": launch.as_row()["announced_at"],
            "known_at": known.isoformat(timespec="minutes"),
            "precision": launch.precision,
        }
        for concerned in launch.codes or (LaunchCode(""),):
            exchange = book[concerned.code].exchange if concerned.code else ""
            rows.append(
                about
                | {"code": concerned.code or None, "role": concerned.role, "exchange": exchange or None}
                | _first(launch, known, exchange, reaction)
            )
    return rows


_SINCE: Mapping[Precision, str] = {
    "exact": "public at",
    "upper_bound": "public no later than",
    "date": "only the day is known, counted as public from",
}


def _first(launch: Launch, known: datetime, exchange: str, reaction_minutes: float) -> dict[str, str | None]:
    if not exchange:
        return {"first_open": None, "first_close": None, "why": "no listed code is concerned"}
    at_open, at_close = (_session(known, exchange, at, reaction_minutes) for at in AUCTIONS)
    try:
        why = explain(known, exchange, reaction_minutes=reaction_minutes)
    except CalendarError as error:
        why = str(error)
    since = f"{_SINCE[launch.precision]} {known.astimezone(CHINA_TIME):%Y-%m-%d %H:%M} +08:00"
    reached = f"{since}; {why}" if at_open or not at_close else f"{since}; first close {at_close}; {why}"
    return {"first_open": at_open, "first_close": at_close, "why": reached if at_close else why}


def _session(known: datetime, exchange: str, at: Auction, reaction_minutes: float) -> str | None:
    """The first session whose auction can be reached; None past the calendar's end."""
    try:
        found = first_reachable(
            np.array([instant_ns(known)]), exchange, at, reaction_minutes=reaction_minutes
        )
    except CalendarError:
        return None
    return str(found[0])


def _launch(cells: Mapping[str, str], book: InstrumentBook) -> tuple[Launch | None, list[str]]:
    """The launch of a row, or None and the reasons why not."""
    cell = {column: cells.get(column, "").strip() for column in COLUMNS}
    reasons = [f"{column} is empty" for column in ("id", "announced_at", "company") if not cell[column]]
    if "" in cells:
        reasons.append("more cells than columns; separate codes by ; and quote texts that hold a comma")
    if cell["precision"] not in PRECISIONS:
        reasons.append(unknown_word("precision", cell["precision"], PRECISIONS))
    if cell["kind"] not in KINDS:
        reasons.append(unknown_word("kind", cell["kind"], KINDS))
    codes, bad_codes = _codes(cell["codes"], book)
    when: datetime | None = None
    try:
        when = _moment(cell["announced_at"], cell["precision"]) if cell["announced_at"] else None
    except ValueError as error:
        reasons.append(str(error))
    reasons += bad_codes
    if reasons or when is None:
        return None, reasons
    precision = PRECISIONS[cell["precision"]]
    texts = (cell["company"], cell["product"], cell["kind"])
    return Launch(cell["id"], when, precision, *texts, codes, cell["source"], cell["note"]), []


def _moment(text: str, precision: str) -> datetime:
    """The instant of a cell: a bare day for `date`, else a clock time with its zone. ValueError says why not."""
    bare = re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is not None
    try:
        if bare:
            day = datetime.combine(date.fromisoformat(text), time(), CHINA_TIME)
        else:
            instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"announced_at {text!r} is no instant; write 2026-02-12T01:18+08:00") from None
    year = int(text[:4])
    if not YEARS[0] <= year <= YEARS[1]:
        raise ValueError(f"announced_at {text!r} is in the year {year}; years are {YEARS[0]} to {YEARS[1]}")
    if precision == "date":
        if not bare:
            raise ValueError(
                f"announced_at {text!r} has a clock time but precision is date; write exact or the day"
            )
        return day
    if bare:
        raise ValueError(
            f"announced_at {text!r} has no clock time; add it with its zone, or set precision date"
        )
    if instant.utcoffset() is None:
        raise ValueError(f"announced_at {text!r} has no time zone; add one such as +08:00")
    return instant


def _codes(text: str, book: InstrumentBook) -> tuple[tuple[LaunchCode, ...], list[str]]:
    """Codes of a `CODE;CODE:role` cell and what is wrong with it."""
    codes: list[LaunchCode] = []
    reasons: list[str] = []
    wrong = SEPARATORS.search(text)
    if wrong:
        return (), [f"codes {text!r}: {wrong[0]!r} does not separate codes; write them as 2513.HK;0700.HK"]
    for part in filter(None, (part.strip() for part in text.split(";"))):
        written, _, role = (piece.strip() for piece in part.partition(":"))
        try:
            instrument = book[written]
        except RuleError as error:
            reasons.append(str(error))
            continue
        if role and role not in LAUNCH_ROLES:
            reasons.append(f"{part}: " + unknown_word("role", role, LAUNCH_ROLES))
        if instrument.code in {known.code for known in codes}:
            reasons.append(f"{written} stands twice in codes")
        codes.append(LaunchCode(instrument.code, role or instrument.role or None))
    return tuple(codes), reasons
