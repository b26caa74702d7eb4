"""A user's own files: common vendors' columns, names and units, brought to raw prices and shares."""

import zipfile
from datetime import date

import pyarrow as pa
import pyarrow.parquet
import pytest

from launchlab.data.errors import ConfigError, DataError, FetchError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.providers.choose import make_provider
from launchlab.data.providers.files import Files

TABLE = load_instruments()
MOUTAI = TABLE["600519.SS"]
SPAN = (date(2024, 1, 1), date(2024, 12, 31))
TUSHARE = (
    "ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount\n"
    "600519.SH,20240103,1681.11,1695.22,1676.33,1694.00,1685.01,8.99,0.53,20219.51,3411400.7\n"
    "600519.SH,20240102,1715.00,1718.19,1678.10,1685.01,1726.00,-40.99,-2.37,32156.44,5440082.548\n"
)
AKSHARE = "日期,股票代码,开盘,收盘,最高,最低,成交量,成交额,振幅\n2024-01-02,600519,1715.0,1685.01,1718.19,1678.1,32156,5440082548.0,2.3\n"
QLIB = "symbol,date,open,high,low,close,volume,factor\nSH600519,2024-01-02,857.5,859.095,839.05,842.505,6431288,0.5\n"
YAHOO = "Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-02,1715,1718.19,1678.1,1685.01,1600,3215644\n"
HOUSE = "date,open,high,low,close,volume\n2024-01-02,1715,1718.19,1678.1,1685.01,3215644\n"


def put(folder, name, text, encoding="utf-8"):
    (folder / name).write_text(text, encoding=encoding)
    return folder


def test_tushare_lots_and_thousands_become_shares_and_yuan(tmp_path):
    bars = Files(put(tmp_path, "600519.SH.csv", TUSHARE)).bars(MOUTAI, *SPAN)
    assert bars.sessions.astype(str).tolist() == ["2024-01-02", "2024-01-03"], "newest first is turned around"
    assert bars.volume.tolist() == [3215644, 2021951]
    assert bars.amount.tolist() == [5440082548, 3411400700]
    assert bars.pre_close.tolist() == [1726.0, 1685.01]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_akshare_s_chinese_columns_are_read_in_any_encoding(tmp_path, encoding):
    bars = Files(put(tmp_path, "600519.csv", AKSHARE, encoding)).bars(MOUTAI, *SPAN)
    assert (bars.open[0], bars.high[0], bars.low[0], bars.close[0]) == (1715.0, 1718.19, 1678.1, 1685.01)
    assert bars.volume[0] == 3215600


def test_qlib_s_factor_is_undone(tmp_path):
    bars = Files(put(tmp_path, "sh600519.csv", QLIB), "shares").bars(MOUTAI, *SPAN)
    # the factor of 0.5 halved every price and doubled the volume
    assert (bars.open[0], bars.close[0], bars.volume[0]) == (1715.0, 1685.01, 3215644)


def test_where_nothing_tells_the_unit_of_volume_it_is_declared_never_guessed(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing says .*volume_unit='lots'"):
        Files(put(tmp_path, "sh600519.csv", QLIB)).bars(MOUTAI, *SPAN)
    with pytest.raises(ConfigError, match="write shares or lots"):
        Files(tmp_path, "hands")


def test_the_house_format_needs_no_declaration(tmp_path):
    assert Files(put(tmp_path, "600519.SS.csv", HOUSE)).bars(MOUTAI, *SPAN).volume[0] == 3215644


def test_lots_are_refused_in_hong_kong(tmp_path):
    with pytest.raises(ConfigError, match="lots differ by code"):
        Files(put(tmp_path, "00700.HK.csv", HOUSE), "lots").bars(TABLE["0700.HK"], *SPAN)


def test_yahoo_s_csv_is_refused_because_its_splits_cannot_be_undone(tmp_path):
    with pytest.raises(DataError, match="split-adjusted"):
        Files(put(tmp_path, "600519.SS.csv", YAHOO), "shares").bars(MOUTAI, *SPAN)
    assert len(Files(tmp_path, "shares", accept_adjusted=True).bars(MOUTAI, *SPAN)) == 1


def test_zips_and_parquet_are_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("daily/SH600519.csv", QLIB)
    assert Files(tmp_path / "all.zip", "shares").bars(MOUTAI, *SPAN).close[0] == 1685.01
    folder = tmp_path / "parquet"
    folder.mkdir()
    columns = {"open": [1.5], "high": [1.6], "low": [1.4], "close": [1.5], "volume": [100.0]}
    pa.parquet.write_table(pa.table({"date": [date(2024, 1, 2)], **columns}), folder / "600519.SS.parquet")
    assert Files(folder).bars(MOUTAI, *SPAN).close[0] == 1.5


def test_a_renumbered_stock_is_read_under_either_code_and_both(tmp_path):
    row = "{day},1,1,1,1,100\n"
    put(tmp_path, "832317.BJ.csv", HOUSE.split("\n")[0] + "\n" + row.format(day="2024-01-02"))
    for asked in ("832317.BJ", "920317.BJ"):
        assert len(Files(tmp_path).bars(TABLE[asked], *SPAN)) == 1
    put(tmp_path, "920317.BJ.csv", HOUSE.split("\n")[0] + "\n" + row.format(day="2024-01-03"))
    assert len(Files(tmp_path).bars(TABLE["832317.BJ"], *SPAN)) == 2


def test_two_old_codes_that_would_become_one_are_not_joined(tmp_path):
    for code in ("832317.BJ", "430317.BJ"):
        put(tmp_path, f"{code}.csv", HOUSE)
    with pytest.raises(DataError, match=r"430317\.BJ and 832317\.BJ would both be 920317\.BJ"):
        Files(tmp_path).bars(TABLE["920317.BJ"], *SPAN)
    assert len(Files(tmp_path).bars(TABLE["832317.BJ"], *SPAN)) == 1, "what was asked for by its own name"
    put(tmp_path, "920317.BJ.csv", HOUSE)
    with pytest.raises(DataError, match=r"430317\.BJ and 832317\.BJ would both be 920317\.BJ"):
        Files(tmp_path).bars(TABLE["832317.BJ"], *SPAN)


def test_the_file_of_another_old_code_is_not_taken(tmp_path):
    put(tmp_path, "832317.BJ.csv", HOUSE)
    with pytest.raises(FetchError, match=r"no file for 920317\.BJ"):
        Files(tmp_path).bars(TABLE["430317.BJ"], *SPAN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("day,o,h,l,c,v\n2024-01-02,1,1,1,1,1\n", "column 'date' is missing"),
        (HOUSE.replace("2024-01-02", "02/01/24"), "row 1: '02/01/24' is not a day"),
        (HOUSE.replace("1715", "n/a?"), r"row 1: open is 'n/a\?', which is not a number"),
    ],
)
def test_what_cannot_be_understood_is_named(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        Files(put(tmp_path, "600519.SS.csv", text)).bars(MOUTAI, *SPAN)


def test_absent_files_spans_and_folders_are_named(tmp_path):
    with pytest.raises(FetchError, match=r"name it 600519\.SS\.csv"):
        Files(tmp_path).bars(MOUTAI, *SPAN)
    put(tmp_path, "600519.SS.csv", HOUSE)
    with pytest.raises(FetchError, match="no bars from 2020-01-01"):
        Files(tmp_path).bars(MOUTAI, date(2020, 1, 1), date(2020, 2, 1))
    with pytest.raises(ConfigError, match="does not exist"):
        Files(tmp_path / "nowhere")


def test_the_files_provider_is_made_with_its_folder_and_no_other_is(tmp_path):
    put(tmp_path, "600519.SS.csv", HOUSE)
    assert make_provider("files", path=tmp_path).bars(MOUTAI, *SPAN).source["provider"] == "files"
    for name, path in (("files", None), ("yahoo", tmp_path)):
        with pytest.raises(ConfigError, match="give both or neither"):
            make_provider(name, path=path)
