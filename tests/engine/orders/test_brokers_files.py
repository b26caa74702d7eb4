"""Files as brokers write them, of fills and of holdings: read for what they say, or refused with the line and the reason."""

from pathlib import Path

import pandas as pd
import pytest

from launchlab.data.errors import LaunchlabError
from launchlab.engine.orders.fills import Fills, read_fills
from launchlab.engine.orders.holdings import read_holdings

KNOWN = {"600519.SS", "000001.SZ", "0700.HK", "2513.HK"}
WANTED = [("2026-02-12", "600519.SS", 400.0, 1409.5), ("2026-02-12", "0700.HK", -100.0, 535.0)]

TONGDAXIN = """成交日期\t成交时间\t证券代码\t证券名称\t操作\t成交数量\t成交均价\t成交金额\t
20260212\t09:30:01\t="600519"\t贵州茅台\t证券买入\t400\t1409.500\t563800.00\t
20260212\t14:55:09\t="00700"\t腾讯控股\t证券卖出\t100\t535.000\t53500.00\t
"""
FUTU = """方向,代码,名称,成交数量,成交价格,成交时间,币种
买入,SH.600519,贵州茅台,400,"1,409.50",2026/02/12 09:30:01 (香港),CNY
卖空,HK.00700,腾讯控股,100,535,2026/02/12 14:55:09 (香港),HKD
"""
INTERACTIVE_BROKERS = """Symbol,Date/Time,Quantity,T. Price,Comm/Fee
600519,"2026-02-12, 09:30:01",400,1409.5,-12
700,"2026-02-12, 14:55:09",-100,535,-30
"""
ZONED = """session;code;side;shares;price
2026-02-11T20:30:01-05:00;600519.SH;BUY;400;1409.5
2026-02-12T06:55:09Z;700.HK;SELL;100;535
"""
STATEMENT = """发生日期,证券代码,业务名称,成交数量,成交价格
2026.2.12,600519,证券买入,400,1409.5
2026.2.12,700,证券卖出,100,535
2026.2.12,,股息入账,0,0
2026.2.13,,银行转存,0,0
"""


def fills_of(folder: Path, content: str | bytes) -> Fills:
    path = folder / "fills.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_fills(path, KNOWN)


@pytest.mark.parametrize("text", [TONGDAXIN, FUTU, INTERACTIVE_BROKERS, ZONED, STATEMENT])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_brokers_own_file_says_what_was_filled(tmp_path: Path, text: str, encoding: str) -> None:
    found = fills_of(tmp_path, text.replace("\n", "\r\n").encode(encoding))
    assert [tuple(row) for row in found.table.itertuples(index=False)] == WANTED


def test_what_is_no_trade_is_left_out_by_name_and_what_is_not_read_is_said(tmp_path: Path) -> None:
    left_out = fills_of(tmp_path, STATEMENT).notes
    assert any(
        note.endswith("rows that are no trades, left out: 1 股息入账, 1 银行转存") for note in left_out
    )
    unread = fills_of(tmp_path, TONGDAXIN).notes
    assert any(note.endswith("not read: 成交时间, 证券名称, 成交金额") for note in unread)
    assert any(note.endswith("read 600519 as 600519.SS, 00700 as 0700.HK") for note in unread)


def test_a_number_whose_zeros_a_sheet_took_is_the_code_that_was_traded(tmp_path: Path) -> None:
    row = "session,code,shares,price\n2026-02-12,1,100,11.2\n"
    assert fills_of(tmp_path, row).table["code"].tolist() == ["000001.SZ"]
    (tmp_path / "fills.csv").write_text(row)
    assert read_fills(tmp_path / "fills.csv", ["0001.HK"]).table["code"].tolist() == ["0001.HK"]
    with pytest.raises(LaunchlabError, match=r"line 2: '1' may be 000001\.SZ or 0001\.HK"):
        read_fills(tmp_path / "fills.csv", ["0001.HK", "000001.SZ"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("session,code,side,shares,price\n2026-02-12,700,buy,1,200,340.2\n", "line 2: more cells than the 5 columns"),
        ("session,code,shares,price\n2026-02-12,0700.HK,100\n", "'100' and '' are no shares and price"),
        ("session,code,shares,price\n2026-02-11 21:30:00,0700.HK,100,535\n", "outside the exchanges' hours"),
        ("session,code,shares,price\n02/12/2026,0700.HK,100,535\n", "line 2: session '02/12/2026' is not a day"),
        ("session,code,shares,price\n2026-02-30,0700.HK,100,535\n", "line 2: session '2026-02-30' is not a day"),
        ("成交时间,代码,成交数量,成交价\n09:30:01,700,100,535\n", "session '09:30:01' is not a day"),
        ("session,code,shares,price\n2026-02-12,0700.HK,nan,535\n", "cannot have been filled"),
        ("session,code,shares,price\n2026-02-12,0700.HK,100,-5\n", "cannot have been filled"),
        ("session,code,side,shares,price\n2026-02-12,0700.HK,委托,100,5\n", "side '委托' is unknown"),
        ("session,code,code,shares,price\n2026-02-12,1,2,100,5\n", "has the column 'code' twice"),
        ("", "is empty"),
        (b"PK\x03\x04 a workbook", "is an Excel workbook; save the fills as a UTF-8 CSV"),
        (b"session,code\x00\x00", "is not text"),
        (b"\x81\xff\xfe\xfa", "is not text"),
        ("日期,代码,数额,价\n2026-02-12,700,100,535\n", "has no column 'price'"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_sentence_with_the_line(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    with pytest.raises(LaunchlabError) as refused:
        fills_of(tmp_path, content)
    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_a_frame_is_read_as_its_file_would_be() -> None:
    moments = pd.to_datetime(["2026-02-12 01:30:01+00:00", "2026-02-12 06:55:09+00:00"])
    frame = pd.DataFrame(
        {"session": moments, "code": [600519, 700], "shares": [400, -100], "price": [1409.5, 535.0]}
    )
    assert [tuple(row) for row in read_fills(frame, KNOWN).table.itertuples(index=False)] == WANTED
    days = frame.assign(session=pd.to_datetime(["2026-02-12", "2026-02-12"]))
    assert [tuple(row) for row in read_fills(days, KNOWN).table.itertuples(index=False)] == WANTED


def test_holdings_in_a_brokers_words_are_those_in_ours(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs.csv", tmp_path / "ours.csv"
    text = '证券代码\t证券名称\t股票余额\t可用余额\t成本价\t\n="600519"\t贵州茅台\t400\t400\t1409.5\t\n00700\t腾讯\t-100\t0\t535\t\ncash\t\t1000\t\t\t\n'
    theirs.write_bytes(text.encode("gb18030"))
    ours.write_text("code,shares,price\n600519.SS,400,1409.5\n0700.HK,-100,535\ncash,1000,\n")
    found, wanted = read_holdings(theirs, KNOWN), read_holdings(ours)
    assert [(one.code, one.shares, one.price) for one in found.rows] == [
        (one.code, one.shares, one.price) for one in wanted.rows
    ]
    assert found.cash == wanted.cash == 1000.0
    assert found.unread == ("证券名称", "可用余额")
    assert found.read_as
