"""What the store knows about one code: its sources, their revisions, and which source is read."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ..errors import StoreError

FORMAT = 1


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


@dataclass(frozen=True)
class Manifest:
    """All revisions of one code, oldest first; `asked` is the span requested so far from each provider."""

    code: str
    current: str
    rule: str
    asked: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    revisions: tuple[Revision, ...] = ()

    def latest(self, provider: str | None = None) -> Revision | None:
        """The newest revision of a provider (default: the one that is read)."""
        wanted = provider or self.current
        return next((one for one in reversed(self.revisions) if one.provider == wanted), None)

    def with_revision(self, revision: Revision, *, supersedes: bool) -> "Manifest":
        """The manifest with one more revision; a superseded file of its provider is no longer named."""
        kept = tuple(
            replace(one, file=None) if supersedes and one == self.latest(revision.provider) else one
            for one in self.revisions
        )
        return replace(self, revisions=(*kept, revision))

    def to_bytes(self) -> bytes:
        return (json.dumps({"format": FORMAT, **asdict(self)}, indent=1, ensure_ascii=False) + "\n").encode()


def read_manifest(path: Path) -> Manifest | None:
    """The manifest at `path`, None when there is none; one that cannot be understood is an error."""
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path} cannot be read ({error}); delete its folder and fetch the code again"
        ) from None
    if content.get("format") != FORMAT:
        raise StoreError(
            f"{path} has format {content.get('format')!r}, this version reads {FORMAT}; "
            "upgrade launchlab or fetch into a new store"
        )
    try:
        return Manifest(
            code=content["code"],
            current=content["current"],
            rule=content["rule"],
            asked={name: (span[0], span[1]) for name, span in content["asked"].items()},
            revisions=tuple(
                Revision(**{**row, "notes": tuple(row["notes"])}) for row in content["revisions"]
            ),
        )
    except (KeyError, TypeError) as error:
        raise StoreError(
            f"{path} is incomplete ({error}); delete its folder and fetch the code again"
        ) from None
