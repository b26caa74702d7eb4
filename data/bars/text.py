"""The table in the bytes of one file: parquet, or text in any of the encodings and separators that exports use."""

import io
import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from ..doors import reason
from ..errors import DataError
from .bars import OPTIONAL, PRICES, REQUIRED

MOST_ROWS = 5_000_000
MOST_COLUMNS = 500
MOST_LETTERS = 1_000  # in a cell of text
MOST_PREAMBLE = 3
DELIMITERS = (",", "\t", ";", "|")
# In this order: what starts with a mark says so itself, and nearly any bytes are some text in GB 18030.
MARKED = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
          (b"\xfe\xff", "utf-16"))  # fmt: skip
# What a heading in Chinese holds; Big5 that is read as GB 18030 never does.
_CHINESE_HEAD = re.compile("日期|日|時間|时间")
_DECIMAL_COMMA, _DECIMAL_POINT = re.compile(r"\d+,\d+"), re.compile(r"\d+\.\d+")
_NUMBERS = dict.fromkeys((*PRICES, "volume", *OPTIONAL), pa.float64()) | {"status": pa.string()}
_HOUSE = _NUMBERS | {"date": pa.date32()}
# TongDaXin writes code, name, period and adjustment above its columns, and its own name below the rows.
_ADJUSTED = re.compile("前复权|后复权|前除权|等比复权|qfq|hfq", re.I)
_CODE = re.compile(r"(?<!\d)\d{5,6}(?!\d)")


@dataclass(frozen=True)
class Sheet:
    """The columns of one file, and what stands about them outside: codes named there, and how prices are adjusted."""

    table: pa.Table
    codes: tuple[str, ...] = ()
    adjusted: str = ""


def read_sheet(content: bytes, name: str) -> Sheet:
    """The columns in the bytes of a file called `name`; a DataError says why they cannot be read.

    The house format has numbers and days at once; every other column of text is left as text.
    """
    if content[:4] == b"PAR1":
        return Sheet(read_parquet(content, name))
    if name.lower().endswith(".parquet"):
        raise DataError(f"{name} is no parquet file (it starts with {content[:4]!r}); write it again")
    if content[:2] == b"PK" or content[:4] == b"\xd0\xcf\x11\xe0":
        raise DataError(f"{name} is a spreadsheet or a zip under another name; save it as CSV")
    house = _house_table(content)
    return Sheet(house) if house is not None else _any_table(_decoded(content, name), name)


def read_parquet(content: bytes, name: str = "the file") -> pa.Table:
    """The table in parquet bytes; five times faster on small files than pyarrow's read_table.

    Rows, columns and text are bounded before they are unpacked: a small file can hold a row a thousand million times.
    """
    try:
        file = pa.parquet.ParquetFile(pa.BufferReader(content), pre_buffer=False)
        if file.metadata.num_rows > MOST_ROWS or file.metadata.num_columns > MOST_COLUMNS:
            raise DataError(
                f"{name} has {file.metadata.num_rows:,} rows, more than bars of one code can have"
            )
        return _plain_text(_packed(file, content), name)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, MemoryError) as error:
        raise DataError(f"{name} cannot be read as parquet ({reason(error)}); write it again") from None


def _packed(file: "pa.parquet.ParquetFile", content: bytes) -> pa.Table:
    """The columns with text kept once per value, however often it is repeated."""
    texts = [
        field.name
        for field in file.schema_arrow
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    ]
    if texts:
        file = pa.parquet.ParquetFile(pa.BufferReader(content), pre_buffer=False, read_dictionary=texts)
    return file.read(use_threads=False)


def _plain_text(table: pa.Table, name: str) -> pa.Table:
    for i, field in enumerate(table.schema):
        if not pa.types.is_dictionary(field.type):
            continue
        column = table.column(i)
        values = [value for chunk in column.chunks for value in chunk.dictionary.to_pylist()]
        if any(isinstance(value, str | bytes) and len(value) > MOST_LETTERS for value in values):
            raise DataError(f"{name}: column {field.name!r} holds whole texts; leave it out")
        table = table.set_column(i, field.name, column.cast(field.type.value_type))
    return table


def _house_table(content: bytes) -> pa.Table | None:
    """The table of a file in the house format, None when it is anything else: read at once, in numbers."""
    head = content[:4096].split(b"\n", 1)[0].strip()
    if not set(head.split(b",")) <= {name.encode() for name in (*REQUIRED, *OPTIONAL)}:
        return None
    try:
        return pa.csv.read_csv(
            io.BytesIO(content),
            read_options=pa.csv.ReadOptions(use_threads=False),
            convert_options=pa.csv.ConvertOptions(column_types=_HOUSE),
        )
    except (pa.ArrowException, ValueError):
        return None  # the slower way finds the line


def _decoded(content: bytes, name: str) -> str:
    for mark, encoding in MARKED:
        if content.startswith(mark):
            return _text(content, encoding, name)
    if b"\0" in content:
        return _text(content, _unmarked(content, name), name)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _simplified_or_not(content, name)


def _unmarked(content: bytes, name: str) -> str:
    """UTF-16 without its mark has a zero in every second byte of its Latin letters."""
    head = content[:200]
    for encoding, zeros, letters in (
        ("utf-16-be", head[::2], head[1::2]),
        ("utf-16-le", head[1::2], head[::2]),
    ):
        if letters and b"\0" not in letters and zeros.count(0) * 2 > len(zeros):
            return encoding
    raise DataError(f"{name} is not text; save it as CSV in UTF-8")


def _simplified_or_not(content: bytes, name: str) -> str:
    """GB 18030, or Big5 where only that makes a heading of bars of the first lines."""
    for encoding in ("gb18030", "big5"):
        head = content[:4096].decode(encoding, "replace")
        if _CHINESE_HEAD.search("".join(head.splitlines()[: MOST_PREAMBLE + 1])):
            return _text(content, encoding, name)
    return _text(content, "gb18030", name)


def _text(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeError:
        raise DataError(f"{name} is not UTF-8 text, nor GB 18030 or UTF-16; save it as UTF-8") from None


def _any_table(text: str, name: str) -> Sheet:
    lines = text.splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise DataError(
            f"{name} is empty; it must hold the columns {','.join(REQUIRED)} and a row for each session"
        )
    start, delimiter = _head(lines)
    above = " ".join(lines[:start])
    width = lines[start].count(delimiter)
    rows = [line for line in lines[start:] if line.strip()]
    _refuse_decimal_commas(rows[1:], delimiter, name)
    if len(rows) > 1 and delimiter not in rows[-1]:
        above, rows = f"{above} {rows[-1]}", rows[:-1]
    try:
        table = pa.csv.read_csv(
            io.BytesIO("\n".join(rows).encode()),
            read_options=pa.csv.ReadOptions(use_threads=False, block_size=max(1 << 20, len(text) * 4 + 1)),
            parse_options=pa.csv.ParseOptions(delimiter=delimiter),
            convert_options=pa.csv.ConvertOptions(column_types=_as_text(rows[0], delimiter)),
        )
    except (pa.ArrowException, ValueError, UnicodeError) as error:
        raise DataError(
            f"{name} cannot be read ({reason(error)}); every row must have {width + 1} cells"
        ) from None
    adjusted = _ADJUSTED.search(above)
    return Sheet(table, tuple(_CODE.findall(above)), adjusted[0] if adjusted else "")


def _refuse_decimal_commas(rows: list[str], delimiter: str, name: str) -> None:
    """Refuse a table whose numbers have commas and never a point: 117,5 and 1,175 cannot be told apart."""
    if delimiter == "," or not any("," in row for row in rows):
        return
    cells = [cell.strip().strip('"') for row in rows for cell in row.split(delimiter)]
    if any(map(_DECIMAL_COMMA.fullmatch, cells)) and not any(map(_DECIMAL_POINT.fullmatch, cells)):
        raise DataError(f"{name} seems to write decimals with a comma; save it with a decimal point")


def _head(lines: list[str]) -> tuple[int, str]:
    """The line of the columns' names and what separates them: the first of a few with at least six cells."""
    for i, line in enumerate(lines[: MOST_PREAMBLE + 1]):
        for delimiter in DELIMITERS:
            if line.count(delimiter) >= len(REQUIRED) - 1:
                return i, delimiter
    return 0, max(DELIMITERS, key=lines[0].count)


def _as_text(head: str, delimiter: str) -> dict[str, pa.DataType]:
    names = pa.csv.read_csv(
        io.BytesIO(f"{head}\n".encode()), parse_options=pa.csv.ParseOptions(delimiter=delimiter)
    ).column_names
    return dict.fromkeys(names, pa.string())
