"""The event-study arithmetic and its tests, against hand computation, statsmodels and laws."""

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from launchlab.data.errors import ConfigError
from launchlab.engine.study import inference
from launchlab.engine.study.abnormal import (
    Abnormal,
    Model,
    Sample,
    abnormal_returns,
    event_rows,
    event_values,
)
from launchlab.engine.study.battery import battery, word_of
from launchlab.engine.study.clustered import (
    block_bootstrap,
    calendar_time,
    clusters,
    wild_bootstrap,
)

from ...bench.calibrations.simulated_market import Market, limited, simulate
from ...bench.calibrations.studies import events_of, rejection_rates

F8 = NDArray[np.float64]


def events(
    returns: F8, *, model: Model = Model.MEAN, factor: F8 | None = None, estimation: tuple[int, int] = (-20, -6),
    first: int = -20, rows: NDArray[np.int32] | None = None,
) -> Abnormal:  # fmt: skip
    """Abnormal returns of events given directly as (E, L) returns from offset `first` on."""
    offsets = np.arange(first, first + returns.shape[1], dtype=np.int32)
    where = np.arange(returns.size, dtype=np.int32).reshape(returns.shape) * 50 if rows is None else rows
    return abnormal_returns(returns, factor, model=model, rows=where, offsets=offsets, estimation=estimation)


def on_dates(values: list[float], count: int, date_rows: list[int]) -> Abnormal:
    """`count` events on each date whose day-0 abnormal return is the date's value; quiet ±1 % estimation windows."""
    quiet = np.tile([0.01, -0.01], 20)[:20]
    returns = np.array([[*quiet, value] for value in values for _ in range(count)])
    rows = np.array([np.arange(row - 20, row + 1) for row in date_rows for _ in range(count)], np.int32)
    return events(returns, estimation=(-20, -1), rows=rows)


def test_the_mean_model_takes_the_estimation_mean_off_each_return() -> None:
    estimation = np.array([0.01, -0.01] * 7 + [0.03])  # 15 days, mean 0.002
    returns = np.concatenate([estimation, np.zeros(5), [0.10, 0.05]])[None, :]
    sample = events(returns).window(0, 1)
    assert sample.car[0] == pytest.approx(0.10 + 0.05 - 2 * 0.002)
    assert sample.bhar[0] == pytest.approx(1.10 * 1.05 - 1.002**2)
    variance = ((estimation - 0.002) ** 2).sum() / 14
    assert sample.scar[0] == pytest.approx(0.146 / math.sqrt(variance * (2 + 4 / 15)))


def test_a_day_without_trading_adds_nothing_and_is_not_counted() -> None:
    estimation = np.array([0.01, -0.01] * 7 + [0.0])
    returns = np.concatenate([estimation, np.zeros(5), [0.10, np.nan, 0.02]])[None, :]
    sample = events(returns).window(0, 2)
    assert sample.n[0] == 2
    assert sample.car[0] == pytest.approx(0.12)


def test_the_market_model_is_ordinary_least_squares() -> None:
    rng = np.random.default_rng(3)
    market = rng.normal(0.0, 0.01, (4, 60))
    returns = 0.001 + 1.4 * market + rng.normal(0.0, 0.02, (4, 60))
    found = events(returns, model=Model.MARKET, factor=market, estimation=(-50, -11), first=-50)
    sample = found.window(-2, 3)
    for k in range(4):
        design = sm.add_constant(market[k])
        fit = sm.OLS(returns[k, :40], design[:40]).fit()
        inside = slice(48, 54)
        residual = returns[k, inside] - fit.predict(design[inside])
        assert found.sigma[k] == pytest.approx(math.sqrt(fit.mse_resid))
        assert sample.car[k] == pytest.approx(residual.sum())
        total = design[inside].sum(axis=0)  # the sum of the window's predictions is one linear combination
        error = fit.mse_resid * 6 + total @ fit.cov_params() @ total
        assert sample.scar[k] == pytest.approx(residual.sum() / math.sqrt(error))


def test_the_peer_model_has_no_parameters() -> None:
    returns = np.array([[*([0.02, -0.02] * 8), 0.10]])
    peer = np.array([[*([0.01, -0.01] * 8), 0.04]])
    sample = events(returns, model=Model.PEER, factor=peer, estimation=(-16, -1), first=-16).window(0, 0)
    assert sample.car[0] == pytest.approx(0.06)
    assert sample.scar[0] == pytest.approx(0.06 / 0.01)


def test_a_model_without_its_benchmark_is_refused() -> None:
    with pytest.raises(ConfigError, match="benchmark"):
        events(np.zeros((1, 30)), model=Model.MARKET)


def test_patell_adds_standardised_sums_of_known_variance() -> None:
    found = events(np.random.default_rng(0).normal(0, 0.02, (8, 24)))
    sample = found.window(0, 2)
    expected = sample.scar.sum() / math.sqrt(8 * 14 / 12)  # 15 observations, one parameter
    test = inference.patell(sample)
    assert test.statistic == pytest.approx(expected)
    assert test.p == pytest.approx(2 * stats.norm.sf(abs(expected)))


def test_bmp_is_the_t_test_of_the_standardised_sums() -> None:
    sample = events(np.random.default_rng(1).normal(0, 0.02, (9, 24))).window(0, 2)
    expected = stats.ttest_1samp(sample.scar, 0.0)
    assert inference.bmp(sample).statistic == pytest.approx(expected.statistic)
    assert inference.bmp(sample).p == pytest.approx(expected.pvalue)


def test_kolari_pynnonen_deflates_bmp_by_the_mean_correlation() -> None:
    sample = events(np.random.default_rng(1).normal(0.02, 0.02, (10, 24))).window(0, 0)
    plain, adjusted = inference.bmp(sample), inference.kolari_pynnonen(sample, 0.1)
    assert adjusted.statistic == pytest.approx(plain.statistic * math.sqrt(0.9 / 1.9))  # (1 - r) / (1 + 9 r)
    assert inference.kolari_pynnonen(sample, 0.0).statistic == pytest.approx(plain.statistic)


def test_cross_correlation_counts_only_days_that_two_events_share() -> None:
    rng = np.random.default_rng(5)
    common = rng.normal(0, 0.02, 200)
    rows = np.array([np.arange(0, 24), np.arange(0, 24), np.arange(100, 124)], np.int32)
    returns = np.array([common[:24], 2 * common[:24], common[100:124]])
    found = events(returns, rows=rows)
    # one pair of six ordered pairs is perfectly correlated, both ways; the third event shares no day
    assert inference.cross_correlation(found, found.window(0, 2), 200) == pytest.approx(2 / 6)


def test_cross_correlation_weighs_partly_overlapping_windows_by_their_shared_days() -> None:
    common = np.random.default_rng(6).normal(0, 0.02, 60)
    rows = np.array([np.arange(0, 24), np.arange(1, 25)], np.int32)
    found = events(np.array([common[:24], common[1:25]]), rows=rows)
    r = inference.cross_correlation(found, found.window(0, 2), 60)
    estimates = [common[0:15], common[1:16]]
    shared = [estimates[0][1:] - estimates[0].mean(), estimates[1][:-1] - estimates[1].mean()]
    rho = shared[0] @ shared[1] / math.sqrt((shared[0] @ shared[0]) * (shared[1] @ shared[1]))
    assert r == pytest.approx(rho * 2 / 3)


def test_the_rank_test_by_hand() -> None:
    """Five alike events of 15 quiet days and a day 0 above them all: its scaled rank is 16/17 - 1/2 on each event."""
    returns = np.tile(np.arange(16.0) / 1000, (5, 1))
    found = events(returns, estimation=(-15, -1), first=-15)
    scaled = np.arange(1, 17) / 17 - 0.5
    expected = scaled[-1] / math.sqrt((scaled**2).mean())
    assert inference.rank_test(found, found.window(0, 0), (0, 0)).statistic == pytest.approx(expected)


def test_the_sign_test_by_hand() -> None:
    """Estimation days are half positive; 9 of 12 CARs are positive: (9 - 6) / sqrt(12 / 4)."""
    quiet = np.tile([0.01, -0.01], (12, 8))
    last = np.where(np.arange(12) < 9, 0.05, -0.05)[:, None]
    found = events(np.hstack([quiet, last]), estimation=(-16, -1), first=-16)
    assert inference.generalised_sign(found, found.window(0, 0)).statistic == pytest.approx(3 / math.sqrt(3))


def test_a_hundred_and_twenty_launches_on_three_dates_are_three_observations() -> None:
    found = on_dates([0.10, 0.0, 0.05], 40, [100, 200, 300])
    sample = found.window(0, 0)
    naive, days = inference.naive_t(sample), calendar_time(sample)
    assert days.n == 3
    # mean 0.05 and deviation 0.05 over 3 days: t = sqrt(3)
    assert days.statistic == pytest.approx(math.sqrt(3))
    assert naive.statistic > 8
    assert naive.statistic > 5 * days.statistic
    assert wild_bootstrap(sample, 199, np.random.default_rng(0)).refused


def test_day_by_day_dependence_inside_a_window_widens_the_calendar_time_deviation() -> None:
    sample = on_dates([0.0] * 3, 1, [100, 200, 300]).window(-1, 0)
    object.__setattr__(sample, "ar", np.array([[0.05, 0.05], [-0.02, -0.02], [0.03, 0.03]]))
    daily = np.array([0.05, 0.05, -0.02, -0.02, 0.03, 0.03])
    away = daily - daily.mean()
    pairs = away[0] * away[1] + away[2] * away[3] + away[4] * away[5]
    # Bartlett weight 1/2 for the neighbour, counted twice
    expected = daily.mean() / math.sqrt((away @ away + pairs) / (6 * 5))
    assert calendar_time(sample).statistic == pytest.approx(expected)


def test_events_within_a_window_length_form_one_cluster() -> None:
    assert clusters(np.array([10, 30, 11, 12, 13], np.int32), 3).tolist() == [0, 2, 0, 0, 1]


@pytest.mark.parametrize(
    "name", ["naive", "patell", "bmp", "kolari_pynnonen", "rank", "sign", "wild_bootstrap", "block_bootstrap"]
)
def test_too_few_events_are_refused_with_the_number_needed(name: str) -> None:
    found = events(np.random.default_rng(2).normal(0, 0.02, (3, 24)))
    test = battery(found, (0, 2), total=10_000, draws=99, rng=np.random.default_rng(0))[name]
    assert test.refused
    assert "needs" in test.note


@pytest.mark.parametrize(
    ("test", "needed"),
    [
        (inference.naive_t, 5),
        (inference.patell, 5),
        (inference.bmp, 5),
        (lambda sample: inference.kolari_pynnonen(sample, 0.1), 5),
    ],
)
def test_the_number_needed_is_enough(test: Callable[[Sample], Any], needed: int) -> None:
    sample = events(np.random.default_rng(2).normal(0, 0.02, (needed, 24))).window(0, 2)
    assert not test(sample).refused
    fewer = events(np.random.default_rng(2).normal(0, 0.02, (needed - 1, 24))).window(0, 2)
    assert test(fewer).note == f"{needed - 1} events; this test needs {needed}"


def test_five_events_have_ranks_and_ten_have_signs() -> None:
    five, ten = (events(np.random.default_rng(2).normal(0, 0.02, (n, 24))) for n in (5, 10))
    assert not inference.rank_test(five, five.window(0, 2), (0, 2)).refused
    assert not inference.generalised_sign(ten, ten.window(0, 2)).refused


def test_where_nothing_moves_there_are_no_ranks_to_compare() -> None:
    still = events(np.full((6, 24), 0.01))
    found = inference.rank_test(still, still.window(0, 2), (0, 2))
    assert (found.refused, found.note) == (True, "the ranks do not vary")


@pytest.mark.parametrize("always", [0.01, -0.01])
def test_where_quiet_days_have_one_sign_only_no_share_of_it_is_unusual(always: float) -> None:
    returns = np.full((12, 17), always)
    found = events(returns, model=Model.PEER, factor=np.zeros_like(returns), estimation=(-16, -1), first=-16)
    test = inference.generalised_sign(found, found.window(0, 0))
    assert (test.refused, test.note) == (True, "the estimation windows have one sign only")


def test_the_first_row_of_a_panel_is_a_row_and_before_it_there_is_none() -> None:
    matrix = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    rows = np.array([[-1, 0, 2], [0, 1, -1]], np.int32)
    assert event_values(matrix, rows, np.array([0, 1], np.int32)) == pytest.approx(
        np.array([[np.nan, 1.0, 3.0], [10.0, 20.0, np.nan]]), nan_ok=True
    )


def test_no_events_at_all_refuse_every_test() -> None:
    found = events(np.empty((0, 24)))
    answer = battery(found, (0, 2), total=100, draws=99, rng=np.random.default_rng(0))
    assert all(test.refused for test in answer.tests)
    assert math.isnan(answer.p)
    assert word_of(answer.p) == "too few"
    assert (answer.clusters, answer.correlation) == (0, 0.0)
    assert math.isnan(answer.overlapping)
    assert answer["wild_bootstrap"].note == "0 clusters; this test needs 6"


def test_few_clusters_are_flipped_with_webb_s_six_weights() -> None:
    """Webb (2014): ±√3/2, ±1 and ±√1/2, a sixth each. All 6⁶ draws of six launches counted, by scipy's t."""
    six = np.sqrt([1.5, 1.0, 0.5])
    values = [0.0, 0.011, -0.002, -0.001, -0.011, 0.037]
    sample = on_dates(values, 1, [100, 200, 300, 400, 500, 600]).window(0, 0)
    flips = np.array(list(product(np.concatenate([six, -six]), repeat=6)))
    real = stats.ttest_1samp(sample.scar, 0.0).statistic
    null = stats.ttest_1samp(flips * sample.scar, 0.0, axis=1).statistic
    exact = (np.abs(null) >= abs(real) * (1 - 1e-12)).mean()
    found = wild_bootstrap(sample, 20_000, np.random.default_rng(0))
    assert found.statistic == pytest.approx(real)
    # by other weights (3, 2 and 1 in turn for one of the three) at least 0.021 away
    assert found.p == pytest.approx(exact, abs=0.01)


def test_the_same_seed_gives_the_same_bootstrap() -> None:
    sample = events(np.random.default_rng(4).normal(0, 0.02, (30, 24))).window(0, 1)
    for bootstrap in (wild_bootstrap, block_bootstrap):
        first, second = (bootstrap(sample, 199, np.random.default_rng(9)) for _ in range(2))
        assert first == second


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.floats(0.1, 10.0))
def test_no_statistic_depends_on_the_unit_of_returns(seed: int, scale: float) -> None:
    returns = np.random.default_rng(seed).normal(0.002, 0.02, (12, 24))
    one, other = (
        battery(events(r), (0, 2), total=20_000, draws=99, rng=np.random.default_rng(0))
        for r in (returns, scale * returns)
    )
    for a, b in zip(one.tests, other.tests, strict=True):
        assert a.p == pytest.approx(b.p, rel=1e-6)


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_the_order_of_the_events_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    returns = rng.normal(0, 0.02, (12, 24))
    rows = np.array([np.arange(k, k + 24) for k in range(0, 120, 10)], np.int32)
    turn = rng.permutation(12)
    one = battery(events(returns, rows=rows), (0, 2), total=200, draws=99, rng=np.random.default_rng(0))
    other = battery(
        events(returns[turn], rows=rows[turn]), (0, 2), total=200, draws=99, rng=np.random.default_rng(0)
    )
    for a, b in zip(one.tests, other.tests, strict=True):
        assert a.statistic == pytest.approx(b.statistic, rel=1e-9, nan_ok=True)


def test_event_time_counts_the_sessions_of_the_codes_own_exchange() -> None:
    is_open = np.array([[1, 1], [1, 0], [1, 1], [0, 1], [1, 1]], bool)
    rows = event_rows(
        is_open, np.array([0, 1], np.int32), np.array([2, 2], np.int32), np.arange(-2, 3, dtype=np.int32)
    )
    assert rows.tolist() == [[0, 1, 2, 4, -1], [-1, 0, 2, 3, 4]]


def test_a_limited_return_is_carried_over_until_it_is_spent() -> None:
    assert limited(np.array([[0.25], [0.0], [0.0], [0.0]]), 0.10)[:, 0] == pytest.approx(
        [0.10, 0.10, 0.05, 0.0]
    )


def test_planted_drift_is_what_the_simulated_events_gain() -> None:
    rng = np.random.default_rng(0)
    quiet = Market(volatility=1e-6, limit=np.inf, drift=0.01)
    returns, code, day0 = simulate(quiet, rng)
    first = np.array([np.flatnonzero(code == c).tolist() == [k] for k, c in enumerate(code)])
    sample = events_of(returns, code, day0).window(0, 4)
    assert sample.car[first] == pytest.approx(0.05, abs=1e-4)


def test_robust_tests_keep_their_size_and_find_a_planted_drift() -> None:
    null = rejection_rates(Market(), markets=150, draws=199, seed=1)["drift"]
    assert null.real <= 0.07
    planted = rejection_rates(Market(drift=0.01), markets=60, draws=199, seed=1)["drift"]
    assert planted.real >= 0.7
