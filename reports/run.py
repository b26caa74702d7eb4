"""The run book: one page with everything a launch trader asks of a run, from the Result alone."""

import re
from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from ..data.figures import money, number, percent
from ..data.files import put_folder, put_pages
from ..engine.results.fates import lost_launches
from ..engine.results.result import WAIT, Result
from ..engine.results.summary import RunSummary
from .charts import plots
from .charts.clocks import clocks_figure
from .charts.launches import announced, pack
from .charts.over_time import path_figure, rolling_figure
from .charts.shares import Figure
from .numbers.capacity import capacity
from .numbers.clocks import clock_sentence, clock_table, clock_width
from .numbers.formats import price, sentence, shares, visible, words
from .numbers.metrics import headline, metrics
from .numbers.rounds import fall_table, trip_table
from .numbers.tables import Column, Table, table, toml
from .numbers.unhedged import unhedged
from .page import SCRIPT, render
from .stills.days import day_pictures, more_days
from .stills.launches import launch_pictures
from .tearsheet import write_tearsheet

PAGE = "index.html"
SHEET = "tearsheet.html"
PAGES = (PAGE, SHEET, SCRIPT)
ABOUT_A_CODE = re.compile(r"\d{4,6}\.[A-Z]{2}\b")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def write_report(result: Result, folder: Path | str, *, sheet: bool = True) -> None:
    """Write the whole folder of a run: its tables and summary, the tear sheet unless `sheet` is false, and the run book.

    The folder appears complete or not at all. An older run there is replaced; what this program did not write is never
    touched, and a folder that holds it refused (ConfigError).
    """
    put_folder(Path(folder), partial(_fill, result, sheet))


def _fill(result: Result, sheet: bool, folder: Path) -> None:
    result.save(folder)
    _write_pages(result, folder, sheet)


def write_pages(result: Result, folder: Path) -> None:
    """Write the pages of a saved run into its folder again; its tables and summary stay as they are."""
    put_pages(folder, PAGES, partial(_write_pages, result))


def _write_pages(result: Result, folder: Path, sheet: bool = True) -> None:
    if sheet:
        write_tearsheet(result, folder / SHEET)
    write_book(result, folder, sheet=sheet)


def run_figures(result: Result) -> dict[str, Figure]:
    """The charts of a run by name; those of nothing are left out."""
    figures = {
        "equity": plots.equity_figure(result),
        "exposure": plots.exposure_figure(result),
        "launches": plots.launches_figure(result),
        "turnover": plots.turnover_figure(result),
    }
    if steps := plots.capture_steps(result):
        figures["waterfall"] = plots.waterfall_figure(steps)
    if (rolling := rolling_figure(result)) is not None:
        figures["rolling"] = rolling
    if result.summary.path is not None:
        figures["path"] = path_figure(result.summary.path)
    clocks = result.summary.clocks
    if clocks is not None and clocks.left_open:
        figures["clocks"] = clocks_figure(clocks)
    return figures


def write_book(result: Result, folder: Path, *, sheet: bool = True) -> None:
    """Write index.html, with a link to the tear sheet where there is one, and the chart script; the same result gives the same
    bytes."""
    packed = pack(result)
    summary = result.summary
    render(
        "book.html",
        folder / PAGE,
        summary=summary,
        headline=headline(summary),
        figures_all=metrics(summary),
        figures=run_figures(result),
        packed=packed,
        pictures=launch_pictures(packed),
        days=day_pictures(result, packed),
        more_days=more_days(result),
        tables=_tables(result),
        unhedged=unhedged(summary),
        clocks=clock_sentence(summary),
        monthly=_monthly(result),
        lengths=_bars(result),
        months=MONTHS,
        warnings=_by_code(summary.warnings),
        unknowns=_by_code(summary.unknowns),
        settings=rerun(summary),
        sheet=SHEET if sheet else "",
        head=head(summary),
    )


def _tables(result: Result) -> dict[str, Table]:
    return {
        "launches": _launch_table(result),
        "fates": table(result.fates, FATES, id="fates-table", caption="Every launch and code: traded, or why not", file="fates.csv"),
        "blocks": table(
            result.blocks, BLOCKS, id="blocks", caption="Attempts that got less than they wanted", file="blocks.csv"
        ),
        "fills": table(result.fills, FILLS, id="fills", caption="Every execution", file="fills.csv"),
        "trips": trip_table(result),
        "drawdowns": fall_table(result),
        "hedges": table(result.hedges, HEDGES, id="hedges", caption="Each launch after its entries, as a share of equity before it", file="hedges.csv"),
        "capacity": table(capacity(result), CAPACITY, id="capacity", caption="Capital at which the first entry, a tenth and half of them reach the share"),
        "clocks": clock_table(result.summary),
        "data": table(
            pd.DataFrame(list(result.summary.data), columns=[column.key for column in DATA]),
            DATA, id="data", caption="Where the bars came from", file="summary.json",
        ),
    }  # fmt: skip


def _launch_table(result: Result) -> Table:
    frame = result.launches
    clocks = list(
        zip(*(frame[name] for name in ("announced_at", "precision", "earliest", "latest")), strict=True)
    )
    told, widths = [announced(*clock) for clock in clocks], [clock_width(*clock[2:]) for clock in clocks]
    frame = frame.assign(announced=told, width=widths)
    shown = [column for column in LAUNCHES if column.key != WAIT or frame[WAIT].any()]
    return table(frame, shown, id="launches", caption="Every launch of the run", file="launches.csv")


def _by_code(texts: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Warnings gathered under the code, and session, that they start with, in order of appearance."""
    groups: dict[str, list[str]] = {}
    for text in texts:
        head, _, tail = sentence(text).partition(": ")
        about = head if tail and ABOUT_A_CODE.match(head) else ""
        groups.setdefault(about, []).append(tail if about else sentence(text))
    return list(groups.items())


def head(summary: RunSummary) -> list[tuple[str, str]]:
    """What stands under the title, as pairs of name and text: span, ledger, prices, day of the run, warnings."""
    inputs = summary.inputs
    told = [("Span", f"{summary.start} to {summary.end}, {number(summary.sessions)} sessions")]
    if inputs is not None:
        told.append(("Ledger", visible(inputs.launches or "the shipped one")))
        told.append(("Prices", visible(inputs.prices or "the sample market")))
    if summary.made:
        told.append(("Run on", visible(summary.made)))
    count = len(summary.warnings)
    first = f", first: {sentence(summary.warnings[0])}" if count else ""
    return [*told, ("Warnings", f"{count}{first}" if count else "none")]


def rerun(summary: RunSummary) -> str:
    """The tables of a TOML file that the command line takes as a run's configuration; a rule that is off is "none".

    Empty where the summary does not say what was read: a folder of 0.1, or a run over tables of one's own.
    """
    if summary.inputs is None:
        return ""
    config = {name: value for name, value in summary.config.items() if name != "currency"}
    asked = {each.name: getattr(summary.inputs, each.name) for each in fields(summary.inputs)}
    analyzers, brokerage = asked.pop("analyzers"), asked.pop("brokerage")
    used = {name: getattr(summary, name) for name in ("start", "end", "currency", "benchmark")}
    listed = "," in (asked["benchmark"] or "")  # the first of a list that served
    used = {k: v for k, v in used.items() if v is not None and not (listed and k == "benchmark")}
    settings = {name: "none" if value is None else value for name, value in summary.parameters.items()}
    tables: dict[str, Any] = {
        "run": {"engine": summary.engine} | ({"analyzers": analyzers} if analyzers else {}),
        "data": {name: value for name, value in (asked | used).items() if value is not None},
        "strategy": {"name": summary.strategy} | settings,
        "config": config,
    }
    return toml(tables | ({"brokerage": brokerage} if brokerage else {})).strip() + "\n"


def _monthly(result: Result) -> list[dict[str, Any]]:
    """Return of each month, compounded from the sessions; one entry per year, twelve cells and the year's total."""
    growth = 1.0 + result.returns
    index = pd.DatetimeIndex(growth.index)
    by_month = growth.groupby([index.year, index.month]).prod() - 1.0
    by_year = growth.groupby(index.year).prod() - 1.0
    widest = max(float(by_month.abs().max()), 1e-9)
    years = []
    for year, total in by_year.items():
        cells = [by_month.get((year, month)) for month in range(1, 13)]
        shades = [None if value is None else round(float(value) / widest, 3) for value in cells]
        years.append(
            {"year": int(str(year)), "total": float(total), "cells": list(zip(cells, shades, strict=True))}
        )
    return years


def _bars(result: Result) -> dict[str, list[tuple[str, str, float]]]:
    """Lists of (name, text, length from 0 to 1): costs by kind, blocked attempts, and launches on the way to a fill."""
    figures = result.summary.metrics
    kinds = [(name, figures.get(name)) for name in ("commission", "stamp", "levies", "borrow")]
    words = {"stamp": "stamp duty", "borrow": "borrowing"}
    costs = [(words.get(name, name), float(value)) for name, value in kinds if value is not None]
    reasons = [(reason.replace("_", " "), float(n)) for reason, n in result.summary.blocked.items()]
    reasons.sort(key=lambda pair: (-pair[1], pair[0]))
    steps = [(step, float(count)) for step, count in (result.summary.funnel or {}).items()]
    why = [(reason, float(count)) for reason, count in lost_launches(result.fates).items()]
    return {
        "costs": _lengths(costs, 2), "blocked": _lengths(reasons, 0),
        "funnel": _lengths(steps, 0), "lost": _lengths(why, 0),
    }  # fmt: skip


def _lengths(pairs: list[tuple[str, float]], digits: int) -> list[tuple[str, str, float]]:
    widest = max((abs(value) for _, value in pairs), default=0.0) or 1.0
    return [(name, number(value, digits), round(abs(value) / widest, 4)) for name, value in pairs]


def _short_hash(value: Any) -> str:
    return visible(value)[:12]


LAUNCHES = (
    Column("launch", "Launch"), Column("announced", "Announced", hint="Hong Kong time; a day alone where no clock time is known"), Column("company", "Company"),
    Column("product", "Product"), Column("kind", "Kind", kind="choice"),
    Column("width", "Clock, hours", partial(number, digits=1), "number", "Between the two instants between which it became public; empty where nothing says when it was not yet public"),
    Column("first_session", "First session", hint="First session on which the news could be traded"),
    Column("captured", "Captured", percent, "number", "What was left, as a share of equity at entry"),
    Column("paper", "Whole move", percent, "number", "From the last close before the news to the exit of its own rules, with neither limits nor costs"),
    Column("missed_gap", "Gap", percent, "number", "Missed: the move before the first price that could be traded"),
    Column("missed_wait", "Wait", percent, "number", "Missed: from news inside a session to the first minute that an order could meet"),
    Column("missed_limits", "Limits", percent, "number", "Missed: price limits, and suspensions that outlast the wait"),
    Column("missed_size", "Size", percent, "number", "Missed: share of volume, whole lots, shares that may not be sold short"),
    Column("missed_cash", "Cash", percent, "number", "Missed: too little cash or margin, margin calls, shorts without their long"),
    Column("slippage", "Slippage", percent, "number", "Lost to slippage"),
    Column("costs", "Costs", percent, "number", "Paid: commission, stamp duty and levies"),
    Column("dividend_tax", "Tax", percent, "number", "Paid: tax on dividends"),
    Column("borrow", "Borrow", percent, "number", "Paid: borrow fees of shorts"),
    Column("long_profit", "Long leg", money, "number", "Profit in base currency, after costs, tax and borrow"),
    Column("short_profit", "Short leg", money, "number", "Profit in base currency, after costs, tax and borrow"),
    Column("filled_legs", "Filled legs", number, "number"), Column("blocked", "Blocked", number, "number"),
    Column("source", "Source", kind="link"),
)  # fmt: skip
FATES = (
    Column("launch", "Launch"), Column("company", "Company"), Column("product", "Product"), Column("kind", "Kind", kind="choice"),
    Column("code", "Code"), Column("side", "Side", kind="choice"),
    Column("tried_from", "Tried from", hint="First session on which an order could be sent"),
    Column("fate", "Fate", kind="choice"), Column("reason", "Why not", kind="choice"),
)  # fmt: skip
HEDGES = (
    Column("launch", "Launch"),
    Column("wanted_net", "Net wanted", percent, "number", "Weights bought less weights sold, as the strategy asked"),
    Column("long", "Long", percent, "number"), Column("short", "Short", percent, "number"),
    Column("net", "Net", percent, "number", "Bought less sold at the prices of the entries"),
    Column("beta_net", "Net × beta", percent, "number", "The net weighted by betas against the benchmark"),
    Column("guessed", "Betas taken as 1", number, "number", "Names with fewer than 20 sessions before the launch"),
    Column("lacking", "Got nothing of", hint="Codes that were asked for and not filled; Fates says why"),
)  # fmt: skip
BLOCKS = (
    Column("session", "Session"), Column("at", "At", kind="choice"), Column("code", "Code", kind="choice"),
    Column("launch", "Launch"), Column("leg", "Leg", number, "number"), Column("wanted", "Wanted", shares, "number"),
    Column("filled", "Filled", shares, "number"), Column("reason", "Reason", words, "choice"),
)  # fmt: skip
FILLS = (
    Column("session", "Session"), Column("at", "At", kind="choice"), Column("code", "Code", kind="choice"),
    Column("launch", "Launch"), Column("shares", "Shares", shares, "number"),
    Column("price", "Price", price, "number", "In local currency"), Column("currency", "Currency"),
    Column("fx", "FX", lambda value: number(value, 4), "number", "Base money for one unit of local currency"),
    Column("costs", "Costs", lambda value: number(value, 2), "number", "Commission, stamp duty and levies, base currency"),
    Column("cash", "Cash after", money, "number", "Base currency"), Column("reason", "Reason", words, "choice"),
)  # fmt: skip
CAPACITY = (
    Column("participation", "Share of volume", lambda value: percent(value, 0), "number"),
    Column("first", "First entry", money, "number"),
    Column("tenth", "A tenth", money, "number"),
    Column("half", "Half", money, "number"),
)
DATA = (
    Column("code", "Code"), Column("source", "Source", kind="choice"), Column("first", "First"), Column("last", "Last"),
    Column("rows", "Sessions", number, "number"), Column("sha256", "SHA-256", _short_hash),
)  # fmt: skip
