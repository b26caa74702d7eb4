"""Machine code of the whole engine, made ahead of the first large piece of work."""

import os
from collections.abc import Callable

from ..data.errors import ConfigError
from ..engine.machine.code import is_kept, is_python_only
from ..engine.machine.place import cache_folder
from ..engine.machine.watch import watching
from ..engine.sweeps.points import PATH_CODE, warm_up
from ..engine.workers.choose import open_runner

Tell = Callable[[str, float, float], None]


def warm(progress: Tell | None = None) -> int:
    """Compile what is not kept yet, on two cores side by side; returns how many of the three paths were missing: the
    general one, the same where legs meet minute bars, and the fast one.

    Not needed: small work runs without machine code, large work makes it. `progress` is called with the name of what is
    compiled, how much is done, and of how much. ConfigError where compiled code cannot be kept.
    """
    if cache_folder() is None or is_python_only():
        raise ConfigError(
            "compiled code cannot be kept: there is no cache folder that only you can write to, or NUMBA_DISABLE_JIT is "
            "set; name a folder of yours in NUMBA_CACHE_DIR, and leave NUMBA_DISABLE_JIT out"
        )
    missing = [path for path, function in PATH_CODE.items() if not is_kept(function)]
    with watching(progress or _silent):
        if len(missing) < 2 or os.cpu_count() == 1:
            warm_up(*missing)
            return len(missing)
        largest = "minutes" if "minutes" in missing else "general"
        with open_runner("processes:1") as beside:
            others = beside.submit(warm_up, *(path for path in missing if path != largest))
            warm_up(largest)
            others.result()
    return len(missing)


def _silent(name: str, done: float, total: float) -> None:
    """Tell nobody."""
