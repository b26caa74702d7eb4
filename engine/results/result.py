"""The result of one run: tables that can be saved as CSV and read back, and the summary that sums them up.

Money is in base currency unless a column says otherwise; shares are signed: + long or bought, − short or sold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...data.errors import DataError
from ...data.files import write_whole
from ...data.shown import Drawn, Told, counted
from .metrics import session_returns
from .summary import RunSummary
from .tables import COLUMNS as COLUMNS
from .tables import PAID as PAID
from .tables import UNLESS_EMPTY, no_rows, read_table, written
from .tables import WAIT as WAIT

if TYPE_CHECKING:
    import pandas as pd


SHOWN = 8  # of the last fills, in a notebook


@dataclass(frozen=True, repr=False)
class Result(Drawn):
    """One finished run. Every attribute but `summary` is a table with the columns of `COLUMNS`."""

    fills: "pd.DataFrame"
    blocks: "pd.DataFrame"
    equity: "pd.DataFrame"
    positions: "pd.DataFrame"
    launches: "pd.DataFrame"
    prices: "pd.DataFrame"
    comparison: "pd.DataFrame"
    summary: RunSummary
    fates: "pd.DataFrame" = field(default_factory=partial(no_rows, "fates"))
    exposure: "pd.DataFrame" = field(default_factory=partial(no_rows, "exposure"))
    hedges: "pd.DataFrame" = field(default_factory=partial(no_rows, "hedges"))
    minutes: "pd.DataFrame" = field(default_factory=partial(no_rows, "minutes"))

    def _told(self) -> Told:
        said = self.summary._told()
        counts = f"{counted(len(self.fills), 'fill')}, {counted(len(self.blocks), 'block')}"
        columns = ("session", "at", "code", "launch", "shares", "price", "reason")
        return said._replace(
            title=said.title.replace("RunSummary", "Result", 1),
            facts={"orders": counts} | dict(said.facts),
            columns=columns,
            caption=f"the last fills of {len(self.fills):,}",
            rows=self.fills[list(columns)].iloc[::-1].head(SHOWN).to_numpy(object).tolist(),
        )

    @property
    def returns(self) -> "pd.Series":
        """Simple return of each session, indexed by tz-naive session; the first is against the starting capital.

        0 from the session after a bankruptcy on.
        """
        return self._returns_of(self.equity, "equity", "strategy")

    @property
    def benchmark(self) -> "pd.Series | None":
        """Simple return of the benchmark on the run's sessions from its first to its last; None when the run had none."""
        level = self.comparison["benchmark"]
        first, last = level.first_valid_index(), level.last_valid_index()
        if first is None:
            return None
        whole = self.comparison.loc[first:last]
        return self._returns_of(whole, "benchmark", str(self.summary.benchmark))

    def _returns_of(self, table: "pd.DataFrame", column: str, name: str) -> "pd.Series":
        import pandas as pd

        level = table[column].ffill().to_numpy(np.float64)
        returns = session_returns(level, self.summary.capital)
        return pd.Series(returns, pd.DatetimeIndex(table["session"]), name=name)

    @property
    def round_trips(self) -> "pd.DataFrame":
        """One row for each position from entry to exit: code, launch, sessions held, profit and its share; columns of `rounds.TRIPS`."""
        from .rounds import round_trips

        return round_trips(self)

    @property
    def drawdowns(self) -> "pd.DataFrame":
        """The ten deepest falls of equity from a peak, deepest first; columns of `rounds.FALLS`."""
        from .rounds import drawdowns

        return drawdowns(self)

    def save(self, folder: Path) -> None:
        """Write every table as CSV and the summary as JSON; each file appears whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in COLUMNS:
            table = written(getattr(self, name))
            if len(table) or name not in UNLESS_EMPTY:
                write_whole(folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
        self.summary.write(folder)


def load_result(folder: Path | str) -> Result:
    """Read back a saved run; a missing, damaged or contradictory file is a DataError that names it."""
    place = Path(folder)
    summary = RunSummary.read(place)
    # earlier runs wrote neither fates nor exposure
    told = {"fates": summary.funnel, "exposure": summary.exposure, "hedges": summary.exposure}
    kept = [name for name in COLUMNS if told.get(name, True) is not None]
    tables = {name: read_table(place, name) for name in kept}
    _refuse_strange_sessions(place, tables, summary)
    return Result(**tables, summary=summary)


def _refuse_strange_sessions(folder: Path, tables: Mapping[str, "pd.DataFrame"], summary: RunSummary) -> None:
    """Refuse tables that are not of one run: every session is one of equity.csv, which are those of the summary."""
    sessions = tables["equity"]["session"]
    span = (sessions.iloc[0], sessions.iloc[-1], len(sessions)) if len(sessions) else ("", "", 0)
    if span != (summary.start, summary.end, summary.sessions):
        raise DataError(
            f"{folder / 'equity.csv'}: {span[2]} sessions from {span[0]} to {span[1]}, where summary.json has "
            f"{summary.sessions} from {summary.start} to {summary.end}; run the backtest again"
        )
    if not sessions.is_monotonic_increasing:
        raise DataError(f"{folder / 'equity.csv'}: sessions must be in order; run the backtest again")
    for name, table in tables.items():
        strange = (
            []
            if "session" not in COLUMNS[name]
            else table.loc[~table["session"].isin(sessions), "session"].tolist()
        )
        if strange or (name == "comparison" and len(table) != len(sessions)):
            session = strange[0] if strange else "one"
            raise DataError(
                f"{folder / name}.csv: {session} is no session of equity.csv; run the backtest again"
            )
