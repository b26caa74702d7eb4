"""Minute bars of baostock and Yahoo: the real clients against local servers, and what each source cannot give."""

import datetime as dt
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from launchlab.data.errors import FetchError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.patience import Patience
from launchlab.data.providers.baostock import Baostock
from launchlab.data.providers.provider import MinuteSource
from launchlab.data.providers.yahoo import Yahoo
from launchlab.data.providers.yahoo_minutes import spans_to_ask

from ...markets.fake_baostock import FakeBaostock
from ...markets.fake_yahoo import FakeYahoo, Listing

TABLE = load_instruments()
MOUTAI = TABLE["600519.SS"]
DAY = dt.date(2026, 2, 9)
BAOSTOCK = [
    ["2026-02-09", "20260209100000000", "10.0", "10.2", "9.9", "10.1", "1000", "10050.0", "3"],
    ["2026-02-09", "20260209103000000", "10.1", "10.3", "10.1", "10.3", "2000", "20400.0", "3"],
]


def test_both_are_sources_of_minutes() -> None:
    assert isinstance(Baostock(), MinuteSource)
    assert isinstance(Yahoo(), MinuteSource)


def test_baostock_is_asked_for_raw_bars_and_its_stamps_are_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    client = pytest.importorskip("baostock")
    with FakeBaostock({("query_history_k_data_plus", "sh.600519 30"): BAOSTOCK}) as server:
        monkeypatch.setattr(client.common.contants, "BAOSTOCK_SERVER_IP", "127.0.0.1")
        monkeypatch.setattr(client.common.contants, "BAOSTOCK_SERVER_PORT", server.server_address[1])
        provider = Baostock(Patience(timeout=2.0, attempts=2, first_pause=0.01, longest_pause=0.02))
        server.faults = ["hang up"]
        rows = provider.minutes(MOUTAI, DAY, DAY, 30)
        with pytest.raises(FetchError, match="no bars of 5 minutes from 2026-02-09"):
            provider.minutes(MOUTAI, DAY, DAY, 5)
        with pytest.raises(FetchError, match="no bars of 1 minutes, only of 5, 15, 30, 60"):
            provider.minutes(MOUTAI, DAY, DAY, 1)
        with pytest.raises(FetchError, match="Shanghai and Shenzhen only"):
            provider.minutes(TABLE["0700.HK"], DAY, DAY, 5)
        provider.close()
    assert rows.stamp.tolist() == [600, 630]
    assert rows.close.tolist() == [10.1, 10.3]
    assert rows.volume.tolist() == [1000.0, 2000.0]
    assert rows.amount.tolist() == [10050.0, 20400.0]
    assert rows.source["stamps"] == "end"
    question = next(one for one in server.log if one[0] == "query_history_k_data_plus")
    assert question[-2:] == ("30", "3"), "adjustflag 3 is unadjusted"


@pytest.mark.parametrize(
    ("length", "days"), [(1, 29), (5, 59), (15, 59), (30, 59), (60, 729)]
)  # how long Yahoo keeps them
def test_yahoo_says_how_far_back_it_goes(length: int, days: int) -> None:
    today = dt.date(2026, 11, 27)
    oldest = today - dt.timedelta(days=days)
    assert spans_to_ask("0700.HK", oldest, oldest, length, today) == [(oldest, oldest)]
    with pytest.raises(
        FetchError, match=rf"for {days} days, back to {oldest}, and {oldest - dt.timedelta(days=1)}"
    ):
        spans_to_ask("0700.HK", oldest - dt.timedelta(days=1), today, length, today)


def test_yahoo_is_asked_for_a_week_of_one_minute_bars_at_once() -> None:
    today = dt.date(2026, 11, 27)
    spans = spans_to_ask("0700.HK", dt.date(2026, 11, 10), dt.date(2026, 11, 25), 1, today)
    assert [(b - a).days + 1 for a, b in spans] == [7, 7, 2]
    assert (spans[0][0], spans[-1][1]) == (dt.date(2026, 11, 10), dt.date(2026, 11, 25))
    with pytest.raises(FetchError, match="no bars of 2 minutes"):
        spans_to_ask("0700.HK", today, today, 2, today)


CHILD = """
import json, sys
from datetime import date
from launchlab.data.instruments.table import load_instruments
from launchlab.data.providers.yahoo import Yahoo
day = date.fromisoformat(sys.argv[1])
rows = Yahoo().minutes(load_instruments()["600519.SS"], day, day, 5)
names = ("open", "high", "low", "close", "volume")
told = {name: [None if v != v else v for v in getattr(rows, name).tolist()] for name in names}
print(json.dumps(told | {"day": rows.day.astype(str).tolist(), "stamp": rows.stamp.tolist(), "source": dict(rows.source)}))
"""


def test_yahoos_minutes_come_back_raw_and_on_the_tick(tmp_path) -> None:
    """A split of two for one the day after: Yahoo has halved the prices and doubled the volumes of the minutes before."""
    day = dt.date.today() - dt.timedelta(days=20)
    split = day + dt.timedelta(days=7)
    halved = [float(np.float32(price / 2)) for price in (10.0, 10.2, 9.9, 10.1)]

    def at(hour: int, minute: int, volume: float, *prices: float | None) -> tuple:
        return (dt.datetime.combine(day, dt.time(hour, minute)), *prices, volume)

    listing = Listing(
        [(one, *halved, 4_000.0) for one in (day, split)],
        zone="Asia/Shanghai",
        currency="CNY",
        splits=[(split, 2, 1)],
        minutes=[
            at(9, 30, 2_000.0, *halved),
            at(9, 35, 1_000.0, *[one + 0.05 for one in halved]),
            at(9, 40, 0.0, None, None, None, None),
        ],
    )
    with FakeYahoo(tmp_path, {"600519.SS": listing}) as server:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(day)],
            env={**os.environ, **server.environment(tmp_path / "cache")},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["stamp"] == [570, 575]
    assert told["day"] == [str(day)] * 2
    assert told["close"] == [10.1, 10.2]
    assert told["open"] == [10.0, 10.1]
    assert told["volume"] == [1_000.0, 500.0]
    assert told["source"]["stamps"] == "start"
    assert [query["interval"] for _, path, query in server.log if "chart" in path] == [["1d"], ["5m"]]
