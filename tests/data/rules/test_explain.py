"""The rules of a day in plain words."""

import json
from dataclasses import replace

import pytest

from launchlab.data.errors import RuleError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.rules.brokerage import Brokerage
from launchlab.data.rules.explain import explain

BOOK = load_instruments()
KEYS = {
    "exchange",
    "board",
    "limit_pct",
    "limit_up",
    "limit_down",
    "unlimited",
    "tick",
    "lot_min",
    "lot_step",
}
KEYS |= {"settlement", "shortable", "costs", "sources", "steps", "unknowns"}


def test_ucloud_on_the_day_it_closed_at_its_limit():
    found = explain(BOOK["688158.SS"], "2026-02-12", prev_close=37.54).as_json()
    assert set(found) == KEYS
    assert (found["exchange"], found["board"]) == ("XSHG", "star")
    assert (found["limit_pct"], found["limit_up"], found["limit_down"]) == (20.0, 45.05, 30.03)
    assert (found["unlimited"], found["tick"]) == (False, 0.01)
    assert (found["lot_min"], found["lot_step"], found["settlement"]) == (200, 1, "T+1")
    assert (found["shortable"], found["costs"]) == (False, None)
    assert any("37.54 × 120 % = 45.048" in step for step in found["steps"])
    assert found["sources"]
    json.dumps(found)


def test_a_hong_kong_order_with_its_costs():
    found = explain(BOOK["0700.HK"], "2025-06-30", side="buy", price=500.0, shares=100).as_json()
    assert found["unlimited"]
    assert (found["limit_pct"], found["limit_up"], found["limit_down"]) == (None, None, None)
    assert (found["tick"], found["lot_min"], found["settlement"], found["shortable"]) == (
        0.2,
        100,
        "T+0",
        True,
    )
    assert found["costs"] == {
        "commission": 0.0, "stamp": 50.0, "sfc_levy": 1.35, "afrc_levy": 0.08, "trading_fee": 2.83,
        "trading_tariff": 0.0, "ccass": 2.1, "total": 56.36}  # fmt: skip
    assert any("brokerage is negotiable" in text for text in found["unknowns"])


def test_a_mainland_order_with_its_costs():
    found = explain(BOOK["600519.SS"], "2023-08-28", side="sell", price=100.0, shares=100)
    assert found.costs is not None
    assert (found.costs["stamp"], found.costs["total"]) == (5.0, 10.10)


def test_st_and_its_two_eras():
    stock = BOOK["600001.SS"]
    assert explain(stock, "2026-07-03", prev_close=3.07, st=True).limit_up == 3.22
    answer = explain(stock, "2026-07-06", prev_close=3.07, st=True)
    assert (answer.limit_pct, answer.limit_up, answer.limit_down) == (10.0, 3.38, 2.76)
    assert not any("ST spells unknown" in text for text in answer.unknowns)
    assert any("ST spells unknown" in text for text in explain(stock, "2026-07-06").unknowns)


def test_a_limit_is_at_least_a_tick_away_and_says_so():
    cheap = explain(BOOK["600519.SS"], "2026-07-06", prev_close=0.05)
    assert (cheap.limit_up, cheap.limit_down) == (0.06, 0.04)
    steps = " | ".join(cheap.steps)
    assert "0.05 × 110 % = 0.055, half-up to the tick: 0.06" in steps
    assert "0.05 × 90 % = 0.045, half-up to the tick, but at least one tick away: 0.04" in steps
    beijing = " | ".join(explain(BOOK["920002.BJ"], "2026-07-06", prev_close=84.63).steps)
    assert "84.63 × 130 % = 110.019, inward to the tick: 110.01" in beijing
    assert "84.63 × 70 % = 59.241, inward to the tick: 59.25" in beijing


def test_a_listing_day_in_each_regime():
    banded = explain(BOOK["603259.SS"], "2017-11-21", listed_session=1, issue_price=10.05)
    assert (banded.limit_pct, banded.limit_up, banded.limit_down) == (44.0, 14.47, 6.43)
    assert any("64 %" in step for step in banded.steps)
    free = explain(BOOK["301236.SZ"], "2022-03-21", listed_session=5, prev_close=70.0)
    assert free.unlimited
    assert not explain(BOOK["301236.SZ"], "2022-03-22", listed_session=6, prev_close=70.0).unlimited


def test_the_listing_day_of_the_table_counts_the_sessions():
    assert explain(
        BOOK["688343.SS"], "2023-04-11", prev_close=70.0
    ).unlimited  # session 5; 04-05 was a holiday
    assert not explain(BOOK["688343.SS"], "2023-04-12", prev_close=70.0).unlimited


def test_without_a_previous_close_the_percentage_is_still_told():
    found = explain(BOOK["300364.SZ"], "2026-02-09")
    assert (found.limit_pct, found.limit_up, found.unlimited) == (20.0, None, False)
    assert any("`prev_close`" in step for step in found.steps)


def test_old_beijing_codes_resolve():
    found = explain(BOOK["839493.BJ"], "2026-02-12", prev_close=84.63)
    assert (found.code, found.limit_up, found.limit_down) == ("920493.BJ", 110.01, 59.25)


def test_what_the_book_does_not_know_is_said():
    hong_kong = explain(BOOK["0005.HK"], "2026-02-12", price=100.0, side="buy", shares=400)
    assert (hong_kong.lot_min, hong_kong.lot_step, hong_kong.shortable) == (None, None, False)
    assert "board lot unknown" in hong_kong.unknowns
    early = explain(BOOK["600519.SS"], "2008-09-18", side="buy", price=100.0, shares=100)
    assert early.costs is not None
    assert (early.costs["stamp"], early.costs["transfer"], early.costs["total"]) == (10.0, None, None)
    assert any("transfer" in text for text in early.unknowns)
    bond = explain(BOOK["113050.SS"], "2026-02-12", prev_close=113.333, side="buy", price=113.0, shares=10)
    assert bond.costs == {"total": None}


def test_an_order_the_exchange_would_refuse_is_explained():
    steps = " | ".join(explain(BOOK["0100.HK"], "2026-02-12", side="buy", price=542.3, shares=30).steps)
    assert "542.3 is not on the tick; the next price against you is 542.5" in steps
    assert "a buy of 30 is not a legal size" in steps
    steps = " | ".join(
        explain(
            BOOK["688158.SS"], "2026-02-12", prev_close=37.54, side="buy", price=45.06, shares=250_000
        ).steps
    )
    assert "45.06 lies outside the limits" in steps
    assert "need 3 orders" in steps


def test_the_user_s_brokerage_is_used():
    mine = Brokerage(hk_rate=0.001)
    found = explain(BOOK["0700.HK"], "2025-06-30", side="buy", price=500.0, shares=100, brokerage=mine)
    assert found.costs is not None
    assert (found.costs["commission"], found.costs["total"]) == (50.0, 106.36)


def test_an_index_has_no_order_rules():
    found = explain(BOOK["^HSI"], "2026-02-12")
    assert (found.board, found.tick, found.lot_min, found.costs) == ("index", None, None, None)


def test_a_day_without_session_is_named():
    assert any("was not a session" in step for step in explain(BOOK["0700.HK"], "2026-02-17").steps)


def test_a_reader_gets_steps_unknowns_and_sources():
    lines = explain(BOOK["688158.SS"], "2026-02-12", prev_close=37.54).lines()
    assert lines[0] == "688158.SS UCloud, XSHG star, on 2026-02-12"
    assert "Sources:" in lines
    assert "Not known:" in lines


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"side": "buy"}, "all three or none"),
        ({"side": "hold", "price": 1.0, "shares": 1}, "neither 'buy' nor 'sell'"),
        ({"side": "buy", "price": -1.0, "shares": 1}, "price must be a price above zero"),
        ({"side": "buy", "price": 1.0, "shares": 0}, "shares must be"),
        ({"prev_close": 0.0}, "prev_close must be a price above zero"),
        ({"prev_close": float("nan")}, "prev_close must be a price above zero"),
        ({"listed_session": 0}, "counted from 1"),
    ],
)
def test_impossible_questions_are_refused_in_a_sentence(options, fault):
    with pytest.raises(RuleError, match=fault):
        explain(BOOK["600519.SS"], "2026-02-12", **options)


def test_days_outside_the_life_of_a_stock_are_refused():
    with pytest.raises(RuleError, match="was listed on 2026-01-08"):
        explain(BOOK["2513.HK"], "2025-12-31")
    with pytest.raises(RuleError, match="was delisted on"):
        explain(
            replace(BOOK["600001.SS"], listed=BOOK["600519.SS"].listed, delisted=BOOK["2513.HK"].listed),
            "2026-02-12",
        )
    with pytest.raises(RuleError, match="only mainland shares carry ST"):
        explain(BOOK["0700.HK"], "2026-02-12", st=True)
