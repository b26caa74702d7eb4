"""The same charts as still SVG pictures, for print, mail and readers without scripts."""

import html
import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from ..engine.result import Result
from .measures import drawdown, exposure
from .plots import traded

COLORS = {
    "strategy": "#1c5d99",
    "paper": "#a65e00",
    "benchmark": "#6b6b6b",
    "long": "#1a7a5e",
    "short": "#b03a37",
}


def picture(name: str, title: str, draw: Callable[[Any], None], *, size: tuple[float, float]) -> Markup:
    """An SVG of what `draw(axes)` paints; the same drawing gives the same bytes."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    style: Any = {
        "svg.hashsalt": name, "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9,
        "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#999999", "axes.grid": True,
        "grid.color": "#e6e6e6", "axes.axisbelow": True, "text.parse_math": False, "legend.frameon": False,
    }  # fmt: skip
    with matplotlib.rc_context(style):
        width, height = size
        figure = Figure(figsize=size)
        figure.subplots_adjust(
            left=0.7 / width, right=1 - 0.1 / width, bottom=0.5 / height, top=1 - 0.12 / height
        )
        FigureCanvasSVG(figure)
        draw(figure)
        target = io.StringIO()
        figure.savefig(
            target, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None}
        )
    return Markup(_inline(target.getvalue(), name, title))


def _inline(svg: str, name: str, title: str) -> str:
    """The drawing alone, with a title for screen readers, ids of its own and a size that follows the page."""
    svg = re.sub(r"<!--.*?-->", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = svg.replace('xlink:href="#', f'xlink:href="#{name}-').replace("url(#", f"url(#{name}-")
    return svg.replace("<svg", f'<svg role="img" aria-label="{html.escape(title)}"', 1)


def equity_picture(result: Result) -> Markup:
    """Equity, paper and benchmark; below, the drawdown."""
    days = pd.to_datetime(result.equity["session"])

    def draw(figure: Any) -> None:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        upper.plot(days, result.equity["equity"] / 1e6, color=COLORS["strategy"], lw=1.6, label="strategy")
        for name in ("paper", "benchmark"):
            if result.comparison[name].notna().any():
                values = result.comparison[name] / 1e6
                upper.plot(
                    days, values, color=COLORS[name], lw=1, ls=":" if name == "paper" else "-", label=name
                )
        upper.legend(loc="upper left", ncols=3)
        upper.set_ylabel("equity, million")
        fall = drawdown(result.equity["equity"], float(result.summary["capital"]))
        lower.fill_between(days, 100 * fall, color=COLORS["short"], alpha=0.35, lw=0)
        lower.set_ylabel("drawdown, %")

    return picture("equity", "Equity, paper portfolio, benchmark and drawdown", draw, size=(9, 4.4))


def exposure_picture(result: Result) -> Markup:
    """Long, short and net value over equity."""
    days, share = pd.to_datetime(result.equity["session"]), 100 * exposure(result)

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for name in ("long", "short"):
            axes.fill_between(days, share[name], color=COLORS[name], alpha=0.4, lw=0, label=name)
        axes.plot(days, share["net"], color="#222", lw=0.9, label="net")
        axes.legend(loc="upper left", ncols=3)
        axes.set_ylabel("share of equity, %")

    return picture("exposure", "Long, short and net exposure", draw, size=(9, 2.8))


def launches_picture(result: Result) -> Markup:
    """What each traded launch brought, from worst to best."""
    values = 100 * np.sort(traded(result)["captured"].to_numpy(dtype=float))

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        axes.bar(range(len(values)), values, color=[COLORS["long" if v >= 0 else "short"] for v in values])
        axes.set_xticks([])
        axes.set_ylabel("captured, %")

    return picture("launches", "Captured return of each launch, worst to best", draw, size=(9, 2.6))


def waterfall_picture(steps: Sequence[tuple[str, float]]) -> Markup:
    """From the first level to the last; every step in between is a change."""
    values = [100 * value for _, value in steps]
    bottoms = [0.0, *np.cumsum(values)[:-2].tolist(), 0.0]

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        ends = {0, len(values) - 1}
        colors = [
            COLORS["strategy" if i in ends else "long" if v >= 0 else "short"] for i, v in enumerate(values)
        ]
        bars = axes.bar(range(len(values)), values, bottom=bottoms, color=colors)
        axes.bar_label(bars, labels=[f"{value:+.2f} %" for value in values], padding=2)
        axes.set_xticks(range(len(values)), [name for name, _ in steps])
        axes.use_sticky_edges = False
        axes.margins(y=0.15)
        axes.set_ylabel("%")

    return picture("waterfall", "From the paper return to what was captured", draw, size=(9, 2.8))
