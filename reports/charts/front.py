"""What a search with several aims found: its points in the first two of them, and the front that no point beats."""

from collections.abc import Sequence

import pandas as pd

from ...engine.results.summary import SweepSummary
from ...engine.search.search import OBJECTIVES
from ..numbers.metrics import KNOWN
from .plots import label, rounded
from .shares import Figure, in_percent

COMPLETE = "complete"
OF_A_TRIAL = ("trial", "state", "repeat", "early", "capacity")  # columns that a search adds
PERCENT = ("total_return", "max_drawdown", "cagr")


def finished_points(points: pd.DataFrame, parameters: Sequence[str]) -> pd.DataFrame:
    """One row per point that ran on the whole market: trials that were pruned, or repeat a point, are left out."""
    if "state" not in points:
        return points
    return points[points["state"] == COMPLETE].drop_duplicates(list(parameters)).reset_index(drop=True)


def trials_told(summary: SweepSummary) -> str:
    """What a reader should know of the search, in words; empty for a sweep of a grid."""
    search = summary.search
    if not search:
        return ""
    pruned = f", {summary.pruned or 0:,} of them pruned on the early market" if search.prune else ""
    return f"chosen by {search.kind} in {summary.trials or 0:,} trials{pruned}"


def front_figure(points: pd.DataFrame, summary: SweepSummary) -> Figure | None:
    """Points by the second aim (across) and the first (up), the front above them; None with a single aim."""
    if not summary.pareto or summary.search is None:
        return None
    up, across = (OBJECTIVES[aim] for aim in summary.search.objectives[:2])
    front = pd.DataFrame(list(summary.pareto))
    data = [
        _dots(points, across, up, "points", "benchmark", 5),
        _dots(front, across, up, "front", "strategy", 8),
    ]
    axes = {"xaxis": across, "yaxis": up}
    titles = {name: {"title": {"text": label(_called(column))}} for name, column in axes.items()}
    figure = {"data": data, "layout": {**titles, "hovermode": "closest"}}
    for name in (name for name, column in axes.items() if column in PERCENT):
        figure = in_percent(figure, name)
    return figure


def _dots(rows: pd.DataFrame, across: str, up: str, name: str, color: str, size: int) -> Figure:
    return {
        "type": "scatter", "mode": "markers", "name": name, "x": rounded(rows[across], 4), "y": rounded(rows[up], 4),
        "text": [f"trial {trial}" for trial in rows["trial"]], "marker": {"color": f"var:{color}", "size": size, "symbol": "circle"},
    }  # fmt: skip


def _called(column: str) -> str:
    return KNOWN.get(column, (column.capitalize(),))[0]
