"""The page of a study says what the study found, window by window."""

import re
from pathlib import Path

import pytest
from study_fixture import make_study

from launchlab.reports import write_study


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
    assert f"{60 / 14 / 100:.6f}".rstrip("0") in page


def test_simulated_prices_are_said_to_be_simulated(page: str) -> None:
    assert "SIMULATED DATA" in page


def test_names_of_launches_and_groups_are_only_text(page: str) -> None:
    assert "<script>window.hacked" not in page
    assert "<img src=x" not in page


def test_a_study_without_events_still_has_a_page(tmp_path: Path) -> None:
    write_study(make_study(2), tmp_path)
    assert "What could not be measured" in (tmp_path / "index.html").read_text(encoding="utf-8")
