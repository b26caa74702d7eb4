"""A ledger as people save it: read where its meaning is certain, else named for what it is, with the mend."""

import os
from pathlib import Path

import pandas as pd
import pytest

from launchlab.data.errors import LedgerError
from launchlab.data.ledger.ledger import load_launches, reach

HEADER = "id,announced_at,precision,company,product,kind,codes,source"
ROW = "glm5,2026-02-12T01:18+08:00,exact,智谱,GLM-5,launch,2513.HK:pure_play,https://example.org/glm5"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "week.csv"


def text_of(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


@pytest.mark.parametrize("mark", [";", "\t"])
def test_semicolons_and_tabs_between_the_cells_are_read(ledger: Path, mark: str) -> None:
    row = ROW.replace(",", mark).replace("2513.HK:pure_play", '"2513.HK:pure_play;0700.HK"')
    ledger.write_text(HEADER.replace(",", mark) + "\n" + row + "\n")
    (launch,) = load_launches(ledger)
    assert (launch.company, [c.code for c in launch.codes]) == ("智谱", ["2513.HK", "0700.HK"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_that_says_how_it_is_encoded_is_read(ledger: Path, encoding: str) -> None:
    ledger.write_bytes(text_of(ROW).encode(encoding))
    assert load_launches(ledger)[0].company == "智谱"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty; its first line names the columns"),
        (b"\n \n", "is empty"),
        (
            b"PK\x03\x04rest of a workbook",
            r"cannot be read as a workbook \(File is not a zip file\); save it as CSV",
        ),
        (b"PAR1rest of a table", r"cannot be read as parquet \(.*\); save it as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "is an old Excel workbook"),
        (text_of(ROW).encode("utf-16-le"), "holds zero bytes; save it as CSV"),
        (b"\xff\xff\xff", "is neither UTF-8 nor GB 18030 text; save it"),
    ],
)
def test_what_is_no_text_is_named_for_what_it_is(ledger: Path, content: bytes, said: str) -> None:
    ledger.write_bytes(content)
    with pytest.raises(LedgerError, match=said):
        load_launches(ledger)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROW.replace("2513.HK:pure_play", '"2513.HK,0700.HK"'), "',' does not separate codes; write them as"),
        (ROW.replace("2513.HK:pure_play", "2513.HK|0700.HK"), r"'\|' does not separate codes"),
        (ROW.replace("2513.HK:pure_play", "2513.HK、0700.HK"), "'、' does not separate codes"),
        (ROW.replace("2513.HK:pure_play", "2513.HK 0700.HK"), "' ' does not separate codes"),
        (ROW.replace("2513.HK:pure_play", "2513.HK,0700.HK"), "more cells than columns; separate codes by ;"),
        (ROW.rpartition(",launch")[0], "line 2: 5 cells where the header has 8, kind, codes, source missing"),
    ],
)
def test_a_row_that_is_written_otherwise_says_how_to_write_it(ledger: Path, row: str, said: str) -> None:
    ledger.write_text(text_of(row))
    with pytest.raises(LedgerError, match=said) as fault:
        load_launches(ledger)
    assert str(fault.value).startswith("1 fault in the ledger")


def test_a_pipe_a_device_a_folder_and_an_endless_name_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place, said in (
        (tmp_path / "pipe", "is a pipe or a device"),
        (Path("/dev/full"), "is a pipe or a device"),
        (tmp_path, "is a folder"),
        (tmp_path / ("a" * 300), "File name too long.; check the path"),
        (tmp_path / "none.csv", "No such file or directory.; check the path"),
    ):
        with pytest.raises(LedgerError, match=said):
            load_launches(place)


def test_rows_in_memory_are_a_ledger_too(ledger: Path) -> None:
    ledger.write_text(text_of(ROW, "price,2026-02-20,date,智谱,GLM-5 price,pricing,,"))
    filed = load_launches(ledger)
    frame = pd.read_csv(ledger)
    assert load_launches(frame).rows == filed.rows
    assert load_launches(frame.to_dict("records")).rows == filed.rows
    typed = frame.assign(announced_at=[pd.Timestamp("2026-02-12T01:18+08:00"), pd.Timestamp("2026-02-20")])
    assert load_launches(typed).rows == filed.rows
    assert load_launches(filed) is filed


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (5, "an? int is no ledger"),
        ([{"id": "a"}], "must have the columns"),
        (pd.DataFrame({"idd": ["a"]}), r"unknown idd \(did you mean 'id'\?\)"),
    ],
)
def test_what_is_no_ledger_in_memory_is_one_sentence(rows: object, said: str) -> None:
    with pytest.raises(LedgerError, match=said):
        load_launches(rows)  # type: ignore[arg-type]


def test_a_close_that_can_be_reached_counts_though_the_next_open_is_beyond_the_calendar(ledger: Path) -> None:
    """31 December 2026 is the last session that is published; Hong Kong closes at 12:00 then, Shanghai at 15:00."""
    row = ROW.replace("2026-02-12T01:18", "2026-12-31T14:00").replace("2513.HK", "688158.SS")
    ledger.write_text(text_of(row))
    (found,) = reach(load_launches(ledger))
    assert (found["first_open"], found["first_close"]) == (None, "2026-12-31")
    assert "first close 2026-12-31" in str(found["why"])
