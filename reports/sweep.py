"""The map of a sweep: a metric over any two parameters, what is around the best point, and how much of it is luck."""

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..data.doors import MEGABYTE, read_bytes
from ..data.errors import ConfigError, DataError
from ..data.figures import number, percent, ratio
from ..data.files import check_pages, put_pages
from ..engine.results.summary import Judgement, RunSummary, SweepSummary
from ..engine.results.tables import HIGHEST
from .charts.front import OF_A_TRIAL, finished_points, front_figure, trials_told
from .charts.shares import Figure
from .charts.sweep import map_figure, panels, plateau_figure, spread_figure
from .numbers.formats import visible
from .numbers.metrics import KNOWN
from .numbers.sweep_pack import MOST, level_text, pack
from .numbers.tables import Cell, Column, Table
from .page import SCRIPT, render

PAGES = ("index.html", SCRIPT)
LARGEST = 4_096 * MEGABYTE  # of points.parquet
TOP = 20
EXTRAS = ("fallback", "run", "error", *OF_A_TRIAL)  # columns that are neither parameters nor figures


def write_sweep(
    points: pd.DataFrame,
    parameters: Sequence[str],
    folder: Path,
    *,
    summary: SweepSummary,
) -> None:
    """Write index.html of a sweep: one row of `points` per parameter point, with its metrics.

    A column `run` holds folders of full runs beside the page. No point, or no column of the summary's metric, is a
    ConfigError.
    """
    metric, points = summary.metric, _drawable(points, parameters, summary.metric)
    judged = summary.judgement
    threshold = _threshold(judged, summary) if metric == "sharpe" else None
    score = points[metric].astype(float)
    best = points.iloc[int(score.fillna(-math.inf).to_numpy().argmax())]
    figures = {"spread": spread_figure(points[metric], float(best[metric]), threshold)}
    figures |= panels(judged) if judged else {}
    front = front_figure(points, summary)
    render(
        "sweep.html",
        folder / PAGES[0],
        summary=summary,
        metric=metric,
        name=KNOWN.get(metric, (metric,))[0],
        count=len(points),
        sampled=min(len(points), MOST) if len(points) > MOST else 0,
        best=[(visible(name), level_text(best[name])) for name in parameters],
        best_value=_written(metric, best[metric]),
        threshold=None if threshold is None else ratio(threshold),
        verdict=judged,
        figures=figures,
        chosen=trials_told(summary),
        front=front,
        map=map_figure(points, parameters, metric),
        plateau=plateau_figure(points, parameters, metric),
        packed=pack(points, parameters, metric),
        top=_top(points, parameters, metric),
    )


def sweep_figures(points: pd.DataFrame, summary: SweepSummary) -> dict[str, Figure]:
    """The charts of a sweep by name; those of what it has not are left out. Errors as `write_sweep`."""
    parameters, metric, judged = parameters_of(points), summary.metric, summary.judgement
    points = _drawable(points, parameters, metric)
    threshold = _threshold(judged, summary) if metric == "sharpe" else None
    front = front_figure(points, summary)
    return {
        "map": map_figure(points, parameters, metric),
        "plateau": plateau_figure(points, parameters, metric),
        "spread": spread_figure(points[metric], float(points[metric].max()), threshold),
        **(panels(judged) if judged else {}),
        **({"front": front} if front else {}),
    }


def parameters_of(points: pd.DataFrame) -> list[str]:
    """The columns of a table of points that are parameters."""
    return [name for name in points.columns if name not in KNOWN and name not in EXTRAS]


def _drawable(points: pd.DataFrame, parameters: Sequence[str], metric: str) -> pd.DataFrame:
    finished = finished_points(points, parameters)
    if finished.empty or metric not in finished or not pd.api.types.is_numeric_dtype(finished[metric]):
        raise ConfigError(f"the sweep has no {metric} to draw a map of; run the sweep to its end first")
    return finished


def write_sweep_folder(folder: Path) -> None:
    """Write index.html into the folder of a finished sweep, from its points.parquet and summary.json.

    Whole runs in the folder are linked.
    """
    summary = SweepSummary.read(folder)
    check_pages(folder, PAGES)
    points = read_points(folder)
    parameters = parameters_of(points)
    linked = _linked(points, parameters, folder)
    put_pages(folder, PAGES, lambda made: write_sweep(linked, parameters, made, summary=summary))


def read_points(folder: Path) -> pd.DataFrame:
    """points.parquet of a sweep; DataError when it is missing or damaged, or holds other than numbers and words."""
    path = folder / "points.parquet"
    content = io.BytesIO(read_bytes(path, most=LARGEST, advice="run the sweep again"))
    try:
        points: pd.DataFrame = pq.read_table(content).to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise DataError(f"{path} is no table of points ({_line(error)}); run the sweep again") from None
    odd = [name for name in points if not _fits(str(name), points[name])]
    if odd or not points.columns.is_unique:
        raise DataError(
            f"{path}: column {odd[0] if odd else 'twice'!r} holds no figures; run the sweep again"
        )
    return points


def _fits(name: str, column: pd.Series) -> bool:
    """Figures are numbers; parameters and words are numbers, words, or nothing."""
    if name in KNOWN:
        return pd.api.types.is_numeric_dtype(column) and not (column.astype(float).abs() > HIGHEST).any()
    plain = (str, int, float, bool, np.integer, np.floating, np.bool_, type(None))
    return all(isinstance(value, plain) for value in column)


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _linked(points: pd.DataFrame, parameters: Sequence[str], folder: Path) -> pd.DataFrame:
    """The points with the names of the folders below that hold their whole runs, in the column `run`."""
    runs = pd.Series("", points.index)
    for place in sorted(folder.glob("top-*/summary.json")):
        ran = RunSummary.read(place.parent).parameters
        same = [points[name].map(level_text) == level_text(ran.get(name)) for name in parameters]
        runs[np.logical_and.reduce(same)] = place.parent.name
    return points.assign(run=runs)


def _threshold(judged: Judgement | None, summary: SweepSummary) -> float | None:
    """Annual Sharpe ratio that the best of so many worthless points would be expected to show."""
    if judged is None or judged.luck is None:
        return None
    return judged.luck * math.sqrt(summary.periods_per_year)


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
        cells += [Cell(text, text) for text in (level_text(point[name]) for name in parameters)]
        cells += [Cell(_written(name, point[name]), repr(float(point[name]))) for name in names]
        rows.append(tuple(cells))
    return Table("top", f"The best {len(rows)} points", tuple(columns), tuple(rows), "top.csv")


def _written(metric: str, value: Any) -> str:
    if metric in KNOWN:
        return KNOWN[metric][1](float(value))
    return percent(value) if metric.endswith("return") else number(value, 4)
