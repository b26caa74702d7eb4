"""`launchlab study`: abnormal returns around the launches, tested, and how much of them could be captured."""

import math
from typing import TYPE_CHECKING, Any

import click

from .options import example, print_json, shared, tell

if TYPE_CHECKING:
    from pathlib import Path

    from ..data.market.request import MarketRequest
    from ..engine.study.findings import Study
    from ..engine.study.options import StudyOptions


@click.command(
    epilog=example(
        "launchlab study --model market --benchmark 3033.HK,510300.SS --by kind,role",
        "launchlab study --launches week.csv --prices bars --estimation -20:-6 --windows react=0:1,drift=2:10",
    )
)
@shared("launches", "prices", "start", "end", "currency", "bad_bars", "instruments", "fx")
@click.option("--model", type=click.Choice(["mean", "market", "peer"]), default="mean", show_default=True,
              help="What is normal: the code's own mean, a benchmark, or a peer.")  # fmt: skip
@click.option(
    "--benchmark", metavar="CODE", help="Index or fund of the market model; comma list for several calendars."
)
@click.option("--peer", metavar="CODE", help="Comparable company of the peer model.")
@click.option("--estimation", metavar="A:B", help="Sessions from day 0 [default: -120:-21].")
@click.option("--windows", metavar="NAME=A:B,…", help="[default: leak=-5:-1,react=0:1,drift=2:10]")
@click.option("--by", metavar="WORDS", help="Also by kind, role and/or company.")
@click.option("--at", type=click.Choice(["open", "close"]), help="Auction that dates day 0 [default: open].")
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
    from ..data.market.market import load_market
    from ..engine.results.summary import Inputs
    from ..engine.study.sensitivity import full_study
    from ..engine.study.study import study as quick_study
    from .progress import working
    from .say import say

    request, options = _asked(asked)
    loaded = load_market(request, beside=options.factors)
    say(loaded, labelled=not as_json)
    measure = quick_study if no_clock else full_study
    with working("measuring"):
        found = measure(loaded.launches, loaded.panel, options, outside=loaded.outside)
    if out is not None:
        _write(found, request, out)
    if as_json:
        print_json(found.summary(Inputs.of(request)).to_json())
        return
    _print(found)
    if out is not None:
        click.echo(f"\nstudy  {out}/index.html")


def _asked(asked: dict[str, Any]) -> "tuple[MarketRequest, StudyOptions]":
    """The market and the options of the flags that were given."""
    from ..data.market.request import FIELDS, market_request
    from ..engine.study.options import StudyOptions, parse_span, parse_windows, parse_words

    given = {name: value for name, value in asked.items() if value is not None}
    names = set(FIELDS) - {"benchmark"}
    request = market_request(
        {name: value for name, value in given.items() if name in names} | {"benchmark": "none"}
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


def _write(found: "Study", request: "MarketRequest", out: str) -> None:
    from pathlib import Path

    from ..data.files import put_folder

    put_folder(Path(out), lambda place: _fill(found, request, place))


def _fill(found: "Study", request: "MarketRequest", folder: "Path") -> None:
    """study.csv, events.csv, summary.json, and the page."""
    from ..engine.results.summary import Inputs
    from ..reports import write_study

    found.write(folder, Inputs.of(request))
    write_study(found, folder)


def _print(found: "Study") -> None:
    """Windows, tests and what was left out, for a reader."""
    from .tables import print_table

    click.echo(f"{len(found.events)} events of {len({event.launch for event in found.events})} launches")
    rows = []
    for label, window in found.windows.items():
        robust = [f"{name} {_chance(window.tests[name].p)}" for name in window.tests.robust]
        rows.append(
            (f"{label} {window.first}:{window.last}", window.n, f"{window.mean:+.2f} %", f"{window.median:+.2f} %",
             f"{window.positive:.0%}", window.censored, window.verdict, ", ".join(robust))
        )  # fmt: skip
    right = ("events", "mean", "median", "positive", "at a limit")
    print_table(("window", *right, "verdict", "p of the tests to believe"), rows, right=right)
    if found.refused:
        tell(f"{len(found.refused)} not measured; the first: {_refusal(found.refused[0])}")
    for sentence in (*found.warnings, *found.clock_text):
        tell(sentence)


def _refusal(one: Any) -> str:
    return f"{one.launch} {one.code}: {one.reason}"


def _chance(p: float) -> str:
    """A p-value; a test that refused has none."""
    return f"{p:.3f}" if math.isfinite(p) else "refused"
