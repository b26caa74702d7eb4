"""Reading daily bars: files, folders, zips, and what is said when they cannot be read."""

import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from launchlab.data.bars.bars import bars_from_columns
from launchlab.data.bars.files import read_file
from launchlab.data.bars.folder import read_bars
from launchlab.data.bars.layout import bars_to_columns
from launchlab.data.errors import DataError

HEADER = "date,open,high,low,close,volume,pre_close\n"
ROWS = "2026-02-11,37.2,37.9,36.8,37.54,100200,37.1\n2026-02-12,43.2,45.05,42.0,45.05,300500,37.54\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_csv_of_the_house_format_is_read_with_its_fingerprint(tmp_path):
    path = write(tmp_path, "688158.SS.csv", HEADER + ROWS)
    bars = read_bars(tmp_path)["688158.SS"]
    assert bars.sessions.astype(str).tolist() == ["2026-02-11", "2026-02-12"]
    assert bars.close.tolist() == [37.54, 45.05]
    assert bars.pre_close.tolist() == [37.1, 37.54]
    assert bars.source["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert bars.source["rows"] == 2
    assert not bars.suspended.any()
    assert (bars.st == -1).all()


def test_arrays_are_read_only(tmp_path):
    write(tmp_path, "688158.SS.csv", HEADER + ROWS)
    bars = read_bars(tmp_path)["688158.SS"]
    with pytest.raises(ValueError, match="read-only"):
        bars.close[0] = 1.0


def test_parquet_and_zip_say_the_same_as_csv(tmp_path):
    write(tmp_path, "688158.SS.csv", HEADER + ROWS)
    expected = read_bars(tmp_path)["688158.SS"]
    folder = tmp_path / "parquet"
    folder.mkdir()
    columns = bars_to_columns(expected)
    pa.parquet.write_table(
        pa.table({k: pa.array(v) for k, v in columns.items()}), folder / "688158.SS.parquet"
    )
    with zipfile.ZipFile(tmp_path / "bars.zip", "w") as archive:
        archive.writestr("bars/688158.SS.csv", HEADER + ROWS)
    for place in (folder, tmp_path / "bars.zip"):
        found = read_bars(place, ["688158.SS"])["688158.SS"]
        assert (found.sessions == expected.sessions).all()
        assert (found.close == expected.close).all()


def test_a_missing_code_names_the_nearest_file(tmp_path):
    write(tmp_path, "688158.SS.csv", HEADER + ROWS)
    with pytest.raises(DataError, match=r"no bars of 688159.SS \(did you mean '688158.SS'\?\)"):
        read_bars(tmp_path, ["688159.SS"])


def test_an_index_may_be_named_without_its_caret(tmp_path):
    write(tmp_path, "HSI.csv", HEADER + ROWS)
    assert list(read_bars(tmp_path, ["^HSI"])) == ["^HSI"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,open,high,low,close\n2026-02-11,1,1,1,1\n", "column 'volume' is missing"),
        (HEADER + "2026-02-11,a,1,1,1,1,1\n", r"row 1: open is 'a', which is not a number"),
        (HEADER + "11/02/2026,1,1,1,1,1,1\n", "write days as 2026-02-12"),
        ("", "is empty"),
        ("date,open,high,low,close,volume,status\n2026-02-11,1,1,1,1,1,halted\n", "status 'halted'"),
        ("date,open,high,low,close,volume,close\n2026-02-11,1,1,1,1,1,2\n", "'close' more than once"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, text, said):
    write(tmp_path, "688158.SS.csv", text)
    with pytest.raises(DataError, match=said) as caught:
        read_bars(tmp_path)
    assert "688158.SS" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_encoding_and_separator_is_read(tmp_path, encoding, delimiter):
    text = (HEADER.strip() + ",名称\n" + ROWS.split("\n")[0] + ",优刻得\n").replace(",", delimiter)
    (tmp_path / "688158.SS.csv").write_bytes(text.encode(encoding))
    assert read_bars(tmp_path)["688158.SS"].close.tolist() == [37.54]


def test_text_in_no_known_encoding_is_named(tmp_path):
    (tmp_path / "688158.SS.csv").write_bytes(HEADER.encode() + b"\xff\xff\xff\n")
    with pytest.raises(DataError, match=r"688158\.SS\.csv is not UTF-8 text") as caught:
        read_bars(tmp_path)
    assert str(caught.value).isprintable()


def test_a_file_cut_in_half_is_refused(tmp_path):
    write(tmp_path, "688158.SS.csv", HEADER + ROWS)
    columns = bars_to_columns(read_bars(tmp_path)["688158.SS"])
    path = tmp_path / "600588.SS.parquet"
    pa.parquet.write_table(pa.table({k: pa.array(v) for k, v in columns.items()}), path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match=r"600588\.SS"):
        read_file(path)


def test_status_st_and_corporate_actions_are_read(tmp_path):
    text = (
        "date,open,high,low,close,volume,status,st,ratio,cash\n"
        "2024-05-15,13,13.2,12.9,13,1000,trading,1,,\n"
        "2024-05-16,,,,,0,suspended,0,,\n"
        "2024-05-17,9.9,10.1,9.8,10,3000,trading,,1.3,0.2\n"
    )
    write(tmp_path, "600588.SS.csv", text)
    bars = read_bars(tmp_path)["600588.SS"]
    assert bars.suspended.tolist() == [False, True, False]
    assert bars.st.tolist() == [1, 0, -1]
    assert bars.actions["session"].astype(str).tolist() == ["2024-05-17"]
    assert (bars.actions["ratio"][0], bars.actions["cash"][0]) == (1.3, 0.2)


def test_tidy_sorts_and_keeps_the_last_of_duplicates():
    days = np.array(["2026-02-12", "2026-02-11", "2026-02-12"], "M8[D]")
    price = np.array([1.0, 2.0, 3.0])
    bars = bars_from_columns(
        "0700.HK", dict.fromkeys(("open", "high", "low", "close", "volume"), price) | {"date": days}
    )
    assert bars.tidy().close.tolist() == [2.0, 3.0]
    assert bars.between("2026-02-12", "2026-02-12").close.tolist() == [1.0, 3.0]


def test_an_action_on_a_day_without_a_bar_survives_writing_and_reading(tmp_path):
    text = "date,open,high,low,close,volume,cash\n2024-02-08,10,10,10,10,5,\n2024-02-14,10,10,10,10,5,\n"
    write(tmp_path, "0700.HK.csv", text)
    bars = read_bars(tmp_path)["0700.HK"]
    actions = np.zeros(
        1, [("session", "M8[D]"), *((n, "f8") for n in ("ratio", "cash", "rights", "rights_price"))]
    )
    actions["session"], actions["ratio"], actions["cash"] = np.datetime64("2024-02-09"), 1.0, 0.5
    again = bars_from_columns("0700.HK", bars_to_columns(type(bars)(**{**vars(bars), "actions": actions})))
    assert again.suspended.tolist() == [False, True, False]
    assert again.actions["cash"].tolist() == [0.5]


def test_a_suspended_session_loses_its_prices_and_keeps_its_action(tmp_path):
    write(
        tmp_path,
        "600588.SS.csv",
        "date,open,high,low,close,volume,pre_close,ratio\n"
        "2024-05-16,13,13.2,12.9,13,1000,12.9,\n2024-05-17,9.9,9.8,9.8,10,3000,13,1.3\n",
    )
    bars = read_bars(tmp_path)["600588.SS"].suspend(np.array(["2024-05-17"], "M8[D]"))
    assert bars.suspended.tolist() == [False, True]
    assert np.isnan([bars.close[1], bars.pre_close[1]]).all()
    assert (bars.volume[1], bars.close[0], bars.actions["ratio"][0]) == (0.0, 13.0, 1.3)
