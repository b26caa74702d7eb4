"""Shares on an axis of a chart in percent, written as everywhere else: `5 %`, with a space.

Plotly's own percent format has no space, so the numbers themselves become percent.
"""

import re
from typing import Any

Figure = dict[str, Any]
_IN_TEMPLATE = re.compile(r"%\{([xy]):\.(\d)%\}")


def in_percent(figure: Figure, axis: str = "yaxis") -> Figure:
    """The same figure with what one axis counts as shares (0.05) in percent, at most two digits shown."""
    letter, name = axis[0], axis[0] + axis.removeprefix(f"{axis[0]}axis")
    data = [
        _scaled(trace, letter) if trace.get(f"{letter}axis", letter) == name else trace
        for trace in figure["data"]
    ]
    marks = {"ticksuffix": " %", "hoverformat": ",.2f"}
    own = figure["layout"].get(axis, {}) | marks
    return figure | {"data": data, "layout": figure["layout"] | {axis: own}}


def _scaled(trace: Figure, letter: str) -> Figure:
    found = trace | {letter: _hundredfold(trace[letter])}
    if letter == "x" and "width" in trace:  # of bars
        found["width"] = _hundredfold(trace["width"])
    if template := trace.get("hovertemplate"):
        found["hovertemplate"] = _IN_TEMPLATE.sub(r"%{\1:,.\2f} %", template)
    return found


def _hundredfold(values: list[float | None]) -> list[float | None]:
    return [None if value is None else round(100.0 * value, 6) for value in values]
