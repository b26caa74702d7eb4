"""What the orders of the next session say of legs that are held for minutes."""

import numpy as np
import pytest

from launchlab.engine.backtrader.leg_state import LegState
from launchlab.engine.orders.next_session import _held_for


@pytest.mark.parametrize(
    ("minutes", "due", "words"),
    [
        (0, (0, 0), "held 5 sessions"),
        (60, (7, 645), "held 60 minutes of trading, over at 10:45"),
        (60, (6, 645), "held 60 minutes of trading"),  # of an earlier session, which could not sell
    ],
)
def test_a_leg_held_for_minutes_says_when_they_are_over(
    minutes: int, due: tuple[int, int], words: str
) -> None:
    leg = LegState(
        index=0, launch=0, code=0, side=1, at=2, row=3, wait=0, hold=5, weight=0.1, rules=(np.nan,) * 3,
        hold_minutes=minutes, due=due,
    )  # fmt: skip
    assert _held_for(leg, 7) == words
