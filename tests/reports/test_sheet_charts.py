"""Every chart of the tear sheet: what is drawn, read from the figure, beside plain sums over the returns."""

import datetime as dt
import math
import statistics as st
from typing import Any

import numpy as np
import pytest
from matplotlib import dates as md

from launchlab.reports.tearsheet import sheet_plates

from ..markets.sheet_market import PERIODS, days_of, run_over, walk
from .test_sheet_rows import RUNS, Path_, run

WITH_BENCHMARK = [
    "Cumulative return", "Growth of 1, logarithmic", "Cumulative return at the benchmark's volatility", "Calendar years",
    "Months by size of return", "Sum of session returns", "Rolling beta", "Rolling volatility", "Rolling Sharpe",
    "Rolling Sortino", "Deepest drawdowns, shaded until they recovered", "Under water; dashed: the mean",
    "Months, in percent", "Spread of returns",
]  # fmt: skip


@pytest.fixture(scope="module", params=["both, six years", "shanghai, a year", "hong kong, a year"])
def drawn(request: pytest.FixtureRequest) -> tuple[dict[str, Any], Path_, Path_]:
    """Axes by title, the run and its benchmark."""
    result, own, index = run(request.param)
    assert index is not None
    return {plate.title: plate.figure.axes[0] for plate in sheet_plates(result)}, own, index


def lines(axes: Any) -> dict[str, Any]:
    """Lines of more than two points, by label."""
    return {str(line.get_label()): line for line in axes.lines if len(line.get_xdata()) > 2}


def test_the_sheet_has_these_charts_and_no_others(drawn: Any) -> None:
    assert list(drawn[0]) == WITH_BENCHMARK


@pytest.mark.parametrize("title", ["Cumulative return", "Growth of 1, logarithmic", "Sum of session returns"])
def test_a_line_has_a_point_for_every_session_and_no_other_day(drawn: Any, title: str) -> None:
    axes, own, index = drawn
    found = lines(axes[title])
    for label, path in (("long-short", own), ("index", index)):
        if title == "Sum of session returns":
            expected = list(np.add.accumulate(own.r))
            label = "long-short"
        else:
            expected = [level - (title == "Cumulative return") for level in path.level]
        assert found[label].get_ydata() == pytest.approx(expected, abs=1e-12)
        assert [md.num2date(x).date() for x in found[label].get_xdata(orig=False)] == own.days


def test_matched_volatility_gives_the_run_the_benchmarks_deviation(drawn: Any) -> None:
    axes, own, index = drawn
    scale, level, expected = st.stdev(index.r) / st.stdev(own.r), 1.0, []
    for value in own.r:
        level *= 1 + value * scale
        expected.append(level - 1)
    found = lines(axes["Cumulative return at the benchmark's volatility"])
    assert found["long-short"].get_ydata() == pytest.approx(expected, abs=1e-9)
    assert found["index"].get_ydata() == pytest.approx([level - 1 for level in index.level], abs=1e-9)


def test_each_bar_of_the_years_stands_over_the_name_of_its_year(drawn: Any) -> None:
    axes, own, index = drawn
    chart = axes["Calendar years"]
    names = [text.get_text() for text in chart.get_xticklabels()]
    assert names == [str(year) for year in sorted({day.year for day in own.days})]
    bars = dict(zip(("index", "long-short"), chart.containers, strict=True))
    for label, path in (("index", index), ("long-short", own)):
        for at, (bar, value) in enumerate(zip(bars[label], path.calendar, strict=True)):
            assert bar.get_height() == pytest.approx(value)
            assert abs(bar.get_x() + bar.get_width() / 2 - chart.get_xticks()[at]) < 0.5


def test_the_months_are_counted_once_each(drawn: Any) -> None:
    axes, own, index = drawn
    chart = axes["Months by size of return"]
    for bars, path in zip(chart.containers, (index, own), strict=True):
        assert sum(bar.get_height() for bar in bars) == len(path.months)
    edges = sorted({round(bar.get_x(), 9) for bars in chart.containers for bar in bars})
    assert min(edges) >= min(own.months + index.months) - 1e-9
    assert chart.lines[0].get_xdata()[0] == pytest.approx(sum(own.months) / len(own.months))


def windows(own: Path_) -> int:
    return round(own.periods / 2)


def test_rolling_figures_begin_with_the_first_whole_window(drawn: Any) -> None:
    axes, own, _ = drawn
    n, root = windows(own), math.sqrt(own.periods)
    parts = [own.r[t - n + 1 : t + 1] for t in range(n - 1, len(own.r))]
    expected = {
        "Rolling volatility": [st.stdev(part) * root for part in parts],
        "Rolling Sharpe": [st.mean(part) / st.stdev(part) * root for part in parts],
        "Rolling Sortino": [
            st.mean(part) / math.sqrt(sum(x * x for x in part if x < 0) / n) * root for part in parts
        ],
    }
    for title, values in expected.items():
        (line,) = lines(axes[title]).values()
        assert line.get_ydata() == pytest.approx(values, rel=1e-7), title
        first, last = (md.num2date(x).date() for x in axes[title].get_xlim())
        assert (first, last) == (own.days[n - 1], own.days[-1]), title
        mean = next(line for line in axes[title].lines if line.get_label() == "mean")
        assert mean.get_ydata()[0] == pytest.approx(sum(values) / len(values), rel=1e-7)


def test_rolling_beta_is_the_slope_of_each_window(drawn: Any) -> None:
    axes, own, index = drawn
    found = {str(line.get_label()): line for line in axes["Rolling beta"].lines}
    for n in (windows(own), round(own.periods)):
        if len(own.r) <= n:
            assert f"last {n} sessions" not in found
            continue
        expected = [
            st.covariance(own.r[t - n + 1 : t + 1], index.r[t - n + 1 : t + 1])
            / st.variance(index.r[t - n + 1 : t + 1])
            for t in range(n - 1, len(own.r))
        ]
        assert found[f"last {n} sessions"].get_ydata() == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert md.num2date(axes["Rolling beta"].get_xlim()[0]).date() == own.days[windows(own) - 1]


def test_the_shades_are_the_deepest_drawdowns_until_they_recovered(drawn: Any) -> None:
    axes, own, _ = drawn
    chart = axes["Deepest drawdowns, shaded until they recovered"]
    spans = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in chart.patches]
    shaded = [tuple(md.num2date(x).date() for x in span) for span in spans]
    assert shaded == [(one[0], one[2] or own.days[-1]) for one in own.spells[:5]]
    assert chart.lines[0].get_ydata() == pytest.approx([level - 1 for level in own.level])


def test_under_water_is_the_fall_from_the_highest_level_so_far(drawn: Any) -> None:
    axes, own, _ = drawn
    chart = axes["Under water; dashed: the mean"]
    (line,) = lines(chart).values()
    assert line.get_ydata() == pytest.approx(own.falls, abs=1e-12)
    flat = [line.get_ydata()[0] for line in chart.lines if len(line.get_xdata()) == 2]
    assert pytest.approx(sum(own.falls) / len(own.falls), abs=1e-12) in flat


def test_each_month_of_the_run_has_its_cell(drawn: Any) -> None:
    axes, own, _ = drawn
    chart = axes["Months, in percent"]
    grid = chart.images[0].get_array()
    rows = [text.get_text() for text in chart.get_yticklabels()]
    columns = [text.get_text() for text in chart.get_xticklabels()]
    keys = sorted({(day.year, day.month) for day in own.days})
    for (year, month), value in zip(keys, own.months, strict=True):
        name = dt.date(2000, month, 1).strftime("%b")
        assert grid[rows.index(str(year)), columns.index(name)] == pytest.approx(100 * value)
    assert np.isfinite(np.ma.filled(grid.astype(float), np.nan)).sum() == len(keys)


def test_the_boxes_are_the_quartiles_of_each_length_of_time(drawn: Any) -> None:
    axes, own, _ = drawn
    chart = axes["Spread of returns"]
    assert [text.get_text() for text in chart.get_xticklabels()] == [
        "session",
        "week",
        "month",
        "quarter",
        "year",
    ]
    weeks = own.parts(lambda day: day.isocalendar()[:2])
    lengths = [own.r, weeks, own.months, own.quarters, own.calendar]
    boxes = [line for line in chart.lines if len(line.get_xdata()) == 5]
    for box, values in zip(boxes, lengths, strict=True):
        low, high = (float(np.quantile(values, q)) for q in (0.25, 0.75))
        assert (min(box.get_ydata()), max(box.get_ydata())) == pytest.approx((low, high), abs=1e-12)


def test_a_month_outside_the_run_is_empty_not_nothing() -> None:
    result, _, _ = run("hong kong, 30 months", benchmark=False)
    charts = {plate.title: plate.figure.axes[0] for plate in sheet_plates(result)}
    grid = np.ma.filled(charts["Months, in percent"].images[0].get_array().astype(float), np.nan)
    assert np.isnan(grid[0, :6]).all()
    assert np.isfinite(grid[0, 6:]).all()


def test_a_run_shorter_than_a_window_has_no_rolling_chart_and_one_without_a_benchmark_none_of_it() -> None:
    result, _, _ = run("shanghai, two months", benchmark=False)
    titles = [plate.title for plate in sheet_plates(result)]
    assert not [title for title in titles if "Rolling" in title or "benchmark" in title]
    assert len(titles) == len(WITH_BENCHMARK) - 5


def test_a_benchmark_that_stood_still_is_drawn_and_has_no_volatility_to_match() -> None:
    days = days_of("XHKG", *RUNS["hong kong, a year"][1:3])
    result = run_over(days, walk(len(days), 3), np.zeros(len(days)), periods=PERIODS["XHKG"], years=1.0)
    charts = {plate.title: plate.figure.axes[0] for plate in sheet_plates(result)}
    assert "Cumulative return at the benchmark's volatility" not in charts
    assert lines(charts["Cumulative return"])["index"].get_ydata() == pytest.approx(np.zeros(len(days)))
