"""The clock: sessions by date, and the first one that a piece of news can still reach.

Answers: tests/answers/clock.csv, worked out by hand from the exchanges' notices (links in data/calendars/hours.py).
"""

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchlab.data.calendars import calendar as building
from launchlab.data.calendars.almanac import Published, almanac
from launchlab.data.calendars.hours import CHINA_TIME, EXCHANGES, hm
from launchlab.data.calendars.overrides import shipped
from launchlab.data.calendars.sessions import (
    Auction,
    calendar,
    cut_off,
    explain,
    first_reachable,
    instant_ns,
    is_half_day,
    known_end,
    sessions,
    trading_spans,
    union_sessions,
    years_covered,
)
from launchlab.data.errors import CalendarError

from ... import ANSWERS

CLOCK = list(csv.DictReader((ANSWERS / "clock.csv").read_text().splitlines()))
DAY = np.timedelta64(1, "D")

instants = st.datetimes(datetime(1993, 1, 1), datetime(2026, 12, 20)).map(
    lambda naive: naive.replace(tzinfo=CHINA_TIME)
)


def reached(instant: str, exchange: str, at: Auction, **options: float) -> str:
    known = np.array([instant_ns(datetime.fromisoformat(instant))])
    return str(first_reachable(known, exchange, at, **options)[0])


@pytest.mark.parametrize("answer", CLOCK, ids=lambda a: f"{a['case']} ({a['exchange']})")
def test_news_reaches_the_first_auction_whose_cut_off_is_still_ahead(answer: dict[str, str]) -> None:
    where = answer["announced_at"], answer["exchange"]
    assert (reached(*where, "open"), reached(*where, "close")) == (
        answer["first_open"],
        answer["first_close"],
    )


def test_no_launch_is_visible_before_its_cut_off_whatever_the_order_of_asking() -> None:
    for at in ("open", "close"):
        for exchange in EXCHANGES:
            mine = [answer for answer in CLOCK if answer["exchange"] == exchange][::-1]
            known = np.array([instant_ns(datetime.fromisoformat(answer["announced_at"])) for answer in mine])
            found = first_reachable(known, exchange, at)
            assert found.astype(str).tolist() == [answer[f"first_{at}"] for answer in mine]


def test_a_longer_reaction_costs_the_session_that_a_shorter_one_reaches() -> None:
    assert reached("2026-03-11T09:14+08:00", "XHKG", "open", reaction_minutes=1) == "2026-03-11"
    assert reached("2026-03-11T09:14+08:00", "XHKG", "open", reaction_minutes=2) == "2026-03-12"


@given(instant=instants, exchange=st.sampled_from(EXCHANGES), minutes=st.integers(0, 600))
def test_the_session_found_is_reachable_and_the_one_before_it_is_not(
    instant: datetime, exchange: str, minutes: int
) -> None:
    ready = instant + timedelta(minutes=minutes)
    for at in ("open", "close"):
        known = np.array([instant_ns(instant)])
        session = first_reachable(known, exchange, at, reaction_minutes=minutes)[0]
        assert cut_off(exchange, session, at) >= ready
        before = sessions(exchange, session - 40 * DAY, session - DAY)[-1]
        assert cut_off(exchange, before, at) < ready


@given(pair=st.tuples(instants, instants), exchange=st.sampled_from(EXCHANGES))
def test_later_news_never_reaches_an_earlier_session_and_the_close_never_comes_after_the_open(
    pair: tuple[datetime, datetime], exchange: str
) -> None:
    known = np.array([instant_ns(instant) for instant in sorted(pair)])
    opens, closes = (first_reachable(known, exchange, at) for at in ("open", "close"))
    assert opens[0] <= opens[1]
    assert closes[0] <= closes[1]
    assert (closes <= opens).all()


def test_the_days_on_which_only_one_market_trades_in_2026_are_the_published_ones() -> None:
    shanghai, hong_kong = (set(sessions(x, "2026-01-01", "2026-12-31").astype(str)) for x in ("XSHG", "XHKG"))
    only_hong_kong = "01-02 02-16 02-20 02-23 05-04 05-05 09-25 10-02 10-05 10-06 10-07"
    only_shanghai = "04-03 04-07 05-25 07-01 10-19 12-25"
    assert sorted(hong_kong - shanghai) == [f"2026-{day}" for day in only_hong_kong.split()]
    assert sorted(shanghai - hong_kong) == [f"2026-{day}" for day in only_shanghai.split()]
    assert (len(shanghai), len(hong_kong)) == (242, 247)


def test_the_union_of_2026_has_every_day_on_which_either_market_trades() -> None:
    assert len(union_sessions("2026-01-01", "2026-12-31")) == 247 + 6


def test_the_union_of_some_exchanges_has_their_days_alone() -> None:
    only = {name: union_sessions("2026-01-01", "2026-12-31", exchanges=[name]) for name in EXCHANGES}
    assert {name: len(days) for name, days in only.items()} == {
        "XHKG": 247, "XSHG": 242, "XSHE": 242, "XBSE": 242,
    }  # fmt: skip
    assert len(union_sessions("2026-01-01", "2026-12-31", exchanges={"XSHE", "XBSE"})) == 242


def test_all_sessions_of_a_year_are_one_year_and_half_of_them_half_a_year() -> None:
    mainland = sessions("XSHG", "2026-01-01", "2026-12-31")
    assert years_covered(mainland, {"XSHE"}) == 1.0
    assert years_covered(mainland[:121], {"XSHG"}) == 0.5
    # 2025 had 243: the last of one year and the first of the next
    two = sessions("XSHG", "2025-12-31", "2026-01-05")
    assert years_covered(two, {"XSHG"}) == pytest.approx(1 / 243 + 1 / 242)


def test_hong_kong_had_nineteen_sessions_in_september_2023() -> None:
    assert len(sessions("XHKG", "2023-09-01", "2023-09-30")) == 19


def test_shenzhen_and_beijing_keep_the_sessions_of_shanghai() -> None:
    for exchange in ("XSHE", "XBSE"):
        assert np.array_equal(calendar(exchange).sessions, calendar("XSHG").sessions)


def test_half_days_are_the_eves_and_only_in_hong_kong() -> None:
    in_2026 = [str(s) for s in sessions("XHKG", "2026-01-01", "2026-12-31") if is_half_day("XHKG", s)]
    assert in_2026 == ["2026-02-16", "2026-12-24", "2026-12-31"]
    assert not calendar("XSHG").half.any()


@pytest.mark.parametrize(
    "eve", ["2001-01-23", "2002-02-11", "2004-01-21", "2005-02-08", "2008-02-06", "2011-02-02"]
)
def test_lunar_new_year_eves_before_2013_are_half_days_that_ended_at_half_past_twelve(eve: str) -> None:
    assert is_half_day("XHKG", eve)
    assert cut_off("XHKG", eve, "close") == datetime.fromisoformat(f"{eve}T12:30+08:00")


def test_a_day_cut_short_by_the_weather_is_no_half_day() -> None:
    assert not is_half_day("XHKG", "2019-07-31")


@pytest.mark.parametrize(
    ("exchange", "session", "spans"),
    [
        ("XSHG", "2026-02-12", (("09:30", "11:30"), ("13:00", "15:00"))),
        ("XHKG", "2026-02-12", (("09:30", "12:00"), ("13:00", "16:00"))),
        ("XHKG", "2012-03-05", (("09:30", "12:00"), ("13:00", "16:00"))),
        ("XHKG", "2012-03-02", (("09:30", "12:00"), ("13:30", "16:00"))),
        ("XHKG", "2011-03-07", (("09:30", "12:00"), ("13:30", "16:00"))),
        ("XHKG", "2011-03-04", (("10:00", "12:30"), ("14:30", "16:00"))),
        ("XHKG", "2026-02-16", (("09:30", "12:00"),)),
        ("XHKG", "2023-10-09", (("14:00", "16:00"),)),
        ("XHKG", "2022-11-02", (("09:30", "12:00"), ("13:00", "13:55"))),
    ],
)
def test_trading_hours_and_lunch_breaks_are_those_of_the_day(
    exchange: str, session: str, spans: tuple[tuple[str, str], ...]
) -> None:
    assert trading_spans(exchange, session) == spans


def test_overrides_change_nothing_once_the_library_knows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    as_corrected = calendar("XHKG")
    known = almanac()
    days, late, early = known.calendars["XHKG"]
    late, early = late.copy(), early.copy()
    shut = [np.datetime64(o.session) for o in shipped().overrides if o.kind == "closed"]
    for override in shipped().overrides:
        at = days == np.datetime64(override.session)
        if override.kind == "late_open":
            late[at] = override.minutes
        if override.kind in ("early_close", "half_day"):
            early[at] = override.minutes or hm("12:30")
    keep = ~np.isin(days, shut)
    caught_up = Published(days[keep], late[keep], early[keep])
    monkeypatch.setattr(building, "almanac", lambda: known._replace(calendars={"XHKG": caught_up}))
    then = calendar.__wrapped__("XHKG")
    for field in ("sessions", "open_cut", "close_cut", "opens", "closes", "half"):
        assert np.array_equal(getattr(then, field), getattr(as_corrected, field)), field


def test_every_override_names_its_source_and_a_day_that_could_be_a_session() -> None:
    for override in shipped().overrides:
        assert override.source
        assert np.is_busday(np.datetime64(override.session)), override


def test_news_after_the_last_known_session_is_refused_not_guessed() -> None:
    beyond = f"{known_end() + DAY}T08:00+08:00"
    with pytest.raises(CalendarError, match="outside the sessions known for XHKG"):
        reached(beyond, "XHKG", "open")
    with pytest.raises(CalendarError, match="publish each year's calendar"):
        sessions("XSHG", "2026-01-01", known_end() + 400 * DAY)


def test_news_after_the_last_close_of_the_calendar_is_refused() -> None:
    assert reached(f"{known_end()}T08:00+08:00", "XSHG", "open") == str(known_end())
    with pytest.raises(CalendarError, match="choose an earlier end"):
        reached(f"{known_end()}T15:00+08:00", "XSHG", "close")


def test_hong_kong_is_not_known_further_than_shanghai() -> None:
    assert calendar("XHKG").end == calendar("XSHG").end >= np.datetime64("2026-12-31")


def test_news_before_the_first_known_session_is_refused() -> None:
    with pytest.raises(CalendarError, match="1991-06-03"):
        reached("1991-06-03T08:00+08:00", "XSHG", "open")
    with pytest.raises(CalendarError, match="choose a later day"):
        sessions("XHKG", "1991-12-31", "1992-02-01")


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(CalendarError, match="no time zone"):
        instant_ns(datetime(2026, 2, 12, 1, 18))


def test_an_instant_keeps_its_microseconds() -> None:
    assert instant_ns(datetime.fromisoformat("1970-01-01T08:00:00.000001+08:00")) == 1000


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: calendar("XHKGG"), "did you mean 'XHKG'"),
        (lambda: sessions("XSHG", "yesterday", "2026-01-05"), "'yesterday' is not a day"),
        (lambda: cut_off("XHKG", "2023-09-08", "close"), "black rainstorm"),
        (lambda: cut_off("XSHG", "2026-02-07", "close"), "a weekend"),
        (lambda: is_half_day("XSHG", "2026-02-17"), "an exchange holiday"),
        (lambda: cut_off("XSHG", "2030-01-02", "close"), "choose an earlier end"),
        (
            lambda: sessions("XSHG", "1980-01-01", "2026-01-05"),
            "before the first session.*choose a later day",
        ),
        (lambda: first_reachable(np.array([0]), "XSHG", cast(Any, "noon")), "'noon' is no auction"),
    ],
)
def test_a_wrong_question_is_refused_in_a_sentence_that_says_why(
    call: Callable[[], object], message: str
) -> None:
    with pytest.raises(CalendarError, match=message):
        call()


@pytest.mark.parametrize(
    ("instant", "exchange", "words"),
    [
        (
            "2026-02-16T17:10+08:00",
            "XHKG",
            "too late for the close of the XHKG half-day; first open 2026-02-20",
        ),
        ("2026-02-16T17:10+08:00", "XSHG", "no XSHG session that day (an exchange holiday)"),
        ("2026-02-07T12:00+08:00", "XSHG", "a weekend"),
        ("2023-09-01T08:00+08:00", "XHKG", "closed all day, Typhoon Saola"),
        ("2026-03-11T12:10+08:00", "XHKG", "in the lunch break of the XHKG session, in time for its close"),
        ("2023-10-09T10:00+08:00", "XHKG", "changed hours (Typhoon Koinu)"),
        ("2026-02-12T01:18+08:00", "XHKG", "first open 2026-02-12 (orders by 09:15), first close 2026-02-12"),
    ],
)
def test_the_explanation_says_in_words_what_decided(instant: str, exchange: str, words: str) -> None:
    assert words in explain(datetime.fromisoformat(instant), exchange)


def test_a_calendar_cannot_be_changed_by_who_reads_it() -> None:
    with pytest.raises(ValueError, match="read-only"):
        calendar("XSHG").sessions[0] = np.datetime64("2000-01-01")


def test_the_calendar_library_is_not_loaded_before_it_is_asked() -> None:
    code = "import sys, launchlab.data.calendars.sessions; sys.exit('exchange_calendars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif("LAUNCHLAB_REAL_DATA" not in os.environ, reason="needs the real bars")
@pytest.mark.parametrize(("index", "exchange"), [("000300.SS", "XSHG"), ("HSI", "XHKG")])
def test_the_sessions_are_exactly_the_days_on_which_the_real_index_has_a_bar(
    index: str, exchange: str
) -> None:
    bars = Path(os.environ["LAUNCHLAB_REAL_DATA"]) / "bars" / f"{index}.csv"
    rows = csv.DictReader(bars.read_text(encoding="utf-8").splitlines())
    days = np.array([row["date"] for row in rows], dtype="datetime64[D]")
    assert len(days) > 1_000
    assert np.array_equal(days, sessions(exchange, days[0], days[-1]))
