"""Two paths, one answer: the lanes equal the day loop wherever they do not fall back, and they fall back by themselves."""

import numpy as np
import pytest

from launchlab.data.errors import ConfigError
from launchlab.engine.compiled.windows import Layout
from launchlab.engine.config import Config, ExitOn, Pairing
from launchlab.engine.legs import empty_legs
from launchlab.engine.sweeps.points import METRICS, simulate_points

from ...markets.random_markets import random_config, random_legs, random_panel
from ..sweeps.test_points import random_points

FALLBACK = METRICS.index("fallback")


def both_paths(seed: int, *, roomy: bool) -> tuple[np.ndarray, np.ndarray]:
    """Metrics of 150 points by lanes and by the day loop, in a market where the account binds or does not."""
    rng = np.random.default_rng(seed)
    panel, config = random_panel(rng, rows=90, deep=roomy), random_config(rng)
    plain = {"exit_on": ExitOn.CLOSE, "pairing": Pairing.INDEPENDENT, "close_out": False}
    config = config.model_copy(update=plain)
    legs = random_legs(rng, panel, n=25)
    if roomy:
        legs["weight"] = rng.choice([0.002, 0.01, 0.03], len(legs))
        config = Config(limit_policy=config.limit_policy, participation=1.0, slippage_bp=config.slippage_bp)
    points, market = random_points(rng, 150), Layout(panel)
    fast = simulate_points(market, legs, config, points, periods=253.0, path="fast")
    slow = simulate_points(market, legs, config, points, periods=253.0, path="general")
    return fast, slow


def assert_same(fast: np.ndarray, slow: np.ndarray) -> None:
    """Final equity, volatility, drawdown and costs to 1e-12; ratios lose digits where a mean is all but zero."""
    np.testing.assert_allclose(1.0 + fast[:, 0], 1.0 + slow[:, 0], rtol=1e-12)
    for name in ("volatility", "max_drawdown", "turnover", "costs"):
        column = METRICS.index(name)
        np.testing.assert_allclose(fast[:, column], slow[:, column], rtol=1e-12, atol=1e-12, err_msg=name)
    for name in ("fills", "blocked"):
        np.testing.assert_array_equal(
            fast[:, METRICS.index(name)], slow[:, METRICS.index(name)], err_msg=name
        )
    np.testing.assert_allclose(fast[:, :FALLBACK], slow[:, :FALLBACK], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("roomy", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_lanes_equal_the_day_loop(seed: int, roomy: bool) -> None:
    fast, slow = both_paths(seed, roomy=roomy)
    assert_same(fast, slow)


@pytest.mark.slow
def test_lanes_equal_the_day_loop_in_many_markets() -> None:
    kept = 0
    for seed in range(100, 500):
        fast, slow = both_paths(seed, roomy=seed % 2 == 0)
        assert_same(fast, slow)
        kept += int((fast[:, FALLBACK] == 0.0).sum())
    assert kept > 5_000  # the comparison is not of the day loop with itself


def test_an_account_that_never_binds_needs_no_fallback() -> None:
    kept = [both_paths(seed, roomy=True)[0][:, FALLBACK] for seed in range(12)]
    assert np.mean([np.mean(row == 0.0) for row in kept]) > 0.3


def test_shorts_that_pay_dividends_stay_in_the_lanes() -> None:
    kept = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        panel, points = random_panel(rng, rows=90, deep=True), random_points(rng, 150)
        legs = random_legs(rng, panel, n=40)
        legs["side"], legs["weight"] = -1, rng.choice([0.002, 0.01], len(legs))
        assert (panel.fair_cash > 0.0).any()
        asked = Layout(panel), legs, Config(participation=1.0), points
        fast = simulate_points(*asked, periods=253.0, path="fast")
        assert_same(fast, simulate_points(*asked, periods=253.0, path="general"))
        kept.append(np.mean(fast[:, FALLBACK] == 0.0))
    assert np.mean(kept) > 0.9


def test_two_threads_give_the_bytes_of_one() -> None:
    rng = np.random.default_rng(5)
    panel = random_panel(rng)
    legs, points, market = random_legs(rng, panel), random_points(rng, 700), Layout(panel)
    one = simulate_points(market, legs, Config(), points, periods=253.0)
    two = simulate_points(market, legs, Config(), points, periods=253.0, threads=2)
    assert one.tobytes() == two.tobytes()


def test_the_fast_path_refuses_rules_that_it_cannot_prove() -> None:
    rng = np.random.default_rng(5)
    panel = random_panel(rng)
    with pytest.raises(ConfigError, match="exits on the close"):
        simulate_points(
            Layout(panel),
            random_legs(rng, panel),
            Config(exit_on=ExitOn.TOUCH),
            random_points(rng, 3),
            periods=253.0,
            path="fast",
        )


@pytest.mark.parametrize("shared", [True, False])
def test_points_that_override_nothing_keep_the_rules_of_the_legs(shared: bool) -> None:
    rng = np.random.default_rng(3)
    panel = random_panel(rng, rows=90, deep=True)
    legs, points = random_legs(rng, panel, n=25), random_points(rng, 150)
    legs["weight"] = 0.01
    legs["stop"] = 0.03 if shared else rng.choice([0.02, 0.04], len(legs))
    points["stop"] = np.inf
    config = Config(participation=1.0)
    auto = simulate_points(Layout(panel), legs, config, points, periods=253.0)
    slow = simulate_points(Layout(panel), legs, config, points, periods=253.0, path="general")
    assert_same(auto, slow)
    points["stop"] = np.nan
    never = simulate_points(Layout(panel), legs, config, points, periods=253.0)
    assert (auto[:, 0] != never[:, 0]).any()


def test_no_legs_leave_every_point_flat() -> None:
    rng = np.random.default_rng(5)
    table = simulate_points(
        Layout(random_panel(rng)), empty_legs(0), Config(), random_points(rng, 120), periods=253.0
    )
    assert (table[:, : METRICS.index("turnover")] == 0.0).all()
