"""A finished event study made up from a seed, for the test of its page; the names attack it."""

import math

import numpy as np

from launchlab.engine.study.battery import NAMES, Battery
from launchlab.engine.study.capturable import Capture, Waterfall
from launchlab.engine.study.events import Event, Refusal
from launchlab.engine.study.findings import CarRow, Path, Study, WindowSummary
from launchlab.engine.study.inference import Test
from launchlab.engine.study.options import StudyOptions
from launchlab.engine.study.trails import Trail

from .result_fixture import HOSTILE


def make_study(events: int = 14) -> Study:
    """A study of `events` events in the usual three windows, one of them with too few events to test."""
    rng = np.random.default_rng(3)
    options = StudyOptions()
    found = tuple(
        Event(f"launch-{i}", "2513.HK" if i % 2 else "688158.SS", HOSTILE[i % 5], "launch", "pure_play", 30 + i, 0, 29 + i, 30 + i,
              (HOSTILE[0],) if i == 3 else ())
        for i in range(events)
    )  # fmt: skip
    rows = tuple(
        CarRow(event.launch, event.code, f"2026-02-{i + 1:02d}", window, float(rng.normal(1, 4)), 2, 1.0, 0.4, i % 2,
               i % 5 == 0, 1.5)
        for window in options.windows
        for i, event in enumerate(found)
    )  # fmt: skip
    windows = {
        name: _summary(span, [row.car for row in rows if row.window == name], name == "leak")
        for name, span in options.windows.items()
    }
    offsets = np.arange(-5, 11, dtype=np.int32)
    mean = np.cumsum(rng.normal(0.2, 0.5, 16))
    wide = 1 + 0.1 * np.arange(16)
    path = Path(offsets, mean, mean - wide, mean + wide, np.full(16, events, np.int32))
    trails = tuple(_trail(event, i, rng) for i, event in enumerate(found))
    captures = tuple(
        Capture(event.launch, event.code, 5.0, 1.0, 1.0, 0.5, 2.5 - i, *(("2026-02-08", "2026-02-12") if i % 3 else ("", "")))
        for i, event in enumerate(found)
    )  # fmt: skip
    refused = (Refusal("late", "0700.HK", HOSTILE[1], "drift", "few_days"),)
    total = Waterfall(events, events - 2, 60.0, 20.0, 10.0, 2.0, 28.0)
    by = {"kind": {HOSTILE[2]: windows}}
    return Study(
        options, found, rows, windows, by, path, captures, total, refused, (HOSTILE[3],), True, trails=trails
    )


def _trail(event: Event, i: int, rng: np.random.Generator) -> Trail:
    """Sixteen days from 2026-02-01; the last one is at 10 − i percent, the third did not trade."""
    car = np.cumsum(rng.normal(0, 2, 16))
    car[2], car[4], car[15] = np.nan, 0.0, 10.0 - i
    days = tuple(f"2026-02-{day + 1:02d}" for day in range(16))
    precision = ("exact", "upper_bound", "date")[i % 3]
    told = f"2026-02-{6 + i // 8:02d}T0{i % 8}:30:00+08:00"
    return Trail(
        event.launch, event.code, HOSTILE[(i + 1) % 5], told, precision, -1, days, car, np.arange(16) == 7
    )


def _summary(span: tuple[int, int], cars: list[float], few: bool) -> WindowSummary:
    nothing = math.nan
    tests = tuple(
        Test(name, nothing, nothing, 2, "too few events") if few else Test(name, 2.5, 0.0125, len(cars))
        for name in NAMES
    )
    battery = Battery(tests, 0.1, 1.2, 5, 0.4)
    mean, median = float(np.mean(cars)), float(np.median(cars))
    return WindowSummary(*span, len(cars), mean, median, 0.5, mean, mean, 3, battery, 0.8, battery.p, 3, 2.4)
