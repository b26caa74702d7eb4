"""Columns of arrow from numpy arrays and back, without pandas.

pyarrow's own conversions import pandas wherever it is installed, and those that choose rows all of pyarrow.compute;
either takes longer than reading a small market.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..arrays import I8, Bool

TEXT = (pa.string(), pa.large_string())


def to_numpy(column: pa.ChunkedArray) -> NDArray[Any]:
    """A column as `column.to_numpy()` gives it: a null is NaN, NaT or None. Without pandas for what bars hold."""
    kind = column.type
    if kind == pa.date32():
        return _together(column, np.empty(len(column), "M8[D]"), np.datetime64("NaT"))
    if kind == pa.float64() or (pa.types.is_integer(kind) and not column.null_count):
        return _together(column, np.empty(len(column), kind.to_pandas_dtype()), np.nan)
    if kind in TEXT:
        return np.array(column.to_pylist(), dtype=object)
    values: NDArray[Any] = column.to_numpy()
    return values


def to_arrow(values: NDArray[Any], null: Bool | None = None) -> pa.Array:
    """Numbers or truth values, shape (n,), as `pa.array(values, mask=null)` gives them."""
    valid = None if null is None or not null.any() else _bits(~null)
    if values.dtype == np.bool_:
        return pa.Array.from_buffers(pa.bool_(), len(values), [valid, _bits(values)])
    content = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [valid, content])


def taken(column: pa.Array, rows: I8) -> pa.Array:
    """The rows of a column, as `column.take(rows)` gives them."""
    if column.type not in (pa.float64(), pa.int64()):
        return column.take(pa.array(rows))
    return to_arrow(_values(column)[rows], _null(column)[rows])


def _together(column: pa.ChunkedArray, values: NDArray[Any], unknown: Any) -> NDArray[Any]:
    """`values` filled from the chunks."""
    start = 0
    for chunk in column.chunks:
        part = values[start : start + len(chunk)]
        part[:] = _values(chunk).astype(part.dtype)
        if chunk.null_count:
            part[_null(chunk)] = unknown
        start += len(chunk)
    return values


def _values(chunk: pa.Array) -> NDArray[Any]:
    """Values of fixed width as they are stored, anything where they are null."""
    stored = np.dtype(np.int32 if chunk.type == pa.date32() else chunk.type.to_pandas_dtype())
    if not len(chunk):
        return np.empty(0, stored)
    return np.frombuffer(chunk.buffers()[1], stored, len(chunk), chunk.offset * stored.itemsize)


def _null(chunk: pa.Array) -> Bool:
    if not chunk.null_count:
        return np.zeros(len(chunk), np.bool_)
    valid = np.unpackbits(np.frombuffer(chunk.buffers()[0], np.uint8), bitorder="little")
    return ~valid[chunk.offset : chunk.offset + len(chunk)].astype(np.bool_)


def _bits(flags: Bool) -> pa.Buffer:
    return pa.py_buffer(np.packbits(flags, bitorder="little"))
