"""How often a whole sweep is called skill: simulated bars, real rules and costs, the engine, SPA and placebo days.

Where launches move no prices, every `skill` is an error: luck, or a rising market taken for skill.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from launchlab.data.bars.bars import Bars, bars_from_columns
from launchlab.data.calendars.sessions import sessions
from launchlab.data.ledger.launch import Launch, LaunchCode, Launches
from launchlab.data.panel.build import PanelOptions, build_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.config import Config
from launchlab.engine.legs import OPEN, empty_legs
from launchlab.engine.luck.sharpe import sharpe_ratios
from launchlab.engine.luck.verdict import CONFIDENT, LEVEL, Verdict
from launchlab.engine.sweeps.grid import Grid
from launchlab.engine.sweeps.legs import LegSweep
from launchlab.engine.sweeps.verdict import Tried, judged

from .simulated_market import Market, simulate

F8 = NDArray[np.float64]

FIRST_DAY = "2024-01-02"
START = 50.0  # price in CNY: ticks are small beside limits
SHARE_OVERNIGHT = 0.3  # of each day's move
PLACEBOS = 199
WEIGHT = 0.25  # of NAV per launch
POINTS: Mapping[str, tuple[Any, ...]] = {"hold": tuple(range(1, 21)), "stop": (None, 0.05, 0.10)}
MARKETS = {
    "flat": Market(),
    "rising 60 % a year": Market(trend=0.002),
    "rising 160 % a year": Market(trend=0.004),
    "launches rise 1 % a day": Market(drift=0.01),
    "launches rise 2 % a day": Market(drift=0.02),
}


@dataclass(frozen=True)
class BuyAll:
    """Buy the code of every launch at the open of its day."""

    code: NDArray[np.int32]
    row: NDArray[np.int64]
    hold: int = 5
    stop: float | None = None

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        legs = empty_legs(len(self.row))
        legs["launch"], legs["code"], legs["row"] = np.arange(len(legs)), self.code, self.row
        legs["at"], legs["side"], legs["weight"], legs["wait"] = OPEN, 1, WEIGHT, 3
        legs["hold"], legs["stop"] = self.hold, np.nan if self.stop is None else self.stop
        return legs


def to_bars(returns: F8) -> list[Bars]:
    """Main-board bars of Shanghai with these daily returns (T, N); turnover is never the limit."""
    days = sessions("XSHG", FIRST_DAY, "2026-12-31")[: len(returns)]
    close = START * np.cumprod(1.0 + returns, axis=0)
    before = np.vstack([np.full(close.shape[1], START), close[:-1]])
    opened = before * (1.0 + SHARE_OVERNIGHT * returns)
    found = []
    for i in range(close.shape[1]):
        open_, shut = np.round(opened[:, i], 2), np.round(close[:, i], 2)
        columns = {"date": days, "open": open_, "close": shut, "volume": np.full(len(days), 1e9)}
        columns |= {"high": np.maximum(open_, shut), "low": np.minimum(open_, shut)}
        found.append(bars_from_columns(f"600{100 + i}.SS", columns))
    return found


def to_job(returns: F8, code: NDArray[np.int32], day0: NDArray[np.int32]) -> LegSweep:
    """The sweep over a market in which launch k is of `code[k]`, on session `day0[k]`."""
    panel = build_panel(to_bars(returns), currency="CNY", options=PanelOptions(bad_bars="suspend"))
    order = np.argsort(day0, kind="stable")
    own = np.flatnonzero(panel.exchange_open[:, panel.exchanges.index("XSHG")])
    base = BuyAll(code[order], own[day0[order]])
    return LegSweep(
        build=lambda values: replace(base, **values),
        grid=Grid(POINTS),
        launches=Launches(tuple(_launch(k, panel, base) for k in range(len(order)))),
        panel=panel,
        config=Config(),
        periods=242.0,
    )


def _launch(k: int, panel: Panel, base: BuyAll) -> Launch:
    when = datetime.fromisoformat(f"{panel.sessions[base.row[k]]}T08:00+08:00")
    return Launch(f"{k:03d}", when, "exact", "", "", "launch", (LaunchCode(panel.codes[base.code[k]]),))


def judge(job: LegSweep) -> Verdict:
    """The verdict on the point with the best Sharpe ratio, as `launchlab sweep` gives it but with fewer placebos."""
    curves = job.curves(np.arange(len(job.grid), dtype=np.int64), None)
    returns = np.column_stack([curve.returns for curve in curves.values()])
    best = int(sharpe_ratios(returns).argmax())
    return judged(job, best, Tried("", "", len(job.grid)), placebos=PLACEBOS)


def verdict_rates(verdicts: Sequence[Verdict]) -> dict[str, float]:
    """Share of verdicts in which each part says skill; a part that could not be computed does not object."""
    alone = {
        "psr": [v.psr is not None and v.psr >= CONFIDENT for v in verdicts],
        "dsr": [v.dsr is not None and v.dsr >= CONFIDENT for v in verdicts],
        "spa": [v.superior is None or v.superior.consistent < LEVEL for v in verdicts],
        "placebo": [v.placebo is None or v.placebo < LEVEL for v in verdicts],
        "without placebo": [all("placebo" in reason for reason in v.reasons) for v in verdicts],
        "skill": [v.label == "skill" for v in verdicts],
    }
    return {name: float(np.mean(said)) for name, said in alone.items()}


def whole_table(sweeps: int, seed: int) -> Iterator[str]:
    """Markdown rows, rates in percent with the 95 % interval of the verdict."""
    yield "| market | PSR ≥ 95 % | DSR ≥ 95 % | SPA p < 5 % | placebo p < 5 % | all but placebo | verdict skill |"
    yield "|---|---|---|---|---|---|---|"
    for name, market in MARKETS.items():
        found = [judge(to_job(*simulate(market, rng))) for rng in np.random.default_rng(seed).spawn(sweeps)]
        rates = verdict_rates(found)
        yield f"| {name} | " + " | ".join(interval(rate, sweeps) for rate in rates.values()) + " |"


def interval(rate: float, n: int) -> str:
    """A rate in percent with its exact 95 % interval (Clopper & Pearson 1934)."""
    from scipy.stats import binomtest

    low, high = binomtest(round(rate * n), n).proportion_ci()
    return f"{100 * rate:.1f} ({100 * low:.1f}–{100 * high:.1f})"
