"""Columns of arrow as numpy arrays and back: the same as pyarrow's own conversions."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchlab.data.bars.arrow import taken, to_arrow, to_numpy

NUMBERS = st.lists(st.none() | st.floats(allow_nan=False))
DAYS = st.lists(st.none() | st.dates())
WORDS = st.lists(st.none() | st.text())


def column_in_pieces(values: list[Any], kind: pa.DataType, cut: int) -> pa.ChunkedArray:
    """The values in two chunks of which each begins inside its buffers."""
    whole = pa.array([None, *values], kind)
    cut = min(cut, len(values))
    return pa.chunked_array([whole[1 : 1 + cut], whole[1 + cut :]], kind)


@given(NUMBERS, st.integers(0, 5))
def test_a_null_number_is_nan(values: list[float | None], cut: int) -> None:
    found = to_numpy(column_in_pieces(values, pa.float64(), cut))
    assert found.dtype == np.float64
    assert np.array_equal(found, [np.nan if one is None else one for one in values], equal_nan=True)


@given(DAYS, st.integers(0, 5))
def test_a_null_day_is_no_day(values: list[Any], cut: int) -> None:
    found = to_numpy(column_in_pieces(values, pa.date32(), cut))
    assert np.array_equal(found, np.array(values, "M8[D]"), equal_nan=True)
    assert found.dtype == np.dtype("M8[D]")


@given(WORDS, st.integers(0, 5))
def test_a_null_word_is_none(values: list[str | None], cut: int) -> None:
    found = to_numpy(column_in_pieces(values, pa.string(), cut))
    assert found.tolist() == values


@pytest.mark.parametrize("last", [None, 1])
@pytest.mark.parametrize("kind", [pa.int64(), pa.int8(), pa.float32(), pa.bool_(), pa.timestamp("ns")])
def test_other_columns_are_as_pyarrow_makes_them(kind: pa.DataType, last: int | None) -> None:
    column = pa.chunked_array([pa.array([0, 1, last]).cast(kind)])
    found, theirs = to_numpy(column), column.to_numpy()
    assert found.dtype == theirs.dtype
    assert repr(found) == repr(theirs)


@pytest.mark.parametrize("kind", [np.float64, np.int32, np.int64, np.bool_])
@pytest.mark.parametrize("null", [None, [False] * 11, [False, True] * 5 + [True]])
def test_an_array_becomes_the_column_that_pyarrow_makes(kind: type, null: list[bool] | None) -> None:
    values = (np.arange(22)[::2] % 3).astype(kind)
    mask = None if null is None else np.array(null)
    assert to_arrow(values, mask).equals(pa.array(values, mask=mask))
    to_arrow(values[:0]).validate(full=True)
    to_arrow(values, mask).validate(full=True)


@pytest.mark.parametrize(
    "values", [[1.5, None, -2.0], [3, 1, 2], [None, 7], [None, None], ["a", None, "b"], [True, False]]
)
def test_rows_of_a_column_are_those_that_pyarrow_takes(values: list[Any]) -> None:
    column = pa.array([None, *values])[1:]
    rows = np.array([1, 0, 1, len(values) - 1, 0])
    assert taken(column, rows).equals(column.take(pa.array(rows)))
    assert taken(column, rows[:0]).type == column.type
