"""`launchlab runs`: what a folder holds of saved runs, sweeps and studies."""

from typing import TYPE_CHECKING, Any

import click

from .options import example, print_json, shared, warn
from .terminal.echo import echo

if TYPE_CHECKING:
    from pathlib import Path

    from ..engine.results.summary import AnySummary, StudySummary

FIGURES = ("total_return", "sharpe", "max_drawdown", "fills")


@click.command(epilog=example("launchlab runs", "launchlab runs runs --page"))
@click.argument("folder", default="runs", metavar="[FOLDER]")
@click.option("--page", is_flag=True, help="Also write index.html over the runs into the folder.")
@shared("json")
def runs(folder: str, page: bool, as_json: bool) -> None:
    """List the saved runs, sweeps and studies of a folder."""
    from pathlib import Path

    from ..data.doors import is_folder
    from ..data.errors import ConfigError
    from ..engine.results.summary import saved_in

    place = Path(folder)
    if not is_folder(place):
        raise ConfigError(f"{place} is not a folder; `launchlab backtest` writes runs into runs/")
    saved, faults = saved_in(place)
    for fault in faults:
        warn(str(fault))
    if not saved:
        raise ConfigError(f"{place} holds no runs; `launchlab backtest --out {place}/NAME` writes one there")
    if page:
        _write_index(place)
    rows = [_row(path, summary) for path, summary in saved]
    if as_json:
        print_json(rows)
        return
    _print(rows)


def _write_index(place: "Path") -> None:
    from ..data.errors import ConfigError
    from ..reports import write_runs

    try:
        write_runs(place)
    except OSError as error:
        raise ConfigError(
            f"{place}/index.html cannot be written ({error.strerror}); check its permissions"
        ) from None
    echo(f"launchlab: page in {place / 'index.html'}", err=True)


def _row(folder: "Path", summary: "AnySummary") -> dict[str, Any]:
    """What the list shows of one folder: of a sweep its best point, of a study what its windows say."""
    from ..engine.results.summary import RunSummary, SweepSummary

    about = {"run": str(folder), "kind": summary.kind, "simulated": summary.simulated}
    if isinstance(summary, RunSummary):
        names = ("strategy", "start", "end", "engine", "currency")
        told = {name: getattr(summary, name) for name in names}
        return about | told | {name: summary.metrics.get(name) for name in FIGURES}
    if isinstance(summary, SweepSummary):
        told = {name: getattr(summary, name) for name in ("strategy", "start", "end", "currency", "points")}
        label = summary.judgement.label if summary.judgement else None
        return about | told | {name: summary.best.get(name) for name in FIGURES} | {"verdict": label}
    return about | {"events": summary.events, "launches": summary.launches, "windows": _verdicts(summary)}


def _verdicts(summary: "StudySummary") -> dict[str, str]:
    return {name: str(window.get("verdict", "")) for name, window in summary.windows.items()}


def _print(rows: list[dict[str, Any]]) -> None:
    from ..data.figures import number, percent, ratio
    from .terminal.tables import print_table

    cells = [
        (row["run"], row["kind"], row.get("strategy"), row.get("start"), row.get("end"),
         percent(row.get("total_return")), ratio(row.get("sharpe")),
         percent(row.get("max_drawdown")), number(row.get("fills")), _said(row),
         "simulated" if row["simulated"] else "")
        for row in rows
    ]  # fmt: skip
    right = ("return", "Sharpe", "drawdown", "fills")
    print_table(("folder", "kind", "strategy", "start", "end", *right, "says", "prices"), cells, right=right)


def _said(row: dict[str, Any]) -> str:
    """The engine of a run, the verdict on a sweep's best point, the windows of a study."""
    if row["kind"] == "run":
        return str(row["engine"])
    if row["kind"] == "sweep":
        return f"the best of {row['points']:,}: {row['verdict'] or 'not judged'}"
    return ", ".join(f"{name} {verdict}" for name, verdict in row["windows"].items())
