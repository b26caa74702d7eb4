"""What a careful reader should believe of a sweep's best point: skill, luck, or not enough to tell.

`skill` needs every figure that could be computed to say so; docs/research.md has the measured rate at which sweeps
without skill pass. All Sharpe ratios are per session unless named annual.
"""

import math
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from ...data.arrays import F8
from ...data.errors import DataError
from ...data.figures import percent, ratio
from .overfit import Overfit, backtest_overfitting, plateau
from .sharpe import (
    Moments,
    deflated_sharpe,
    expected_best,
    minimum_track_record,
    moments,
    probabilistic_sharpe,
    sharpe_ratios,
)
from .superior import Superior, superior_ability
from .trials import Trials, sweep_trials, together
from .walk_forward import LeaveOneOut, WalkForward, leave_one_launch_out, walk_forward

CONFIDENT = 0.95  # deflated Sharpe ratio of a skilled record
MOST_PBO = 0.20  # of PBO, and of the splits in which the chosen point loses
LEVEL = 0.05
SPA_POINTS = 500  # SPA looks at no more than the best of so many points: time grows with them
SPA_DRAWS = 499
SHARPE = "sharpe"  # by which a point is chosen unless another metric is asked for
BELIEF = MappingProxyType(
    {
        "skill": "A careful reader may believe that this is more than luck.",
        "unclear": "A careful reader should not yet believe it:",
        "luck": "A careful reader should take it for luck:",
        "too few": "Nothing can be said:",
    }
)

T = TypeVar("T")


@dataclass(frozen=True)
class Evidence:
    """What is known of a sweep. `returns` (T, P) per session and point; `longest_hold` in sessions.

    Optional: `trials` of every sweep on the same data (else this one alone), `profits` (P, K) per launch, `params`
    per point for the plateau, `benchmark` (T,) returns, `placebo` and `placebo_codes` p-values (other days, other codes), `spa` False to leave out the slow test,
    `best` the column of the chosen point (else that with the highest Sharpe ratio), `metric` the figure it was chosen by,
    `periods` sessions a year.
    """

    returns: F8
    longest_hold: int
    trials: Trials | None = None
    profits: F8 | None = None
    params: Mapping[str, ArrayLike] = field(default_factory=dict)
    benchmark: F8 | None = None
    placebo: float | None = None
    placebo_codes: float | None = None
    spa: bool = True
    best: int | None = None
    metric: str = SHARPE
    seed: int = 0
    periods: float = 242.0


@dataclass(frozen=True)
class Verdict:
    """`label`: skill, unclear, luck or too few. `text`: for the reader; `reasons`: what failed. None = not computed."""

    label: str
    best: int
    record: Moments | None
    trials: Trials | None
    psr: float | None
    dsr: float | None
    min_track: float | None
    overfit: Overfit | None
    superior: Superior | None
    anchored: WalkForward | None
    rolling: WalkForward | None
    left_out: LeaveOneOut | None
    plateau: float | None
    neighbours: int
    placebo: float | None
    placebo_codes: float | None = None
    periods: float = 242.0
    metric: str = SHARPE
    reasons: tuple[str, ...] = ()
    text: str = ""

    def to_json(self) -> dict[str, Any]:
        """The figures as plain JSON values; what was not or cannot be computed is null.

        `luck`: the Sharpe ratio that the best of as many worthless points would be expected to show, which `dsr` deflates by; `logits` one per
        split; folds as pairs of Sharpe ratios, in and out of sample.
        """
        return {
            "label": self.label, "text": self.text, "reasons": list(self.reasons), "best": self.best,
            "sharpe": _figure(self.record, "sharpe"),
            "sharpe_annual": _figure(self.record, "sharpe", math.sqrt(self.periods)),
            "sessions": self.record and self.record.n,
            "skew": _figure(self.record, "skew"), "kurtosis": _figure(self.record, "kurtosis"),
            "sweeps": self.trials and self.trials.sweeps, "trials": self.trials and self.trials.points,
            "independent_trials": _figure(self.trials, "independent"),
            "psr": _number(self.psr), "dsr": _number(self.dsr), "min_track_sessions": _number(self.min_track),
            "pbo": _figure(self.overfit, "pbo"), "loss_out_of_sample": _figure(self.overfit, "loss"),
            "spa_p": _figure(self.superior, "consistent"),
            "survivors": list(self.superior.survivors) if self.superior else None,
            "walk_forward_anchored": _figure(self.anchored, "sharpe"),
            "walk_forward_rolling": _figure(self.rolling, "sharpe"),
            "largest_launch_share": _figure(self.left_out, "largest"),
            "without_largest_launch": _figure(self.left_out, "without"),
            "leave_one_out_kept": _figure(self.left_out, "kept"),
            "plateau": _number(self.plateau), "neighbours": self.neighbours, "placebo_p": _number(self.placebo),
            "placebo_codes_p": _number(self.placebo_codes),
            "luck": _number(expected_best(self.trials.points, self.trials.variance)) if self.trials else None,
            "logits": self.overfit.logits.tolist() if self.overfit else None,
            "folds_anchored": _folds(self.anchored), "folds_rolling": _folds(self.rolling),
        }  # fmt: skip


def _folds(walk: WalkForward | None) -> list[list[float | None]] | None:
    return [[_number(fold.train_sharpe), _number(fold.test_sharpe)] for fold in walk.folds] if walk else None


def verdict(sweep: Evidence, executor: Executor | None = None) -> Verdict:
    """Judge the chosen point, or the best by Sharpe ratio, given how many were tried; folds run on `executor`."""
    purge = sweep.longest_hold
    ratios = sharpe_ratios(sweep.returns)
    best = int(ratios.argmax()) if sweep.best is None else sweep.best
    trials = sweep.trials or together((sweep_trials("", "", sweep.returns),))
    record = _or_none(lambda: moments(sweep.returns[:, best]))
    profits = sweep.profits
    share, neighbours = plateau(sweep.params, ratios, best) if sweep.params else (math.nan, 0)
    judged = Verdict(
        label="",
        best=best,
        record=record,
        trials=trials,
        psr=probabilistic_sharpe(record) if record else None,
        dsr=deflated_sharpe(record, trials.points, trials.variance) if record else None,
        min_track=minimum_track_record(record) if record else None,
        overfit=_or_none(lambda: backtest_overfitting(sweep.returns)),
        superior=_superior(sweep, ratios),
        anchored=_or_none(lambda: walk_forward(sweep.returns, purge=purge, anchored=True, executor=executor)),
        rolling=_or_none(lambda: walk_forward(sweep.returns, purge=purge, anchored=False, executor=executor)),
        left_out=None if profits is None else _or_none(lambda: leave_one_launch_out(profits, best)),
        plateau=None if math.isnan(share) else share,
        neighbours=neighbours,
        placebo=sweep.placebo,
        placebo_codes=sweep.placebo_codes,
        periods=sweep.periods,
        metric=sweep.metric,
    )
    label, reasons = _judge(judged)
    return replace(judged, label=label, reasons=reasons, text=" ".join(sentences(judged, label, reasons)))


def _or_none(make: Callable[[], T]) -> T | None:
    """What `make` returns, or None where there are too few observations for it."""
    try:
        return make()
    except DataError:
        return None


def _superior(sweep: Evidence, ratios: F8) -> Superior | None:
    """SPA over the sweep, or over its best `SPA_POINTS` points."""
    if not sweep.spa:
        return None
    top = np.sort(np.argsort(-ratios, kind="stable")[:SPA_POINTS])
    part = _or_none(
        lambda: superior_ability(sweep.returns[:, top], sweep.benchmark, draws=SPA_DRAWS, seed=sweep.seed)
    )
    return part and replace(part, survivors=tuple(int(top[k]) for k in part.survivors))


def _judge(judged: Verdict) -> tuple[str, tuple[str, ...]]:
    """The label, and every figure that speaks against skill."""
    if judged.record is None or judged.dsr is None or judged.anchored is None or judged.rolling is None:
        return "too few", ("the record is too short to be judged",)
    against = []
    if judged.dsr < CONFIDENT:
        against.append(f"the deflated Sharpe ratio is {judged.dsr:.2f}, below {CONFIDENT}")
    if _overfitted(judged.overfit):
        against.append(
            "chosen on half of the sessions, it ends below the median and loses too often on the rest"
        )
    if judged.superior and judged.superior.consistent >= LEVEL:
        against.append(f"no point is superior to doing nothing (SPA p = {judged.superior.consistent:.2f})")
    for name, walk in (("anchored", judged.anchored), ("rolling", judged.rolling)):
        if walk.sharpe <= 0:
            against.append(f"the {name} walk-forward lost money")
    if judged.left_out and judged.left_out.without <= 0:
        against.append("without its best launch it earned nothing")
    if judged.plateau is not None and judged.plateau < 0.5:
        against.append(f"only {percent(judged.plateau, 0)} of its neighbours keep half its Sharpe ratio")
    if judged.placebo is not None and judged.placebo >= LEVEL:
        against.append(f"placebo launches do as well (p = {judged.placebo:.3f})")
    lost = judged.record.sharpe <= 0 or judged.dsr < 0.5 or _overfitted(judged.overfit, 0.5)
    return ("luck" if lost else "unclear") if against else "skill", tuple(against)


def _overfitted(overfit: Overfit | None, most: float = MOST_PBO) -> bool:
    """Whether the choice is noise and does not pay: where all points earn alike, which is best is no matter."""
    return overfit is not None and overfit.pbo > most and overfit.loss > most


def sentences(judged: Verdict, label: str, reasons: tuple[str, ...]) -> list[str]:
    """The verdict in words: what was tried, what is left of it, and what to believe."""
    tried = judged.trials
    said = []
    if tried:
        sweeps = f" in {tried.sweeps} sweeps on these data" if tried.sweeps > 1 else ""
        alone = f"{tried.independent:,.0f}"
        ones = "one" if alone == "1" else "ones"
        said.append(
            f"{tried.points:,} points were tried{sweeps}, alike enough to be worth about {alone} independent {ones}."
        )
    if judged.record and judged.dsr is not None and judged.psr is not None:
        best = "best" if judged.metric == SHARPE else f"best by {judged.metric.replace('_', ' ')}"
        said.append(
            f"The {best} has an annual Sharpe ratio of {ratio(judged.record.sharpe * math.sqrt(judged.periods))} over "
            f"{judged.record.n} sessions; taken alone that is above zero with probability {percent(judged.psr, 0)}, "
            f"as the best of so many with {percent(judged.dsr, 0)}."
        )
    if judged.overfit:
        said.append(
            f"Chosen on half of the sessions, it ended in the lower half on the rest in {percent(judged.overfit.pbo, 0)} "
            f"of splits (PBO), and lost money in {percent(judged.overfit.loss, 0)}."
        )
    if judged.min_track is not None:
        need = (
            f"{judged.min_track:,.0f} sessions" if math.isfinite(judged.min_track) else "no length of record"
        )
        said.append(f"{need[0].upper()}{need[1:]} would show a Sharpe ratio above zero at 5 %.")
    placebos = [("days", judged.placebo), ("codes", judged.placebo_codes)]
    others = [f"on other {what} in {percent(p, 1)} of the draws" for what, p in placebos if p is not None]
    if others:
        said.append(f"Placebos did as well {', and '.join(others)}.")
    if judged.left_out:
        said.append(f"Its best launch made {percent(judged.left_out.largest, 0)} of the profit.")
    said.append(BELIEF[label] + (f" {'; '.join(reasons)}." if reasons else ""))
    return said


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _figure(found: object, name: str, times: float = 1.0) -> float | None:
    return None if found is None else _number(getattr(found, name) * times)
