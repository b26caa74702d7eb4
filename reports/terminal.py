"""A run in a few lines of a terminal: figures, a sparkline of equity, what was blocked, where the report is."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..data.figures import percent
from ..engine.results.fates import funnel_line
from ..engine.results.record import RESTS
from ..engine.results.result import Result
from .charts.plots import capture_steps
from .numbers.clocks import clock_sentence
from .numbers.formats import visible
from .numbers.metrics import metric

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII_BLOCKS = "_.-=+*#@"
LEFT = ("total_return", "benchmark_return", "paper_return", "cagr", "volatility", "max_drawdown")
RIGHT = ("sharpe", "sortino", "win_rate_launches", "turnover", "costs", "fills")


def sparkline(values: Sequence[float], width: int = 48, blocks: str = BLOCKS) -> str:
    """Levels as at most `width` letters from low to high; a constant series is a flat line."""
    series = np.asarray(values, dtype=float)
    series = series[np.isfinite(series)]
    if series.size == 0:
        return ""
    last = np.unique(np.ceil(np.linspace(0, series.size, min(width, series.size) + 1)[1:]).astype(int) - 1)
    shown = series[last]
    spread = float(shown.max() - shown.min())
    if spread == 0:
        return blocks[0] * len(shown)
    steps = np.minimum(((shown - shown.min()) / spread * len(blocks)).astype(int), len(blocks) - 1)
    return "".join(blocks[step] for step in steps)


def print_run(result: Result, folder: Path | None = None, *, console: Console | None = None) -> None:
    """Print a run, and where its report is; colours only on a terminal that wants them (NO_COLOR and pipes are respected by rich)."""
    print_figures(result, written=folder is not None, console=console)
    if folder is not None:
        print_place(folder, console=console)


def print_place(folder: Path, *, console: Console | None = None) -> None:
    """Print where the report of a run is."""
    page = str(folder / "index.html")
    shown = page if page.isprintable() else visible(page)
    _line(console or Console(highlight=False), f"\nreport  {shown}", "bold")


def print_figures(result: Result, *, written: bool, console: Console | None = None) -> None:
    """Print a run; `written`: there is, or will be, a report of it."""
    console = console or Console(highlight=False)
    summary = result.summary
    if summary.simulated:
        _line(console, "SIMULATED DATA — not market prices", "bold yellow")
    _line(console, visible(summary.name), "bold")
    strategy = "" if summary.strategy == summary.name else f"{visible(summary.strategy)} · "
    _line(
        console,
        f"{strategy}{summary.start} to {summary.end} · {summary.sessions} sessions · "
        f"{summary.capital:,.0f} {summary.currency}",
        "dim",
    )
    if summary.answer:
        _line(console, f"\n{visible(summary.answer)}")
    blocks = BLOCKS if _speaks_utf(console) else ASCII_BLOCKS
    width = max(10, min(60, console.width - 10))
    _line(console, f"\nequity  {sparkline(result.equity['equity'].tolist(), width, blocks)}\n", "cyan")
    console.print(_figures(console, result))
    steps = summary.funnel or {}
    answers_none = len(result.fills) > 0 and not steps.get("filled", 0)  # as a native strategy's orders may
    _line(console, f"\n{funnel_line(steps)}" if steps and not answers_none else "")
    _line(console, _blocked(result))
    _line(console, _paid(result))
    if summary.clocks is not None:
        _line(console, clock_sentence(summary))
    for sentence in summary.unknowns:
        if RESTS in sentence:
            _line(console, sentence, "yellow")
    for kind, texts in (("warnings", summary.warnings), ("unknowns", summary.unknowns)):
        if texts:
            where = "the report" if written else "summary.json"
            _line(console, f"{kind}: {len(texts)}, see {where}", "yellow")


def _figures(console: Console, result: Result) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 0))
    for justify in ("left", "right", "left", "right"):
        table.add_column(justify=justify, no_wrap=True)
    for pair in zip(LEFT, RIGHT, strict=True):
        cells: list[Text] = []
        for key in pair:
            figure = metric(result.summary, key)
            color = "red" if figure.value.startswith("-") and key != "max_drawdown" else ""
            cells += [Text(figure.label, "dim"), Text(_printable(console, figure.text), color)]
        table.add_row(*cells)
    return table


def _blocked(result: Result) -> str:
    blocked = sorted(result.summary.blocked.items(), key=lambda pair: (-pair[1], pair[0]))
    if not blocked:
        return "nothing was blocked"
    reasons = ", ".join(f"{reason.replace('_', ' ')} {count}" for reason, count in blocked)
    total = sum(count for _, count in blocked)
    return f"blocked {total:,} attempt{'' if total == 1 else 's'}: {reasons}"


def _paid(result: Result) -> str:
    """Where the paper return of the mean launch went."""
    steps = [f"{name} {percent(value)}" for name, value in capture_steps(result)]
    return f"mean launch: {', '.join(steps)}" if steps else "no launch had an order"


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(_printable(console, text), style), soft_wrap=True)


def _speaks_utf(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")


def _printable(console: Console, text: str) -> str:
    """The text with what the terminal's encoding lacks replaced."""
    if _speaks_utf(console):
        return text
    plain = (
        text.replace("−", "-")
        .replace("–", "-")
        .replace("—", "-")
        .replace("·", "|")
        .replace("×", "x")
        .replace("→", "->")
    )
    return plain.encode(console.encoding, "replace").decode(console.encoding)
