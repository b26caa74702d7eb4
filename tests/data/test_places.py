"""Where days lie among others: the quick answers are numpy's."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from launchlab.data.places import are_among, rows_among

NUMBERS = st.lists(st.integers(0, 12), max_size=8)


@given(days=NUMBERS, calendar=st.sets(st.integers(0, 12), max_size=12))
def test_rows_and_named_days_are_those_of_numpy(days: list[int], calendar: set[int]) -> None:
    asked, known = (
        np.array(sorted(one) if isinstance(one, set) else one, "i8").astype("M8[D]")
        for one in (days, calendar)
    )
    assert rows_among(asked, known).tolist() == np.searchsorted(known, asked).tolist()
    assert are_among(asked, known).tolist() == np.isin(asked, known).tolist()


@given(start=st.integers(0, 12), length=st.integers(0, 12))
def test_a_stretch_of_the_calendar_is_found_where_it_lies(start: int, length: int) -> None:
    calendar = np.arange(20, dtype="i8").astype("M8[D]")
    stretch = calendar[start : start + length]
    assert rows_among(stretch, calendar).tolist() == list(range(start, start + len(stretch)))
