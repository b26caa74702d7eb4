"""Mean paths in minutes from the news: the clock of trading, gaps, groups, bands, and where they are written."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import launchlab as ll
from launchlab.engine.study.events import Event, find_events
from launchlab.engine.study.minute_paths import ALL, BEFORE, COLUMNS, OPEN, SHUT, MinutePath, minute_paths

from ...markets.cli_fixture import launchlab
from ...markets.minute_files import HEAD, HONG_KONG, clock

CODE = "0020.HK"
DAYS = ("2026-02-06", "2026-02-09", "2026-02-10", "2026-02-11", "2026-02-12")
# news while open, before the open, in the lunch break, and late enough that its path goes on into the next day
NEWS = {
    "open": "2026-02-09T10:05", "early": "2026-02-10T08:00", "lunch": "2026-02-11T12:30", "late": "2026-02-11T15:50",
}  # fmt: skip


def price(day: str, minute: int) -> float:
    """Of the bar that starts there: 10 and a cent for every five minutes of trading, 1 more on the 12th."""
    spent = min(minute, 720) - 570 + max(minute - 780, 0)
    return round(10.0 + 0.01 * (spent // 5) + (1.0 if day == "2026-02-12" else 0.0), 2)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> ll.Market:
    place = tmp_path_factory.mktemp("minutes")
    daily, minutes = "date,open,high,low,close,volume\n", HEAD
    for day in DAYS:
        daily += f"{day},10.0,12.0,9.0,10.65,30000000\n"
        if day == "2026-02-06":
            continue
        for start in (minute for a, b in HONG_KONG for minute in range(a, b, 5)):
            value = price(day, start)
            minutes += f"{day} {clock(start + 5)},{value},{value},{value},{value},400000,{400000 * value}\n"
    for name, text in (("bars", daily), ("bars5", minutes)):
        (place / name).mkdir()
        (place / name / f"{CODE}.csv").write_text(text)
    rows = "".join(
        f"{name},{when}+08:00,exact,Acme {name},One,launch,{CODE}:pure_play,https://example.org,\n"
        for name, when in NEWS.items()
    )
    (place / "launches.csv").write_text(
        "id,announced_at,precision,company,product,kind,codes,source,note\n" + rows
    )
    return ll.load_market(
        launches=place / "launches.csv", prices=place / "bars", minutes=place / "bars5", bad_bars="suspend", benchmark="none",
        universe="none",
    )  # fmt: skip


def paths(market: ll.Market, *names: str) -> dict[str, MinutePath]:
    events, _ = find_events(market.launches, market.panel)
    mine = [event for event in events if event.launch in names]
    return {path.group: path for path in minute_paths(mine, market.launches, market.panel)}


def alone(market: ll.Market, name: str) -> Any:
    """The path of one event three times over, as a group of its own."""
    (event,) = (event for event in find_events(market.launches, market.panel)[0] if event.launch == name)
    path = minute_paths([event] * 3, market.launches, market.panel)[0]
    return lambda offset: path.mean[offset + BEFORE]


def test_news_while_open_counts_from_the_last_price_before_it(market: ll.Market) -> None:
    at = alone(market, "open")  # 10:05 is 35 minutes in; the bar that is over then closed at 10.06
    assert at(0) == pytest.approx(0.0)
    assert at(-5) == pytest.approx(100 * (10.05 / 10.06 - 1))
    assert at(5) == pytest.approx(100 * (10.07 / 10.06 - 1))
    assert at(4) == pytest.approx(0.0)
    assert at(115) == pytest.approx(100 * (10.29 / 10.06 - 1))  # 12:00, over with the morning
    assert at(120) == pytest.approx(100 * (10.30 / 10.06 - 1))  # 13:05


def test_news_before_the_open_has_the_gap_at_nought(market: ll.Market) -> None:
    at = alone(market, "early")  # the close before is 10.65, the opening auction 10.0
    assert at(0) == pytest.approx(100 * (10.0 / 10.65 - 1))
    assert at(5) == pytest.approx(100 * (10.00 / 10.65 - 1))
    assert at(10) == pytest.approx(100 * (10.01 / 10.65 - 1))
    assert np.isnan(at(-1))


def test_news_in_the_lunch_break_stands_where_trading_begins_again(market: ll.Market) -> None:
    at = alone(market, "lunch")
    assert at(5) == pytest.approx(100 * (10.30 / 10.65 - 1))


def test_a_path_goes_on_into_the_next_session_and_the_night_is_no_time(market: ll.Market) -> None:
    at = alone(market, "late")  # ten minutes before the end
    assert at(10) == pytest.approx(100 * (10.65 / 10.63 - 1))
    assert at(15) == pytest.approx(100 * (11.00 / 10.63 - 1))


def test_groups_are_those_with_enough_events_and_the_first_is_all(market: ll.Market) -> None:
    found = paths(market, *NEWS)
    assert list(found) == [ALL, "pure play"]
    assert (found[ALL].events, found[ALL].n[BEFORE]) == (4, 4)
    assert paths(market, "open", "early") == {}
    lower, mean, upper = (getattr(found[ALL], name)[BEFORE + 5] for name in ("lower", "mean", "upper"))
    assert lower < mean < upper


def test_the_mean_does_not_jump_where_the_bars_of_some_end(market: ll.Market) -> None:
    path = paths(market, "open", "early", "late")[
        ALL
    ]  # the bars of the last end after the 12th, 340 minutes on
    assert path.n[-1] == path.n[BEFORE] == 3
    events = [one for one in find_events(market.launches, market.panel)[0] if one.launch != "lunch"]
    short = replace(market.panel, minutes=market.panel.minutes.until(int(market.panel.row("2026-02-11"))))
    (cut, *_) = minute_paths(events, market.launches, short)
    assert (cut.n[BEFORE], cut.n[-1]) == (3, 2)
    before, after = BEFORE + 10, BEFORE + 11  # the last of "late" is over ten minutes after its news
    assert abs(cut.mean[after] - cut.mean[before]) < 0.05
    assert path.mean[before] == cut.mean[before]


def test_events_of_one_day_count_as_one_for_the_band(market: ll.Market) -> None:
    events = [event for event in find_events(market.launches, market.panel)[0] if event.launch == "open"]
    (path, *_) = minute_paths(events * 3, market.launches, market.panel)
    assert np.isnan(path.lower).all()
    assert (path.n[BEFORE:] > 0).any()


def test_an_event_without_minute_bars_is_left_out(market: ll.Market) -> None:
    events = find_events(market.launches, market.panel)[0]
    early = Event(**{**vars(events[0]), "day0": 0})
    assert minute_paths([*events[:2], early], market.launches, market.panel) == ()


def test_the_command_prints_and_writes_them(tmp_path: Path) -> None:
    out = tmp_path / "study"
    done = launchlab("study", "--minutes", "sample", "--no-clock", "--draws", "99", "--out", str(out))
    assert done.exit_code == 0, done.output
    assert "minutes from the news" in done.stdout
    rows = list(csv.DictReader((out / "minute_paths.csv").read_text().splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert {row["group"] for row in rows} >= {ALL, SHUT}
    told = json.loads((out / "summary.json").read_text())["minutes"][ALL]
    assert told["offsets"][0] == -BEFORE
    assert len(told["mean"]) == len(told["offsets"])
    assert 'id="minutes"' in (out / "index.html").read_text(encoding="utf-8")


def test_a_study_without_minutes_says_nothing_of_them(tmp_path: Path) -> None:
    out = tmp_path / "study"
    done = launchlab("study", "--no-clock", "--draws", "99", "--out", str(out))
    assert "minutes from the news" not in done.stdout
    assert not (out / "minute_paths.csv").exists()
    assert "minutes" not in json.loads((out / "summary.json").read_text())
    assert OPEN not in (out / "index.html").read_text(encoding="utf-8")
