"""Strokes, marks and words of still pictures, as SVG text.

A colour is written twice: as an attribute, for readers that know no style sheet, and as a class (`s-NAME` strokes,
`f-NAME` fills) whose rule in the page's style sheet follows the light or the dark page.
"""

import html
from collections.abc import Sequence

COLORS = {
    "ink": "#1c2127", "soft": "#59626c", "faint": "#6a727b", "rule": "#d9dde1", "card": "#f6f7f8", "accent": "#1c5d99",
    "strategy": "#1c5d99", "paper": "#a65e00", "benchmark": "#6b6b6b", "long": "#1a7a5e", "short": "#b03a37",
    "violet": "#6b4fa0", "band": "#a65e00", "paper-bg": "#ffffff",
}  # fmt: skip
DASHES = {"dot": "1.5 3", "dash": "5 4"}
Place = tuple[float | None, float | None]
SHAPES = {
    "circle": "M-.5,0A.5,.5 0 1 1 .5,0A.5,.5 0 1 1-.5,0z",
    "square": "M-.5-.5h1v1h-1z",
    "triangle-up": "M0-.55L.55,.45H-.55z",
    "triangle-down": "M0,.55L.55-.45H-.55z",
    "x": "M-.5-.3L-.3-.5L0-.2L.3-.5L.5-.3L.2,0L.5,.3L.3,.5L0,.2L-.3,.5L-.5,.3L-.2,0z",
}


def ink(color: str | None, use: str, *, soft: bool = False) -> str:
    """Attributes that stroke or fill (`use`) with a colour of the page, "var:name", or any other."""
    name = str(color or "var:ink").removeprefix("var:")
    pale = f' {use}-opacity="{0.14 if name == "band" else 0.3}"' if soft or name == "band" else ""
    if name not in COLORS:
        return f'{use}="{html.escape(name)}"{pale}'
    return f'class="{use[0]}-{name}" {use}="{COLORS[name]}"{pale}'


def spell(points: Sequence[Place]) -> str:
    """The path through the points, lifted where a coordinate is missing; tenths of a unit."""
    words, down = [], False
    for x, y in points:
        if x is None or y is None:
            down = False
            continue
        words.append(f"{'L' if down else 'M'}{_short(x)},{_short(y)}")
        down = True
    return "".join(words)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def path(points: Sequence[Place], color: str | None, *, width: float = 1.6, dash: str = "solid") -> str:
    """A line through the points."""
    dashes = f' stroke-dasharray="{DASHES[dash]}"' if dash in DASHES else ""
    return f'<path d="{spell(points)}" fill="none" stroke-width="{width:g}"{dashes} {ink(color, "stroke")}/>'


def area(points: Sequence[Place], color: str | None, *, soft: bool = True) -> str:
    """The area inside the points."""
    return f'<path d="{spell(points)}z" {ink(color, "fill", soft=soft)}/>'


def box(x: tuple[float, float], y: tuple[float, float], color: str | None, *, soft: bool = False) -> str:
    """A rectangle between two corners, in any order."""
    (left, right), (top, bottom) = sorted(x), sorted(y)
    sides = f'x="{_short(left)}" y="{_short(top)}" width="{right - left:.2f}" height="{max(bottom - top, 0.4):.2f}"'
    return f"<rect {sides} {ink(color, 'fill', soft=soft)}/>"


def mark(symbol: str, x: float, y: float, size: float, color: str | None) -> str:
    """A mark of Plotly's name at a place; hollow ones end in -open."""
    shape, hollow = SHAPES.get(symbol.removesuffix("-open"), SHAPES["circle"]), symbol.endswith("-open")
    style = (
        f'fill="none" stroke-width="{1.4 / size:.2f}" {ink(color, "stroke")}'
        if hollow
        else ink(color, "fill")
    )
    return f'<path d="{shape}" transform="translate({_short(x)} {_short(y)})scale({size:g})" {style}/>'


def text(
    x: float, y: float, words: str, *, anchor: str = "start", color: str = "soft", turn: bool = False
) -> str:
    """Plain words; `turn` writes them upwards."""
    turned = f' transform="rotate(-90 {_short(x)} {_short(y)})"' if turn else ""
    where = f'x="{_short(x)}" y="{_short(y)}" text-anchor="{anchor}"'
    return f"<text {where}{turned} {ink('var:' + color, 'fill')}>{html.escape(words, quote=False)}</text>"
