"""The returns that a tear sheet is about: by session, month, quarter and year, since a day, and their drawdowns."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...engine.results.result import Result

SHORTEST = 20  # sessions; below this tables and densities mean nothing
LEVEL = 1e-12  # a level this close to the highest so far, relatively, is back at it


@dataclass(frozen=True)
class Record:
    """Simple returns of every session of a run, in order, indexed by naive dates; or those of its benchmark.

    `periods` are the sessions of a usual year, `years` the calendar years covered, `exposure` the share of sessions
    that end with a position (None for a benchmark).
    """

    returns: pd.Series
    periods: float
    years: float
    exposure: float | None = None

    @property
    def growth(self) -> pd.Series:
        """What 1 became by the close of each session."""
        return (1.0 + self.returns).cumprod()

    def by(self, frequency: str) -> pd.Series:
        """Compound returns of weeks (W), months (M), quarters (Q) or years (Y), the first and last as far as they go."""
        whole = (1.0 + self.returns).groupby(pd.DatetimeIndex(self.returns.index).to_period(frequency)).prod()
        return whole - 1.0

    def since(self, day: pd.Timestamp) -> float:
        """Compound return of the sessions after `day`."""
        later = self.returns[self.returns.index > day].to_numpy(dtype=float)
        return float(np.prod(1.0 + later)) - 1.0

    def reaches(self, day: pd.Timestamp, years: float) -> bool:
        """Whether the record holds everything since `day`, which is `years` before its end."""
        return bool(self.returns.index[0] <= day) or self.years >= years - 1e-9

    def drawdown(self) -> pd.Series:
        """Fall from the highest level so far, the starting one included; at most 0."""
        level = self.growth.to_numpy()
        fall = level / np.maximum.accumulate(np.r_[1.0, level])[1:] - 1.0
        return pd.Series(np.where(fall < -LEVEL, fall, 0.0), index=self.returns.index)

    def drawdowns(self) -> pd.DataFrame:
        """One row for each fall below the highest level so far, the deepest first.

        Columns: started (first session below), bottom, recovered (first session back at the level; NaT while open),
        depth (below 0), days (calendar days below it; of an open one, to the end of the last session).
        """
        fall = self.drawdown()
        under = fall.to_numpy() < 0.0
        starts = np.flatnonzero(under & ~np.r_[False, under[:-1]])
        ends = np.flatnonzero(~under & np.r_[False, under[:-1]])
        rows = []
        for number, start in enumerate(starts):
            end = ends[number] if number < len(ends) else None
            span = fall.iloc[start:end]
            recovered = pd.NaT if end is None else fall.index[end]
            until = fall.index[-1] + pd.Timedelta(days=1) if end is None else recovered
            rows.append((span.index[0], span.idxmin(), recovered, span.min(), (until - span.index[0]).days))
        found = pd.DataFrame(rows, columns=["started", "bottom", "recovered", "depth", "days"])
        return found.sort_values(["depth", "started"], kind="stable").reset_index(drop=True)


def records(result: Result) -> tuple[Record, Record | None]:
    """The run's record, and that of its benchmark on exactly the same sessions (None without one, or one that is the run).

    Where the benchmark starts after the run or ends before it, both records have its sessions alone, if these are at
    least SHORTEST. The benchmark's level is carried over its own holidays and over a hole.
    """
    summary, returns = result.summary, result.returns
    years = summary.years if summary.years is not None else len(returns) / summary.periods_per_year
    own = Record(returns, summary.periods_per_year, years, summary.metrics.get("exposure"))
    other = result.benchmark
    if other is None or len(other) < min(SHORTEST, len(returns)):
        return own, None
    if len(other) < len(returns):
        own = _part(result, own, other.index)
    if np.allclose(other, own.returns, atol=1e-12):
        return own, None
    return own, Record(other, own.periods, own.years)


def _part(result: Result, own: Record, days: pd.Index) -> Record:
    """The run's record on some of its sessions alone, the first of them without a return: there the benchmark begins."""
    returns = own.returns[days].copy()
    if days[0] > own.returns.index[0]:
        returns.iloc[0] = 0.0
    inside = own.returns.index.isin(days)
    exposure = float((result.equity["gross"].to_numpy()[inside] > 0.0).mean())
    return Record(returns, own.periods, own.years * len(days) / len(own.returns), exposure)
