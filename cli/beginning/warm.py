"""`launchlab warm`: the compiled engine, made ahead of the first large sweep."""

import click

from ..options import example
from ..terminal.echo import echo


@click.command(epilog=example("launchlab warm"))
def warm() -> None:
    """Compile the engine ahead of the first large sweep.

    Not needed: little work runs without compiled code, large work compiles what it uses. What is compiled is kept in the user's
    cache folder, or in the one that NUMBA_CACHE_DIR names.
    """
    from ...engine.machine.place import cache_folder
    from ...library.warm import warm as make_ready
    from ..terminal.progress import compiling_bar

    with compiling_bar() as tell:
        missing = make_ready(tell)
    echo(f"{'compiled; it is kept' if missing else 'already compiled, and kept'} in {cache_folder()}")
