"""Progress on stderr: a bar on a terminal, nothing when piped."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from time import monotonic
from typing import Any

WINDOW = 30.0  # seconds
Step = Callable[..., None]
SHOWN: list[Any] = []  # displays on the terminal, of which the last is seen


class Pace:
    """How fast something is done: over the last half minute, of which waiting is a part."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.clock = clock
        self.seen = deque([(clock(), 0)])

    def see(self, steps: int) -> None:
        """So many are done now."""
        now = self.clock()
        self.seen.append((now, steps))
        while len(self.seen) > 2 and self.seen[1][0] < now - WINDOW:
            self.seen.popleft()

    def speed(self) -> float:
        """Of them a second."""
        (since, before), (_, done) = self.seen[0], self.seen[-1]
        return (done - before) / max(self.clock() - since, 1e-3)

    def left(self, total: int) -> str:
        """The time that the rest will take, as 0:01:30."""
        speed = self.speed()
        return str(timedelta(seconds=round((total - self.seen[-1][1]) / speed))) if speed > 0.0 else "-:--:--"


@contextmanager
def progress(what: str, total: int | None = None, unit: str = "sessions") -> Iterator[Step]:
    """A bar up to `total`; call what it gives with how many are done, and of how many where that was not known.

    Erased when done.
    """
    if not sys.stderr.isatty():
        yield lambda done, total=None: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
    )
    # what is printed meanwhile stays on stdout where that leads elsewhere
    shared = sys.stdout.isatty()
    display = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=shared)
    with shown(display) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done, total=total: bar.update(task, completed=done, total=total)


@contextmanager
def judging(wanted: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A bar that takes the place of the one that is shown when it is first told how much is done, and of how much."""
    if not wanted:
        yield None
        return
    with ExitStack() as stack:
        steps: list[Step] = []

        def told(done: int, total: int) -> None:
            if not steps:
                for display in SHOWN[-1:]:
                    display.stop()
                steps.append(stack.enter_context(progress("judging", total, "placebo runs")))
            steps[0](done)

        yield told


@contextmanager
def working(what: str) -> Iterator[None]:
    """A spinner for work whose length is not known."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with shown(Console(stderr=True).status(what)):
        yield


@contextmanager
def compiling_bar() -> Iterator[Callable[[str, float, float], None]]:
    """A bar that names what is compiled and how long it will take, while there is something to compile.

    Call what it gives with the name, how much is done, and of how much. Piped, it is one sentence.
    """
    from .echo import echo

    if not sys.stderr.isatty():
        said: list[str] = []

        def say(name: str, done: float, total: float) -> None:
            if not said:
                said.append(name)
                echo("launchlab: compiling the engine, which happens once (half a minute)", err=True)

        yield say
        return
    bar = _CompilingBar()
    try:
        yield bar.show
    finally:
        bar.close()


class _CompilingBar:
    """A bar in the place of the one that is shown, for as long as something is compiled."""

    def __init__(self) -> None:
        self.bar: Any = None
        self.behind: Any = None

    def show(self, name: str, done: float, total: float) -> None:
        """So much is done now; nothing is shown any more when all is."""
        if done >= total:
            self.close()
            return
        if self.bar is None:
            self._open()
        self.bar.update(self.bar.task_ids[0], description=name, completed=done, total=total)

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.behind = SHOWN[-1] if SHOWN else None
        if self.behind is not None:
            self.behind.stop()
        columns = (TextColumn("compiling {task.description}"), BarColumn(), TimeRemainingColumn())
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
        self.bar.add_task("", total=None)
        self.bar.start()

    def close(self) -> None:
        """Give the place back."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
            if self.behind is not None:
                self.behind.start()


@contextmanager
def shown(display: Any) -> Iterator[Any]:
    """A display of rich's, which gives way to the compiler's bar."""
    with display:
        SHOWN.append(display)
        try:
            yield display
        finally:
            SHOWN.remove(display)
