"""Files of known vendors, each with its whole set of columns: units, adjustment, identity and strangers."""

import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchlab.data.bars.checks import check_bars
from launchlab.data.bars.files import Reading, content_to_bars
from launchlab.data.bars.folder import BarsFolder, read_bars
from launchlab.data.bars.text import read_sheet
from launchlab.data.bars.vendors import LAYOUTS, recognise
from launchlab.data.calendars.sessions import calendar
from launchlab.data.errors import ConfigError, DataError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.providers.files import Files

# Kweichow Moutai on 2024-01-02 as traded: 3,215,644 shares for 5,440,082,548 yuan.
OPEN, HIGH, LOW, CLOSE, SHARES, YUAN = 1715.0, 1718.19, 1678.1, 1685.01, 3215644, 5440082548.0
FILES = {
    "launchlab": "date,open,high,low,close,volume,amount,pre_close\n2024-01-02,1715,1718.19,1678.1,1685.01,3215644,5440082548,1726\n",
    "baostock": "date,code,open,high,low,close,preclose,volume,amount,adjustflag,turn,tradestatus,pctChg,isST\n"
    "2024-01-02,sh.600519,1715.0000,1718.1900,1678.1000,1685.0100,1726.0000,3215644,5440082548.0000,3,0.2560,1,-2.3748,0\n",
    "tushare": ",ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount\n"
    "0,600519.SH,20240102,1715.0,1718.19,1678.1,1685.01,1726.0,-40.99,-2.3748,32156.44,5440082.548\n",
    "old tushare": "date,open,high,close,low,volume,price_change,p_change,ma5,ma10,v_ma5,turnover\n"
    "2024-01-02,1715.0,1718.19,1685.01,1678.1,32156.44,-40.99,-2.37,1700.1,1701.2,30000.0,0.26\n",
    "sina": "date,open,high,low,close,volume,amount,outstanding_share,turnover\n"
    "2024-01-02,1715.0,1718.19,1678.1,1685.01,3215644.0,5440082548.0,1256197800.0,0.00256\n",
    "akshare": "日期,股票代码,开盘,收盘,最高,最低,成交量,成交额,振幅,涨跌幅,涨跌额,换手率\n"
    "2024-01-02,600519,1715.0,1685.01,1718.19,1678.1,32156.44,5440082548.0,2.32,-2.37,-40.99,0.26\n",
    "tonghuashun": "时间\t开盘\t最高\t最低\t收盘\t涨幅\t振幅\t总手\t金额\t换手%\t成交次数\n"
    "2024-01-02,二\t1715.00\t1718.19\t1678.10\t1685.01\t-2.37%\t2.32%\t32156.44\t5440082548\t0.26\t\n",
    "netease": "日期,股票代码,名称,收盘价,最高价,最低价,开盘价,前收盘,涨跌额,涨跌幅,换手率,成交量,成交金额,总市值,流通市值\n"
    "2024-01-02,'600519,贵州茅台,1685.01,1718.19,1678.1,1715.0,1726.0,-40.99,-2.3749,0.256,3215644,5440082548.0,2.1e+12,2.1e+12\n",
    "a Chinese export": "代码,简称,日期,前收盘价(元),开盘价(元),最高价(元),最低价(元),收盘价(元),成交量(万股),成交额(百万元),涨跌(元),涨跌幅(%)\n"
    "600519.SH,贵州茅台,2024-01-02,1726,1715,1718.19,1678.1,1685.01,321.5644,5440.082548,-40.99,-2.37\n",
    "wind": ",OPEN,HIGH,LOW,CLOSE,VOLUME,AMT,PRE_CLOSE,PCT_CHG\n"
    "2024-01-02,1715.0,1718.19,1678.1,1685.01,3215644.0,5440082548.0,1726.0,-2.37\n",
    "choice": "CODES,DATES,OPEN,CLOSE,HIGH,LOW,PRECLOSE,VOLUME,AMOUNT\n"
    "600519.SH,2024/01/02,1715,1685.01,1718.19,1678.1,1726,3215644,5440082548\n",
    "futu": "code,name,time_key,open,close,high,low,pe_ratio,turnover_rate,volume,turnover,change_rate,last_close\n"
    "SH.600519,贵州茅台,2024-01-02 00:00:00,1715.0,1685.01,1718.19,1678.1,28.3,0.00256,3215644,5440082548.0,-2.37,1726.0\n",
    "joinquant": ",open,close,high,low,volume,money,pre_close,high_limit,low_limit\n"
    "2024-01-02,1715.0,1685.01,1718.19,1678.1,3215644.0,5440082548.0,1726.0,1898.6,1553.4\n",
    "ricequant": "order_book_id,date,open,close,high,low,total_turnover,volume,prev_close,num_trades,limit_up,limit_down\n"
    "600519.XSHG,2024-01-02,1715.0,1685.01,1718.19,1678.1,5440082548.0,3215644.0,1726.0,12345,1898.6,1553.4\n",
}  # fmt: skip


def bars(text: str, name: str = "600519.SS.csv", code: str = "600519.SS", **how: object):
    return content_to_bars(text.encode(), name, code, Reading(**how))


UNREFERENCED = (
    "old tushare",
    "sina",
    "tonghuashun",
)  # state neither the exchange's reference nor the change from it


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("vendor", FILES)
def test_every_vendor_s_file_gives_the_bar_that_was_traded(vendor, encoding, tmp_path):
    (tmp_path / "600519.SS.csv").write_bytes(FILES[vendor].encode(encoding))
    day = date(2024, 1, 2)
    read = Files(tmp_path).bars(load_instruments()["600519.SS"], day, day)
    assert read.source["version"] == vendor
    assert "unread" not in read.source or read.source["unread"] == ""
    assert read.sessions.astype(str).tolist() == ["2024-01-02"]
    assert [read.open[0], read.high[0], read.low[0], read.close[0]] == [OPEN, HIGH, LOW, CLOSE]
    assert read.volume[0] == pytest.approx(SHARES, abs=0.01)
    assert (
        np.isnan(read.amount[0])
        if vendor == "old tushare"
        else read.amount[0] == pytest.approx(YUAN, rel=1e-9)
    )
    assert np.isnan(read.pre_close[0]) if vendor in UNREFERENCED else read.pre_close[0] == 1726.0


@pytest.mark.parametrize("volume", ["32156.44", "3,215,644"])
def test_tonghuashun_s_hands_are_lots_in_some_files_and_shares_in_others(volume):
    text = FILES["tonghuashun"].replace("32156.44", volume).replace("5440082548", "5,440,082,548")
    assert bars(text).volume.tolist() == [SHARES]
    with pytest.raises(ConfigError, match="shares or lots"):
        bars(text.replace(volume, "321.5644"))


def test_the_columns_of_every_layout_lead_back_to_it():
    assert {layout.name for layout in LAYOUTS} - set(FILES) == {"qlib", "tushare's k data", "yahoo"}


def test_baostock_s_own_columns_are_all_heard():
    head, row = FILES["baostock"].splitlines()
    suspended = "2024-01-03,sh.600519,1685.01,1685.01,1685.01,1685.01,1685.01,,,3,,0,0.00,1"
    read = bars(f"{head}\n{row}\n{suspended}\n")
    assert read.pre_close.tolist() == [1726.0, 1685.01]
    assert read.suspended.tolist() == [False, True]
    assert read.st.tolist() == [0, 1]


@pytest.mark.parametrize("flag", ["1", "2"])
def test_baostock_s_adjusted_files_are_refused(flag):
    text = FILES["baostock"].replace(",3,0.2560", f",{flag},0.2560")
    with pytest.raises(DataError, match=f"adjustflag {flag}"):
        bars(text)
    assert len(bars(text, accept_adjusted=True)) == 1


@pytest.mark.parametrize(("word", "refused"), [("前复权", True), ("后复权", True), ("不复权", False)])
def test_tongdaxin_says_above_its_columns_whether_prices_are_raw(word, refused):
    text = f"600519 贵州茅台 日线 {word}\n日期\t开盘\t最高\t最低\t收盘\t成交量\t成交额\n"
    text += "2024/01/02\t1715.00\t1718.19\t1678.10\t1685.01\t3215644\t5440082548.00\n数据来源:通达信\n"
    content = text.encode("gb18030")
    if refused:
        with pytest.raises(DataError, match=word):
            content_to_bars(content, "SH#600519.txt.csv", "600519.SS")
    else:
        assert content_to_bars(content, "SH#600519.csv", "600519.SS").volume.tolist() == [SHARES]
    with pytest.raises(DataError, match="names '600519'"):
        content_to_bars(content, "000858.SZ.csv", "000858.SZ")


def test_old_tushare_s_k_data_must_say_what_its_volume_is():
    text = (
        ",date,open,close,high,low,volume,code\n0,2024-01-02,1715.0,1685.01,1718.19,1678.1,32156.44,600519\n"
    )
    with pytest.raises(ConfigError, match="volume_unit"):
        bars(text)
    assert bars(text, volume_unit="lots").volume.tolist() == [SHARES]


def test_lots_are_a_hundred_shares_on_the_mainland_and_no_unit_in_hong_kong():
    text = FILES["akshare"].replace("600519", "00700").replace("32156.44", "3215644")
    assert bars(text, "0700.HK.csv", "0700.HK").volume.tolist() == [SHARES]


def test_tushare_counts_in_shares_and_dollars_in_hong_kong():
    text = "ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount\n"
    text += "00001.HK,20190904,66.9,68.8,66.9,68.5,67,1.5,2.2,8212577.0,561953400.0\n"
    read = bars(text, "0001.HK.csv", "0001.HK")
    assert (read.volume[0], read.amount[0]) == (8212577.0, 561953400.0)


def test_a_unit_that_the_turnover_contradicts_is_refused():
    text = FILES["tushare"].replace("32156.44", "3215644")
    with pytest.raises(DataError, match="volume in lots, its turnover says shares"):
        bars(text)
    assert bars(text, volume_unit="shares").volume.tolist() == [SHARES]


def test_qlib_s_32_bit_noise_and_empty_days_leave_no_trace():
    text = "symbol,date,open,high,low,close,volume,factor\n"
    text += "SH600519,2024-06-18,214.7785186767578,216.4730224609375,213.93125915527344,215.62576293945312,17704284.0,0.14120875298976898\n"
    text += "SH600519,2024-06-20,,,,,,\n"
    read = bars(text, "sh600519.csv", volume_unit="shares")
    assert [read.open[0], read.high[0], read.low[0], read.close[0]] == [1521.0, 1533.0, 1515.0, 1527.0]
    assert read.suspended.tolist() == [False, True]
    assert read.volume.tolist() == [2500000, 0]


@pytest.mark.parametrize(
    ("column", "hint"),
    [("adj_factor", ""), ("复权状态", ""), ("is_st", ""), ("prev_close", "pre_close"), ("ratios", "ratio"), ("raw_close", ""),
     ("paused", ""), ("dividends", ""), ("Adj Close", "")],
)  # fmt: skip
def test_a_stranger_that_may_change_what_prices_mean_is_refused(column, hint):
    text = f"date,open,high,low,close,volume,{column}\n2024-01-02,1,1,1,1,1,1\n"
    with pytest.raises(DataError, match=f"column '{column}' is not known") as caught:
        bars(text)
    assert hint in str(caught.value)


def test_any_other_stranger_is_named_with_the_bars():
    text = "date,open,high,low,close,volume,sentiment,signal\n2024-01-02,1,1,1,1,1,7,8\n"
    assert bars(text).source["unread"] == "sentiment, signal"


@pytest.mark.parametrize("column", ["code", "ts_code", "symbol", "股票代码", "证券代码", "代码"])
@pytest.mark.parametrize("other", ["000001.SZ", "sz000001", "000001", "AAPL"])
def test_rows_of_another_company_are_refused(column, other):
    text = f"date,open,high,low,close,volume,{column}\n2024-01-02,1,1,1,1,1,{other}\n"
    with pytest.raises(DataError, match=f"asked for as 600519.SS, but it names '{other}'"):
        bars(text)


@pytest.mark.parametrize(
    ("code", "isins", "said"),
    [
        ("600519.SS", ("CNE0000018R8", "CNE0000018R8"), ""),
        ("0700.HK", ("KYG875721634", "KYG875721634"), ""),  # of the Cayman Islands, as many in Hong Kong
        ("0005.HK", ("gb0005405286 ", ""), ""),
        ("600519.SS", ("US0378331005", "US0378331005"), "its ISIN US0378331005 is none of the mainland's"),
        ("300364.SZ", ("KYG875721634", ""), "asked for as 300364.SZ, but its ISIN KYG875721634"),
        ("0700.HK", ("KYG875721634", "US0378331005"), "holds 2 ISINs, KYG875721634 and US0378331005"),
        ("600519.SS", ("US0378331006", "US0378331006"), ""),  # the check digit is another: no ISIN
        ("600519.SS", ("US0378331005", "a note"), ""),  # a column of something else
    ],
)
def test_an_isin_is_held_against_the_market_and_against_the_other_rows(
    code: str, isins: tuple[str, str], said: str
) -> None:
    """Whose it is, no table here tells; several are never one company's, and the mainland's begin with CN."""
    head = "date,open,high,low,close,volume,security\n"
    text = head + "".join(f"2024-01-0{k + 2},1,1,1,1,1,{isin}\n" for k, isin in enumerate(isins))
    if not said:
        assert len(content_to_bars(text.encode(), f"{code}.csv", code)) == 2
        return
    with pytest.raises(DataError, match=said):
        content_to_bars(text.encode(), f"{code}.csv", code)


def test_a_file_of_two_companies_is_refused():
    text = "date,open,high,low,close,volume,code\n2024-01-02,1,1,1,1,1,600519.SH\n2024-01-03,1,1,1,1,1,000001.SZ\n"
    with pytest.raises(DataError, match=r"names 2 codes, '000001\.SZ' among them"):
        bars(text)


def test_a_bare_number_that_several_have_needs_somebody_to_decide(tmp_path):
    plain = "date,open,high,low,close,volume{}\n2024-01-02,9.39,9.42,9.21,9.21,1158366{}\n"
    (tmp_path / "000001.csv").write_text(plain.format("", ""))
    with pytest.raises(DataError, match=r"may be 000001\.SS or 000001\.SZ"):
        read_bars(tmp_path, ["000001.SZ"])
    (tmp_path / "000001.csv").write_text(plain.format(",ts_code", ",000001.SZ"))
    assert list(read_bars(tmp_path)) == ["000001.SZ"]
    (tmp_path / "000001.csv").rename(tmp_path / "sz000001.csv")
    (tmp_path / "sz000001.csv").write_text(plain.format(",code", ",1"))
    assert list(read_bars(tmp_path)) == ["000001.SZ"], "a number without its zeros agrees with a full name"
    (tmp_path / "sz000001.csv").rename(tmp_path / "600000.csv")
    (tmp_path / "600000.csv").write_text(plain.format("", ""))
    assert list(read_bars(tmp_path)) == ["600000.SS"]


def test_two_files_of_one_code_are_not_chosen_from(tmp_path):
    for name in ("600519.SS.csv", "sh600519.csv"):
        (tmp_path / name).write_text(FILES["launchlab"])
    with pytest.raises(DataError, match=r"two files of 600519\.SS, 600519\.SS\.csv and sh600519\.csv"):
        read_bars(tmp_path)


def parquet(
    folder: Path, name: str, columns: dict[str, object], metadata: dict[str, str] | None = None
) -> Path:
    pa.parquet.write_table(pa.table(columns).replace_schema_metadata(metadata), folder / name)
    return folder


PRICE = {"open": [1.5], "high": [1.6], "low": [1.4], "close": [1.5], "volume": [100.0]}


@pytest.mark.parametrize(
    "metadata",
    [
        {"launchlab.code": "000001.SZ"},
        {"symbol": "sz000001"},
        {"PANDAS_ATTRS": json.dumps({"ticker": "000001.SZ"})},
    ],
)
def test_metadata_of_another_company_is_refused(tmp_path, metadata):
    parquet(tmp_path, "600519.SS.parquet", {"date": [date(2024, 1, 2)], **PRICE}, metadata)
    with pytest.raises(DataError, match="but it names"):
        read_bars(tmp_path)


@pytest.mark.parametrize("zone", ["Asia/Hong_Kong", "UTC", "America/New_York"])
def test_days_of_zoned_parquet_are_the_exchange_s(tmp_path, zone):
    import pandas as pd

    days = pd.date_range("2025-06-10", periods=4, tz="Asia/Hong_Kong").tz_convert(zone)
    frame = pd.DataFrame({"date": days, **{name: values * 4 for name, values in PRICE.items()}})
    frame.to_parquet(tmp_path / "9988.HK.parquet", index=False)
    read = read_bars(tmp_path)["9988.HK"]
    assert read.sessions.astype(str).tolist() == ["2025-06-10", "2025-06-11", "2025-06-12", "2025-06-13"]


@pytest.mark.parametrize("unit", ["us", "ns", "ms", "s"])
def test_every_kind_of_day_in_parquet_is_the_same_day(tmp_path, unit):
    day = np.array(["2024-01-02"], "M8[D]")
    for column in (pa.array(day.astype(f"M8[{unit}]")), pa.array(["2024-01-02"]), pa.array([20240102]),
                   pa.array(day).cast(pa.date64()), pa.array(["20240102"]).dictionary_encode()):  # fmt: skip
        parquet(tmp_path, "600519.SS.parquet", {"date": column, **PRICE})
        assert read_bars(tmp_path)["600519.SS"].sessions.astype(str).tolist() == ["2024-01-02"]


def test_a_folder_is_listed_once_however_many_codes_are_asked_for(tmp_path, monkeypatch):
    for number in range(30):
        (tmp_path / f"6000{number:02d}.SS.csv").write_text(FILES["launchlab"])
    listed = []
    iterdir = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: listed.append(path) or iterdir(path))
    folder = BarsFolder(tmp_path)
    assert len([folder.read(code) for code in folder.codes()]) == 30
    assert listed == [tmp_path]


def test_numbers_with_thousands_and_blanks_are_numbers():
    text = 'date,open,high,low,close,volume,cash\n2024-01-02,"1,715",1718.19,1678.1,1685.01,"3,215,644",--\n'
    read = bars(text)
    assert (read.open[0], read.volume[0], len(read.actions)) == (1715.0, 3215644, 0)


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e999", "n/a?", "1.2万", "0x10"])
def test_a_cell_that_is_no_number_names_its_row_and_column(cell):
    text = f"date,open,high,low,close,pre_close,volume\n2024-01-02,1,1,1,1,,1\n2024-01-03,1,1,1,1,{cell},1\n"
    with pytest.raises(DataError, match=r"600519\.SS\.csv, row 2: pre_close is "):
        bars(text)


@pytest.mark.parametrize(("content", "said"), [(b"PK\x03\x04xx", "spreadsheet or a zip"), (b"\0\0\0", "is not text"),
                                               (b"\n \n", "is empty"), (b"date\n", "column 'open' is missing")])  # fmt: skip
def test_what_is_no_table_of_bars_is_refused_in_one_sentence(content, said):
    with pytest.raises(DataError, match=said):
        recognise(read_sheet(content, "x.csv").table.column_names, "x.csv")


def named(*names: str) -> list[int]:
    """Special treatment of one session after the other, by the names in a file as NetEase exports it."""
    days = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05")
    head = "日期,股票代码,名称,收盘价,最高价,最低价,开盘价,前收盘,涨跌额,涨跌幅,换手率,成交量,成交金额,总市值,流通市值\n"
    row = "{},'300096,{},5.0,5.1,4.9,5.0,5.0,0,0,0.256,1000000,5000000,2.1e+09,2.1e+09\n"
    text = head + "".join(row.format(day, name) for day, name in zip(days, names, strict=False))
    return content_to_bars(text.encode(), "300096.csv", "300096.SZ").st.tolist()


def test_names_in_the_rows_tell_when_a_share_was_under_special_treatment():
    assert named("易联众", "ST易联众", "*ST易联众", "易联众退") == [0, 1, 1, 2]
    assert named("退市易联", "XD易联众") == [2, 0]
    assert named("*ST易联众", "") == [1, -1]
    assert named("*ST易联众", "*ST易联众") == [-1, -1], "one name in all rows may be today's"
    assert named("易联众", "易联众") == [-1, -1]


def test_a_column_that_nobody_understands_is_a_warning_of_the_checks():
    text = "date,open,high,low,close,volume,sentiment\n2024-01-02,10,10,10,10,100,7\n"
    found = check_bars(bars(text), load_instruments()["600519.SS"], calendar=calendar("XSHG").sessions)
    assert [(one.severity, one.fault) for one in found] == [("warning", "unread_column: not read: sentiment")]


def test_two_columns_of_one_thing_are_named_and_neither_is_taken() -> None:
    with pytest.raises(
        DataError, match=r"x\.csv: its columns '收盘' and '收盘价' are both close; keep the right one"
    ):
        recognise(("日期", "开盘", "最高", "最低", "收盘", "收盘价", "成交量"), "x.csv")


@pytest.mark.parametrize(("number", "fits"), [("600519", True), ("858", False), ("000858", False)])
def test_a_column_that_sounds_like_codes_says_whose_bars_they_are(number: str, fits: bool) -> None:
    """No vendor's name, and bare numbers, which say no market: in a column that sounds so they are codes."""
    text = f"date,open,high,low,close,volume,listing code\n2024-01-02,1715,1718.19,1678.1,1685.01,3215644,{number}\n"
    if fits:
        assert len(content_to_bars(text.encode(), "600519.SS.csv", "600519.SS")) == 1
        return
    with pytest.raises(DataError, match=f"is asked for as 600519.SS, but it names '{number}'"):
        content_to_bars(text.encode(), "600519.SS.csv", "600519.SS")


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        (
            "Dt,open,high,low,close,volume",
            "column 'date' is missing; rename 'Dt' to date if that is what it holds; ",
        ),
        ("date,open,high,low,last,volume", "column 'close' is missing; rename 'last' to close if that"),
        ("date,open,high,low,adj close,volume", "column 'close' is missing; a file of bars has"),
        ("date,open,high,low,close,money", "column 'volume' is missing; a file of bars has"),
        (
            "date,o,h,l,c,v",
            "rename 'o' to open, 'h' to high, 'l' to low, 'c' to close, 'v' to volume if that is what they",
        ),
        (
            "Date,Open,High,Low,Price,Vol.",
            "rename 'Price' to close, 'Vol.' to volume if that is what they hold",
        ),
        ("日期,开盘,最高,最低,现价,成交量", "column '收盘' is missing; rename '现价' to 收盘 if"),
        ("time,open,high,low,close,volume", "column 'date' is missing; rename 'time' to date if"),
        ("a,b,c", "column 'date' is missing; a file of bars has"),
    ],
)
def test_a_layout_that_nobody_knows_is_refused_with_the_columns_that_are_likely_meant(
    heading: str, said: str
) -> None:
    with pytest.raises(DataError, match=re.escape(said)):
        recognise(heading.split(","), "x.csv")


@settings(deadline=None, max_examples=30)
@given(
    st.permutations(
        ["Dt", "px_open", "px_high", "px_low", "px_last", "Total Traded Quantity", "px_adj_close"]
    )
)
def test_the_order_of_the_columns_names_no_others(heading: list[str]) -> None:
    with pytest.raises(DataError) as refused:
        recognise(heading, "x.csv")
    for pair in (
        "'Dt' to date",
        "'px_last' to close",
        "'Total Traded Quantity' to volume",
        "'px_open' to open",
    ):
        assert pair in str(refused.value)
    assert "px_adj_close" not in str(refused.value)
