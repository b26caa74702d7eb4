"""Hansen's test against the paper's formulas, `arch`, and what a studentised test must be indifferent to."""

import math

import numpy as np
import pytest

from launchlab.data.errors import DataError
from launchlab.engine.luck.superior import (
    long_run_variance,
    p_values,
    stationary_rows,
    step_down,
    superior_ability,
)


def noise(sessions: int = 250, points: int = 10, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.01, (sessions, points))


def test_the_variance_of_the_mean_is_the_papers_sum_over_lags() -> None:
    """Hansen (2005): γ0 + 2 Σ κ(n, i) γi with κ = (n−i)/n (1−q)^i + i/n (1−q)^(n−i), written out lag by lag."""
    x, block = noise(40, 3).cumsum(axis=0), 5
    n, q = len(x), 1 / block
    away = x - x.mean(axis=0)
    by_hand = (away**2).mean(axis=0)
    for i in range(1, n):
        kappa = (n - i) / n * (1 - q) ** i + i / n * (1 - q) ** (n - i)
        by_hand += 2 * kappa * (away[: n - i] * away[i:]).sum(axis=0) / n
    np.testing.assert_allclose(long_run_variance(x, block), by_hand, rtol=1e-10)


def test_the_variance_is_that_of_the_bootstrap_itself() -> None:
    x = noise(120, 4).cumsum(axis=0)
    rows = stationary_rows(len(x), 8, 20_000, np.random.default_rng(1))
    drawn = x[rows].mean(axis=1).var(axis=0) * len(x)
    np.testing.assert_allclose(drawn, long_run_variance(x, 8), rtol=0.05)


def test_blocks_have_the_asked_mean_length_and_run_round_the_end() -> None:
    rows = stationary_rows(400, 10, 500, np.random.default_rng(2))
    follows = (rows[:, 1:] == (rows[:, :-1] + 1) % 400).mean()
    assert follows == pytest.approx(0.9, abs=0.005)  # a block goes on with chance 1 − 1/10
    assert ((rows[:, :-1] == 399) & (rows[:, 1:] == 0)).any()
    assert np.bincount(rows.ravel(), minlength=400).std() < 0.1 * 500


def test_p_values_by_hand() -> None:
    """Means of 2, −0.1 and −3 deviations, the last of them hopeless."""
    real = np.array([2.0, -0.1, -3.0])
    null = np.array([[1.0, 2.05, 0.0], [2.5, 0.0, 0.0], [0.0, 1.0, 2.2], [0.0, 1.0, 4.0]])
    # upper: maxima 2.05, 2.5, 2.2, 4.0 of which all are above 2. consistent: the third column falls by 3: 2.05, 2.5,
    # 1.0, 1.0. lower: the second falls by 0.1 too: 1.95, 2.5, 0.9, 1.0.
    assert p_values(real, null, real < -1.0) == (0.25, 0.5, 1.0)


def test_where_no_point_beats_the_benchmark_nothing_is_found() -> None:
    assert p_values(np.array([-0.5]), np.zeros((4, 1)), np.array([True])) == (1.0, 1.0, 1.0)


def test_the_step_down_finds_the_next_after_taking_out_the_best_by_hand() -> None:
    """With the first point in, chance reaches 3 and hides the second; without it only 1."""
    null = np.array([[3.0, 1.0, 0.8]] * 10 + [[0.0, 0.0, 0.0]] * 90)
    assert step_down(np.array([4.0, 2.0, 0.7]), null, 0.05).tolist() == [0, 1]
    assert step_down(np.array([2.9, 2.0, 0.7]), null, 0.05).tolist() == []
    assert step_down(np.array([9.0, 9.0, 9.0]), null, 0.05).tolist() == [0, 1, 2]


def test_a_loud_worthless_point_does_not_hide_a_quiet_good_one() -> None:
    returns = noise()
    returns[:, 4] *= 0.2
    returns[:, 4] += 0.0008  # an annual Sharpe ratio of about 6
    returns[:, 7] *= 10.0
    found = superior_ability(returns)
    assert found.consistent < 0.01
    assert found.survivors == (4,)


def test_the_unit_of_a_point_is_of_no_consequence() -> None:
    returns = noise()
    returns[:, 2] += 0.002
    scaled = returns * np.array([1.0, 1000.0, 0.001, *[7.0] * 7])
    assert superior_ability(scaled) == superior_ability(returns)


def test_where_all_points_are_as_loud_arch_says_the_same() -> None:
    """arch compares raw means, which then differ by the sampling of the deviations only."""
    bootstrap = pytest.importorskip("arch.bootstrap")
    for seed, drift in ((3, 0.0), (4, 0.0010), (5, 0.0016)):
        returns = noise(300, 6, seed)
        returns[:, 1] += drift
        returns /= returns.std(axis=0)
        reference = bootstrap.SPA(np.zeros(300), -returns, block_size=10, reps=3_000, seed=1)
        reference.compute()
        found = superior_ability(returns, draws=3_000)
        for name in ("lower", "consistent", "upper"):
            assert getattr(found, name) == pytest.approx(reference.pvalues[name], abs=0.03), (seed, name)


def test_one_point_in_twenty_nulls_is_found_and_no_more() -> None:
    found = [
        superior_ability(noise(200, 8, seed), draws=199, seed=seed).consistent < 0.05 for seed in range(400)
    ]
    assert 0.02 < np.mean(found) < 0.085  # 5 % ± 3.3 deviations of a count of 400


def test_a_benchmark_is_subtracted() -> None:
    returns = noise() + 0.003
    assert superior_ability(returns).consistent < 0.01
    better = superior_ability(returns, returns[:, 0] + 0.01)
    assert better.consistent == 1.0
    assert better.survivors == ()


def test_points_that_never_move_are_left_out_and_too_little_is_refused() -> None:
    returns = noise() + 0.004
    returns[:, 0] = 0.0
    assert superior_ability(returns).survivors == tuple(range(1, 10))
    with pytest.raises(DataError, match="0 moving points over 250 sessions"):
        superior_ability(np.zeros((250, 2)))
    with pytest.raises(DataError, match="over 19 sessions are too few"):
        superior_ability(noise(19))
    assert math.isfinite(superior_ability(noise(20)).consistent)
