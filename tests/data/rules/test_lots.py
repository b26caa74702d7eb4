"""Order sizes: smallest buys, steps, caps, odd lots."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from launchlab.data.errors import RuleError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.rules.lots import buy_is_legal, lot_rules, reform_note, sale_is_legal

BOOK = load_instruments()


def sizes(code: str, day: str) -> tuple[int, int, int]:
    smallest, step, largest = lot_rules(BOOK[code], np.array([day], "datetime64[D]"))
    return int(smallest[0]), int(step[0]), int(largest[0])


@pytest.mark.parametrize(
    ("code", "day", "expected"),
    [
        ("600519.SS", "2026-02-12", (100, 100, 1_000_000)),
        ("000001.SZ", "2026-02-12", (100, 100, 1_000_000)),
        ("300750.SZ", "2020-08-21", (100, 100, 1_000_000)),
        ("300750.SZ", "2020-08-24", (100, 100, 300_000)),
        ("688981.SS", "2026-02-12", (200, 1, 100_000)),
        ("689009.SS", "2026-02-12", (200, 1, 100_000)),
        ("920002.BJ", "2026-02-12", (100, 1, 1_000_000)),
        ("510300.SS", "2026-02-12", (100, 100, 1_000_000)),
        ("113050.SS", "2026-02-12", (10, 10, 1_000_000)),
        ("0700.HK", "2026-02-12", (100, 100, 300_000)),
        ("1810.HK", "2026-02-12", (200, 200, 600_000)),
        ("9888.HK", "2026-02-12", (50, 50, 150_000)),
        ("2513.HK", "2026-02-12", (100, 100, 300_000)),
        ("0100.HK", "2026-02-12", (20, 20, 60_000)),
        ("3033.HK", "2026-02-12", (200, 200, 600_000)),
    ],
)
def test_each_board_has_its_own_order_sizes(code, day, expected):
    assert sizes(code, day) == expected


def test_sizes_come_as_i4_arrays_of_the_sessions():
    arrays = lot_rules(BOOK["0700.HK"], np.array(["2026-02-11", "2026-02-12"], "datetime64[D]"))
    assert [(array.dtype, array.shape) for array in arrays] == [(np.dtype("i4"), (2,))] * 3


def test_an_unknown_hong_kong_lot_is_refused_with_a_way_out():
    with pytest.raises(RuleError, match=r"0005\.HK: the board lot is not in the instruments table.*lots"):
        sizes("0005.HK", "2026-02-12")


def test_a_day_before_the_board_or_the_listing_names_the_gap():
    with pytest.raises(RuleError, match="2019-07-22"):
        sizes("688981.SS", "2019-07-19")
    with pytest.raises(RuleError, match="2026-01-08"):
        sizes("2513.HK", "2026-01-07")


@pytest.mark.parametrize(
    ("code", "shares", "legal"),
    [
        ("688981.SS", 201, True),
        ("688981.SS", 200, True),
        ("688981.SS", 199, False),
        ("688981.SS", 100_001, False),
        ("600519.SS", 150, False),
        ("600519.SS", 200, True),
        ("920002.BJ", 101, True),
        ("920002.BJ", 99, False),
        ("0100.HK", 30, False),
        ("0100.HK", 40, True),
    ],
)
def test_buys_come_in_legal_sizes(code, shares, legal):
    assert buy_is_legal(shares, *sizes(code, "2026-02-12")) is legal


@pytest.mark.parametrize(
    ("shares", "legal"),
    [(99, True), (100, True), (199, True), (200, True), (299, True), (1, False), (101, False), (198, False),
     (298, False), (0, False), (300, False)],
)  # fmt: skip
def test_from_299_main_board_shares_the_odd_99_goes_at_once_or_not_at_all(shares, legal):
    assert sale_is_legal(shares, 299, 100, 100) is legal


@pytest.mark.parametrize(
    ("shares", "holding", "legal"),
    [
        (50, 50, True),
        (50, 60, False),
        (199, 199, True),
        (199, 500, False),
        (201, 500, True),
        (500, 500, True),
    ],
)
def test_on_star_a_rest_below_200_goes_in_one_order(shares, holding, legal):
    assert sale_is_legal(shares, holding, 200, 1) is legal


@given(some.integers(1, 100_000), some.sampled_from([(100, 100), (200, 1), (100, 1), (20, 20)]))
def test_a_whole_holding_can_always_be_sold(holding, lot):
    assert sale_is_legal(holding, holding, *lot)


def test_the_board_lot_reform_makes_lots_that_are_not_standard_doubtful():
    assert reform_note(BOOK["1810.HK"], date(2026, 11, 13)) == ""
    assert "a lot of 200 is no standard one" in reform_note(BOOK["1810.HK"], date(2026, 11, 16))
    assert "a lot of 20 " in reform_note(BOOK["0100.HK"], date(2026, 12, 1))
    assert reform_note(BOOK["0700.HK"], date(2026, 12, 1)) == ""
    assert reform_note(BOOK["600519.SS"], date(2026, 12, 1)) == ""
