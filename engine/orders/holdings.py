"""What an account really holds: shares by code, and its cash."""

import math
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...data.errors import DataError
from ...data.instruments.spellings import read_as
from .fills import code_of
from .headings import HOLDINGS
from .rows import rows_of

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("code", "shares", "launch", "price")
CASH = "cash"  # in the place of a code: money in the base currency


class Holding(NamedTuple):
    """Signed shares of a code; `launch` the id of the launch they are held for or '', `price` paid for a share or NaN."""

    code: str
    shares: float
    launch: str
    price: float


class Holdings(NamedTuple):
    """The rows, the cash in base money or NaN, where they come from, the columns that were not read, how codes were."""

    rows: tuple[Holding, ...]
    cash: float
    where: str
    unread: tuple[str, ...]
    read_as: tuple[str, ...] = ()


def read_holdings(source: "Path | str | pd.DataFrame", known: Collection[str] = ()) -> Holdings:
    """Holdings from a CSV file or a frame with `code`, `shares` (signed) and, where known, `launch` and `price`.

    The headings may be a broker's. `known` codes decide what a number without a market means. A row whose code is `cash`
    gives the money, in base currency. DataError or ConfigError for rows that are none.
    """
    needs = "code and shares (signed), and may have launch and price"
    table = rows_of(source, "holdings", HOLDINGS, COLUMNS[:2], needs)
    rows, cash, seen, spelled = [], math.nan, set[tuple[str, str]](), dict[str, str]()
    for line, row in table.rows:
        where = f"{table.where}, line {line}"
        code, launch = row["code"].strip(), row.get("launch", "").strip()
        shares = _number(row["shares"], where)
        if code.lower() == CASH:
            code = CASH
            cash = shares
        elif not code:
            raise DataError(f"{where}: no code; name the share or delete the row")
        else:
            spelled[code] = code = code_of(code, known, where)
            price = _number(row["price"], where) if row.get("price", "").strip() else math.nan
            if price <= 0.0:
                raise DataError(f"{where}: a price of {price:g} cannot have been paid; correct the row")
            if shares:
                rows.append(Holding(code, shares, launch, price))
        if (code, launch) in seen:
            of = f" for {launch}" if launch else ""
            raise DataError(f"{where}: a second row of {code}{of}; add them up, or name their launches")
        seen.add((code, launch))
    unread = tuple(name for name in table.names if name and name not in COLUMNS)
    return Holdings(tuple(rows), cash, table.where, unread, read_as(spelled, f"{table.where}: "))


def _number(text: str, where: str) -> float:
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{where}: {text!r} is no number; correct the row")
    return value
