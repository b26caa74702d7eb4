"""A CSV of name changes: who bore which short name, from which day to which."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ..calendars.days import values_to_days
from ..doors import read_bytes
from ..errors import DataError, RuleError
from .codes import tidy
from .facts import Facts, Named

# Our columns, and the names under which they are found.
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "code": ("code", "ts_code", "代码", "股票代码", "证券代码"),
        "name": ("name", "名称", "简称", "证券简称", "股票简称"),
        "first": ("first", "start_date", "开始日期", "变更日期"),
        "last": ("last", "end_date", "结束日期"),
    }
)


def read_names(path: Path | str) -> tuple[Facts, ...]:
    """The names of each code of a file as facts, by code; UTF-8 or GB 18030. DataError lists what cannot be read."""
    file = Path(path)
    rows = _rows(file)
    found: dict[str, set[Named]] = {}
    for line, row in enumerate(rows, 2):
        try:
            code = tidy(row["code"])
            first = _day(row["first"])
            if not row["name"] or first is None:
                raise RuleError("it has no name or no first day")
            last = _day(row.get("last", ""))
            if last is not None and last < first:
                raise RuleError(f"{row['name']} ends on {last}, before it starts on {first}")
        except (RuleError, DataError) as error:
            raise DataError(f"{file}, line {line}: {error}; correct the row") from None
        found.setdefault(code, set()).add(Named(row["name"], first, last))
    return tuple(
        Facts(
            code, f"names of {file.name}", names=tuple(sorted(names, key=lambda one: (one.first, one.name)))
        )
        for code, names in sorted(found.items())
    )


def _rows(file: Path) -> list[dict[str, str]]:
    content = read_bytes(file, advice="give a CSV file of name changes")
    text = None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None:
        raise DataError(f"{file} is neither UTF-8 nor GB 18030 text; save it as UTF-8 CSV")
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""))
        theirs = {
            ours: next((name for name in reader.fieldnames or () if name.strip() in known), "")
            for ours, known in COLUMNS.items()
        }
        missing = [ours for ours in ("code", "name", "first") if not theirs[ours]]
        if missing:
            raise DataError(
                f"{file} has no column {missing[0]!r}; name changes have code,name,first,last, or Tushare's "
                "ts_code,name,start_date,end_date"
            )
        return [
            {ours: (row.get(name) or "").strip() for ours, name in theirs.items() if name} for row in reader
        ]
    except csv.Error as error:
        raise DataError(f"{file} cannot be read ({error}); give a CSV file of name changes") from None


def _day(text: str) -> date | None:
    if not text or text.lower() in ("none", "nan", "null"):
        return None
    day: date = values_to_days(np.array([text.removesuffix(".0")], object), "a day")[0].astype(date)
    return day
