"""Bars of minutes in the store: of each code the sessions that were asked for, one series a source and a length.

    <store>/codes/<CODE>/minutes/manifest.json                    series, sessions asked, revisions: the commit point
    <store>/codes/<CODE>/minutes/<provider>-<length>m-<n>-<sha>.parquet

Writes are those of daily bars: the new file first, the manifest last, each whole, under the folder's lock.
"""

import hashlib
import io
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..arrays import Days
from ..doors import exists, is_folder, read_bytes, read_json, reason
from ..errors import DataError, StoreError
from ..minutes.read import PRICES, MinuteRows, content_to_rows
from ..minutes.stamps import LENGTHS, STAMPS
from .lock import keep_file
from .manifest import FORMAT, Revision, to_revision
from .store import Store

FOLDER, FILE = "minutes", "manifest.json"
COLUMNS = (*PRICES, "volume", "amount")
FEW = 10


@dataclass(frozen=True)
class Series:
    """Bars of `length` minutes of one code from one provider: the sessions that it was asked for, and their revisions."""

    provider: str
    length: int
    stamps: str
    asked: tuple[str, ...] = ()
    revisions: tuple[Revision, ...] = ()

    @property
    def latest(self) -> Revision | None:
        """The newest revision; None where the source had nothing for any session."""
        return self.revisions[-1] if self.revisions else None


@dataclass(frozen=True)
class StoredMinutes:
    """The minute bars of a store; cheap to make, touches the disk only when read or written."""

    store: Store

    @property
    def path(self) -> Path:
        """Where they are."""
        return self.store.root

    def folder(self, code: str) -> Path:
        """Where the minute bars of a code are."""
        return self.store.folder(code) / FOLDER

    def codes(self) -> tuple[str, ...]:
        """Codes with minute bars, sorted."""
        place = self.store.root / "codes"
        found = place.glob(f"*/{FOLDER}/{FILE}") if is_folder(place) else ()
        codes = sorted(path.parent.parent.name for path in found)
        return tuple(code for code in codes if any(one.latest for one in self.series(code)))

    def series(self, code: str) -> tuple[Series, ...]:
        """The series of a code, shortest bars first; a manifest that cannot be understood is a StoreError."""
        path = self.folder(code) / FILE
        if not exists(path):
            return ()
        advice = f"delete {path.parent} and fetch the minutes again"
        content = read_json(path, error=StoreError, advice=advice)
        try:
            if content["format"] != FORMAT or content["code"] != code:
                raise ValueError(f"format {content['format']} of {content['code']}")
            return tuple(_series(row) for row in content["series"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise StoreError(f"{path} is incomplete or damaged ({reason(error)}); {advice}") from None

    def read(self, code: str) -> tuple[MinuteRows, ...]:
        """The bars of each series that has any, shortest first, `source["stamps"]` among what is told; bytes are verified."""
        return tuple(self._rows(code, one) for one in self.series(code) if one.latest)

    def add(self, rows: MinuteRows, series: Series, asked: Collection[str], moment: str) -> Series:
        """Keep what the source of a series answered for the sessions `asked`; the series as it is then.

        A session that comes again takes the place of the stored one, and both revisions stay if it differs; one that
        the source no longer has is kept.
        """
        code = rows.code
        folder = self.folder(code)
        with self.store.locked(folder):
            have = list(self.series(code))
            before = next((one for one in have if _key(one) == _key(series)), series)
            _remove_orphans(folder, have)
            old = self._readable(code, before)
            merged, added, changed = _merged(old, rows)
            known = set(before.asked) if old is not None or before.latest is None else set()
            after = replace(before, asked=tuple(sorted(known | set(asked))))
            superseded = None
            if old is None or added or changed:
                revision = self._revision(folder, merged, series, before, moment)
                revision = replace(
                    revision, added=len(added), changed=len(changed), notes=tuple(changed[:FEW])
                )
                kept = before.revisions
                if before.latest and not changed:
                    superseded = before.latest.file
                    kept = (*kept[:-1], replace(kept[-1], file=None))
                after = replace(after, revisions=(*kept, revision))
            others = [one for one in have if _key(one) != _key(series)]
            self._commit(folder, code, [*others, after])
            latest = after.latest
            if superseded and latest and superseded != latest.file:
                (folder / superseded).unlink(missing_ok=True)
            return after

    def _revision(
        self, folder: Path, rows: MinuteRows, series: Series, before: Series, moment: str
    ) -> Revision:
        content = _to_parquet(rows)
        digest = hashlib.sha256(content).hexdigest()
        number = before.latest.number + 1 if before.latest else 1
        name = f"{series.provider}-{series.length}m-{number:04d}-{digest[:12]}.parquet"
        keep_file(folder / name, content)
        return Revision(
            number=number,
            provider=series.provider,
            version=str(rows.source.get("version", "")),
            fetched_at=moment,
            file=name,
            sha256=digest,
            rows=len(rows),
            first=str(rows.day[0]),
            last=str(rows.day[-1]),
        )

    def _commit(self, folder: Path, code: str, series: list[Series]) -> None:
        rows = [asdict(one) for one in sorted(series, key=lambda one: (one.length, one.provider))]
        text = json.dumps({"format": FORMAT, "code": code, "series": rows}, indent=1, ensure_ascii=False)
        content = (text + "\n").encode()
        path = folder / FILE
        if not path.exists() or path.read_bytes() != content:
            keep_file(path, content)

    def _readable(self, code: str, series: Series) -> MinuteRows | None:
        """The stored rows; None where there are none, or their file is lost or damaged: what is added replaces them."""
        try:
            return self._rows(code, series) if series.latest else None
        except (StoreError, DataError):
            return None

    def _rows(self, code: str, series: Series) -> MinuteRows:
        latest = series.latest
        if latest is None or latest.file is None:
            raise DataError(f"{code} has no minute bars in {self.store.root}; fetch them")
        path = self.folder(code) / latest.file
        advice = f"fetch the minutes of {code} with `refresh=True`"
        content = read_bytes(path, error=StoreError, advice=advice)
        if hashlib.sha256(content).hexdigest() != latest.sha256:
            raise StoreError(f"{path} is damaged (its sha256 is not the recorded one); {advice}")
        source = {
            "path": str(path),
            "source": f"{series.provider}, fetched {latest.fetched_at}",
            "sha256": latest.sha256,
            "provider": series.provider,
            "stamps": series.stamps,
        }
        return replace(content_to_rows(content, str(path), code), source=source)


def _key(series: Series) -> tuple[str, int]:
    return series.provider, series.length


def _merged(old: MinuteRows | None, new: MinuteRows) -> tuple[MinuteRows, list[str], list[str]]:
    """Stored and new rows together, and which sessions were added and which changed."""
    days = [str(day) for day in np.unique(new.day)]
    if old is None:
        return new, days, []
    stored = {str(day) for day in np.unique(old.day)}
    added = [day for day in days if day not in stored]
    changed = [day for day in days if day in stored and not _same(old, new, np.datetime64(day))]
    stays = ~np.isin(old.day, new.day)
    columns: Mapping[str, Any] = {
        name: np.concatenate([getattr(old, name)[stays], getattr(new, name)])
        for name in ("day", "stamp", *COLUMNS)
    }
    order = np.argsort(columns["day"], kind="stable")
    return (
        replace(new, **{name: values[order] for name, values in columns.items()}),
        added,
        changed,
    )


def _same(old: MinuteRows, new: MinuteRows, day: np.datetime64) -> bool:
    a, b = old.day == day, new.day == day
    return all(
        np.array_equal(getattr(old, name)[a], getattr(new, name)[b], equal_nan=name in COLUMNS)
        for name in ("stamp", *COLUMNS)
    )


def _to_parquet(rows: MinuteRows) -> bytes:
    """The rows in the house format of minute files."""
    at: Days = rows.day.astype("M8[s]") + rows.stamp.astype("m8[m]")
    table = pa.table({"time": pa.array(at)} | {name: getattr(rows, name) for name in COLUMNS})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _series(row: Mapping[str, Any]) -> Series:
    revisions = tuple(to_revision(one) for one in row["revisions"])
    asked = tuple(str(np.datetime64(day, "D")) for day in row["asked"])
    if row["length"] not in LENGTHS or row["stamps"] not in STAMPS or not isinstance(row["provider"], str):
        raise ValueError(f"length {row['length']!r}, stamps {row['stamps']!r}")
    return Series(row["provider"], row["length"], row["stamps"], asked, revisions)


def _remove_orphans(folder: Path, series: list[Series]) -> None:
    """Delete files that no revision names: their writer was killed before or after its commit."""
    named = {revision.file for one in series for revision in one.revisions}
    for path in folder.glob("*.parquet"):
        if path.name not in named and path.is_file():
            path.unlink(missing_ok=True)
