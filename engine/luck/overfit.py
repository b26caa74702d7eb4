"""How much of a sweep's best result is selection: PBO by CSCV, and plateaus.

Input is always daily returns (T, P), one column per point of the sweep. Source: Bailey, Borwein, López de Prado &
Zhu (2017) The probability of backtest overfitting.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from ...data.arrays import F8
from ...data.errors import ConfigError, DataError

CHUNK = 2_000_000  # combinations × points held in memory at once


@dataclass(frozen=True)
class Overfit:
    """CSCV's answer. `pbo`: share of splits whose in-sample best is at or below the out-of-sample median.

    `logits` (C,): one per split. `loss`: share of splits in which the chosen point loses out of sample;
    `slope`: out-of-sample Sharpe of the chosen point per unit of its in-sample Sharpe.
    """

    pbo: float
    logits: F8
    loss: float
    slope: float
    splits: int
    points: int


def backtest_overfitting(returns: F8, blocks: int = 10) -> Overfit:
    """Combinatorially symmetric cross-validation of (T, P) returns over `blocks` (even) equal blocks of sessions.

    The odd first sessions that do not fill the blocks are left out. Performance is the Sharpe ratio.
    """
    t, p = returns.shape
    if blocks < 4 or blocks % 2 or blocks > 16:
        raise ConfigError(f"{blocks} blocks: CSCV needs an even number from 4 to 16")
    if p < 2 or t < 4 * blocks:
        raise DataError(
            f"{t} sessions × {p} points are too few for CSCV over {blocks} blocks; it needs 2 points and {4 * blocks} sessions"
        )
    size = t // blocks
    cut = returns[t - size * blocks :].reshape(blocks, size, p)
    cut = cut - cut.mean(axis=(0, 1))  # a shift that cancels below, for precision of the sums of squares
    shift = returns[t - size * blocks :].mean(axis=0)
    sums, squares = cut.sum(axis=1), (cut**2).sum(axis=1)
    chosen = np.zeros((math.comb(blocks, blocks // 2), blocks))
    for row, inside in enumerate(combinations(range(blocks), blocks // 2)):
        chosen[row, list(inside)] = 1.0
    n = size * blocks // 2
    step = max(1, CHUNK // p)
    parts = [
        _split(part, sums, squares, shift, n)
        for part in (chosen[k : k + step] for k in range(0, len(chosen), step))
    ]
    rank, inside_best, outside_best = (np.concatenate([part[k] for part in parts]) for k in range(3))
    share = rank / (p + 1)
    logits = np.log(share / (1 - share))
    spread = float(((inside_best - inside_best.mean()) ** 2).sum())
    slope = float((inside_best - inside_best.mean()) @ outside_best) / spread if spread > 1e-24 else math.nan
    return Overfit(
        float((logits <= 0).mean()), logits, float((outside_best < 0).mean()), slope, len(logits), p
    )


def _split(chosen: F8, sums: F8, squares: F8, shift: F8, n: int) -> tuple[F8, F8, F8]:
    """Out-of-sample rank (1 worst, ties shared), in-sample and out-of-sample Sharpe of each split's best point."""
    inside = _sharpe(chosen @ sums, chosen @ squares, shift, n)
    outside = _sharpe((1 - chosen) @ sums, (1 - chosen) @ squares, shift, n)
    at = np.arange(len(chosen))
    best = inside.argmax(axis=1)
    mine = outside[at, best][:, None]
    rank = (outside < mine).sum(axis=1) + ((outside == mine).sum(axis=1) + 1) / 2
    return rank.astype(float), inside[at, best], outside[at, best]


def _sharpe(total: F8, square: F8, shift: F8, n: int) -> F8:
    variance = (square - total**2 / n) / (n - 1)
    mean = total / n + shift
    return np.divide(
        mean, np.sqrt(np.maximum(variance, 0.0)), out=np.zeros_like(mean), where=variance > 1e-20
    )


def plateau(params: Mapping[str, ArrayLike], score: F8, best: int | None = None) -> tuple[float, int]:
    """Share of the best point's neighbours that keep at least half its score, and how many neighbours it has.

    `params` maps each name to its value at every point; neighbours differ by at most one step of the values tried
    in each number, and agree in everything else. A share near 1 is a plateau, near 0 a lucky spike.
    """
    top = int(np.nanargmax(score)) if best is None else best
    near = np.ones(len(score), bool)
    for values in params.values():
        column = np.asarray(values)
        _, place = np.unique(column, return_inverse=True)
        reach = 1 if np.issubdtype(column.dtype, np.number) else 0
        near &= np.abs(place - place[top]) <= reach
    near[top] = False
    count = int(near.sum())
    if not count or not score[top] > 0:
        return math.nan, count
    return float((score[near] >= score[top] / 2).mean()), count
