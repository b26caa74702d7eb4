"""The launch ledger as a file: reading it, and mapping it onto the exchanges' sessions.

Append-only, CSV (or a workbook, or parquet) with the columns `id,announced_at,precision,company,product,kind,codes,source[,note]`; `codes` are
separated by `;`, each `CODE`, `CODE:role` or `CODE:role:since`, the day on which the link was public. `not_before`, `not_after` and their
`evidence` are the bounds of the clock. A row with the id of an earlier one and the day on which it was `recorded` corrects
that one, which stays. The file that ships with the package is launches.csv.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..calendars.hours import CHINA_TIME
from ..calendars.overrides import Additions, to_additions
from ..calendars.sessions import Auction, explain, first_reachable, instant_ns
from ..errors import CalendarError, LedgerError
from ..instruments.spellings import read_as
from ..instruments.table import load_instruments
from ..instruments.typed import refuse_merged
from .cells import InstrumentBook, LaunchReader, zone_of
from .certainty import AUCTIONS, open_auctions
from .launch import KINDS, LAUNCH_ROLES, DatesKnown, Launch, LaunchCode, Launches, Precision
from .records import Record, records, rows_in_memory

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KINDS", "LAUNCH_ROLES", "Launch", "LaunchCode", "Launches", "load_launches", "reach"]

SHIPPED = Path(__file__).with_name("launches.csv")


def _book(instruments: InstrumentBook | None) -> InstrumentBook:
    return load_instruments() if instruments is None else instruments


def load_launches(
    source: "Path | str | pd.DataFrame | Iterable[Mapping[str, Any]] | Launches | None" = None,
    instruments: InstrumentBook | None = None,
    *,
    ledger_tz: str | None = None,
) -> Launches:
    """The ledger in a file (None = the one shipped with the package), roles resolved.

    A file is CSV, an Excel workbook or parquet; rows in memory are taken as well: a data frame, or mappings by column.
    `ledger_tz` is the zone of clock times without one, such as Asia/Hong_Kong. A code's role is the row's `CODE:role`,
    else its instrument's. All bad rows are reported at once, by line.

    >>> row = {"id": "a", "announced_at": "2026/2/12 1:18", "precision": "exact", "company": "Zhipu",
    ...        "product": "GLM-5", "kind": "launch", "codes": "HK.02513:pure_play", "source": "https://example.org"}
    >>> load_launches([row], ledger_tz="Asia/Hong_Kong").codes
    ('2513.HK',)
    """
    if isinstance(source, Launches):
        return source
    if source is None and ledger_tz is not None:
        raise LedgerError(
            "`ledger_tz` is the zone of clock times that state none, and the shipped ledger states them all; leave it out, "
            "or name a ledger of your own with `launches`"
        )
    reader = LaunchReader(_book(instruments), zone_of(ledger_tz))
    if source is None or isinstance(source, str | Path):
        file = SHIPPED if source is None else Path(source)
        sheet, where, path = records(file), str(file), "" if source is None else str(file)
    else:
        sheet, where, path = rows_in_memory(source), "in memory", "in memory"
    rows, replaced = _read(sheet.rows, reader, where)
    refuse_merged(reader.written.values(), LedgerError, f"the ledger {where}: ")
    written = {text: one.code for text, one in reader.written.items()}
    notes = (*sheet.notes, *read_as(written, f"the ledger {where}: "))
    return Launches(rows, path, written=written, notes=notes, replaced=replaced)


def _read(
    rows: Iterable[Record], reader: LaunchReader, where: str
) -> tuple[tuple[Launch, ...], tuple[Launch, ...]]:
    """The launches of the records, and those that later ones correct; LedgerError lists every fault by its line."""
    versions: dict[str, list[Launch]] = {}
    faults: list[str] = []
    first_line: dict[str, int] = {}
    for line, cells, short in rows:
        launch, reasons = (None, [short]) if short else reader.launch(cells)
        name = cells.get("id", "").strip()
        reasons += _out_of_order(cells, launch, versions.get(name, []), first_line.get(name))
        first_line.setdefault(name, line)
        faults += [f"line {line}: {reason}" for reason in reasons]
        if launch:
            versions.setdefault(launch.id, []).append(launch)
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults)
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise LedgerError(f"{count} in the ledger {where}; repair these rows:\n{listed}")
    standing = tuple(told[-1] for told in versions.values())
    return standing, tuple(launch for told in versions.values() for launch in told[:-1])


def _out_of_order(
    cells: Mapping[str, str], launch: Launch | None, earlier: Sequence[Launch], first_line: int | None
) -> list[str]:
    """What is wrong with a row as a first one or as a correction."""
    name, recorded = cells.get("id", "").strip(), cells.get("recorded", "").strip()
    if not name or (launch is None and recorded):
        return []
    if first_line is None:
        return (
            [f"recorded {recorded} belongs to a correction, and no earlier row is {name}"] if recorded else []
        )
    if launch is None or launch.recorded is None:
        return [
            f"id {name} is already on line {first_line}; ids are unique; a correction has its time in the column recorded"
        ]
    last = earlier[-1].recorded if earlier else None
    if last is not None and launch.recorded <= last:
        return [f"id {name} was corrected at {last.isoformat()} already; a later row is recorded later"]
    return []


def reach(
    launches: Launches,
    instruments: InstrumentBook | None = None,
    *,
    reaction_minutes: float | None = None,
    dates_known: DatesKnown | None = None,
    calendar: Additions | Path | str | None = None,
) -> list[dict[str, str | int | None]]:
    """For each launch and code, the first open and close that can be reached, and why; rows ready for JSON.

    `first_open` and `first_close` are certain, `earliest_open` and `earliest_close` the first possible ones, and `possible` counts the
    auctions that the launch's bounds leave open; None where nothing bounds it from below.
    The clock is the ledger's own where not given; `calendar` is a file of years and closures over the shipped ones. A launch without codes gives one row without them; past the
    calendar's end `first_open` and `first_close` are None and `why` is the refusal.
    """
    book, added = _book(instruments), to_additions(calendar)
    reaction = launches.reaction_minutes if reaction_minutes is None else reaction_minutes
    rows: list[dict[str, str | int | None]] = []
    for launch in launches:
        known = launch.known_at(dates_known or launches.dates_known)
        about: dict[str, str | int | None] = {
            "launch": launch.id,
            "announced_at": launch.as_row()["announced_at"],
            "known_at": known.isoformat(timespec="minutes"),
            "precision": launch.precision,
        }
        concerns = launch.codes or (LaunchCode(""),)
        exchanges = [book[one.code].exchange if one.code else "" for one in concerns]
        first = {each: _first(launch, known, each, reaction, added) for each in dict.fromkeys(exchanges)}
        for concerned, exchange in zip(concerns, exchanges, strict=True):
            rows.append(
                about
                | {"code": concerned.code or None, "role": concerned.role, "exchange": exchange or None}
                | first[exchange]
            )
    return rows


_SINCE: Mapping[Precision, str] = {
    "exact": "public at",
    "upper_bound": "public no later than",
    "date": "only the day is known, counted as public from",
}


def _first(
    launch: Launch, known: datetime, exchange: str, reaction_minutes: float, added: Additions
) -> dict[str, str | int | None]:
    if not exchange:
        nothing = dict.fromkeys(("first_open", "first_close", "earliest_open", "earliest_close", "possible"))
        return nothing | {"why": "no listed code is concerned"}
    at_open, at_close = (_session(known, exchange, at, reaction_minutes, added) for at in AUCTIONS)
    open_to = _left_open(launch, exchange, reaction_minutes, added)
    try:
        why = explain(known, exchange, reaction_minutes=reaction_minutes, added=added)
    except CalendarError as error:
        why = str(error)
    since = f"{_SINCE[launch.precision]} {known.astimezone(CHINA_TIME):%Y-%m-%d %H:%M} +08:00"
    reached = f"{since}; {why}" if at_open or not at_close else f"{since}; first close {at_close}; {why}"
    return {
        "first_open": at_open,
        "first_close": at_close,
        **open_to,
        "why": reached if at_close else why,
    }


def _left_open(
    launch: Launch, exchange: str, reaction_minutes: float, added: Additions
) -> dict[str, str | int | None]:
    """The first open and close that the launch can have reached, and how many auctions its bounds leave open."""
    unknown: dict[str, str | int | None] = dict.fromkeys(("earliest_open", "earliest_close", "possible"))
    if launch.earliest is None:
        return unknown
    try:
        left = open_auctions(launch, (exchange,), reaction_minutes=reaction_minutes, added=added) or ()
    except CalendarError:
        return unknown
    early = (_session(launch.earliest, exchange, at, reaction_minutes, added) for at in AUCTIONS)
    return dict(zip(unknown, (*early, len(left)), strict=True))


def _session(
    known: datetime, exchange: str, at: Auction, reaction_minutes: float, added: Additions
) -> str | None:
    """The first session whose auction can be reached; None past the calendar's end."""
    try:
        sessions = first_reachable(
            np.array([instant_ns(known)]), exchange, at, reaction_minutes=reaction_minutes, added=added
        )
    except CalendarError:
        return None
    return str(sessions[0])
