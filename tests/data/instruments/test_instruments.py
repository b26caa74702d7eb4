"""Codes, boards and the instruments table."""

import csv
import os
import pickle
from datetime import date
from pathlib import Path

import pytest

from launchlab.data.errors import RuleError
from launchlab.data.instruments.codes import is_st_name
from launchlab.data.instruments.table import Spell, load_instruments

from ... import ROOT

BOOK = load_instruments()
REAL = os.environ.get("LAUNCHLAB_REAL_DATA")


@pytest.mark.parametrize(
    ("code", "exchange", "board", "currency"),
    [
        ("600000.SS", "XSHG", "main", "CNY"),
        ("000001.SZ", "XSHE", "main", "CNY"),
        ("002415.SZ", "XSHE", "main", "CNY"),
        ("003816.SZ", "XSHE", "main", "CNY"),
        ("300750.SZ", "XSHE", "chinext", "CNY"),
        ("301029.SZ", "XSHE", "chinext", "CNY"),
        ("302132.SZ", "XSHE", "chinext", "CNY"),
        ("688981.SS", "XSHG", "star", "CNY"),
        ("689009.SS", "XSHG", "cdr", "CNY"),
        ("920305.BJ", "XBSE", "bse", "CNY"),
        ("810011.BJ", "XBSE", "convertible", "CNY"),
        ("900901.SS", "XSHG", "b", "USD"),
        ("200012.SZ", "XSHE", "b", "HKD"),
        ("201872.SZ", "XSHE", "b", "HKD"),
        ("510300.SS", "XSHG", "fund", "CNY"),
        ("159915.SZ", "XSHE", "fund20", "CNY"),
        ("508000.SS", "XSHG", "reit", "CNY"),
        ("180101.SZ", "XSHE", "reit", "CNY"),
        ("113050.SS", "XSHG", "convertible", "CNY"),
        ("123001.SZ", "XSHE", "convertible", "CNY"),
        ("000300.SS", "XSHG", "index", "CNY"),
        ("399006.SZ", "XSHE", "index", "CNY"),
        ("^HSI", "XHKG", "index", "HKD"),
        ("0700.HK", "XHKG", "hk_main", "HKD"),
        ("8083.HK", "XHKG", "hk_gem", "HKD"),
        ("3033.HK", "XHKG", "hk_etp", "HKD"),
        ("7788.HK", "XHKG", "hk_etp", "HKD"),
        ("9788.HK", "XHKG", "hk_etp", "USD"),
        ("9388.HK", "XHKG", "hk_etp", "USD"),
        ("9888.HK", "XHKG", "hk_main", "HKD"),
        ("80700.HK", "XHKG", "hk_main", "CNY"),
        ("0823.HK", "XHKG", "hk_reit", "HKD"),
        ("87001.HK", "XHKG", "hk_reit", "CNY"),
        ("7001.HK", "XHKG", "hk_main", "HKD"),
    ],
)
def test_a_code_tells_its_exchange_board_and_currency(code, exchange, board, currency):
    found = BOOK[code]
    assert (found.exchange, found.board, found.currency) == (exchange, board, currency)


def test_spellings_of_other_vendors_are_understood():
    assert BOOK["700.hk"].code == "0700.HK"
    assert BOOK["00700.HK"].code == "0700.HK"
    assert BOOK["600519.sh"].code == "600519.SS"
    assert BOOK["HSI"].code == "^HSI"


def test_old_beijing_codes_give_the_instrument_of_today():
    assert BOOK["839493.BJ"].code == "920493.BJ"
    assert "839493.BJ" in BOOK
    assert BOOK.canonical("839493.BJ") == "920493.BJ"
    other = BOOK["832317.BJ"]
    assert other.code == "920317.BJ"
    assert any("last three digits" in text for text in other.unknowns)
    assert [BOOK[f"{old}0047.BJ"].board for old in ("43", "83", "87", "88")] == ["bse"] * 4


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("000300", "may be 000300.SS (an index), 000300.SZ; write the one that is meant"),
        ("000001", "may be 000001.SS (an index), 000001.SZ"),
        ("600519.SZ", "did you mean 600519.SS"),
        ("AAPL", "no code of Hong Kong or the mainland"),
        ("60051.SS", "six digits"),
        ("0000.HK", "four or five digits"),
        ("12345.HK", "10000 to 79999 are Hong Kong's numbers of warrants"),
        ("60001.HK", "bull/bear contracts"),
        ("4338.HK", "pilot programme"),
        ("89001.HK", "warrants in renminbi"),
        ("^GSPC", "no index the rule book knows"),
        ("", "no code"),
    ],
)
def test_a_malformed_code_is_refused_with_a_way_out(code, hint):
    with pytest.raises(RuleError) as refused:
        BOOK[code]
    assert hint in str(refused.value)


def test_a_code_outside_the_table_says_what_had_to_be_assumed():
    unknowns = " | ".join(BOOK["600001.SS"].unknowns)
    assert "board taken from the code" in unknowns
    assert "ST spells unknown" in unknowns
    assert "listing day unknown" in unknowns
    assert "20 % list" in " | ".join(BOOK["512480.SS"].unknowns)
    hong_kong = " | ".join(BOOK["0005.HK"].unknowns)
    assert "board lot unknown" in hong_kong
    assert "taken as not shortable" in hong_kong


def test_every_row_of_the_shipped_table_has_a_source_and_a_confidence():
    assert len(BOOK) > 100
    for code in BOOK:
        row = BOOK[code]
        assert row.source, code
        assert row.confidence in {"P", "Q", "S1", "S2", "M"}, code
        assert row.tradable or row.lots is None, code
        assert row.mainland or row.board == "index" or row.lots is not None, code


def test_a_user_file_overrides_cells_and_adds_rows(tmp_path: Path):
    own = tmp_path / "own.csv"
    own.write_text("code,lots,shortable,role,st\n0005.HK,2020-01-01=400,2020-01-01..,diversified,\n2513.hk,,2026-05-01..,,\n"
                   "600001.SS,,,,2022-01-04..2022-06-30;2023-05-04..\n")  # fmt: skip
    book = load_instruments(own)
    assert book["0005.HK"].lots is not None
    assert book["0005.HK"].lots.on("2026-01-02") == 400
    assert book["2513.HK"].shortable == (Spell(date(2026, 5, 1)),)
    assert book["2513.HK"].name == BOOK["2513.HK"].name
    assert book["2513.HK"].lots == BOOK["2513.HK"].lots
    assert book["600001.SS"].st == (Spell(date(2022, 1, 4), date(2022, 6, 30)), Spell(date(2023, 5, 4)))
    later = tmp_path / "later.csv"
    later.write_text("code,shortable\n2513.HK,never\n")
    assert load_instruments(own, later)["2513.HK"].shortable == ()


def test_all_bad_rows_of_a_user_file_are_reported_at_once(tmp_path: Path):
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "code,board,lots,listed\nAAPL,,,\n0700.HK,hk_mian,,\n0700.HK,,lots,\n0700.HK,,,yesterday\n"
    )
    with pytest.raises(RuleError) as refused:
        load_instruments(bad)
    message = str(refused.value)
    assert "4 bad rows" in message
    assert [f"line {line}" in message for line in (2, 3, 4, 5)] == [True] * 4
    assert "did you mean 'hk_main'" in message


def test_an_unknown_column_or_a_missing_file_is_refused(tmp_path: Path):
    bad = tmp_path / "bad.csv"
    bad.write_text("code,lot\n0700.HK,100\n")
    with pytest.raises(RuleError, match="did you mean 'lots'"):
        load_instruments(bad)
    with pytest.raises(RuleError, match="cannot be read"):
        load_instruments(tmp_path / "none.csv")


@pytest.mark.parametrize("name", ["ST易联众", "*ST易联众", "S*ST前锋", "SST前锋", "XDST步森", "DR*ST步森"])
def test_names_under_a_risk_warning_are_recognised(name):
    assert is_st_name(name)


@pytest.mark.parametrize("name", ["华ST科技", "贵州茅台", "STAR", "S佳通"])
def test_other_names_are_not(name):
    assert not is_st_name(name)


@pytest.mark.skipif(REAL is None, reason="LAUNCHLAB_REAL_DATA is not set")
def test_every_code_with_real_bars_stands_in_the_table():
    with Path(REAL or "", "index.csv").open() as file:
        codes = {row["symbol"] for row in csv.DictReader(file)}
    assert [code for code in sorted(codes) if code not in BOOK] == []


def test_every_code_of_the_shipped_ledger_stands_in_the_table():
    ledger = ROOT / "data" / "ledger" / "launches.csv"
    with ledger.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    codes = {part.split(":")[0] for row in rows for part in row["codes"].split(";") if part}
    assert [code for code in sorted(codes) if code not in BOOK] == []


def test_the_book_travels_to_another_process():
    assert pickle.loads(pickle.dumps(BOOK))["0700.HK"] == BOOK["0700.HK"]


def own_rows(tmp_path: Path, text: str):
    path = tmp_path / "own.csv"
    path.write_text(text)
    return load_instruments(path)


@pytest.mark.parametrize(
    "row", ["listed,2000-01-01", "name,*ST 海华", "role,supplier", "assumed,a guess of mine"]
)
def test_a_row_that_says_nothing_of_st_leaves_its_spells_unknown(tmp_path: Path, row: str):
    column, cell = row.split(",", 1)
    assert any(
        "ST spells unknown" in text
        for text in own_rows(tmp_path, f"code,{column}\n600187.SS,{cell}\n")["600187.SS"].unknowns
    )
    kept = own_rows(tmp_path, f"code,{column}\n688031.SS,{cell}\n")["688031.SS"].unknowns
    assert any("no risk-warning (ST) spell known" in text for text in kept)


@pytest.mark.parametrize("spells", ["never", "2026-05-01.."])
def test_a_row_that_tells_the_spells_of_st_ends_the_doubt(tmp_path: Path, spells: str):
    for code in ("600187.SS", "688031.SS"):
        assert not any(
            "ST" in text for text in own_rows(tmp_path, f"code,st\n{code},{spells}\n")[code].unknowns
        )


def test_a_fund_s_row_without_a_board_leaves_its_list_unknown(tmp_path: Path):
    assert any(
        "20 % list" in text for text in own_rows(tmp_path, "code,name\n512480.SS,x\n")["512480.SS"].unknowns
    )


def test_a_row_under_an_old_beijing_code_keeps_that_code_as_an_alias(tmp_path: Path):
    book = own_rows(tmp_path, "code,name\n832317.BJ,x\n")
    assert book["832317.BJ"].code == "920317.BJ"
    assert book["920317.BJ"].aliases == ("832317.BJ",)


def test_an_alias_overrides_the_common_rule_of_old_codes(tmp_path: Path):
    book = own_rows(tmp_path, "code,aliases\n920999.BJ,832317.bj\n")
    assert book["832317.BJ"].code == "920999.BJ"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("832317.BJ,\n430317.BJ,\n", r"line 3: 430317\.BJ would be 920317\.BJ .* which 832317\.BJ is already"),
        ("920999.BJ,832317.BJ\n920998.BJ,832317.BJ\n", r"line 3: the alias 832317\.BJ of 920998\.BJ is also that of 920999\.BJ"),
    ],
)  # fmt: skip
def test_two_companies_under_one_old_code_are_refused(tmp_path: Path, rows: str, said: str):
    with pytest.raises(RuleError, match=said):
        own_rows(tmp_path, f"code,aliases\n{rows}")


@pytest.mark.parametrize("code", ["²00.HK", "9" * 5000 + ".HK", "６００５１９.SS", "\x00.HK"])
def test_strange_digits_are_no_code(code: str):
    with pytest.raises(RuleError):
        BOOK[code]
