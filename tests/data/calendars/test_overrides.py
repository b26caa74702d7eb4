"""Years and closures that a file adds to the published calendars."""

import csv
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import launchlab as ll
from launchlab.data.calendars.hours import HOURS
from launchlab.data.calendars.overrides import NONE, to_additions
from launchlab.data.calendars.sessions import (
    calendar,
    cut_off,
    is_half_day,
    sessions,
    trading_spans,
    years_covered,
)
from launchlab.data.errors import CalendarError

HEAD = "exchange,day,kind,at,closed,half_days,why,source\n"
# Not the exchanges' own, which are not announced: days for this test.
HONG_KONG = "XHKG,2027,year,,2027-01-01;2027-02-08..2027-02-09;2027-12-27,2027-02-05;2027-12-24,,a test\n"
SHANGHAI = "XSHG,2027,year,,2027-01-01;2027-02-05..2027-02-12,,,a test\n"


def added(folder: Path, *rows: str):
    path = folder / "years.csv"
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return to_additions(path)


def test_an_added_year_has_every_weekday_but_those_closed(tmp_path: Path) -> None:
    years = added(tmp_path, HONG_KONG, SHANGHAI)
    # 2027 has 261 weekdays: it begins and ends on a Friday.
    assert len(sessions("XHKG", "2027-01-01", "2027-12-31", added=years)) == 261 - 4
    for exchange in ("XSHG", "XSHE", "XBSE"):
        assert len(sessions(exchange, "2027-01-01", "2027-12-31", added=years)) == 261 - 7
    assert sessions("XHKG", "2027-02-05", "2027-02-11", added=years).astype(str).tolist() == [
        "2027-02-05",
        "2027-02-10",
        "2027-02-11",
    ]
    found = calendar("XHKG", years)
    assert found.sessions[found.half & (found.sessions > np.datetime64("2027-01-01"))].astype(
        str
    ).tolist() == ["2027-02-05", "2027-12-24"]
    assert cut_off("XHKG", "2027-02-05", "close", added=years).isoformat() == "2027-02-05T12:00:00+08:00"
    assert cut_off("XHKG", "2027-02-10", "open", added=years).isoformat() == "2027-02-10T09:15:00+08:00"
    assert years_covered(sessions("XSHG", "2027-01-01", "2027-12-31", added=years), {"XSHG"}, years) == 1.0


def test_what_is_published_does_not_change(tmp_path: Path) -> None:
    years = added(tmp_path, HONG_KONG, SHANGHAI, "XHKG,2026,year,,2026-01-01,,,a test\n")
    for exchange in ("XHKG", "XSHG"):
        before, after = calendar(exchange), calendar(exchange, years)
        n = len(before.sessions)
        assert np.array_equal(after.sessions[:n], before.sessions)
        assert np.array_equal(after.close_cut[:n], before.close_cut)
    assert calendar("XSHG", NONE).until == np.datetime64("2026-12-31")


def test_an_emergency_closure_takes_a_session_out_and_an_early_close_cuts_it_short(tmp_path: Path) -> None:
    storm = added(
        tmp_path,
        "XHKG,2026-09-15,closed,,,,a storm,a notice\nXSHG,2026-09-16,early_close,11:30,,,a storm,a notice\n",
    )
    assert sessions("XHKG", "2026-09-14", "2026-09-16", added=storm).astype(str).tolist() == [
        "2026-09-14",
        "2026-09-16",
    ]
    assert cut_off("XSHG", "2026-09-16", "close", added=storm).isoformat() == "2026-09-16T11:30:00+08:00"
    with pytest.raises(CalendarError, match="2026-09-15 is no session of XHKG: closed all day, a storm"):
        calendar("XHKG", storm).index("2026-09-15")
    assert trading_spans("XHKG", "2026-09-15") == (("09:30", "12:00"), ("13:00", "16:00"))
    assert not is_half_day("XHKG", "2026-09-15")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("XHKX,2027-01-04,closed,,,,,\n", r"line 2: exchange 'XHKX' \(did you mean 'XHKG'\?\) is none of"),
        ("XHKG,2027-01-04,close,,,,,\n", r"kind 'close' \(did you mean 'closed'\?\)"),
        ("XHKG,4 January,closed,,,,,\n", "'4 January' is not a day; write it as 2027-02-12"),
        ("XHKG,2027-01-04,late_open,,,,,\n", "late_open and early_close have a clock time"),
        ("XHKG,2027-01-04,closed,13:00,,,,\n", "no other kind has"),
        ("XHKG,2027-01-04,late_open,25:00,,,,\n", "'25:00' is no clock time"),
        ("XSHG,2027-01-04,half_day,,,,,\n", "XSHG has no half-days"),
        ("XSHG,2027,year,,,,,\n", "closed is empty"),
        ("XSHG,2027,year,,2026-01-01,,,\n", "2026-01-01 does not lie in 2027"),
        ("XSHG,2027,year,,2027-01-05..2027-01-01,,,\n", "does not run from a day to a later one"),
        ("XSHG,2027,year,,2027-01-01,2027-02-05,,\n", "XSHG has no half-days; leave half_days empty"),
        ("XSHG,27,year,,2027-01-01,,,\n", "is a year such as 2027"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(CalendarError, match=said):
        added(tmp_path, row)


def test_a_year_after_a_missing_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CalendarError, match="the year 2028 is added to XHKG but 2027 is not known; add that year too"
    ):
        calendar("XHKG", added(tmp_path, HONG_KONG.replace("2027", "2028")))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,2\n", "unknown columns 'a' .*, 'b'"),
        (b"day,kind\n", "exchange, day or kind is missing"),
        (b"\xff\xff", "cannot be read"),
    ],
)
def test_a_file_that_is_no_calendar_is_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "years.csv").write_bytes(content)
    with pytest.raises(CalendarError, match=said):
        to_additions(tmp_path / "years.csv")


def test_the_year_is_shown_with_its_half_days_closures_and_changed_hours() -> None:
    # As in the exchange's calendar of 2026 and its notices of 2023 (tests/answers/clock.csv has the cut-offs).
    (hong_kong,) = ll.calendar_years("xhkg", 2026)
    assert len(hong_kong.sessions) == 247
    assert hong_kong.half_days == ("2026-02-16", "2026-12-24", "2026-12-31")
    assert ("2026-07-01", "an exchange holiday") in hong_kong.closures
    assert hong_kong.known_until == "2026-12-31"
    (stormy,) = ll.calendar_years("XHKG", 2023)
    assert ("2023-09-01", "closed all day, Typhoon Saola") in stormy.closures
    assert stormy.changed == (("2023-10-09", "14:00 to 16:00 (Typhoon Koinu)"),)
    assert [one.exchange for one in ll.calendar_years(year=2026)] == ["XSHG", "XSHE", "XBSE", "XHKG"]


def test_a_year_that_is_not_announced_says_so_until_a_file_adds_it(tmp_path: Path) -> None:
    (unknown,) = ll.calendar_years("XHKG", 2027)
    assert unknown.sessions == ()
    assert unknown.lines()[0].startswith(
        "XHKG 2027: not known; its sessions are announced until 2026-12-31 (exchange_calendars "
    )
    added(tmp_path, HONG_KONG)
    (known,) = ll.calendar_years("XHKG", 2027, calendar=tmp_path / "years.csv")
    assert known.lines() == [
        "XHKG 2027: 257 sessions, known until 2027-12-31 (a test)",
        "  half-days: 2027-02-05, 2027-12-24",
        "  closed on weekdays: 2027-01-01, 2027-02-08 to 2027-02-09, 2027-12-27",
    ]
    with pytest.raises(CalendarError, match="`year` 20260 is not a year"):
        ll.calendar_years("XHKG", 20260)


# Hong Kong's days of other hours: the last moments for orders at the open and at the close. A half-day ended at 12:30 until
# 2011-03-04 and ends at 12:00 since; the open was at 10:00 until then, orders until 09:45, and until 09:15 since.
OTHER_HOURS = {
    "2001-01-23": ("09:45", "12:30"), "2002-02-11": ("09:45", "12:30"), "2004-01-21": ("09:45", "12:30"),
    "2005-02-08": ("09:45", "12:30"), "2008-02-06": ("09:45", "12:30"), "2011-02-02": ("09:45", "12:30"),
    "2008-06-25": ("14:30", "16:00"), "2009-09-15": ("14:30", "16:00"), "2012-07-24": ("13:00", "16:00"),
    "2013-05-22": ("13:00", "16:00"), "2013-09-23": ("13:00", "16:00"), "2014-09-16": ("13:00", "16:00"),
    "2020-08-19": ("13:30", "16:00"), "2021-06-28": ("13:30", "16:00"), "2022-08-25": ("13:00", "16:00"),
    "2023-10-09": ("14:00", "16:00"), "2019-07-31": ("09:15", "13:55"), "2022-11-02": ("09:15", "13:55"),
    "2023-09-01": None, "2023-09-08": None,
}  # fmt: skip


def cuts(day: str) -> tuple[str, str]:
    clocks = [cut_off("XHKG", day, at).isoformat() for at in ("open", "close")]
    assert [clock[:10] for clock in clocks] == [day, day]
    return clocks[0][11:16], clocks[1][11:16]


@pytest.mark.parametrize(("day", "hours"), OTHER_HOURS.items())
def test_each_day_of_other_hours_has_them_and_the_session_before_does_not(
    day: str, hours: tuple[str, str] | None
) -> None:
    before = sessions("XHKG", str(date.fromisoformat(day) - timedelta(days=6)), day)
    before = before[before < np.datetime64(day)].astype(str).tolist()
    assert cuts(before[-1]) == (("09:45", "16:00") if day < "2011-03-07" else ("09:15", "16:00"))
    if hours is None:
        assert not len(sessions("XHKG", day, day))
    else:
        assert cuts(day) == hours


def test_every_shipped_row_has_an_answer() -> None:
    with files("launchlab.data.calendars").joinpath("overrides.csv").open(encoding="utf-8") as file:
        assert sorted(row["day"] for row in csv.DictReader(file)) == sorted(OTHER_HOURS)


@pytest.mark.parametrize(
    ("exchange", "day", "before", "since"),
    [
        ("XHKG", "2011-03-07", ("09:45", "16:00"), ("09:15", "16:00")),
        ("XSHG", "2018-08-20", ("09:25", "15:00"), ("09:25", "14:57")),
        ("XSHE", "2006-07-03", ("09:25", "15:00"), ("09:25", "14:57")),
    ],
)
def test_usual_cut_offs_change_on_their_session(
    exchange: str, day: str, before: tuple[str, str], since: tuple[str, str]
) -> None:
    eve = sessions(exchange, str(date.fromisoformat(day) - timedelta(days=6)), day)[-2].astype(str)
    for session, expected in ((eve, before), (day, since)):
        found = tuple(cut_off(exchange, session, at).isoformat()[11:16] for at in ("open", "close"))
        assert found == expected


def test_the_afternoon_of_hong_kong_began_earlier_from_2012_03_05() -> None:
    assert trading_spans("XHKG", "2012-03-02")[1] == ("13:30", "16:00")
    assert trading_spans("XHKG", "2012-03-05")[1] == ("13:00", "16:00")
    assert trading_spans("XHKG", "2011-03-04") == (("10:00", "12:30"), ("14:30", "16:00"))
    assert trading_spans("XHKG", "2011-03-07") == (("09:30", "12:00"), ("13:30", "16:00"))


def test_no_other_hours_begin_on_a_day_without_an_answer() -> None:
    begun = {(exchange, hours.since) for exchange, dated in HOURS.items() for hours in dated[1:]}
    # Shenzhen's rules held from a Saturday, 2006-07-01: its first session under them is the Monday above
    assert begun == {
        ("XHKG", "2011-03-07"), ("XHKG", "2012-03-05"), ("XSHG", "2018-08-20"), ("XSHE", "2006-07-01"),
    }  # fmt: skip
