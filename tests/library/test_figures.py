"""Charts of runs, sweeps and studies as Plotly figures: the data are those of the pages, and nothing else is computed."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import launchlab as ll
from launchlab.data.errors import ConfigError, LaunchlabError
from launchlab.reports.run import run_figures, write_book

from ..markets.result_fixture import make_result

plotly = pytest.importorskip("plotly")


@pytest.fixture(scope="module")
def swept() -> ll.Sweep:
    market = ll.load_market(start="2026-01-05", end="2026-02-27")
    grid = {"hold": range(1, 4), "stop": (None, 0.05)}
    return ll.sweep("long-short", grid, market, confirm=0, judge=False, page=False)


def test_the_curve_is_the_equity_of_the_run() -> None:
    result = make_result()
    curve = result.figure("equity").data[0]
    assert list(curve.x) == result.equity["session"].tolist()
    assert list(curve.y) == pytest.approx(result.equity["equity"].tolist(), abs=0.006)
    assert curve.line.color == "#1c5d99"


def test_every_chart_of_the_page_is_a_figure_with_the_same_data() -> None:
    result = make_result()
    drawn, on_page = ll.figures(result), run_figures(result)
    assert list(drawn) == list(on_page) == list(result.figures)
    for name, one in drawn.items():
        assert len(one.data) == len(on_page[name]["data"])
        for trace, told in zip(one.data, on_page[name]["data"], strict=True):
            assert list(trace.x) == list(told["x"]), name
        assert "var:" not in json.dumps(one.to_plotly_json(), default=str)


def test_the_map_has_a_cell_for_each_point(swept: ll.Sweep) -> None:
    cells = swept.figure("map").data[0]
    held = {(x, y): z for x, column in enumerate(zip(*cells.z, strict=True)) for y, z in enumerate(column)}
    assert sorted(held.values()) == pytest.approx(sorted(swept.points["sharpe"]), abs=1e-6)
    assert set(swept.figures) == {"map", "plateau", "spread"}
    assert swept.figure("map").layout.title.text == "SIMULATED DATA — not market prices"


def test_an_unknown_name_is_refused_with_the_nearest_one(swept: ll.Sweep) -> None:
    with pytest.raises(ConfigError, match=r"no figure 'mapp'.*did you mean.*map"):
        swept.figure("mapp")
    with pytest.raises(ConfigError, match="no figure 'path'"):
        make_result().figure("path")
    with pytest.raises(ConfigError, match="a Config has no figures"):
        ll.figures(ll.Config())


def test_without_plotly_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(LaunchlabError, match=r"pip install 'launchlab\[notebook\]'"):
        make_result().figure("equity")


def test_hostile_names_stay_text_in_a_figure() -> None:
    told: Any = make_result(hostile=True).figure("launches").to_json()
    assert "<script" not in told
    assert "<img" not in told


def test_the_page_needs_no_plotly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly", None)
    write_book(make_result(), tmp_path)
    assert (tmp_path / "index.html").is_file()
