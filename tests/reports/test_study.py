"""The page of a study says what the study found, window by window."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from launchlab.engine.study.findings import Variant
from launchlab.reports import write_study
from launchlab.reports.cards import cards, view

from ..markets.study_fixture import make_study


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("study")
    write_study(make_study(), folder)
    return (folder / "index.html").read_text(encoding="utf-8")


def test_the_mean_of_every_window_is_on_the_page(page: str) -> None:
    shown = dict(re.findall(r'data-window="(\w+)" data-value="([^"]+)"', page))
    study = make_study()
    assert {name: float(value) for name, value in shown.items()} == {
        name: found.mean for name, found in study.windows.items()
    }


def test_each_window_is_read_in_plain_words(page: str) -> None:
    assert "Too few events to say anything." in page
    assert page.count("More than chance") == 2


def test_the_waterfall_is_the_mean_per_event(page: str) -> None:
    # 60 points over 14 events, as a fraction
    assert f"{60 / 14:.4f}" in page


def test_simulated_prices_are_said_to_be_simulated(page: str) -> None:
    assert "SIMULATED DATA" in page


def test_names_of_launches_and_groups_are_only_text(page: str) -> None:
    assert "<script>window.hacked" not in page
    assert "<img src=x" not in page


def test_there_is_one_card_for_every_launch_with_what_its_names_did(page: str) -> None:
    found = re.findall(r'<li class="card".*?data-moved="([^"]*)" data-captured="([^"]*)">', page)
    assert [float(moved) for moved, _ in found] == [10.0 - i for i in range(14)]
    assert [float(captured) for _, captured in found] == [2.5 - i for i in range(14)]
    assert (
        page.count("could not be bought") == 10
    )  # five names, each in its row and in the words for the picture
    assert page.count("2026-02-06, time unknown") + page.count("2026-02-07, time unknown") == 4


def test_a_launch_of_two_names_is_one_card() -> None:
    study = make_study(2)
    both = tuple(replace(trail, launch="launch-0") for trail in study.trails)
    events = tuple(replace(event, launch="launch-0") for event in study.events)
    (card,) = cards(replace(study, trails=both, events=events))
    assert [name.code for name in card.names] == ["688158.SS", "2513.HK"]
    assert float(card.moved) == 9.5


def test_a_picture_stands_in_the_units_of_its_data() -> None:
    """Levels from −2 to 10 percent over offsets −5 to 10, with a twentieth of room, or so, on each side."""
    box = view(np.arange(-5, 11), [np.array([1.0, np.nan, 10.0]), np.array([-2.0])])
    x, top, width, height = map(float, box.split())
    assert (x, width) == (-5.5, 16)
    assert -11 < top < -10
    assert 2 < top + height < 3


def test_a_page_of_200_launches_stays_small(tmp_path: Path) -> None:
    study = make_study(14)
    many = [
        (replace(t, launch=f"n{k}"), replace(e, launch=f"n{k}"))
        for k in range(200)
        for t, e in [(study.trails[k % 14], study.events[k % 14])]
    ]
    write_study(replace(study, trails=tuple(t for t, _ in many), events=tuple(e for _, e in many)), tmp_path)
    assert (tmp_path / "index.html").stat().st_size < 1_000_000


def test_what_other_clocks_show_is_on_the_page(tmp_path: Path) -> None:
    clock = (Variant("day 0 +1 session", "react", 14, -1.25, 0.04, "chance", 3),)
    write_study(
        replace(make_study(), clock=clock, clock_text=("react: turns round <a session> later.",)), tmp_path
    )
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "react: turns round &lt;a session&gt; later." in page
    assert "day 0 +1 session" in page
    assert 'data-v="-1.25">−1.25 %' in page


def test_a_study_without_events_still_has_a_page(tmp_path: Path) -> None:
    write_study(make_study(2), tmp_path)
    assert "What could not be measured" in (tmp_path / "index.html").read_text(encoding="utf-8")
