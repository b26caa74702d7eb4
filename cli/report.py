"""`launchlab report`: the pages of a saved run or sweep written again, and runs compared."""

from typing import TYPE_CHECKING

import click

from .options import example
from .terminal.echo import echo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..engine.results.summary import StudySummary

COMPARE = "compare"
MARKET_FLAGS = (
    *(
        "launches",
        "ledger_tz",
        "prices",
        "start",
        "end",
        "currency",
        "bad_bars",
        "instruments",
        "fx",
        "calendar",
    ),
)


@click.command(
    epilog=example(
        "launchlab report runs/week",
        "launchlab report compare runs/strict runs/opened --out runs/policies",
    )
)
@click.argument("runs", nargs=-1, required=True, metavar="[compare] RUN...")
@click.option("--out", metavar="DIR", help="Folder of the comparison [default: runs/compare].")
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
def report(runs: tuple[str, ...], out: str | None, open_page: bool) -> None:
    """Write the pages of a saved run or sweep again, or compare runs."""
    from pathlib import Path

    page = _compare(runs[1:], Path(out or "runs/compare")) if runs[0] == COMPARE else _rebuild(runs, out)
    echo(str(page))
    if open_page:
        click.launch(page.resolve().as_uri())


def _rebuild(runs: tuple[str, ...], out: str | None) -> "Path":
    from shlex import quote

    from ..data.errors import ConfigError
    from ..engine.results.summary import RunSummary, SweepSummary, read_summary
    from .asked.folder import folder_of

    if len(runs) > 1:
        raise ConfigError(
            "one run at a time is written again; write `launchlab report compare RUN RUN…` to compare"
        )
    folder = folder_of(runs[0])
    summary = read_summary(folder)
    if isinstance(summary, RunSummary):
        return _rebuild_run(folder, out)
    if isinstance(summary, SweepSummary):
        return _rebuild_sweep(folder, out)
    raise ConfigError(
        f"{folder} holds a study, and its tables do not hold all that its page shows; measure it again: "
        f"`launchlab study {_asked_again(summary)}--out {quote(str(folder))}`"
    )


def _asked_again(summary: "StudySummary") -> str:
    """The flags that a study was asked with, as far as its folder says."""
    from dataclasses import asdict
    from shlex import quote

    from ..engine.study.options import StudyOptions

    usual = StudyOptions()
    inputs = asdict(summary.inputs) if summary.inputs else {}
    held = {name: inputs.get(name) for name in MARKET_FLAGS}
    held |= {"currency": None if inputs.get("currency") == "HKD" else inputs.get("currency")}
    held |= {"bad_bars": None if inputs.get("bad_bars") == "refuse" else inputs.get("bad_bars")}
    for name in ("model", "at", "shift", "confounds", "draws", "seed"):
        value = summary.options.get(name)
        held[name] = None if value == getattr(usual, name) else value
    for name in ("benchmark", "peer", "by"):
        held[name] = ",".join(map(str, summary.options.get(name) or ()))
    spans = dict(summary.options.get("windows") or {})
    held["estimation"] = _span(summary.options.get("estimation"), usual.estimation)
    if {name: tuple(span) for name, span in spans.items()} != dict(usual.windows):
        held["windows"] = ",".join(f"{name}={_span(span)}" for name, span in spans.items())
    given = {name: value for name, value in held.items() if value not in (None, "")}
    return "".join(f"--{name.replace('_', '-')} {quote(str(value))} " for name, value in given.items())


def _span(span: "Sequence[int] | None", usual: "tuple[int, int] | None" = None) -> str:
    return "" if not span or tuple(span) == usual else f"{span[0]}:{span[1]}"


def _rebuild_run(folder: "Path", out: str | None) -> "Path":
    from pathlib import Path

    from ..engine.results.result import load_result
    from ..reports import write_pages, write_report
    from .asked.folder import check_out
    from .terminal.progress import working

    result, place = load_result(folder), folder if out is None else Path(out)
    if out is not None:
        check_out(place, "run")
    with working("writing the report"):
        write_pages(result, folder) if out is None else write_report(result, place)
    return place / "index.html"


def _rebuild_sweep(folder: "Path", out: str | None) -> "Path":
    from ..data.errors import ConfigError
    from ..reports import write_sweep_folder

    if out is not None:
        raise ConfigError("the map of a sweep is written into the sweep's own folder; leave --out away")
    write_sweep_folder(folder)
    return folder / "index.html"


def _compare(runs: tuple[str, ...], out: "Path") -> "Path":
    from ..data.errors import ConfigError
    from ..reports.folders import compare
    from .asked.folder import folder_of

    if len(runs) < 2:
        raise ConfigError("a comparison needs at least two runs, as `launchlab report compare RUN RUN…`")
    return compare([folder_of(run) for run in runs], out)
