"""Machine code of the whole engine, made ahead of the first large piece of work."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..data.errors import ConfigError
from ..engine.machine.code import is_kept, is_python_only
from ..engine.machine.place import cache_folder
from ..engine.machine.watch import watching
from ..engine.sweeps.points import PATH_CODE, warm_up
from ..engine.workers.choose import open_runner
from ..engine.workers.runner import Runner

Tell = Callable[[str, float, float], None]
LARGE = 20_000  # points of a sweep that needs the general path too, for those that leave the fast one


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


@contextmanager
def warming_beside(points: int, runner: Runner) -> Iterator[None]:
    """While a large sweep of legs begins on the fast path, the general one is compiled on another core, where neither is kept.

    A sweep that is over before has no use for it, and does not wait; nor has one that other processes run.
    """
    needless = points < LARGE or not runner.local or os.cpu_count() == 1
    needless |= is_python_only() or cache_folder() is None
    if needless or any(is_kept(PATH_CODE[path]) for path in ("general", "fast")):
        yield
        return
    words = f"from {warm_up.__module__} import warm_up; warm_up('general')"
    quiet = subprocess.DEVNULL
    with subprocess.Popen([sys.executable, "-c", words], stdin=quiet, stdout=quiet, stderr=quiet) as beside:
        try:
            yield
        finally:
            beside.terminate()


def _silent(name: str, done: float, total: float) -> None:
    """Tell nobody."""
