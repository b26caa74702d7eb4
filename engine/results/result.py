"""The result of one run: tables that can be saved as CSV and read back, and the summary that sums them up.

Money is in base currency unless a column says otherwise; shares are signed: + long or bought, − short or sold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...data.errors import DataError
from ...data.files import write_whole
from .metrics import session_returns
from .summary import RunSummary

if TYPE_CHECKING:
    import pandas as pd

# Where the paper return of a launch went: the parts add up to it, each a fraction of NAV at entry, positive when it was
# lost; `captured` is what was left. Explained in attribution.py.
PAID = (
    "captured",
    "missed_gap",
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
    # one row per launch; paper = the sum of PAID; long_profit and short_profit in base currency, after everything
    "launches": ("launch", "announced_at", "precision", "company", "product", "kind", "first_session", "codes",
                 "legs", "filled_legs", "blocked", "paper", *PAID, "long_profit", "short_profit", "source"),
    # the bars that the orders met, for the traded codes; limits empty where there is none
    "prices": ("session", "code", "status", "open", "high", "low", "close", "volume", "limit_up", "limit_down"),
    # equity of the paper portfolio (no limits, no costs) and the benchmark's level, both from the same capital;
    # open_markets: the exchanges that had a session
    "comparison": ("session", "paper", "benchmark", "open_markets"),
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """One finished run. Every attribute but `summary` is a table with the columns of `COLUMNS`."""

    fills: "pd.DataFrame"
    blocks: "pd.DataFrame"
    equity: "pd.DataFrame"
    positions: "pd.DataFrame"
    launches: "pd.DataFrame"
    prices: "pd.DataFrame"
    comparison: "pd.DataFrame"
    summary: RunSummary

    @property
    def returns(self) -> "pd.Series":
        """Simple return of each session, indexed by tz-naive session; the first is against the starting capital.

        0 from the session after a bankruptcy on.
        """
        return self._returns_of(self.equity, "equity", "strategy")

    @property
    def benchmark(self) -> "pd.Series | None":
        """Simple return of the benchmark on the same sessions, or None when the run had none."""
        if self.comparison["benchmark"].isna().all():
            return None
        return self._returns_of(self.comparison, "benchmark", str(self.summary.benchmark))

    def _returns_of(self, table: "pd.DataFrame", column: str, name: str) -> "pd.Series":
        import pandas as pd

        level = table[column].ffill().to_numpy(np.float64)
        returns = session_returns(level, self.summary.capital)
        return pd.Series(returns, pd.DatetimeIndex(table["session"]), name=name)

    def save(self, folder: Path) -> None:
        """Write every table as CSV and the summary as JSON; each file appears whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in COLUMNS:
            write_whole(folder / f"{name}.csv", getattr(self, name).to_csv(index=False, lineterminator="\n"))
        self.summary.write(folder)


def load_result(folder: Path) -> Result:
    """Read back a saved run; a missing or damaged file is a DataError that names it."""
    tables = {name: read_table(folder, name) for name in COLUMNS}
    return Result(**tables, summary=RunSummary.read(folder))


# 0.1 counted sizes, money, slippage and tax as `missed_limits`; what it did not tell apart is NaN
_NOT_IN_0_1 = ("missed_size", "missed_cash", "slippage", "dividend_tax", "borrow")
_LAUNCHES_0_1 = tuple(name for name in COLUMNS["launches"] if name not in _NOT_IN_0_1)
_TEXT = ("session", "at", "code", "launch", "currency", "reason", "announced_at", "precision", "company",
         "product", "kind", "first_session", "codes", "source", "status", "open_markets")  # fmt: skip


def read_table(folder: Path, name: str) -> "pd.DataFrame":
    """One table of a saved run; DataError when it is missing or damaged."""
    import pandas as pd

    path, columns = folder / f"{name}.csv", COLUMNS[name]
    text = {name: str for name in columns if name in _TEXT}
    try:
        table = pd.read_csv(
            path, dtype=text, keep_default_na=False, na_values={c: [""] for c in columns if c not in text}
        )
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file; is {path.parent} the folder of a run?") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); run the backtest again") from None
    if path.stem == "launches" and tuple(table.columns) == _LAUNCHES_0_1:
        table = table.reindex(columns=list(columns))
    if tuple(table.columns) != columns:
        raise DataError(f"{path}: expected the columns {','.join(columns)}; run the backtest again")
    return table
