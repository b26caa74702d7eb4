"""Sweeps over simulated markets through the engine: what is planted is there, and the rates are counted right."""

import numpy as np
import pytest

from launchlab.engine.compiled.simulate import simulate as simulate_legs
from launchlab.engine.legs import Reason
from launchlab.engine.luck.verdict import Evidence, verdict

from ...bench.calibrations.simulated_market import Market, simulate
from ...bench.calibrations.whole_sweeps import interval, judge, to_bars, to_job, verdict_rates


def test_the_bars_have_the_returns_that_were_asked_for_and_keep_their_order() -> None:
    returns = np.array([[0.0, 0.02], [0.05, -0.04], [-0.05, 0.0]])
    first, second = to_bars(returns)
    np.testing.assert_allclose(first.close, [50.0, 52.5, 49.88])  # 50 × 1.05 × 0.95 = 49.875, to the tick
    np.testing.assert_allclose(second.open, [50.3, 50.39, 48.96])  # 30 % of the move is overnight
    assert (first.high >= first.low).all()


def test_every_launch_is_bought_at_the_open_of_its_day() -> None:
    returns, code, day0 = simulate(Market(launches=8, dates=8), np.random.default_rng(1))
    job = to_job(returns, code, day0)
    run = simulate_legs(job.legs({"hold": 3, "stop": None}), job.panel, job.config)
    entries = run.fills[run.fills["reason"] == Reason.ENTRY]
    own = np.flatnonzero(job.panel.exchange_open[:, job.panel.exchanges.index("XSHG")])
    found = set(zip(entries["row"].tolist(), entries["code"].tolist(), strict=True))
    assert found == set(zip(own[day0].tolist(), code.tolist(), strict=True))


def test_a_large_planted_drift_is_recognised_and_its_absence_is_not() -> None:
    planted = judge(to_job(*simulate(Market(drift=0.03), np.random.default_rng(2))))
    assert planted.placebo == pytest.approx(1 / 200)
    assert planted.label == "skill"
    assert judge(to_job(*simulate(Market(), np.random.default_rng(2)))).label != "skill"


def test_only_the_placebo_is_left_out_of_all_but_the_placebo() -> None:
    rng = np.random.default_rng(0)
    returns = rng.normal(0, 0.01, (600, 3)) + 0.003
    kept, refused = (verdict(Evidence(returns, longest_hold=5, spa=False, placebo=p)) for p in (0.01, 0.5))
    rates = verdict_rates([kept, refused])
    assert rates["without placebo"] == 1.0
    assert rates["placebo"] == rates["skill"] == 0.5


def test_the_interval_is_clopper_and_pearsons() -> None:
    """Of 100 without a hit the upper bound is 1 − 0.025^(1/100)."""
    assert interval(0.0, 100) == f"0.0 (0.0–{100 * (1 - 0.025**0.01):.1f})"
