"""The tear sheet of a run, behind a wall: the only file that imports quantstats.

QuantStats 0.0.86 re-aligns what it is given, downloads what it is not given, writes titles without escaping them and
draws some charts otherwise than their titles say. Its figures and charts are therefore asked for one by one, on
returns that are already aligned; reports/sheet/ has the others, and tests compare every one with another computation.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from ..data.errors import DataError
from ..data.figures import percent, ratio
from ..data.files import write_whole
from ..engine.results.result import Result
from .numbers.formats import told, visible
from .page import environment
from .sheet import rows
from .sheet.ink import drawable, drawing, svg
from .sheet.plates import Plate, Sides, plates
from .sheet.record import SHORTEST, Record, records

AGREE = ("total_return", "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "calmar")


def write_tearsheet(result: Result, path: Path) -> None:
    """Write the tear sheet of a run as one offline HTML file; the same result gives the same bytes.

    A run of fewer than `SHORTEST` sessions, or one that never traded, gets a page that says why it has no sheet.
    """
    _check(result)
    own, benchmark = records(result)
    reason = _unfit(result, own)
    if benchmark is not None and _like_prices(benchmark):
        benchmark = None  # taken for prices: QuantStats cannot compare it
    values: dict[str, Any] = {
        "sections": [],
        "plates": [],
        "drawdowns": (),
        "years": (),
        "sides": (),
        "differ": [],
        "part": "",
    }
    if not reason:
        values = _sheet(result, own, benchmark)
    page = environment().get_template("sheet.html")
    write_whole(
        path, page.render(summary=result.summary, parameters=_parameters(result), reason=reason, **values)
    )


def sheet_plates(result: Result) -> list[Plate]:
    """The charts of a run's sheet as matplotlib figures, for whoever wants to draw on; see `write_tearsheet`."""
    own, benchmark = records(result)
    sides = _sides(result, own, benchmark)
    with drawing((sides.label, sides.other)):
        return plates(_quantstats(), sides)


def _unfit(result: Result, own: Record) -> str:
    """Why there is nothing to measure; empty when there is."""
    gone = result.equity.loc[result.equity["equity"] <= 0.0, "session"]
    if len(gone):
        return f"The run was bankrupt on {gone.iloc[0]}; there are no figures for a portfolio without equity."
    if len(own.returns) < SHORTEST:
        return f"The run has {len(own.returns)} sessions; a tear sheet needs at least {SHORTEST}."
    if not own.returns.any():
        return "The equity never moved, so there is nothing for a tear sheet to measure; see the run book."
    if _like_prices(own):
        return "The equity never fell and once more than doubled; QuantStats takes such returns for prices."
    return ""


def _like_prices(record: Record) -> bool:
    """QuantStats 0.0.86 guesses by this rule whether it was given prices, and then differences them."""
    return bool(record.returns.min() >= 0.0 and record.returns.max() > 1.0)


def _check(result: Result) -> None:
    days = pd.DatetimeIndex(result.equity["session"])
    if days.tz is not None or days.has_duplicates or not days.is_monotonic_increasing:
        raise DataError(
            "equity.csv: sessions must be exchange dates, each once, in order; run the backtest again"
        )
    if not np.isfinite(result.equity["equity"].to_numpy(dtype=float)).all():
        raise DataError("equity.csv: equity is missing or infinite on some session; run the backtest again")


def _sheet(result: Result, own: Record, benchmark: Record | None) -> dict[str, Any]:
    """What the template says: sections of rows, plates, years, drawdowns, and where summary.json differs."""
    qs, sides = _quantstats(), _sides(result, own, benchmark)
    with drawing((sides.label, sides.other)):
        drawn = [(plate.title, Markup(svg(plate.figure))) for plate in plates(qs, sides)]
    names = (_short(result.summary.name), _short(result.summary.benchmark or "Benchmark"))
    sections = rows.told(qs.stats, own, benchmark)
    whole = len(own.returns) == len(result.equity)
    return {
        "sections": sections,
        "plates": drawn,
        "sides": names[: 1 if benchmark is None else 2],
        "years": _years(own, benchmark),
        "drawdowns": list(own.drawdowns().head(10).itertuples()),
        "part": "" if whole else f"{own.returns.index[0]:%Y-%m-%d} to {own.returns.index[-1]:%Y-%m-%d}",
        "differ": _differences(result, sections) if whole else [],
    }


def _years(own: Record, benchmark: Record | None) -> list[tuple[str, list[str]]]:
    """Each calendar year with its return of the run and of the benchmark."""
    parts = [one.by("Y") for one in (own, benchmark) if one is not None]
    return [
        (str(year), [percent(part.iloc[n]) for part in parts])
        for n, year in enumerate(pd.PeriodIndex(parts[0].index).year)
    ]


def _sides(result: Result, own: Record, benchmark: Record | None) -> Sides:
    """The records under names that are safe inside charts, and never the same."""
    strategy, other = _short(result.summary.name), _short(result.summary.benchmark or "Benchmark")
    if strategy.upper() == other.upper():
        strategy += " (run)"
    return Sides(own, drawable(strategy, "Strategy"), benchmark, drawable(other, "Benchmark"))


def _short(name: object) -> str:
    """A name that fits a legend."""
    text = re.sub(r"[{}]+", " ", visible(name)).strip() or "Run"
    return text if len(text) <= 32 else f"{text[:31]}…"


def _parameters(result: Result) -> str:
    summary = result.summary
    settings = [
        f"{key} {told(value)}" for key, value in summary.parameters.items() if value not in (None, "", (), [])
    ]
    return " · ".join([f"{visible(summary.strategy)}: {', '.join(settings)}", f"{summary.sessions} sessions",
                       f"{summary.periods_per_year:g} sessions a year", summary.currency,
                       f"benchmark {visible(summary.benchmark or 'none')}", "risk-free rate 0"])  # fmt: skip


def _differences(result: Result, sections: list[list[rows.Told]]) -> list[tuple[str, str, str]]:
    """Figures that summary.json has otherwise: label, there, here."""
    labels = (
        "Total return",
        "Growth a year (CAGR)",
        "Volatility",
        "Sharpe",
        "Sortino",
        "Max drawdown",
        "Calmar",
    )
    shown = {row.label: row.cells[0] for section in sections for row in section}
    differing = []
    for key, label in zip(AGREE, labels, strict=True):
        form = ratio if key in ("sharpe", "sortino", "calmar") else percent
        if key in result.summary.metrics and form(result.summary.metrics[key]) != shown[label]:
            differing.append((label, form(result.summary.metrics[key]), shown[label]))
    return differing


def _quantstats() -> Any:
    """The library, loaded when it is first needed; it takes two seconds. Its annotations are not to be relied on."""
    import quantstats

    return quantstats
