"""Servers that answer with something else: a log-in page, half of it, nothing, another year; each code ends in one named reason."""

import datetime as dt
import json

import pytest

from launchlab.data.errors import FetchError, SourceError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.patience import Patience
from launchlab.data.providers.choose import make_provider

from ...markets.fake_sites import FakeSites
from ...markets.vendor_servers import (
    CODE,
    DAYS,
    SPAN,
    TOKEN,
    chinese_sites,
    klines,
    tushare_answer,
    tushare_tables,
)
from .test_hong_kong_and_funds import SPAN as HONG_KONG_SPAN
from .test_hong_kong_and_funds import sites

SHARE = load_instruments()[CODE]
HASTY = Patience(timeout=5.0, attempts=2, first_pause=0.01, longest_pause=0.02)
LOGIN = "<!doctype html><html><head><title>Log in</title></head><body><form action='/login?next=%2F'><input name=\"user\"></form></body></html>"
TABLES = f"<html><body>{'<table><tr><td>please</td><td>log in</td></tr></table>' * 3}</body></html>"
ANSWERS = {
    "log-in page": (200, LOGIN), "page with tables": (200, TABLES), "nothing": (200, ""), "null": (200, "null"), "object": (200, "{}"),
    "list": (200, "[]"), "number": (200, "7"), "half": (200, '{"data": {"klines": ["2024-05-06,1'), "busy": (429, "slow down"),
    "forbidden": (403, LOGIN), "gone": (404, LOGIN), "down": (502, LOGIN), "moved": (302, LOGIN), "zeros": (200, "\0" * 200), "text": (200, "=;=;=\"'("),
}  # fmt: skip


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A server for all three; what it answers is exchanged by its `answer`."""
    chinese, tushare = chinese_sites(), tushare_answer(tushare_tables())

    def answer(host, path, query, body):
        known = chinese if "." in host and not host.startswith("127.") else tushare
        return known(host, path, query, body)

    with FakeSites(tmp_path, answer) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setenv("TUSHARE_URL", server.address)
        monkeypatch.setenv("TUSHARE_TOKEN", TOKEN)
        monkeypatch.setattr("launchlab.data.providers.tushare_api.PAUSE", 0.0)
        yield server


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("name", ["tushare", "eastmoney", "sina"])
def test_another_answer_ends_in_a_sentence_and_stores_nothing(served, tmp_path, name, kind):
    if name != "tushare":
        pytest.importorskip("akshare")
    served.answer = lambda *_: ANSWERS[kind]
    with pytest.raises((FetchError, SourceError)) as caught:
        make_provider(name, HASTY).bars(SHARE, *SPAN)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert str(caught.value).startswith((CODE, name))


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("name", ["eastmoney", "sina"])
def test_bars_do_not_come_without_their_actions(served, name, kind):
    """Where only the page of dividends is another one, a share that paid some is not stored as one that paid none."""
    pytest.importorskip("akshare")
    known = served.answer
    served.answer = lambda host, path, query, body: (
        ANSWERS[kind] if "ShareBonus" in path else known(host, path, query, body)
    )
    with pytest.raises((FetchError, SourceError)):
        make_provider(name, HASTY).bars(SHARE, *SPAN)


@pytest.mark.parametrize("kind", [kind for kind in ANSWERS if kind != "gone"])
@pytest.mark.parametrize("code", ["0700.HK", "513180.SS"])
def test_a_page_in_place_of_a_list_of_distributions_is_no_empty_list(monkeypatch, tmp_path, code, kind):
    """Of Hong Kong's shares and of funds; `gone` is how Sina says that it has none."""
    pytest.importorskip("akshare")
    known = sites("share" if code == "0700.HK" else "fund")
    with FakeSites(
        tmp_path,
        lambda host, path, *rest: ANSWERS[kind] if path.endswith("hfq.js") else known(host, path, *rest),
    ) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SourceError, match="did not answer 2 times"):
            make_provider("sina", HASTY).bars(load_instruments()[code], *HONG_KONG_SPAN)


def test_a_list_of_factors_is_data_and_is_never_run(monkeypatch, tmp_path):
    pytest.importorskip("akshare")
    known, left = sites("share"), tmp_path / "left"
    script = f"var hfq=__import__('pathlib').Path({str(left)!r}).touch() or {{}}"
    with FakeSites(
        tmp_path,
        lambda host, path, *rest: (200, script) if path.endswith("hfq.js") else known(host, path, *rest),
    ) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SourceError):
            make_provider("sina", HASTY).bars(load_instruments()["0700.HK"], *HONG_KONG_SPAN)
    assert not left.exists()


@pytest.mark.parametrize("name", ["tushare", "eastmoney", "sina"])
def test_bars_of_another_year_are_no_bars(served, name):
    if name != "tushare":
        pytest.importorskip("akshare")
    old = [one._replace(day=one.day.replace("2022", "2019")) for one in DAYS]
    chinese, known = chinese_sites(old), served.answer
    rows = [
        {**row, "trade_date": row["trade_date"].replace("2022", "2019")} for row in tushare_tables()["daily"]
    ]
    tushare = tushare_answer({**tushare_tables(), "daily": rows})

    def answer(host, path, query, body):
        if "eastmoney" in host:
            return 200, klines(old)
        return (chinese if "sina" in host else tushare)(host, path, query, body)

    served.answer = answer
    with pytest.raises(FetchError, match=r"2022-|these days") as caught:
        make_provider(name, HASTY).bars(SHARE, *SPAN)
    assert type(caught.value) is FetchError
    served.answer = known


def test_rows_of_another_code_are_refused_by_its_name(served):
    known = tushare_answer(tushare_tables())

    def answer(*asked):
        status, text = known(*asked)
        return status, text.replace("301005.SZ", "600519.SH")

    served.answer = answer
    with pytest.raises(FetchError, match=r"bars of 600519\.SH"):
        make_provider("tushare", HASTY).bars(SHARE, *SPAN)


def test_days_that_tushare_was_not_asked_for_are_left_out(served):
    known = tushare_answer(tushare_tables())

    def answer(host, path, query, body):
        asked = json.loads(body)
        asked["params"] |= {"start_date": "20000101", "end_date": "20991231"}
        return known(host, path, query, json.dumps(asked).encode())

    served.answer = answer
    first = dt.date.fromisoformat(DAYS[3].day)
    bars = make_provider("tushare", HASTY).bars(SHARE, first, SPAN[1])
    assert str(bars.sessions[0]) == str(first)
    with pytest.raises(FetchError, match="has no bars from 2019-01-02"):
        make_provider("tushare", HASTY).bars(SHARE, dt.date(2019, 1, 2), dt.date(2019, 1, 9))
