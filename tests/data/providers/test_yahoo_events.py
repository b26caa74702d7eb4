"""Yahoo's list of splits and dividends: by session, in the currency of the share, per old share."""

from datetime import date

import numpy as np
import pytest

from launchlab.data.errors import FetchError
from launchlab.data.providers.yahoo_events import Events, actions_of, checked, effective, split_factor

FRIDAY, SATURDAY, MONDAY = date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 9)
MARCH = (date(2026, 3, 2), date(2026, 3, 31))


def actions(*, splits=(), dividends=(), span=MARCH) -> tuple[list[tuple[str, float, float]], list[str]]:
    table, left_out = actions_of(Events(tuple(splits), tuple(dividends)), "XHKG", "HKD", span)
    rows = [(str(row["session"]), float(row["ratio"]), float(row["cash"])) for row in table]
    return rows, left_out


@pytest.mark.parametrize("ratio", [0.0, -2.0, float("inf"), float("nan")])
def test_a_split_without_a_number_of_shares_is_refused_with_its_day(ratio):
    with pytest.raises(FetchError, match=r"0700\.HK: Yahoo has a split of .* on 2026-03-06"):
        checked(Events(((FRIDAY, ratio),)), "0700.HK")


@pytest.mark.parametrize("cash", [-0.1, float("inf"), float("nan")])
def test_a_dividend_that_is_no_payment_is_refused_with_its_day(cash):
    with pytest.raises(FetchError, match=r"0700\.HK: Yahoo has a dividend of .* on 2026-03-06"):
        checked(Events((), ((FRIDAY, cash, "HKD"),)), "0700.HK")
    assert checked(Events((), ((FRIDAY, 0.0, "HKD"),)), "0700.HK").splits == ()


def test_an_event_takes_effect_on_its_session_or_the_next_one():
    assert effective([FRIDAY, SATURDAY, MONDAY], "XHKG").astype(str).tolist() == [
        "2026-03-06", "2026-03-09", "2026-03-09",
    ]  # fmt: skip


def test_events_that_meet_on_a_session_are_taken_together():
    # two for one on Saturday and three for one on Monday; 0.50 on each day, stated per share of today
    rows, left_out = actions(
        splits=[(SATURDAY, 2.0), (MONDAY, 3.0)], dividends=[(SATURDAY, 0.5, "HKD"), (MONDAY, 0.5, "")]
    )
    assert rows == [("2026-03-09", 6.0, 6.0)]  # 1.00 on each of six new shares for an old one
    assert left_out == []


def test_a_dividend_before_a_split_is_brought_back_to_the_shares_of_its_day():
    rows, _ = actions(splits=[(date(2026, 3, 16), 10.0)], dividends=[(FRIDAY, 0.05, "HKD")])
    assert rows == [("2026-03-06", 1.0, 0.5), ("2026-03-16", 10.0, 0.0)]


def test_only_foreign_dividends_of_the_span_are_named_as_left_out():
    rows, left_out = actions(
        dividends=[(date(2026, 2, 27), 0.3, "USD"), (FRIDAY, 0.25, "USD"), (MONDAY, 0.0, "HKD")]
    )
    assert rows == []
    assert left_out == ["dividend of 0.25 USD on 2026-03-06"]


def test_splits_after_a_session_multiply_its_shares_until_today():
    sessions = np.array(["2026-03-06", "2026-03-09", "2026-03-10"], "M8[D]")
    events = Events(((SATURDAY, 2.0), (date(2026, 6, 1), 5.0)))
    assert split_factor(sessions, events, "XHKG").tolist() == [10.0, 5.0, 5.0]
