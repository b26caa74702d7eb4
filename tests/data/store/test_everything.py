"""One command to real results: all that a run needs, from several servers, and the same run as from files."""

import datetime as dt
import io
import json
import zipfile
from datetime import date

import numpy as np
import pandas as pd
import pytest

import launchlab as ll
from launchlab.data.instruments.table import load_instruments
from launchlab.data.market.everything import everything
from launchlab.data.market.source import USUAL_BENCHMARKS
from launchlab.data.patience import Patience
from launchlab.data.providers.chain import Chain
from launchlab.data.providers.choose import make_chain
from launchlab.data.store.fetch import fetch
from launchlab.data.store.health import Health
from launchlab.data.store.rates import fetch_rates, rates_path
from launchlab.data.store.store import Store

from ...markets.cli_fixture import faults, json_of, launchlab
from ...markets.fake_baostock import FakeBaostock
from ...markets.fake_sites import FakeSites
from ...markets.vendor_servers import (
    DAYS,
    EX_DATE,
    TOKEN,
    baostock_rows,
    chinese_sites,
    tushare_answer,
    tushare_tables,
)
from .test_chain import Source

TABLE = load_instruments()
QUICK = Patience(timeout=5.0, attempts=3, first_pause=0.01, longest_pause=0.02)
# Each code is known to one server alone.
HOMES = {"301005": "tushare", "301006": "eastmoney", "301007": "sina", "301008": "baostock"}
MONTH = DAYS[:8]
SPAN = (date(2022, 5, 12), date(2022, 5, 24))
LEDGER = (
    "id,announced_at,precision,company,product,kind,codes,source\n"
    "one,2022-05-13T20:00+08:00,exact,A,B,launch,301005.SZ:pure_play;301006.SZ:pure_play,https://example.org\n"
    "two,2022-05-17T20:00+08:00,exact,A,C,launch,301007.SZ:pure_play;301008.SZ:pure_play,https://example.org\n"
)


def bank(last: str = "2026-02-13") -> bytes:
    """The bank's zip, with the two last days of its history."""
    text = f"Date,USD,CNY,HKD,\n{last},1.1,7.9,8.6,\n2020-01-02,1.1,7.8,8.7,\n"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("eurofxref-hist.csv", text)
    return content.getvalue()


@pytest.fixture
def servers(tmp_path, monkeypatch):
    """Tushare, Eastmoney, Sina and baostock, each with one code."""
    client = pytest.importorskip("baostock")
    pytest.importorskip("akshare")
    eastmoney, sina = chinese_sites(number="301006"), chinese_sites(number="301007")

    def answer(host, *rest):
        return (eastmoney if host.endswith("eastmoney.com") else sina)(host, *rest)

    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with (
        FakeSites(tmp_path / "a", answer) as sites,
        FakeSites(tmp_path / "b", tushare_answer(tushare_tables("301005"))) as tushare,
        FakeBaostock(baostock_rows(number="301008")) as baostock,
    ):
        for name, value in sites.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setenv("TUSHARE_URL", tushare.address)
        monkeypatch.setenv("TUSHARE_TOKEN", TOKEN)
        monkeypatch.setattr(client.common.contants, "BAOSTOCK_SERVER_IP", "127.0.0.1")
        monkeypatch.setattr(client.common.contants, "BAOSTOCK_SERVER_PORT", baostock.server_address[1])
        yield sites


def files(folder):
    """The same month as files of the house format."""
    folder.mkdir()
    for number in HOMES:
        rows = ["date,open,high,low,close,volume,pre_close,amount,ratio,cash"]
        for one in MONTH:
            action = "1.8,0.5" if one.day == EX_DATE else ","
            rows.append(
                f"{one.day},{one.open},{one.high},{one.low},{one.close},{one.volume},{one.reference},{one.amount},{action}"
            )
        (folder / f"{number}.SZ.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_a_store_filled_by_four_sources_backtests_as_the_files_do(servers, tmp_path):
    store = Store(tmp_path / "store")
    chain = make_chain("tushare,baostock,eastmoney,sina", QUICK)
    report = fetch([TABLE[f"{number}.SZ"] for number in HOMES], SPAN, provider=chain, store=store)
    assert report.complete, str(report)
    assert {outcome.code[:6]: outcome.source for outcome in report.outcomes} == HOMES
    assert {one.source for one in report.outcomes[2].tried} == {"tushare", "baostock", "eastmoney"}
    (tmp_path / "week.csv").write_text(LEDGER)
    asked = {"launches": tmp_path / "week.csv", "currency": "CNY", "benchmark": "none", "universe": "none"}
    results = [
        ll.backtest("buy-launch", ll.load_market(prices=prices, **asked), settings={"hold": 2})
        for prices in (store.root, files(tmp_path / "files"))
    ]
    columns = ["session", "code", "shares", "price", "commission", "stamp", "levies", "reason"]
    stored, filed = (result.fills[columns].reset_index(drop=True) for result in results)
    assert len(stored) >= 4
    pd.testing.assert_frame_equal(stored, filed)
    np.testing.assert_array_equal(results[0].equity, results[1].equity)


def test_everything_is_the_ledger_the_universe_and_the_usual_benchmarks():
    asked, start = everything(TABLE)
    ledger, universe = ll.load_launches(), ll.load_universe()
    assert set(asked.codes) >= {
        *ledger.codes,
        *universe.codes,
        *(TABLE[code].code for code in USUAL_BENCHMARKS),
    }
    first = min(launch.announced_at for launch in ledger).date()
    assert dt.timedelta(days=399) <= first - start <= dt.timedelta(days=401)


@pytest.fixture
def ecb(tmp_path, monkeypatch):
    with FakeSites(
        tmp_path, lambda host, *_: (200, bank()) if host == "www.ecb.europa.eu" else (404, "")
    ) as sites:
        for name, value in sites.environment().items():
            monkeypatch.setenv(name, value)
        yield sites


def test_a_fetch_without_codes_brings_all_and_a_second_one_keeps_it(ecb, tmp_path, monkeypatch):
    source = Source("one", parallel=4)
    source.gives = dict.fromkeys(("XHKG", "XSHG", "XSHE", "XBSE"), frozenset({"bars"}))
    chain = Chain({"one": source}, order={})
    monkeypatch.setattr("launchlab.data.market.fetch.make_chain", lambda *_, **__: chain)
    _, start = everything(TABLE)
    asked = ("fetch", "--store", tmp_path / "store", "--end", start + dt.timedelta(days=20), "--json")
    report = json_of(launchlab(*asked))
    total = len(everything(TABLE).asked.codes) + 1
    assert (report["fetched"], report["failed"]) == (total, 0)
    assert report["codes"][0]["message"] == "the European Central Bank's, up to 2026-02-13"
    report = json_of(launchlab(*asked))
    assert (report["fetched"], report["kept"]) == (0, total)
    status = json_of(launchlab("data", "status", "--store", tmp_path / "store", "--json"))
    assert status["rates_until"] == "2026-02-13"
    assert len(status["codes"]) == total - 1


def test_the_store_s_rates_are_used_by_a_run_from_it_and_broken_ones_are_refused(ecb, tmp_path):
    store = Store(tmp_path / "store")
    found = fetch_rates(store, date(2026, 2, 13), QUICK)
    assert (found.status, found.source) == ("fetched", "ecb")
    assert fetch_rates(store, date(2026, 2, 16), QUICK).status == "kept"
    assert fetch_rates(store, date(2026, 3, 16), QUICK).status == "fetched"
    kept = rates_path(store).read_bytes()
    for content in (b"no zip", bank("soon")):
        ecb.answer = lambda *_, content=content: (200, content)
        failed = fetch_rates(store, date(2026, 6, 1), QUICK)
        assert failed.status == "failed"
        assert "the European Central Bank did not answer" in failed.message
        assert rates_path(store).read_bytes() == kept


def test_the_status_of_a_code_names_span_source_holes_and_unknowns(tmp_path):
    place = tmp_path / "store"
    fetch(
        [TABLE["0700.HK"]],
        (date(2026, 2, 2), date(2026, 2, 13)),
        provider=Source("first"),
        store=Store(place),
        compare=Source("second"),
    )
    (told,) = ll.store_status("0700.HK", store=place).codes
    assert (told.source, told.first, told.last, told.rows) == ("first", "2026-02-02", "2026-02-13", 10)
    assert told.holes == ()
    assert told.agreements == ("10 of 10 closes as in second",)
    assert told.checked
    shown = launchlab("data", "status", "0700.HK", "--store", place)
    assert shown.exit_code == 0, shown.output
    assert "2026-02-02 to 2026-02-13" in " ".join(shown.stdout.split())
    assert "first: last answer" in shown.stdout
    (path,) = (place / "codes" / "0700.HK").glob("first-*.parquet")
    path.write_bytes(b"x")
    (told,) = ll.store_status(store=place).codes
    assert "is damaged" in told.fault
    assert "is not a store" in faults(launchlab("data", "status", "--store", tmp_path / "nowhere"))


def test_a_store_that_no_source_has_filled_says_how_the_sources_fare(tmp_path):
    Health(tmp_path / "store").failed("first", "first did not answer")
    shown = launchlab("data", "status", "--store", tmp_path / "store")
    assert shown.exit_code == 0, shown.output
    assert "no bars yet" in shown.stdout
    assert "first did not answer" in shown.stdout


def test_holes_are_sessions_without_a_bar(tmp_path):
    (tmp_path / "0700.HK.csv").write_text(
        "date,open,high,low,close,volume\n2026-02-09,500,500,500,500,1000\n2026-02-11,500,500,500,500,1000\n"
    )
    ll.fetch("0700.HK", path=tmp_path, store=tmp_path / "store", start="2026-02-01", end="2026-02-13")
    (told,) = ll.store_status(store=tmp_path / "store").codes
    assert told.holes == ("2026-02-10",)
    assert json.dumps(ll.store_status(store=tmp_path / "store").to_json())


def test_store_as_prices_is_the_user_s_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCHLAB_STORE", str(tmp_path / "mine"))
    (tmp_path / "0700.HK.csv").write_text(
        "date,open,high,low,close,volume\n2026-02-09,500,500,500,500,1000\n2026-02-10,500,500,500,500,1000\n"
    )
    ll.fetch("0700.HK", path=tmp_path, start="2026-02-01", end="2026-02-13")
    panel = ll.load_panel(["0700.HK"], prices="store")
    assert panel.codes == ("0700.HK",)


def test_january_of_a_year_that_no_calendar_knows_is_fetched_and_its_status_told(tmp_path, monkeypatch):
    days = pd.bdate_range("2026-12-21", "2027-01-15").strftime("%Y-%m-%d")
    days = [day for day in days if day not in ("2026-12-25", "2027-01-01")]
    rows = "".join(f"{day},500,500,500,500,1000\n" for day in days)
    (tmp_path / "0700.HK.csv").write_text("date,open,high,low,close,volume\n" + rows)
    monkeypatch.setattr("launchlab.data.store.series.last_final_day", lambda: date(2027, 1, 18))
    report = ll.fetch(
        "0700.HK", path=tmp_path, store=tmp_path / "store", start="2026-12-01", end="2027-01-15"
    )
    assert report.complete, str(report)
    assert report.outcomes[0].revision.errors == 0
    assert ll.store_status(store=tmp_path / "store").codes[0].holes == ()
