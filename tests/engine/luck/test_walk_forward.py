"""Walk-forward folds and leaving each launch out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchlab.data.errors import DataError
from launchlab.engine.luck.walk_forward import leave_one_launch_out, walk_forward


def test_training_never_touches_the_purged_rows_or_the_future() -> None:
    returns = np.random.default_rng(0).normal(0, 0.01, (600, 4))
    for anchored in (True, False):
        for fold in walk_forward(returns, folds=5, purge=7, anchored=anchored).folds:
            assert fold.train_end == fold.test_first - 7
            assert fold.train_first == 0 or not anchored
    rolling = walk_forward(returns, folds=5, purge=7, anchored=False).folds
    assert [fold.train_first for fold in rolling] == [0, 100, 200, 300, 400]


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.booleans())
def test_changing_the_future_changes_no_earlier_choice(seed: int, anchored: bool) -> None:
    rng = np.random.default_rng(seed)
    returns = rng.normal(0, 0.01, (300, 5))
    other = returns.copy()
    other[200:] = rng.normal(0, 0.05, (100, 5))
    first, second = (walk_forward(r, folds=5, purge=3, anchored=anchored) for r in (returns, other))
    for a, b in zip(first.folds, second.folds, strict=True):
        if a.train_end <= 200:
            assert a.chosen == b.chosen


def test_the_past_winner_is_bought_and_its_future_is_what_counts() -> None:
    """Point 0 earns until row 60 and loses afterwards; point 1 the reverse: the first fold buys the loser."""
    up, down = np.tile([0.02, 0.01], 30), np.tile([-0.02, -0.01], 30)
    returns = np.column_stack([np.concatenate([up, down]), np.concatenate([down, up])])
    found = walk_forward(returns, folds=1)
    assert found.folds[0].chosen == 0
    assert found.returns == pytest.approx(down)
    assert found.efficiency == pytest.approx(-1.0)


def test_too_few_sessions_are_refused() -> None:
    with pytest.raises(DataError, match="too few"):
        walk_forward(np.zeros((100, 2)), folds=5, purge=10)


def test_leaving_out_a_launch_chooses_without_it() -> None:
    """Point 0 lives from launch 2; without it point 1 is better, and earns 1 there."""
    found = leave_one_launch_out(np.array([[1.0, 1.0, 9.0], [2.0, 2.0, 1.0]]), 0)
    assert found.chosen.tolist() == [0, 0, 1]
    assert found.profit.tolist() == [1.0, 1.0, 1.0]
    assert found.kept == pytest.approx(3 / 11)
    assert found.largest == pytest.approx(9 / 11)
    assert found.without == pytest.approx(2.0)


def test_what_hangs_on_one_launch_is_told_of_the_judged_point_not_of_the_most_profitable() -> None:
    """Point 0 earns 11, 9 of it with launch 2; point 1, which is judged, earns 5, 2 of it with its best launch."""
    found = leave_one_launch_out(np.array([[1.0, 1.0, 9.0], [2.0, 2.0, 1.0]]), 1)
    assert found.largest == pytest.approx(2 / 5)
    assert found.without == pytest.approx(3.0)
    assert found.kept == pytest.approx(3 / 11)  # choosing again is about the choice, whichever is judged


def test_two_launches_are_too_few_to_leave_one_out() -> None:
    with pytest.raises(DataError, match="at least 3"):
        leave_one_launch_out(np.ones((4, 2)), 0)
