"""The folder of a sweep while it runs: what was asked, the chunks that are done, and the table they end in.

    sweep.json      what was asked; a resumed one must ask for the same
    parts/N.npy     metrics of chunk N, whole or not there
    points.parquet  one row per point: its parameters and metrics; a row group per chunk
    summary.json    written last: a folder that has it holds a finished sweep
    .lock           locked while a sweep writes here; the system lets go of it even when the sweep is killed

Nothing in points.parquet depends on time or on how often the sweep was stopped.
"""

import io
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from ...data.arrays import F8, I8
from ...data.bars.arrow import taken, to_arrow
from ...data.errors import ConfigError
from ...data.files import put_file, write_whole
from ..results.summary import SUMMARY, SweepSummary
from .grid import Grid
from .points import METRICS

ASKED, PARTS, POINTS = "sweep.json", "parts", "points.parquet"
TOP, PARETO = "top.csv", "pareto.csv"
COUNTS = ("fills", "blocked")
FLAG = "fallback"
LOCK = ".lock"


class SweepFolder:
    """One sweep's folder; every file in it appears whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # one lock per process and folder: whoever holds it here may begin again
        self._lock = FileLock(path.absolute() / LOCK, is_singleton=True)

    @property
    def finished(self) -> bool:
        """Whether a sweep has ended here."""
        return (self.path / SUMMARY).is_file()

    def begin(self, asked: Mapping[str, Any], *, resume: bool) -> None:
        """Make the folder ready for a sweep that asks for `asked` (plain JSON values), and keep others out of it.

        A finished sweep that asked for the same is made again. ConfigError when another would be mixed with it or
        lost, when an unfinished one would be lost, and while another process sweeps into this folder.
        """
        try:
            self._refuse_strangers()
            if resume and not self._has_sweep():
                raise ConfigError(f"{self.path} holds no sweep to resume; leave out `resume` to start one")
            self._hold()
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be written to ({error.strerror}); choose another folder"
            ) from None
        try:
            self._prepare(json.dumps(asked, indent=2, ensure_ascii=False) + "\n", resume)
        except ConfigError:
            self._lock.release(force=True)
            raise

    def _prepare(self, text: str, resume: bool) -> None:
        if self._has_sweep():
            if resume:
                self._refuse_another(
                    json.loads(text), "was started with", "ask for the same with `resume=True`"
                )
                return
            if not self.finished:
                raise ConfigError(
                    f"{self.path} holds an unfinished sweep; continue it with `resume=True`, "
                    "remove it, or choose another folder"
                )
            self._refuse_another(json.loads(text), "holds a finished sweep with", "remove it")
            self._clear()
        (self.path / PARTS).mkdir(parents=True, exist_ok=True)
        write_whole(self.path / ASKED, text)

    def _hold(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ConfigError(
                f"another sweep is writing to {self.path}; wait for its end, or choose another folder"
            ) from None

    def _has_sweep(self) -> bool:
        return (self.path / ASKED).is_file()

    def _refuse_strangers(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise ConfigError(f"{self.path} is a file; choose another folder")
        if self.path.is_dir() and not self._has_sweep() and self._entries():
            raise ConfigError(f"{self.path} holds files that are not a sweep's; choose another folder")

    def _entries(self) -> list[Path]:
        return [one for one in self.path.iterdir() if one.name != LOCK]

    def _refuse_another(self, asked: Mapping[str, Any], found: str, advice: str) -> None:
        try:
            before = json.loads((self.path / ASKED).read_text(encoding="utf-8"))
        except ValueError:
            raise ConfigError(f"{self.path / ASKED} is damaged; remove {self.path} and start again") from None
        difference = first_difference(before, asked)
        if difference:
            raise ConfigError(f"{self.path} {found} {difference}; {advice}, or choose another folder")

    def _clear(self) -> None:
        """Remove a finished sweep, its mark of completeness first."""
        for name in (SUMMARY, ASKED):
            (self.path / name).unlink(missing_ok=True)
        for old in self._entries():
            shutil.rmtree(old) if old.is_dir() else old.unlink()

    def part(self, chunk: int, points: int) -> F8 | None:
        """Metrics of a chunk that is done, None when it has to be computed (again)."""
        try:
            found: F8 = np.load(self.path / PARTS / f"{chunk:06d}.npy", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return found if found.shape == (points, len(METRICS)) else None

    def keep(self, chunk: int, metrics: F8) -> None:
        """Write the part of a chunk."""
        content = io.BytesIO()
        np.save(content, metrics, allow_pickle=False)
        write_whole(self.path / PARTS / f"{chunk:06d}.npy", content.getvalue())

    def end(self, summary: SweepSummary) -> None:
        """Mark the sweep finished, drop its parts, and let others in."""
        summary.write(self.path)
        shutil.rmtree(self.path / PARTS, ignore_errors=True)
        with suppress(OSError):  # where an open file cannot be removed, it stays
            (self.path / LOCK).unlink(missing_ok=True)
        self._lock.release(force=True)


def first_difference(before: Any, now: Any, name: str = "") -> str:
    """Where two plain values first differ, as `hold=1,2, not hold=1,2,3`; empty when they are the same."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*before, *now)):
            found = first_difference(before.get(key), now.get(key), f"{name}.{key}" if name else key)
            if found:
                return found
        return ""
    return "" if before == now else f"{name} {_short(before)}, not {_short(now)}"


def _short(value: Any) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


class PointsWriter:
    """Writes points.parquet, chunk after chunk; what was written is there and readable, also after a failure."""

    def __init__(self, folder: Path, grid: Grid, words: tuple[str, ...] = ()) -> None:
        """`words` are columns of text after the metrics."""
        self.folder, self.grid = folder, grid
        self.values = {name: column_of(values) for name, values in grid.values.items()}
        numbers = {name: pa.float64() for name in METRICS}
        numbers |= dict.fromkeys(COUNTS, pa.int32()) | {FLAG: pa.bool_()}
        fields = [*((name, column.type) for name, column in self.values.items()), *numbers.items()]
        fields += [(name, pa.string()) for name in words]
        self.schema = pa.schema(fields)
        self.hidden = folder / f".{POINTS}"

    def __enter__(self) -> "PointsWriter":
        self.writer = pq.ParquetWriter(self.hidden, self.schema, use_dictionary=list(self.values))
        return self

    def write(
        self, numbers: I8, metrics: F8, words: Mapping[str, Sequence[str | None]] | None = None
    ) -> None:
        """One row group; a count that is NaN is null."""
        levels = self.grid.levels(numbers)
        columns = [taken(column, levels[name]) for name, column in self.values.items()]
        for j, name in enumerate(METRICS):
            kind, values = self.schema.field(name).type.to_pandas_dtype(), metrics[:, j]
            unknown = np.isnan(values) if name in (*COUNTS, FLAG) else np.zeros(len(values), np.bool_)
            columns.append(to_arrow(np.where(unknown, 0.0, values).astype(kind), unknown))
        columns += [pa.array(column, pa.string()) for column in (words or {}).values()]
        self.writer.write_table(pa.table(columns, schema=self.schema), row_group_size=len(numbers))

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.writer.close()
        put_file(self.hidden, self.folder / POINTS)


def column_of(values: tuple[Any, ...]) -> pa.Array:
    """The values of a parameter: numbers as numbers, a rule that is off as null, words joined by `+`."""
    if any(isinstance(one, tuple | list) for one in values):
        return pa.array(["+".join(map(str, one)) for one in values])
    if any(isinstance(one, float) for one in values) or all(one is None for one in values):
        off = np.array([one is None for one in values])
        return to_arrow(np.array([0.0 if one is None else float(one) for one in values]), off)
    if all(type(one) is int for one in values):
        return to_arrow(np.array(values, np.int64))
    return pa.array([one if one is None or isinstance(one, bool | int | str) else str(one) for one in values])
