"""The map of a sweep: a metric over any two parameters, what is around the best point, and how much of it is luck."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..data.errors import ConfigError, DataError
from ..engine.research.sharpe import expected_best
from ..engine.research.verdict import Verdict
from .formats import number, percent, ratio, told, visible
from .metrics import KNOWN
from .page import render
from .plots import Figure, label, line, rounded
from .search_front import OF_A_TRIAL, finished_points, front_figure, trials_told
from .tables import Cell, Column, Table

SHOWN = (
    "sharpe",
    "total_return",
    "max_drawdown",
    "calmar",
    "blocked",
    "sortino",
    "cagr",
    "volatility",
    "turnover",
)
BUDGET = 3_600_000  # characters of packed points on a page
MOST = 100_000  # points on the map; a larger sweep is drawn from a sample of them
TOP = 20
EXTRAS = ("fallback", "run", *OF_A_TRIAL)  # columns that are neither parameters nor figures
BINS = 80
INKS = ("strategy", "paper", "long", "violet", "short", "benchmark")


def write_sweep(
    points: pd.DataFrame,
    parameters: Sequence[str],
    folder: Path,
    *,
    summary: Mapping[str, Any],
    verdict: Verdict | None = None,
) -> None:
    """Write index.html of a sweep: one row of `points` per parameter point, with its metrics.

    `summary` may name the `metric` (default sharpe), `strategy`, `start`, `end`, `seconds`, `simulated`, `command`,
    `periods_per_year`. A column `run` holds folders of full runs beside the page. No point or no such metric is a
    ConfigError.
    """
    metric, points = str(summary.get("metric", "sharpe")), finished_points(points, parameters)
    if points.empty or metric not in points:
        raise ConfigError(
            f"the sweep has no {metric} to draw a map of; run `launchlab sweep` to the end first"
        )
    threshold = _threshold(verdict, summary) if metric == "sharpe" else None
    score = points[metric].astype(float)
    best = points.iloc[int(score.fillna(-math.inf).to_numpy().argmax())]
    figures = {"spread": _spread(points[metric], float(best[metric]), threshold)}
    figures |= _panels(verdict)
    front = front_figure(points, summary)
    render(
        "sweep.html",
        folder / "index.html",
        summary=summary,
        metric=metric,
        name=KNOWN.get(metric, (metric,))[0],
        count=len(points),
        sampled=min(len(points), MOST) if len(points) > MOST else 0,
        best=[(visible(name), _level(best[name])) for name in parameters],
        best_value=_written(metric, best[metric]),
        threshold=None if threshold is None else ratio(threshold),
        verdict=verdict or summary.get("verdict"),
        figures=figures,
        chosen=trials_told(summary),
        front=front,
        map=map_figure(points, parameters, metric),
        plateau=plateau_figure(points, parameters, metric),
        packed=pack(points, parameters, metric),
        top=_top(points, parameters, metric),
    )


def write_sweep_folder(folder: Path, verdict: Verdict | None = None) -> None:
    """Write index.html into the folder of a finished sweep, from its points.parquet and summary.json.

    Without `verdict`, what summary.json says under that name is shown, without its charts.
    """
    try:
        points = pd.read_parquet(folder / "points.parquet")
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{folder} is not the folder of a finished sweep ({error}); run `launchlab sweep`"
        ) from None
    parameters = [name for name in points.columns if name not in KNOWN and name not in EXTRAS]
    write_sweep(points, parameters, folder, summary=summary, verdict=verdict)


def pack(points: pd.DataFrame, parameters: Sequence[str], metric: str) -> dict[str, Any]:
    """Points as the page's script reads them: level numbers of each parameter and metrics, little-endian, base64.

    Level numbers are uint8 (uint16 beyond 256 levels), metrics float32; metrics are added while they fit `BUDGET`.
    """
    shown = points if len(points) <= MOST else _sample(points, metric)
    axes = [_axis(shown[name], name) for name in parameters]
    room = BUDGET - sum(len(axis["at"]) for axis in axes)
    columns: dict[str, str] = {}
    for name in dict.fromkeys((metric, *SHOWN)):
        if name not in shown or len(columns) * len(shown) * 16 / 3 > room - len(shown) * 16 / 3:
            continue
        columns[name] = _base64(shown[name].to_numpy(dtype="<f4", na_value=np.nan))
    labels = {name: KNOWN.get(name, (name.replace("_", " "),))[0] for name in columns}
    return {"n": len(shown), "axes": axes, "metrics": columns, "labels": labels, "metric": metric}


def _sample(points: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The best points and an even sample of the others, in their order."""
    best = points[metric].nlargest(1_000).index
    rest = points.drop(index=best).sample(MOST - len(best), random_state=0)
    return points.loc[rest.index.union(best)]


def _axis(values: pd.Series, name: str) -> dict[str, Any]:
    """Levels of a parameter in order, a rule that is off first, and the level of each point."""
    plain = values.astype(object).where(values.notna(), None)
    levels = sorted(set(plain), key=lambda v: (v is not None, isinstance(v, str), v if v is not None else 0))
    place = {level: i for i, level in enumerate(levels)}
    kind = "<u1" if len(levels) <= 256 else "<u2"
    at = np.fromiter((place[value] for value in plain), dtype=kind, count=len(plain))
    return {
        "name": visible(name),
        "levels": [_level(v) for v in levels],
        "wide": kind == "<u2",
        "at": _base64(at),
    }


def _base64(values: Any) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")


def _level(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "none"
    return told(value.item() if isinstance(value, np.generic) else value)


def _threshold(verdict: Verdict | None, summary: Mapping[str, Any]) -> float | None:
    """Annual Sharpe ratio that the best of so many worthless points would be expected to show."""
    if verdict is None or verdict.trials is None:
        return None
    luck = expected_best(verdict.trials.independent, verdict.trials.variance)
    return float(luck * math.sqrt(float(summary.get("periods_per_year", 252))))


def _spread(values: pd.Series, best: float, threshold: float | None) -> Figure:
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


def _panels(verdict: Verdict | None) -> dict[str, Figure]:
    """Charts of what the verdict rests on: logits of the splits, and Sharpe in and out of sample of each fold."""
    figures: dict[str, Figure] = {}
    if verdict is not None and verdict.overfit is not None:
        counts, edges = np.histogram(verdict.overfit.logits, bins=40)
        centres = (edges[:-1] + edges[1:]) / 2
        color = ["var:short" if x <= 0 else "var:long" for x in centres]
        bars: Figure = {
            "type": "bar",
            "x": rounded(centres, 4),
            "y": counts.tolist(),
            "marker": {"color": color},
        }
        axes: Figure = {
            "xaxis": {"title": {"text": "logit of the out-of-sample rank"}},
            "yaxis": {"title": {"text": "splits"}},
        }
        figures["logits"] = {"data": [bars], "layout": {**axes, "bargap": 0.05, "showlegend": False}}
    for name, walk in (("anchored", verdict and verdict.anchored), ("rolling", verdict and verdict.rolling)):
        if walk:
            x = [f"fold {i + 1}" for i in range(len(walk.folds))]
            inside, outside = (
                [getattr(fold, key) for fold in walk.folds] for key in ("train_sharpe", "test_sharpe")
            )
            data = [
                {
                    "type": "bar",
                    "x": x,
                    "y": rounded(inside, 4),
                    "name": "chosen on",
                    "marker": {"color": "var:benchmark"},
                },
                {
                    "type": "bar",
                    "x": x,
                    "y": rounded(outside, 4),
                    "name": "judged on",
                    "marker": {"color": "var:strategy"},
                },
            ]
            axis = {"title": {"text": "Sharpe per session"}}
            figures[name] = {
                "data": data,
                "layout": {"barmode": "group", "yaxis": axis, "xaxis": {"type": "category"}},
            }
    return figures


def map_figure(points: pd.DataFrame, parameters: Sequence[str], metric: str) -> Figure:
    """The median of the metric over the first two parameters that vary, or along the only one."""
    varying = [name for name in parameters if points[name].nunique(dropna=False) > 1]
    names = varying[:2] or list(parameters[:1])
    keys = [points[name].map(_level) for name in names]
    medians = points[metric].astype(float).groupby(keys, sort=False).median()
    levels = [[label(level) for level in _axis(points[name], name)["levels"]] for name in names]
    across: Figure = {"type": "category", "title": {"text": label(names[0])}}
    if len(names) == 1:
        values = medians.reindex(_axis(points[names[0]], names[0])["levels"])
        up: Figure = {"title": {"text": f"median {label(metric)}"}}
        data = line(levels[0], rounded(values, 6), metric, "strategy") | {"mode": "lines+markers"}
        return {"data": [data], "layout": {"xaxis": across, "yaxis": up, "showlegend": False}}
    across_levels, up_levels = (_axis(points[name], name)["levels"] for name in names)
    grid = medians.unstack().reindex(index=across_levels, columns=up_levels)
    cells = {
        "type": "heatmap",
        "x": levels[0],
        "y": levels[1],
        "z": [rounded(row, 6) for row in grid.T.to_numpy()],
    }
    up = {"type": "category", "title": {"text": label(names[1])}}
    return {"data": [cells], "layout": {"xaxis": across, "yaxis": up}}


def plateau_figure(points: pd.DataFrame, parameters: Sequence[str], metric: str) -> Figure:
    """The metric when one parameter moves away from the best point and the others stay, in steps of the grid."""
    axes = {name: _axis(points[name], name)["levels"] for name in parameters}
    at = pd.DataFrame({name: points[name].map(_level).map(axes[name].index) for name in parameters})
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


def _top(points: pd.DataFrame, parameters: Sequence[str], metric: str) -> Table:
    """The best points with every parameter and metric, linked to their full runs where there are any."""
    best = points.assign(_key=points[metric].astype(float)).nlargest(TOP, "_key", keep="first")
    names = [name for name in dict.fromkeys((metric, *KNOWN)) if name in points]
    columns = [Column("rank", "Rank"), *(Column(name, visible(name)) for name in parameters)]
    columns += [Column(name, KNOWN.get(name, (name,))[0], kind="number") for name in names]
    rows = []
    for rank, (_, point) in enumerate(best.iterrows(), 1):
        run = str(point.get("run", "") or "")
        link = f"{run}/index.html" if run and "/" not in run and ":" not in run else ""
        cells = [Cell(str(rank), f"{rank:03d}", link)]
        cells += [Cell(text, text) for text in (_level(point[name]) for name in parameters)]
        cells += [Cell(_written(name, point[name]), repr(float(point[name]))) for name in names]
        rows.append(tuple(cells))
    return Table("top", f"The best {len(rows)} points", tuple(columns), tuple(rows), "top.csv")


def _written(metric: str, value: Any) -> str:
    if metric in KNOWN:
        return KNOWN[metric][1](float(value))
    return percent(value) if metric.endswith("return") else number(value, 4)
