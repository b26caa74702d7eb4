"""The runs of a folder on one page: what each was, what it made, and the shape of its equity."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from markupsafe import Markup

from ..data.errors import DataError
from ..engine.results.result import read_table
from ..engine.results.summary import RunSummary
from .numbers.formats import visible
from .numbers.metrics import KNOWN, metric
from .page import render

SHOWN = ("total_return", "paper_return", "sharpe", "max_drawdown", "costs", "fills", "blocked")
WIDTH, HEIGHT = 120, 26


def write_runs(folder: Path) -> None:
    """Write index.html over the runs in the subfolders of `folder`; folders that are not runs are passed over."""
    found = [row for place in sorted(folder.iterdir()) if place.is_dir() and (row := _row(place))]
    render("runs.html", folder / "index.html", runs=found, shown=[KNOWN[key][0] for key in SHOWN])


def _row(place: Path) -> dict[str, Any] | None:
    try:
        summary, equity = RunSummary.read(place), read_table(place, "equity")["equity"]
    except DataError:
        return None
    page = f"{quote(place.name)}/index.html" if (place / "index.html").exists() else ""
    about = {key: visible(getattr(summary, key)) for key in ("strategy", "engine", "start", "end")}
    return about | {
        "name": visible(place.name), "page": page, "figures": [metric(summary, key) for key in SHOWN],
        "simulated": summary.simulated, "line": spark(equity.to_numpy(dtype=float)),
    }  # fmt: skip


def spark(values: Any) -> Markup:
    """A series as a small SVG line, without axes; empty for fewer than two values."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return Markup("")
    values = values[np.unique(np.linspace(0, len(values) - 1, WIDTH).astype(int))]
    spread = float(np.ptp(values)) or 1.0
    y = HEIGHT - 2 - (values - values.min()) / spread * (HEIGHT - 4)
    x = np.linspace(0, WIDTH, len(values))
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" width="{}" height="{}" aria-hidden="true">'
        '<polyline points="{}" fill="none" stroke="currentColor" stroke-width="1.4"/></svg>'
    ).format(WIDTH, HEIGHT, WIDTH, HEIGHT, points)
