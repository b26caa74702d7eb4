"""Who can be sold short, when, and at what rate."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from launchlab.data.dated import Dated
from launchlab.data.instruments.table import Instrument, Spell, load_instruments
from launchlab.data.rules.shorting import borrow_rate, short_note, shortable

BOOK = load_instruments()


def allowed(instrument: Instrument, day: str) -> bool:
    return bool(shortable(instrument, np.array([day], "datetime64[D]"))[0])


@pytest.mark.parametrize(
    "code", ["0700.HK", "9988.HK", "9888.HK", "3690.HK", "1810.HK", "0020.HK", "3033.HK"]
)
def test_the_giants_and_their_fund_can_be_sold_short(code):
    assert allowed(BOOK[code], "2026-02-12")


@pytest.mark.parametrize("code", ["2513.HK", "0100.HK", "1956.HK"])
def test_the_new_listings_of_2026_cannot_until_a_user_says_so(code):
    stock = BOOK[code]
    assert not allowed(stock, "2026-07-31")
    assert any("short list" in text for text in stock.unknowns)
    listed = replace(stock, shortable=(Spell(date(2026, 5, 18)),))
    assert [allowed(listed, day) for day in ("2026-05-15", "2026-05-18")] == [False, True]


def test_an_unknown_hong_kong_name_is_taken_as_not_shortable_and_says_so():
    stock = BOOK["0005.HK"]
    assert not allowed(stock, "2026-02-12")
    assert "taken as not shortable" in " ".join(stock.unknowns)
    assert "not known to be on the HKEX designated list" in short_note(stock, date(2026, 2, 12))


def test_no_mainland_share_can_be_sold_short_from_2024_07_11():
    lent = replace(BOOK["600519.SS"], shortable=(Spell(date(2012, 1, 4)),))
    assert allowed(lent, "2024-07-10")
    assert not allowed(lent, "2024-07-11")
    assert not allowed(BOOK["600519.SS"], "2024-07-10")


def test_an_index_cannot_be_sold_short():
    assert not allowed(replace(BOOK["^HSI"], shortable=(Spell(date(2000, 1, 3)),)), "2026-02-12")
    assert "use a fund or a future" in short_note(BOOK["^HSI"], date(2026, 2, 12))


def test_spells_end_on_their_last_day():
    stock = replace(BOOK["0005.HK"], shortable=(Spell(date(2020, 1, 2), date(2021, 5, 14)),))
    assert [allowed(stock, day) for day in ("2020-01-01", "2020-01-02", "2021-05-14", "2021-05-17")] == [
        False, True, True, False]  # fmt: skip


def test_borrow_rates_are_annual_fractions_by_date():
    days = np.array(["2026-02-11", "2026-02-12"], "datetime64[D]")
    own = replace(BOOK["0700.HK"], borrow=Dated(("2020-01-01", 0.01), ("2026-02-12", 0.08)))
    assert borrow_rate(own, days).tolist() == [0.01, 0.08]
    for code in ("0700.HK", "2513.HK", "0005.HK"):
        rates = borrow_rate(BOOK[code], days)
        assert ((rates > 0) & (rates < 0.5)).all()


def test_the_words_for_a_mainland_short_change_on_the_day_of_the_bar():
    stock = BOOK["600519.SS"]
    assert short_note(stock, date(2024, 7, 10)).endswith("only what the instruments table allows")
    assert short_note(stock, date(2024, 7, 11)).endswith("barred since 2024-07-11")
