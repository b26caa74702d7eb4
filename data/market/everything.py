"""What a run without any option needs: the codes of the ledger, of the universe and of the usual benchmarks, and since when."""

from datetime import date, timedelta
from typing import NamedTuple

from ..calendars.hours import CHINA_TIME
from ..instruments.table import Instruments
from ..instruments.typed import Typed, typed
from ..ledger.launch import Launches
from ..ledger.ledger import load_launches
from ..universe.table import load_universe
from .source import USUAL_BENCHMARKS

# Before the first launch, for betas and volatilities of a year.
BEFORE = timedelta(days=400)


class Everything(NamedTuple):
    """The codes in the order in which they are fetched, and the first day."""

    asked: Typed
    start: date


def everything(book: Instruments, launches: Launches | None = None) -> Everything:
    """What the shipped ledger (or `launches`), the universe and the usual benchmarks need."""
    ledger = load_launches(None, book) if launches is None else launches
    members = load_universe(None, book).codes
    named = dict.fromkeys([*ledger.codes, *members, *USUAL_BENCHMARKS])
    asked = typed(list(named), book)
    first = min(launch.announced_at for launch in ledger).astimezone(CHINA_TIME).date()
    start = first - BEFORE
    return Everything(asked, start)
