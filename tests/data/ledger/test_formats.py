"""Ledgers as people keep them: other encodings, workbooks, parquet, frames, and clock times without a zone."""

import io
import re
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import launchlab as ll
from launchlab.data.errors import LedgerError
from launchlab.data.ledger.sheets import workbook_rows

from ...markets.cli_fixture import faults, launchlab

COLUMNS = ("id", "announced_at", "precision", "company", "product", "kind", "codes", "source")
ROW = (
    "glm5",
    "2026-02-12T01:18+08:00",
    "exact",
    "智谱",
    "GLM-5",
    "launch",
    "2513.HK:pure_play",
    "https://example.org",
)
HONG_KONG = "Asia/Hong_Kong"
NEWS = datetime.fromisoformat("2026-02-12T01:18+08:00")


def row(**cells: Any) -> dict[str, Any]:
    return dict(zip(COLUMNS, ROW, strict=True)) | cells


def csv_file(folder: Path, *rows: dict[str, Any], encoding: str = "utf-8", mark: str = ",") -> Path:
    path = folder / "week.csv"
    lines = [mark.join(COLUMNS), *(mark.join(map(str, one.values())) for one in rows)]
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_is_read_in_each_encoding_and_with_each_mark(tmp_path: Path, encoding: str, mark: str) -> None:
    path = csv_file(tmp_path, row(), encoding=encoding, mark=mark)
    found = ll.load_launches(path)
    assert (found[0].company, found.codes) == ("智谱", ("2513.HK",))
    assert found.notes == (
        (f"the ledger {path} is not UTF-8 and was read as GB 18030",) if encoding == "gb18030" else ()
    )


@pytest.mark.parametrize(
    "text",
    [
        "2026/2/12 1:18",
        "2026-02-12 01:18",
        "2026.2.12 1:18:00",
        "2026年2月12日 1:18",
        "2026-02-12T01:18",
        "2026-02-11T17:18Z",
    ],
)
def test_a_clock_time_without_a_zone_is_of_the_zone_that_was_named(tmp_path: Path, text: str) -> None:
    path = csv_file(tmp_path, row(announced_at=text))
    assert ll.load_launches(path, ledger_tz=HONG_KONG)[0].announced_at == NEWS
    assert ll.load_launches(path, ledger_tz="+08:00")[0].announced_at == NEWS


def test_without_a_named_zone_it_is_refused_and_the_way_out_is_said(tmp_path: Path) -> None:
    path = csv_file(tmp_path, row(announced_at="2026/2/12 1:18"))
    with pytest.raises(
        LedgerError, match=r"'2026/2/12 1:18' has no time zone; .* with `ledger_tz=Asia/Hong_Kong`"
    ):
        ll.load_launches(path)
    with pytest.raises(LedgerError, match="the time zone 'Hongkong City' of `ledger_tz` is not known"):
        ll.load_launches(path, ledger_tz="Hongkong City")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # The clocks of New York were put forward on 2026-03-08 at 2:00 and put back on 2026-11-01 at 2:00.
        ("2026-03-08 02:30", "never was in America/New_York"),
        (
            "2026-11-01 01:30",
            "was twice in America/New_York.*write 2026-11-01T01:30-0400 or 2026-11-01T01:30-0500",
        ),
        ("12/2/2026 1:18", "is no instant"),
        ("2026/2/12", "has no clock time"),
    ],
)
def test_a_clock_time_that_may_be_two_moments_is_refused_with_both(
    tmp_path: Path, text: str, said: str
) -> None:
    path = csv_file(tmp_path, row(announced_at=text))
    with pytest.raises(LedgerError, match=said):
        ll.load_launches(path, ledger_tz="America/New_York")


def test_summer_time_is_that_of_the_day(tmp_path: Path) -> None:
    path = csv_file(tmp_path, row(announced_at="2026-07-01 13:00"))
    assert ll.load_launches(path, ledger_tz="America/New_York")[0].announced_at == datetime.fromisoformat(
        "2026-07-01T13:00-04:00"
    )


def test_a_day_alone_is_one_in_hong_kong_and_in_no_other_zone(tmp_path: Path) -> None:
    path = csv_file(tmp_path, row(announced_at="2026/2/12", precision="date"))
    assert ll.load_launches(path, ledger_tz=HONG_KONG)[0].known_at() == datetime.fromisoformat(
        "2026-02-13T00:00+08:00"
    )
    with pytest.raises(
        LedgerError, match="is a day alone, which counts as one in Hong Kong, not in America/New_York"
    ):
        ll.load_launches(path, ledger_tz="America/New_York")


def test_parquet_and_frames_say_the_same_as_text(tmp_path: Path) -> None:
    told = ll.load_launches(csv_file(tmp_path, row())).sha256
    zoned = pd.DataFrame([row(announced_at=pd.Timestamp(NEWS))])
    plain = pd.DataFrame([row(announced_at=pd.Timestamp("2026-02-12 01:18"), codes=["2513.HK:pure_play"])])
    for frame in (zoned, plain):
        path = tmp_path / "week.parquet"
        frame.to_parquet(path)
        zone = None if frame is zoned else HONG_KONG
        for source in (path, frame):
            found = ll.load_launches(source, ledger_tz=zone)
            assert found[0].announced_at == NEWS
            assert zone is None or found.sha256 == told
    with pytest.raises(LedgerError, match="has no time zone"):
        ll.load_launches(plain)


@pytest.mark.parametrize(
    ("number", "codes"),
    [(688158, ("688158.SS",)), (300364.0, ("300364.SZ",)), (6682, ("6682.HK",)), (80700, ("80700.HK",))],
)
def test_a_number_that_can_only_be_one_code_is_it(number: float, codes: tuple[str, ...]) -> None:
    assert ll.load_launches([row(codes=number)]).codes == codes


def test_a_number_that_may_have_lost_its_zeros_is_refused_with_the_choices() -> None:
    with pytest.raises(
        LedgerError, match=r"codes 2513 is a number, .* it may be 002513\.SZ or 2513\.HK; write"
    ):
        ll.load_launches([row(codes=2513)])


def workbook(*sheets: list[list[Any]]) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"sheet {number}")
        for cells in rows:
            sheet.append(cells)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_a_workbook_is_a_ledger_with_its_date_cells(tmp_path: Path) -> None:
    path = tmp_path / "week.xlsx"
    first = list(row(announced_at=datetime(2026, 2, 12, 1, 18)).values())
    second = list(row(id="b", announced_at=date(2026, 2, 13), precision="date", codes=688158).values())
    third = list(row(id="c").values())
    path.write_bytes(
        workbook([["notes"], ["of no concern"]], [list(COLUMNS), first, [None] * 8, second, third])
    )
    found = ll.load_launches(path, ledger_tz=HONG_KONG)
    assert [launch.announced_at for launch in found] == [
        NEWS,
        NEWS,
        datetime.fromisoformat("2026-02-13T00:00+08:00"),
    ]
    assert found.codes == ("2513.HK", "688158.SS")
    path.write_bytes(workbook([list(COLUMNS), first], [list(COLUMNS), third]))
    with pytest.raises(LedgerError, match="has ledgers on the sheets sheet 1, sheet 2; keep one"):
        ll.load_launches(path)
    path.write_bytes(workbook([["when", "what"], ["x", "y"]]))
    with pytest.raises(LedgerError, match="must have the columns"):
        ll.load_launches(path)


def test_a_workbook_that_does_not_state_its_size_has_rows_as_long_as_they_are(tmp_path: Path) -> None:
    """As some programs write it: a row without a note ends before that column."""
    whole, short = list(row().values()), list(row(id="b").values())[:-1]
    sized, path = workbook([list(COLUMNS), whole, short]), tmp_path / "week.xlsx"
    with zipfile.ZipFile(io.BytesIO(sized)) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            without = re.sub(rb"<dimension[^>]*/>", b"", text)
            assert (without != text) == name.startswith("xl/worksheets/sheet")
            target.writestr(name, without)
    assert [launch.id for launch in ll.load_launches(path)] == ["b", "glm5"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (datetime(2026, 2, 12, 1, 18, 0, 400_000), "2026-02-12T01:18:00+08:00"),
        (datetime(2026, 2, 12, 1, 17, 59, 999_999), "2026-02-12T01:18:00+08:00"),
        (datetime(2026, 2, 12, 1, 17, 59, 500_000), "2026-02-12T01:18:00+08:00"),
    ],
)
def test_a_clock_time_that_a_workbook_holds_as_a_part_of_a_day_is_the_second_that_was_typed(
    tmp_path: Path, typed: datetime, meant: str
) -> None:
    path = tmp_path / "week.xlsx"
    path.write_bytes(workbook([list(COLUMNS), list(row(announced_at=typed).values())]))
    (launch,) = ll.load_launches(path, ledger_tz=HONG_KONG)
    assert launch.announced_at == datetime.fromisoformat(meant)


def zipped(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return content.getvalue()


def test_what_is_no_workbook_is_named(tmp_path: Path) -> None:
    path = tmp_path / "week.xlsx"
    path.write_bytes(zipped(week=b"x"))
    with pytest.raises(LedgerError, match="is a zip, not a ledger; unpack it"):
        ll.load_launches(path)
    path.write_bytes(zipped(xl__workbook_xml=b"x", big=bytes(257 << 20)))
    with pytest.raises(LedgerError, match="unpacks to more than 256 MB"):
        ll.load_launches(path)


def test_a_damaged_workbook_is_one_sentence() -> None:
    pytest.importorskip("openpyxl")
    with pytest.raises(LedgerError, match="the ledger cannot be read as a workbook"):
        list(workbook_rows(zipped(xl__workbook_xml=b"<a>"), "the ledger", COLUMNS))


def test_without_openpyxl_a_workbook_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(
        LedgerError,
        match=r"needs openpyxl; install it with pip install 'launchlab\[xlsx\]', or save it as CSV",
    ):
        list(workbook_rows(zipped(xl__workbook_xml=b"<a>"), "the ledger", COLUMNS))


def test_the_command_takes_the_zone_and_says_how_a_ledger_was_read(tmp_path: Path) -> None:
    path = csv_file(tmp_path, row(announced_at="2026/2/12 1:18", codes="HK.02513"), encoding="gb18030")
    done = launchlab("launches", "map", "--launches", path, "--ledger-tz", HONG_KONG)
    assert "2026-02-12T01:18+08:00" in done.stdout
    assert f"the ledger {path} is not UTF-8 and was read as GB 18030" in done.stderr
    assert f"the ledger {path}: read HK.02513 as 2513.HK" in done.stderr
    refused = faults(launchlab("launches", "list", "--launches", path))
    assert "name the zone of all such rows with --ledger-tz Asia/Hong_Kong" in refused
