"""The map of a sweep holds every point, and the best is the best."""

import base64
import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from launchlab.data.errors import ConfigError, DataError
from launchlab.engine.luck.verdict import Evidence, verdict
from launchlab.reports import write_sweep, write_sweep_folder
from launchlab.reports.numbers.sweep_pack import pack

from ..markets.result_fixture import make_result
from ..markets.sweep_fixture import PARAMETERS, make_points, make_summary


def unpacked(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=kind)


def test_every_point_can_be_read_back_from_the_page() -> None:
    points = make_points()
    packed = pack(points, PARAMETERS, "sharpe")
    for axis in packed["axes"]:
        levels = np.array(axis["levels"], dtype=object)[unpacked(axis["at"], "<u1")]
        wanted = [
            "none" if pd.isna(v) else f"{v:g}" if isinstance(v, float) else str(v)
            for v in points[axis["name"]]
        ]
        assert levels.tolist() == wanted
    np.testing.assert_allclose(unpacked(packed["metrics"]["sharpe"], "<f4"), points["sharpe"], rtol=1e-6)


def test_a_rule_that_is_off_is_the_first_level() -> None:
    stop = pack(make_points(), PARAMETERS, "sharpe")["axes"][1]
    assert stop["levels"] == ["none", "0.03", "0.075", "0.12"]


def test_a_parameter_of_more_than_256_levels_keeps_them_apart() -> None:
    points = pd.DataFrame({"hold": np.arange(300), "sharpe": np.arange(300.0)})
    axis = pack(points, ["hold"], "sharpe")["axes"][0]
    assert axis["wide"]
    assert unpacked(axis["at"], "<u2").tolist() == list(range(300))


def test_a_page_of_100_000_points_is_under_five_megabytes(tmp_path: Path) -> None:
    points = make_points(holds=100, stops=25, waits=20)
    assert len(points) == 100_000
    write_sweep(points, PARAMETERS, tmp_path, summary=make_summary())
    assert (tmp_path / "index.html").stat().st_size < 5_000_000


def test_a_larger_sweep_is_drawn_from_a_sample_that_has_the_best_and_says_so(tmp_path: Path) -> None:
    points = make_points(holds=100, stops=25, waits=21)
    packed = pack(points, PARAMETERS, "sharpe")
    assert packed["n"] == 100_000
    assert unpacked(packed["metrics"]["sharpe"], "<f4").max() == np.float32(points["sharpe"].max())
    write_sweep(points, PARAMETERS, tmp_path, summary=make_summary())
    assert "100,000 of the 105,000 points" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_first_row_of_the_top_table_is_the_best_point(tmp_path: Path) -> None:
    points = make_points()
    write_sweep(points, PARAMETERS, tmp_path, summary=make_summary())
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    table = page[page.index('id="top"') :]
    assert table.index(f'data-v="{float(points["sharpe"].max())!r}"') < table.index('data-v="002"')


def test_a_sweep_with_a_verdict_says_it_and_one_without_says_to_take_it_for_luck(tmp_path: Path) -> None:
    returns = np.random.default_rng(1).normal(0.0, 0.01, (200, 24))
    found = verdict(Evidence(returns=returns, longest_hold=5, spa=False))
    write_sweep(make_points(), PARAMETERS, tmp_path / "a", summary=make_summary(verdict=found.to_json()))
    write_sweep(make_points(), PARAMETERS, tmp_path / "b", summary=make_summary())
    assert found.text.split(".")[0] in (tmp_path / "a/index.html").read_text(encoding="utf-8")
    assert "take the best point for luck" in (tmp_path / "b/index.html").read_text(encoding="utf-8")


def test_an_empty_sweep_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no sharpe to draw a map of"):
        write_sweep(make_points().head(0), PARAMETERS, tmp_path, summary=make_summary())


def test_a_finished_folder_is_drawn_with_what_its_summary_says(tmp_path: Path) -> None:
    make_points().to_parquet(tmp_path / "points.parquet")
    said = {"label": "luck", "text": "Take it for <luck>."}
    make_summary(verdict=said).write(tmp_path)
    write_sweep_folder(tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Take it for &lt;luck&gt;." in page
    assert json.loads(page.split('id="packed">')[1].split("</script>")[0])["n"] == len(make_points())


def test_a_page_drawn_again_has_the_charts_of_its_verdict_and_links_to_its_runs(tmp_path: Path) -> None:
    points = make_points()
    returns = np.random.default_rng(1).normal(0.0, 0.01, (200, 24))
    found = verdict(Evidence(returns=returns, longest_hold=5, spa=False))
    points.to_parquet(tmp_path / "points.parquet")
    make_summary(verdict=found.to_json()).write(tmp_path)
    best = points.loc[points["sharpe"].idxmax(), list(PARAMETERS)].to_dict()
    (tmp_path / "top-1").mkdir()
    plain = {name: None if pd.isna(value) else value for name, value in best.items()}
    dataclasses.replace(make_result(sessions=30).summary, parameters=plain).write(tmp_path / "top-1")
    write_sweep_folder(tmp_path)
    again = (tmp_path / "index.html").read_text(encoding="utf-8")
    write_sweep(points, PARAMETERS, tmp_path, summary=make_summary(verdict=found.to_json()))
    once = (tmp_path / "index.html").read_text(encoding="utf-8")
    for name in ("logits", "anchored", "rolling"):
        chart = rf'data-figure="{name}".*?</script>'
        assert re.findall(chart, again, re.DOTALL) == re.findall(chart, once, re.DOTALL) != []
    assert "worthless points" in again
    assert again.count('href="top-1/index.html"') == 1


def test_a_folder_without_a_sweep_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is .* the folder of a run"):
        write_sweep_folder(tmp_path)
