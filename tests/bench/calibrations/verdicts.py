"""How often a sweep without skill is called skill: simulated sweeps of correlated, fat-tailed points."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from launchlab.engine.luck.trials import sweep_trials, together
from launchlab.engine.luck.verdict import CONFIDENT, LEVEL, MOST_PBO, Evidence, verdict

F8 = NDArray[np.float64]


@dataclass(frozen=True)
class Points:
    """Daily returns of a simulated sweep: `correlation` between points; `skill` is the annual Sharpe of every `every`-th one."""

    points: int = 60
    sessions: int = 500
    correlation: float = 0.5
    tail: float = 4.0
    skill: float = 0.0
    every: int = 1


CASES = {
    "independent": Points(correlation=0.0),
    "correlated": Points(),
    "many": Points(points=400, correlation=0.8),
    "skill in every third point": Points(skill=3.0, every=3),
    "skill in all points": Points(skill=3.0, correlation=0.8),
}


def simulate(case: Points, rng: np.random.Generator) -> F8:
    """Returns (T, P) with unit-variance Student-t shocks times 1 % a day."""
    spread = np.sqrt(case.tail / (case.tail - 2))
    common = rng.standard_t(case.tail, (case.sessions, 1)) / spread
    own = rng.standard_t(case.tail, (case.sessions, case.points)) / spread
    shocks = np.sqrt(case.correlation) * common + np.sqrt(1 - case.correlation) * own
    mean = np.where(np.arange(case.points) % case.every == 0, case.skill / np.sqrt(242), 0.0)
    return np.asarray(0.01 * (shocks + mean))


def sweep_rates(case: Points, *, sweeps: int, seed: int = 0, spa: bool = True) -> dict[str, float]:
    """Share of sweeps whose best point passes: a naive 95 % Sharpe test, the deflated one, PBO, SPA, the verdict."""
    count = dict.fromkeys(("psr", "dsr", "pbo", "spa", "skill"), 0)
    for rng in np.random.default_rng(seed).spawn(sweeps):
        returns = simulate(case, rng)
        trials = together((sweep_trials("", "", returns),))
        found = verdict(Evidence(returns, longest_hold=5, trials=trials, spa=spa))
        count["psr"] += found.psr is not None and found.psr >= CONFIDENT
        count["dsr"] += found.dsr is not None and found.dsr >= CONFIDENT
        count["pbo"] += found.overfit is not None and min(found.overfit.pbo, found.overfit.loss) <= MOST_PBO
        count["spa"] += found.superior is not None and found.superior.consistent < LEVEL
        count["skill"] += found.label == "skill"
    return {name: k / sweeps for name, k in count.items()}


def sweep_table(sweeps: int, seed: int) -> Iterator[str]:
    """Markdown rows, rates in percent."""
    yield "| sweep | PSR ≥ 95 % | DSR ≥ 95 % | PBO or loss ≤ 20 % | SPA p < 5 % | verdict skill |"
    yield "|---|---|---|---|---|---|"
    for name, case in CASES.items():
        rates = sweep_rates(case, sweeps=sweeps, seed=seed)
        yield f"| {name} | " + " | ".join(f"{100 * rate:.1f}" for rate in rates.values()) + " |"
