"""`launchlab study`: abnormal returns around the launches, tested, and how much of them could be captured."""

import math
from typing import TYPE_CHECKING, Any

import click

from .options import STUDIED, example, print_json, say, shared, tell
from .terminal.echo import echo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..data.market.request import MarketRequest
    from ..engine.study.findings import Study, WindowSummary
    from ..engine.study.options import StudyOptions


@click.command(
    epilog=example(
        "launchlab study --model market --benchmark 3033.HK,510300.SS --by kind,role",
        "launchlab study --minutes sample --out runs/minutes",
        "launchlab study --launches week.csv --prices bars --estimation -20:-6 --windows react=0:1,drift=2:10",
    )
)
@shared(*STUDIED)
@click.option("--model", type=click.Choice(["mean", "market", "peer"]), default="mean", show_default=True,
              help="What is normal: the code's own mean, a benchmark, or a peer.")  # fmt: skip
@click.option(
    "--benchmark", metavar="CODE", help="Index or fund of the market model; comma list for several calendars."
)
@click.option("--peer", metavar="CODE", help="Comparable company of the peer model.")
@click.option("--estimation", metavar="A:B", help="Sessions from day 0 [default: -120:-21].")
@click.option("--windows", metavar="NAME=A:B,…", help="[default: leak=-5:-1,react=0:1,drift=0:4]")
@click.option("--by", metavar="WORDS", help="Also by kind, role and/or company.")
@click.option(
    "--at", type=click.Choice(["open", "close"]), help="Auction that an order tries first [default: open]."
)
@click.option("--shift", type=int, help="Move day 0 by sessions.")
@click.option(
    "--confounds", type=click.Choice(["flag", "drop", "weight"]), help="Other news nearby [default: flag]."
)
@click.option("--draws", type=int, help="Bootstrap draws [default: 1999].")
@click.option("--seed", type=int, help="Seed of the bootstrap [default: 0].")
@click.option(
    "--no-clock", is_flag=True, help="Leave out the study under other clocks: day 0 moved, bare dates early."
)
@click.option("--out", metavar="DIR", help="Folder for study.csv, summary.json and the page.")
@shared("json")
def study(out: str | None, as_json: bool, no_clock: bool, **asked: Any) -> None:
    """Measure abnormal returns around the launches."""
    from pathlib import Path

    from ..data.market.market import load_market
    from ..engine.results.summary import Inputs
    from ..engine.study.market import study as measure
    from ..reports.folders import write_study
    from .asked.folder import check_out
    from .terminal.progress import working

    request, options = _asked(asked)
    if out is not None:
        check_out(Path(out), "study")
    market = load_market(request, beside=options.factors)
    say(market, labelled=not as_json)
    with working("measuring"):
        measured = measure(market, options, clock=not no_clock)
    if out is not None:
        write_study(measured, out, inputs=Inputs.of(request))
    if as_json:
        print_json(measured.summary(Inputs.of(request)).to_json())
        return
    _print(measured)
    if out is not None:
        echo(f"\nstudy  {out}/index.html")


def _asked(asked: dict[str, Any]) -> "tuple[MarketRequest, StudyOptions]":
    """The market and the options of the flags that were given."""
    from ..data.market.request import FIELDS, market_request
    from ..engine.study.options import StudyOptions, parse_span, parse_windows, parse_words

    given = {name: value for name, value in asked.items() if value is not None}
    names = set(FIELDS) - {"benchmark"}
    request = market_request(
        {name: value for name, value in given.items() if name in names}
        | {"benchmark": "none", "universe": "none"}
    )
    chosen = {name: value for name, value in given.items() if name not in names}
    for name in ("benchmark", "peer", "by"):
        if name in chosen:
            chosen[name] = parse_words(chosen[name])
    if "estimation" in chosen:
        chosen["estimation"] = parse_span(chosen["estimation"], "estimation")
    if "windows" in chosen:
        chosen["windows"] = parse_windows(chosen["windows"])
    return request, StudyOptions(**chosen)


def _print(measured: "Study") -> None:
    """Windows, tests and what was left out, for a reader."""

    launches = len({event.launch for event in measured.events})
    echo(
        f"{len(measured.events)} events of {launches} launches" if launches else "no launch could be measured"
    )
    _print_windows("window", {f"{label} {w.first}:{w.last}": w for label, w in measured.windows.items()})
    groups = {
        f"{name} {group}, {label}": window
        for name, parts in measured.by.items()
        for group, windows in parts.items()
        for label, window in windows.items()
    }
    if groups:
        _print_windows("group", groups)
    if measured.minutes:
        _print_minutes(measured)
    for sentence in measured.left_out():
        tell(sentence)
    for sentence in (*measured.warnings, *measured.clock_text):
        tell(sentence)


def _print_minutes(measured: "Study") -> None:
    """Mean moves of each group at some minutes of trading after the news."""
    from ..engine.study.minute_paths import TOLD
    from .terminal.tables import print_table

    rows = [(path.group, path.events, *(path.told(offset) for offset in TOLD)) for path in measured.minutes]
    heads = [f"+{offset}" if offset else "0" for offset in TOLD]
    print_table(("minutes from the news", "events", *heads), rows, right=("events", *heads))
    echo(
        "raw returns from the last price before the news, in minutes of trading; while shut: 0 is where trading begins again; (n): events with bars so far"
    )


def _print_windows(head: str, windows: "Mapping[str, WindowSummary]") -> None:
    """One family of windows: means, what they rest on, and whether they are more than chance together."""
    from ..data.figures import percent, points
    from .terminal.tables import print_table

    rows = [
        (name, window.n, points(window.mean), points(window.median), percent(window.positive, 0), window.censored,
         window.verdict, _chance(window.p), _chance(window.tests.p), _either(window.detectable))
        for name, window in windows.items()
    ]  # fmt: skip
    right = ("events", "mean", "median", "positive", "at a limit")
    more = ("p", "p alone", "would find")
    print_table((head, *right, "verdict", *more), rows, right=(*right, *more))
    family = max(window.family for window in windows.values())
    if family > 1:
        echo(
            f"p is corrected for {family} questions asked together (Holm); would find: the mean that is told from chance 8 times in 10"
        )


def _chance(p: float) -> str:
    """A p-value; where a test refused there is none."""
    return f"{p:.3f}" if math.isfinite(p) else "–"


def _either(value: float) -> str:
    """Percent to either side; nothing measured is a dash."""
    from ..data.figures import number

    text = number(value, 2)
    return f"±{text} %" if math.isfinite(value) else text
