"""How each figure of summary.json is called, written and explained."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...engine.results.summary import RunSummary
from .formats import exact, missing, money, number, percent, ratio


@dataclass(frozen=True)
class Metric:
    """One figure as it stands on a page: `text` for people, `value` as Python prints it."""

    key: str
    label: str
    text: str
    value: str
    definition: str


def _times(value: Any) -> str:
    return f"{number(value, 2)} ×"


# key: label, format, definition used when summary.json brings none of its own
KNOWN: Mapping[str, tuple[str, Callable[[Any], str], str]] = {
    "total_return": ("Total return", percent, "Last equity over starting capital, less one."),
    "benchmark_return": ("Benchmark", percent, "The benchmark's return over the same sessions."),
    "paper_return": ("On paper", percent, "The same strategy without price limits and without costs."),
    "sharpe": ("Sharpe", ratio, "Mean over standard deviation of session returns, annualised."),
    "max_drawdown": ("Worst drawdown", percent, "Largest fall of equity from an earlier high."),
    "costs": ("Trading costs", money, "Commission, stamp duty and levies of every fill, in base currency."),
    "cagr": ("Growth a year", percent, "Compound annual growth rate of equity."),
    "volatility": ("Volatility", percent, "Standard deviation of session returns, annualised."),
    "sortino": ("Sortino", ratio, "As Sharpe, but only falls count as risk."),
    "calmar": ("Calmar", ratio, "Growth a year over the worst drawdown."),
    "win_rate_launches": ("Launches that paid", percent, "Share of the traded launches with a profit."),
    "exposure": ("Time invested", percent, "Share of the sessions that ended with an open position."),
    "mean_gross": ("Mean gross", percent, "Mean of long plus short value over equity."),
    "mean_net": ("Mean net", percent, "Mean of long less short value over equity."),
    "turnover": ("Turnover a year", _times, "Value traded over mean equity."),
    "profit": ("Profit", money, "Last equity less starting capital, in base currency."),
    "commission": ("Commission", money, "Paid to the broker, in base currency."),
    "stamp": ("Stamp duty", money, "Paid to the state, in base currency."),
    "levies": ("Levies", money, "Exchange, clearing and regulatory fees, in base currency."),
    "borrow": ("Borrowing", money, "Paid to borrow shares sold short, in base currency."),
    "dividends": ("Dividends", money, "Received on longs less owed on shorts, in base currency."),
    "fills": ("Fills", number, "Executions."),
    "blocked": ("Blocked attempts", number, "Attempts that got less than they wanted."),
    "launches": ("Launches", number, "Launches in the ledger of this run."),
    "traded_launches": ("Traded launches", number, "Launches with at least one fill."),
}
HEADLINE = ("total_return", "benchmark_return", "paper_return", "sharpe", "max_drawdown", "costs", "cagr")


def metric(summary: RunSummary, key: str) -> Metric:
    """One figure of a summary; an unknown key is shown under its own name."""
    label, form, fallback = KNOWN.get(key, (key.replace("_", " ").capitalize(), _plain, ""))
    value = summary.metrics.get(key)
    return Metric(key, label, form(value), exact(value), summary.definitions.get(key) or fallback)


def headline(summary: RunSummary) -> tuple[Metric, ...]:
    """The six figures on top: the first of `HEADLINE` that the run has."""
    present = [key for key in HEADLINE if not missing(summary.metrics.get(key))]
    return tuple(metric(summary, key) for key in present[:6])


def metrics(summary: RunSummary) -> tuple[Metric, ...]:
    """Every figure of a summary: the known ones in our order, then the others."""
    present = summary.metrics
    keys = [key for key in KNOWN if key in present] + [key for key in present if key not in KNOWN]
    return tuple(metric(summary, key) for key in keys)


def written(key: str, value: Any) -> str:
    """A value of the metric `key` as it stands on every page."""
    return KNOWN[key][1](value) if key in KNOWN else _plain(value)


def _plain(value: Any) -> str:
    return number(value, 4) if isinstance(value, int | float | None) else str(value)
