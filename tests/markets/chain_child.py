"""A process in which fetches from two sources are cut short at a chosen write: python chain_child.py < orders.

Each order is a line `kill|stop|full STORE WRITE`. At the WRITE-th opening for writing or renaming in the store the fetch is
killed (SIGKILL), interrupted (SIGINT, as by Ctrl-C), or finds the disk full from then on; how many writes there were, and what
the fetch said, is printed as JSON when it is over. WRITE 0 is none of them.
"""

import errno
import json
import os
import signal
import sys
import threading
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from launchlab.data.bars.bars import Bars, bars_from_columns
from launchlab.data.calendars.sessions import calendar, sessions
from launchlab.data.errors import FetchError
from launchlab.data.instruments.facts import Facts
from launchlab.data.instruments.table import Instrument, load_instruments
from launchlab.data.providers.chain import Chain
from launchlab.data.providers.provider import Gives, gives
from launchlab.data.store.fetch import fetch
from launchlab.data.store.outcome import FetchReport
from launchlab.data.store.store import Store

CODES = tuple(f"60000{i}.SS" for i in range(4))
SPAN = (date(2025, 1, 2), date(2025, 6, 30))


@dataclass
class Plain:
    """A source that has every code."""

    name: str = "plain"
    parallel: int = 2
    lacks: tuple[str, ...] = ()

    @property
    def gives(self) -> Gives:
        return gives({"XSHG": "bars"})

    def bars(self, instrument: Instrument, start: date, end: date) -> Bars:
        if instrument.code in self.lacks:
            raise FetchError(f"{instrument.code}: {self.name} has no such code")
        days = sessions("XSHG", start, end)
        price = 10.0 + np.arange(len(days)) % 7
        columns = dict.fromkeys(("open", "high", "low", "close"), price)
        columns |= {"date": days, "volume": price * 1000}
        return bars_from_columns(instrument.code, columns, {"provider": self.name, "version": "1"})

    def close(self) -> None:
        pass


class Stating(Plain):
    """A source that states listing days too."""

    def facts(self, instrument: Instrument) -> Facts:
        return Facts(instrument.code, self.name, listed=date(1999, 11, 10))


def fetch_chain(store: Store) -> FetchReport:
    """Four codes, of which the first source lacks two; each is held against the second."""
    table = load_instruments()
    first, second = Stating("stating", lacks=CODES[::2]), Plain()
    chain = Chain({"stating": first, "plain": second}, order={"XSHG": ("stating", "plain")})
    return fetch([table[code] for code in CODES], SPAN, provider=chain, store=store, compare=Plain())


class Fault:
    """What happens at the `at`-th write below `root`."""

    def __init__(self, kind: str, root: str, at: int) -> None:
        self.kind, self.root, self.at = kind, root, at
        self.seen, self.lock = 0, threading.Lock()

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        writes = event == "os.rename" or (event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR))
        if not writes or not str(args[0]).startswith(self.root) or str(args[0]).endswith(".lock"):
            return
        with self.lock:
            self.seen += 1
            now, later = self.seen == self.at, 0 < self.at <= self.seen
        if self.kind == "full" and later:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if now:
            os.kill(os.getpid(), {"kill": signal.SIGKILL, "stop": signal.SIGINT}.get(self.kind, 0))


def cut_short(kind: str, root: str, at: int) -> dict[str, object]:
    """A fetch with its fault, in this process."""
    fault = Fault(kind, root, at)
    sys.addaudithook(fault)
    try:
        said = [one.message for one in fetch_chain(Store(Path(root))).outcomes]
    except KeyboardInterrupt:
        said = ["interrupted"]
    return {"writes": fault.seen, "said": said}


def obey(kind: str, root: str, at: str) -> None:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            sys.stdout.write(json.dumps(cut_short(kind, root, int(at))) + "\n")
            sys.stdout.flush()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        sys.stdout.write(json.dumps({"signal": os.WTERMSIG(status)}) + "\n")
    elif os.waitstatus_to_exitcode(status):
        sys.stdout.write(json.dumps({"broken": True}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    calendar("XSHG")
    for line in sys.stdin:
        obey(*line.split())
