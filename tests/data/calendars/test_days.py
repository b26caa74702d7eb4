"""The session of a timestamp, whatever clock it was written in."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest

from launchlab.data.calendars.days import instants_to_days, values_to_days, zone_to_offsets
from launchlab.data.calendars.sessions import as_day
from launchlab.data.errors import DataError

HOUR = 3600 * 10**9


def ns(text: str) -> np.ndarray:
    """An instant written in UTC, int64 ns, shape (1,)."""
    return np.array([text], "M8[ns]").astype(np.int64)


def written(*cells: object) -> list[str]:
    return values_to_days(np.array(cells, object), "bars.csv").astype(str).tolist()


@pytest.mark.parametrize(
    ("utc", "zone", "day"),
    [
        ("2025-06-09T16:00", "Asia/Hong_Kong", "2025-06-10"),  # midnight in Hong Kong, as yfinance has it
        ("2025-06-09T16:00", "UTC", "2025-06-10"),  # the same instant, its zone changed to UTC
        ("2025-06-09T16:00", "America/New_York", "2025-06-10"),  # the same, shown at noon in New York
        ("2025-06-10T00:00", "UTC", "2025-06-10"),  # a Shanghai day called midnight in UTC
        ("2025-06-10T04:00", "America/New_York", "2025-06-10"),  # midnight there, noon in Hong Kong
        ("2025-06-10T07:00", "UTC", "2025-06-10"),  # Shanghai's close, 15:00
        ("2025-06-10T08:00", "+08:00", "2025-06-10"),  # Hong Kong's close, 16:00
        ("2025-06-10T01:30", "America/New_York", "2025-06-10"),  # 09:30 in Shanghai, the evening before there
    ],
)
def test_an_instant_belongs_to_the_day_on_the_exchange_s_clock(utc, zone, day):
    stated = zone_to_offsets(ns(utc), zone)
    assert instants_to_days(ns(utc), stated, "a row").astype(str).tolist() == [day]


@pytest.mark.parametrize(
    ("utc", "zone", "days"),
    [
        ("2025-06-10T20:00", "America/New_York", "2025-06-10.*2025-06-11"),  # New York's close
        ("2025-06-09T15:00", "Asia/Tokyo", "2025-06-10.*2025-06-09"),  # midnight in Tokyo, 23:00 in Hong Kong
        ("2025-06-09T14:00", "Australia/Sydney", "2025-06-10.*2025-06-09"),
    ],
)
def test_an_instant_that_may_be_either_of_two_days_is_refused(utc, zone, days):
    with pytest.raises(DataError, match=days):
        instants_to_days(ns(utc), zone_to_offsets(ns(utc), zone), "a row")


def test_the_zone_is_a_parameter():
    tokyo = timezone(timedelta(hours=9))
    assert instants_to_days(ns("2025-06-09T15:00"), np.array([0]), "a row", zone=tokyo) == np.datetime64(
        "2025-06-10"
    )


def test_an_unknown_zone_is_named():
    with pytest.raises(DataError, match="'Mars/Olympus' is not known"):
        zone_to_offsets(ns("2025-06-09T16:00"), "Mars/Olympus")
    with pytest.raises(DataError, match="is not known"):
        zone_to_offsets(ns("2025-06-09T16:00"), "../../etc/passwd")


@pytest.mark.parametrize(
    "cell",
    [
        "2026-02-12", "20260212", "2026/2/12", "2026.02.12", "2026年2月12日", "2026-02-12 00:00:00", "2026-02-12,四",
        "2026-02-12 00:00:00+08:00", "2026-02-11T16:00:00Z", "2026-02-11 16:00:00+00:00", "2026-02-12T15:00:00",
        "2026-02-12T00:00:00.000000000", 20260212, date(2026, 2, 12), datetime(2026, 2, 12),
        datetime(2026, 2, 11, 16, tzinfo=UTC), np.datetime64("2026-02-12"),
    ],
)  # fmt: skip
def test_a_day_is_read_as_it_is_usually_written(cell):
    assert written(cell) == ["2026-02-12"]


@pytest.mark.parametrize(
    "cell",
    ["", None, "12/02/2026", "2026-02-30", "2026-2/12", "202602", "46065", "0026-02-12", "9999-12-31", "nan", True,
     "2026-02-12 later", "2026-02-11 16:00:00", "2026-02-11 11:00:00"],
)  # fmt: skip
def test_what_is_no_day_or_two_days_is_refused(cell):
    with pytest.raises(DataError, match=r"bars\.csv: .*write days as 2026-02-12"):
        written(cell)


def test_dates_with_and_without_a_zone_do_not_mix():
    with pytest.raises(DataError, match="some of its dates have a zone"):
        written("2026-02-11", "2026-02-12 00:00:00+08:00")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_counts_since_1970_are_instants_in_utc(unit):
    midnight = np.array(["2026-02-11T16:00", "2026-02-12T16:00"], f"M8[{unit}]").astype(np.int64)
    assert values_to_days(midnight, "x").astype(str).tolist() == ["2026-02-12", "2026-02-13"]


def test_whole_numbers_are_days_or_refused():
    assert values_to_days(np.array([20260212.0]), "x").astype(str).tolist() == ["2026-02-12"]
    with pytest.raises(DataError, match="46065 is not a day"):
        values_to_days(np.array([46065]), "x")


def test_an_empty_date_among_days_names_its_row():
    with pytest.raises(DataError, match="row 1: the date is empty"):
        values_to_days(np.array(["2026-02-12", "NaT"], "M8[D]"), lambda i: f"row {i}")


def test_days_of_columns_with_pandas_zones_are_the_exchange_s():
    import pandas as pd

    index = pd.date_range("2025-06-10", periods=3, tz="Asia/Hong_Kong")
    assert values_to_days(np.asarray(index), "x").astype(str).tolist() == [
        "2025-06-10",
        "2025-06-11",
        "2025-06-12",
    ]


def test_an_aware_day_of_a_calendar_is_read_in_china():
    assert as_day(datetime(2026, 2, 11, 20, tzinfo=UTC)) == np.datetime64("2026-02-12")
    assert as_day("2026-02-11T20:00+00:00") == np.datetime64("2026-02-12")
    assert as_day("2026-02-11") == np.datetime64("2026-02-11")
