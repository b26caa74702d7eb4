"""`launchlab report`: the pages of a saved run or sweep written again, runs compared, and what each minute of delay costs."""

from typing import TYPE_CHECKING

import click

from .options import STUDIED, example, print_json, shared, warn
from .terminal.echo import echo

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..engine.results.summary import StudySummary

COMPARE, REACTION = "compare", "reaction"


@click.command(
    epilog=example(
        "launchlab report runs/week",
        "launchlab report compare runs/strict runs/opened --out runs/policies",
        "launchlab report reaction runs/now --delays 1,5,15,60",
    )
)
@click.argument("runs", nargs=-1, required=True, metavar="[compare|reaction] RUN...")
@click.option(
    "--out",
    metavar="DIR",
    help="Folder of the comparison, or of the reaction times [default: runs/compare, runs/reaction].",
)
@click.option(
    "--delays", metavar="LIST", help="Minutes from the news to the order [default: 20 from 1 to 240]."
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
@shared("json")
def report(
    runs: tuple[str, ...], out: str | None, delays: str | None, open_page: bool, as_json: bool
) -> None:
    """Write the pages of a saved run or sweep again, or compare runs.

    `report reaction RUN` draws what each minute between the news and the order costs.
    """
    from pathlib import Path

    from ..data.errors import ConfigError

    if runs[0] != REACTION:
        for flag, given in (("--delays", delays is not None), ("--json", as_json)):
            if given:
                raise ConfigError(
                    f"{flag} is for reaction times; write `launchlab report reaction RUN {flag} …`"
                )
    if runs[0] == REACTION:
        page = _reaction(runs[1:], Path(out or "runs/reaction"), delays, as_json=as_json)
    elif runs[0] == COMPARE:
        page = _compare(runs[1:], Path(out or "runs/compare"))
    else:
        page = _rebuild(runs, out)
    if not as_json:
        echo(str(page))
    if open_page:
        click.launch(page.resolve().as_uri())


def _reaction(runs: tuple[str, ...], out: "Path", delays: str | None, *, as_json: bool) -> "Path":
    from ..data.errors import ConfigError
    from ..data.files import check_folder
    from ..engine.backtest.reaction import DELAYS
    from ..library.reaction import reaction_of
    from ..reports.folders import write_reaction
    from .asked.folder import folder_of
    from .terminal.progress import progress

    if len(runs) != 1:
        raise ConfigError("reaction times are those of one run, as `launchlab report reaction RUN`")
    check_folder(out)
    asked = DELAYS if delays is None else _minutes(delays)
    with progress("reaction times", len(asked), "runs") as step:
        found = reaction_of(folder_of(runs[0]), delays=asked, on_progress=lambda done, _: step(done))
    page = write_reaction(found, out)
    for warning in found.warnings:
        warn(warning)
    if as_json:
        print_json(found.to_json())
    else:
        echo(found.said())
    return page


def _minutes(text: str) -> tuple[int, ...]:
    """Whole numbers of a list; ConfigError with the part that is none."""
    from ..data.errors import ConfigError

    for part in text.split(","):
        if not part.strip().isdecimal():
            raise ConfigError(
                f"`delays` are minutes such as 1,5,15,60; {part.strip()[:40]!r} is no whole number"
            )
    return tuple(int(part) for part in text.split(","))


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
    held = {name: inputs.get(name) for name in STUDIED}
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
