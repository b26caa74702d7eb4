"""Minute files: vendors' columns and clocks, units of volume, stamps, hours."""

import numpy as np
import pytest

from launchlab.data.errors import DataError
from launchlab.data.minutes.folder import MinuteFolder
from launchlab.data.minutes.hours import spans_of
from launchlab.data.minutes.minutes import MINUTE_BAR, to_minutes
from launchlab.data.minutes.read import MinuteRows, content_to_rows
from launchlab.data.minutes.stamps import Placed, place
from launchlab.data.minutes.units import in_shares

from ...markets.minute_files import HEAD, HONG_KONG, session_text

DAY = "2026-02-09"


def rows_of(text: str, code: str = "600589.SS", name: str = "600589.csv") -> MinuteRows:
    return content_to_rows(text.encode(), name, code)


def placed(rows: MinuteRows, exchange: str = "XSHG", declared: str = "") -> Placed:
    return place(rows, spans_of(exchange, rows.day), "bars", declared)


@pytest.mark.parametrize("stamp", ["start", "end"])
@pytest.mark.parametrize("length", [1, 5, 15, 30, 60])
def test_bars_stamped_with_start_or_end_are_of_the_same_minutes(length: int, stamp: str) -> None:
    where = placed(rows_of(HEAD + session_text(DAY, length=length, stamp=stamp)))
    assert (where.length, where.stamps) == (length, stamp)
    assert not where.strange.any()
    assert where.start[0] == 570
    assert where.start.tolist() == [*range(570, 690, length), *range(780, 900, length)]
    assert (where.stop - where.start == length).all()


def test_a_bar_of_hong_kong_is_cut_at_lunch() -> None:
    where = placed(rows_of(HEAD + session_text(DAY, length=60, spans=HONG_KONG), "0700.HK"), "XHKG")
    assert where.start.tolist() == [570, 630, 690, 780, 840, 900]
    assert where.stop.tolist() == [630, 690, 720, 840, 900, 960]
    assert not where.strange.any()


def test_a_declaration_that_the_lunch_break_contradicts_is_refused() -> None:
    rows = rows_of(HEAD + session_text(DAY))
    with pytest.raises(
        DataError,
        match="declared to stamp bars with their start, but 1 of them are stamped with the start of the lunch",
    ):
        placed(rows, declared="start")
    assert placed(rows, declared="end").stamps == "end"


def test_bars_that_do_not_tell_their_stamps_have_to_be_declared() -> None:
    text = "".join(f"{DAY} {at}:00,10,10,10,10,100,1000\n" for at in ("09:45", "10:00", "10:15"))
    rows = rows_of(HEAD + text)
    with pytest.raises(DataError, match="say it with `minute_stamps`"):
        placed(rows)
    assert placed(rows, declared="start").start.tolist() == [585, 600, 615]
    assert placed(rows, declared="end").start.tolist() == [570, 585, 600]


def test_auctions_apart_are_no_continuous_trading() -> None:
    """As Eastmoney writes them: 09:30 is the opening auction, 14:58 to 15:00 the closing one."""
    rows = rows_of(HEAD + f"{DAY} 09:30:00,10,10,10,10,500,5000\n" + session_text(DAY, length=1))
    where = placed(rows)
    assert where.auction.sum() == 1 + 3
    assert where.start[~where.auction].max() == 14 * 60 + 56
    assert not where.strange.any()


def test_lunch_breaks_half_days_and_typhoons_are_no_trading() -> None:
    rows = rows_of(HEAD + session_text("2026-02-16", length=30, spans=HONG_KONG), "0700.HK")
    half = placed(rows, "XHKG", "end")  # the eve of the Lunar New Year
    assert half.strange.sum() == 6
    assert half.start[~half.strange].max() == 11 * 60 + 30
    lunch = rows_of(HEAD + session_text(DAY) + f"{DAY} 12:15:00,10,10,10,10,100,1000\n")
    assert placed(lunch).strange.sum() == 1
    text = HEAD + session_text("2023-09-08", length=30, spans=HONG_KONG)  # black rain all day: no session
    assert placed(rows_of(text, "0700.HK"), "XHKG", "end").strange.all()


def test_volume_in_lots_is_told_by_the_turnover() -> None:
    text = "".join(f"{DAY} {at}:00,10,10,10,10,5,5000\n" for at in ("11:15", "11:30"))
    rows = rows_of(HEAD + text)
    assert in_shares(rows, "x", mainland=True).volume.tolist() == [500.0, 500.0]
    with pytest.raises(DataError, match="neither shares nor lots of 100"):
        in_shares(rows, "x", mainland=False)


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("datetime,open,high,low,close,volume,amount", f"{DAY} 09:45:00,10,10.2,9.9,10.1,500,5000"),
        ("时间,开盘,收盘,最高,最低,成交量,成交额", f"{DAY} 09:45:00,10,10.1,10.2,9.9,500,5000"),
        (
            "ts_code,trade_time,open,close,high,low,vol,amount",
            f"600589.SH,{DAY} 09:45:00,10,10.1,10.2,9.9,500,5000",
        ),
        (
            "date,time,code,open,high,low,close,volume,amount,adjustflag",
            f"{DAY},20260209094500000,sh.600589,10,10.2,9.9,10.1,500,5000,3",
        ),
        # akshare: stock_zh_a_hist_min_em of 1 and of 5 minutes; Sina's stock_zh_a_minute; Tushare's pro_bar
        ("时间,开盘,收盘,最高,最低,成交量,成交额,均价", f"{DAY} 09:45:00,10,10.1,10.2,9.9,500,5000,10.05"),
        (
            ",时间,开盘,收盘,最高,最低,涨跌幅,涨跌额,成交量,成交额,振幅,换手率",
            f"0,{DAY} 09:45:00,10,10.1,10.2,9.9,1,0.1,500,5000,3,0.1",
        ),
        ("day,open,high,low,close,volume", f"{DAY} 09:45:00,10,10.2,9.9,10.1,500"),
        (
            "ts_code,trade_time,open,close,high,low,vol,amount,trade_date,pre_close,change,pct_chg",
            f"600589.SH,{DAY} 09:45:00,10,10.1,10.2,9.9,500,5000,20260209,10,0.1,1",
        ),
        (
            "Price,Close,High,Low,Open,Volume\nTicker,600589.SS,600589.SS,600589.SS,600589.SS,600589.SS\nDatetime,,,,,",
            "2026-02-09 01:45:00+00:00,10.1,10.2,9.9,10,500",
        ),
        ("Datetime,Open,High,Low,Close,Volume", "2026-02-09 01:45:00+00:00,10,10.2,9.9,10.1,500"),
        ("date,time,open,high,low,close,volume", f"{DAY},09:45,10,10.2,9.9,10.1,500"),
    ],
)
def test_the_columns_of_vendors_are_read_as_they_are(head: str, row: str) -> None:
    rows = rows_of(f"{head}\n{row}\n")
    assert (str(rows.day[0]), rows.stamp[0]) == (DAY, 585)
    assert [float(getattr(rows, name)[0]) for name in ("open", "high", "low", "close", "volume")] == [
        10,
        10.2,
        9.9,
        10.1,
        500,
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time,open,high,low,close\n2026-02-09 09:45,1,1,1,1\n", "no column 'volume'"),
        (
            "Dt,open,high,low,px_last,volume\n2026-02-09 09:45,1,1,1,1,1\n",
            "rename 'Dt' to time, 'px_last' to close if",
        ),
        ("", "holds no minute bar; it must hold time,open,high,low,close,volume"),
        (HEAD, "holds no minute bar"),
        (HEAD + "2026-02-09,1,1,1,1,1,1\n", "without a clock"),
        (HEAD + "noon,1,1,1,1,1,1\n", "'noon' in row 1 is not understood"),
        (HEAD + "2026-02-09 09:45:30,1,1,1,1,1,1\n", "whole minutes"),
        (HEAD + "2026-02-09 09:45,1,x,1,1,1,1\n", "column 'high' holds something that is no number"),
        ("code," + HEAD + "sh.600000,2026-02-09 09:45,1,1,1,1,1,1\n", "rows of sh.600000, not of 600589.SS"),
        ("adjustflag," + HEAD + "2,2026-02-09 09:45,1,1,1,1,1,1\n", "adjusted prices"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        rows_of(text)


def test_bars_of_seven_minutes_are_refused() -> None:
    with pytest.raises(DataError, match="bars of 7 minutes"):
        placed(rows_of(HEAD + session_text(DAY, length=7)))


def test_a_folder_finds_files_by_code_and_refuses_two_of_one(tmp_path) -> None:
    (tmp_path / "600589_15min.csv").write_text(HEAD + session_text(DAY))
    (tmp_path / "notes.csv").write_text("nothing")
    folder = MinuteFolder(tmp_path)
    assert folder.codes() == ("600589.SS",)
    assert len(folder.read("600589.SS")[0]) == 16
    (tmp_path / "sh600589.csv").write_text(HEAD + session_text(DAY))
    with pytest.raises(DataError, match=r"two files of 600589\.SS"):
        MinuteFolder(tmp_path).read("600589.SS")
    empty = MinuteFolder(tmp_path / "empty")
    empty.path.mkdir()
    with pytest.raises(DataError, match="holds no minute bars"):
        empty.codes()


def test_minutes_are_found_by_row_and_code_and_hidden_after_a_row() -> None:
    def bars(*starts: int) -> np.ndarray:
        table = np.zeros(len(starts), MINUTE_BAR)
        table["start"] = starts
        return table

    minutes = to_minutes(3, [(4, 1, bars(570, 571)), (2, 2, bars(600)), (4, 0, bars(572)), (5, 1, bars())])
    assert len(minutes) == 3
    assert minutes.of(4, 1)["start"].tolist() == [570, 571]
    assert minutes.of(2, 2)["start"].tolist() == [600]
    assert len(minutes.of(5, 1)) == len(minutes.of(3, 1)) == len(minutes.of(9, 9)) == 0
    assert minutes.has(np.array([4, 4, 3]), np.array([0, 2, 1])).tolist() == [True, False, False]
    before = minutes.until(3)
    assert len(before) == 1
    assert len(before.bars) == 1
    kept = minutes.of_columns([1, 2])
    assert kept.of(4, 0)["start"].tolist() == [570, 571]
    assert kept.of(2, 1)["start"].tolist() == [600]
    with pytest.raises(ValueError, match="read-only"):
        minutes.bars["start"][0] = 1
