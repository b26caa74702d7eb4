"""Several windows, one chance of being wrong: Holm's correction by hand, the families of a study, and its power."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t as student

from launchlab.engine.study.battery import Battery
from launchlab.engine.study.family import detectable, holm, together
from launchlab.engine.study.findings import WindowSummary
from launchlab.engine.study.inference import Test
from launchlab.engine.study.options import StudyOptions
from launchlab.engine.study.study import study

from ...bench.calibrations.simulated_market import Market
from ...bench.calibrations.studies import family_rates
from ...markets.research_market import launch, ledger, panel_of, walk

NAN = math.nan


def window(kp: float, wild: float, *, other_side: bool = False, clusters: int = 21) -> WindowSummary:
    tests = (
        Test("kolari_pynnonen", 3.0, kp, 30),
        Test("wild_bootstrap", -3.0 if other_side else 3.0, wild, clusters),
    )
    battery = Battery(tests, 0.1, 1.0, clusters, 0.5)
    return WindowSummary(0, 4, 30, 2.0, 2.0, 0.7, 2.0, 2.0, 0, battery, 0.5)


def test_holm_by_hand() -> None:
    """Three answers: 3 × 0.01, 2 × 0.02 and 0.04, each at least as large as the one before; a missing one is no question."""
    assert holm([0.02, NAN, 0.01, 0.04]) == pytest.approx((0.04, NAN, 0.03, 0.04), nan_ok=True)
    assert holm([0.6, 0.5]) == (1.0, 1.0)
    assert holm([0.03, 0.001]) == (0.03, 0.002)
    assert holm([]) == ()


def test_a_window_is_real_only_when_it_is_so_among_all_that_were_asked() -> None:
    found = together({"react": window(0.02, 0.01), "drift": window(0.004, 0.012), "leak": window(0.4, 0.5)})
    assert {name: one.verdict for name, one in found.items()} == {
        "react": "real",
        "drift": "real",
        "leak": "chance",
    }
    assert [one.p for one in found.values()] == pytest.approx([0.04, 0.036, 0.5])
    assert together({"react": window(0.02, 0.01)})["react"].p == 0.02
    lonely = together({"react": window(0.02, 0.04), "drift": window(0.3, 0.2), "leak": window(0.4, 0.5)})[
        "react"
    ]
    assert lonely.tests.p == 0.04
    assert lonely.verdict == "chance"  # 3 × 0.04


def test_tests_that_point_to_two_sides_are_chance_and_one_that_refuses_says_nothing() -> None:
    found = together(
        {"a": window(0.001, 0.001, other_side=True), "b": window(0.001, NAN), "c": window(0.03, 0.02)}
    )
    assert {name: one.verdict for name, one in found.items()} == {
        "a": "chance",
        "b": "too few",
        "c": "chance",
    }
    assert found["c"].p == pytest.approx(0.06)  # of two questions, the third has no answer
    assert found["c"].family == 2


def test_the_smallest_effect_that_would_be_found_by_hand() -> None:
    """A mean off by 0.5 % with 21 clusters, one question: (t(0.975, 20) + t(0.8, 20)) × 0.5 % = (2.086 + 0.860) × 0.5 %."""
    assert detectable(window(0.01, 0.01), 1) == pytest.approx(1.473, abs=0.001)
    assert detectable(window(0.01, 0.01), 3) == pytest.approx(
        (student.ppf(1 - 0.025 / 3, 20) + 0.860) * 0.5, abs=0.001
    )
    assert math.isnan(detectable(window(0.01, NAN), 1))
    assert math.isnan(detectable(replace(window(0.01, 0.01, clusters=1)), 1))


def test_groups_are_one_family_and_take_nothing_from_the_ledgers_own_windows() -> None:
    panel = panel_of({"0700.HK": walk(252, 1), "688158.SS": walk(252, 2)})
    news = ledger(
        *(launch(f"l{k}", f"2025-{k:02d}-12T01:00+08:00", ["0700.HK", "688158.SS"]) for k in range(3, 11))
    )
    options = StudyOptions(estimation=(-20, -6), draws=99)
    plain, grouped = study(news, panel, options), study(news, panel, replace(options, by=("kind", "role")))
    assert {name: one.p for name, one in grouped.windows.items()} == {
        name: one.p for name, one in plain.windows.items()
    }
    groups = [one for groups in grouped.by.values() for part in groups.values() for one in part.values()]
    answered = [one for one in groups if not math.isnan(one.p)]
    assert len(answered) > 3
    assert {one.family for one in answered} == {len(answered)}


@pytest.mark.slow
def test_no_more_than_one_null_study_in_twenty_calls_any_window_or_any_group_real() -> None:
    rates = family_rates(Market(), markets=100, draws=299, seed=3, groups=6)
    assert rates.windows < 0.12  # 5 % and 3 deviations of a count of 100
    assert rates.groups < 0.12
    planted = family_rates(
        Market(drift=0.01, factor_share=0.0, dates=40), markets=60, draws=499, seed=3, groups=2
    )
    assert planted.windows > 0.7
    assert np.isfinite(planted.detectable)
