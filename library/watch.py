"""What somebody who waits for a long piece of work is told, and by what: nothing unless it is asked for."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..engine.results.summary import SweepSummary

Step = Callable[[int, int], None]  # points done, and those of them that failed
Bar = Callable[[str, int, Callable[[], str]], AbstractContextManager[Step]]


def _silent(*words: object) -> None:
    """Tell nobody."""


def _no_bar(what: str, total: int, note: Callable[[], str]) -> AbstractContextManager[Step]:
    return nullcontext(_silent)


@dataclass(frozen=True)
class Watch:
    """`tell` and `warn` take a sentence, `stage` holds what is being done, `stopped` the folder of what was interrupted.

    `ranked` takes, as soon as all points are known, the summary without a verdict and the text of top.csv.
    `bar` makes, of what is done, how much of it there is and a note that changes, what is called with every step.
    """

    tell: Callable[[str], None] = _silent
    warn: Callable[[str], None] = _silent
    stage: Callable[[str], AbstractContextManager[object]] = nullcontext
    bar: Bar = _no_bar
    stopped: Callable[[Path], None] = _silent
    ranked: Callable[["SweepSummary", str], None] = _silent


def stepping(progress: Step | None) -> Watch:
    """A watch that only counts."""
    return Watch() if progress is None else Watch(bar=lambda what, total, note: nullcontext(progress))
