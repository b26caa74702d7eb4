"""Charts of a sweep: its spread, the median map, what is around the best point, and what the verdict rests on."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...engine.results.summary import Judgement
from ..numbers.sweep_pack import coded, level_text
from .plots import label, line, rounded
from .shares import Figure

BINS = 80
INKS = ("strategy", "paper", "long", "violet", "short", "benchmark")


def spread_figure(values: pd.Series, best: float, threshold: float | None) -> Figure:
    """How many points had which value of the metric, with the best one and what luck alone would reach."""
    finite = values.to_numpy(dtype=float)
    finite = finite[np.isfinite(finite)]
    counts, edges = np.histogram(finite, bins=BINS)
    centres = (edges[:-1] + edges[1:]) / 2
    bars = {
        "type": "bar", "x": rounded(centres, 6), "y": counts.tolist(), "marker": {"color": "var:benchmark"},
        "hovertemplate": "around %{x}: %{y} points<extra></extra>",
    }  # fmt: skip
    marks = [(best, "best point", "var:strategy", 1.0)]
    if threshold is not None:
        marks.append((threshold, "best of as many worthless points", "var:short", 0.88))
    shapes = [
        {
            "type": "line",
            "x0": x,
            "x1": x,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "line": {"color": color, "width": 2},
        }
        for x, _, color, _ in marks
    ]
    middle = (float(edges[0]) + float(edges[-1])) / 2
    notes = [
        {"x": x, "y": y, "yref": "paper", "text": f" {text} ", "showarrow": False, "font": {"color": color},
         "xanchor": "right" if x > middle else "left"}
        for x, text, color, y in marks
    ]  # fmt: skip
    layout = {"shapes": shapes, "annotations": notes, "bargap": 0, "yaxis": {"title": {"text": "points"}}}
    return {"data": [bars], "layout": {**layout, "showlegend": False}}


def panels(verdict: Judgement) -> dict[str, Figure]:
    """Charts of what the verdict rests on: logits of the splits, and Sharpe in and out of sample of each fold."""
    figures: dict[str, Figure] = {}
    if verdict.logits:
        counts, edges = np.histogram(verdict.logits, bins=40)
        centres = (edges[:-1] + edges[1:]) / 2
        color = ["var:short" if x <= 0 else "var:long" for x in centres]
        x, y = rounded(centres, 4), counts.tolist()
        bars: Figure = {"type": "bar", "x": x, "y": y, "marker": {"color": color}}
        axes: Figure = {
            "xaxis": {"title": {"text": "logit of the out-of-sample rank"}},
            "yaxis": {"title": {"text": "splits"}},
        }
        figures["logits"] = {"data": [bars], "layout": {**axes, "bargap": 0.05, "showlegend": False}}
    for name, folds in (("anchored", verdict.folds_anchored), ("rolling", verdict.folds_rolling)):
        if folds:
            figures[name] = _folds_figure(folds)
    return figures


def _folds_figure(folds: Sequence[tuple[float | None, float | None]]) -> Figure:
    x = [f"fold {i + 1}" for i in range(len(folds))]
    data = [
        {
            "type": "bar",
            "x": x,
            "y": [fold[k] for fold in folds],
            "name": name,
            "marker": {"color": f"var:{color}"},
        }
        for k, (name, color) in enumerate((("chosen on", "benchmark"), ("judged on", "strategy")))
    ]
    axis = {"title": {"text": "Sharpe per session"}}
    return {"data": data, "layout": {"barmode": "group", "yaxis": axis, "xaxis": {"type": "category"}}}


def map_figure(points: pd.DataFrame, parameters: Sequence[str], metric: str) -> Figure:
    """The median of the metric over the first two parameters that vary, or along the only one."""
    varying = [name for name in parameters if points[name].nunique(dropna=False) > 1]
    names = varying[:2] or list(parameters[:1])
    keys = [points[name].map(level_text) for name in names]
    medians = points[metric].astype(float).groupby(keys, sort=False).median()
    levels = [[label(one) for one in coded(points[name], name)["levels"]] for name in names]
    across: Figure = {"type": "category", "title": {"text": label(names[0])}}
    if len(names) == 1:
        values = medians.reindex(coded(points[names[0]], names[0])["levels"])
        up: Figure = {"title": {"text": f"median {label(metric)}"}}
        data = line(levels[0], rounded(values, 6), metric, "strategy") | {"mode": "lines+markers"}
        return {"data": [data], "layout": {"xaxis": across, "yaxis": up, "showlegend": False}}
    across_levels, up_levels = (coded(points[name], name)["levels"] for name in names)
    grid = medians.unstack().reindex(index=across_levels, columns=up_levels)
    cells = {
        "type": "heatmap",
        "x": levels[0],
        "y": levels[1],
        "z": [rounded(row, 6) for row in grid.T.to_numpy()],
    }
    up = {"type": "category", "title": {"text": label(names[1])}}
    score = points[metric].astype(float)
    best = points.iloc[int(score.fillna(-math.inf).to_numpy().argmax())]
    circle = {"symbol": "circle-open", "size": 18, "color": "var:ink"}
    place = {key: [label(level_text(best[name]))] for key, name in zip("xy", names, strict=True)}
    mark = {"type": "scatter", "mode": "markers", "marker": circle, "showlegend": False, **place}
    return {"data": [cells, mark], "layout": {"xaxis": across, "yaxis": up}}


def plateau_figure(points: pd.DataFrame, parameters: Sequence[str], metric: str) -> Figure:
    """The metric when one parameter moves away from the best point and the others stay, in steps of the grid."""
    axes = {name: coded(points[name], name)["levels"] for name in parameters}
    at = pd.DataFrame({name: points[name].map(level_text).map(axes[name].index) for name in parameters})
    score = points[metric].astype(float)
    best = at.iloc[int(score.fillna(-math.inf).to_numpy().argmax())]
    same = at.eq(best)
    data = []
    for i, name in enumerate(name for name in parameters if len(axes[name]) > 1):
        along = same.drop(columns=name).all(axis=1)
        steps = (at.loc[along, name] - best[name]).sort_values(kind="stable")
        values = rounded(score[steps.index], 6)
        data.append(
            line(steps.tolist(), values, label(name), INKS[i % len(INKS)]) | {"mode": "lines+markers"}
        )
    axis = {"xaxis": {"title": {"text": "steps of the grid from the best point"}}}
    return {"data": data, "layout": {**axis, "yaxis": {"title": {"text": label(metric)}}, "showlegend": True}}
