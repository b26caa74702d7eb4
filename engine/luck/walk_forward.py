"""Choosing on the past and earning on the future: walk-forward folds, and leaving each launch out.

Input is daily returns (T, P) of every point of a sweep over the same sessions. Rows between a training and a test
window are purged by the longest hold, so that no position straddles both.
"""

import math
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from ...data.arrays import F8, I4
from ...data.errors import DataError
from ..workers.runner import spread
from .sharpe import sharpe_ratios

MIN_ROWS = 20


@dataclass(frozen=True)
class Fold:
    """Rows [train_first, train_end) choose point `chosen`; rows [test_first, test_end) judge it."""

    train_first: int
    train_end: int
    test_first: int
    test_end: int
    chosen: int
    train_sharpe: float
    test_sharpe: float


@dataclass(frozen=True)
class WalkForward:
    """Out-of-sample record of the chosen points: `returns` over all test rows, Sharpe per period.

    `efficiency` is that Sharpe over the mean Sharpe the choices had in training: 1 keeps everything, 0 nothing.
    """

    anchored: bool
    folds: tuple[Fold, ...]
    returns: F8
    sharpe: float
    efficiency: float


def walk_forward(
    returns: F8, *, folds: int = 5, purge: int = 0, anchored: bool = True, executor: Executor | None = None
) -> WalkForward:
    """Choose the point with the best training Sharpe, fold after fold; `purge` rows are dropped in between.

    Anchored training starts at row 0; rolling training is always as long as the first. Needs 20 rows per window.
    Folds do not depend on each other: they run on `executor`, where there is one.
    """
    rows = len(returns)
    edges = np.linspace(0, rows, folds + 2).astype(int)
    if folds < 1 or int(np.diff(edges).min()) - purge < MIN_ROWS:
        raise DataError(
            f"{rows} sessions are too few for {folds} walk-forward folds purged by {purge}; "
            f"each window needs {MIN_ROWS} sessions: take fewer folds or more data"
        )
    windows = []
    for k in range(1, folds + 1):
        first = 0 if anchored else int(edges[k] - edges[1])
        windows.append((first, int(edges[k]) - purge, int(edges[k]), int(edges[k + 1])))
    judged = spread(executor, _fold, (returns,), windows)
    joined = np.concatenate([returns[fold.test_first : fold.test_end, fold.chosen] for fold in judged])
    sharpe = _sharpe(joined)
    promised = float(np.mean([fold.train_sharpe for fold in judged]))
    return WalkForward(
        anchored, tuple(judged), joined, sharpe, sharpe / promised if promised > 0 else math.nan
    )


def _fold(returns: F8, window: tuple[int, int, int, int]) -> Fold:
    """The best point of the rows `window[0]` to `window[1]`, and how it did from `window[2]` to `window[3]`."""
    first, end, start, stop = window
    train = sharpe_ratios(returns[first:end])
    chosen = int(train.argmax())
    return Fold(*window, chosen, float(train[chosen]), _sharpe(returns[start:stop, chosen]))


@dataclass(frozen=True)
class LeaveOneOut:
    """Profit of each launch under the point chosen without it, (K,), and how much of the judged point hangs on one launch.

    `chosen` (K,) points; `kept` is the summed profit so chosen over that of the most profitable point;
    `largest` the share of the judged point's profit which its best launch made; `without` its profit without it.
    """

    chosen: I4
    profit: F8
    kept: float
    largest: float
    without: float


def leave_one_launch_out(profits: F8, judged: int) -> LeaveOneOut:
    """Choose the point with the largest total profit without each launch in turn; `profits` (P, K) per launch.

    `judged` is the point whose own dependence on its best launch is told: it may have been chosen by another figure.
    """
    if profits.shape[1] < 3:
        raise DataError(f"{profits.shape[1]} launches are too few to leave one out; it needs at least 3")
    total = profits.sum(axis=1)
    chosen = (total[:, None] - profits).argmax(axis=0).astype(np.int32)
    profit = profits[chosen, np.arange(profits.shape[1])]
    most = float(profits[int(total.argmax())].sum())
    own, top = float(profits[judged].sum()), float(profits[judged].max())
    return LeaveOneOut(chosen, profit, _share(float(profit.sum()), most), _share(top, own), own - top)


def _share(part: float, whole: float) -> float:
    """NaN of what is no profit."""
    return part / whole if whole > 0 else math.nan


def _sharpe(values: F8) -> float:
    return float(sharpe_ratios(values[:, None])[0])
