"""The exchange's ex-right references of four textbook actions, through the real client of every source that can state them."""

import contextlib
import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from launchlab.data.bars.bars import Bars
from launchlab.data.bars.references import reference_prices
from launchlab.data.calendars.sessions import calendar
from launchlab.data.instruments.table import load_instruments
from launchlab.data.patience import Patience
from launchlab.data.providers.choose import make_provider
from launchlab.data.providers.provider import Provider
from launchlab.data.store.store import Store

from ... import MARKETS
from ...markets.fake_baostock import FakeBaostock
from ...markets.fake_sites import FakeSites
from ...markets.fake_yahoo import FakeYahoo, Listing
from ...markets.sina_script import sina_script
from ...markets.vendor_servers import TOKEN, Day, bonus_page, klines, tushare_answer

CHILD = MARKETS / "fetch_child.py"
SHARE = load_instruments()["301005.SZ"]
EX_DATE = "2022-05-17"
SPAN = (dt.date(2022, 5, 13), dt.date(2022, 5, 18))
QUICK = Patience(timeout=5.0, attempts=3, first_pause=0.01, longest_pause=0.02)


class Case(NamedTuple):
    """Last close before the ex-date; bonus shares, cash, rights for ten shares and their price; the reference that follows."""

    close: float
    bonus: float
    cash: float
    rights: float
    price: float
    reference: float


CASES = {
    "cash": Case(10.00, 0, 2, 0, 0, 9.80),
    "bonus": Case(13.00, 3, 0, 0, 0, 10.00),
    "bonus and cash": Case(13.00, 3, 2, 0, 0, 9.85),
    "rights": Case(13.00, 0, 0, 3, 5, 11.15),
}


def days_of(case: Case) -> tuple[Day, ...]:
    close, after = case.close, case.reference
    return (
        Day("2022-05-13", close, close, close, close, 1_000_000, close),
        Day("2022-05-16", close, close, close, close, 1_100_000, close),
        Day(EX_DATE, after, after, after, after, 1_300_000, after),
        Day("2022-05-18", after, after, after, after, 1_200_000, after),
    )


def sites(case: Case) -> Callable[..., tuple[int, str]]:
    days = days_of(case)
    page = bonus_page(
        [(case.bonus, 0, case.cash, "实施", EX_DATE)] if case.bonus or case.cash else [],
        [(case.rights, case.price, EX_DATE)] if case.rights else [],
    )

    def answer(host: str, path: str, _query: object, _body: bytes) -> tuple[int, str]:
        if host.endswith("eastmoney.com"):
            return 200, klines(days)
        if "ShareBonus" in path:
            return 200, f"<html><body>{page}</body></html>"
        if "getAmountBySymbol" in path:
            return 200, 'var KKE=([{date:"2021-06-01",amount:"5712"}]);'
        if "hisdata_klc2" in path:
            return 200, f'var KLC="{sina_script([(*one[:6], one.amount) for one in days])}";'
        return 404, "nothing here"

    return answer


def tushare_tables(case: Case) -> dict[str, list[dict[str, object]]]:
    code, factor = "301005.SZ", case.close / case.reference
    rows = [
        {
            "ts_code": code, "trade_date": one.day.replace("-", ""), "open": one.open, "high": one.high, "low": one.low,
            "close": one.close, "pre_close": one.reference, "vol": one.volume / 100, "amount": one.amount / 1000,
        }
        for one in days_of(case)
    ]  # fmt: skip
    paid = {"ts_code": code, "div_proc": "实施", "ex_date": EX_DATE.replace("-", "")}
    paid |= {"stk_div": case.bonus / 10, "cash_div_tax": case.cash / 10}
    moved = [
        {"ts_code": code, "trade_date": one["trade_date"], "adj_factor": factor if one["trade_date"] >= "20220517" else 1.0}
        for one in rows
    ]  # fmt: skip
    return {"daily": rows, "dividend": [] if case.rights else [paid], "adj_factor": moved}


def baostock_rows(case: Case) -> dict[tuple[str, str], list[list[str]]]:
    code = "sz.301005"
    bars = [
        [one.day, *(f"{price:.4f}" for price in one[1:5]), f"{one.reference:.4f}", str(one.volume), str(one.amount), "1", "0"]
        for one in days_of(case)
    ]  # fmt: skip
    paid = [code, EX_DATE, f"{case.cash / 10}", f"{case.bonus / 10}", "0"]
    return {
        ("query_history_k_data_plus", code): bars,
        ("query_adjust_factor", code): [[code, EX_DATE, "1", "1.1", "1.1"]],
        ("query_dividend_data", code): [] if case.rights else [paid],
        ("query_stock_basic", code): [[code, "超捷股份", "2021-06-01", "", "1", "1"]],
    }


def yahoo(case: Case) -> Listing:
    """Yahoo divides what came before by the bonus, and states the cash for a new share."""
    by, day = 1.0 + case.bonus / 10, dt.date.fromisoformat(EX_DATE)
    rows = []
    for one in days_of(case):
        part = by if one.day < EX_DATE else 1.0
        rows.append(
            (dt.date.fromisoformat(one.day), *(price / part for price in one[1:5]), one.volume * part)
        )
    return Listing(
        rows,
        zone="Asia/Shanghai",
        currency="CNY",
        dividends=[(day, case.cash / 10 / by)] if case.cash else [],
        splits=[(day, 10 + int(case.bonus), 10)] if case.bonus else [],
    )


@pytest.fixture
def provider(tmp_path, monkeypatch):
    """The provider of a name, with a server that states a case."""
    with contextlib.ExitStack() as stack:

        def made(name: str, case: Case) -> Provider:
            if name == "baostock":
                client = pytest.importorskip("baostock")
                server = stack.enter_context(FakeBaostock(baostock_rows(case)))
                monkeypatch.setattr(client.common.contants, "BAOSTOCK_SERVER_IP", "127.0.0.1")
                monkeypatch.setattr(client.common.contants, "BAOSTOCK_SERVER_PORT", server.server_address[1])
            elif name == "tushare":
                site = stack.enter_context(FakeSites(tmp_path, tushare_answer(tushare_tables(case))))
                monkeypatch.setenv("TUSHARE_URL", site.address)
                monkeypatch.setenv("TUSHARE_TOKEN", TOKEN)
                monkeypatch.setattr("launchlab.data.providers.tushare_api.PAUSE", 0.0)
            else:
                pytest.importorskip("akshare")
                site = stack.enter_context(FakeSites(tmp_path, sites(case)))
                for variable, value in site.environment().items():
                    monkeypatch.setenv(variable, value)
            found = make_provider(name, QUICK)
            stack.callback(found.close)
            return found

        yield made


def reference_of(bars: Bars) -> float:
    """The reference of the ex-date, from what the source states or from the actions that it lists."""
    references = reference_prices(bars, calendar(SHARE.exchange).sessions, SHARE)
    return float(references[bars.sessions == np.datetime64(EX_DATE)][0])


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("name", ["tushare", "eastmoney", "sina", "baostock"])
def test_the_reference_and_the_action_are_those_of_the_exchange(provider, name, kind):
    case = CASES[kind]
    source = provider(name, case)
    bars = source.bars(SHARE, *SPAN)
    assert reference_of(bars) == pytest.approx(case.reference, abs=1e-9)
    stated = [tuple(float(value) for value in tuple(one)[1:]) for one in bars.actions]
    if kind == "rights" and "rights" not in source.gives[SHARE.exchange]:
        assert stated == []
        assert f"an action on {EX_DATE} has no row" in str(bars.source["said"])
        return
    assert "said" not in bars.source
    assert stated == [(1 + case.bonus / 10, case.cash / 10, case.rights / 10, case.price)]


@pytest.mark.parametrize("kind", CASES)
def test_without_a_stated_reference_the_listed_action_makes_it(provider, kind):
    bars = provider("sina", CASES[kind]).bars(SHARE, *SPAN)
    assert np.isnan(bars.pre_close).all()
    assert reference_of(bars) == pytest.approx(CASES[kind].reference, abs=1e-9)


def test_yahoo_s_events_make_the_same_references(tmp_path):
    cases = {"301005.SZ": CASES["cash"], "300364.SZ": CASES["bonus"], "300418.SZ": CASES["bonus and cash"]}
    store = Store(tmp_path / "store")
    with FakeYahoo(tmp_path, {code: yahoo(case) for code, case in cases.items()}) as server:
        done = subprocess.run(
            [sys.executable, str(CHILD), str(store.root), *(str(day) for day in SPAN), *cases],
            env={**os.environ, **server.environment(tmp_path / "cache")},
            capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for code, case in cases.items():
        bars = store.read(code)
        (action,) = bars.actions
        assert (action["ratio"], action["cash"]) == pytest.approx((1 + case.bonus / 10, case.cash / 10))
        assert reference_of(bars) == pytest.approx(case.reference, abs=1e-9), code
        assert bars.close.tolist() == pytest.approx([one.close for one in days_of(case)])
