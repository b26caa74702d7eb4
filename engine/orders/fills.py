"""What a broker says that it filled: session, code, signed shares and price of each row."""

import math
import re
from collections.abc import Collection
from datetime import date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ...data.calendars.hours import CHINA_TIME
from ...data.errors import DataError
from ...data.instruments.spellings import read_as, securities, understood
from ...data.shown import some
from .headings import FILLS
from .rows import rows_of

if TYPE_CHECKING:
    import pandas as pd

NEEDED = ("session", "code", "price", "shares")
NOT_USED = ("costs", "at", "currency", "launch", "note")
SIDES = MappingProxyType(
    {
        -1.0: ("sell", "s", "sld", "short", "sell short", "ss", "卖出", "证券卖出", "卖", "融券卖出", "卖空", "沽空", "卖券还款", "担保品卖出"),
        1.0: ("buy", "b", "bot", "buy back", "cover", "bc", "买入", "证券买入", "买", "融资买入", "买券还券", "担保品买入"),
    }
)  # fmt: skip
SIDE_OF = MappingProxyType({word: sign for sign, words in SIDES.items() for word in words})
# Parts of the words for what a statement lists beside trades.
NO_TRADE = (
    "股息",
    "红利",
    "红股",
    "利息",
    "银行",
    "申购",
    "配号",
    "税",
    "转存",
    "转取",
    "dividend",
    "interest",
    "deposit",
    "fee",
)
DAY = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?!\d)")
CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
FIRST, LAST = time(9, 0), time(16, 30)  # of an exchange's clock: every auction and session lies between


class Fills(NamedTuple):
    """One row for each fill (`session` as text, `code`, signed `shares`, `price`), and what was understood or left out."""

    table: "pd.DataFrame"
    notes: tuple[str, ...]


def read_fills(source: "Path | str | pd.DataFrame", known: Collection[str]) -> Fills:
    """Fills from a CSV file or a frame with `session`, `code`, `price` and signed `shares`, or a `side` besides.

    The headings may be a broker's. `known` codes decide what a number without a market means. Rows that are no trades are
    left out and named. DataError for a row that makes no sense; ConfigError for a table without the columns.
    """
    import pandas as pd

    needs = "session, code, price and shares (signed, or with a side)"
    table = rows_of(source, "fills", FILLS, NEEDED, needs)
    fills, spelled, others = [], dict[str, str](), dict[str, int]()
    for line, row in table.rows:
        where = f"{table.where}, line {line}"
        word = row.get("side", "").lower()
        if word not in SIDE_OF and any(part in word for part in NO_TRADE):
            others[row["side"]] = others.get(row["side"], 0) + 1
            continue
        shares, price = _sizes(row, word, where)
        code = spelled[row["code"]] = code_of(row["code"], known, where)
        fills.append((str(session_of(row["session"], where)), code, shares, price))
    notes = list(read_as(spelled, f"{table.where}: "))
    if others:
        notes.append(
            f"{table.where}: rows that are no trades, left out: {some([f'{n} {word}' for word, n in others.items()])}"
        )
    unread = [name for name in table.names if name and name not in (*FILLS, *NOT_USED)]
    if unread:
        notes.append(f"columns of {table.where} that are not read: {some(unread)}")
    return Fills(pd.DataFrame(fills, columns=["session", "code", "shares", "price"]), tuple(notes))


def code_of(text: str, known: Collection[str], where: str) -> str:
    """The code that a spelling means; of several, also where a sheet took zeros away, the only one that is known.

    >>> code_of("1", {"000001.SZ", "2513.HK"}, "fills.csv, line 2"), code_of("2513", {"2513.HK"}, "fills.csv, line 3")
    ('000001.SZ', '2513.HK')
    """
    meant = securities(text.removesuffix(".0"), zeros_lost=True)
    held = sorted(meant & set(known))
    if len(held) == 1:
        return held[0]
    if len(held) > 1:
        raise DataError(f"{where}: {text!r} may be {' or '.join(held)}; write the one that is meant")
    return understood(text)


def session_of(text: str, where: str) -> date:
    """The session of a day or a moment: a zone is turned into the exchanges' own, a clock time without one must be theirs.

    >>> str(session_of("20260212", "")), str(session_of("2026/2/12 9:30:01", "")), str(session_of("2026-02-11T20:30:00-05:00", ""))
    ('2026-02-12', '2026-02-12', '2026-02-12')
    """
    plain = text.strip()
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is not None:
        return moment.astimezone(CHINA_TIME).date()
    found = DAY.match(plain)
    try:
        day = date(int(found[1]), int(found[3]), int(found[4])) if found else None
    except ValueError:
        day = None
    if found is None or day is None:
        raise DataError(f"{where}: session {text!r} is not a day; write it as 2026-02-12")
    clock = CLOCK.search(plain, found.end())
    if clock and not _is_open(clock[0]):
        raise DataError(
            f"{where}: {text!r} is outside the exchanges' hours, so its clock is not theirs; write the session, or the zone "
            "behind the time as +08:00"
        )
    return day


def _is_open(clock: str) -> bool:
    """Whether a clock time may be a fill's; midnight is what a frame makes of a bare day."""
    hour, minute, *_ = map(int, clock.split(":"))
    return (hour, minute) == (0, 0) or (hour < 24 and minute < 60 and FIRST <= time(hour, minute) <= LAST)


def _sizes(row: dict[str, str], word: str, where: str) -> tuple[float, float]:
    """Signed shares and price of a row."""
    try:
        shares, price = float(row["shares"].replace(",", "")), float(row["price"].replace(",", ""))
    except ValueError:
        raise DataError(
            f"{where}: {row['shares']!r} and {row['price']!r} are no shares and price; correct the row"
        ) from None
    if word:
        if word not in SIDE_OF:
            raise DataError(f"{where}: side {word!r} is unknown; write buy or sell")
        shares = abs(shares) * SIDE_OF[word]
    if not (math.isfinite(shares) and shares and math.isfinite(price) and price > 0.0):
        raise DataError(
            f"{where}: {row['shares']} shares at {row['price']} cannot have been filled; correct the row"
        )
    return shares, price
