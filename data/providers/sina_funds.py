"""What Sina knows of a fund's distributions and splits: sums since its first day, each row from its date on.

The list has four columns: the day `d`, a factor `f` that stays 1 for funds, and two sums, `s` and `u`, of which one holds
the cash paid for a share and the other the product of splits. Which is which is told by the row that stands before the
first day: the sum of cash begins with 0, the product of splits with 1. A list that does not tell is not read.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..bars.bars import CORPORATE_ACTION
from ..errors import FetchError

if TYPE_CHECKING:
    import pandas as pd

ADDRESS = "https://finance.sina.com.cn/realstock/company/{symbol}/hfq.js"
HONG_KONG = "https://finance.sina.com.cn/stock/hkstock/{symbol}/hfq.js"
BEGINNING = np.datetime64("1990-01-01")  # rows before it stand for the time before the first action
COLUMNS = ("d", "f", "s", "u")


class Distributions(NamedTuple):
    """Actions by ex-date (CORPORATE_ACTION, for one share), and what the list does not say, '' for nothing."""

    actions: NDArray[Any]
    said: str


def ask_distributions(symbol: str, timeout: float) -> "pd.DataFrame":
    """The list of a fund such as sh510050, a row each, as text; no rows where Sina has no list of it.

    One that is no list is a ValueError.
    """
    return _list_at(ADDRESS.format(symbol=symbol), COLUMNS, timeout)


def ask_factors(symbol: str, timeout: float) -> "pd.DataFrame":
    """Rows of date, hfq_factor and cash of a Hong Kong share such as 00700; none and ValueError as of a fund."""
    listed = _list_at(HONG_KONG.format(symbol=symbol), ("d", "f", "c"), timeout)
    return listed.set_axis(["date", "hfq_factor", "cash"], axis=1).astype(
        {"hfq_factor": float, "cash": float}
    )


def _list_at(address: str, columns: Sequence[str], timeout: float) -> "pd.DataFrame":
    """The rows of a script that sets one list; it is read as data and never run. A page in its place is a ValueError."""
    import pandas as pd
    import requests

    answer = requests.get(address, timeout=timeout)
    if answer.status_code == requests.codes.not_found:
        return pd.DataFrame(columns=list(columns), dtype=str)
    answer.raise_for_status()
    text = answer.text.strip()
    if not text.startswith("var "):
        raise ValueError("a page in place of the list of distributions")
    if "{" not in text:
        return pd.DataFrame(columns=list(columns), dtype=str)
    found, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
    rows = pd.DataFrame(found["data"], columns=list(columns), dtype=str)
    if rows.isna().to_numpy().any():
        raise ValueError("a list of distributions without some of its columns")
    return rows


def distributions(code: str, rows: Sequence[Mapping[Any, Any]]) -> Distributions:
    """Distributions and splits by ex-date from the rows of a fund's list, in any order.

    >>> rows = [{"d": "2023-11-27", "f": "1", "s": "1", "u": "0.1"}, {"d": "1900-01-01", "f": "1", "s": "1", "u": "0"}]
    >>> [(str(one["session"]), float(one["cash"])) for one in distributions("510050.SS", rows).actions]
    [('2023-11-27', 0.1)]
    """
    nothing = np.zeros(0, CORPORATE_ACTION)
    unread = Distributions(
        nothing, f"sina's list of the distributions of {code} cannot be read: take another source"
    )
    try:
        read = sorted(
            (np.datetime64(str(row["d"])[:10], "D"), *(float(row[k]) for k in "fsu")) for row in rows
        )
    except (ValueError, KeyError):
        raise FetchError(f"{code}: sina's list of distributions is damaged; fetch again") from None
    if not read:
        return Distributions(nothing, "")
    days, factor, s, u = (np.array(column) for column in zip(*read, strict=True))
    if days[0] > BEGINNING or (factor != 1.0).any() or {s[0], u[0]} != {0.0, 1.0}:
        return unread
    cash, product = (s, u) if s[0] == 0.0 else (u, s)
    if not (np.isfinite(cash).all() and (product > 0.0).all() and np.isfinite(product).all()):
        return unread
    paid, ratio = np.round(np.diff(cash), 8), np.round(product[1:] / product[:-1], 8)
    if (paid < 0.0).any():
        return unread
    moved = (paid > 0.0) | (ratio != 1.0)
    found = [
        (day, r, c, 0.0, 0.0) for day, r, c in zip(days[1:][moved], ratio[moved], paid[moved], strict=True)
    ]
    split = days[1:][ratio != 1.0]
    later = len(split) and (paid[days[1:] > split[0]] > 0.0).any()
    said = (
        f"sina does not say whether cash of {code} after its split of {split[0]} is for a new share"
        if later
        else ""
    )
    return Distributions(np.array(found, CORPORATE_ACTION), said)
