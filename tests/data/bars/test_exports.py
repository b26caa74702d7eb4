"""Exports as people have them: other headings, encodings, decimal signs and columns; read as they are, or refused."""

import numpy as np
import pytest

from launchlab.data.bars.checks import check_bars
from launchlab.data.bars.files import Reading, content_to_bars
from launchlab.data.calendars.sessions import calendar
from launchlab.data.errors import DataError
from launchlab.data.instruments.table import load_instruments

from ...markets.small_bars import bars

BOOK = load_instruments()
HEAD = ("date", "open", "high", "low", "close", "volume")
ROW = ("2026-02-12", "548.5", "551.0", "534.0", "535.5", "25000000")
NEXT = ("2026-02-13", "530.0", "535.0", "528.5", "533.5", "21000000")


def sheet(*extra: tuple[str, str, str], separator: str = ",") -> str:
    """Two sessions of Tencent with further columns: a name and two cells."""
    lines = [(*row, *(column[k] for column in extra)) for k, row in enumerate((HEAD, ROW, NEXT))]
    return "\n".join(separator.join(line) for line in lines) + "\n"


def read(text: str | bytes, name: str = "0700.HK.csv", how: Reading | None = None):
    content = text.encode() if isinstance(text, str) else text
    return content_to_bars(content, name, "0700.HK", how or Reading())


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_a_decimal_comma_never_makes_a_price_ten_times_what_it_was(mark):
    text = sheet(separator=mark).replace("548.5", "548,5").replace(".", ",")
    with pytest.raises(DataError, match="decimals with a comma; save it with a decimal point"):
        read(text)


@pytest.mark.parametrize("cell", ["548,5", "5,48.5", "1_548.5", "54,85,0"])
def test_a_comma_that_stands_between_no_thousands_is_refused_with_its_row(cell):
    with pytest.raises(DataError, match=r"row 1: open is '.*', which is not a number"):
        read(sheet().replace("548.5", f'"{cell}"'))


def test_thousands_may_have_commas_in_every_kind_of_table():
    for mark in (",", ";", "\t"):
        held = read(sheet(separator=mark).replace("25000000", '"25,000,000"').replace("548.5", '"1,548.5"'))
        assert (held.open[0], held.volume[0]) == (1548.5, 25e6)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"])
def test_every_encoding_that_spreadsheets_save_is_the_same_file(encoding):
    held = read(sheet(("name", "腾讯控股", "腾讯控股")).encode(encoding))
    assert held.close.tolist() == [535.5, 533.5]


@pytest.mark.parametrize("encoding", ["utf-8", "big5", "gb18030", "utf-16"])
def test_headings_in_traditional_characters_are_read(encoding):
    head = "日期,開市價,最高價,最低價,收市價,成交股數,成交金額\n"
    text = head + "2026-02-12,548.5,551.0,534.0,535.5,25000000,13500000000\n"
    held = read(text.encode(encoding))
    assert (held.open[0], held.close[0], held.volume[0], held.amount[0]) == (548.5, 535.5, 25e6, 13.5e9)


@pytest.mark.parametrize(
    "column", ["sec", "sec_code", "windcode", "RIC", "Stkcd", "stock", "name", "whatever"]
)
@pytest.mark.parametrize("other", ["9988.HK", "HK.09988", "600519.SH", "sz000001", "9988 HK Equity"])
def test_another_company_is_found_under_any_name_of_its_column(column, other):
    with pytest.raises(DataError, match=r"asked for as 0700\.HK, but it names"):
        read(sheet((column, other, other)))


@pytest.mark.parametrize("column", ["sec", "windcode", "RIC", "stock_code", "whatever"])
@pytest.mark.parametrize("own", ["0700.HK", "HK.00700", "700 HK Equity", "00700.hk"])
def test_its_own_code_is_understood_under_any_name_of_its_column(column, own):
    assert len(read(sheet((column, own, own)))) == 2


def test_two_companies_are_found_where_the_column_has_a_strange_name():
    with pytest.raises(DataError, match=r"names 2 codes, '9988\.HK' among them"):
        read(sheet(("sec", "0700.HK", "9988.HK")))


@pytest.mark.parametrize(("column", "cell"), [("currency_code", "HKD"), ("exchange_code", "XHKG"), ("rank", "700"),
                                              ("trades", "600519"), ("mood", "good"), ("sector_code", "tech")])  # fmt: skip
def test_what_only_sounds_like_a_code_is_none(column, cell):
    assert len(read(sheet((column, cell, cell)))) == 2


@pytest.mark.parametrize("column", ["currency", "ccy", "Currency", "币种", "price_currency"])
def test_prices_in_another_currency_are_refused_and_the_own_one_is_understood(column):
    with pytest.raises(DataError, match=rf"its column '{column}' says 'USD', but 0700.HK trades in HKD"):
        read(sheet((column, "HKD", "USD")))
    assert read(sheet((column, "HKD", "港元"))).source["unread"] == ""


@pytest.mark.parametrize(
    "column", ["fqt", "adj_factor", "raw_close", "halted", "is_trading", "close_qfq", "复权因子"]
)
def test_a_column_that_may_change_what_prices_mean_has_to_be_understood(column):
    with pytest.raises(DataError, match="may change what the prices mean"):
        read(sheet((column, "1", "1")))


@pytest.mark.parametrize(
    "name", ["qfq/0700.HK.csv", "/data/bars_hfq/0700.HK.csv", "bars.zip!前复权/0700.HK.csv", "0700_qfq.csv"]
)
def test_a_folder_that_says_adjusted_is_believed(name):
    with pytest.raises(DataError, match="says that its prices are adjusted"):
        read(sheet(), name)
    assert len(read(sheet(), name, Reading(accept_adjusted=True))) == 2
    assert len(read(sheet(), "不复权/0700.HK.csv")) == 2


def test_a_suspension_as_joinquant_writes_it_is_one():
    text = sheet(("money", "13500000000", "0"), ("paused", "0.0", "1.0"))
    assert read(text).suspended.tolist() == [False, True]


DAYS = tuple(str(day) for day in calendar("XSHG").sessions[-200:-170])


def scales(code: str, price: float, shares: float, **columns: object) -> list[str]:
    days = DAYS if code.endswith(".SS") else tuple(str(day) for day in calendar("XHKG").sessions[-200:-170])
    volume = np.linspace(0.9, 1.1, len(days)) * shares
    held = bars(
        code, days, np.full(len(days), price), volume=np.rint(volume) if shares >= 1 else volume, **columns
    )
    found = check_bars(held, BOOK[code], calendar=calendar(BOOK[code].exchange).sessions)
    return [one.fault.split(": ", 1)[1] for one in found if one.kind == "scale"]


def test_prices_in_cents_and_volume_in_lots_are_doubted_where_nothing_contradicts_them():
    assert scales("0700.HK", 548.0, 26e6) == []
    assert scales("0700.HK", 54_800.0, 26e6)[0].endswith("prices may be in cents")
    assert scales("0700.HK", 54_800.0, 1e3)[0].endswith("prices may be in cents"), "by the price alone"
    assert scales("0020.HK", 200.0, 5e8)[0].endswith("prices may be in cents"), "by what it is worth alone"
    assert scales("600519.SS", 1_500.0, 3e6) == []
    assert scales("600519.SS", 1_500.0, 3e4)[0].endswith("volume may be in lots")
    assert scales("600519.SS", 10.0, 4e5)[0].endswith("volume may be in lots")
    assert scales("0020.HK", 0.02, 1e4) == [], "a small share of Hong Kong may trade next to nothing"


def test_parts_of_a_share_betray_lots():
    volume = np.linspace(4e5, 5e5, len(DAYS)) + 0.44
    held = bars("600519.SS", DAYS, np.full(len(DAYS), 1_500.0), volume=volume)
    found = check_bars(held, BOOK["600519.SS"], calendar=calendar("XSHG").sessions)
    assert any("parts of a share" in one.fault for one in found)
