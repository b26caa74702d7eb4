"""How fast a sweep is, and how long it will take."""

from collections.abc import Iterator

from launchlab.cli.terminal.progress import Pace


def clock(*times: float) -> Iterator[float]:
    yield from times


def test_points_that_come_in_together_are_not_a_high_speed() -> None:
    ticks = clock(0.0, 10.0, 10.001, 10.0, 10.0)
    pace = Pace(lambda: next(ticks))
    pace.see(3)
    pace.see(6)
    assert round(pace.speed(), 3) == 0.6
    assert pace.left(12) == "0:00:10"


def test_only_the_last_half_minute_counts() -> None:
    ticks = clock(0.0, 100.0, 110.0, 130.0, 140.0, 150.0, 150.0)
    pace = Pace(lambda: next(ticks))
    for done in (1, 2, 4, 5):
        pace.see(done)
    # the half minute before the last one began at 110 s; what was known before it is 1 at 100 s; now it is 150 s
    assert pace.speed() == 4 / 50
    assert pace.left(9) == "0:00:50"


def test_nothing_done_yet_says_nothing_of_the_time_left() -> None:
    assert Pace(lambda: 0.0).left(10) == "-:--:--"
