"""What became of each code that was fetched."""

from dataclasses import dataclass
from pathlib import Path

from ..bars.reconcile import Agreement
from .manifest import Revision

FETCHED, KEPT, FAILED = "fetched", "kept", "failed"


@dataclass(frozen=True)
class Tried:
    """A source that was asked, or passed over, before the one that answered, and its reason."""

    source: str
    reason: str


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
