"""Still pictures draw what the figures hold: in place, in colour, as well-formed SVG."""

import math
import re
import xml.etree.ElementTree as ElementTree
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchlab.reports.charts.launches import pack
from launchlab.reports.stills.launches import launch_pictures
from launchlab.reports.stills.marks import mark, spell
from launchlab.reports.stills.still import shade, still
from launchlab.reports.stills.ticks import day_marks, level_marks
from launchlab.reports.study import _path_figure

from ..markets.result_fixture import make_result
from ..markets.study_fixture import make_study
from .test_plots import figures

LINE = {"type": "scatter", "mode": "lines", "name": "a", "line": {"color": "var:strategy"}}


def coordinates(svg: str, pattern: str) -> list[tuple[float, float]]:
    """Places of the first path whose tag matches the pattern."""
    tag = next(tag for tag in re.findall(r"<path[^>]*>", svg) if re.search(pattern, tag))
    words = re.search(r' d="([^"]*)"', tag)
    assert words
    return [(float(a), float(b)) for a, b in re.findall(r"[ML](-?[\d.]+),(-?[\d.]+)", words.group(1))]


@pytest.mark.parametrize("name", list(figures()))
def test_every_figure_of_the_pages_has_a_well_formed_picture_with_a_name(name: str) -> None:
    root = ElementTree.fromstring(still(figures()[name], 'what "it" <shows>'))
    assert root.get("aria-label") == 'what "it" <shows>'
    assert len(list(root)) > 5
    assert "nan" not in ElementTree.tostring(root, encoding="unicode").lower().replace("finance", "")


def test_equal_steps_of_a_line_are_equal_steps_of_the_picture() -> None:
    figure = {"data": [LINE | {"x": [1, 2, 3, 4], "y": [10.0, 20.0, 30.0, 10.0]}], "layout": {}}
    places = coordinates(still(figure, "a"), "s-strategy")
    assert len({round(b[0] - a[0], 0) for a, b in pairwise(places)}) == 1
    ups = [a[1] - b[1] for a, b in pairwise(places)]
    assert ups[0] == pytest.approx(ups[1], abs=0.2)
    assert ups[2] == pytest.approx(-2 * ups[0], abs=0.3)


def test_a_weekend_is_wider_than_a_night() -> None:
    days = ["2026-01-02", "2026-01-05", "2026-01-06"]
    figure = {"data": [LINE | {"x": days, "y": [1.0, 1.0, 1.5]}], "layout": {}}
    (a, _), (b, _), (c, _) = coordinates(still(figure, "a"), "s-strategy")
    assert b - a == pytest.approx(3 * (c - b), abs=0.2)


def test_a_missing_level_breaks_the_line() -> None:
    assert spell([(0, 1), (1, 2), (2, None), (3, 4)]) == "M0,1L1,2M3,4"


def test_bars_stand_on_zero_and_a_fall_hangs_from_it() -> None:
    bars = {"type": "bar", "x": ["a", "b"], "y": [2.0, -1.0], "marker": {"color": ["var:long", "var:short"]}}
    svg = still({"data": [bars], "layout": {}}, "bars")
    boxes = [
        tuple(map(float, found))
        for found in re.findall(r'<rect x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', svg)
    ]
    (top, height), (hung, depth) = boxes
    assert top + height == pytest.approx(hung, abs=0.2)
    assert height == pytest.approx(2 * depth, abs=0.2)


def test_the_steps_of_a_waterfall_hang_together() -> None:
    svg = still(figures()["waterfall"], "steps")
    boxes = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)"', svg)
    assert len(boxes) == 7
    assert [float(x) for x, _ in boxes] == sorted(float(x) for x, _ in boxes)


def test_the_colour_of_a_cell_says_on_which_side_of_zero_it_lies() -> None:
    assert shade(2.0, -2.0, 2.0) == "#1a7a5e"
    assert shade(-2.0, -2.0, 2.0) == "#b03a37"
    assert shade(0.0, -2.0, 2.0) == "#f6f7f8"
    assert shade(3.0, 1.0, 3.0) == "#1c5d99"


def test_a_name_that_attacks_is_only_words() -> None:
    figure = {
        "data": [LINE | {"x": [1, 2], "y": [1.0, 2.0], "name": "&lt;script&gt;x&lt;/script&gt;"}],
        "layout": {"showlegend": True},
    }
    svg = still(figure, "</noscript><script>window.hacked = 1</script>")
    assert "<script" not in svg
    assert "</noscript" not in svg
    assert "&lt;script&gt;x" in svg


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 9))
def test_marks_of_an_axis_are_round_even_and_inside(low: float, spread: float, most: int) -> None:
    marks = level_marks(low, low + spread, most=most)
    levels = [level for level, _ in marks]
    near = 1e-6 * spread + 4 * math.ulp(abs(low) + spread)  # marks are floats, too
    assert all(low - near <= level <= low + spread + near for level in levels)
    assert len(levels) <= most + 2
    assert len({text for _, text in marks}) == len(marks) or spread < 1e-4 * abs(low)


def test_levels_are_told_as_the_axis_asks() -> None:
    assert [text for _, text in level_marks(-0.2, 0.2, most=4, form=".0%")] == [
        "−20 %",
        "−10 %",
        "0 %",
        "10 %",
        "20 %",
    ]
    assert [text for _, text in level_marks(9e6, 11e6, most=4)] == ["9.0M", "9.5M", "10.0M", "10.5M", "11.0M"]
    assert [text for _, text in level_marks(0, 10, most=2, suffix=" %")] == ["0 %", "5 %", "10 %"]


def test_days_are_marked_by_their_month() -> None:
    marks = day_marks(date(2025, 7, 2), date(2026, 7, 17), most=6)
    assert [text for _, text in marks] == ["2025-10", "2026-01", "2026-04", "2026-07"]
    assert marks[1][0] == date(2026, 1, 1).toordinal()


def test_every_traded_code_of_every_launch_has_its_picture() -> None:
    result = make_result()
    pictures = launch_pictures(pack(result))
    orders = {(row.launch, row.code) for table in (result.fills, result.blocks) for row in table.itertuples()}
    named = [re.search(r'aria-label="(\S+) · (\S+):', picture) for picture in pictures]
    assert orders <= {(found.group(1), found.group(2)) for found in named if found}
    for picture in pictures:
        ElementTree.fromstring(picture)


def test_a_picture_of_a_launch_marks_its_fills_and_its_blocked_attempts() -> None:
    result = make_result()
    packed = pack(result)
    for launch in packed["launches"]:
        met = {order[2] for order in (*launch["fills"], *launch["blocks"])}
        mine = [
            p
            for p in launch_pictures({**packed, "launches": [launch]})
            if any(f" · {code}:" in p for code in met)
        ]
        assert sum(p.count(mark("x", 0, 0, 8, "var:short").split('"')[1]) for p in mine) == len(
            launch["blocks"]
        )
        triangles = sum(p.count('d="M0-.55') + p.count('d="M0,.55') for p in mine)
        assert triangles == len(launch["fills"])


def test_a_study_has_the_band_around_its_mean() -> None:
    svg = still(_path_figure(make_study()), "path")
    band = coordinates(svg, r'"M\d[^"]*z" class="f-band')
    assert len(band) == 2 * 16
