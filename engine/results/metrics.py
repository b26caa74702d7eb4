"""Our own metrics, each with its definition; the tear sheet must agree with them or say where it differs."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ...data.arrays import F8

# Sessions in a usual year: Hong Kong 246, mainland 242, the union of both 253.
SESSIONS_PER_YEAR: Mapping[frozenset[str], float] = MappingProxyType(
    {frozenset({"HK"}): 246.0, frozenset({"CN"}): 242.0, frozenset({"HK", "CN"}): 253.0}
)

_MEAN = "mean of all launches with a leg, share of NAV at entry"

DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "total_return": "last equity / capital − 1",
        "cagr": "(last equity / capital) ^ (1 / years) − 1, a session being its part of its calendar year; −1 after a bankruptcy",
        "volatility": "standard deviation (n − 1) of session returns × √periods_per_year",
        "sharpe": "mean / standard deviation (n − 1) of session returns × √periods_per_year; risk-free rate 0",
        "sortino": "mean session return / root of the mean squared negative return × √periods_per_year",
        "max_drawdown": "lowest equity / highest equity before it − 1, the starting capital included",
        "calmar": "cagr / −max_drawdown",
        "mean_gross": "mean of (long + short) / equity over all sessions",
        "mean_net": "mean of (long − short) / equity over all sessions",
        "exposure": "share of sessions that end with an open position",
        "turnover": "value of all fills / mean equity / years",
        "win_rate_launches": "share of traded launches with a profit after costs",
        "profit": "last equity − capital, base currency",
        "costs": "commission + stamp + levies of all fills, base currency",
        "borrow": "borrow fees paid on shorts, base currency",
        "dividends": "dividends received − owed, and fractions paid out, base currency",
        "blocked": "attempts that got less than they wanted",
        "fills": "executions",
        "commission": "commission of all fills, base currency",
        "stamp": "stamp duty of all fills, base currency",
        "levies": "exchange, clearing and regulatory fees of all fills, base currency",
        "launches": "launches with at least one leg",
        "traded_launches": "launches with at least one fill",
        "paper_return": "total return of the same legs without limits and costs",
        "benchmark_return": "total return of the benchmark over the same sessions that it has bars for, base currency",
        "return_beside_benchmark": "total return of the run from the benchmark's first session to its last, where these are not those of the run",
        "launch_paper": f"{_MEAN}: from the last close before the news to the exit of its own rules, frictionless",
        "launch_missed_gap": f"{_MEAN}: the move before the first price at which the code traded",
        "launch_missed_wait": f"{_MEAN}: the move from news inside a session to the first minute that an order could meet",
        "launch_missed_limits": f"{_MEAN}: price limits, and suspensions that outlast the wait",
        "launch_missed_size": f"{_MEAN}: share of volume, whole lots, shares that may not be sold short",
        "launch_missed_cash": f"{_MEAN}: too little cash or margin, margin calls, shorts without their long",
        "launch_slippage": f"{_MEAN}: slippage of entries and exits",
        "launch_costs": f"{_MEAN}: commission, stamp duty and levies",
        "launch_dividend_tax": f"{_MEAN}: tax withheld from dividends",
        "launch_borrow": f"{_MEAN}: borrow fees",
        "launch_captured": f"{_MEAN}: what was left of paper",
    }
)


SHORTEST = 0.25  # of a year: below it no figure is told as one of a year
ANNUAL = ("cagr", "volatility", "sharpe", "sortino", "calmar", "turnover")


class Annual(NamedTuple):
    """What a run is annualised with: `periods`, sessions in a usual year, and the calendar `years` that it covers."""

    periods: float
    years: float


def periods_per_year(exchanges: frozenset[str]) -> float:
    """Sessions in a usual year of these exchanges (XHKG; XSHG, XSHE, XBSE)."""
    return SESSIONS_PER_YEAR[frozenset("HK" if name == "XHKG" else "CN" for name in exchanges)]


def session_returns(equity: F8, capital: float) -> F8:
    """Simple return of each session, shape (T,); 0 from the session after a bankruptcy on."""
    before = np.concatenate([[capital], equity[:-1]])
    alive = before > 0.0
    return np.where(alive, equity / np.where(alive, before, 1.0) - 1.0, 0.0)


def equity_metrics(equity: F8, capital: float, annual: Annual) -> dict[str, float]:
    """total_return, cagr, volatility, sharpe, sortino, max_drawdown, calmar. Undefined ratios are 0."""
    returns = session_returns(equity, capital)
    growth = float(equity[-1] / capital)
    spread = float(np.std(returns, ddof=1)) if len(returns) > 1 else 0.0
    mean = float(np.mean(returns))
    downside = float(np.sqrt(np.mean(np.minimum(returns, 0.0) ** 2)))
    peak = np.maximum.accumulate(np.concatenate([[capital], equity]))[1:]
    drawdown = min(float(np.min(equity / peak - 1.0)), 0.0)
    cagr = growth ** (1.0 / annual.years) - 1.0 if growth > 0.0 else -1.0
    scale = float(np.sqrt(annual.periods))
    return {
        "total_return": growth - 1.0,
        "cagr": cagr,
        "volatility": spread * scale,
        "sharpe": mean / spread * scale if spread > 1e-15 else 0.0,
        "sortino": mean / downside * scale if downside > 1e-15 else 0.0,
        "max_drawdown": drawdown,
        "calmar": cagr / -drawdown if drawdown < 0.0 else 0.0,
    }


def tellable(
    metrics: Mapping[str, float], equity: F8, capital: float, years: float
) -> dict[str, float | None]:
    """The metrics of a run, None where nothing can be said: annual ones of less than SHORTEST, ratios over nothing."""
    nothing = {
        "sharpe": metrics["volatility"] <= 1e-15,
        "sortino": not (session_returns(equity, capital) < 0.0).any(),
        "calmar": metrics["max_drawdown"] == 0.0,
    }
    untold = {name for name, empty in nothing.items() if empty} | (set(ANNUAL) if years < SHORTEST else set())
    return {name: None if name in untold else value for name, value in metrics.items()}
