"""The tables of a sweep: points.parquet, one row per point, and analyzers.jsonl where analyzers found something."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ...data.arrays import I8
from ...data.bars.arrow import taken, to_arrow
from ...data.files import put_file
from .chunk import Chunk
from .folder import ANALYZERS, POINTS
from .job import SweepJob
from .points import METRICS

COUNTS = ("fills", "blocked")
FLAG = "fallback"


class SweepTable:
    """Writes the tables, chunk after chunk; what was written is there and readable, also after a failure."""

    def __init__(self, folder: Path, job: SweepJob) -> None:
        self.folder, self.grid, self.words, self.together = folder, job.grid, job.words, job.rows_together
        self.values = {name: column_of(values) for name, values in job.grid.values.items()}
        numbers = {name: metric_type(name) for name in METRICS}
        fields = [*((name, column.type) for name, column in self.values.items()), *numbers.items()]
        self.schema = pa.schema([*fields, *((name, pa.string()) for name in self.words)])
        self.waiting: list[tuple[I8, Chunk]] = []
        self.lines: IO[str] | None = None

    def __enter__(self) -> "SweepTable":
        (self.folder / ANALYZERS).unlink(missing_ok=True)
        hidden = self.folder / f".{POINTS}"
        self.writer = pq.ParquetWriter(hidden, self.schema, use_dictionary=list(self.values))
        return self

    def write(self, numbers: I8, chunk: Chunk) -> None:
        """The rows of a chunk, at least `rows_together` in one row group."""
        self.waiting.append((numbers, chunk))
        if sum(len(some) for some, _ in self.waiting) >= self.together:
            self._flush()
        for number, error, analysis in zip(numbers, chunk.errors, chunk.analyses, strict=False):
            if not error and analysis != "{}":
                self._line(int(number), json.loads(analysis))

    def _flush(self) -> None:
        if not self.waiting:
            return
        numbers, chunks = zip(*self.waiting, strict=True)
        self.waiting = []
        self._write(np.concatenate(numbers), chunks)

    def _write(self, numbers: I8, chunks: tuple[Chunk, ...]) -> None:
        """One row group; a count that is NaN is null."""
        levels, metrics = self.grid.levels(numbers), np.concatenate([chunk.metrics for chunk in chunks])
        columns = [taken(column, levels[name]) for name, column in self.values.items()]
        for name, values in zip(METRICS, metrics.T, strict=True):
            kind = self.schema.field(name).type.to_pandas_dtype()
            unknown = np.isnan(values) if name in (*COUNTS, FLAG) else np.zeros(len(values), np.bool_)
            columns.append(to_arrow(np.where(unknown, 0.0, values).astype(kind), unknown))
        errors = [error or None for chunk in chunks for error in chunk.errors]
        columns += [pa.array(errors, pa.string()) for _ in self.words]
        self.writer.write_table(pa.table(columns, schema=self.schema), row_group_size=len(numbers))

    def _line(self, number: int, analysis: Mapping[str, Any]) -> None:
        if self.lines is None:
            self.lines = (self.folder / f".{ANALYZERS}").open("w", encoding="utf-8")
        self.lines.write(
            json.dumps({**self.grid.point(number), **analysis}, ensure_ascii=False, default=str) + "\n"
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flush()
        self.writer.close()
        put_file(self.folder / f".{POINTS}", self.folder / POINTS)
        if self.lines is not None:
            self.lines.close()
            put_file(self.folder / f".{ANALYZERS}", self.folder / ANALYZERS)


def metric_type(name: str) -> pa.DataType:
    """How a metric stands in points.parquet."""
    return pa.int32() if name in COUNTS else pa.bool_() if name == FLAG else pa.float64()


def column_of(values: tuple[Any, ...]) -> pa.Array:
    """The values of a parameter: numbers as numbers, a rule that is off as null, words joined by `+`."""
    if any(isinstance(value, tuple | list) for value in values):
        return pa.array(["+".join(map(str, value)) for value in values])
    if any(isinstance(value, float) for value in values) or all(value is None for value in values):
        off = np.array([value is None for value in values])
        return to_arrow(np.array([0.0 if value is None else float(value) for value in values]), off)
    if all(type(value) is int for value in values):
        return to_arrow(np.array(values, np.int64))
    return pa.array([_word(value) for value in values])


def _word(value: Any) -> Any:
    """What stands for a value that is no number; a class is known by its name, wherever it lies in memory."""
    plain = value is None or isinstance(value, bool | int | str)
    return value if plain else getattr(value, "__qualname__", None) or str(value)
