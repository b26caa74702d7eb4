"""Charts of a run as Plotly figures: plain dictionaries, drawn by the script beside the page.

Colours are named (`"var:strategy"`) and looked up in the page's style sheet, so that one figure serves the light
and the dark page. Names are escaped, because Plotly reads a little markup in its labels.
"""

import html
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...data.figures import percent, points
from ...engine.results.result import PAID, Result
from ..numbers.formats import visible
from ..numbers.measures import drawdown, exposure
from .shares import Figure, in_percent

SMALLEST = 5e-7  # of a step that is drawn
# what took a part of the whole move, in the order in which it did
MISSED = {
    "missed_gap": "gap", "missed_wait": "wait", "missed_limits": "limits", "missed_size": "size", "missed_cash": "cash", "slippage": "slippage",
    "costs": "costs", "dividend_tax": "dividend tax", "borrow": "borrowing",
}  # fmt: skip


def label(text: object, most: int = 60) -> str:
    """A name that Plotly shows letter by letter."""
    name = visible(text)
    return html.escape(name if len(name) <= most else f"{name[: most - 1]}…", quote=False)


def rounded(values: Any, digits: int = 2) -> list[float | None]:
    """Numbers short enough for a page; None where there is none."""
    array = np.asarray(values, dtype=float)
    return [None if not np.isfinite(v) else round(v, digits) + 0.0 for v in array.tolist()]


def line(x: Sequence[Any], y: Any, name: str, color: str, **more: Any) -> Figure:
    """One named curve."""
    style = {"color": f"var:{color}", "width": more.pop("width", 1.6), "dash": more.pop("dash", "solid")}
    return {"type": "scatter", "mode": "lines", "x": list(x), "y": y, "name": name, "line": style, **more}


def equity_figure(result: Result) -> Figure:
    """Equity against the paper portfolio and the benchmark; below, the fall from the highest equity."""
    days, capital = result.equity["session"].tolist(), result.summary.capital
    data = [line(days, rounded(result.equity["equity"]), "strategy", "strategy", width=2.2)]
    for name, title, color, dash in (
        ("paper", "on paper: no limits, no costs", "paper", "dot"),
        ("benchmark", label(result.summary.benchmark or "benchmark"), "benchmark", "solid"),
    ):
        if result.comparison[name].notna().any():
            values = rounded(result.comparison[name])
            data.append(line(result.comparison["session"].tolist(), values, title, color, dash=dash))
    under = rounded(drawdown(result.equity["equity"], capital), 5)
    fall = line(days, under, "drawdown", "short", fill="tozeroy", yaxis="y2", showlegend=False, width=1)
    fall["hovertemplate"] = "%{y:.2%}"
    data.append(fall)
    layout = {
        "yaxis": {"domain": [0.3, 1], "title": {"text": f"equity, {label(result.summary.currency)}"}},
        "yaxis2": {"domain": [0, 0.22], "title": {"text": "drawdown"}},
        "xaxis": {"anchor": "y2"},
        "hovermode": "x unified",
    }
    return in_percent({"data": data, "layout": layout}, "yaxis2")


def exposure_figure(result: Result) -> Figure:
    """Long, short and net value over equity at each close, the net weighted by betas; marks where one market was shut."""
    days, share = result.equity["session"].tolist(), exposure(result)
    data = [
        line(days, rounded(share["long"], 5), "long", "long", fill="tozeroy", width=1),
        line(days, rounded(share["short"], 5), "short", "short", fill="tozeroy", width=1),
        line(days, rounded(share["net"], 5), "net", "ink", width=1.4),
    ]
    if result.exposure["beta_net"].notna().any():
        beta = rounded(result.exposure["beta_net"], 5)
        data.append(
            line(result.exposure["session"].tolist(), beta, "net × beta", "benchmark", dash="dot", width=1.6)
        )
    markets = result.comparison.set_index("session")["open_markets"].fillna("")
    for name, title, symbol in (
        ("XHKG", "only Hong Kong open", "triangle-up"),
        ("XSHG", "only mainland open", "triangle-down"),
    ):
        shut = [day for day, value in markets.items() if _alone(str(value), name)]
        if 0 < len(shut) < len(markets):  # a book of one market is never without the other
            marker = {"symbol": symbol, "size": 7, "color": "var:paper"}
            data.append(
                {"type": "scatter", "mode": "markers", "x": shut, "y": [0] * len(shut), "name": title,
                 "marker": marker, "hovertemplate": "%{x}"}
            )  # fmt: skip
    layout = {"yaxis": {"title": {"text": "share of equity"}}, "hovermode": "x unified"}
    return in_percent({"data": data, "layout": layout})


def _alone(markets: str, name: str) -> bool:
    """Whether Hong Kong, or the mainland, was the only market with a session."""
    present = {"XHKG" if word == "XHKG" else "XSHG" for word in re.findall(r"X[A-Z]{3}", markets)}
    return present == {name}


def launches_figure(result: Result) -> Figure:
    """What each launch brought, as a share of equity at entry, from worst to best."""
    table = traded(result).sort_values("captured", kind="stable")
    names = [label(f"{row.launch} {row.company}", 40) for row in table.itertuples()]
    about = [
        f"{label(row.company)}<br>{label(row.product)}<br>whole move {percent(row.paper)}"
        for row in table.itertuples()
    ]
    values = rounded(table["captured"], 6)
    color = ["var:long" if (value or 0) >= 0 else "var:short" for value in values]
    bars = {
        "type": "bar", "x": names, "y": values, "customdata": about, "marker": {"color": color},
        "hovertemplate": "%{customdata}<br>captured %{y:.2%}<extra></extra>",
    }  # fmt: skip
    axis = {
        "showticklabels": False,
        "title": {"text": "launches, worst to best"},
        "type": "category",
        "showgrid": False,
    }
    layout = {"xaxis": axis, "yaxis": {"title": {"text": "captured"}}, "showlegend": False}
    return in_percent({"data": [bars], "layout": layout})


def traded(result: Result) -> pd.DataFrame:
    """Launches with at least one fill and a known outcome."""
    table = result.launches
    return table[(table["filled_legs"] > 0) & table["captured"].notna()]


def waterfall_figure(steps: Sequence[tuple[str, float]]) -> Figure:
    """From the first level to the last; every step in between is a change."""
    names = [label(name) for name, _ in steps]
    values = [value for _, value in steps]
    measure = ["absolute", *["relative"] * (len(steps) - 2), "total"]
    bars = {
        "type": "waterfall", "x": names, "y": rounded(values, 6), "measure": measure,
        "text": [points(100.0 * value) for value in values], "textposition": "outside",
        "cliponaxis": False,
        "increasing": {"marker": {"color": "var:long"}}, "decreasing": {"marker": {"color": "var:short"}},
        "totals": {"marker": {"color": "var:strategy"}}, "connector": {"line": {"color": "var:rule", "width": 1}},
        "hovertemplate": "%{x}: %{text}<extra></extra>",
    }  # fmt: skip
    return in_percent({"data": [bars], "layout": {"xaxis": {"showgrid": False}, "showlegend": False}})


def capture_steps(result: Result) -> tuple[tuple[str, float], ...]:
    """Mean over all launches: the whole move, what was missed and why, and what was left; parts of nothing are left out."""
    table = result.launches[result.launches["captured"].notna()]
    if table.empty:
        return ()
    mean = {name: float(table[name].mean()) for name in ("paper", *PAID)}
    missed = [(word, -mean[name]) for name, word in MISSED.items() if abs(mean[name]) > SMALLEST]
    return ("whole move", mean["paper"]), *missed, ("captured", mean["captured"])


def turnover_figure(result: Result) -> Figure:
    """Value bought and sold in each month, in base currency."""
    monthly = traded_value(result)
    bought, sold = rounded(monthly["bought"]), rounded(monthly["sold"])
    data = [
        {
            "type": "bar",
            "x": list(monthly.index),
            "y": bought,
            "name": "bought",
            "marker": {"color": "var:long"},
        },
        {
            "type": "bar",
            "x": list(monthly.index),
            "y": sold,
            "name": "sold",
            "marker": {"color": "var:short"},
        },
    ]
    title = f"traded value, {label(result.summary.currency)}"
    return {
        "data": data,
        "layout": {
            "barmode": "group",
            "yaxis": {"title": {"text": title}},
            "xaxis": {"type": "category", "showgrid": False},
        },
    }


def traded_value(result: Result) -> pd.DataFrame:
    """Columns bought and sold, in base currency, one row per month (YYYY-MM) of the run."""
    fills = result.fills
    value = fills["shares"] * fills["price"] * fills["fx"]
    frame = pd.DataFrame({"bought": value.clip(lower=0), "sold": -value.clip(upper=0)})
    months = sorted(set(result.equity["session"].str[:7]))
    return frame.groupby(fills["session"].astype(str).str[:7]).sum().reindex(months, fill_value=0.0)
