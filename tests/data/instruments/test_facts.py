"""What sources state of a security, laid over the table: it fills what is open, and says so."""

from datetime import date

import pytest

import launchlab as ll
from launchlab.data.errors import DataError
from launchlab.data.instruments.codes import is_delisting_name, is_st_name
from launchlab.data.instruments.facts import Facts, Named, facts_from, laid_over, spells_of
from launchlab.data.instruments.name_changes import read_names
from launchlab.data.instruments.table import load_instruments
from launchlab.data.store.known import keep_facts, read_facts, with_facts
from launchlab.data.store.store import Store

TABLE = load_instruments()
NAMES = (
    Named("甲股份", date(2015, 1, 5), date(2020, 4, 30)),
    Named("ST甲", date(2020, 5, 1), date(2021, 5, 5)),
    Named("*ST甲", date(2021, 5, 6), date(2022, 6, 30)),
    Named("甲退", date(2022, 7, 1)),
)


def test_names_by_day_are_spells_and_one_follows_the_other():
    assert [(one.first, one.last) for one in spells_of(NAMES, is_st_name)] == [
        (date(2020, 5, 1), date(2022, 6, 30))
    ]
    assert [(one.first, one.last) for one in spells_of(NAMES, is_delisting_name)] == [
        (date(2022, 7, 1), None)
    ]


def test_what_the_table_states_itself_stays_and_a_contradiction_is_told():
    moutai = TABLE["600519.SS"]
    listed = date(2001, 8, 27)
    known = laid_over(moutai, [Facts("600519.SS", "x", listed=listed)])
    assert known.listed == listed
    again = laid_over(known, [Facts("600519.SS", "y", listed=date(2001, 8, 28))])
    assert again.listed == listed
    assert any("listed on 2001-08-27 by the table, on 2001-08-28 by y" in text for text in again.unknowns)


def test_a_listing_day_from_memory_gives_way_to_a_source():
    from_memory = next(
        TABLE[code]
        for code in TABLE
        if any("listing day from memory" in text for text in TABLE[code].unknowns)
    )
    laid = laid_over(from_memory, [Facts(from_memory.code, "x", listed=date(2010, 1, 4))])
    assert laid.listed == date(2010, 1, 4)
    assert not any("listing day" in text for text in laid.unknowns)
    assert laid.source.endswith("listing day: x")


def test_a_board_lot_of_today_is_told_to_be_one():
    unknown = TABLE["0011.HK"]
    laid = laid_over(unknown, [Facts("0011.HK", "x", lot=100)])
    assert "board lot unknown" not in laid.unknowns
    assert any("board lot of 100 is today's by x" in text for text in laid.unknowns)


def test_facts_read_back_as_they_were_kept(tmp_path):
    facts = Facts("600519.SS", "x", "2026-01-05T00:00:00+00:00", date(2001, 8, 27), None, 31.39, NAMES, 100)
    assert facts_from(facts.to_json()) == facts
    store = Store(tmp_path)
    keep_facts(store, facts)
    keep_facts(store, Facts("600519.SS", "y", listed=date(2001, 8, 27)))
    assert {one.source for one in read_facts(store, "600519.SS")} == {"x", "y"}
    assert store.codes() == (), "facts alone are no bars"
    assert with_facts(TABLE, store)["600519.SS"].issue_price == 31.39
    (tmp_path / "codes" / "600519.SS" / "facts.json").write_text("{}")
    with pytest.raises(Exception, match="delete it and fetch the code again"):
        read_facts(store, "600519.SS")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_file_of_name_changes_is_read_in_tushare_s_columns_or_ours(tmp_path, encoding):
    path = tmp_path / "names.csv"
    path.write_text(
        "ts_code,name,start_date,end_date,change_reason\n"
        "600145.SH,*ST新亿,20190430,20210505,*ST\n600145.SH,新亿退,20210506,,其他\n",
        encoding=encoding,
    )
    (facts,) = read_names(path)
    assert facts.code == "600145.SS"
    assert [one.name for one in facts.names] == ["*ST新亿", "新亿退"]
    assert facts.names[1].last is None
    path.write_text("code,name,first,last\n600145.SS,ST甲,2020-01-02,2019-01-02\n", encoding=encoding)
    with pytest.raises(DataError, match="line 2: ST甲 ends on 2019-01-02, before it starts"):
        read_names(path)
    path.write_text("code,name\n", encoding=encoding)
    with pytest.raises(DataError, match="has no column 'first'"):
        read_names(path)


def test_a_panel_of_a_store_knows_what_its_sources_state_as_a_market_does(tmp_path):
    rows = "2024-01-02,10,10,10,10,1000\n2024-01-03,10,10,10,10,1000\n"
    bars = tmp_path / "bars"
    bars.mkdir()
    (bars / "600606.SS.csv").write_text("date,open,high,low,close,volume\n" + rows)
    (tmp_path / "names.csv").write_text(
        "code,name,first,last\n600606.SS,绿地控股,2015-08-18,2023-12-29\n600606.SS,ST绿地,2023-12-30,\n"
    )
    place, span = tmp_path / "store", {"start": "2024-01-02", "end": "2024-01-03"}
    ll.fetch("600606.SS", path=bars, store=place, names=tmp_path / "names.csv", **span)
    panel = ll.load_panel(["600606.SS"], prices=place, currency="CNY")
    (row,) = panel.instruments
    assert [str(one.first) for one in row.st] == ["2023-12-30"]
    assert "names: names of names.csv" in row.source
    assert panel.limit_up[1, 0] == 10.5, "5 % of a risk warning, not 10 %"
    assert not any("ST" in text for text in panel.unknowns)
    unheard = ll.load_panel(["600606.SS"], prices=bars, currency="CNY")
    assert any("ST spells unknown" in text for text in unheard.unknowns)
    assert unheard.limit_up[1, 0] == 11.0
