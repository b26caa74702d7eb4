"""Progress on stderr: a bar on a terminal, nothing when piped."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

WINDOW = 30.0  # seconds
Step = Callable[..., None]


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
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=shared) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done, total=total: bar.update(task, completed=done, total=total)


@contextmanager
def working(what: str) -> Iterator[None]:
    """A spinner for work whose length is not known."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
