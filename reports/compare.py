"""Runs side by side: equity overlaid, every figure with its difference, what was set differently, which fills differ."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..data.errors import ConfigError
from ..data.figures import MINUS, NOTHING, missing
from ..engine.results.result import Result
from ..engine.results.summary import RunSummary
from .charts.plots import label, line, rounded
from .charts.shares import Figure, in_percent
from .numbers.formats import exact, told, visible
from .numbers.metrics import KNOWN, written
from .numbers.tables import Cell, Column, Table
from .page import render

COLORS = ("strategy", "paper", "long", "short", "violet", "benchmark")
DASHES = ("solid", "dash", "dot")
ORDER = ["session", "at", "code", "launch", "leg", "reason"]
AMOUNTS = ("shares", "price", "costs")


def write_comparison(results: Mapping[str, Result], folder: Path) -> None:
    """Write index.html with the runs of `results`, by name; the first is the one the others are compared with.

    At least two runs, else a ConfigError.
    """
    if len(results) < 2:
        raise ConfigError("a comparison needs at least two runs")
    names = [visible(name) for name in results]
    runs = list(results.values())
    render(
        "compare.html",
        folder / "index.html",
        names=names,
        runs=runs,
        simulated=any(run.summary.simulated for run in runs),
        figures={"equity": _figure(results)},
        table=_figures_table(names, runs),
        settings=_settings(runs),
        unknowns=_unknowns(runs),
        orders=[_orders(runs[0], other) for other in runs[1:]],
        launches=_launches(names, runs),
    )


def grown(result: Result) -> pd.Series:
    """Equity over starting capital less one, by session."""
    return result.equity.set_index("session")["equity"] / result.summary.capital - 1.0


def _figure(results: Mapping[str, Result]) -> Figure:
    data = []
    for i, (name, result) in enumerate(results.items()):
        level = grown(result)
        style = {"color": COLORS[i % len(COLORS)], "dash": DASHES[i // len(COLORS) % len(DASHES)]}
        # equal runs lie on each other: each is thinner than the one below it
        width = 1.5 + min(len(results) - 1 - i, 3)
        data.append(line(level.index.tolist(), rounded(level, 6), label(name), width=width, **style))
    layout = {"yaxis": {"title": {"text": "return since the start"}}, "hovermode": "x unified"}
    return in_percent({"data": data, "layout": layout})


def _figures_table(names: Sequence[str], runs: Sequence[Result]) -> list[dict[str, Any]]:
    """One row per figure: what each run has, and how the others differ from the first."""
    keys = [key for key in KNOWN if any(key in run.summary.metrics for run in runs)]
    rows = []
    for key in keys:
        values = [run.summary.metrics.get(key) for run in runs]
        cells = [{"text": written(key, value), "value": exact(value)} for value in values]
        steps = ["", *(_difference(key, value, values[0]) for value in values[1:])]
        rows.append({"key": key, "label": KNOWN[key][0], "cells": list(zip(cells, steps, strict=True))})
    return rows


def _difference(key: str, value: Any, first: Any) -> str:
    if missing(value) or missing(first):
        return ""
    step = value - first
    if step == 0:
        return "same"
    text = written(key, step)
    if text == written(key, 0.0):
        return text  # too little to have a sign
    return text if text.startswith(MINUS) else f"+{text}"


def _settings(runs: Sequence[Result]) -> list[tuple[str, list[str]]]:
    """Everything of strategy, engine, parameters, config and span that is not the same in all runs."""
    flat = [_flat(run.summary) for run in runs]
    keys = list(dict.fromkeys(key for one in flat for key in one))
    rows = [(key, [told(one.get(key, "")) for one in flat]) for key in keys]
    return [(key, values) for key, values in rows if len(set(values)) > 1]


def _unknowns(runs: Sequence[Result]) -> list[tuple[str, list[str]]]:
    """Each thing that some run had to assume, and of every run whether it did; what all assumed comes last."""
    told = [set(run.summary.unknowns) for run in runs]
    every = dict.fromkeys(text for run in runs for text in run.summary.unknowns)
    rows = [(text, ["yes" if text in one else "" for one in told]) for text in every]
    return sorted(rows, key=lambda row: all(row[1]))


def _flat(summary: RunSummary) -> dict[str, Any]:
    top = ("strategy", "engine", "start", "end", "currency", "benchmark", "launches_sha256", "launchlab")
    flat = {key: getattr(summary, key) for key in top}
    for part in (summary.parameters, summary.config):
        for key, value in part.items():
            if isinstance(value, Mapping):
                flat |= {f"{key}.{inner}": deep for inner, deep in value.items()}
            else:
                flat[key] = value
    return {key: "none" if value is None else value for key, value in flat.items()}


def _orders(first: Result, other: Result) -> dict[str, int]:
    """Fills that both runs have with the same amounts, with other amounts, and that only one of them has."""
    left, right = _keyed(first.fills), _keyed(other.fills)
    both = left.index.intersection(right.index)
    a, b = left.loc[both], right.loc[both]
    close = pd.concat([(a[n] - b[n]).abs() <= 1e-9 * a[n].abs().clip(lower=1.0) for n in AMOUNTS], axis=1)
    same = int(close.all(axis=1).sum())
    return {
        "same": same, "other": len(both) - same, "first": len(left) - len(both), "second": len(right) - len(both),
    }  # fmt: skip


def _keyed(fills: pd.DataFrame) -> pd.DataFrame:
    """Fills by session, auction, code, launch, leg and reason, and by their number where those are the same."""
    number = fills.groupby(ORDER).cumcount()
    return fills.assign(number=number).set_index([*ORDER, "number"])[list(AMOUNTS)]


def _launches(names: Sequence[str], runs: Sequence[Result]) -> Table:
    """What each run captured of each launch."""
    frames = [run.launches.drop_duplicates("launch").set_index("launch") for run in runs]
    ids = list(dict.fromkeys(name for frame in frames for name in frame.index))
    columns = [Column("launch", "Launch"), Column("company", "Company"), Column("product", "Product")]
    columns += [Column(f"run{i}", name, kind="number") for i, name in enumerate(names)]
    rows = []
    for launch in ids:
        about = next(frame.loc[launch] for frame in frames if launch in frame.index)
        cells = [
            Cell(text, text)
            for text in (visible(launch), visible(about["company"]), visible(about["product"]))
        ]
        cells += [
            _captured(frame.loc[launch]) if launch in frame.index else Cell(NOTHING, "") for frame in frames
        ]
        rows.append(tuple(cells))
    return Table(
        "launches", "Captured of each launch, as a share of equity at entry", tuple(columns), tuple(rows), ""
    )


def _captured(launch: "pd.Series[Any]") -> Cell:
    """What a run captured of a launch; one that no order reached is not one that brought nothing."""
    if launch["filled_legs"] == 0:
        return Cell("not traded", "")
    return Cell(written("total_return", float(launch["captured"])), exact(float(launch["captured"])))
