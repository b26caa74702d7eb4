"""The charts of a page as still SVG pictures, for print, mail and readers without scripts.

The same figures that Plotly draws on the screen, of the kinds that the pages use: scatter, bar, waterfall, heatmap. Every
colour stands in the picture and has a class, so that the style sheet of a page can replace it (dark pages).
"""

import html
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from ..charts.shares import Figure
from . import ticks
from .axes import Axis, gap, steps, x_axis, y_axis
from .marks import COLORS, area, box, mark, path, text

LEFT, RIGHT, BOTTOM, ROW = 66.0, 14.0, 42.0, 19.0
LETTER, WIDE_LETTER = 6.4, 12.0


def still(figure: Figure, title: str, *, width: float = 900, height: float = 340) -> Markup:
    """The figure as one SVG element, named `title` for screen readers; the same figure gives the same bytes."""
    data, layout = figure["data"], figure.get("layout", {})
    named = [trace for trace in data if trace.get("name") and trace.get("showlegend", True)]
    shown = layout.get("showlegend", len(named) > 1) and named
    legend, top = _legend(named, width) if shown else _scale(data)
    x = x_axis(data, layout, (LEFT, width - RIGHT))
    body = [legend]
    for key in ("yaxis", "yaxis2"):
        mine = [trace for trace in data if trace.get("yaxis", "y") == key.replace("axis", "")]
        if not mine:
            continue
        low, high = layout.get(key, {}).get("domain", (0.0, 1.0))
        floor = height - BOTTOM
        y = y_axis(mine, layout.get(key, {}), (floor - low * (floor - top), floor - high * (floor - top)))
        body.append(_level_lines(y, layout.get(key, {}), width))
        body += _traces(mine, x, y, layout)
        body += _shapes(layout, x, y) if key == "yaxis" else []
    body.append(_below(x, layout.get("xaxis", {}), width, height))
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="still">{}</svg>').format(
        f"{width:g}", f"{height:g}", title, Markup("".join(body))
    )


def _legend(named: Sequence[Mapping[str, Any]], width: float) -> tuple[str, float]:
    """The names with their colours in rows, and where the plot begins below them."""
    x, row, parts = LEFT, 0, []
    for trace in named:
        name = html.unescape(trace["name"])
        size = 24 + sum(LETTER if ord(letter) < 0x2000 else WIDE_LETTER for letter in name)
        if x + size > width and x > LEFT:
            x, row = LEFT, row + 1
        y = 12 + ROW * row
        parts.append(_sample(trace, x, y) + text(x + 20, y + 4, name))
        x += size + 14
    return "".join(parts), 12 + ROW * (row + 1)


def _scale(data: Sequence[Mapping[str, Any]]) -> tuple[str, float]:
    """What the colours of a heat map mean, and where the plot begins; nothing for other figures."""
    flat = [value for trace in data if trace["type"] == "heatmap" for row in trace["z"] for value in row]
    values = [value for value in flat if value is not None]
    if not values:
        return "", 10.0
    low, high = min(values), max(values)
    levels = [low + (high - low) * k / 23 for k in range(24)]
    first = text(LEFT, 12, f"{low:.3g}".replace("-", "−"))
    left = LEFT + 44
    boxes = [
        box((left + 8 * k, left + 8 * k + 8), (3, 13), shade(value, low, high))
        for k, value in enumerate(levels)
    ]
    return first + "".join(boxes) + text(left + 200, 12, f"{high:.3g}".replace("-", "−")), 24.0


def _sample(trace: Mapping[str, Any], x: float, y: float) -> str:
    if "lines" in trace.get("mode", "") and trace.get("line", {}).get("width", 1):
        style = trace["line"]
        return path([(x, y), (x + 15, y)], style.get("color"), width=2, dash=style.get("dash", "solid"))
    style = trace.get("marker", {})
    color = trace.get("fillcolor") or style.get("color")
    symbol = style.get("symbol", "square")
    first = symbol if isinstance(symbol, str) else "circle"
    return mark(first, x + 8, y, 9, color if isinstance(color, str) else "var:strategy")


def _traces(data: Sequence[Mapping[str, Any]], x: Axis, y: Axis, layout: Mapping[str, Any]) -> list[str]:
    bars = [trace for trace in data if trace["type"] == "bar"]
    parts, last = [], None
    for trace in data:
        if trace["type"] == "heatmap":
            parts.append(_cells(trace, x, y))
        elif trace["type"] == "waterfall":
            parts.append(_waterfall(trace, x, y))
        elif trace["type"] == "bar":
            parts.append(_bars(trace, x, y, (bars.index(trace), len(bars)), 1 - layout.get("bargap", 0.2)))
        else:
            parts.append(_scatter(trace, last, x, y))
            last = trace
    return parts


def _places(trace: Mapping[str, Any], x: Axis, y: Axis) -> list[tuple[float | None, float | None]]:
    return [(x.at(a), y.at(b)) for a, b in zip(trace["x"], trace["y"], strict=True)]


def _scatter(trace: Mapping[str, Any], last: Mapping[str, Any] | None, x: Axis, y: Axis) -> str:
    points = _places(trace, x, y)
    style, mode, parts = trace.get("line", {}), trace.get("mode", "lines"), []
    color = style.get("color")
    whole = [(a, b) for a, b in points if a is not None and b is not None]
    if trace.get("fill") == "tozeroy" and whole:
        parts.append(area([*whole, (whole[-1][0], y.at(0)), (whole[0][0], y.at(0))], color))
    if trace.get("fill") == "tonexty" and last is not None:
        under = [place for place in _places(last, x, y) if None not in place]
        parts.append(area([*whole, *under[::-1]], trace.get("fillcolor"), soft=False))
    if "lines" in mode and style.get("width", 1):
        parts.append(path(points, color, width=style.get("width", 1.6), dash=style.get("dash", "solid")))
    if "markers" in mode:
        marker = trace.get("marker", {})
        symbols = marker.get("symbol", "circle")
        for i, (a, b) in enumerate(points):
            if a is not None and b is not None:
                symbol = symbols if isinstance(symbols, str) else symbols[i]
                parts.append(mark(symbol, a, b, marker.get("size", 5), marker.get("color") or color))
    return "".join(parts)


def _bars(trace: Mapping[str, Any], x: Axis, y: Axis, turn: tuple[int, int], share: float) -> str:
    """Bars beside those of the other traces; `turn` says which of how many this one is."""
    unit = 1.0 if x.kind == "name" else gap([x.number(value) for value in trace["x"]])
    wide = unit * share / turn[1]
    colors = trace.get("marker", {}).get("color", "var:strategy")
    parts = []
    for i, (name, value) in enumerate(zip(trace["x"], trace["y"], strict=True)):
        left = x.number(name) - unit * share / 2 + wide * turn[0]
        sides = (x.on(left), x.on(left + wide))
        color = colors if isinstance(colors, str) else colors[i]
        if value:
            parts.append(box(sides, (y.on(0.0), y.on(value)), color))
    return "".join(parts)


def _waterfall(trace: Mapping[str, Any], x: Axis, y: Axis) -> str:
    spans = steps(trace["y"])
    parts = []
    for i, (start, end) in enumerate(spans):
        whole = i in (0, len(spans) - 1)
        color = trace["totals" if whole else "increasing" if end >= start else "decreasing"]["marker"][
            "color"
        ]
        parts.append(box((x.on(i - 0.4), x.on(i + 0.4)), (y.on(start), y.on(end)), color))
        top = min(y.on(start), y.on(end)) - 4
        parts.append(text(x.on(i), top, trace["text"][i], anchor="middle", color="ink"))
        if not whole or i == 0:
            parts.append(path([(x.on(i + 0.4), y.on(end)), (x.on(i + 0.6), y.on(end))], "var:faint", width=1))
    return "".join(parts)


def _cells(trace: Mapping[str, Any], x: Axis, y: Axis) -> str:
    """Cells of a heat map, from pale to the last colour of its scale, or from the first to it around zero."""
    flat = [value for row in trace["z"] for value in row if value is not None]
    low, high = (min(flat), max(flat)) if flat else (0.0, 1.0)
    parts = []
    for j, row in enumerate(trace["z"]):
        for i, value in enumerate(row):
            if value is not None:
                sides = (x.on(i - 0.48), x.on(i + 0.48))
                parts.append(box(sides, (y.on(j - 0.46), y.on(j + 0.46)), shade(value, low, high)))
    return "".join(parts)


def shade(value: float, low: float, high: float) -> str:
    """The colour of a cell: around zero where the values have both signs, else from the lowest to the highest."""
    if low < 0 < high:
        reach = max(-low, high)
        return _mixed(COLORS["long" if value >= 0 else "short"], abs(value) / reach)
    return _mixed(COLORS["strategy"], (value - low) / ((high - low) or 1.0))


def _mixed(color: str, share: float) -> str:
    pale, full = ([int(one[k : k + 2], 16) for k in (1, 3, 5)] for one in (COLORS["card"], color))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(pale, full, strict=True))


def _shapes(layout: Mapping[str, Any], x: Axis, y: Axis) -> list[str]:
    """Upright lines over the whole height, and the words beside them."""
    parts = []
    for shape in layout.get("shapes", ()):
        place = x.on(x.number(shape["x0"]))
        style = shape["line"]
        line = [(place, y.start), (place, y.end)]
        parts.append(path(line, style["color"], width=style["width"], dash=style.get("dash", "solid")))
    for note in layout.get("annotations", ()):
        anchor = "end" if note["xanchor"] == "right" else "start"
        height = y.start + note["y"] * (y.end - y.start) + 12
        words = html.unescape(note["text"]).strip()
        shift = -6 if anchor == "end" else 6
        color = note["font"]["color"].removeprefix("var:")
        parts.append(text(x.on(x.number(note["x"])) + shift, height, words, anchor=anchor, color=color))
    return parts


def _level_lines(y: Axis, own: Mapping[str, Any], width: float) -> str:
    """Marks of the upright axis with their lines across, and its title."""
    if y.kind == "name":
        marks = ticks.level_names(y.names, most=int(abs(y.end - y.start) / 13))
        marks = [(place, html.unescape(name)[:11]) for place, name in marks]
    else:
        most = max(2, int(abs(y.end - y.start) / 42))
        form, suffix = own.get("tickformat", ""), own.get("ticksuffix", "")
        marks = ticks.level_marks(y.low, y.high, most=most, form=form, suffix=suffix)
    parts = []
    for level, words in marks:
        place = y.on(level)
        if y.kind != "name":
            color = "var:faint" if level == 0 else "var:rule"
            parts.append(path([(LEFT, place), (width - RIGHT, place)], color, width=0.8))
        parts.append(text(LEFT - 6, place + 4, words, anchor="end"))
    title = html.unescape(own.get("title", {}).get("text", ""))
    return "".join(parts) + (
        text(12, (y.start + y.end) / 2, title, anchor="middle", turn=True) if title else ""
    )


def _below(x: Axis, own: Mapping[str, Any], width: float, height: float) -> str:
    """Marks of the lower axis, and its title."""
    if x.kind == "day":
        marks = ticks.day_marks(date.fromordinal(int(x.low)), date.fromordinal(int(x.high)))
    elif x.kind == "name":
        names = [html.unescape(name) for name in x.names]
        most = int((width - LEFT) / (12 + LETTER * max(map(len, names), default=1)))
        marks = ticks.level_names(names, most=most) if own.get("showticklabels", True) else []
    else:
        marks = ticks.level_marks(
            x.low, x.high, most=10, form=own.get("tickformat", ""), suffix=own.get("ticksuffix", "")
        )
    floor = height - BOTTOM
    parts = [text(x.on(place), floor + 16, words, anchor="middle") for place, words in marks]
    title = html.unescape(own.get("title", {}).get("text", ""))
    return "".join(parts) + (
        text((LEFT + width - RIGHT) / 2, height - 6, title, anchor="middle") if title else ""
    )
