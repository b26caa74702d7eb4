"""The run book says how wide the clock of each launch is, whether or not its result was bracketed."""

import math

import pytest

from launchlab.reports.charts.launches import announced
from launchlab.reports.numbers.clocks import clock_width

NIGHT = ("2026-01-26T16:00+08:00", "2026-01-27T00:00+08:00")
WHOLE = ("2026-01-26T00:00+08:00", "2026-01-27T00:00+08:00")


@pytest.mark.parametrize(
    ("clock", "told", "width"),
    [
        (("2026-01-27T00:00+08:00", "upper_bound", *NIGHT), "2026-01-26 16:00 to 2026-01-27 00:00", 8.0),
        (("2026-01-26", "date", *WHOLE), "2026-01-26", 24.0),
        (("2026-01-26", "date", *NIGHT), "2026-01-26 16:00 to 2026-01-27 00:00", 8.0),
        (("2026-01-26T09:00+08:00", "exact", "2026-01-26T09:00+08:00", "2026-01-26T09:00+08:00"), "2026-01-26 09:00", 0.0),
        (("2026-01-26T09:00+08:00", "upper_bound", "", "2026-01-26T09:00+08:00"), "by 2026-01-26 09:00", math.nan),
        (("2026-01-26T09:00+08:00", "upper_bound", "<b>", "junk"), "by 2026-01-26 09:00", math.nan),
    ],
)  # fmt: skip
def test_a_launch_says_between_which_instants_it_came_and_how_wide_that_is(
    clock: tuple[str, str, str, str], told: str, width: float
) -> None:
    assert announced(*clock) == told
    assert clock_width(*clock[2:]) == pytest.approx(width, nan_ok=True)
