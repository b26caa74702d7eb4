"""The mean path around entries by hand, on closes that the test states."""

from dataclasses import replace

import numpy as np
import pytest

from launchlab.engine.legs import FILL, Reason
from launchlab.engine.results.path import BEFORE, LaunchPath, launch_path
from launchlab.engine.results.run import Run

from ...markets.native_market import rising


def path_of(*fills: tuple[int, int, int, float]) -> LaunchPath | None:
    """Over closes of 100, 101, 102 … by entries of (row, launch, leg, shares), all at 100."""
    panel = rising()
    close = 100.0 + np.arange(len(panel.mark), dtype=float)[:, None] * np.ones(panel.mark.shape)
    table = np.zeros(len(fills), FILL)
    for at, (row, launch, leg, shares) in enumerate(fills):
        values = {"row": row, "launch": launch, "leg": leg, "shares": shares, "price": 100.0, "fx": 1.0}
        for name, value in values.items():
            table[name][at] = value
    table["reason"] = Reason.ENTRY
    nothing = np.zeros(len(close))
    run = Run(table, table[:0], table[:0], nothing, nothing, nothing, nothing, nothing)
    return launch_path(replace(panel, mark=close, actions=panel.actions[:0]), run)


def test_the_path_counts_from_the_last_close_before_the_entry() -> None:
    path = path_of((2, 0, 0, 10.0))
    assert path is not None
    zero = path.sessions.index(0)
    assert zero == BEFORE
    assert path.both[zero - 2 : zero + 2] == (None, pytest.approx(-1 / 101), 0.0, pytest.approx(1 / 101))
    assert path.short[zero] is None


def test_launches_weigh_alike_and_shorts_are_turned_round_inside_one() -> None:
    # launch 0: a long thrice as large as its short, half of the move; launch 1: a short alone, all of it the other way
    path = path_of((1, 0, 0, 30.0), (1, 0, 1, -10.0), (1, 1, 2, -5.0))
    assert path is not None
    after = path.sessions.index(1)
    assert path.launches == 2
    assert path.both[after] == pytest.approx((0.5 - 1.0) / 2 * 0.01)
    assert (path.long[after], path.short[after]) == (pytest.approx(0.01), pytest.approx(0.01))


def test_a_second_fill_of_a_leg_and_an_order_that_answers_no_launch_are_no_entries_of_their_own() -> None:
    path, alone = path_of((1, 0, 0, 10.0), (3, 0, 0, 10.0)), path_of((1, 0, 0, 10.0))
    assert path == alone
    assert path_of((1, -1, 0, 10.0)) is None


def test_the_path_goes_from_ten_sessions_before_to_twenty_after_and_ends_with_the_run() -> None:
    path, last = path_of((1, 0, 0, 10.0)), len(rising().mark) - 1
    assert path is not None
    assert path.sessions == tuple(range(-10, 21))
    end = path.sessions.index(last)
    assert path.both[end - 1 : end + 2] == (
        pytest.approx((last - 1) / 100), pytest.approx(last / 100), None
    )  # fmt: skip


def test_a_leg_beyond_the_end_of_the_run_weighs_nothing_in_its_launch() -> None:
    """The second leg enters a session later, so that the first alone is known at the run's last session."""
    path, last = path_of((1, 0, 0, 10.0), (2, 0, 1, 30.0)), len(rising().mark) - 1
    assert path is not None
    end = path.sessions.index(last)
    assert path.both[end] == pytest.approx(last / 100)
    before = last - 1  # the first leg's session; the second's is the last
    assert path.both[end - 1] == pytest.approx((10 * before / 100 + 30 * before / 101) / 40)
