"""Overfitting statistics, against the papers' examples, a brute-force reference and `arch`."""

import math
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from launchlab.data.errors import ConfigError, DataError
from launchlab.engine.luck import trials as ledger
from launchlab.engine.luck.overfit import Overfit, backtest_overfitting, plateau
from launchlab.engine.luck.sharpe import (
    Moments,
    deflated_sharpe,
    expected_best,
    independent_trials,
    mean_correlation,
    minimum_track_record,
    moments,
    probabilistic_sharpe,
    sharpe_ratios,
)
from launchlab.engine.luck.verdict import Evidence, _judge, verdict

from ...bench.calibrations.verdicts import Points, simulate, sweep_rates

F8 = NDArray[np.float64]

# Bailey & López de Prado (2014), the numerical example: annual Sharpe 2.5 over 5 years of 250 days.
EXAMPLE = Moments(2.5 / math.sqrt(250), skew=-3.0, kurtosis=10.0, n=1250)
VARIANCE = 0.5 / 250


def brute_force(returns: F8, blocks: int) -> tuple[float, float, float]:
    """PBO, loss and slope of CSCV as its definition reads: glue the chosen blocks, rank by Sharpe, count and fit a line."""
    t, p = returns.shape
    size = t // blocks
    rows = np.arange(t - size * blocks, t).reshape(blocks, size)
    below, inside_best, outside_best = 0, [], []
    splits = list(combinations(range(blocks), blocks // 2))
    for inside in splits:
        outside = [b for b in range(blocks) if b not in inside]
        train, test = returns[np.concatenate(rows[list(inside)])], returns[np.concatenate(rows[outside])]
        trained, tested = (part.mean(axis=0) / part.std(axis=0, ddof=1) for part in (train, test))
        chosen = np.argmax(trained)
        omega = stats.rankdata(tested)[chosen] / (p + 1)
        below += math.log(omega / (1 - omega)) <= 0
        inside_best.append(trained[chosen])
        outside_best.append(tested[chosen])
    slope = float(stats.linregress(inside_best, outside_best).slope)
    return below / len(splits), float((np.array(outside_best) < 0).mean()), slope


def test_the_papers_deflated_sharpe_ratio() -> None:
    assert expected_best(100, VARIANCE) == pytest.approx(0.1132, abs=5e-5)
    assert deflated_sharpe(EXAMPLE, 100, VARIANCE) == pytest.approx(0.9004, abs=5e-5)


def test_the_papers_number_of_trials_at_which_the_example_would_still_pass() -> None:
    assert deflated_sharpe(EXAMPLE, 46, VARIANCE) == pytest.approx(0.9505, abs=5e-5)


def test_one_trial_is_not_deflated() -> None:
    assert deflated_sharpe(EXAMPLE, 1, VARIANCE) == probabilistic_sharpe(EXAMPLE)


def test_the_minimum_track_record_is_where_the_probabilistic_sharpe_reaches_the_level() -> None:
    n = minimum_track_record(EXAMPLE)
    at_least = Moments(EXAMPLE.sharpe, EXAMPLE.skew, EXAMPLE.kurtosis, math.ceil(n))
    one_less = Moments(EXAMPLE.sharpe, EXAMPLE.skew, EXAMPLE.kurtosis, math.ceil(n) - 1)
    assert probabilistic_sharpe(one_less) < 0.95 <= probabilistic_sharpe(at_least)


def test_a_sharpe_ratio_below_its_benchmark_has_no_track_record_long_enough() -> None:
    assert minimum_track_record(EXAMPLE, benchmark=1.0) == math.inf


def test_the_minimum_track_record_of_a_normal_record_by_hand() -> None:
    """Sharpe 0.1 a day: 1 + (1 + 0.1² / 2) × (1.6449 / 0.1)²."""
    assert minimum_track_record(Moments(0.1, 0.0, 3.0, 250)) == pytest.approx(1 + 1.005 * 270.554, rel=1e-4)


def test_moments_agree_with_scipy() -> None:
    returns = np.random.default_rng(0).standard_t(5, 300)
    found = moments(returns)
    assert found.skew == pytest.approx(stats.skew(returns))
    assert found.kurtosis == pytest.approx(stats.kurtosis(returns, fisher=False))
    assert found.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1))


@pytest.mark.parametrize("returns", [np.zeros(100), np.array([0.01, 0.02])])
def test_a_flat_or_short_record_is_refused(returns: F8) -> None:
    with pytest.raises(DataError, match=r"vary|too few"):
        moments(returns)


def test_the_mean_correlation_agrees_with_the_matrix() -> None:
    returns = simulate(Points(points=7, sessions=200), np.random.default_rng(0))
    matrix = np.corrcoef(returns.T)
    assert mean_correlation(returns) == pytest.approx((matrix.sum() - 7) / 42)


def test_perfectly_correlated_trials_are_one_and_uncorrelated_ones_all() -> None:
    assert independent_trials(100, 1.0) == 1.0
    assert independent_trials(100, 0.0) == 100.0
    # a mean correlation is that of rounded figures, and may lie beyond either end
    assert independent_trials(100, 1.0 + 1e-9) == 1.0
    assert independent_trials(100, -0.01) == 100.0


@pytest.mark.parametrize(
    ("seed", "points", "sessions", "blocks"), [(0, 5, 97, 6), (1, 12, 160, 8), (2, 3, 40, 4)]
)
def test_pbo_agrees_with_brute_force(seed: int, points: int, sessions: int, blocks: int) -> None:
    returns = simulate(Points(points=points, sessions=sessions), np.random.default_rng(seed))
    found = backtest_overfitting(returns, blocks)
    pbo, loss, slope = brute_force(returns, blocks)
    assert (found.pbo, found.loss) == (pbo, loss)
    assert found.slope == pytest.approx(slope, rel=1e-9)
    assert found.splits == math.comb(blocks, blocks // 2)


def test_a_point_that_always_leads_is_never_overfitted() -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, (200, 5))
    noise[:, 2] += 0.05
    assert backtest_overfitting(noise).pbo == 0.0


def test_points_that_only_take_turns_are_overfitted() -> None:
    """Two points each good in one half: whichever half chooses, the other half punishes."""
    good, bad = np.full((40, 1), 0.01), np.full((40, 1), -0.01)
    swing = np.vstack([np.hstack([good, bad]), np.hstack([bad, good])])
    returns = swing + np.random.default_rng(0).normal(0, 1e-4, swing.shape)
    halves = backtest_overfitting(returns, 4)
    # of the six splits of four blocks, the two pure ones choose wrongly; the mixed ones are coin throws
    assert halves.pbo >= 2 / 6
    assert halves.slope < 0


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_pbo_does_not_depend_on_the_order_of_the_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    returns = rng.normal(0, 0.01, (80, 6))
    assert backtest_overfitting(returns, 6).pbo == backtest_overfitting(returns[:, rng.permutation(6)], 6).pbo


@pytest.mark.parametrize("blocks", [3, 2, 18])
def test_cscv_needs_an_even_sensible_number_of_blocks(blocks: int) -> None:
    with pytest.raises(ConfigError, match="even"):
        backtest_overfitting(np.zeros((100, 3)), blocks)


def test_a_plateau_is_told_from_a_spike() -> None:
    hold, weight = (grid.ravel() for grid in np.meshgrid([1, 3, 5, 10, 20], [0.1, 0.2, 0.3]))
    params = {"hold": hold, "weight": weight, "side": np.array(["long"] * 15)}
    smooth = np.where(hold <= 10, 1.0, 0.2)
    smooth[6] = 1.1  # hold 3, weight 0.2
    assert plateau(params, smooth) == (1.0, 8)
    spike = np.full(15, 0.1)
    spike[6] = 1.1
    assert plateau(params, spike) == (0.0, 8)


def test_neighbours_share_what_is_not_a_number() -> None:
    params = {"hold": np.array([1, 2, 1, 2]), "kind": np.array(["a", "a", "b", "b"])}
    assert plateau(params, np.array([1.0, 0.9, 0.1, 0.1])) == (1.0, 1)


def test_a_sweep_run_again_counts_once_and_another_adds_up(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    assert ledger.read(path, "bars") == ()
    rng = np.random.default_rng(0)
    first, second = (simulate(Points(points=n, correlation=0.0), rng) for n in (10, 20))
    for name, returns in (("one", first), ("one", first), ("two", second)):
        ledger.record(path, ledger.sweep_trials("bars", name, returns))
    ledger.record(path, ledger.sweep_trials("other bars", "one", first))
    total = ledger.together(ledger.read(path, "bars"))
    assert (total.sweeps, total.points) == (2, 30)
    pooled = np.concatenate([sharpe_ratios(first), sharpe_ratios(second)])
    assert total.variance == pytest.approx(pooled.var(), rel=0.15)
    assert total.independent == pytest.approx(30, rel=0.1)


def test_a_damaged_ledger_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    path.write_text("{}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 1"):
        ledger.read(path, "bars")


def test_more_trials_on_the_same_data_never_raise_the_deflated_sharpe() -> None:
    found = [deflated_sharpe(EXAMPLE, n, VARIANCE) for n in (1, 2, 10, 100, 10_000)]
    assert found == sorted(found, reverse=True)


def test_a_sweep_without_skill_is_not_called_skill_more_than_five_times_in_a_hundred() -> None:
    assert sweep_rates(Points(points=30), sweeps=60, spa=False)["skill"] <= 0.05


def test_the_luck_of_the_verdict_is_what_the_deflated_sharpe_ratio_deflates_by() -> None:
    """Eighty points, however alike: a record at exactly that ratio has even odds, as a DSR of one half says."""
    common = np.random.default_rng(4).normal(0, 0.01, (600, 1))
    returns = common + np.random.default_rng(5).normal(0, 0.004, (600, 80))
    judged = verdict(Evidence(returns, longest_hold=5, spa=False))
    assert judged.record is not None
    assert judged.trials is not None
    assert judged.trials.independent < 40 < judged.trials.points == 80
    at_luck = replace(judged.record, sharpe=judged.to_json()["luck"])
    assert deflated_sharpe(at_luck, 80, judged.trials.variance) == pytest.approx(0.5)


def test_the_chosen_point_is_judged_and_the_figure_it_was_chosen_by_is_named() -> None:
    """The second column has the higher Sharpe ratio; the first one, twice as far and far wilder, was asked for."""
    quiet = np.random.default_rng(0).normal(0.001, 0.005, 600)
    wild = np.random.default_rng(1).normal(0.002, 0.05, 600)
    found = Evidence(np.column_stack([wild, quiet]), longest_hold=5, spa=False, best=0, metric="total_return")
    judged = verdict(found)
    assert judged.best == 0
    assert judged.record is not None
    assert judged.record.sharpe == pytest.approx(wild.mean() / wild.std(ddof=1))
    assert "The best by total return has an annual Sharpe ratio of" in judged.text


def test_profits_and_neighbours_are_those_of_the_point_that_is_judged() -> None:
    """The third point is judged: 2 of its 5 come from its best launch, and it has one neighbour; the second, the best, two."""
    returns = np.random.default_rng(0).normal(0.001, 0.01, (300, 3)) + np.array([0.0, 0.002, 0.001])
    profits = np.array([[1.0, 1.0, 9.0], [1.0, 2.0, 9.0], [2.0, 2.0, 1.0]])
    found = Evidence(
        returns, longest_hold=5, spa=False, best=2, profits=profits, params={"hold": np.array([1, 2, 3])}
    )
    judged = verdict(found)
    assert judged.to_json()["largest_launch_share"] == pytest.approx(2 / 5)
    assert judged.to_json()["without_largest_launch"] == pytest.approx(3.0)
    assert "Its best launch made 40 % of the profit." in judged.text
    assert judged.neighbours == 1
    alike = verdict(replace(found, returns=np.repeat(returns[:, :1], 3, axis=1), best=0))
    assert "3 points were tried, alike enough to be worth about 1 independent one. " in alike.text


def test_a_clear_skill_is_recognised_and_put_into_words() -> None:
    returns = np.random.default_rng(0).normal(0, 0.01, (600, 3)) + 0.003
    judged = verdict(Evidence(returns, longest_hold=5, spa=False))
    assert judged.label == "skill"
    assert "more than luck" in judged.text
    assert judged.to_json()["pbo"] is not None


def test_a_verdict_names_what_speaks_against_skill() -> None:
    returns = np.random.default_rng(0).normal(0, 0.01, (600, 3)) + 0.003
    judged = verdict(
        Evidence(returns, longest_hold=5, spa=False, placebo=0.4, profits=np.array([[5.0, -1.0, -2.0]] * 3))
    )
    assert judged.label == "unclear"
    assert any("placebo" in reason for reason in judged.reasons)
    assert any("best launch" in reason for reason in judged.reasons)


NOISE = Overfit(
    0.6, np.zeros(1), 0.6, 0.0, 70, 10
)  # below the median in 42 of 70 splits, at a loss in as many


@pytest.mark.parametrize(
    ("figures", "label"),
    [
        ({}, "skill"),
        ({"dsr": 0.95}, "skill"),
        ({"dsr": 0.949}, "unclear"),
        ({"dsr": 0.5}, "unclear"),
        ({"dsr": 0.499}, "luck"),  # the best of as many worthless points does as well more often than not
        ({"overfit": replace(NOISE, pbo=0.2)}, "skill"),
        ({"overfit": replace(NOISE, loss=0.2)}, "skill"),  # which is best is no matter where all points earn
        ({"overfit": replace(NOISE, pbo=0.3)}, "unclear"),
        ({"overfit": replace(NOISE, pbo=0.5)}, "unclear"),
        ({"overfit": replace(NOISE, loss=0.5)}, "unclear"),
        ({"overfit": NOISE}, "luck"),
        ({"placebo": 0.049}, "skill"),
        ({"placebo": 0.05}, "unclear"),
        ({"plateau": 0.5}, "skill"),
        ({"plateau": 0.49}, "unclear"),
        ({"record": "lost", "placebo": 0.9}, "luck"),
        ({"dsr": 0.3, "placebo": 0.9}, "luck"),
    ],
)
def test_each_figure_speaks_for_itself_and_one_that_says_luck_is_enough(
    figures: dict[str, Any], label: str
) -> None:
    returns = np.random.default_rng(0).normal(0, 0.01, (600, 3)) + 0.003
    skilled = verdict(Evidence(returns, longest_hold=5, spa=False))
    assert skilled.record is not None
    if "record" in figures:
        figures = figures | {"record": replace(skilled.record, sharpe=0.0)}
    found, reasons = _judge(replace(skilled, **figures))
    assert found == label
    assert bool(reasons) == (label != "skill")


def test_a_record_too_short_gives_no_verdict() -> None:
    judged = verdict(Evidence(np.random.default_rng(0).normal(size=(15, 4)), longest_hold=1, spa=False))
    assert judged.label == "too few"
    assert judged.to_json()["dsr"] is None


def test_a_strategy_that_never_traded_gives_no_verdict() -> None:
    assert verdict(Evidence(np.zeros((300, 4)), longest_hold=1)).label == "too few"
