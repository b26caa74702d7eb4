"""The rows of the tear sheet: what each is called, how it is written, what it means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...data.figures import NOTHING, missing, number, percent, ratio
from ...engine.results.metrics import SHORTEST
from . import values as v
from .record import Record


@dataclass(frozen=True)
class Row:
    """One figure: `value` of a record, or `pair` of a record and its benchmark; an `annual` one needs `SHORTEST` of a year."""

    label: str
    form: Callable[[Any], str]
    meaning: str
    value: v.Value | None = None
    pair: v.Pair | None = None
    annual: bool = False


@dataclass(frozen=True)
class Told:
    """A row as it stands on the sheet: `cells` of the run and, where there is one, of the benchmark."""

    label: str
    meaning: str
    cells: tuple[str, ...]


def day(value: pd.Timestamp) -> str:
    """A session as a date; one that did not come is "not yet"."""
    return "not yet" if pd.isna(value) else f"{value:%Y-%m-%d}"


def share(value: tuple[float, int]) -> str:
    """A share with what it is a share of."""
    return f"{percent(value[0], 1)} of {number(value[1])}"


NORMAL = "if returns were normal, of one session in twenty"
SO_FAR = "the first and the last as far as they go"
ROWS: Sequence[Sequence[Row]] = (
    (
        Row("Time invested", percent, "share of sessions that end with an open position", lambda _, one: one.exposure),
        Row("Total return", percent, "last equity / capital − 1", v.quantstats("comp")),
        Row("Growth a year (CAGR)", percent, "growth ^ (1 / calendar years) − 1", v.growth, annual=True),
        Row("Volatility", percent, "deviation of session returns × √ sessions a year", v.annualised("volatility"), annual=True),
    ),
    (
        Row("Sharpe", ratio, "mean / deviation of session returns × √ sessions a year; no risk-free rate", v.annualised("sharpe"), annual=True),
        Row("Prob. Sharpe", percent, "probability that the true Sharpe is above 0, given skew, kurtosis and length", v.moment("probability")),
        Row("Smart Sharpe", ratio, "Sharpe, the deviation × √(1 + 2 Σ (1 − k/n) |ρ|ᵏ); ρ: correlation of neighbouring sessions", v.annualised("smart_sharpe"), annual=True),
        Row("Sortino", ratio, "mean / root of the mean squared loss of all sessions × √ sessions a year", v.annualised("sortino"), annual=True),
        Row("Smart Sortino", ratio, "Sortino with the factor of Smart Sharpe", v.annualised("smart_sortino"), annual=True),
        Row("Sortino/√2", ratio, "Sortino / √2, to be held beside Sharpe", v.annualised("adjusted_sortino"), annual=True),
        Row("Omega", ratio, "sum of gains / sum of losses, by session (the profit factor)", v.quantstats("omega")),
        Row("Gain/Pain by month", ratio, "sum of months / sum of losing months, each the sum of its sessions", v.quantstats("gain_to_pain_ratio", resolution="ME")),
    ),
    (
        Row("Max drawdown", percent, "lowest equity / highest equity before it − 1, the capital included", v.quantstats("max_drawdown")),
        Row("… began", day, "first session below the high", v.worst("started")),
        Row("… deepest", day, "its lowest close", v.worst("bottom")),
        Row("… recovered", day, "first session back at the high", v.worst("recovered")),
        Row("Longest drawdown, days", number, "calendar days below a high; an open one to the last session", v.drawdowns("days", lambda days: days.max())),
        Row("Mean drawdown", percent, "mean depth of all drawdowns", v.drawdowns("depth", lambda depth: depth.mean())),
        Row("Mean drawdown, days", number, "mean length of all drawdowns", v.drawdowns("days", lambda days: days.mean())),
        Row("Calmar", ratio, "growth a year / − max drawdown", v.against_drawdown(v.growth), annual=True),
        Row("Recovery factor", ratio, "total return / − max drawdown", v.against_drawdown(v.quantstats("comp"))),
        Row("Ulcer index", percent, "root of the sum of squared drawdowns / (sessions − 1)", v.quantstats("ulcer_index")),
        Row("Ulcer performance", ratio, "total return / ulcer index", v.quantstats("ulcer_performance_index")),
    ),
    (
        Row("Risk-adjusted return", percent, "growth a year / time invested", v.against_exposure(v.growth), annual=True),
        Row("Skew", ratio, "third moment of session returns / deviation³, as in the verdict of a sweep", v.moment("skew")),
        Row("Kurtosis", ratio, "fourth moment / deviation⁴: 3 for a normal, as in the verdict of a sweep", v.moment("kurtosis")),
        Row("Mean session", lambda value: percent(value, 3), "mean return of all sessions, flat ones included", v.sessions(lambda r: r.mean())),
        Row("Compound session", lambda value: percent(value, 3), "growth ^ (1 / sessions) − 1", v.quantstats("expected_return")),
        Row("Mean gain", percent, "mean of the sessions with a gain", v.quantstats("avg_win")),
        Row("Mean loss", percent, "mean of the sessions with a loss", v.quantstats("avg_loss")),
        Row("Payoff ratio", ratio, "mean gain / − mean loss", v.quantstats("payoff_ratio")),
        Row("Tail ratio", ratio, "95th percentile of session returns / − 5th percentile", v.quantstats("tail_ratio")),
        Row("Value at risk", percent, f"loss {NORMAL}, at most", v.quantstats("var")),
        Row("Expected shortfall", percent, f"mean loss {NORMAL}", v.quantstats("cvar")),
        Row("Gains in a row", number, "most sessions with a gain, one after another", v.quantstats("consecutive_wins")),
        Row("Losses in a row", number, "most sessions with a loss, one after another", v.quantstats("consecutive_losses")),
    ),
    (
        Row("This month", percent, "since the last close of the month before", v.to_date("M")),
        Row("3 months", percent, "sessions after the same day three months before the last", v.back(3)),
        Row("6 months", percent, "sessions after the same day six months before the last", v.back(6)),
        Row("This year", percent, "since the last close of the year before", v.to_date("Y")),
        Row("1 year", percent, "sessions after the same day a year before the last", v.back(12)),
        Row("3 years, a year", percent, "growth a year of the last three", v.back(36, annual=True)),
        Row("5 years, a year", percent, "growth a year of the last five", v.back(60, annual=True)),
        Row("10 years, a year", percent, "growth a year of the last ten", v.back(120, annual=True)),
    ),
    (
        Row("Best session", percent, "largest return of a session", v.quantstats("best")),
        Row("Worst session", percent, "smallest return of a session", v.quantstats("worst")),
        Row("Best month", percent, f"largest compound return of a month, {SO_FAR}", v.parts("M", max)),
        Row("Worst month", percent, f"smallest compound return of a month, {SO_FAR}", v.parts("M", min)),
        Row("Best year", percent, f"largest compound return of a calendar year, {SO_FAR}", v.parts("Y", max)),
        Row("Worst year", percent, f"smallest compound return of a calendar year, {SO_FAR}", v.parts("Y", min)),
        Row("Mean month with a gain", percent, f"mean of the months above 0, {SO_FAR}", v.parts("M", v.up)),
        Row("Mean month with a loss", percent, f"mean of the months below 0, {SO_FAR}", v.parts("M", v.down)),
        Row("Sessions with a gain", share, "of all sessions, flat ones included", v.sessions(v.gains)),
        Row("Months with a gain", share, f"of all months, {SO_FAR}", v.parts("M", v.gains)),
        Row("Quarters with a gain", share, f"of all quarters, {SO_FAR}", v.parts("Q", v.gains)),
        Row("Years with a gain", share, f"of all calendar years, {SO_FAR}", v.parts("Y", v.gains)),
    ),
    (
        Row("Beta", ratio, "slope of the session returns on the benchmark's", pair=v.beta),
        Row("Alpha", percent, "mean session return that beta does not explain × sessions a year", pair=v.alpha, annual=True),
        Row("Correlation", ratio, "of the session returns with the benchmark's", pair=v.correlation),
        Row("R²", ratio, "the correlation squared", pair=v.explained),
        Row("Information ratio", ratio, "mean difference from the benchmark / its deviation × √ sessions a year", pair=v.information, annual=True),
        Row("Treynor ratio", percent, "growth a year / beta", pair=v.treynor, annual=True),
    ),
)  # fmt: skip


def told(stats: Any, own: Record, benchmark: Record | None) -> list[list[Told]]:
    """Every section of the sheet with its rows, those on a benchmark only where there is one."""
    with np.errstate(divide="ignore", invalid="ignore"):  # of a record that never moved: shown as nothing
        sections = [[(row, _cells(row, stats, own, benchmark)) for row in section] for section in ROWS]
    return [
        [Told(row.label, row.meaning, cells) for row, cells in section if cells]
        for section in sections
        if any(cells for _, cells in section)
    ]


def _cells(row: Row, stats: Any, own: Record, benchmark: Record | None) -> tuple[str, ...]:
    sides = (own,) if benchmark is None else (own, benchmark)
    if row.pair is not None and benchmark is None:
        return ()
    if row.annual and own.years < SHORTEST:
        return (NOTHING,) * len(sides)
    if row.pair is not None and benchmark is not None:
        return (_written(row, row.pair(stats, own, benchmark)), NOTHING)
    return tuple(_written(row, row.value(stats, side)) for side in sides if row.value is not None)


def _written(row: Row, value: Any) -> str:
    return NOTHING if missing(value) else row.form(value)
