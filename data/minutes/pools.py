"""A vendor's limit pools: when a board was first and last sealed and how often it opened, and what that decides without minutes.

| what the pool says | of an order at that time |
|---|---|
| before the first seal | the board was open: it could have been filled |
| after the last seal of a board that closed sealed, or after its only one | sealed: nothing to be had |
| between the first and the last seal, or after the first of a board that closed open | not known: sealed and open in turns |

Rows of the upper limit have a time of the first seal, with the last one where they closed sealed; rows of the lower limit
have the last one only.
"""

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from ..errors import DataError
from ..instruments.codes import derive
from ..instruments.spellings import securities

if TYPE_CHECKING:
    import pyarrow as pa

NAMES: Mapping[str, tuple[str, ...]] = {
    "date": ("date", "日期", "交易日期", "trade_date"),
    "code": ("代码", "code", "ts_code", "股票代码"),
    "first": ("首次封板时间", "first_seal", "first_time"),
    "last": ("最后封板时间", "last_seal", "last_time"),
    "openings": ("炸板次数", "开板次数", "openings", "open_times"),
}
STEM = re.compile(r"limit[_-]?pool", re.I)
_DAY = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


class Standing(IntEnum):
    """What a pool says of a board at a time."""

    OPEN, SEALED, UNKNOWN = range(3)


class Seal(NamedTuple):
    """One code in one session: seconds after midnight of the first and the last seal, −1 where the pool has none."""

    day: str
    code: str
    up: bool
    first: int
    last: int
    openings: int

    def at(self, minute: int) -> Standing:
        """The board when an order is sent at the beginning of a minute after midnight.

        >>> seal = Seal("2026-06-22", "603533.SS", True, 13 * 3600, 14 * 3600, 2)
        >>> [seal.at(60 * 13 + minute).name for minute in (-1, 0, 30, 60)]
        ['OPEN', 'UNKNOWN', 'UNKNOWN', 'SEALED']
        """
        now = 60 * minute
        if self.up and now < self.first:
            return Standing.OPEN
        if self.last >= 0 and (now >= self.last or (self.up and self.openings == 0)):
            return Standing.SEALED
        return Standing.UNKNOWN

    @property
    def told(self) -> str:
        """The pool's row in words."""
        seals = [
            f"{word} {_clock(at)}" for word, at in (("first", self.first), ("last", self.last)) if at >= 0
        ]
        return f"sealed {', '.join(seals)}, opened {self.openings} times"


def content_to_seals(content: bytes, name: str) -> tuple[Seal, ...]:
    """The rows of a pool's file; DataError for a column that is missing, and a row that makes no sense."""
    from ..bars.text import read_sheet

    table = read_sheet(content, name).table
    columns = {column.strip().lower(): i for i, column in enumerate(table.column_names)}
    texts = {
        field: [_texts(table, columns[one]) for one in names if one in columns]
        for field, names in NAMES.items()
    }
    named = _DAY.findall(name.rpartition("/")[2])
    days = texts["date"][0] if texts["date"] else ["-".join(named[-1])] * table.num_rows if named else None
    if days is None:
        raise DataError(
            f"{name} does not say of which day its limit pool is; add a column date, or the day to its name"
        )
    if not texts["code"] or not (texts["first"] or texts["last"]):
        missing = "代码" if not texts["code"] else "首次封板时间"
        raise DataError(
            f"{name} has no column {missing!r} of a limit pool, only {', '.join(table.column_names)}"
        )
    seals = []
    for k, (day, code) in enumerate(zip(days, texts["code"][0], strict=True)):
        where = f"{name}, row {k + 1}"
        found = _DAY.fullmatch(day[:10].replace("/", "-"))
        if not found:
            raise DataError(f"{where}: {day!r} is no day; write 2026-02-12")
        first, last = (_seconds(_first(texts[field], k), where) for field in ("first", "last"))
        if first < 0 and last < 0:
            raise DataError(f"{where}: neither a first nor a last seal; leave the row out")
        openings = _first(texts["openings"], k) or "0"
        if not re.fullmatch(r"\d+(\.0+)?", openings):
            raise DataError(f"{where}: {openings!r} is no number of openings")
        seals.append(
            Seal("-".join(found.groups()), _share(code, where), first >= 0, first, last, int(float(openings)))
        )
    return tuple(seals)


def _first(columns: Sequence[Sequence[str]], k: int) -> str:
    return next((texts[k] for texts in columns if texts[k]), "")


def _texts(table: "pa.Table", column: int) -> list[str]:
    return [str(value).strip() if value is not None else "" for value in table.column(column).to_pylist()]


def _share(text: str, where: str) -> str:
    codes = [
        one
        for one in sorted(securities(text.zfill(6) if text.isdigit() else text))
        if derive(one).board != "index"
    ]
    mainland = [one for one in codes if not one.endswith(".HK")]
    if len(mainland) != 1:
        raise DataError(f"{where}: {text!r} is no share of the mainland")
    return mainland[0]


def _seconds(text: str, where: str) -> int:
    """Seconds after midnight of 92500, 092500 or 09:25:00; −1 of nothing."""
    digits = text.partition(".")[0].replace(":", "")
    if digits in ("", "-", "0", "nan"):
        return -1
    digits = digits.zfill(6)
    if not re.fullmatch(r"([01]\d|2[0-3])[0-5]\d[0-5]\d", digits):
        raise DataError(f"{where}: {text!r} is no time of a seal; write 092500")
    return int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:])


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
