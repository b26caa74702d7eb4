"""How often the best point of a search without skill is called skill: searches of simulated grids.

`python -m tests.bench.calibrations.searches` prints the table of docs/research.md (ten minutes).
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from launchlab.engine.luck.sharpe import sharpe_ratios
from launchlab.engine.luck.trials import sweep_trials, together
from launchlab.engine.luck.verdict import CONFIDENT, Evidence, verdict
from launchlab.engine.search.points import COLUMNS
from launchlab.engine.search.search import Field, Search, run_search
from launchlab.engine.search.space import Space
from launchlab.engine.search.study import need_optuna
from launchlab.engine.search.table import to_trials
from launchlab.engine.sweeps.grid import Grid
from launchlab.engine.sweeps.points import METRICS
from launchlab.engine.sweeps.sample import sample

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

F8 = NDArray[np.float64]

SESSIONS, SIDE, TRIALS, BATCH = 500, 20, 100, 16
SHARPE = METRICS.index("sharpe")
GRID = Grid({"across": tuple(range(SIDE)), "up": tuple(range(SIDE))})


@dataclass(frozen=True)
class Surface:
    """A grid of SIDE × SIDE points: neighbours within `width` steps are alike; `skill` is every point's annual Sharpe."""

    kind: str
    width: float
    skill: float = 0.0


CASES = {
    "rough, no skill": Surface("tpe", 0.0),
    "smooth, no skill": Surface("tpe", 3.0),
    "smooth, no skill ": Surface("nsga2", 3.0),
    "smooth, a Sharpe ratio of 3 in all points": Surface("tpe", 3.0, 3.0),
}


class Memory:
    """Trials of one process that nobody else needs."""

    def __init__(self) -> None:
        self.trials: list[FrozenTrial] = []

    def finished(self) -> "list[FrozenTrial]":
        """All of them."""
        return self.trials

    def add(self, trials: "Sequence[FrozenTrial]") -> None:
        """Number and keep them."""
        for one in trials:
            one.number = len(self.trials)
            self.trials.append(one)


def simulate(case: Surface, rng: np.random.Generator) -> F8:
    """Returns (T, SIDE²): Student-t shocks of 1 % a day with 4 degrees of freedom, alike by distance on the grid."""
    place = np.arange(SIDE)
    apart = place[:, None] - place
    alike = np.exp(-(apart**2) / (2 * case.width**2)) if case.width else np.eye(SIDE)
    root = np.linalg.cholesky(alike + 1e-9 * np.eye(SIDE))
    shocks = rng.standard_t(4, (SESSIONS, SIDE, SIDE)) / np.sqrt(2)
    return 0.01 * ((root @ shocks @ root.T).reshape(SESSIONS, -1) + case.skill / np.sqrt(242))


def searched(case: Surface, rng: np.random.Generator) -> tuple[bool, bool, bool]:
    """Whether the point that a search finds passes a 95 % Sharpe test, the deflated one, and the verdict."""
    returns = simulate(case, rng)
    ratios = sharpe_ratios(returns)

    def measure(numbers: NDArray[np.int64]) -> F8:
        table = np.zeros((len(numbers), len(COLUMNS)))
        table[:, SHARPE] = ratios[numbers]
        return table

    memory = Memory()
    search = Search(case.kind, TRIALS, ("sharpe",), seed=int(rng.integers(2**31)), batch=BATCH)
    run_search(search, Field(Space(GRID), measure), memory)
    trials = to_trials(memory.trials)
    best = int(trials.number[trials.measured[:, SHARPE].argmax()])
    numbers = sample(GRID, best)
    seen = returns[:, numbers]
    counted = together((sweep_trials("", "", seen, points=len(trials)),))
    place = int(np.searchsorted(numbers, best))
    found = verdict(Evidence(seen, longest_hold=5, trials=counted, spa=False, best=place))
    sure = [figure is not None and figure >= CONFIDENT for figure in (found.psr, found.dsr)]
    return sure[0], sure[1], found.label == "skill"


def search_table(searches: int, seed: int) -> Iterator[str]:
    """Markdown rows, rates in percent."""
    need_optuna()
    yield "| grid | search | PSR ≥ 95 % | DSR ≥ 95 % | verdict skill |"
    yield "|---|---|---|---|---|"
    for name, case in CASES.items():
        passed = [searched(case, rng) for rng in np.random.default_rng(seed).spawn(searches)]
        rates = " | ".join(f"{100 * rate:.1f}" for rate in np.mean(passed, axis=0))
        yield f"| {name.strip()} | {case.kind} | {rates} |"


if __name__ == "__main__":
    for row in search_table(200, 0):
        sys.stdout.write(row + "\n")
        sys.stdout.flush()
