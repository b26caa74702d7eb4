"""Price steps of Hong Kong's four tables and of the mainland."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from launchlab.data.errors import RuleError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.rules import ticks

from ... import ANSWERS

BOOK = load_instruments()
TABLES = range(len(ticks.TICK_BOUNDS))


def rows() -> list[dict[str, str]]:
    with ANSWERS.joinpath("ticks.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['code']} {row['on']} {row['price']}")
def test_a_price_is_legal_or_not_by_date_and_product(row):
    table = ticks.tick_table(BOOK[row["code"]], np.array([row["on"]], "datetime64[D]"))
    assert bool(ticks.is_legal(float(row["price"]), table)[0]) is (row["legal"] == "yes")


def test_tables_change_on_their_days():
    days = np.array(["2025-08-01", "2025-08-04", "2026-07-31", "2026-08-03"], "datetime64[D]")
    assert ticks.tick_table(BOOK["0700.HK"], days).tolist() == [0, 1, 1, 2]
    assert ticks.tick_table(BOOK["3033.HK"], days).tolist() == [3, 3, 3, 3]
    assert ticks.tick_table(BOOK["0700.HK"], days).dtype == np.int8


def test_hong_kong_prices_before_2006_are_not_covered():
    with pytest.raises(
        RuleError, match="the Hong Kong spread table is not in the rule book before 2006-07-24"
    ):
        ticks.tick_table(BOOK["0700.HK"], np.array(["2006-07-21"], "datetime64[D]"))


@pytest.mark.parametrize(
    ("price", "side", "table", "expected"),
    [
        (19.995, "buy", ticks.HK_2025, 20.00),
        (20.001, "buy", ticks.HK_2025, 20.02),
        (20.00, "buy", ticks.HK_2025, 20.00),
        (20.03, "sell", ticks.HK_2025, 20.02),
        (500.1, "buy", ticks.HK_2025, 500.5),
        (402.1, "sell", ticks.HK_2025, 402.0),
        (43.221, "buy", ticks.CENT, 43.23),
        (43.229, "sell", ticks.CENT, 43.22),
        (0.8731, "buy", ticks.MILL, 0.874),
        (35.05, "buy", ticks.HK_2006, 35.05),
    ],
)
def test_rounding_goes_against_the_trader(price, side, table, expected):
    assert float(ticks.round_against(price, table, side)) == expected


def test_another_word_than_buy_or_sell_is_refused():
    with pytest.raises(RuleError, match="neither 'buy' nor 'sell'"):
        ticks.round_against(10.0, ticks.CENT, "short")


def test_impossible_prices_are_not_legal():
    assert ticks.is_legal(np.array([np.nan, 0.0, -1.0, np.inf]), ticks.CENT).tolist() == [False] * 4


@given(some.floats(0.02, 9_000), some.sampled_from(list(TABLES)))
def test_a_rounded_price_is_legal_and_no_better_for_the_trader(price, table):
    up, down = (float(ticks.round_against(price, table, side)) for side in ("buy", "sell"))
    assert down <= price + 1e-6
    assert up >= price - 1e-6
    assert ticks.is_legal(up, table)
    assert down == 0 or ticks.is_legal(down, table)


@given(some.integers(1, 9_995_000), some.sampled_from(list(TABLES)))
def test_a_legal_price_is_left_alone(mills, table):
    price = mills / 1000
    if ticks.is_legal(price, table):
        assert float(ticks.round_against(price, table, "buy")) == price
        assert float(ticks.round_against(price, table, "sell")) == price


def test_every_bound_is_itself_a_legal_price_of_its_table():
    for table in TABLES:
        bounds = ticks.TICK_BOUNDS[table][np.isfinite(ticks.TICK_BOUNDS[table])]
        assert ticks.is_legal(bounds, table).all()
        assert (np.diff(bounds) > 0).all()
