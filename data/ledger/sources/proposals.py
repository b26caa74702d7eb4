"""A file of proposed launches: the columns of a ledger, and for each its status, its bounds and their evidence.

A proposal trades nothing. Accepted ones are appended to a ledger by `accept`; the file keeps what became of each.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import Timeout

from ...addresses import refuse_address
from ...dated import as_date
from ...doors import is_there, read_bytes
from ...errors import LedgerError, RuleError, did_you_mean
from ...files import held_alone, write_whole
from ..bounds import evidence_cell, evidence_of
from ..companies import Suggestion, suggestions
from ..launch import ALL_COLUMNS, BOUNDS, COLUMNS, KINDS, LAUNCH_ROLES, Launch, LaunchCode, unknown_word
from ..ledger import SHIPPED, load_launches
from .proposal import Bound, Evidence, Proposal, moment

PROPOSED, ACCEPTED, REFUSED = STATUSES = ("proposed", "accepted", "refused")
HEADER = (*COLUMNS, "status", *BOUNDS)
ADVICE = "give a file that `launches import` wrote"


@dataclass(frozen=True)
class Proposed:
    """A proposal and what became of it: `proposed`, `accepted` or `refused`."""

    proposal: Proposal
    status: str = PROPOSED

    def as_row(self) -> dict[str, str]:
        """The text cells of the file."""
        before, after = self.proposal.not_before, self.proposal.not_after
        return self.proposal.to_launch().as_row() | {
            "status": self.status,
            "not_before": before.instant.isoformat() if before else "",
            "not_after": after.instant.isoformat(),
            "evidence": evidence_cell(before, after),
        }


def read_proposals(path: Path) -> tuple[Proposed, ...]:
    """The proposals of a file, in its order; none where there is no file. LedgerError names every bad row."""
    if not is_there(path):
        return ()
    content = read_bytes(path, error=LedgerError, advice=ADVICE)
    try:
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        rows, header = list(table), table.fieldnames or ()
    except (UnicodeDecodeError, csv.Error) as error:
        raise LedgerError(f"{path} is no file of proposals ({error}); {ADVICE}") from None
    if missing := [name for name in HEADER if name not in header]:
        raise LedgerError(f"{path} is no file of proposals: it has no column {', '.join(missing)}; {ADVICE}")
    read: list[Proposed] = []
    faults: list[str] = []
    for number, row in enumerate(rows, 1):
        try:
            read.append(_read(row))
        except (LedgerError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            faults.append(f"row {number} ({row.get('id')}): {error}")
    if faults:
        raise LedgerError(f"{path} has rows that cannot be read; repair them:\n  " + "\n  ".join(faults))
    return tuple(read)


def write_proposals(path: Path, rows: Iterable[Proposed]) -> None:
    """Write a file of proposals in one step."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.as_row() for row in rows)
    write_whole(path, text.getvalue())


def merge(known: Sequence[Proposed], proposals: Iterable[Proposal]) -> tuple[Proposed, ...]:
    """What is known, with its bounds drawn closer by what was found, and then what is new."""
    merged = {row.proposal.id: row for row in known}
    for proposal in proposals:
        before = merged.get(proposal.id)
        merged[proposal.id] = (
            replace(before, proposal=_closer(before.proposal, proposal)) if before else Proposed(proposal)
        )
    return tuple(merged.values())


def _closer(known: Proposal, newer: Proposal) -> Proposal:
    """A proposal with the narrower of both bounds; the known one where they contradict each other."""
    befores = [bound for bound in (known.not_before, newer.not_before) if bound]
    before = max(befores, key=lambda bound: bound.instant) if befores else None
    after = min(known.not_after, newer.not_after, key=lambda bound: bound.instant)
    if before and before.instant > after.instant:
        return known
    return replace(known, not_before=before, not_after=after)


def suggested(proposal: Proposal) -> tuple[Suggestion, ...]:
    """Codes for a proposal, on the last day on which it can have become public."""
    return suggestions(proposal.company, proposal.not_after.instant.date())


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a file against other writers; LedgerError when another one is at it.

    Its folder is made; where nothing was put there, it goes again.
    """
    refuse_address(path, LedgerError, written=True)
    folder = path.absolute().parent
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with held_alone(path, timeout=0.2):
            yield
    except Timeout:
        raise LedgerError(f"{path} is being written by another process; wait for it to end") from None
    except OSError as error:
        raise LedgerError(f"{path} cannot be written ({error.strerror}); choose another file") from None
    finally:
        if made:
            with suppress(OSError):  # something is in it
                folder.rmdir()


def accept(
    ids: Sequence[str],
    *,
    proposals: Path,
    ledger: Path,
    codes: Mapping[str, str] | None = None,
    shipped: bool = False,
) -> tuple[Launch, ...]:
    """Append proposed launches to a ledger and mark them accepted; no ids mean all that are still proposed.

    `codes` maps ids to a cell of codes as in a ledger, such as `9988.HK:issuer`. A new ledger is empty at first, or with
    `shipped` begins with the rows of the shipped one. An acceptance that was killed half-way goes on. Unknown ids, and ids
    that the ledger has for another launch, are LedgerError; then nothing is written.
    """
    if not is_there(proposals):
        raise LedgerError(f"there is no file of proposals {proposals}; {ADVICE}")
    with held(proposals), held(ledger):
        rows = {row.proposal.id: row for row in read_proposals(proposals)}
        wanted = list(dict.fromkeys(ids)) or [name for name, row in rows.items() if row.status == PROPOSED]
        for name in (*wanted, *(codes or ())):
            if name not in rows:
                raise LedgerError(
                    f"{proposals} proposes no {name!r}{did_you_mean(name, rows)}; see `launches list`"
                )
        if not wanted:
            return ()
        text = _text_of(ledger, shipped=shipped)
        present = _present(ledger, shipped=shipped)
        if shipped and any(launch.id not in present for launch in load_launches()):
            raise LedgerError(
                f"`shipped` begins a new ledger, and {ledger} is there without the shipped launches; leave it out, or name "
                "another `ledger`"
            )
        chosen = [
            replace(_with_codes(rows[name], (codes or {}).get(name)), status=ACCEPTED) for name in wanted
        ]
        launches = tuple(row.proposal.to_launch() for row in chosen)
        twice = [
            launch.id for launch in launches if launch.id in present and not _is(launch, present[launch.id])
        ]
        if twice:
            raise LedgerError(f"the ledger {ledger} has {', '.join(twice)} already; it is append-only")
        launches = tuple(launch for launch in launches if launch.id not in present)
        if launches:
            load_launches([launch.as_row() for launch in launches])
        write_whole(ledger, _cells(launches, text))
        write_proposals(proposals, (rows | dict(zip(wanted, chosen, strict=True))).values())
    return launches


def append(launch: Launch, ledger: Path) -> None:
    """Append one launch to a ledger; an id that it has already is LedgerError.

    A launch with the moment at which it was `recorded` corrects the ledger's row of that id, which stays.
    """
    with held(ledger):
        text, present = _text_of(ledger), _present(ledger)
        if launch.recorded is None and launch.id in present:
            raise LedgerError(f"the ledger {ledger} has {launch.id} already; it is append-only")
        if launch.recorded is not None:
            _check_correction(launch, present, ledger)
        write_whole(ledger, _cells((launch,), text))


def _check_correction(launch: Launch, present: Mapping[str, Launch], ledger: Path) -> None:
    """LedgerError for a correction of nothing, one that changes nothing, and one older than the last."""
    if launch.id not in present:
        raise LedgerError(
            f"the ledger {ledger} has no {launch.id!r}{did_you_mean(launch.id, present)} to correct"
        )
    last = present[launch.id]
    if _is(replace(launch, recorded=last.recorded), last):
        raise LedgerError(f"{launch.id} stands so in the ledger {ledger} already; nothing is to be corrected")
    if last.recorded and launch.recorded and launch.recorded <= last.recorded:
        raise LedgerError(
            f"{launch.id} was corrected at {last.recorded.isoformat()}; a later correction is recorded later"
        )


def _present(ledger: Path, *, shipped: bool = False) -> dict[str, Launch]:
    """The launches that a ledger has, or will begin with, by id."""
    if not is_there(ledger) and not shipped:
        return {}
    return {launch.id: launch for launch in load_launches(ledger if is_there(ledger) else None)}


def _is(launch: Launch, held_launch: Launch) -> bool:
    """Whether a ledger's row is this launch, whatever roles its codes were given when it was read."""
    bare = [
        replace(row, codes=tuple(LaunchCode(link.code) for link in row.codes))
        for row in (launch, held_launch)
    ]
    return bare[0] == bare[1]


def _text_of(ledger: Path, *, shipped: bool = False) -> str:
    """The text of a ledger, or what a new one begins with, ending with a line's end."""
    if not is_there(ledger) and not shipped:
        return ",".join(COLUMNS) + "\n"
    content = read_bytes(ledger if is_there(ledger) else SHIPPED, error=LedgerError)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise LedgerError(
            f"the ledger {ledger} is not UTF-8 text; save it as CSV (UTF-8) to append to it"
        ) from None
    return text if text.endswith("\n") else text + "\n"


def _cells(launches: Sequence[Launch], text: str) -> str:
    """The text of a ledger with the lines of launches behind it, in the order of the columns that its first line names.

    Columns that it does not have yet are added to the first line; the cells of older rows stay empty there.
    """
    first, end, rest = text.partition("\n")
    names = [name.strip() for name in next(csv.reader([first.lstrip("\ufeff")]), [])]
    missing = [name for name in COLUMNS[:-1] if name not in names]
    if missing:
        raise LedgerError(
            f"the ledger has no column {', '.join(missing)} between commas; save it as CSV to append"
        )
    rows = [launch.as_row() for launch in launches]
    more = [name for name in ALL_COLUMNS if name not in names and any(row.get(name) for row in rows)]
    ending = "\r" if first.endswith("\r") else ""
    lines = io.StringIO()
    writer = csv.DictWriter(
        lines, [*names, *more], lineterminator=f"{ending}\n", extrasaction="ignore", restval=""
    )
    writer.writerows(rows)
    header = ",".join((first.removesuffix("\r"), *more)) + ending
    return header + end + rest + lines.getvalue()


def _with_codes(row: Proposed, cell: str | None) -> Proposed:
    return row if cell is None else replace(row, proposal=replace(row.proposal, codes=codes_of(cell)))


def codes_of(cell: str) -> tuple[LaunchCode, ...]:
    """The codes of a cell `CODE;CODE:role;CODE:role:since`; LedgerError where a role or a day is unknown."""
    codes: list[LaunchCode] = []
    for part in filter(None, (part.strip() for part in cell.split(";"))):
        code, role, day = (piece.strip() for piece in f"{part}::".split(":", 2))
        if role and role not in LAUNCH_ROLES:
            raise LedgerError(unknown_word("role", role, LAUNCH_ROLES))
        try:
            since = as_date(day.rstrip(":")) if day.rstrip(":") else None
        except RuleError as error:
            raise LedgerError(f"{part}: {error}") from None
        codes.append(LaunchCode(code, role or None, since))
    return tuple(codes)


def _read(row: Mapping[str | None, Any]) -> Proposed:
    """A row of csv.DictReader: what is missing at its end is None there, what is too much stands under None."""
    named = {name: cell for name, cell in row.items() if name is not None}
    cells = sum(cell is not None for cell in named.values()) + len(row.get(None, ()))
    if cells != len(named):
        raise ValueError(f"{cells} cells where the heading has {len(named)}")
    evidence = evidence_of(row["evidence"])
    before = _bound(named, "not_before", evidence) if row["not_before"] else None
    after = _bound(named, "not_after", evidence)
    if row["kind"] not in KINDS:
        raise ValueError(f"kind {row['kind']!r} is unknown{did_you_mean(row['kind'], KINDS)}")
    if row["status"] not in STATUSES:
        raise ValueError(f"status {row['status']!r} is unknown; use {', '.join(STATUSES)}")
    if before and before.instant > after.instant:
        raise ValueError("not_before is later than not_after")
    texts = (row["id"], row["company"], row["product"], row["kind"])
    return Proposed(Proposal(*texts, after, before, codes_of(row["codes"]), row["note"]), row["status"])


def _bound(row: Mapping[str, str], side: str, evidence: Mapping[str, Evidence]) -> Bound:
    instant, seen = moment(row[side]), evidence.get(side)
    if instant is None:
        raise ValueError(f"{side} {row[side]!r} is no instant with a zone")
    if seen is None or seen.read_at is None:
        raise ValueError(f"the evidence of {side} names no clock and no time of reading")
    return Bound(instant, seen)
