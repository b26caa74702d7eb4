"""Values that change on known days."""

import pickle
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from launchlab.data.dated import Dated, as_date
from launchlab.data.errors import RuleError

STAMP = Dated(
    ("2008-09-19", 0.001, "notice of 2008", "Q"), ("2023-08-28", 0.0005), source="notice", name="stamp duty"
)


def test_a_value_holds_from_its_day_until_the_day_before_the_next():
    assert STAMP.on("2008-09-19") == 0.001
    assert STAMP.on(date(2023, 8, 27)) == 0.001
    assert STAMP.on(np.datetime64("2023-08-28")) == 0.0005


def test_asking_before_the_first_row_names_the_gap():
    with pytest.raises(RuleError, match="stamp duty is not in the rule book before 2008-09-19"):
        STAMP.on("2008-09-18")
    with pytest.raises(RuleError, match="2008-09-18"):
        STAMP.over(np.array(["2023-01-03", "2008-09-18"], "datetime64[D]"))


def test_asking_after_the_last_covered_day_names_the_gap():
    ended = Dated(("2010-01-01", 1.0), name="an old rule", until="2012-12-31")
    assert ended.on("2012-12-31") == 1.0
    with pytest.raises(RuleError, match="not in the rule book after 2012-12-31"):
        ended.over(np.array(["2013-01-02"], "datetime64[D]"))


def test_each_row_has_its_own_source_or_the_table_s():
    assert [(fact.source, fact.confidence) for fact in STAMP] == [("notice of 2008", "Q"), ("notice", "Q")]
    assert STAMP.at("2009-01-01").since == date(2008, 9, 19)


def test_rows_out_of_order_and_empty_tables_are_refused():
    with pytest.raises(RuleError, match="sort the rows"):
        Dated(("2023-08-28", 1.0), ("2008-09-19", 2.0))
    with pytest.raises(RuleError, match="at least one row"):
        Dated()


def test_a_day_that_is_no_day_is_refused_in_a_sentence():
    with pytest.raises(RuleError, match="write it as 2026-02-12"):
        as_date("12/02/2026")


def test_no_sessions_give_no_values():
    assert STAMP.over(np.empty(0, "datetime64[D]")).shape == (0,)


@given(some.lists(some.dates(date(2008, 9, 19), date(2030, 1, 1)), min_size=1, max_size=20))
def test_many_sessions_at_once_give_what_one_at_a_time_gives(days):
    sessions = np.array(days, "datetime64[D]")
    assert list(STAMP.over(sessions)) == [STAMP.on(day) for day in days]


def test_a_table_that_was_asked_travels_as_one_that_was_not() -> None:
    table = Dated(("2008-09-19", 0.001), ("2023-08-28", 0.0005), name="stamp duty")
    before = pickle.dumps(table)
    days = np.array(["2023-08-28", "2008-09-19", "2023-08-27"], "M8[D]")
    assert table.over(days).tolist() == table.over(days).tolist() == [0.0005, 0.001, 0.001]
    assert pickle.dumps(table) == before
    assert pickle.loads(before) == table
