"""`launchlab report` and `launchlab runs`: the pages of saved runs."""

from typing import TYPE_CHECKING, Any

import click

from .options import example, print_json, shared

if TYPE_CHECKING:
    from pathlib import Path

COMPARE = "compare"


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
    click.echo(str(page))
    if open_page:
        click.launch(page.resolve().as_uri())


def _rebuild(runs: tuple[str, ...], out: str | None) -> "Path":
    from pathlib import Path

    from ..data.errors import ConfigError
    from ..data.files import put_folder
    from ..engine.results.result import load_result
    from .backtest import write_pages

    if len(runs) > 1:
        raise ConfigError(
            "one run at a time is written again; write `launchlab report compare RUN RUN…` to compare"
        )
    folder = Path(runs[0])
    if (folder / "points.parquet").exists():
        return _rebuild_sweep(folder, out)
    if (folder / "study.csv").exists():
        raise ConfigError(
            f"{folder} is the folder of a study, whose page `launchlab study --out {folder}` writes"
        )
    result = load_result(folder)
    place = Path(out) if out is not None else folder
    put_folder(place, lambda made: write_pages(result, made))
    return place / "index.html"


def _rebuild_sweep(folder: "Path", out: str | None) -> "Path":
    from ..data.errors import ConfigError
    from ..reports import write_sweep_folder

    if out is not None:
        raise ConfigError("the map of a sweep is written into the sweep's own folder; leave --out away")
    write_sweep_folder(folder)
    return folder / "index.html"


def _compare(runs: tuple[str, ...], out: "Path") -> "Path":
    from pathlib import Path

    from ..data.errors import ConfigError
    from ..data.files import put_folder
    from ..engine.results.result import load_result
    from ..reports import write_comparison

    if len(runs) < 2:
        raise ConfigError("a comparison needs at least two runs, as `launchlab report compare RUN RUN…`")
    results = {Path(run).resolve().name: load_result(Path(run)) for run in runs}
    put_folder(out, lambda made: write_comparison(results, made), proof="index.html")
    return out / "index.html"


@click.command(epilog=example("launchlab runs", "launchlab runs runs --page"))
@click.argument("folder", default="runs", metavar="[FOLDER]")
@click.option("--page", is_flag=True, help="Also write index.html over the runs into the folder.")
@shared("json")
def runs(folder: str, page: bool, as_json: bool) -> None:
    """List the saved runs of a folder."""
    from pathlib import Path

    from ..data.errors import ConfigError

    place = Path(folder)
    if not place.is_dir():
        raise ConfigError(f"{place} is not a folder; `launchlab backtest` writes runs into runs/")
    found = [row for one in sorted(place.iterdir()) if (row := _row(one))]
    if not found:
        raise ConfigError(f"{place} holds no runs; `launchlab backtest --out {place}/NAME` writes one there")
    if page:
        _write_index(place)
    if as_json:
        print_json(found)
        return
    from .tables import print_table

    rows = [
        (one["run"], one["strategy"], one["start"], one["end"], one["engine"], f"{one['total_return']:.2%}",
         f"{one['sharpe']:.2f}", f"{one['max_drawdown']:.2%}", one["fills"], "simulated" if one["simulated"] else "")
        for one in found
    ]  # fmt: skip
    right = ("return", "Sharpe", "drawdown", "fills")
    print_table(("run", "strategy", "start", "end", "engine", *right, "prices"), rows, right=right)


def _write_index(place: "Path") -> None:
    from ..data.errors import ConfigError
    from ..reports import write_runs

    try:
        write_runs(place)
    except OSError as error:
        raise ConfigError(
            f"{place}/index.html cannot be written ({error.strerror}); check its permissions"
        ) from None
    click.echo(f"launchlab: page in {place / 'index.html'}", err=True)


def _row(folder: "Path") -> dict[str, Any] | None:
    """What the list shows of one folder, None when it is not a run."""
    from ..data.errors import DataError
    from ..engine.results.summary import RunSummary

    try:
        summary = RunSummary.read(folder)
    except DataError:
        return None
    names = ("strategy", "start", "end", "engine", "simulated", "currency")
    about = {name: getattr(summary, name) for name in names}
    figures = {
        name: summary.metrics.get(name) for name in ("total_return", "sharpe", "max_drawdown", "fills")
    }
    return {"run": str(folder), **about, **figures}
