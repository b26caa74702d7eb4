"""The runs, sweeps and studies of a folder on one page: what each was, what it made, and the shape of its equity."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from markupsafe import Markup

from ..data.errors import ConfigError, DataError
from ..data.figures import number
from ..data.files import is_as_written, put_pages
from ..data.panel.beyond import rests_on_bars
from ..engine.results.summary import SUMMARY, AnySummary, RunSummary, StudySummary, read_summary, saved_in
from ..engine.results.tables import read_table
from .numbers.formats import exact, visible
from .numbers.metrics import KNOWN, written
from .numbers.tables import Cell
from .page import SCRIPT, render

PAGE = "index.html"
SHOWN = ("total_return", "paper_return", "sharpe", "max_drawdown", "costs", "fills", "blocked")
WIDTH, HEIGHT = 120, 26


def write_runs(folder: Path) -> None:
    """Write index.html over the runs, sweeps and studies that lie in `folder`, and list it there as this program's.

    ConfigError where `folder` has an index.html that is not, to the byte, an older one of these, or is itself a run's.
    """
    _check(folder)
    saved, _ = saved_in(folder)
    rows = [_row(place, summary) for place, summary in saved]
    shown = [KNOWN[key][0] for key in SHOWN]
    put_pages(
        folder,
        (PAGE, SCRIPT),
        lambda made: render("runs.html", made / PAGE, runs=rows, shown=shown, counted=_counted(rows)),
    )


def _counted(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many of each kind there are, such as `3 runs, 1 sweep`."""
    many = {"run": "runs", "sweep": "sweeps", "study": "studies"}
    counts = {kind: sum(row["kind"] == kind for row in rows) for kind in many}
    return ", ".join(f"{n} {kind if n == 1 else many[kind]}" for kind, n in counts.items() if n) or "0 runs"


def _check(folder: Path) -> None:
    if (folder / SUMMARY).is_file():
        raise ConfigError(
            f"{folder} is itself the folder of a {read_summary(folder).kind}; name the one above it"
        )
    if (folder / PAGE).exists() and not is_as_written(folder / PAGE):
        raise ConfigError(
            f"{folder / PAGE} was not written by launchlab, or was changed since; move it away, or name another folder"
        )


def _row(place: Path, summary: AnySummary) -> dict[str, Any]:
    page = f"{quote(place.name)}/{PAGE}" if (place / PAGE).is_file() else ""
    about = {"name": visible(place.name), "page": page, "kind": summary.kind, "simulated": summary.simulated}
    return about | _told(place, summary)


def _told(place: Path, summary: AnySummary) -> dict[str, Any]:
    """What the page says of one: of a sweep its best point, of a study what its windows say."""
    if isinstance(summary, StudySummary):
        says = ", ".join(
            f"{name} {visible(window.get('verdict'))}" for name, window in summary.windows.items()
        )
        return {
            "strategy": "",
            "start": "",
            "end": "",
            "line": Markup(""),
            "figures": _figures({}),
            "says": says + _beyond(summary.warnings),
        }
    about = {key: visible(getattr(summary, key)) for key in ("strategy", "start", "end")}
    if isinstance(summary, RunSummary):
        return about | {
            "line": _line(place),
            "figures": _figures(summary.metrics),
            "says": visible(summary.engine) + _beyond(summary.unknowns),
        }
    label = summary.judgement.label if summary.judgement else "not judged"
    says = f"the best of {number(summary.points)}: {visible(label)}"
    return about | {
        "line": Markup(""),
        "figures": _figures(summary.best),
        "says": says + _beyond(summary.warnings),
    }


def _beyond(told: Iterable[str]) -> str:
    """Whether sessions are the bars' own word, by what a run assumed or a sweep or study warns of."""
    return ", some sessions taken from the bars" if rests_on_bars(told) else ""


def _figures(values: Mapping[str, Any]) -> list[Cell]:
    given = {key: values.get(key) for key in SHOWN}
    known = {key: value if isinstance(value, int | float) else None for key, value in given.items()}
    return [Cell(written(key, value), exact(value)) for key, value in known.items()]


def _line(place: Path) -> Markup:
    """The equity of a run; nothing where its table is damaged."""
    try:
        return spark(read_table(place, "equity")["equity"])
    except DataError:
        return Markup("")


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
