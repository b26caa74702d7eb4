"""Is what one run made more than chance? Its own orders where nothing was announced, and a study of the names it traded.

Two questions, and both must say yes. Placebos: does the strategy earn more than the same orders on other days like
theirs? A study: did the names that it bought rise, or those that it sold fall, by more than usual around the launches
that it traded? Days of launches are noisier than others, so a strategy without skill passes the first alone more often than once
in twenty; both together less often (docs/research.md has the measured rates).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8
from ...data.figures import number
from ...data.ledger.launch import LaunchCode, Launches
from ...data.panel.panel import Panel
from ..config import Config
from ..legs import sessions_held
from ..study.battery import LEVEL
from ..study.findings import Study, WindowSummary
from ..study.options import FARTHEST, StudyOptions
from ..study.study import study
from .placebo import Placebo, ThroughEngine, placebo_codes, placebo_days

DRAWS = 499
FEWEST = 5  # launches below which nothing can be said
BOUGHT, SOLD = "bought", "sold"
SIDES = {BOUGHT: 1, SOLD: -1}
WORDS = {
    "more than chance": "Judged: more than chance.",
    "unclear": "Judged: unclear, the two tests disagree.",
    "chance": "Judged: not told from chance.",
    "too few": "Judged: too little to say.",
}
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class RunVerdict:
    """`label`: more than chance, unclear, chance or too few. `days`, `codes`: placebos, None where there were no legs.

    `sides`: by `bought` and `sold`, the study's window from the first session after the news over the longest hold.
    """

    label: str
    launches: int
    days: Placebo | None
    codes: Placebo | None
    sides: Mapping[str, WindowSummary]
    hold: int

    @property
    def text(self) -> str:
        """The verdict in words, with how it was judged."""
        if self.days is None or self.codes is None or self.label == "too few":
            return f"{WORDS['too few']} {self.launches} launches had orders, and a verdict needs {FEWEST}."
        told = (
            f"{WORDS[self.label]} Of {len(self.days.draws)} times the same orders on other days like theirs, "
            f"{_share(self.days)} earned as much (p {self.days.p:.3f}), on other names of the run {_share(self.codes)} "
            f"(p {self.codes.p:.3f})"
        )
        moved = [_moved(side, self.sides[side], self.hold) for side in SIDES if side in self.sides]
        return f"{'; '.join([told, *moved])}. Both tests must find it, at 5 %."

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; what could not be measured is null."""
        sides = {
            side: {"events": w.n, "mean": _finite(w.mean), "p": _finite(w.p), "verdict": w.verdict}
            for side, w in self.sides.items()
        }
        return {
            "label": self.label, "text": self.text, "launches": self.launches, "hold": self.hold,
            "placebo_days_p": self.days and self.days.p, "placebo_codes_p": self.codes and self.codes.p,
            "draws": len(self.days.draws) if self.days else 0, "study": sides,
        }  # fmt: skip


def run_verdict(
    launches: Launches,
    panel: Panel,
    legs: NDArray[Any],
    config: Config,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Progress | None = None,
) -> RunVerdict:
    """Judge the legs of a run (LEG dtype). `progress` is told how many of the placebo runs are done, and of how many."""
    answering = legs[legs["launch"] >= 0]
    count = len(np.unique(answering["launch"]))
    hold = min(int(sessions_held(answering).max()) if len(answering) else 1, FARTHEST)
    if count < FEWEST:
        return RunVerdict("too few", count, None, None, {}, hold)
    run = _Counting(ThroughEngine(panel, config), 2 * (draws + 1), progress)
    days = placebo_days(run, answering, panel, draws=draws, seed=seed)
    codes = placebo_codes(run, answering, panel, draws=draws, seed=seed)
    sides = _sides(study_of_legs(launches, panel, answering, hold, seed=seed))
    return RunVerdict(_label(days, sides), count, days, codes, sides, hold)


def study_of_legs(launches: Launches, panel: Panel, legs: NDArray[Any], hold: int, *, seed: int = 0) -> Study:
    """An event study of the launches that had legs, on the names of the legs; the group says which side."""
    rows = []
    for k in np.unique(legs["launch"]).tolist():
        own = legs[legs["launch"] == k]
        names = {(panel.codes[int(leg["code"])], BOUGHT if leg["side"] > 0 else SOLD): None for leg in own}
        rows.append(replace(launches[k], codes=tuple(LaunchCode(code, side) for code, side in names)))
    options = StudyOptions(windows={"held": (0, hold)}, by=("role",), seed=seed)
    return study(replace(launches, rows=tuple(rows)), panel, options)


def _sides(found: Study) -> dict[str, WindowSummary]:
    return {side: windows["held"] for side, windows in found.by.get("role", {}).items()}


def _label(days: Placebo, sides: Mapping[str, WindowSummary]) -> str:
    moved = any(
        sides[side].p < LEVEL and sign * sides[side].mean > 0.0
        for side, sign in SIDES.items()
        if side in sides
    )
    beats = days.p < LEVEL
    return "more than chance" if beats and moved else "unclear" if beats or moved else "chance"


@dataclass
class _Counting:
    """A run that says how often it was asked for."""

    run: ThroughEngine
    total: int
    progress: Progress | None
    done: int = 0

    def __call__(self, legs: NDArray[Any]) -> F8:
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, self.total)
        return self.run(legs)


def _share(placebo: Placebo) -> str:
    return f"{100.0 * float((placebo.draws >= placebo.real).mean()):.1f} %"


def _moved(side: str, window: WindowSummary, hold: int) -> str:
    """What a study says of one side."""
    what = f"the names {side} moved {number(window.mean, 2)} % more than usual in sessions 0 to {hold}"
    if not math.isfinite(window.mean):
        return f"too few of the names {side} have a history to study"
    p = f"p {window.p:.3f}" if math.isfinite(window.p) else "too few to test"
    return f"{what} ({p}, {window.n} events)"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
