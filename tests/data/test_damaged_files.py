"""Damaged and hostile files: every reader hands out what it was asked for, or refuses in one sentence."""

import io
import json
import os
import random
import shutil
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from launchlab.data.bars.bars import Bars
from launchlab.data.bars.checks import check_bars
from launchlab.data.bars.folder import read_bars
from launchlab.data.calendars.sessions import calendar
from launchlab.data.doors import Archive, read_bytes, read_json
from launchlab.data.errors import DataError, LaunchlabError, StoreError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.panel.fx import rates
from launchlab.data.store.store import Asked, Store, iter_prices

from .bars.test_vendors import FILES

T = TypeVar("T")
CODE = "600519.SS"
BOOK = load_instruments()
HOUSE = (
    "date,open,high,low,close,volume,pre_close,status,st,ratio,cash\n"
    "2024-01-02,1715,1718.19,1678.1,1685.01,3215644,1726,1,0,,\n"
    "2024-01-03,1681.11,1695.22,1676.33,1694,2022929,1685.01,1,0,1,0\n"
)
CELLS = ("", "nan", "inf", "-1", "1e308", "9" * 400, "n/a?", "０", "二", "\x00", "\x1b]0;x\x07", '"', "1;2", "2024-13-45",
         "20240102", "9999-12-31", "0001-01-01", "2024-01-02T20:00-05:00", "True", "[]", "\ud7ff", "1,2", "-0", "0x1")  # fmt: skip
FEW, MANY = 150, 4_000


def one_sentence(error: LaunchlabError) -> bool:
    return bool(str(error)) and "\n" not in str(error) and "\x1b" not in str(error)


def or_refused(read: Callable[[], T]) -> T | None:
    said: LaunchlabError | None = None
    try:
        return read()
    except LaunchlabError as error:
        said = error
    assert one_sentence(said), repr(str(said))
    return None


def check(bars: Bars) -> None:
    """What is handed out can be used: the checks take it."""
    assert all(
        len(getattr(bars, name)) == len(bars) for name in ("open", "close", "volume", "suspended", "st")
    )
    or_refused(lambda: check_bars(bars, BOOK[CODE], calendar=calendar("XSHG").sessions))


def torn(content: bytes, dice: random.Random) -> bytes:
    """Bytes with a piece cut out, doubled, overwritten or turned."""
    at, size = dice.randrange(len(content)), dice.choice((1, 2, 8, 64, 512))
    kind = dice.randrange(5)
    if kind == 0:
        return content[:at]
    if kind == 1:
        return content[:at] + content[at + size :]
    if kind == 2:
        return content[:at] + content[at : at + size] * 2 + content[at + size :]
    if kind == 3:
        return content[:at] + dice.randbytes(size) + content[at + size :]
    return bytes(byte ^ (1 << dice.randrange(8)) if dice.random() < 0.02 else byte for byte in content)


def misspelt(text: str, dice: random.Random) -> str:
    """A table with one cell, one name or one row replaced."""
    lines = [line.split(",") for line in text.splitlines()]
    row = dice.choice(lines)
    row[dice.randrange(len(row))] = dice.choice(CELLS)
    if dice.random() < 0.3:
        dice.shuffle(lines)
    return "\n".join(",".join(line) for line in lines) + dice.choice(("", "\n", "\r\n\r\n"))


def parquet(dice: random.Random) -> bytes:
    """A parquet file of the right names and any types, of no rows at times."""
    n = dice.choice((0, 1, 3))
    kinds: list[Callable[[], pa.Array]] = [
        lambda: pa.array([1.5] * n), lambda: pa.array(["1.5"] * n), lambda: pa.array([None] * n), lambda: pa.array([True] * n),
        lambda: pa.array([date(2024, 1, 2 + i) for i in range(n)], pa.date32()), lambda: pa.array([[1.0]] * n),
        lambda: pa.array([{"a": 1}] * n), lambda: pa.array([b"\xff"] * n), lambda: pa.array([20240102 + i for i in range(n)]),
        lambda: pa.array(np.array([0, 1, 2][:n], "M8[ns]"), pa.timestamp("ns", dice.choice(("UTC", "Asia/Hong_Kong", "x")))),
        lambda: pa.array([1] * n, pa.duration("s")), lambda: pa.array(["1.5"] * n).dictionary_encode(),
        lambda: pa.array([1.5] * n, pa.float32()), lambda: pa.array([2**64 - 1] * n, pa.uint64()),
    ]  # fmt: skip
    names = [
        "date",
        "open",
        "high",
        "low",
        "close",
        "volume",
        *dice.sample(("status", "st", "code", "amount", "x"), 2),
    ]
    table = pa.table(
        {
            name: dice.choice(kinds[:1] * 8 + kinds if name != "date" else kinds[4:5] * 3 + kinds)()
            for name in names
        }
    )
    sink = io.BytesIO()
    pa.parquet.write_table(table, sink)
    return sink.getvalue()


def damaged_bars(dice: random.Random) -> tuple[str, bytes]:
    """The name and the content of a file that may or may not be bars."""
    kind = dice.randrange(4)
    if kind == 0:
        text = misspelt(dice.choice([HOUSE, *FILES.values()]), dice)
        return f"{CODE}.csv", text.encode(dice.choice(("utf-8", "gb18030", "utf-16")), "replace")
    if kind == 1:
        return f"{CODE}.csv", torn(dice.choice([HOUSE, *FILES.values()]).encode(), dice)
    content = parquet(dice)
    return f"{CODE}.parquet", content if kind == 2 else torn(content, dice)


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_damaged_bars_are_read_or_refused(tmp_path, count):
    dice = random.Random(count)
    for _ in range(count):
        name, content = damaged_bars(dice)
        (tmp_path / name).write_bytes(content)
        for bars in (or_refused(lambda: read_bars(tmp_path)) or {}).values():
            check(bars)
        (tmp_path / name).unlink()


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_damaged_zips_are_read_or_refused(tmp_path, count):
    dice = random.Random(count)
    sound = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", method) as archive:
            archive.writestr(f"bars/{CODE}.csv", HOUSE)
            archive.writestr("bars/0700.HK.csv", HOUSE)
        sound.append(sink.getvalue())
    for _ in range(count):
        (tmp_path / "bars.zip").write_bytes(torn(dice.choice(sound), dice))
        for bars in (or_refused(lambda: read_bars(tmp_path / "bars.zip")) or {}).values():
            check(bars)


def stored(root: Path, folder: Path) -> Store:
    """A store with two revisions of one code."""
    folder.mkdir()
    (folder / f"{CODE}.csv").write_text(HOUSE)
    store = Store(root)
    bars = read_bars(folder)[CODE]
    store.add(bars, Asked("2024-01-01", "2024-01-31", "2026-07-01T00:00:00+00:00"))
    changed = read_bars(folder)[CODE].take(np.array([0]))
    store.add(changed, Asked("2024-01-01", "2024-01-31", "2026-07-02T00:00:00+00:00"))
    return store


VALUES = (
    None,
    True,
    -1,
    0,
    2**70,
    1.5,
    "",
    "x",
    "../../x",
    "/etc/passwd",
    "x.parquet",
    [],
    {},
    ["x"],
    {"x": 1},
    "2024-99-99",
)


def tampered(manifest: bytes, dice: random.Random) -> bytes:
    if dice.random() < 0.4:
        return torn(manifest, dice)
    held = json.loads(manifest)
    place = dice.choice([held, held["revisions"][0], held["revisions"][1], held["asked"]])
    key = dice.choice(list(place))
    if dice.random() < 0.2:
        del place[key]
    else:
        place[key] = dice.choice(VALUES)
    return json.dumps(held).encode()


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_damaged_stores_are_read_or_refused_and_nothing_outside_is_touched(tmp_path, count):
    dice = random.Random(count)
    store = stored(tmp_path / "store", tmp_path / "bars")
    bars = read_bars(tmp_path / "bars")[CODE]
    folder = store.folder(CODE)
    sound = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}
    (tmp_path / "x.parquet").write_bytes(b"mine")
    for _ in range(count):
        name = dice.choice(sorted(sound))
        (folder / name).write_bytes(
            tampered(sound[name], dice) if name == "manifest.json" else torn(sound[name], dice)
        )
        or_refused(lambda: list(iter_prices(store.root)))
        or_refused(lambda: store.add(bars, Asked("2024-01-01", "2024-01-31", "2026-07-03T00:00:00+00:00")))
        shutil.rmtree(folder)
        folder.mkdir()
        for whole, content in sound.items():
            (folder / whole).write_bytes(content)
    assert (tmp_path / "x.parquet").read_bytes() == b"mine"


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_damaged_rows_of_instruments_and_rates_are_read_or_refused(tmp_path, count):
    dice = random.Random(count)
    instruments = "code,name,listed,lots,st,aliases,shortable,issue_price,approval_ipo,no_limit\n" \
        "600187.SS,x,2000-01-01,,2022-01-04..2022-06-30,,never,1.5,yes,2020-01-02;2020-01-03\n" \
        "0005.HK,y,,2020-01-01=400,,,2020-01-01..,,,\n832317.BJ,z,2021-11-15,,,,,,,\n"  # fmt: skip
    fixings = "date,USDCNY,USDHKD\n2024-01-02,7.1,7.8\n2024-01-03,7.1,7.8\n"
    days = np.array(["2024-01-03"], "M8[D]")
    path = tmp_path / "own.csv"
    for _ in range(count):
        text = misspelt(instruments, dice)
        path.write_bytes(
            text.encode("utf-8", "replace") if dice.random() < 0.5 else torn(instruments.encode(), dice)
        )
        or_refused(lambda: [load_instruments(path)[code] for code in ("600187.SS", "0005.HK", "832317.BJ")])
        path.write_bytes(
            misspelt(fixings, dice).encode("utf-8", "replace")
            if dice.random() < 0.5
            else torn(fixings.encode(), dice)
        )
        or_refused(lambda: rates(["USD"], "HKD", days, path=path))


def places(folder: Path) -> Iterator[Path]:
    """Paths at which no file is, or one that never ends."""
    os.mkfifo(folder / "pipe.csv")
    (folder / "folder.csv").mkdir()
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    yield from (folder / "pipe.csv", folder / "folder.csv", folder / "loop.csv", folder / "absent.csv")
    yield from (
        Path("/dev/zero"),
        Path("/dev/full"),
        folder / ("x" * 300),
        folder / "nul\0.csv",
        Path("https://example.org/x.csv"),
    )


def test_what_is_no_file_is_refused_at_once_by_every_reader(tmp_path):
    for path in places(tmp_path):
        for read in (read_bytes, read_json, Archive, read_bars, lambda path: list(iter_prices(path)), load_instruments,
                     lambda path: rates(["USD"], "HKD", np.array(["2024-01-03"], "M8[D]"), path=path)):  # fmt: skip
            if path.name == "folder.csv" and read is not read_bytes:
                continue  # an empty folder of bars is one
            with pytest.raises(LaunchlabError) as refused:
                read(path)
            assert one_sentence(refused.value)


def test_a_folder_where_a_file_is_meant_ends_its_own_code(tmp_path):
    (tmp_path / f"{CODE}.csv").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        read_bars(tmp_path)
    store = Store(tmp_path / "store")
    store.folder(CODE).joinpath("manifest.json").mkdir(parents=True)
    with pytest.raises(StoreError, match="is a folder"):
        store.read(CODE)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bars.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(f"{CODE}.csv", "w") as member,
    ):
        for _ in range(300):
            member.write(b"\0" * (1 << 20))
    tracemalloc.start()
    with pytest.raises(DataError, match="unpacks to more than 256 MB"):
        read_bars(path)
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()


def test_a_zip_that_lies_about_its_size_is_cut_off(tmp_path):
    path = tmp_path / "bars.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{CODE}.csv", b"0" * 5000)
    content = path.read_bytes().replace(struct.pack("<L", 5000), struct.pack("<L", 10))
    path.write_bytes(content)
    with pytest.raises(DataError):
        Archive(path).read(f"{CODE}.csv", most=1000)


def test_parquet_that_repeats_one_row_without_end_is_refused(tmp_path):
    table = pa.table({"date": pa.array(["2024-01-02"] * 6_000_000).dictionary_encode()})
    pa.parquet.write_table(table, tmp_path / f"{CODE}.parquet")
    with pytest.raises(DataError, match="6,000,000 rows"):
        read_bars(tmp_path)
