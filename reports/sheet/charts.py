"""The charts of the tear sheet that QuantStats leaves out or draws otherwise than their title says.

Each takes a figure's axes and the records; figures are saved, and fonts chosen, by reports/tearsheet.py.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...data.figures import percent
from .record import Record

RUN, BENCHMARK, OTHER, MEAN = "#2f7fb0", "#d9a400", "#777777", "#b03a37"
WORST = 5  # drawdowns that are marked
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Named = Sequence[tuple[str, Record, str]]  # label, record, colour; the run last
Rolling = Callable[[pd.Series, int, float], pd.Series]


def log_growth(axes: Any, named: Named) -> None:
    """What 1 became, on a logarithmic axis."""
    from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

    for label, record, colour in named:
        axes.plot(record.growth, label=label, color=colour, lw=1.5)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 1.1, 1.2, 1.3, 1.5, 2.0, 3.0, 5.0, 7.0, 9.0)))
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.axhline(1.0, color="black", lw=0.8, ls="--")


def years(axes: Any, named: Named) -> None:
    """Compound return of every calendar year, each bar over its own year."""
    width = 0.8 / len(named)
    for number, (label, record, colour) in enumerate(named):
        yearly = record.by("Y")
        at = np.arange(len(yearly)) + (number - (len(named) - 1) / 2) * width
        bars = axes.bar(at, yearly.to_numpy(), width, label=label, color=colour)
        if len(yearly) <= 8:
            axes.bar_label(bars, [percent(value, 1) for value in yearly], fontsize=9, padding=2)
    axes.set_xticks(np.arange(len(yearly)), [str(year) for year in pd.PeriodIndex(yearly.index).year])
    axes.axhline(0.0, color="black", lw=0.8)
    axes.margins(y=0.15)


def month_counts(axes: Any, named: Named) -> None:
    """How many months had a return of each size; bins are common to the run and the benchmark."""
    monthly = [record.by("M").to_numpy() for _, record, _ in named]
    edges = np.histogram_bin_edges(np.concatenate(monthly), bins="fd" if len(monthly[0]) > 12 else "sturges")
    axes.hist(monthly, bins=edges, label=[one[0] for one in named], color=[one[2] for one in named])
    axes.axvline(monthly[-1].mean(), color=MEAN, lw=1.5, ls="--", label=f"mean {percent(monthly[-1].mean())}")
    axes.set_ylabel("months")


def sums(axes: Any, named: Named) -> None:
    """Session returns added up, on sessions only."""
    label, record, colour = named[-1]
    axes.plot(record.returns.cumsum(), label=label, color=colour, lw=1.2)
    axes.axhline(0.0, color="black", lw=0.8, ls="--")


def volatility(returns: pd.Series, window: int, periods: float) -> pd.Series:
    """Annual deviation of the last `window` sessions, from the first whole window on."""
    found: pd.Series = returns.rolling(window).std().iloc[window - 1 :] * periods**0.5
    return found


def sharpe(returns: pd.Series, window: int, periods: float) -> pd.Series:
    """Annual Sharpe ratio of the last `window` sessions; NaN where they did not move."""
    part = returns.rolling(window)
    deviation = part.std()
    found: pd.Series = part.mean() / deviation.where(deviation > 1e-12) * periods**0.5
    return found.iloc[window - 1 :]


def sortino(returns: pd.Series, window: int, periods: float) -> pd.Series:
    """Annual Sortino ratio of the last `window` sessions; NaN where none lost."""
    losses = (returns.clip(upper=0.0) ** 2).rolling(window).mean()
    downside = losses.where(losses > 1e-18) ** 0.5
    found: pd.Series = returns.rolling(window).mean() / downside * periods**0.5
    return found.iloc[window - 1 :]


def rolling(axes: Any, record: Record, window: int, figure: Rolling) -> None:
    """A figure of the last `window` sessions and its mean; the axis begins with the first whole window."""
    figures = figure(record.returns, window, record.periods)
    axes.plot(figures, color=RUN, lw=1.5, label=f"last {window} sessions")
    axes.axhline(0.0, color="black", lw=0.8, ls="--")
    if figures.notna().any():
        axes.axhline(figures.mean(), color=MEAN, lw=1.2, ls="--", label="mean")
    axes.set_xlim(figures.index[0], figures.index[-1])


def rolling_beta(axes: Any, record: Record, other: Record, windows: Sequence[int]) -> None:
    """Beta of the last sessions, one line for each window; the axis begins with the first whole one."""
    for window, colour in zip(windows, (RUN, OTHER), strict=False):
        variance = other.returns.rolling(window).var()
        beta = record.returns.rolling(window).cov(other.returns) / variance.where(variance > 1e-18)
        axes.plot(beta.iloc[window - 1 :], color=colour, lw=1.5, label=f"last {window} sessions")
    axes.axhline(0.0, color="black", lw=0.8, ls="--")
    axes.set_xlim(record.returns.index[windows[0] - 1], record.returns.index[-1])


def worst_drawdowns(axes: Any, record: Record) -> None:
    """Cumulative return, the deepest drawdowns shaded from their first session to their recovery."""
    axes.plot(record.growth - 1.0, color=RUN, lw=1.5)
    last = record.returns.index[-1]
    for row in record.drawdowns().head(WORST).itertuples():
        axes.axvspan(
            row.started, last if row.recovered is pd.NaT else row.recovered, color=MEAN, alpha=0.15, lw=0
        )
    axes.axhline(0.0, color="black", lw=0.8, ls="--")


def months(axes: Any, record: Record) -> None:
    """A cell for every month of the run, in percent; a month without a session of the run is empty."""
    monthly = record.by("M")
    index = pd.PeriodIndex(monthly.index)
    first = int(index.year.min())
    grid = np.full((int(index.year.max()) - first + 1, 12), np.nan)
    grid[index.year - first, index.month - 1] = 100.0 * monthly.to_numpy()
    most = max(float(np.nanmax(np.abs(grid))), 1e-9)
    axes.imshow(grid, cmap="RdYlGn", vmin=-most, vmax=most, aspect="auto")
    axes.set_xticks(range(12), MONTHS)
    axes.set_yticks(range(len(grid)), [str(first + row) for row in range(len(grid))])
    for row, column in np.argwhere(np.isfinite(grid)):
        strong = abs(grid[row, column]) > 0.75 * most
        axes.text(column, row, f"{grid[row, column]:.1f}".replace("-", "−"), ha="center", va="center", fontsize=9,
                  color="white" if strong else "black")  # fmt: skip
    axes.grid(visible=False)


def spreads(axes: Any, record: Record) -> None:
    """Median, quartiles, whiskers of 1.5 times the quartiles' distance and outliers of each length of time."""
    from matplotlib.ticker import PercentFormatter

    lengths: Mapping[str, pd.Series] = {
        "session": record.returns, "week": record.by("W"), "month": record.by("M"), "quarter": record.by("Q"),
        "year": record.by("Y"),
    }  # fmt: skip
    axes.boxplot(
        [part.to_numpy() for part in lengths.values()], tick_labels=list(lengths), flierprops={"ms": 4}
    )
    axes.axhline(0.0, color="black", lw=0.8, ls="--")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
