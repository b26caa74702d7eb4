"""How each figure of summary.json is called, written and explained."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...data.figures import missing, money, number, percent, ratio, times
from ...engine.results.metrics import DEFINITIONS
from ...engine.results.summary import RunSummary
from .formats import exact


@dataclass(frozen=True)
class Metric:
    """One figure as it stands on a page: `text` for people, `value` as Python prints it."""

    key: str
    label: str
    text: str
    value: str
    definition: str


# key: label and format; what each means is said once, in engine/results/metrics.py
KNOWN: Mapping[str, tuple[str, Callable[[Any], str]]] = {
    "total_return": ("Total return", percent),
    "benchmark_return": ("Benchmark", percent),
    "return_beside_benchmark": ("Run beside it", percent),
    "paper_return": ("On paper", percent),
    "sharpe": ("Sharpe", ratio),
    "max_drawdown": ("Worst drawdown", percent),
    "costs": ("Trading costs", money),
    "cagr": ("Growth a year", percent),
    "volatility": ("Volatility", percent),
    "sortino": ("Sortino", ratio),
    "calmar": ("Calmar", ratio),
    "win_rate_launches": ("Launches that paid", percent),
    "exposure": ("Time invested", percent),
    "mean_gross": ("Mean gross", percent),
    "mean_net": ("Mean net", percent),
    "turnover": ("Turnover a year", times),
    "profit": ("Profit", money),
    "commission": ("Commission", money),
    "stamp": ("Stamp duty", money),
    "levies": ("Levies", money),
    "borrow": ("Borrowing", money),
    "dividends": ("Dividends", money),
    "fills": ("Fills", number),
    "blocked": ("Blocked attempts", number),
    "launches": ("Launches", number),
    "traded_launches": ("Traded launches", number),
    "launch_paper": ("Mean launch on paper", percent),
    "launch_missed_gap": ("… missed to the gap", percent),
    "launch_missed_wait": ("… to the wait", percent),
    "launch_missed_limits": ("… to limits", percent),
    "launch_missed_size": ("… to size", percent),
    "launch_missed_cash": ("… to lack of cash", percent),
    "launch_slippage": ("… to slippage", percent),
    "launch_costs": ("… to costs", percent),
    "launch_dividend_tax": ("… to dividend tax", percent),
    "launch_borrow": ("… to borrowing", percent),
    "launch_captured": ("Mean launch captured", percent),
}
# a share, and the figure that counts what it is a share of
COUNTED = {"win_rate_launches": "traded_launches"}
HEADLINE = ("total_return", "benchmark_return", "paper_return", "sharpe", "max_drawdown", "costs", "cagr")


def metric(summary: RunSummary, key: str) -> Metric:
    """One figure of a summary; an unknown key is shown under its own name."""
    label, form = KNOWN.get(key, (key.replace("_", " ").capitalize(), _plain))
    value, text = summary.metrics.get(key), form(summary.metrics.get(key))
    count = summary.metrics.get(COUNTED.get(key, ""))
    if count is not None and not missing(value):
        text = f"{text} of {number(count)}"
    beside = summary.metrics.get("return_beside_benchmark")
    if key == "benchmark_return" and beside is not None:
        text = f"{text} (run {percent(beside)})"
    return Metric(key, label, text, exact(value), summary.definitions.get(key) or DEFINITIONS.get(key, ""))


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
