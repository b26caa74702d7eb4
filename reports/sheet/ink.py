"""Matplotlib as the tear sheet needs it: one look, fonts that have every name's letters, the same bytes every time."""

import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CJK_FONTS = re.compile(r"Noto Sans CJK|Source Han Sans|PingFang|Microsoft YaHei|WenQuanYi|SimHei|Hiragino")
LOOK: dict[Any, Any] = {
    "figure.figsize": (6.6, 3.6), "axes.facecolor": "white", "figure.facecolor": "white", "axes.grid": True,
    "grid.color": "#dddddd", "grid.linewidth": 0.5, "lines.linewidth": 1.5, "text.color": "#222222",
    "axes.edgecolor": "#bbbbbb", "axes.labelcolor": "#444444", "xtick.color": "#444444", "ytick.color": "#444444",
    "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True, "legend.frameon": False,
    "font.family": "sans-serif", "font.sans-serif": ["Arial"], "font.size": 11, "svg.hashsalt": "launchlab",
    "text.parse_math": False,
}  # fmt: skip


def drawable(name: str, otherwise: str) -> str:
    """The name, or another where this machine has no font for its letters."""
    return name if _plain(name) or _cjk_font() else otherwise


def _plain(name: str) -> bool:
    return all(ord(letter) < 0x2E80 for letter in name)


@contextmanager
def drawing(labels: tuple[str, ...]) -> Iterator[None]:
    """Our look, without a window and without warnings of fonts; everything is put back afterwards."""
    import matplotlib
    from matplotlib import font_manager, pyplot

    fonts, logger = font_manager.fontManager.ttflist, logging.getLogger("matplotlib.font_manager")
    level, backend = logger.level, matplotlib.get_backend()
    pyplot.switch_backend("Agg")
    with warnings.catch_warnings(), matplotlib.rc_context():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.ERROR)
        arial = _arial(labels)
        font_manager.fontManager.ttflist = [*arial, *fonts]
        matplotlib.rcdefaults()
        # Matplotlib remembers which file a font name meant under given lists of families; naming the file in one of
        # the lists makes it look again.
        look: Any = LOOK | {"font.fantasy": [arial[0].fname]}
        matplotlib.rcParams.update(look)
        try:
            yield
        finally:
            font_manager.fontManager.ttflist = fonts
            logger.setLevel(level)
            pyplot.close("all")
            pyplot.switch_backend(backend)


def _arial(labels: tuple[str, ...]) -> list[Any]:
    """Fonts that answer to "Arial", the name QuantStats hard-codes; one that has the letters of the labels."""
    from matplotlib import font_manager

    path = (None if all(map(_plain, labels)) else _cjk_font()) or font_manager.findfont("DejaVu Sans")
    shape: Any = {"style": "normal", "variant": "normal", "stretch": "normal", "size": "scalable"}
    return [font_manager.FontEntry(fname=path, name="Arial", weight=weight, **shape) for weight in (400, 700)]


def _cjk_font() -> str | None:
    from matplotlib import font_manager

    entries = [entry for entry in font_manager.fontManager.ttflist if CJK_FONTS.search(entry.name)]
    regular = [entry for entry in entries if entry.weight == 400] or entries
    return min((entry.fname for entry in regular), default=None)


def svg(figure: Any) -> str:
    """The figure as an SVG element without a date."""
    from matplotlib import pyplot

    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    drawn = text.getvalue()
    return drawn[drawn.index("<svg") :]
