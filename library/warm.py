"""Machine code of the whole engine, made ahead of the first large piece of work."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..data.errors import ConfigError
from ..engine.compiled.days import RUNNING
from ..engine.machine.code import is_kept, is_python_only
from ..engine.machine.place import cache_folder
from ..engine.machine.watch import tell_watchers, watching
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


class Beside:
    """Another process that compiles the general path; once it is shown, whoever watches hears how that goes on."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process, self.shown = process, False
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def show(self) -> None:
        """From now on somebody waits for it."""
        self.shown = True

    def _listen(self) -> None:
        told = False
        for line in self.process.stdout or ():
            name, done, total = json.loads(line)
            if self.shown:
                tell_watchers(name, done, total)
                told = done < total
        if told:  # it was ended
            tell_watchers("", 1.0, 1.0)


@contextmanager
def warming_beside(points: int, runner: Runner, *, judging: float = 0.0) -> Iterator[Callable[[], None]]:
    """While a sweep of legs begins, the general path is compiled on another core, where it is not kept and will be needed.

    That is where a large sweep begins on the fast path, and where `judging` takes Python more seconds than compiling. A sweep
    that is over before does not wait; nor is it of use to one that other processes run. Call what it gives when the points are
    done: from then on whoever watches hears of it.
    """
    needless = not runner.local or os.cpu_count() == 1 or is_python_only() or cache_folder() is None
    needless |= is_kept(PATH_CODE["general"])
    large = points >= LARGE and not is_kept(PATH_CODE["fast"])
    if needless or not (large or judging > RUNNING.compiling):
        yield _nothing
        return
    words = (
        f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import compile_and_tell; compile_and_tell()"
    )
    # -P: a `types.py` in the folder where it starts is not Python's own
    command, quiet = [sys.executable, "-P", "-c", words], subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet, text=True) as process:
        try:
            yield Beside(process).show
        finally:
            process.terminate()


def compile_and_tell() -> None:
    """What the other process does: it ends with whoever it tells."""

    def tell(name: str, done: float, total: float) -> None:
        sys.stdout.write(json.dumps([name, done, total]) + "\n")
        sys.stdout.flush()

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever it tells ends it
    with watching(tell):
        warm_up("general")


def _nothing() -> None:
    """Nobody waits."""


def _silent(name: str, done: float, total: float) -> None:
    """Tell nobody."""
