"""The universe as a file: the one that ships, and a user's rows over it.

`universe.csv` holds one row for each code, role and stretch of days, with source and confidence. A user's CSV has the
same columns, of which `code`, `role` and `since` are needed; all rows that it has of a code replace ours of that code.
An empty `theme` is every theme, several are separated by `;`. A row whose role is `none` takes the code out.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ..dated import as_date
from ..doors import read_bytes
from ..errors import LaunchlabError, RuleError, did_you_mean
from ..instruments.table import Instruments, load_instruments
from .universe import MEMBER_ROLES, Member, Universe

COLUMNS = ("code", "role", "theme", "since", "until", "source", "confidence", "note")
NEEDED = ("code", "role")
NOBODY = "none"  # as the universe: no members; as a role: the code is no member
_SHIPPED = Path(__file__).with_name("universe.csv")


def load_universe(
    source: Universe | Path | str | None = None, instruments: Instruments | None = None
) -> Universe:
    """The shipped universe (None), the rows of a CSV file over it, or nobody (`none`).

    A member enters on the day from which it was publicly known as such, never before its listing. RuleError lists every
    bad row of a file at once, by line.

    >>> load_universe().members("pure_play", "2026-02-12", "llm")[:2]
    ('0020.HK', '0100.HK')
    >>> "2513.HK" in load_universe().members("pure_play", "2026-01-07")
    False
    """
    if isinstance(source, Universe):
        return source
    book = load_instruments() if instruments is None else instruments
    if source is not None and str(source).strip().lower() == NOBODY:
        return Universe()
    ours = _read(_SHIPPED, book)
    if source is None:
        return Universe(tuple(row for row in ours if row.role != NOBODY))
    theirs = _read(Path(source), book)
    replaced = {row.code for row in theirs}
    rows = (*(row for row in ours if row.code not in replaced), *theirs)
    return Universe(tuple(row for row in rows if row.role != NOBODY))


def _read(path: Path, book: Instruments) -> tuple[Member, ...]:
    """The rows of a file; RuleError names every fault by its line."""
    members: list[Member] = []
    faults: list[str] = []
    for line, cells in _lines(path):
        try:
            member = _member(cells, book)
            _refuse_overlap(member, members)
            members.append(member)
        except (LaunchlabError, ValueError) as error:
            faults.append(f"line {line}: {error}")
    if faults:
        count = "1 bad row" if len(faults) == 1 else f"{len(faults)} bad rows"
        raise RuleError(f"{path}: {count} in the universe: " + "; ".join(faults))
    return tuple(members)


def _lines(path: Path) -> Iterable[tuple[int, Mapping[str, Any]]]:
    content = read_bytes(
        path, error=RuleError, advice="the universe cannot be read; give a UTF-8 CSV file with `universe`"
    )
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        columns = [str(name).strip() for name in reader.fieldnames or ()]
        reader.fieldnames = columns
        lines = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise RuleError(f"{path}: the universe cannot be read ({error}); give a UTF-8 CSV file") from None
    strange = [f"{name!r}{did_you_mean(name, COLUMNS)}" for name in columns if name not in COLUMNS]
    missing = [name for name in NEEDED if name not in columns]
    if strange or missing or len(set(columns)) < len(columns):
        wrong = f"missing {', '.join(missing) or 'none'}; unknown {', '.join(strange) or 'none'}"
        raise RuleError(f"{path}: a universe has the columns {','.join(COLUMNS)} once each: {wrong}")
    return lines


def _member(cells: Mapping[str, Any], book: Instruments) -> Member:
    """The member of a row, its code as the instruments write it."""
    if None in cells:
        raise RuleError("more cells than columns; put quotes around commas")
    cell = {name: (cells.get(name) or "").strip() for name in COLUMNS}
    instrument = book[cell["code"]]
    role = cell["role"]
    if role == NOBODY:
        return Member(instrument.code, NOBODY, (), date.min, source=cell["source"], note=cell["note"])
    if role not in MEMBER_ROLES:
        raise RuleError(
            f"role {role!r} is unknown{did_you_mean(role, MEMBER_ROLES)}; "
            f"use one of {', '.join(MEMBER_ROLES)}, or none to take the code out"
        )
    if not instrument.tradable:
        raise RuleError(f"{instrument.code} is an index level, which nobody can buy; name a fund")
    if not cell["since"]:
        raise RuleError(f"{instrument.code} has no day in since; write the day from which it was known")
    since, until = as_date(cell["since"]), as_date(cell["until"]) if cell["until"] else None
    if instrument.listed is not None and since < instrument.listed:
        raise RuleError(
            f"{instrument.code} is {role} since {since}, before its listing on {instrument.listed}; "
            "nobody could trade it earlier, so write the listing day or a later one"
        )
    if until is not None and until < since:
        raise RuleError(f"{instrument.code}: until {until} is before since {since}; swap the days")
    themes = tuple(part.strip() for part in cell["theme"].split(";") if part.strip())
    return Member(
        instrument.code, role, themes, since, until, cell["source"], cell["confidence"], cell["note"]
    )


def _refuse_overlap(member: Member, before: Iterable[Member]) -> None:
    """Two rows of a code may not hold on one day: its role would be a matter of their order."""
    for row in before:
        if row.code != member.code:
            continue
        if NOBODY in (row.role, member.role):
            raise RuleError(f"{member.code} is taken out and has a role as well; keep one of the rows")
        first, second = sorted((row, member), key=lambda one: one.since)
        if first.until is None or first.until >= second.since:
            raise RuleError(
                f"{member.code} has two rows for {second.since}; end the earlier one the day before"
            )
