"""The plates of the tear sheet in their order: a title and a figure, QuantStats' own where it draws what it says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import charts
from .charts import BENCHMARK, RUN, Named
from .record import Record

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Sides:
    """The run and its benchmark (None without one), with names that can be drawn."""

    own: Record
    label: str
    benchmark: Record | None = None
    other: str = ""

    @property
    def named(self) -> Named:
        first = () if self.benchmark is None else ((self.other, self.benchmark, BENCHMARK),)
        return (*first, (self.label, self.own, RUN))


@dataclass(frozen=True)
class Plate:
    """One chart: its title, and a figure that is still to be saved."""

    title: str
    figure: Any


def plates(qs: Any, sides: Sides) -> list[Plate]:
    """Every chart of the sheet; rolling ones only of a run that has a whole window."""
    own, other = sides.own, sides.benchmark
    half, year = round(own.periods / 2), round(own.periods)
    sheet = [
        _theirs("Cumulative return", qs.plots.returns, sides),
        _ours("Growth of 1, logarithmic", lambda axes: charts.log_growth(axes, sides.named)),
    ]
    if other is not None and other.returns.std() > 0.0:
        sheet.append(
            _theirs(
                "Cumulative return at the benchmark's volatility",
                qs.plots.returns,
                sides,
                match_volatility=True,
            )
        )
    sheet += [
        _ours("Calendar years", lambda axes: charts.years(axes, sides.named)),
        _ours("Months by size of return", lambda axes: charts.month_counts(axes, sides.named), across=True),
        _ours("Sum of session returns", lambda axes: charts.sums(axes, sides.named)),
    ]
    if other is not None and len(own.returns) > half:
        windows = [window for window in (half, year) if len(own.returns) > window]
        sheet.append(
            _ours("Rolling beta", lambda axes: charts.rolling_beta(axes, own, other, windows), percents=False)
        )
    if len(own.returns) > half:
        sheet += [
            _ours("Rolling volatility", lambda axes: charts.rolling(axes, own, half, charts.volatility)),
            _ours(
                "Rolling Sharpe", lambda axes: charts.rolling(axes, own, half, charts.sharpe), percents=False
            ),
            _ours(
                "Rolling Sortino",
                lambda axes: charts.rolling(axes, own, half, charts.sortino),
                percents=False,
            ),
        ]
    return [
        *sheet,
        _ours(
            "Deepest drawdowns, shaded until they recovered", lambda axes: charts.worst_drawdowns(axes, own)
        ),
        _theirs("Under water; dashed: the mean", qs.plots.drawdown, Sides(own, sides.label)),
        _ours("Months, in percent", lambda axes: charts.months(axes, own), percents=False),
        _ours("Spread of returns", lambda axes: charts.spreads(axes, own)),
    ]


def _ours(title: str, draw: Callable[[Any], None], *, percents: bool = True, across: bool = False) -> Plate:
    """A chart of ours; `across`: the sizes of returns run along the horizontal axis."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(layout="constrained")
    draw(axes)
    if percents and axes.get_yscale() == "linear":
        _in_percent(axes.xaxis if across else axes.yaxis)
    if len(axes.get_legend_handles_labels()[0]) > 1:
        axes.legend(fontsize=9.5)
    return Plate(title, figure)


def _named(returns: "pd.Series[float]", name: str) -> "pd.Series[float]":
    """The same returns under the name that the chart's legend shows."""
    shown = returns.copy()
    shown.name = name
    return shown


def _theirs(title: str, draw: Callable[..., Any], sides: Sides, **options: Any) -> Plate:
    """A chart of QuantStats, without its title, its ticks with as many digits as they need."""
    returns = _named(sides.own.returns, sides.label)
    if sides.benchmark is not None:
        options["benchmark"] = _named(sides.benchmark.returns, sides.other)
    figure = draw(returns, figsize=(6.6, 3.6), subtitle=False, show=False, ylabel="", **options)
    figure.suptitle("")
    (axes,) = figure.axes
    colours = {sides.label: RUN, sides.other: BENCHMARK}
    for line in axes.lines:
        line.set_color(colours.get(str(line.get_label()), line.get_color()))
    if axes.get_legend() is not None:
        axes.legend(fontsize=9.5)
    _in_percent(axes.yaxis)
    figure.tight_layout()
    return Plate(title, figure)


def _in_percent(axis: Any) -> None:
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
