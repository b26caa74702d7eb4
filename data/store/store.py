"""The store: raw bars of each code in one parquet file, with the history of where they came from.

    <store>/store.json                       marks the folder as a store
    <store>/codes/<CODE>/manifest.json       sources, revisions, which is read: the commit point of every write
    <store>/codes/<CODE>/<provider>-<n>-<sha>.parquet
    <store>/codes/<CODE>/minutes/            bars of minutes, with a manifest of their own (`minutes.py`)

A write makes the new parquet file first and replaces the manifest last, both atomically and under the code's lock, so
a reader (which takes no lock) sees the old state or the new one.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from ..addresses import refuse_address
from ..bars.arrow import metadata
from ..bars.bars import Bars
from ..bars.files import table_to_bars
from ..bars.folder import BarsFolder
from ..bars.layout import TOLD, bars_to_parquet
from ..bars.merge import compare_bars, factor_apart, merge_bars
from ..bars.reconcile import Agreement
from ..bars.text import read_parquet
from ..doors import exists, is_file, is_folder, read_bytes
from ..errors import DataError, StoreError, did_you_mean
from .lock import Lock, keep_file
from .manifest import FORMAT, Manifest, Revision, read_manifest
from .memory import BarsInMemory

ENVIRONMENT = "LAUNCHLAB_STORE"
MARKER = "store.json"


def default_store() -> Path:
    """LAUNCHLAB_STORE if set, else a folder of the platform's user data."""
    import platformdirs

    given = os.environ.get(ENVIRONMENT)
    return Path(given) if given else platformdirs.user_data_path("launchlab", appauthor=False) / "store"


@dataclass(frozen=True)
class Asked:
    """What was requested and when: the span of days (ISO, both included) and the moment (ISO, UTC)."""

    first: str
    last: str
    fetched_at: str
    errors: int = 0
    warnings: int = 0


@dataclass(frozen=True)
class Store:
    """A folder of bars; cheap to make, touches the disk only when read or written."""

    root: Path

    def __post_init__(self) -> None:
        refuse_address(self.root, StoreError, written=True)

    def folder(self, code: str) -> Path:
        """Where a code's files are; what is no name of a folder is a StoreError."""
        if code in ("", ".", "..") or set(code) & set("/\\\0"):
            raise StoreError(f"{code!r} is no code; the store has a folder for each, such as codes/0700.HK")
        return self.root / "codes" / code

    def codes(self) -> tuple[str, ...]:
        """Codes with bars, sorted."""
        folder = self.root / "codes"
        if not is_folder(folder):
            return ()
        try:
            return tuple(sorted(path.name for path in folder.iterdir() if (path / "manifest.json").is_file()))
        except OSError as error:
            raise StoreError(f"{folder} cannot be listed ({error.strerror}); check its permissions") from None

    def manifest(self, code: str) -> Manifest | None:
        """What the store knows of a code, None where it has nothing; another code's manifest is a StoreError."""
        path = self.folder(code) / "manifest.json"
        manifest = read_manifest(path)
        if manifest is not None and manifest.code != code:
            raise StoreError(f"{path} is that of {manifest.code}; put it back into its own folder")
        return manifest

    def read(self, code: str, provider: str | None = None) -> Bars:
        """Bars of a code from the provider that wins, or from the one named; their bytes are verified."""
        for _ in range(3):
            manifest = self.manifest(code)
            revision = manifest.latest(provider) if manifest else None
            if revision is None or revision.file is None:
                raise DataError(self._missing(code, provider, manifest))
            path = self.folder(code) / revision.file
            if not exists(path):
                continue  # superseded by a writer after we read the manifest
            content = read_bytes(path, error=StoreError, advice=f"fetch {code} with `refresh=True`")
            return _content_to_bars(code, content, revision, path)
        raise StoreError(
            f"{self.folder(code)} has lost the file of its last revision; fetch {code} with `refresh=True`"
        )

    def iter_bars(self, codes: Sequence[str] | None = None) -> Iterator[Bars]:
        """Bars of each code, one at a time; all codes when None."""
        for code in self.codes() if codes is None else dict.fromkeys(codes):
            yield self.read(code)

    def add(self, bars: Bars, asked: Asked, *, preference: Sequence[str] = ()) -> Revision:
        """Merge newly fetched bars into the store; returns the code's latest revision of that provider.

        Within the asked span the new bars replace the stored ones. A change of the past keeps both revisions; an
        extension supersedes the file before. `preference` lists providers, most believed first, and is recorded.
        """
        folder = self.folder(bars.code)
        with self.locked(folder):
            provider = str(bars.source.get("provider", "files"))
            manifest = self.manifest(bars.code) or Manifest(bars.code, provider, "")
            _remove_orphans(folder, manifest)
            before = manifest.latest(provider)
            old = self._readable(bars.code, provider) if before else None
            if old is None:
                manifest = replace(manifest, asked={k: v for k, v in manifest.asked.items() if k != provider})
            merged = merge_bars(old, bars, asked.first, asked.last)
            if old is not None and (apart := factor_apart(old, merged)):
                raise StoreError(
                    f"{bars.code}: {apart}; nothing was written: delete {folder} if what is stored is wrong, and fetch again"
                )
            manifest = _with_span(_with_winner(manifest, provider, preference), provider, asked)
            changes = compare_bars(old, merged)
            if before is not None and old is not None and not changes.any:
                self._commit(folder, manifest)
                return before
            content = bars_to_parquet(merged)
            digest = hashlib.sha256(content).hexdigest()
            number = before.number + 1 if before else 1
            revision = Revision(
                number=number,
                provider=provider,
                version=str(bars.source.get("version", "")),
                fetched_at=asked.fetched_at,
                file=f"{provider}-{number:04d}-{digest[:12]}.parquet",
                sha256=digest,
                rows=len(merged),
                first=str(merged.sessions[0]),
                last=str(merged.sessions[-1]),
                errors=asked.errors,
                warnings=asked.warnings,
                added=changes.added,
                changed=changes.changed,
                removed=changes.removed,
                notes=changes.notes,
            )
            keep_file(folder / str(revision.file), content)
            supersedes = before is not None and not changes.past
            self._commit(folder, manifest.with_revision(revision, supersedes=supersedes))
            if supersedes and before is not None and before.file not in (None, revision.file):
                (folder / str(before.file)).unlink(missing_ok=True)
            return revision

    def note(self, agreement: Agreement, moment: str) -> None:
        """Keep how far two sources of a code agree in its manifest, the first few differences with it."""
        folder = self.folder(agreement.code)
        with self.locked(folder):
            manifest = self.manifest(agreement.code)
            if manifest is not None:
                self._commit(folder, manifest.with_agreement(agreement, moment))

    def _readable(self, code: str, provider: str) -> Bars | None:
        """The stored bars, None when their file is lost or damaged: what is being added replaces them."""
        try:
            return self.read(code, provider)
        except (StoreError, DataError):
            return None

    def _commit(self, folder: Path, manifest: Manifest) -> None:
        content = manifest.to_bytes()
        path = folder / "manifest.json"
        if not path.exists() or path.read_bytes() != content:
            keep_file(path, content)

    def locked(self, folder: Path) -> Lock:
        """The lock of a folder of the store, which is marked as one."""
        marker = self.root / MARKER
        if not exists(marker):
            with Lock(self.root):
                if not exists(marker):
                    keep_file(marker, f'{{"format": {FORMAT}}}\n'.encode())
        return Lock(folder)

    def _missing(self, code: str, provider: str | None, manifest: Manifest | None) -> str:
        if manifest is not None:
            have = ", ".join(sorted({revision.provider for revision in manifest.revisions}))
            return f"{code} has no bars from {provider} in {self.root}, only from {have}; fetch it with that provider"
        hint = did_you_mean(code, self.codes())
        return f"{code} is not in the store {self.root}{hint}; run `ll.fetch('{code}')`"


Prices = Path | Store | BarsFolder | BarsInMemory


def is_store(folder: Path) -> bool:
    """Whether a folder is a store: it holds the marker of one."""
    return is_file(Path(folder) / MARKER)


def open_prices(prices: Prices) -> Store | BarsFolder | BarsInMemory:
    """The store, folder or zip at a path; what is open already is handed back."""
    if isinstance(prices, (Store, BarsFolder, BarsInMemory)):
        return prices
    return Store(Path(prices)) if is_store(prices) else BarsFolder(Path(prices))


def iter_prices(prices: Prices, codes: Sequence[str] | None = None) -> Iterator[Bars]:
    """Bars of each code, one at a time, from memory, a store, or a folder or zip of files."""
    return open_prices(prices).iter_bars(codes)


def _content_to_bars(code: str, content: bytes, revision: Revision, path: Path) -> Bars:
    if hashlib.sha256(content).hexdigest() != revision.sha256:
        raise StoreError(
            f"{path} is damaged (its sha256 is not the recorded one); fetch {code} with `refresh=True`"
        )
    table = read_parquet(content, str(path))
    if (said := (table.schema.metadata or {}).get(b"launchlab.code", code.encode())) != code.encode():
        raise StoreError(
            f"{path} holds bars of {said.decode('utf-8', 'replace')}; fetch {code} with `refresh=True`"
        )
    source = {
        "path": str(path),
        "sha256": revision.sha256,
        "rows": revision.rows,
        "provider": revision.provider,
        "version": revision.version,
        "fetched_at": revision.fetched_at,
        "revision": revision.number,
    }
    told = metadata(table, b"launchlab.")
    source |= {what: told[what] for what in TOLD if what in told}
    return table_to_bars(code, table, MappingProxyType(source))


def _remove_orphans(folder: Path, manifest: Manifest) -> None:
    """Delete parquet files that no revision names: their writer was killed before or after its commit."""
    named = {revision.file for revision in manifest.revisions}
    for path in folder.glob("*.parquet"):
        if path.name not in named and path.is_file():
            path.unlink(missing_ok=True)


def _with_winner(manifest: Manifest, provider: str, preference: Sequence[str]) -> Manifest:
    have = {revision.provider for revision in manifest.revisions} | {provider}
    ranked = [name for name in preference if name in have]
    current = ranked[0] if ranked else manifest.current
    return replace(
        manifest, current=current, rule=" > ".join(preference) or manifest.rule or "the first fetched"
    )


def _with_span(manifest: Manifest, provider: str, asked: Asked) -> Manifest:
    first, last = manifest.asked.get(provider, (asked.first, asked.last))
    span = (min(first, asked.first), max(last, asked.last))
    return replace(manifest, asked={**manifest.asked, provider: span})
