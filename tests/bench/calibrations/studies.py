"""How often each test cries skill where there is none, and finds it where there is: simulated markets.

`python -m tests.bench.calibrations.studies` prints the tables of docs/research.md: events in simulated markets,
then the verdict on simulated records, then on whole sweeps.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from launchlab.engine.study.abnormal import Abnormal, Model, abnormal_returns, event_rows, event_values
from launchlab.engine.study.battery import LEVEL, NAMES, battery
from launchlab.engine.study.clustered import cluster_deviation
from launchlab.engine.study.family import together
from launchlab.engine.study.findings import WindowSummary
from launchlab.engine.study.options import WINDOWS as DEFAULT

from .simulated_market import BEFORE, Market, simulate
from .verdicts import sweep_table
from .whole_sweeps import whole_table

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

ESTIMATION = (-BEFORE, -21)
WINDOWS = {"react": (0, 1), "drift": (0, 4)}


SCENARIOS: dict[str, Market] = {
    "calm": Market(factor_share=0.0, dates=40, event_noise=1.0, tail=30.0, limit=np.inf),
    "typical": Market(),
    "noisy events": Market(event_noise=3.0),
    "clustered": Market(dates=12, codes_per_launch=2, factor_share=0.4),
    "20 % limits": Market(limit=0.20, tail=3.0, volatility=0.04),
    "5 % limits": Market(limit=0.05),
}


@dataclass(frozen=True)
class Rates:
    """Share of markets in which each test rejected at 5 %, and the share called `real` by the whole battery."""

    rejected: dict[str, float]
    real: float
    markets: int


def events_of(returns: F8, code: I4, day0: I4) -> Abnormal:
    """Mean-model abnormal returns of simulated events over the standard estimation window."""
    offsets = np.arange(ESTIMATION[0], 11, dtype=np.int32)
    rows = event_rows(np.ones((len(returns), 1), bool), np.zeros(len(day0), np.int32), day0, offsets)
    drawn = event_values(returns, rows, code)
    return abnormal_returns(drawn, None, model=Model.MEAN, rows=rows, offsets=offsets, estimation=ESTIMATION)


def rejection_rates(market: Market, *, markets: int, draws: int = 499, seed: int = 0) -> dict[str, Rates]:
    """Rejection rates of each window over `markets` simulated markets; the same seed gives the same table."""
    count = {label: dict.fromkeys(NAMES, 0) for label in WINDOWS}
    real = dict.fromkeys(WINDOWS, 0)
    for rng in np.random.default_rng(seed).spawn(markets):
        returns, code, day0 = simulate(market, rng)
        events = events_of(returns, code, day0)
        for label, window in WINDOWS.items():
            found = battery(events, window, total=len(returns), draws=draws, rng=rng)
            for test in found.tests:
                count[label][test.name] += bool(test.p < LEVEL)
            real[label] += found.p < LEVEL
    return {
        label: Rates({name: k / markets for name, k in count[label].items()}, real[label] / markets, markets)
        for label in WINDOWS
    }


@dataclass(frozen=True)
class FamilyRates:
    """Share of markets in which some default window, or some group in some window, was called real; mean `detectable`."""

    windows: float
    groups: float
    detectable: float


def family_rates(
    market: Market, *, markets: int, draws: int = 499, seed: int = 0, groups: int = 15
) -> FamilyRates:
    """What a study of the default windows says as a whole, and of `groups` groups into which events fall by chance."""
    windows = some_group = 0
    reach = []
    for rng in np.random.default_rng(seed).spawn(markets):
        returns, code, day0 = simulate(market, rng)
        events = events_of(returns, code, day0)
        found = together(_summaries(events, len(returns), draws, rng))
        windows += any(one.verdict == "real" for one in found.values())
        reach.append(found["drift"].detectable)
        member = rng.integers(0, groups, len(events))
        parts = {
            (group, label): summary
            for group in range(groups)
            for label, summary in _summaries(events.keep(member == group), len(returns), draws, rng).items()
        }
        some_group += any(one.verdict == "real" for one in together(parts).values())
    return FamilyRates(windows / markets, some_group / markets, float(np.nanmean(reach)))


def _summaries(
    events: Abnormal, total: int, draws: int, rng: np.random.Generator
) -> dict[str, WindowSummary]:
    """The default windows of a study, with what its verdict needs."""
    found = {}
    for label, span in DEFAULT.items():
        tests = battery(events, span, total=total, draws=draws, rng=rng)
        deviation = 100 * cluster_deviation(events.window(*span))
        nothing = float("nan")
        found[label] = WindowSummary(
            *span, len(events), nothing, nothing, nothing, nothing, nothing, 0, tests, deviation
        )
    return found


def family_table(markets: int, seed: int) -> Iterator[str]:
    """Markdown rows: how often anything is called real, without and with a planted drift."""
    yield "| market | some window real | some of 15 groups real | smallest drift found 8 times in 10 |"
    yield "|---|---|---|---|"
    independent = replace(SCENARIOS["typical"], factor_share=0.0, dates=40)
    rows = SCENARIOS | {
        "drift 1 %/day": replace(SCENARIOS["typical"], drift=0.01),
        "drift 1 %/day, independent": replace(independent, drift=0.01),
    }
    for name, market in rows.items():
        rates = family_rates(market, markets=markets, seed=seed)
        yield f"| {name} | {100 * rates.windows:.1f} | {100 * rates.groups:.1f} | {rates.detectable:.1f} % |"


def tables(markets: int, seed: int) -> Iterator[str]:
    """Markdown rows: false positives of each scenario and window, then power with 1 % a day over five days."""
    columns = (*NAMES, "verdict")
    yield f"| market | window | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 2) + "|"
    for name, market in SCENARIOS.items():
        for label, rates in rejection_rates(market, markets=markets, seed=seed).items():
            yield _row(name, label, rates)
    planted = replace(SCENARIOS["typical"], drift=0.01)
    yield _row("drift 1 %/day", "drift", rejection_rates(planted, markets=markets, seed=seed)["drift"])


def _row(name: str, label: str, rates: Rates) -> str:
    values = [*(rates.rejected[test] for test in NAMES), rates.real]
    return f"| {name} | {label} | " + " | ".join(f"{100 * v:.1f}" for v in values) + " |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the calibration tables; rates in percent."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.calibrations.studies", description=main.__doc__
    )
    parser.add_argument("--markets", type=int, default=1_000, help="simulated markets per row")
    parser.add_argument("--sweeps", type=int, default=200, help="whole sweeps per row")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    events, records = tables(chosen.markets, chosen.seed), sweep_table(chosen.markets, chosen.seed)
    family = family_table(chosen.markets, chosen.seed)
    for line in chain(events, [""], family, [""], records, [""], whole_table(chosen.sweeps, chosen.seed)):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
