"""Rows that another program wrote: `file:NAME.csv` or `.json`, with a mapping `NAME.toml` beside it.

The mapping says which column holds what, what is the same in every row, and how times are written:

    rows = "items"                      # JSON only: where the list is
    zone = "Asia/Hong_Kong"             # of times without one
    format = "%d/%m/%Y %H:%M"           # as Python's strptime has it; ISO where left out
    [columns]
    announced_at = "Date Time"
    company = "Stock Short Name"
    product = "Title"
    codes = "Stock Code"
    source = "Link"
    [fixed]
    kind = "launch"
"""

import csv
import hashlib
import io
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ...calendars.hours import CHINA_TIME
from ...doors import read_bytes
from ...errors import LedgerError, RuleError, did_you_mean
from ...instruments.table import load_instruments
from ..launch import KINDS, LaunchCode, unknown_word
from .proposal import Bound, Evidence, Proposal, day_bounds, plain, slug
from .web import Web

COLUMNS = ("id", "announced_at", "company", "product", "kind", "codes", "source", "note")
NEEDED = ("announced_at", "company", "product")


@dataclass(frozen=True)
class Mapped:
    """How the columns of a file are to be read."""

    columns: Mapping[str, str]
    fixed: Mapping[str, str]
    zone: ZoneInfo
    pattern: str
    rows: str

    def cell(self, row: Mapping[str, Any], name: str) -> str:
        """The text of a ledger column in a row of the file."""
        return plain(row.get(self.columns[name])) if name in self.columns else self.fixed.get(name, "")

    def when(self, text: str) -> tuple[datetime, bool]:
        """The instant of a cell, and whether it has a clock time; ValueError where it is none."""
        if self.pattern:
            instant = datetime.strptime(text, self.pattern)
            timed = any(mark in self.pattern for mark in ("%H", "%I", "%X", "%c"))
        else:
            instant = datetime.fromisoformat(text)
            timed = ":" in text or "T" in text
        if not timed:
            return datetime.combine(instant.date(), time(), CHINA_TIME), False
        return (instant if instant.utcoffset() is not None else instant.replace(tzinfo=self.zone)), True


@dataclass(frozen=True)
class Export:
    """The launches of one file; `mapping` is its TOML (None: the one of the same name beside it)."""

    name: str
    mapping: Path | None = None

    def proposals(self, web: Web, since: date | None) -> Iterator[Proposal]:
        """Each row of the file, in order; a row that cannot be read is an error that names it."""
        path = Path(self.name)
        how = _mapping(self.mapping or path.with_suffix(".toml"))
        content = read_bytes(path, error=LedgerError, advice="check the path of the file")
        evidence = Evidence(str(path), "listed", hashlib.sha256(content).hexdigest(), datetime.now(UTC))
        for number, row in enumerate(_rows(path, content, how), 1):
            try:
                proposal = _proposal(row, how, evidence)
            except (ValueError, RuleError) as error:
                raise LedgerError(f"{path} row {number}: {error}; repair the row or the mapping") from None
            if not (since and proposal.not_after.instant.date() < since):
                yield proposal


def _proposal(row: Mapping[str, Any], how: Mapped, evidence: Evidence) -> Proposal:
    cell = {name: how.cell(row, name) for name in COLUMNS}
    for name in NEEDED:
        if not cell[name]:
            raise ValueError(f"{name} is empty")
    kind = cell["kind"] or "launch"
    if kind not in KINDS:
        raise ValueError(unknown_word("kind", kind, KINDS))
    instant, timed = how.when(cell["announced_at"])
    link = cell["source"]
    clock = "listed" if timed else "listed day"
    shown = evidence._replace(url=link if link.startswith("http") else evidence.url, clock=clock)
    earliest, latest = (instant, instant) if timed else day_bounds(instant)
    name = cell["id"] or slug(cell["company"], cell["product"], str(instant.date()))
    before, after = Bound(earliest, shown), Bound(latest, shown)
    codes = _codes(cell["codes"])
    return Proposal(name, cell["company"], cell["product"], kind, after, before, codes, cell["note"])


def _codes(text: str) -> tuple[LaunchCode, ...]:
    book = load_instruments()
    return tuple(LaunchCode(book[part].code) for part in text.replace(",", ";").split(";") if part.strip())


def _mapping(path: Path) -> Mapped:
    content = read_bytes(
        path,
        error=LedgerError,
        advice="write a mapping that says which column is announced_at, company, product",
    )
    try:
        held = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise LedgerError(f"the mapping {path} is no TOML ({error}); repair it") from None
    columns, fixed = held.get("columns", {}), held.get("fixed", {})
    if not isinstance(columns, dict) or not isinstance(fixed, dict):
        raise LedgerError(f"the mapping {path}: columns and fixed are tables, written [columns] and [fixed]")
    for name in (*columns, *fixed):
        if name not in COLUMNS:
            hint = did_you_mean(name, COLUMNS)
            raise LedgerError(
                f"the mapping {path}: {name!r} is no column of a ledger{hint}; use {', '.join(COLUMNS)}"
            )
    missing = [name for name in NEEDED if name not in columns and name not in fixed]
    if missing:
        raise LedgerError(
            f"the mapping {path} does not say which column is {', '.join(missing)}; add it to [columns]"
        )
    try:
        zone = ZoneInfo(str(held.get("zone", "Asia/Hong_Kong")))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise LedgerError(
            f"the mapping {path}: zone {held.get('zone')!r} is unknown; write Asia/Hong_Kong"
        ) from None
    named, same = ({str(key): str(value) for key, value in table.items()} for table in (columns, fixed))
    return Mapped(named, same, zone, str(held.get("format", "")), str(held.get("rows", "")))


def _rows(path: Path, content: bytes, how: Mapped) -> list[Mapping[str, Any]]:
    """The rows of a CSV file or of a JSON list; LedgerError where a mapped column is not there."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise LedgerError(f"{path} is neither UTF-8 nor GB18030 text; save it as UTF-8") from None
    if path.suffix == ".json":
        rows = _json(path, text, how.rows)
        known = {str(name) for row in rows[:100] for name in row}
    else:
        rows, known = _csv(path, text)
    for column in how.columns.values():
        if known and column not in known:
            named = sorted(map(plain, known))
            hint = did_you_mean(column, named)
            raise LedgerError(f"{path} has no column {column!r}{hint}; it has {', '.join(named)}")
    return rows


def _csv(path: Path, text: str) -> tuple[list[Mapping[str, Any]], set[str]]:
    """The rows, and the names of the heading, which is there without rows, too."""
    table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        rows: list[Mapping[str, Any]] = list(table)
    except csv.Error as error:
        raise LedgerError(f"{path} is no readable CSV ({error}); export it again") from None
    if not table.fieldnames:
        raise LedgerError(f"{path} is empty; export it again")
    return rows, set(table.fieldnames)


def _json(path: Path, text: str, where: str) -> list[Mapping[str, Any]]:
    try:
        held = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LedgerError(f"{path} is no JSON ({error}); export it again") from None
    rows = held.get(where) if where and isinstance(held, dict) else held
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise LedgerError(
            f"{path} holds no list of rows{f' under {where!r}' if where else ''}; set rows in the mapping"
        )
    return rows
