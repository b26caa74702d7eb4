"""What the store knows about one code: its sources, their revisions, and which source is read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from ..bars.reconcile import Agreement
from ..doors import exists, read_json, reason
from ..errors import StoreError

FORMAT = 1
FEW = 10
AGREED = ("first", "second", "common", "equal_closes", "equal_bars", "volume_ratio", "differences")
REPAIR = "delete its folder and fetch the code again"


@dataclass(frozen=True)
class Revision:
    """One state of the bars of one code from one provider.

    `file` is the parquet file beside the manifest, None when a later revision holds the same rows and more.
    `added`, `changed`, `removed` count sessions against the revision before; `notes` name the first changes.
    """

    number: int
    provider: str
    version: str
    fetched_at: str
    file: str | None
    sha256: str
    rows: int
    first: str
    last: str
    errors: int = 0
    warnings: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    notes: tuple[str, ...] = ()


_COUNTS = tuple(each.name for each in fields(Revision) if each.type is int)


@dataclass(frozen=True)
class Manifest:
    """All revisions of one code, oldest first; `asked` is the span requested so far from each provider.

    `agreements` holds, by the names of two sources, how far they agree and when that was seen.
    """

    code: str
    current: str
    rule: str
    asked: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    revisions: tuple[Revision, ...] = ()
    agreements: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def latest(self, provider: str | None = None) -> Revision | None:
        """The newest revision of a provider (default: the one that is read)."""
        wanted = provider or self.current
        return next((row for row in reversed(self.revisions) if row.provider == wanted), None)

    def with_revision(self, revision: Revision, *, supersedes: bool) -> "Manifest":
        """The manifest with one more revision; a superseded file of its provider is no longer named."""
        kept = tuple(
            replace(before, file=None) if supersedes and before == self.latest(revision.provider) else before
            for before in self.revisions
        )
        return replace(self, revisions=(*kept, revision))

    def with_agreement(self, agreement: Agreement, moment: str) -> "Manifest":
        """The manifest with what is known of how two sources agree; the first FEW differences are named."""
        told = agreement.to_json()
        told["differences"] = [asdict(one) for one in agreement.differences[:FEW]]
        told["volume_ratio"] = round(agreement.volume_ratio, 6)
        row = {name: told[name] for name in AGREED} | {"seen_at": moment}
        return replace(self, agreements={**self.agreements, f"{agreement.first} and {agreement.second}": row})

    def to_bytes(self) -> bytes:
        content = {"format": FORMAT, **asdict(self)}
        if not self.agreements:
            del content["agreements"]
        return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def read_manifest(path: Path) -> Manifest | None:
    """The manifest at `path`, None when there is none; one that cannot be understood is a StoreError."""
    if not exists(path):
        return None
    content = read_json(path, error=StoreError, advice=REPAIR)
    if content.get("format") != FORMAT:
        raise StoreError(
            f"{path} has format {content.get('format')!r}, this version reads {FORMAT}; "
            "upgrade launchlab or fetch into a new store"
        )
    try:
        return Manifest(
            code=_text(content["code"]),
            current=_text(content["current"]),
            rule=_text(content["rule"]),
            asked={_text(name): _span(span) for name, span in content["asked"].items()},
            revisions=tuple(to_revision(row) for row in content["revisions"]),
            agreements={_text(name): dict(row) for name, row in content.get("agreements", {}).items()},
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{path} is incomplete or damaged ({reason(error)}); {REPAIR}") from None


def to_revision(row: Mapping[str, Any]) -> Revision:
    """A revision whose every cell is of its kind; a TypeError or ValueError says which is not."""
    revision = Revision(**{**row, "notes": tuple(_text(note) for note in row["notes"])})
    for name in _COUNTS:
        value = getattr(revision, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise TypeError(f"{name} is {value!r}")
    for name in ("provider", "version", "fetched_at", "sha256"):
        _text(getattr(revision, name))
    _span((revision.first, revision.last))
    file = revision.file
    if file is not None and (_text(file) != Path(file).name or not file.endswith(".parquet") or "\0" in file):
        raise ValueError(f"file {file!r} is no name of a file of bars")
    return revision


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _span(span: Sequence[str]) -> tuple[str, str]:
    """Two days as the manifest writes them."""
    first, last = span
    return date.fromisoformat(first).isoformat(), date.fromisoformat(last).isoformat()
