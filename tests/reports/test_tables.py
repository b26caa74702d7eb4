"""Numbers, names, cells and TOML as they stand on the pages."""

import json
import tomllib

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchlab.data.figures import number, percent
from launchlab.reports.numbers.formats import visible
from launchlab.reports.numbers.tables import MOST_ROWS, Column, table, toml
from launchlab.reports.page import embed

SCALARS = st.one_of(
    st.booleans(), st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False)
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234567.891, 2, "1,234,567.89"),
        (-0.004, 2, "0.00"),
        (-5, 0, "−5"),
        (None, 2, "–"),
        (float("nan"), 2, "–"),
    ],
)
def test_numbers_have_groups_true_minus_signs_and_no_negative_zero(
    value: float, digits: int, text: str
) -> None:
    assert number(value, digits) == text


def test_a_fraction_is_written_in_percent() -> None:
    assert percent(-0.03768) == "−3.77 %"


def test_marks_that_turn_the_reading_order_are_taken_out_of_names() -> None:
    assert visible("safe\u202egpj.exe\u0000\nnext") == "safegpj.exe next"
    assert visible("智谱 Société") == "智谱 Société"


@given(
    st.recursive(
        st.one_of(SCALARS, TEXTS, st.none()), lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)
    )
)
def test_data_in_a_script_is_read_back_and_cannot_end_it(value: object) -> None:
    text = str(embed(value))
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == value


@given(
    st.dictionaries(
        TEXTS, st.one_of(SCALARS, TEXTS, st.lists(TEXTS), st.dictionaries(TEXTS, st.one_of(SCALARS, TEXTS)))
    )
)
def test_the_configuration_is_read_back_from_its_toml(values: dict[str, object]) -> None:
    assert tomllib.loads(toml(values)) == values


def test_only_web_addresses_become_links() -> None:
    frame = pd.DataFrame({"source": ["https://a.example/x y", "javascript:alert(1)", "//evil", ""]})
    cells = table(frame, [Column("source", "Source", kind="link")], id="t", caption="c").rows
    assert [row[0].link for row in cells] == ["https://a.example/x", "", "", ""]


def test_rows_beyond_the_most_are_counted_not_dropped_silently() -> None:
    made = table(
        pd.DataFrame({"a": range(MOST_ROWS + 5)}), [Column("a", "A")], id="t", caption="c", file="a.csv"
    )
    assert len(made.rows) == MOST_ROWS
    assert made.left_out == 5
