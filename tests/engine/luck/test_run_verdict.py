"""The verdict on one run, in markets whose truth is known; its rates are in docs/research.md."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from launchlab.engine.config import Config
from launchlab.engine.legs import empty_legs
from launchlab.engine.luck.placebo import Placebo
from launchlab.engine.luck.run_verdict import BOUGHT, DRAWS, SOLD, _label, run_verdict, study_of_legs
from launchlab.engine.study.battery import Battery
from launchlab.engine.study.findings import WindowSummary

from ...bench.calibrations.runs import Traded, judged_run
from ...bench.calibrations.simulated_market import Market
from ...markets.research_market import days, launch, ledger, panel_of, walk

GRID = days()


def window(mean: float, p: float) -> WindowSummary:
    """A side whose names moved so many percent, of which a study says `p`."""
    tests = Battery((), 0.0, 1.0, 5, 0.0)
    return WindowSummary(0, 5, 40, mean, mean, 0.5, mean, mean, 0, tests, p=p)


def placebos(at_least_as_well: int) -> Placebo:
    """499 placebos, of which so many did at least as well as the orders themselves."""
    return Placebo("days", 1.0, np.where(np.arange(499) < at_least_as_well, 1.0, 0.0))


@pytest.mark.parametrize(
    ("beaten_by", "bought", "sold", "label"),
    [
        (23, window(1.0, 0.01), None, "more than chance"),  # p = 24 / 500
        (24, window(1.0, 0.01), None, "unclear"),  # p = 25 / 500 is not below 5 %
        (23, window(1.0, 0.049), None, "more than chance"),
        (23, window(1.0, 0.05), None, "unclear"),
        (300, window(1.0, 0.05), None, "chance"),
        (23, window(-1.0, 0.01), None, "unclear"),  # what was bought fell
        (23, None, window(-1.0, 0.01), "more than chance"),
        (23, None, window(1.0, 0.01), "unclear"),  # what was sold rose
        (23, window(1.0, 0.5), window(-1.0, 0.01), "more than chance"),
        (23, window(0.0, 0.01), window(0.0, 0.01), "unclear"),
        (23, window(math.nan, math.nan), None, "unclear"),
        (300, None, None, "chance"),
    ],
)
def test_both_questions_must_say_yes_and_a_side_counts_in_its_own_direction(
    beaten_by: int, bought: WindowSummary | None, sold: WindowSummary | None, label: str
) -> None:
    sides = {name: side for name, side in ((BOUGHT, bought), (SOLD, sold)) if side is not None}
    assert _label(placebos(beaten_by), sides) == label


def test_five_hundred_runs_tell_a_fifth_of_a_percent() -> None:
    assert Placebo("days", 1.0, np.zeros(DRAWS)).resolution == 0.002


def pairs(count: int) -> tuple[NDArray[np.void], NDArray[np.intp]]:
    """Launches every ninth session of Hong Kong, each with the first code bought and the second sold."""
    rows = 40 + 9 * np.arange(count)
    legs = empty_legs(2 * count)
    legs["launch"], legs["row"] = np.repeat(np.arange(count), 2), np.repeat(rows, 2)
    legs["code"], legs["side"] = np.tile([0, 1], count), np.tile([1, -1], count)
    legs["hold"], legs["weight"] = 3, 0.1
    return legs, rows


def test_the_study_has_the_names_of_the_legs_on_their_sides() -> None:
    """What is bought gains 4 % on its first session, what is sold loses 3 %, less what earlier launches put into a usual day."""
    legs, rows = pairs(8)
    prices = {"0700.HK": walk(len(GRID), 1, 0.001), "9988.HK": walk(len(GRID), 2, 0.001)}
    for row in rows:
        prices["0700.HK"][row:] *= 1.04
        prices["9988.HK"][row:] *= 0.97
    panel = panel_of(prices)
    news = ledger(*(launch(str(row), f"{GRID[row]}T08:00+08:00", ["0020.HK"]) for row in rows))
    found = study_of_legs(news, panel, legs, 3)
    means = {side: windows["held"].mean for side, windows in found.by["role"].items()}
    assert means == {BOUGHT: pytest.approx(3.5, abs=0.5), SOLD: pytest.approx(-2.5, abs=0.5)}
    judged = run_verdict(news, panel, legs, Config(), draws=19)
    assert judged.days is not None
    assert (judged.launches, judged.hold, len(judged.days.draws)) == (8, 3, 19)
    assert {side: sign.mean > 0 for side, sign in judged.sides.items()} == {BOUGHT: True, SOLD: False}
    few = run_verdict(news, panel, legs[:8], Config(), draws=19)
    assert (few.label, few.launches, few.days) == ("too few", 4, None)


@pytest.mark.slow
def test_a_run_in_a_market_that_rises_at_launches_is_more_than_chance() -> None:
    found = judged_run(Traded(Market(drift=0.02)), np.random.default_rng(0))
    assert found.label == "more than chance"
    assert found.launches == 40


@pytest.mark.slow
def test_nothing_is_found_where_launches_move_nothing_whichever_side_is_traded() -> None:
    rngs = np.random.default_rng(1).spawn(4)
    cases = (Traded(Market()), Traded(Market(), sides=2))
    labels = [judged_run(case, rng).label for case in cases for rng in rngs[:2]]
    assert "more than chance" not in labels
