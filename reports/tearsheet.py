"""The QuantStats tear sheet of a run, behind a wall: the only file that imports quantstats.

QuantStats 0.0.86 re-aligns what it is given, downloads what it is not given, writes titles without escaping them
and loads a remote icon. It therefore gets returns that are already aligned, a template of ours, fonts that can
draw every name, and no network; the sheet says where its numbers are not those of our own summary.
"""

import html
import logging
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..data.errors import DataError
from ..data.files import write_whole
from ..engine.results.result import Result
from .numbers.formats import percent, ratio, told, visible
from .page import BANNER, CONTENT_POLICY

SHORTEST = 20  # sessions; below this QuantStats' tables and densities fail or mean nothing
CJK_FONTS = re.compile(r"Noto Sans CJK|Source Han Sans|PingFang|Microsoft YaHei|WenQuanYi|SimHei|Hiragino")
# Definitions of QuantStats 0.0.86 that are not the usual ones; each was checked against an independent computation.
DEFINITIONS = (
    "Information Ratio is not annualised; Treynor uses the whole period's return, not a yearly one.",
    "Alpha leaves the risk-free rate out; Recovery Factor adds returns instead of compounding them.",
    "Daily Value-at-Risk and Expected Shortfall assume a normal distribution.",
    "Time in Market is rounded up to a whole percent.",
    "3M, 6M and 1Y take one session too many; 3Y, 5Y and 10Y take one month too few.",
    "The benchmark stands still on the sessions of the run on which its own exchange was shut.",
)

LOOK = {
    "figure.figsize": (10, 6), "axes.facecolor": "white", "figure.facecolor": "white", "grid.color": "#dddddd",
    "grid.linewidth": 0.5, "lines.linewidth": 1.5, "text.color": "#333333", "xtick.color": "#666666",
    "ytick.color": "#666666",
}  # fmt: skip


def write_tearsheet(result: Result, path: Path) -> None:
    """Write the QuantStats sheet of a run as one offline HTML file; the same result gives the same bytes.

    A run of fewer than `SHORTEST` sessions, or one that never traded, gets a page that says why it has no sheet.
    """
    _check(result)
    returns = result.returns
    reason = _unfit(result, returns)
    if reason:
        write_whole(path, _frame(result, f"<p>{html.escape(reason)}</p>"))
        return
    benchmark = _benchmark(result, returns.index)
    if benchmark is not None and (_like_prices(benchmark) or np.allclose(benchmark, returns, atol=1e-12)):
        benchmark = None  # taken for prices, or the run itself: QuantStats cannot compare it
    write_whole(path, _sheet(result, returns, benchmark))


def _unfit(result: Result, returns: pd.Series) -> str:
    """Why QuantStats cannot measure these returns; empty when it can."""
    gone = result.equity.loc[result.equity["equity"] <= 0.0, "session"]
    if len(gone):
        return f"The run was bankrupt on {gone.iloc[0]}; QuantStats has no figures for a portfolio without equity."
    if len(returns) < SHORTEST:
        return f"The run has {len(returns)} sessions; a tear sheet needs at least {SHORTEST}."
    if not returns.any():
        return "The equity never moved, so there is nothing for a tear sheet to measure; see the run book."
    if _like_prices(returns):
        return "The equity never fell and once more than doubled; QuantStats takes such returns for prices."
    return ""


def _like_prices(returns: pd.Series) -> bool:
    """QuantStats 0.0.86 guesses by this rule whether it was given prices, and then differences them."""
    return bool(returns.min() >= 0.0 and returns.max() > 1.0)


def _check(result: Result) -> None:
    days = pd.DatetimeIndex(result.equity["session"])
    if days.tz is not None or days.has_duplicates or not days.is_monotonic_increasing:
        raise DataError(
            "equity.csv: sessions must be exchange dates, each once, in order; run the backtest again"
        )
    if not np.isfinite(result.equity["equity"].to_numpy(dtype=float)).all():
        raise DataError("equity.csv: equity is missing or infinite on some session; run the backtest again")


def _benchmark(result: Result, index: pd.Index) -> pd.Series | None:
    """Benchmark returns on exactly the sessions of the run; its level is carried over its own holidays."""
    level = result.comparison.set_index(pd.DatetimeIndex(result.comparison["session"]))["benchmark"]
    if level.isna().all():
        return None
    start = result.summary.capital
    level = level.reindex(index).ffill().fillna(start)
    returns: pd.Series = level / level.shift(1).fillna(start) - 1.0
    return returns


def _sheet(result: Result, returns: pd.Series, benchmark: pd.Series | None) -> str:
    labels = _labels(result)
    periods = round(result.summary.periods_per_year)
    qs = _quantstats()
    qs.stats, qs.reports, qs.plots  # noqa: B018  loaded lazily: their import changes the charts' style
    with tempfile.TemporaryDirectory() as folder, _quiet(labels), _own_years(result):
        template, output = Path(folder) / "template.html", Path(folder) / "sheet.html"
        source = Path(qs.__file__).with_name("report.html").read_text(encoding="utf-8")
        template.write_text(_template(source, result, _note(result, returns, periods)), encoding="utf-8")
        chart = {"strategy_title": labels[0], "benchmark_title": labels[1]}
        qs.reports.html(
            returns, benchmark=benchmark, output=str(output), template_path=str(template), match_dates=False,
            periods_per_year=periods, **chart,
        )  # fmt: skip
        return output.read_text(encoding="utf-8")


def _labels(result: Result) -> tuple[str, str]:
    """Names of the strategy and the benchmark that are safe inside charts, and never the same."""
    strategy, benchmark = (
        _short(result.summary.name),
        _short(result.summary.benchmark or "Benchmark"),
    )
    if strategy.upper() == benchmark.upper():
        strategy += " (run)"
    if not _cjk_font():
        strategy, benchmark = _drawable(strategy, "Strategy"), _drawable(benchmark, "Benchmark")
    return strategy, benchmark


def _short(name: object) -> str:
    """A name that fits a legend and is none of the template's {{places}}."""
    text = re.sub(r"[{}]+", " ", visible(name)).strip() or "Run"
    return text if len(text) <= 32 else f"{text[:31]}…"


def _drawable(name: str, otherwise: str) -> str:
    return name if all(ord(letter) < 0x2E80 for letter in name) else otherwise


def _cjk_font() -> str | None:
    from matplotlib import font_manager

    entries = [entry for entry in font_manager.fontManager.ttflist if CJK_FONTS.search(entry.name)]
    regular = [entry for entry in entries if entry.weight == 400] or entries
    return min((entry.fname for entry in regular), default=None)


@contextmanager
def _quiet(labels: tuple[str, str]) -> Iterator[None]:
    """Matplotlib and the environment as QuantStats needs them; everything is put back afterwards."""
    import matplotlib
    from matplotlib import font_manager, pyplot

    fonts, epoch = font_manager.fontManager.ttflist, os.environ.get("SOURCE_DATE_EPOCH")
    logger = logging.getLogger("matplotlib.font_manager")
    level, backend = logger.level, matplotlib.get_backend()
    pyplot.switch_backend("Agg")
    with warnings.catch_warnings(), matplotlib.rc_context():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.ERROR)
        os.environ["SOURCE_DATE_EPOCH"] = "0"
        arial = _arial(labels)
        font_manager.fontManager.ttflist = [*arial, *fonts]
        _style(arial[0].fname)
        try:
            yield
        finally:
            font_manager.fontManager.ttflist = fonts
            _restore(epoch)
            logger.setLevel(level)
            pyplot.close("all")
            pyplot.switch_backend(backend)


@contextmanager
def _own_years(result: Result) -> Iterator[None]:
    """QuantStats' growth over the calendar years of the run, where it would count sessions of a usual year."""
    stats, years = _quantstats().stats, result.summary.years
    a_year = len(result.equity) / years if years is not None else result.summary.periods_per_year
    usual = stats.cagr

    def cagr(returns: Any, rf: float = 0.0, compounded: bool = True, periods: float = 0.0) -> Any:
        return usual(returns, rf, compounded, a_year)

    stats.cagr = cagr
    try:
        yield
    finally:
        stats.cagr = usual


def _style(font: str) -> None:
    """QuantStats' own look, which it sets only once, when it is imported; names are text, never formulas.

    Matplotlib remembers which file a font name meant under given lists of families; naming the file in one of the
    lists makes it look again.
    """
    import matplotlib
    import seaborn  # type: ignore[import-untyped, unused-ignore]

    matplotlib.rcdefaults()
    seaborn.set_theme(font_scale=1.1, font="Arial", rc=LOOK)
    matplotlib.rcParams.update(
        {"svg.hashsalt": "launchlab", "text.parse_math": False, "font.fantasy": [font]}
    )


def _restore(epoch: str | None) -> None:
    if epoch is None:
        os.environ.pop("SOURCE_DATE_EPOCH", None)
    else:
        os.environ["SOURCE_DATE_EPOCH"] = epoch


def _arial(labels: tuple[str, str]) -> list[Any]:
    """Fonts that answer to "Arial", the name QuantStats hard-codes; one that has the letters of the labels."""
    from matplotlib import font_manager

    wide = any(_drawable(label, "") != label for label in labels)
    path = (_cjk_font() if wide else None) or font_manager.findfont("DejaVu Sans")
    shape: Any = {"style": "normal", "variant": "normal", "stretch": "normal", "size": "scalable"}
    return [font_manager.FontEntry(fname=path, name="Arial", weight=weight, **shape) for weight in (400, 700)]


def _template(source: str, result: Result, note: str) -> str:
    """QuantStats' page without its remote icon and unescaped places, with our banner and note."""
    title = _inert(result.summary.name)
    source = source[source.index("<!DOCTYPE") :]
    source = re.sub(r'<link rel="shortcut icon"[^>]*>', CONTENT_POLICY, source).replace(
        "</head>", f"{STYLE}</head>"
    )
    source = re.sub(r"<title>.*?</title>", lambda _: f"<title>{title} · tear sheet</title>", source)
    source = source.replace(' onload="save()"', "").replace("{{title}}", title)
    source = source.replace("<h1>", f"{BANNER if result.summary.simulated else ''}<h1>", 1)
    source = re.sub(r"<dt>(.*?)</dt>", r"<small>\1</small>", source)
    source = source.replace("{{params}}", _inert(_parameters(result)) + "<br>")
    source = re.sub(r'<a href="http://quantstats.io"[^>]*>QuantStats</a>', "QuantStats", source)
    return source.replace("<hr>", f"{note}<hr>", 1)


STYLE = """<style>.note{font-size:12px;color:#444;max-width:960px}.note table{width:auto;margin:6px 0 10px}
.note td,.note th{padding:2px 14px 2px 0!important}.simulated{background:#8a3b00;color:#fff;padding:6px 12px;
font-weight:700;letter-spacing:.06em;margin:0 0 14px}h1 small{margin-left:10px;font-size:14px}h4{color:#555}
@media (max-width:1000px){body{margin:16px}#left,#right{float:none;width:auto;margin:0}#left svg,#monthly_heatmap
svg{margin:0;height:auto}#right{overflow-x:auto}}h1,h4{overflow-wrap:anywhere}th{overflow-wrap:anywhere}
td{white-space:nowrap}td:first-of-type{white-space:normal}</style>"""


def _parameters(result: Result) -> str:
    summary = result.summary
    settings = [f"{key} {told(value)}" for key, value in summary.parameters.items() if value is not None]
    return " • ".join([f"{summary.strategy}: {', '.join(settings)}", f"{summary.sessions} sessions",
                       f"{summary.periods_per_year:g} periods a year", summary.currency,
                       f"benchmark {summary.benchmark or 'none'}"])  # fmt: skip


def _inert(text: object) -> str:
    """Text that is neither markup nor one of the template's {{places}}."""
    return html.escape(visible(text)).replace("{", "&#123;").replace("}", "&#125;")


def _note(result: Result, returns: pd.Series, periods: int) -> str:
    """Where the sheet's numbers are not those of summary.json."""
    ours = result.summary.metrics
    rows = []
    for name, (label, theirs) in _theirs(returns, periods).items():
        value, form = ours.get(name), ratio if name in ("sharpe", "sortino", "calmar") else percent
        if value is not None and form(value) != form(theirs):
            rows.append(f"<tr><td>{label}</td><td>{form(value)}</td><td>{form(theirs)}</td></tr>")
    agree = "Return, volatility, Sharpe, Sortino, drawdown and Calmar agree with summary.json to the digits shown."
    if rows:
        agree = "These figures differ from summary.json, which is the truth:"
    table = "<table><tr><th>figure</th><th>ours</th><th>QuantStats</th></tr>" + "".join(rows) + "</table>"
    items = "".join(f"<li>{html.escape(line)}</li>" for line in DEFINITIONS)
    whole = result.summary.periods_per_year
    used = f" QuantStats takes {periods} periods a year, ours is {whole:g}." if periods != whole else ""
    return (
        f'<div class="note"><p>{agree}{used} <a href="index.html">Run book</a></p>{table if rows else ""}'
        f"<details><summary>How QuantStats defines some figures</summary><ul>{items}</ul></details></div>"
    )


def _quantstats() -> Any:
    """The library, loaded when it is first needed; it takes two seconds. Its annotations are not to be relied on."""
    import quantstats

    return quantstats


def _theirs(returns: pd.Series, periods: int) -> dict[str, tuple[str, float]]:
    qs = _quantstats()
    return {
        "total_return": ("Cumulative return", float(qs.stats.comp(returns))),
        "cagr": ("CAGR", float(qs.stats.cagr(returns, periods=periods))),
        "volatility": ("Volatility (ann.)", float(qs.stats.volatility(returns, periods))),
        "sharpe": ("Sharpe", float(qs.stats.sharpe(returns, periods=periods))),
        "sortino": ("Sortino", float(qs.stats.sortino(returns, periods=periods))),
        "max_drawdown": ("Max drawdown", float(qs.stats.max_drawdown(returns))),
        "calmar": ("Calmar", float(qs.stats.calmar(returns, periods=periods))),
    }


def _frame(result: Result, body: str) -> str:
    title = _inert(result.summary.name)
    banner = BANNER if result.summary.simulated else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">{CONTENT_POLICY}{STYLE}'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title} · tear sheet</title>'
        f'</head><body style="font:14px/1.5 Arial,sans-serif">{banner}<h1>{title}</h1>{body}'
        '<p><a href="index.html">Run book</a></p></body></html>\n'
    )
