"""Tushare, Eastmoney, Sina and baostock through their real clients, against local servers that state one month."""

import json

import numpy as np
import pytest

import launchlab as ll
from launchlab.data.bars.references import reference_prices
from launchlab.data.calendars.sessions import calendar
from launchlab.data.errors import FetchError, SourceError
from launchlab.data.instruments.facts import laid_over
from launchlab.data.instruments.table import load_instruments
from launchlab.data.patience import Patience
from launchlab.data.providers.choose import make_chain, make_provider
from launchlab.data.providers.coverage import coverage_table
from launchlab.data.providers.sina import Sina
from launchlab.data.providers.tushare import Tushare
from launchlab.data.store.fetch import fetch
from launchlab.data.store.known import read_facts, with_facts
from launchlab.data.store.store import Store

from ... import ROOT
from ...markets.fake_baostock import FakeBaostock
from ...markets.fake_sites import FakeSites
from ...markets.vendor_servers import (
    CODE,
    DAYS,
    EX_DATE,
    HALTED,
    RIGHTS_DATE,
    SPAN,
    TOKEN,
    adjusted,
    baostock_rows,
    chinese_sites,
    tushare_answer,
    tushare_tables,
)

TABLE = load_instruments()
SHARE = TABLE[CODE]
QUICK = Patience(timeout=5.0, attempts=4, first_pause=0.01, longest_pause=0.02)
NAMES = ("tushare", "eastmoney", "sina", "baostock")


@pytest.fixture
def sites(tmp_path, monkeypatch):
    """Eastmoney and Sina; what they answer may be exchanged."""
    with FakeSites(tmp_path, chinese_sites()) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def tushare(tmp_path, monkeypatch):
    with FakeSites(tmp_path, tushare_answer(tushare_tables())) as server:
        monkeypatch.setenv("TUSHARE_URL", server.address)
        monkeypatch.setenv("TUSHARE_TOKEN", TOKEN)
        monkeypatch.setattr("launchlab.data.providers.tushare_api.PAUSE", 0.0)
        yield server


@pytest.fixture
def baostock(monkeypatch):
    client = pytest.importorskip("baostock")
    with FakeBaostock(baostock_rows()) as server:
        monkeypatch.setattr(client.common.contants, "BAOSTOCK_SERVER_IP", "127.0.0.1")
        monkeypatch.setattr(client.common.contants, "BAOSTOCK_SERVER_PORT", server.server_address[1])
        yield server


@pytest.fixture
def source(request):
    """The provider of a name with its server; closed at the end."""
    providers = []

    def made(name: str):
        if name in ("eastmoney", "sina"):
            pytest.importorskip("akshare")
        request.getfixturevalue({"tushare": "tushare", "baostock": "baostock"}.get(name, "sites"))
        providers.append(make_provider(name, QUICK))
        return providers[-1]

    yield made
    for provider in providers:
        provider.close()


@pytest.mark.parametrize("name", NAMES)
def test_every_source_gives_the_month_as_it_was_traded(source, name):
    bars = source(name).bars(SHARE, *SPAN)
    traded = bars.take(bars.traded)
    assert traded.sessions.astype(str).tolist() == [one.day for one in DAYS]
    for column in ("open", "high", "low", "close", "volume"):
        assert getattr(traded, column).tolist() == [getattr(one, column) for one in DAYS], column
    assert traded.amount.tolist() == [one.amount for one in DAYS]
    assert bars.source["provider"] == name


@pytest.mark.parametrize("name", NAMES)
def test_eight_for_ten_and_half_a_yuan_make_ten_of_eighteen_and_a_half(source, name):
    bars = source(name).bars(SHARE, *SPAN)
    at = bars.actions["session"] == np.datetime64(EX_DATE)
    assert (bars.actions["ratio"][at].tolist(), bars.actions["cash"][at].tolist()) == ([1.8], [0.5])
    reference = reference_prices(bars, calendar(SHARE.exchange).sessions, SHARE)
    assert reference[bars.sessions == np.datetime64(EX_DATE)].tolist() == [10.0]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_source_knows_of_a_rights_issue(source, name):
    """3 for 10 at 5.00 make 11.15 of 13.00: with its terms, or in the reference alone, which is said."""
    provider = source(name)
    bars = provider.bars(SHARE, *SPAN)
    at = bars.actions["session"] == np.datetime64(RIGHTS_DATE)
    knows = "rights" in provider.gives[SHARE.exchange]
    assert bars.actions["rights"][at].tolist() == ([0.3] if knows else [])
    assert bars.actions["rights_price"][at].tolist() == ([5.0] if knows else [])
    row = bars.sessions == np.datetime64(RIGHTS_DATE)
    assert reference_prices(bars, calendar(SHARE.exchange).sessions, SHARE)[row].tolist() == [11.15]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_source_states_of_references_halts_and_st(source, name):
    provider = source(name)
    bars = provider.bars(SHARE, *SPAN)
    given = provider.gives[SHARE.exchange]
    if "references" in given:
        assert bars.pre_close[bars.traded].tolist() == [one.reference for one in DAYS]
    else:
        assert np.isnan(bars.pre_close).all()
    assert (np.datetime64(HALTED) in bars.sessions[bars.suspended]) == ("suspensions" in given)
    warned = bars.sessions[bars.st == 1].astype(str).tolist()
    assert warned == ([one.day for one in DAYS if one.day >= "2022-05-23"] if "st" in given else [])


@pytest.mark.parametrize("name", NAMES)
def test_a_forward_adjusted_answer_is_refused_with_the_two_bars_that_show_it(source, request, name, tmp_path):
    provider = source(name)
    days = adjusted(DAYS)
    if name == "tushare":
        tables = tushare_tables()
        by_day = {one.day.replace("-", ""): one for one in days}
        for row in tables["daily"]:
            one = by_day[str(row["trade_date"])]
            row |= {"open": one.open, "high": one.high, "low": one.low, "close": one.close}
            row |= {"pre_close": 10.0 if one.day == EX_DATE else one.reference}
        request.getfixturevalue("tushare").answer = tushare_answer(tables)
    elif name == "baostock":
        request.getfixturevalue("baostock").rows = baostock_rows(days)
    else:
        request.getfixturevalue("sites").answer = chinese_sites(days)
    report = fetch([SHARE], SPAN, provider=provider, store=Store(tmp_path / "store"))
    said = report.outcomes[0].message
    assert report.outcomes[0].status == "failed"
    assert "are adjusted, not raw: 2022-05-16 9.94–10.11, close 10" in said, said
    assert f"its ex-date {EX_DATE} 10–10.6, close 10.5, where 5.2778 was due" in said
    assert Store(tmp_path / "store").codes() == ()


def test_lots_are_told_from_shares_by_the_turnover(source, request):
    provider = source("eastmoney")
    request.getfixturevalue("sites").answer = chinese_sites(unit=1)
    assert provider.bars(SHARE, *SPAN).volume.tolist() == [one.volume for one in DAYS]
    request.getfixturevalue("sites").answer = chinese_sites(unit=7)
    with pytest.raises(FetchError, match="neither shares nor lots"):
        provider.bars(SHARE, *SPAN)


@pytest.mark.parametrize("name", ["tushare", "eastmoney", "sina"])
def test_servers_that_fail_three_times_in_ten_are_asked_again(source, request, name):
    provider = source(name)
    server = request.getfixturevalue("tushare" if name == "tushare" else "sites")
    server.share = 0.3
    patient = type(provider)(Patience(timeout=5.0, attempts=12, first_pause=0.001, longest_pause=0.002))
    assert len(patient.bars(SHARE, *SPAN).take(slice(None))) >= len(DAYS)
    server.share = 1.0
    with pytest.raises(SourceError, match="did not answer 4 times"):
        provider.bars(SHARE, *SPAN)


@pytest.mark.parametrize("name", NAMES)
def test_the_conformance_rules_hold(source, name):
    assert ll.check_provider(source(name), CODE, *SPAN) == ()


def test_the_conformance_rules_find_what_a_bad_provider_does(source):
    class Bad(Tushare):
        def bars(self, instrument, start, end):
            if start.year < 1990:
                raise ValueError("nothing")
            return super().bars(instrument, *SPAN).take(slice(0, 3))

        def close(self):
            raise_ = OSError("gone")
            self.bars = lambda *_: (_ for _ in ()).throw(raise_)

    source("tushare")
    found = "\n".join(ll.check_provider(Bad(QUICK), CODE, SPAN[0], SPAN[1]))
    assert "same answer" in found
    assert "is answered with ValueError, not a FetchError" in found
    assert "after `close` it does not answer any more" in found
    assert ll.check_provider(object(), CODE, *SPAN) == (
        "protocol: it has not all of name, parallel, gives, bars and close",
    )


def test_the_token_is_in_no_error_file_or_answer(source, monkeypatch, tmp_path, capsys):
    provider = source("tushare")
    monkeypatch.setenv("TUSHARE_TOKEN", "another-secret")
    with pytest.raises(SourceError, match="tushare refuses the token of TUSHARE_TOKEN") as refused:
        provider.bars(SHARE, *SPAN)
    assert "another-secret" not in str(refused.value)
    monkeypatch.setenv("TUSHARE_TOKEN", TOKEN)
    report = fetch([SHARE], SPAN, provider=provider, store=Store(tmp_path / "store"))
    written = b"".join(path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file())
    assert TOKEN.encode() not in written
    assert TOKEN not in json.dumps(report.to_json()) + repr(provider) + "".join(capsys.readouterr())
    monkeypatch.delenv("TUSHARE_TOKEN")
    with pytest.raises(SourceError, match="TUSHARE_TOKEN is not set"):
        make_provider("tushare")


def test_what_an_account_may_not_ask_for_is_left_out_and_named(source, request):
    provider = source("tushare")
    request.getfixturevalue("tushare").answer = tushare_answer(
        tushare_tables(), denied=("namechange", "stk_limit")
    )
    bars = provider.bars(SHARE, *SPAN)
    assert "not asked, as this account may not: namechange, stk_limit" in bars.source["said"]
    assert (bars.st == -1).all()


def test_the_exchange_s_own_limits_are_held_against_the_rule_book(source, request):
    provider = source("tushare")
    said = provider.bars(SHARE, *SPAN).source["said"]
    assert "limits" not in said
    assert f"an action on {RIGHTS_DATE} has no row among the dividends" in said
    tables = tushare_tables()
    tables["stk_limit"][4]["up_limit"] = 11.55
    request.getfixturevalue("tushare").answer = tushare_answer(tables)
    said = provider.bars(SHARE, *SPAN).source["said"]
    assert "the exchange's limits are not the rule book's on 1 sessions, first 2022-05-18" in said


def test_facts_shrink_what_is_unknown_and_say_where_they_come_from(source, tmp_path):
    store = Store(tmp_path / "store")
    fetch([SHARE], SPAN, provider=source("tushare"), store=store)
    (facts,) = read_facts(store, CODE)
    assert (str(facts.listed), facts.issue_price) == ("2021-06-01", 36.45)
    before, after = TABLE[CODE], with_facts(TABLE, store)[CODE]
    assert any("ST spells unknown" in text for text in before.unknowns)
    assert any("listing day unknown" in text for text in before.unknowns)
    assert after.unknowns == ("board taken from the code",)
    assert str(after.listed) == "2021-06-01"
    assert [(str(one.first), one.last) for one in after.st] == [("2022-05-23", None)]
    assert "listing day: tushare" in after.source
    assert laid_over(after, [facts]).unknowns == after.unknowns


def test_all_sources_in_turn_give_the_same_prices(source, tmp_path):
    """Each is the only one that answers once; the store's bars are the same, whoever it was."""
    closes = {}
    for name in NAMES:
        store = Store(tmp_path / name)
        provider = source(name)
        assert fetch([SHARE], SPAN, provider=provider, store=store).complete
        bars = store.read(CODE)
        closes[name] = bars.close[bars.traded].tolist()
    assert len({tuple(one) for one in closes.values()}) == 1


def test_hong_kong_s_list_of_factors_gives_its_actions():
    assert Sina().gives["XHKG"] == {"bars", "dividends", "splits"}


def test_akshare_stands_for_eastmoney_and_sina():
    pytest.importorskip("akshare")
    assert make_chain("akshare").asked == ("eastmoney", "sina")


def test_the_table_of_the_documentation_is_that_of_the_code():
    assert coverage_table() in (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
