"""`launchlab examples`: the files that the README and the docs use, in a folder of one's own."""

import click

from ..options import example
from ..terminal.echo import echo


@click.command(epilog=example("launchlab examples", "launchlab examples first-day"))
@click.argument("folder", metavar="[FOLDER]", default="launchlab-examples", required=False)
def examples(folder: str) -> None:
    """Write the files of the README's examples into a folder.

    A ledger, a run file, strategies, a backtrader script, bars, fills, terms of futures. A file that is there is never replaced.
    FOLDER is launchlab-examples where not given.
    """
    from ...library.examples import write_examples

    for path in write_examples(folder):
        echo(path)
    first = "" if folder in (".", "./") else f"cd {folder} && "
    echo(f"next: {first}launchlab backtest --launches week.csv --set hold=3", err=True)
