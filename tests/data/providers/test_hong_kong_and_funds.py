"""Hong Kong, funds and indexes through the real clients: the same days of one instrument as each server would state them."""

import json
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from launchlab.data.errors import FetchError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.panel.build import load_panel
from launchlab.data.patience import Patience
from launchlab.data.providers.choose import make_provider
from launchlab.data.providers.sina_funds import distributions
from launchlab.data.store.fetch import fetch
from launchlab.data.store.known import read_facts
from launchlab.data.store.store import Store

from ...markets.fake_sites import FakeSites
from ...markets.sina_script import sina_script
from ...markets.vendor_servers import TOKEN, Day, klines, tushare_answer

TABLE = load_instruments()
QUICK = Patience(timeout=5.0, attempts=3, first_pause=0.01, longest_pause=0.02)
SPAN = (date(2022, 5, 16), date(2022, 5, 18))
# Five shares for one and 1.60 for each old one: (360 - 1.60) / 5 = 71.68.
SHARE = (
    Day("2022-05-16", 350.0, 356.0, 348.0, 352.0, 10_000_000, 350.4),
    Day("2022-05-17", 356.0, 362.0, 354.0, 360.0, 11_000_000, 352.0),
    Day("2022-05-18", 71.0, 72.0, 70.5, 71.5, 52_000_000, 71.68),
)
PLAIN = (
    Day("2022-05-16", 0.55, 0.56, 0.54, 0.55, 10_000_000, 0.55),
    Day("2022-05-17", 0.55, 0.58, 0.55, 0.57, 11_000_000, 0.55),
    Day("2022-05-18", 0.57, 0.58, 0.56, 0.56, 12_000_000, 0.57),
)
INDEX = tuple(Day(one.day, *(4000 + 100 * price for price in one[1:5]), one.volume, 4055.0) for one in PLAIN)
FACTORS = 'var hfq={"total":2,"data":[{"d":"2022-05-18","f":"5.0","c":"1.6"},{"d":"1900-01-01","f":"1.0","c":"0"}]}\n'
# The code, its days, Tushare's table with its units, Eastmoney's market, the folder of Sina's script.
KINDS = {
    "share": ("0700.HK", SHARE, ("00700.HK", "hk_daily", 1, 1), "116.00700", "hkstock/00700/klc2_kl"),
    "fund": ("513180.SS", PLAIN, ("513180.SH", "fund_daily", 100, 1000), "1.513180", "sh513180/hisdata_klc2/klc_kl"),
    "index": ("000300.SS", INDEX, ("000300.SH", "index_daily", 100, 1000), "", "sh000300/hisdata/klc_kl"),
    "Hong Kong's index": ("^HSI", INDEX, ("", "", 1, 1), "", "hkstock/HSI/klc2_kl"),
}  # fmt: skip


def sites(kind: str) -> Callable[..., tuple[int, str]]:
    _, days, (code, table, lot, thousand), secid, folder = KINDS[kind]
    rows = [
        {
            "ts_code": code, "trade_date": one.day.replace("-", ""), "open": one.open, "high": one.high, "low": one.low,
            "close": one.close, "pre_close": one.reference, "vol": one.volume / lot, "amount": one.amount / thousand,
        }
        for one in days
    ]  # fmt: skip
    basic = {"ts_code": code, "list_date": "20040616", "delist_date": None, "trade_unit": 100.0}
    tushare = tushare_answer({table: rows, "hk_basic": [basic]})

    def answer(host: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, str]:
        if host.endswith("eastmoney.com"):
            known = query["secid"] == [secid]
            return 200, klines(days, unit=lot) if known else json.dumps({"rc": 100, "data": None})
        if host.endswith("sina.com.cn"):
            if path.endswith("hfq.js"):
                return (200, FACTORS) if "hkstock" in path else (404, "nothing here")
            script = sina_script([(*one[:6], one.amount) for one in days])
            return (200, f'var KLC="{script}";') if f"{folder}.js" in path else (404, "nothing here")
        return tushare(host, path, query, body)

    return answer


@pytest.fixture
def server(tmp_path, monkeypatch):
    pytest.importorskip("akshare")
    with FakeSites(tmp_path, lambda *_: (404, "")) as made:
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setenv("TUSHARE_URL", made.address)
        monkeypatch.setenv("TUSHARE_TOKEN", TOKEN)
        monkeypatch.setattr("launchlab.data.providers.tushare_api.PAUSE", 0.0)
        yield made


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, kind) for name in ("tushare", "eastmoney", "sina") for kind in ("share", "fund")),
        ("tushare", "index"),
        ("sina", "index"),
        ("sina", "Hong Kong's index"),
    ],
)
def test_every_kind_comes_as_it_was_traded(server, name, kind):
    code, days, *_ = KINDS[kind]
    server.answer = sites(kind)
    provider = make_provider(name, QUICK)
    bars = provider.bars(TABLE[code], *SPAN)
    assert bars.sessions.astype(str).tolist() == [one.day for one in days]
    for column in ("open", "high", "low", "close", "volume"):
        assert getattr(bars, column).tolist() == pytest.approx([getattr(one, column) for one in days]), column
    if "references" in provider.gives[TABLE[code].exchange]:
        assert bars.pre_close.tolist() == pytest.approx([one.reference for one in days])


def test_hong_kong_s_split_and_dividend_come_from_sina_and_the_others_say_that_they_have_none(server):
    server.answer = sites("share")
    (action,) = make_provider("sina", QUICK).bars(TABLE["0700.HK"], *SPAN).actions
    assert (str(action["session"]), action["ratio"], action["cash"]) == ("2022-05-18", 5.0, 1.6)
    for name in ("tushare", "eastmoney"):
        bars = make_provider(name, QUICK).bars(TABLE["0700.HK"], *SPAN)
        assert not len(bars.actions)
        assert f"{name} has no dividends and splits of Hong Kong" in bars.source["said"]


def test_what_a_source_does_not_have_of_stored_bars_is_among_the_unknowns_of_a_run(server, tmp_path):
    server.answer = sites("share")
    fetch([TABLE["0700.HK"]], SPAN, provider=make_provider("tushare", QUICK), store=Store(tmp_path))
    panel = load_panel(["0700.HK"], prices=tmp_path)
    assert "0700.HK: tushare has no dividends and splits of Hong Kong" in "\n".join(panel.unknowns)


def with_distributions(rows: str, *, paid: bool = True, factors: tuple[float, ...] = (1.0, 1.0, 1.0)):
    """The fund's sites, Sina with a list of distributions, Tushare with tables of them and of factors."""
    plain = sites("fund")
    row = {"ts_code": "513180.OF", "div_proc": "实施", "ex_date": "20220518", "div_cash": 0.02}
    moved = [
        {"ts_code": "513180.SH", "trade_date": one.day.replace("-", ""), "adj_factor": factor}
        for one, factor in zip(PLAIN, factors, strict=True)
    ]
    days = [
        {
            "ts_code": "513180.SH", "trade_date": one.day.replace("-", ""), "open": one.open, "high": one.high,
            "low": one.low, "close": one.close, "pre_close": one.reference, "vol": one.volume / 100,
            "amount": one.amount / 1000,
        }
        for one in PLAIN
    ]  # fmt: skip
    tables = {"fund_daily": days, "fund_div": [row] if paid else [], "fund_adj": moved}

    def answer(host: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, str]:
        if path.endswith("hfq.js"):
            return (200, rows) if rows else (404, "nothing here")
        if "sina.com.cn" in host or "eastmoney.com" in host:
            return plain(host, path, query, body)
        wanted = json.loads(body)
        named = wanted["params"].get("ts_code", "")
        kept = {
            name: [one for one in table if one.get("ts_code", named) == named]
            for name, table in tables.items()
        }
        return tushare_answer(kept)(host, path, query, body)

    return answer


LIST = (
    'var sh513180hfq={"total":3,"data":['
    '{"d":"2022-05-18","f":"1.0","s":"1.0","u":"0.05"},{"d":"2021-11-01","f":"1.0","s":"1.0","u":"0.03"},'
    '{"d":"1900-01-01","f":"1.0","s":"1.0","u":"0.0"}]}\n/* 1 */\n'
)


def test_distributions_of_funds_come_from_sina_and_tushare_and_eastmoney_says_that_it_has_none(server):
    server.answer = with_distributions(LIST)
    for name in ("sina", "tushare"):
        bars = make_provider(name, QUICK).bars(TABLE["513180.SS"], *SPAN)
        (action,) = bars.actions
        assert (str(action["session"]), action["ratio"], action["cash"]) == ("2022-05-18", 1.0, 0.02), name
        assert "said" not in bars.source
    bars = make_provider("eastmoney", QUICK).bars(TABLE["513180.SS"], *SPAN)
    assert "eastmoney has no dividends and splits of funds" in bars.source["said"]


def test_a_fund_that_never_paid_has_no_actions_and_nothing_is_missing(server):
    never = 'var sh513180hfq={"total":1,"data":[{"d":"1900-01-01","f":"1.0","s":"1.0","u":"0.0"}]}'
    for rows in (never, ""):
        server.answer = with_distributions(rows, paid=False)
        for name in ("sina", "tushare"):
            bars = make_provider(name, QUICK).bars(TABLE["513180.SS"], *SPAN)
            assert not len(bars.actions)
            assert "said" not in bars.source


def test_a_split_that_tushare_has_no_row_of_is_named(server):
    server.answer = with_distributions("", paid=False, factors=(1.0, 1.0, 2.0))
    bars = make_provider("tushare", QUICK).bars(TABLE["513180.SS"], *SPAN)
    assert "an action on 2022-05-18 has no row among the distributions (a split?)" in bars.source["said"]


@pytest.mark.parametrize(
    ("rows", "actions", "said"),
    [
        ([("1900-01-01", 1, 0, 1), ("2022-05-18", 1, 0.02, 1)], [("2022-05-18", 1.0, 0.02)], ""),
        ([("1900-01-01", 1, 1, 0), ("2022-05-18", 1, 2, 0)], [("2022-05-18", 2.0, 0.0)], ""),
        ([("1900-01-01", 1, 1, 0), ("2022-05-18", 1, 0.25, 0.1)], [("2022-05-18", 0.25, 0.1)], ""),
        (
            [("1900-01-01", 1, 1, 0), ("2021-05-18", 1, 2, 0), ("2022-05-18", 1, 2, 0.1)],
            [("2021-05-18", 2.0, 0.0), ("2022-05-18", 1.0, 0.1)],
            "after its split of 2021-05-18",
        ),
        ([("1900-01-01", 1, 1, 1), ("2022-05-18", 1, 1, 1.1)], [], "cannot be read"),
        ([("2022-05-18", 1, 1, 0.1)], [], "cannot be read"),
        ([("1900-01-01", 1, 1, 0), ("2022-05-18", 1.2, 1, 0.1)], [], "cannot be read"),
        ([("1900-01-01", 1, 1, 0), ("2021-05-18", 1, 1, 0.2), ("2022-05-18", 1, 1, 0.1)], [], "cannot be read"),
        ([("1900-01-01", 1, 1, 0), ("2022-05-18", 1, 0, 0.1)], [], "cannot be read"),
        ([("1900-01-01", 1, 1, 0), ("2022-05-18", 1, 1, float("nan"))], [], "cannot be read"),
        ([], [], ""),
    ],
)  # fmt: skip
def test_which_sum_is_cash_and_which_is_splits_is_told_by_the_first_row_of_the_list(rows, actions, said):
    found = distributions("513180.SS", [dict(zip("dfsu", map(str, row), strict=True)) for row in rows[::-1]])
    assert [(str(one["session"]), one["ratio"], one["cash"]) for one in found.actions] == actions
    assert said in found.said if said else found.said == ""


def test_a_damaged_list_of_distributions_is_no_fund_without_any(server):
    damaged = 'var sh513180hfq={"total":1,"data":[{"d":"1900-01-01","f":"1.0","s":"?","u":"0.0"}]}'
    server.answer = with_distributions(damaged)
    with pytest.raises(FetchError, match="list of distributions is damaged"):
        make_provider("sina", QUICK).bars(TABLE["513180.SS"], *SPAN)


def test_a_code_that_a_source_does_not_have_is_no_failure_of_the_source(server):
    server.answer = sites("fund")
    for name in ("tushare", "eastmoney", "sina"):
        before = len(server.log)
        with pytest.raises(FetchError, match=r"0700\.HK") as refused:
            make_provider(name, QUICK).bars(TABLE["0700.HK"], *SPAN)
        assert type(refused.value) is FetchError
        assert len(server.log) == before + 1, "asked once"
    with pytest.raises(FetchError, match="eastmoney is asked for shares and funds alone"):
        make_provider("eastmoney", QUICK).bars(TABLE["000300.SS"], *SPAN)


def test_hong_kong_s_listing_day_and_lot_are_kept_beside_the_bars(server, tmp_path):
    server.answer = sites("share")
    store = Store(tmp_path / "store")
    report = fetch([TABLE["0700.HK"]], SPAN, provider=make_provider("tushare", QUICK), store=store)
    assert report.complete, str(report)
    (facts,) = read_facts(store, "0700.HK")
    assert (str(facts.listed), facts.lot) == ("2004-06-16", 100)
    assert np.array_equal(store.read("0700.HK").close, [one.close for one in SHARE])
