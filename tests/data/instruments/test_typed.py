"""Codes as people type them, at every place where one is typed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import launchlab as ll
from launchlab.data.errors import DataError, LaunchlabError, LedgerError, RuleError
from launchlab.data.instruments.spellings import read_as, understood
from launchlab.data.instruments.table import load_instruments
from launchlab.data.instruments.typed import typed

from ...markets.cli_fixture import write_market

BOOK = load_instruments()
HEAD = "id,announced_at,precision,company,product,kind,codes,source\n"
ROW = "{id},2026-02-12T01:18+08:00,exact,Zhipu,GLM-5,launch,{codes},https://example.org\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2513", "2513.HK"), ("02513.HK", "2513.HK"), ("HK.00700", "0700.HK"), ("SH688158", "688158.SS"),
        ("sh.688158", "688158.SS"), ("688158.SH", "688158.SS"), ("688158.XSHG", "688158.SS"), ("300364.XSHE", "300364.SZ"),
        ("00700", "0700.HK"), ("688158", "688158.SS"), ("hsi", "^HSI"), ("920493", "920493.BJ"), ("bj920493", "920493.BJ"),
        (" 0700.hk ", "0700.HK"), ("600519.SS", "600519.SS"),
    ],
)  # fmt: skip
def test_each_spelling_means_one_security(text: str, code: str) -> None:
    assert understood(text) == code
    assert BOOK[text].code == code
    assert text in BOOK or not BOOK[code].name


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("000001", r"'000001' names no market and may be 000001\.SS \(an index\), 000001\.SZ; write the one that is meant"),
        ("000300", r"000300\.SS \(an index\), 000300\.SZ"),
    ],
)  # fmt: skip
def test_a_number_that_several_have_is_refused_with_the_choices(text: str, choices: str) -> None:
    with pytest.raises(RuleError, match=choices):
        BOOK[text]


def test_what_was_written_otherwise_is_said_once_for_all() -> None:
    assert read_as({"00700": "0700.HK", "0700.hk": "0700.HK", "hsi": "^HSI"}) == ("read 00700 as 0700.HK",)
    assert typed(["sh.688158", "688158.SS", "HK.00700"], BOOK)[::2] == (
        ("688158.SS", "0700.HK"),
        ("read sh.688158 as 688158.SS, HK.00700 as 0700.HK",),
    )


def test_a_ledger_may_spell_codes_as_vendors_do(tmp_path: Path) -> None:
    folder = write_market(tmp_path)
    text = (
        (folder / "week.csv")
        .read_text(encoding="utf-8")
        .replace("0700.HK", "HK.00700")
        .replace("2513.HK", "2513")
    )
    (folder / "week.csv").write_text(text, encoding="utf-8")
    market = ll.load_market(launches=folder / "week.csv", prices=folder / "bars", benchmark="HK.03033")
    assert market.panel.codes == ("0700.HK", "2513.HK", "3033.HK"), "the universe's fund has bars too"
    assert market.warnings[0].endswith("week.csv: read 2513 as 2513.HK, HK.00700 as 0700.HK")
    assert "read HK.03033 as 3033.HK" in market.warnings
    assert market.panel.column("hk00700") == 0
    assert "02513.HK" in market.panel
    blend = ll.load_market(
        launches=folder / "week.csv", prices=folder / "bars", benchmark="60% hk.03033 + 40% 0700.HK"
    )
    assert np.isfinite(blend.benchmark.returns).all()


def test_every_other_place_takes_them_too(tmp_path: Path) -> None:
    folder = write_market(tmp_path)
    assert ll.load_panel(["HK.00700"], prices=folder / "bars").codes == ("0700.HK",)
    checked = ll.check("HK.00700", prices=folder / "bars")
    assert (checked.codes, checked.warnings) == (("0700.HK",), ("read HK.00700 as 0700.HK",))
    fetched = ll.fetch(
        "00700",
        provider="files",
        path=folder / "bars",
        start="2026-02-02",
        end="2026-02-13",
        store=tmp_path / "s",
    )
    assert [one.code for one in fetched.outcomes] == ["0700.HK"]
    assert fetched.warnings == ("read 00700 as 0700.HK",)
    answer = ll.explain_rules("SH688158", "2026-02-12", prev_close=37.54)
    assert (answer.code, answer.limit_up, answer.steps[0]) == (
        "688158.SS",
        45.05,
        "read SH688158 as 688158.SS",
    )
    (tmp_path / "own.csv").write_text("code,name\nHK.01234,Somebody\n")
    book = load_instruments(tmp_path / "own.csv")
    assert book["1234.HK"].name == "Somebody"
    assert book.notes == (f"{tmp_path / 'own.csv'}: read HK.01234 as 1234.HK",)
    frame = pd.read_csv(folder / "bars" / "0700.HK.csv")
    assert ll.load_panel(["0700.HK"], prices={"HK.00700": frame}).codes == ("0700.HK",)
    with pytest.raises(DataError, match=r"two data frames of 0700\.HK, 'HK.00700' and '0700.HK'"):
        ll.load_panel(["0700.HK"], prices={"HK.00700": frame, "0700.HK": frame})


def ledger(tmp_path: Path, *codes: str) -> Path:
    path = tmp_path / "old.csv"
    path.write_text(HEAD + "".join(ROW.format(id=i, codes=code) for i, code in enumerate(codes)))
    return path


def test_two_old_codes_of_a_ledger_do_not_become_one_holding(tmp_path: Path) -> None:
    with pytest.raises(
        LedgerError, match=r"832317\.BJ and 430317\.BJ would both be 920317\.BJ .* write today's code of each"
    ):
        ll.load_launches(ledger(tmp_path, "832317.BJ", "430317.BJ"))
    with pytest.raises(RuleError, match=r"832317\.BJ and 430317\.BJ would both be 920317\.BJ"):
        ll.load_panel(["832317.BJ", "430317.BJ"])
    (tmp_path / "own.csv").write_text("code,aliases\n920317.BJ,832317.BJ\n920318.BJ,430317.BJ\n")
    book = load_instruments(tmp_path / "own.csv")
    found = ll.load_launches(ledger(tmp_path, "832317.BJ", "430317.BJ"), book)
    assert found.codes == ("920317.BJ", "920318.BJ")


BARS = "date,open,high,low,close,volume\n" + "".join(
    f"2025-10-{day},20,20.5,19.5,20,100000\n" for day in ("09", "10", "13", "14", "15")
)


def test_a_ledger_s_old_code_is_found_under_its_own_file_only(tmp_path: Path) -> None:
    bars = tmp_path / "bars"
    bars.mkdir()
    (bars / "832317.BJ.csv").write_text(BARS)
    asked = {"prices": bars, "benchmark": "none", "currency": "CNY"}
    market = ll.load_market(launches=ledger(tmp_path, "832317.BJ"), **asked)
    assert market.panel.codes == ("920317.BJ",)
    assert any(
        "832317.BJ taken as 920317.BJ: the last three digits were kept" in text
        for text in market.panel.unknowns
    )
    with pytest.raises(LaunchlabError, match=r"no bars of any code of the ledger: 920317\.BJ"):
        ll.load_market(launches=ledger(tmp_path, "430317.BJ"), **asked)
    market = ll.load_market(launches=ledger(tmp_path, "920317.BJ"), **asked)
    assert any(
        "bars of 832317.BJ taken as its own: the last three digits" in text for text in market.panel.unknowns
    )


def test_check_finds_a_stock_of_beijing_under_either_of_its_codes(tmp_path: Path) -> None:
    (tmp_path / "839493.BJ.csv").write_text(BARS)
    for code in ("839493.BJ", "920493.BJ", "bj839493"):
        assert ll.check(code, prices=tmp_path).codes == ("839493.BJ",)


def test_an_instruments_row_under_an_old_code_is_that_of_today_s(tmp_path: Path) -> None:
    bars = tmp_path / "bars"
    bars.mkdir()
    (bars / "430317.BJ.csv").write_text(BARS)
    (tmp_path / "own.csv").write_text("code,name,listed\nbj430317,Somebody,2021-11-15\n")
    market = ll.load_market(launches=ledger(tmp_path, "920317.BJ"), prices=bars, instruments=tmp_path / "own.csv",
                            benchmark="none", currency="CNY")  # fmt: skip
    assert market.panel.instruments[0].name == "Somebody"
    assert market.warnings[0] == f"{tmp_path / 'own.csv'}: read bj430317 as 920317.BJ"
