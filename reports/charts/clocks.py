"""The bracket of a run over what its clocks leave open, as a figure."""

import numpy as np

from ...engine.results.clocks import Clocks
from .plots import rounded
from .shares import Figure, in_percent

BINS = 24


def clocks_figure(clocks: Clocks) -> Figure:
    """How often the draws came to which total return, and where the run and the ends of the bracket lie."""
    marks = {
        "as run": (clocks.as_run, "strategy"), "all earliest": (clocks.earliest, "long"),
        "all latest": (clocks.latest, "paper"), "worst": (clocks.worst, "short"),
    }  # fmt: skip
    counts, edges = np.histogram(clocks.draws or (clocks.as_run,), BINS)
    middles = (edges[:-1] + edges[1:]) / 2
    bars = {
        "type": "bar", "name": "draws", "x": rounded(middles, 5), "y": counts.tolist(),
        "width": rounded(np.diff(edges), 6), "marker": {"color": "var:benchmark"}, "hovertemplate": "%{x:.1%}: %{y}<extra></extra>",
    }  # fmt: skip
    top = float(max(counts.max(), 1))
    lines = [
        {
            "type": "scatter", "mode": "lines", "name": name, "x": [round(at, 5)] * 2, "y": [0, top],
            "line": {"color": f"var:{color}", "width": 2.4, "dash": "solid" if name == "as run" else "dash"},
            "hovertemplate": f"{name} %{{x:.1%}}<extra></extra>",
        }
        for name, (at, color) in marks.items()
    ]  # fmt: skip
    layout = {
        "xaxis": {"title": {"text": "total return"}},
        "yaxis": {"title": {"text": "draws"}},
        "bargap": 0,
    }
    return in_percent({"data": [bars, *lines], "layout": layout}, "xaxis")
