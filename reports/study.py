"""The page of an event study: what happened around the launches, how sure that is, and how much could be captured."""

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

import pandas as pd

from ..data.figures import missing, number, percent, points, ratio
from ..engine.study.findings import Study, WindowSummary
from ..engine.study.minute_paths import OPEN, SHUT, TOLD
from .cards import cards, pack, shared_box
from .charts.plots import line, rounded, waterfall_figure
from .charts.shares import Figure
from .numbers.formats import visible
from .numbers.tables import Column, Table, table
from .page import render

VERDICTS: Mapping[str, str] = {
    "real": "More than chance: every test that holds up under clustered dates says so.",
    "chance": "It may be chance: the tests that hold up under clustered dates do not rule it out.",
    "too few": "Too few events to say anything.",
}
TESTS: Mapping[str, str] = {
    "naive": "plain t", "patell": "Patell", "bmp": "BMP", "kolari_pynnonen": "Kolari–Pynnönen", "rank": "Corrado rank",
    "sign": "generalised sign", "calendar_time": "calendar-time portfolio", "wild_bootstrap": "wild bootstrap",
    "block_bootstrap": "block bootstrap",
}  # fmt: skip


def write_study(study: Study, folder: FilePath) -> None:
    """Write index.html of a study; the same study gives the same bytes."""
    render(
        "study.html",
        folder / "index.html",
        study=study,
        launches=len({event.launch for event in study.events}),
        windows=[_reading(name, found) for name, found in study.windows.items()],
        figures=study_figures(study),
        cards=cards(study),
        shared=shared_box(study) if study.trails else "",
        packed=pack(study),
        minute_rows=_minute_rows(study),
        minutes_at=TOLD,
        tables=_tables(study),
    )


def study_figures(study: Study) -> dict[str, Figure]:
    """The charts of a study by name; one of nothing is left out."""
    steps = _steps(study)
    figures = {"path": _path_figure(study)} | ({"waterfall": waterfall_figure(steps)} if steps else {})
    return figures | ({"minutes": _minutes_figure(study)} if study.minutes else {})


def _reading(name: str, window: WindowSummary) -> dict[str, Any]:
    """One window in words."""
    verdict = window.verdict
    return {
        "name": visible(name), "days": _days(window.first, window.last), "found": window, "mean": points(window.mean),
        "mean_value": repr(float(window.mean)), "positive": percent(window.positive, 0), "bhar": points(window.bhar),
        "unlocked": points(window.unlocked), "median": points(window.median), "verdict": verdict,
        "p": _chance(window.p), "would_find": f"±{number(window.detectable, 2)} %" if window.detectable == window.detectable else "–",
        "words": VERDICTS.get(verdict, verdict),
    }  # fmt: skip


def _days(first: int, last: int) -> str:
    return f"session {first:+d} to {last:+d}".replace("-", "−").replace("+0", "0")


def _steps(study: Study) -> tuple[tuple[str, float], ...]:
    """Mean per event as fractions: the whole move, what was missed, what an order captured."""
    flow = study.waterfall
    if not flow.n:
        return ()
    parts = (
        ("whole move", flow.paper),
        ("gap", -flow.missed_gap),
        ("limits", -flow.missed_limits),
        ("costs", -flow.costs),
    )
    return tuple((name, value / flow.n / 100) for name, value in (*parts, ("captured", flow.captured)))


def _minutes_figure(study: Study) -> Figure:
    """The mean path in minutes of all events with its band, and those of news while exchanges were open and shut."""
    colors = {OPEN: "long", SHUT: "short"}
    whole, *others = study.minutes
    x = whole.offsets.tolist()
    band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    data: list[Any] = [
        {"type": "scatter", "x": x, "y": rounded(whole.lower, 4), "showlegend": False, **band},
        {
            "type": "scatter", "x": x, "y": rounded(whole.upper, 4), "fill": "tonexty", "fillcolor": "var:band",
            "name": "95 % band of all", **band,
        },
        line(x, rounded(whole.mean, 4), f"all {whole.events}", "strategy", width=2.2),
    ]  # fmt: skip
    data += [
        line(x, rounded(path.mean, 4), f"{path.group}: {path.events}", colors[path.group])
        for path in others
        if path.group in colors
    ]
    zero = {"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1}
    zero["line"] = {"color": "var:ink", "width": 1.2, "dash": "dash"}
    axes = {
        "xaxis": {"title": {"text": "minutes of trading from the news"}, "zeroline": False},
        "yaxis": {"ticksuffix": " %", "title": {"text": "mean move since the last price before it"}},
    }
    return {"data": data, "layout": {**axes, "shapes": [zero], "hovermode": "x unified"}}


def _minute_rows(study: Study) -> list[tuple[str, int, list[str]]]:
    """Each group, how many events it has, and its mean at the minutes of TOLD, as text."""
    return [(path.group, path.events, [path.told(at) for at in TOLD]) for path in study.minutes]


def _path_figure(study: Study) -> Figure:
    path = study.path
    x = path.offsets.tolist()
    band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    lower = {"type": "scatter", "x": x, "y": rounded(path.lower, 4), "showlegend": False, **band}
    upper = {
        "type": "scatter", "x": x, "y": rounded(path.upper, 4), "fill": "tonexty", "fillcolor": "var:band",
        "name": "95 % band", **band,
    }  # fmt: skip
    mean = line(x, rounded(path.mean, 4), "mean of all events", "strategy", width=2.2)
    mean |= {"mode": "lines+markers", "customdata": path.n.tolist()}
    mean["hovertemplate"] = "session %{x}: %{y:+.2f} %, %{customdata} events<extra></extra>"
    zero = {"type": "line", "x0": 0, "x1": 0, "yref": "paper", "y0": 0, "y1": 1}
    zero["line"] = {"color": "var:ink", "width": 1.2, "dash": "dash"}
    axes = {
        "xaxis": {"title": {"text": "sessions from day 0"}, "zeroline": False},
        "yaxis": {"ticksuffix": " %", "title": {"text": "cumulative abnormal return"}},
    }
    return {"data": [lower, upper, mean], "layout": {**axes, "shapes": [zero], "hovermode": "closest"}}


def _tables(study: Study) -> dict[str, Table]:
    tests = [
        {"window": name, "test": TESTS.get(test.name, test.name), "statistic": test.statistic, "p": test.p, "n": test.n,
         "robust": "yes" if test.name in found.tests.robust else "no", "note": test.note or None}
        for name, found in study.windows.items() for test in found.tests.tests
    ]  # fmt: skip
    refused = [vars(row) for row in study.refused]
    return {
        "tests": _frame(tests, TEST_COLUMNS, "tests", "Every test of every window"),
        "groups": _frame(_groups(study), GROUP_COLUMNS, "groups", "The same windows by group"),
        "events": _events(study),
        "clock": _frame(
            [vars(row) for row in study.clock], CLOCK_COLUMNS, "clock", "The windows under other clocks"
        ),
        "refused": _frame(refused, REFUSED_COLUMNS, "refused", "What could not be measured"),
    }


def _frame(rows: list[dict[str, Any]], columns: tuple[Column, ...], id: str, caption: str) -> Table:
    frame = pd.DataFrame(rows, columns=[column.key for column in columns])
    return table(frame, columns, id=id, caption=caption, file="summary.json")


def _groups(study: Study) -> list[dict[str, Any]]:
    return [
        {
            "by": by,
            "group": group,
            "window": name,
            "n": window.n,
            "mean": window.mean,
            "verdict": window.verdict,
        }
        for by, groups in study.by.items()
        for group, windows in groups.items()
        for name, window in windows.items()
    ]


def _events(study: Study) -> Table:
    """One row per launch and code, one column per window."""
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    for event in study.events:
        confounds = ", ".join(event.confounds) or None
        entries[event.launch, event.code] = {
            "launch": event.launch, "code": event.code, "company": event.company, "kind": event.kind,
            "role": event.role or None, "confounds": confounds, "limit": None,
        }  # fmt: skip
    for row in study.table:
        entry = entries.setdefault((row.launch, row.code), {"launch": row.launch, "code": row.code})
        entry |= {"day0": row.day0, row.window: row.car}
        if row.censored:
            entry["limit"] = ", ".join(filter(None, (entry.get("limit"), row.window)))
    windows = [Column(name, name, points, "number", "Abnormal return, summed") for name in study.windows]
    columns = (*EVENT_COLUMNS, *windows, *LAST_COLUMNS)
    frame = pd.DataFrame(list(entries.values()), columns=[column.key for column in columns])
    return table(
        frame.astype(object).where(frame.notna(), None),
        columns,
        id="events",
        caption="Every event",
        file="events.csv",
    )


def _chance(value: Any) -> str:
    return number(value, 3) if missing(value) or value >= 0.001 else "< 0.001"


TEST_COLUMNS = (
    Column("window", "Window", kind="choice"), Column("test", "Test", kind="choice"),
    Column("statistic", "Statistic", ratio, "number"),
    Column("p", "p", _chance, "number", "Chance of a result at least as far from zero if nothing happened, two-sided"),
    Column("n", "Rests on", number, "number", "Events, days or clusters"),
    Column("robust", "Holds up under clustered dates", kind="choice"), Column("note", "Note"),
)  # fmt: skip
GROUP_COLUMNS = (
    Column("by", "By", kind="choice"), Column("group", "Group", kind="choice"), Column("window", "Window", kind="choice"),
    Column("n", "Events", number, "number"), Column("mean", "Mean", points, "number"),
    Column("verdict", "Verdict", kind="choice"),
)  # fmt: skip
EVENT_COLUMNS = (
    Column("launch", "Launch"), Column("code", "Code", kind="choice"), Column("company", "Company"),
    Column("kind", "Kind", kind="choice"), Column("role", "Role", kind="choice"), Column("day0", "Day 0"),
)  # fmt: skip
LAST_COLUMNS = (
    Column("limit", "Cut short by a limit", hint="Windows whose last close lay at a price limit"),
    Column("confounds", "Near", hint="Launches of other companies near the same day"),
)
CLOCK_COLUMNS = (
    Column("clock", "Clock", kind="choice"), Column("window", "Window", kind="choice"), Column("n", "Events", number, "number"),
    Column("mean", "Mean", points, "number"), Column("p", "p", _chance, "number", "The largest of the tests to believe"),
    Column("verdict", "Verdict", kind="choice"),
    Column("flips", "Turned round", number, "number", "Events whose abnormal return changed its sign"),
)  # fmt: skip
REFUSED_COLUMNS = (
    Column("launch", "Launch"), Column("code", "Code"), Column("window", "Window"), Column("reason", "Reason"),
)  # fmt: skip
