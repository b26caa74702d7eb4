"""The verdict on one run, in markets whose truth is known; its rates are in docs/research.md."""

import numpy as np
import pytest

from ...bench.calibrations.runs import Traded, judged_run
from ...bench.calibrations.simulated_market import Market


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
