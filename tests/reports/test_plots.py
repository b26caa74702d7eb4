"""Every chart is one that Plotly accepts, and draws the tables' numbers."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from launchlab.engine.results.result import load_result
from launchlab.reports.charts import plots
from launchlab.reports.charts.shares import Figure, in_percent
from launchlab.reports.charts.sweep import map_figure, plateau_figure, spread_figure
from launchlab.reports.numbers.measures import drawdown
from launchlab.reports.numbers.metrics import metric
from launchlab.reports.study import _path_figure

from ..markets.result_fixture import CAPITAL, HOSTILE, make_result
from ..markets.study_fixture import make_study
from ..markets.sweep_fixture import PARAMETERS, make_points


def painted(value: Any) -> Any:
    """The figure with its named colours replaced, as the page's script does."""
    if isinstance(value, dict):
        return {key: painted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [painted(item) for item in value]
    return "#123456" if isinstance(value, str) and value.startswith("var:") else value


def figures() -> dict[str, Figure]:
    result = make_result(hostile=True)
    study = make_study()
    return {
        "equity": plots.equity_figure(result),
        "exposure": plots.exposure_figure(result),
        "launches": plots.launches_figure(result),
        "turnover": plots.turnover_figure(result),
        "waterfall": plots.waterfall_figure(plots.capture_steps(result)),
        "path": _path_figure(study),
        "spread": spread_figure(make_points()["sharpe"], 1.0, 0.5),
        "map": map_figure(make_points(), PARAMETERS, "sharpe"),
        "plateau": plateau_figure(make_points(), PARAMETERS, "sharpe"),
    }


@pytest.mark.parametrize("name", list(figures()))
def test_plotly_accepts_the_figure(name: str) -> None:
    go.Figure(painted(figures()[name]))


def test_no_chart_writes_a_percent_sign_without_its_space() -> None:
    for name, figure in figures().items():
        written = json.dumps(figure["layout"]) + json.dumps(
            [one.get("hovertemplate") for one in figure["data"]]
        )
        assert "%}" not in written, name
        assert not re.search(r'"tickformat": "[^"]*%"|\d%', written), name


def test_a_share_of_a_twentieth_is_drawn_at_five_percent() -> None:
    traces = [
        {"y": [0.05, None], "hovertemplate": "%{y:.2%} of %{x}"},
        {"y": [0.05], "yaxis": "y2"},
    ]
    layout = {"yaxis2": {"title": {"text": "share"}}}
    drawn = in_percent({"data": traces, "layout": layout}, "yaxis2")
    assert [trace["y"] for trace in drawn["data"]] == [[0.05, None], [5.0]]
    assert drawn["layout"]["yaxis2"]["ticksuffix"] == " %"
    drawn = in_percent({"data": traces, "layout": layout})
    assert [trace["y"] for trace in drawn["data"]] == [[5.0, None], [0.05]]
    assert drawn["data"][0]["hovertemplate"] == "%{y:,.2f} % of %{x}"
    bars = {"x": [0.1], "y": [3], "width": [0.02]}
    assert in_percent({"data": [bars], "layout": {}}, "xaxis")["data"] == [
        {"x": [10.0], "y": [3], "width": [2.0]}
    ]


def test_plotly_shows_hostile_names_letter_by_letter() -> None:
    for name in HOSTILE:
        shown = plots.label(name)
        assert "<" not in shown
        assert "\u202e" not in shown


def test_the_curves_are_the_levels_of_the_tables() -> None:
    result = make_result()
    strategy, paper, benchmark, _ = plots.equity_figure(result)["data"]
    np.testing.assert_allclose(strategy["y"], result.equity["equity"], atol=0.005)
    np.testing.assert_allclose(paper["y"], result.comparison["paper"], atol=0.005)
    np.testing.assert_allclose(benchmark["y"], result.comparison["benchmark"], atol=0.005)


def test_drawdown_counts_the_starting_capital_as_a_high() -> None:
    level = make_result().equity["equity"].head(3) * 0 + np.array([90.0, 120.0, 60.0])
    np.testing.assert_allclose(drawdown(level, 100.0), [-0.1, 0.0, -0.5])


def test_shorts_are_drawn_below_zero_and_net_is_long_less_short() -> None:
    result = make_result()
    long, short, net = (
        np.array(trace["y"], dtype=float) for trace in plots.exposure_figure(result)["data"][:3]
    )
    assert short.max() <= 0
    assert long.min() >= 0
    np.testing.assert_allclose(net, long + short, atol=3e-3)


def test_sessions_with_one_market_shut_are_marked() -> None:
    result = make_result()
    shut = {
        name: result.comparison.loc[result.comparison["open_markets"] == name, "session"].tolist()
        for name in ("XHKG", "XSHG")
    }
    marks = {trace["name"]: trace["x"] for trace in plots.exposure_figure(result)["data"][3:]}
    assert marks == {"only Hong Kong open": shut["XHKG"], "only mainland open": shut["XSHG"]}


def test_the_steps_of_the_waterfall_add_up() -> None:
    (_, paper), *missed, (_, captured) = plots.capture_steps(make_result())
    assert paper + sum(value for _, value in missed) == pytest.approx(captured)
    assert [name for name, _ in missed] == ["gap", "limits", "cash", "slippage", "costs"]


def test_bought_and_sold_add_up_to_the_value_of_the_fills() -> None:
    result = make_result()
    value = (result.fills["shares"] * result.fills["price"] * result.fills["fx"]).abs().sum()
    assert plots.traded_value(result).to_numpy().sum() == pytest.approx(value)


def test_a_run_without_fills_has_every_chart() -> None:
    result = make_result(flat=True)
    assert plots.capture_steps(replace(result, launches=result.launches.iloc[:0])) == ()
    assert plots.launches_figure(result)["data"][0]["x"] == []
    assert result.equity["equity"].iloc[-1] == CAPITAL


def test_a_folder_of_0_1_opens_without_the_parts_it_did_not_tell_apart(tmp_path: Path) -> None:
    """Its launches.csv has gap, limits and costs only; the waterfall of such a run has these steps."""
    before = make_result()
    before.save(tmp_path)
    since = ["missed_size", "missed_cash", "slippage", "dividend_tax", "borrow"]
    bounds = ["earliest", "latest"]
    before.launches.drop(columns=[*bounds, "missed_wait"]).to_csv(tmp_path / "launches.csv", index=False)
    assert (load_result(tmp_path).launches[bounds] == "").all(axis=None), "written before launches had bounds"
    table = before.launches.drop(columns=[*since, *bounds, "missed_wait"])
    table["missed_limits"] += before.launches[since].sum(axis=1)
    table.to_csv(tmp_path / "launches.csv", index=False)
    after = load_result(tmp_path)
    assert after.launches[since].isna().all(axis=None)
    assert [name for name, _ in plots.capture_steps(after)] == [
        "whole move", "gap", "limits", "costs", "captured",
    ]  # fmt: skip


def test_a_share_stands_beside_what_it_is_a_share_of() -> None:
    summary = make_result().summary
    two = replace(summary, metrics=summary.metrics | {"win_rate_launches": 0.5, "traded_launches": 2})
    assert metric(two, "win_rate_launches").text == "50.00 % of 2"
    none = replace(summary, metrics=summary.metrics | {"win_rate_launches": None, "traded_launches": 0})
    assert metric(none, "win_rate_launches").text == "–"
