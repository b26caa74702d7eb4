"""What became of each code that was fetched."""

import re
from dataclasses import dataclass
from pathlib import Path

from ..bars.reconcile import Agreement
from .manifest import Revision

FETCHED, KEPT, FAILED = "fetched", "kept", "failed"
# What stands before a reason and differs from code to code: until when the source rests, and the code.
RESTING = re.compile(r"not asked until .*?, the last: ")
OF_A_CODE = re.compile(r"(\^[A-Z]+|\d+(\.[A-Z]+)?): ")


@dataclass(frozen=True)
class Tried:
    """A source that was asked, or passed over, before the one that answered, and its reason."""

    source: str
    reason: str

    @property
    def plain(self) -> str:
        """The reason without the code that it was given for, so that equal ones can be counted.

        >>> Tried("a", "not asked until 9:00, after 3 failures in a row, the last: 0700.HK: a did not answer").plain
        'a did not answer'
        """
        told = RESTING.sub("", self.reason)
        return OF_A_CODE.sub("", told, count=1) if OF_A_CODE.match(told) else told


@dataclass(frozen=True)
class Shared:
    """A reason that a source gave for `codes`, in their order."""

    source: str
    reason: str
    codes: tuple[str, ...]

    def __str__(self) -> str:
        count = self.codes[0] if len(self.codes) == 1 else f"{len(self.codes)} codes"
        return f"{self.source}, {count}: {self.reason}"


@dataclass(frozen=True)
class FetchOutcome:
    """What became of one code: `status` fetched, kept (already in the store) or failed, and why in `message`.

    `source` answered; those in `tried` did not, each with its reason. `agreement` holds the bars against the source
    they were to be compared with.
    """

    code: str
    status: str
    message: str
    revision: Revision | None = None
    source: str = ""
    tried: tuple[Tried, ...] = ()
    agreement: Agreement | None = None

    @property
    def brief(self) -> str:
        """The outcome as a line that leaves the sources' reasons to `FetchReport.reasons`."""
        if not self.tried:
            return str(self)
        names = ", ".join(dict.fromkeys(one.source for one in self.tried))
        if self.status == FAILED:
            return f"{self.code:<10} {self.status:<8} not from {names}"
        text = self.message
        for one in self.tried:
            text = text.replace(f"; {one.source}: {one.reason}", "")
        return f"{self.code:<10} {self.status:<8} {text}, not from {names}"

    def to_json(self) -> dict[str, object]:
        row: dict[str, object] = {"code": self.code, "status": self.status, "message": self.message}
        if self.revision is not None:
            row |= {name: getattr(self.revision, name) for name in ("rows", "first", "last", "provider")}
            row |= {
                name: getattr(self.revision, name) for name in ("errors", "warnings", "changed", "removed")
            }
        row["tried"] = [{"source": one.source, "reason": one.reason} for one in self.tried]
        if self.agreement is not None:
            row["agreement"] = self.agreement.to_json()
        return row

    def __str__(self) -> str:
        return f"{self.code:<10} {self.status:<8} {self.message}"


@dataclass(frozen=True)
class FetchReport:
    """Outcomes in the order of the codes asked for, names that are no codes, and the folder of the store.

    `skipped` says which sources could not be asked at all, and why.
    """

    outcomes: tuple[FetchOutcome, ...]
    warnings: tuple[str, ...] = ()
    store: Path | None = None
    skipped: tuple[str, ...] = ()

    def of(self, status: str) -> tuple[FetchOutcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.status == status)

    @property
    def complete(self) -> bool:
        return not self.of(FAILED)

    @property
    def sources(self) -> dict[str, int]:
        """How many codes each source answered, fetched or kept."""
        counts: dict[str, int] = {}
        for outcome in self.outcomes:
            if outcome.source and outcome.status != FAILED:
                counts[outcome.source] = counts.get(outcome.source, 0) + 1
        return dict(sorted(counts.items()))

    @property
    def reasons(self) -> tuple[Shared, ...]:
        """Why sources did not answer, equal reasons of one source together, most codes first."""
        codes: dict[tuple[str, str], list[str]] = {}
        for outcome in self.outcomes:
            for one in outcome.tried:
                codes.setdefault((one.source, one.plain), []).append(outcome.code)
        shared = [Shared(*key, tuple(dict.fromkeys(held))) for key, held in codes.items()]
        return tuple(sorted(shared, key=lambda one: -len(one.codes)))

    def to_json(self) -> dict[str, object]:
        counts = {status: len(self.of(status)) for status in (FETCHED, KEPT, FAILED)}
        told = [outcome.to_json() for outcome in self.outcomes]
        return {**counts, "sources": self.sources, "skipped": list(self.skipped), "codes": told}

    @property
    def counts(self) -> str:
        """`2 fetched, 0 kept, 0 failed`."""
        return ", ".join(f"{len(self.of(status))} {status}" for status in (FETCHED, KEPT, FAILED))

    def __str__(self) -> str:
        return "\n".join([*(str(outcome) for outcome in self.outcomes), self.counts])
