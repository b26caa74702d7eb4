"""When bought shares can be sold again."""

import numpy as np
import pytest

from launchlab.data.errors import RuleError
from launchlab.data.instruments.table import Instrument, load_instruments
from launchlab.data.rules.settlement import describe, t_plus_one

BOOK = load_instruments()


def barred(instrument: Instrument, day: str) -> bool:
    return bool(t_plus_one(instrument, np.array([day], "datetime64[D]"))[0])


@pytest.mark.parametrize(
    "code", ["600519.SS", "300364.SZ", "688158.SS", "920002.BJ", "900901.SS", "510300.SS", "588000.SS"]
)
def test_mainland_shares_bought_today_can_be_sold_tomorrow(code):
    assert barred(BOOK[code], "2026-02-12")


@pytest.mark.parametrize("code", ["0700.HK", "2513.HK", "3033.HK", "113050.SS", "513180.SS"])
def test_hong_kong_bonds_and_cross_border_funds_turn_around_within_the_day(code):
    assert not barred(BOOK[code], "2026-02-12")


@pytest.mark.parametrize(
    ("fund_class", "exchange", "before", "since"),
    [
        ("bond", "XSHG", "2015-01-16", "2015-01-19"),
        ("money", "XSHG", "2015-01-16", "2015-01-19"),
        ("gold", "XSHE", "2015-01-16", "2015-01-19"),
        ("cross_border", "XSHG", "2015-01-16", "2015-01-19"),
        ("commodity", "XSHE", "2019-01-10", "2019-01-11"),
        ("commodity", "XSHG", "2020-01-17", "2020-01-20"),
    ],
)
def test_fund_classes_were_freed_on_their_days(fund_class, exchange, before, since):
    fund = Instrument("510000.SS", exchange=exchange, board="fund", currency="CNY", fund_class=fund_class)
    assert barred(fund, before)
    assert not barred(fund, since)


def test_a_fund_of_unknown_class_is_taken_as_t_plus_one_and_says_so():
    fund = BOOK["512480.SS"]
    assert barred(fund, "2026-02-12")
    assert "fund class unknown: taken as T+1" in fund.unknowns


def test_the_mainland_before_1995_is_not_covered():
    with pytest.raises(RuleError, match="mainland settlement is not in the rule book before 1995-01-01"):
        barred(BOOK["000001.SZ"], "1994-12-30")


def test_the_rule_is_described_in_words():
    assert describe(BOOK["600519.SS"], "2026-02-12")[0] == "T+1"
    assert describe(BOOK["0700.HK"], "2026-02-12")[0] == "T+0"
    assert describe(BOOK["^HSI"], "2026-02-12")[0] == "none"
