"""The tables of a run as CSV files: their columns, and the door that reads them back."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data.doors import MEGABYTE, is_there, read_bytes
from ...data.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

# Where the paper return of a launch went: the parts add up to it, each a fraction of NAV at entry, positive when it was
# lost; `captured` is what was left. Explained in attribution.py.
PAID = (
    "captured",
    "missed_gap",
    "missed_wait",
    "missed_limits",
    "missed_size",
    "missed_cash",
    "slippage",
    "costs",
    "dividend_tax",
    "borrow",
)

# Columns of each table, in the order they are written. `session` is the exchange date, YYYY-MM-DD.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    # one row per execution; price in local currency; `at` is open, touch or close
    "fills": ("session", "at", "code", "launch", "leg", "shares", "price", "currency", "fx",
              "commission", "stamp", "levies", "costs", "cash", "reason"),
    # one row per attempt that got less than it wanted
    "blocks": ("session", "at", "code", "launch", "leg", "wanted", "filled", "reason"),
    # one row per session; borrow and dividends of that session
    "equity": ("session", "equity", "cash", "long", "short", "gross", "net", "borrow", "dividends"),
    # every open position at every close
    "positions": ("session", "code", "shares", "price", "fx", "value"),
    # one row per launch; it became public between `earliest` (empty where nothing bounds it from below) and `latest`;
    # paper = the sum of PAID; long_profit and short_profit in base currency, after everything
    "launches": ("launch", "announced_at", "precision", "earliest", "latest", "company", "product", "kind", "first_session", "codes",
                 "legs", "filled_legs", "blocked", "paper", *PAID, "long_profit", "short_profit", "source"),
    # one row per launch and code: traded or not, and why not; `weight`: share of NAV asked for; `tried_from`: first session
    # to try, empty where there is none
    "fates": ("launch", "announced_at", "company", "product", "kind", "code", "side", "weight", "tried_from", "legs",
              "filled_legs", "fate", "reason"),
    # one row per session, fractions of equity: value net of shorts, the same weighted by betas against the benchmark, and
    # what long and short side are of it; the betas are empty without a benchmark
    "exposure": ("session", "net", "beta_net", "long_beta", "short_beta"),
    # one row per launch with a filled entry, fractions of equity before it: the net that was wanted, long, short and net
    # value at the prices of the entries, the net weighted by betas, how many betas had too little history and were taken
    # as 1, and the codes it got nothing of
    "hedges": ("launch", "wanted_net", "long", "short", "net", "beta_net", "guessed", "lacking"),
    # the bars that the orders met, for the traded codes; limits empty where there is none
    "prices": ("session", "code", "status", "open", "high", "low", "close", "volume", "limit_up", "limit_down"),
    # the minute bars of each session and code in which an order met some, on the exchange's clock; written where there are any
    "minutes": ("session", "code", "start", "stop", "open", "high", "low", "close", "volume"),
    # equity of the paper portfolio (no limits, no costs) and the benchmark's level, both from the same capital;
    # open_markets: the exchanges that had a session
    "comparison": ("session", "paper", "benchmark", "open_markets"),
}  # fmt: skip

WAIT = "missed_wait"  # written only where an order met minute bars after news inside a session
# 0.1 counted sizes, money, slippage and tax as `missed_limits`; what it did not tell apart is NaN.
_NOT_IN_0_1 = ("missed_size", "missed_cash", "slippage", "dividend_tax", "borrow")
_BOUNDS = ("earliest", "latest")  # of a launch: empty in folders that were written before them
OLDER: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "launches": tuple(
        tuple(name for name in COLUMNS["launches"] if name not in lacking)
        for lacking in ((WAIT,), (WAIT, *_BOUNDS), (WAIT, *_BOUNDS, *_NOT_IN_0_1))
    )
}

DAYS = frozenset({"session", "first_session"})
TEXT = frozenset(
    {"at", "code", "launch", "currency", "reason", "announced_at", "precision", "earliest", "latest", "company",
     "product", "kind", "codes", "source", "status", "open_markets", "side", "tried_from", "fate", "lacking", "start", "stop"}
)  # fmt: skip
WHOLE = frozenset({"leg", "shares", "wanted", "filled", "legs", "filled_legs", "blocked", "guessed"})
# What no two rows of a table have in common.
ONCE: Mapping[str, tuple[str, ...]] = {
    "equity": ("session",), "comparison": ("session",), "prices": ("session", "code"), "minutes": ("session", "code", "start", "stop"),
    "positions": ("session", "code"), "launches": ("launch",),
    "fates": ("launch", "code"), "exposure": ("session",), "hedges": ("launch",),
}  # fmt: skip
GAPS = frozenset(
    {"prices", "comparison", "launches", "exposure", "hedges", "minutes"}
)  # tables whose numbers may be missing
UNLESS_EMPTY = frozenset({"minutes"})  # tables without a file where they have no rows
LARGEST = 1_024 * MEGABYTE  # of one table
HIGHEST = 1e30  # of any figure, so that sums and squares of figures stay finite
EXACT = 2.0**53  # above it a float no longer tells one whole number from the next
_ADVICE = "run the backtest again"


def no_rows(name: str) -> "pd.DataFrame":
    """The table of a run that did not write it."""
    import pandas as pd

    return pd.DataFrame(columns=list(COLUMNS[name]))


def read_table(folder: Path, name: str) -> "pd.DataFrame":
    """One table of a saved run, to the bit as it was written.

    DataError when it is missing or damaged, has other columns, or a value that is no day, number or whole number.
    """
    import pandas as pd

    path = folder / f"{name}.csv"
    if not is_there(path):
        if name in UNLESS_EMPTY:
            return no_rows(name)
        raise DataError(f"{path}: there is no such file; is {folder} the folder of a run?")
    cells = _cells(path)
    header = tuple(cells.iloc[0])
    if header != COLUMNS[name] and header not in OLDER.get(name, ()):
        raise DataError(f"{path}: expected the columns {','.join(COLUMNS[name])}; {_ADVICE}")
    rows = cells.iloc[1:].reset_index(drop=True).set_axis(list(header), axis=1)
    table = pd.DataFrame({column: _typed(rows[column], name, path) for column in header})
    _refuse_repeats(table, ONCE.get(name, ()), path)
    lacking: dict[str, Any] = dict.fromkeys(_BOUNDS, "") | {WAIT: 0.0}
    unknown: dict[str, Any] = {
        key: value for key, value in lacking.items() if key in COLUMNS[name] and key not in header
    }
    return table.assign(**unknown).reindex(columns=list(COLUMNS[name]))


def written(table: "pd.DataFrame") -> "pd.DataFrame":
    """The table as it stands in its file: without the wait where nothing waited."""
    if WAIT in table.columns and not (table[WAIT].fillna(0.0) != 0.0).any():
        return table.drop(columns=WAIT)
    return table


def _refuse_repeats(table: "pd.DataFrame", names: Sequence[str], path: Path) -> None:
    rows = np.flatnonzero(table.duplicated(list(names))) if names else np.zeros(0, np.int64)
    if len(rows):
        raise DataError(f"{path}: line {rows[0] + 2} repeats the {' and '.join(names)} of another; {_ADVICE}")


def _cells(path: Path) -> "pd.DataFrame":
    """Every cell as text, the heading as the first row."""
    import pandas as pd

    content = read_bytes(path, most=LARGEST)
    try:
        return pd.read_csv(
            io.BytesIO(content), header=None, dtype=str, na_filter=False, skip_blank_lines=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({str(error).strip()}); {_ADVICE}") from None


def _typed(column: "pd.Series", table: str, path: Path) -> "pd.Series":
    """A column in its type, or the DataError of its first odd value."""
    name = str(column.name)
    if name in DAYS:
        odd = {text for text in set(column) if not _is_day(text)}
        _refuse_first(column, column.isin(odd), path, "is not a day as 2026-01-05")
    return column if name in DAYS | TEXT else _numbers(column, path, whole=name in WHOLE, gaps=table in GAPS)


def _numbers(column: "pd.Series", path: Path, *, whole: bool, gaps: bool) -> "pd.Series":
    import pandas as pd

    values = np.array([_number(text) for text in column], np.float64)
    missing = (column == "").to_numpy(np.bool_) & (gaps and not whole)
    _refuse_first(
        column, ~missing & ~(np.abs(values) <= HIGHEST), path, "is not a number that a run can have"
    )
    if whole:
        odd = (values != np.trunc(values)) | (np.abs(values) > EXACT)
        _refuse_first(column, odd, path, "is not a whole number")
        if not column.str.contains(".", regex=False).any():
            values = values.astype(np.int64)
    return pd.Series(values, column.index, name=column.name)


def _number(text: str) -> float:
    """NaN for what is none; Python reads back every digit that it wrote."""
    try:
        return float(text)
    except ValueError:
        return np.nan


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _refuse_first(column: "pd.Series", wrong: Any, path: Path, rule: str) -> None:
    rows = np.flatnonzero(np.asarray(wrong, np.bool_))
    if len(rows):
        row = int(rows[0])
        raise DataError(
            f"{path}: {column.name} {column.iloc[row][:40]!r} in line {row + 2} {rule}; {_ADVICE}"
        )
