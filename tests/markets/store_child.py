"""A process that lets copies of itself write into a store and kills them: python store_child.py < orders.

Each order is a line `write|fetch STORE SECONDS`: a copy starts the work, is killed with SIGKILL after SECONDS, and
`done` is printed. With a STORE as argument it just writes. What is written is the same every time.
"""

import os
import signal
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np

from launchlab.data.bars.bars import Bars, bars_from_columns
from launchlab.data.calendars.sessions import calendar
from launchlab.data.instruments.table import Instrument, load_instruments
from launchlab.data.store.fetch import fetch
from launchlab.data.store.outcome import FetchReport
from launchlab.data.store.store import Asked, Store

CODES = tuple(f"60000{i}.SS" for i in range(5))
MOMENT = "2026-07-01T00:00:00+00:00"


def made(code: str, sessions: int, bump: float = 0.0) -> Bars:
    days = np.arange("2025-01-01", "2026-12-31", dtype="M8[D]")[:sessions]
    price = 10.0 + np.arange(sessions) % 7 + int(code[5])
    price[sessions // 2] += bump
    columns = dict.fromkeys(("open", "high", "low", "close"), price)
    return bars_from_columns(
        code, {**columns, "date": days, "volume": price * 1000}, {"provider": "yahoo", "version": "1"}
    )


def steps() -> list[Bars]:
    """The writes in order."""
    found = [made(code, 200) for code in CODES]
    found += [made(code, 300) for code in CODES]
    return [*found, *(made(code, 300, bump=1.0) for code in CODES)]


def write(store: Store) -> None:
    for bars in steps():
        store.add(bars, Asked(str(bars.sessions[0]), str(bars.sessions[-1]), MOMENT), preference=("yahoo",))


class Memory:
    """A provider that makes its bars up, a little slowly."""

    name = "memory"
    parallel = 3

    def bars(self, instrument: Instrument, start: date, end: date) -> Bars:
        time.sleep(0.005)
        bars = made(instrument.code, 300).between(start, end)
        return Bars(**{**vars(bars), "source": {"provider": self.name, "version": "1"}})

    def close(self) -> None:
        pass


def fetch_all(store: Store) -> FetchReport:
    table = load_instruments()
    span = (date(2025, 1, 1), date(2025, 12, 31))
    return fetch([table[code] for code in CODES], span, provider=Memory(), store=store)


def obey(work: str, root: str, seconds: str) -> None:
    child = os.fork()
    if child == 0:
        {"write": write, "fetch": fetch_all}[work](Store(Path(root)))
        os._exit(0)
    time.sleep(float(seconds))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    sys.stdout.write("done\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write(Store(Path(sys.argv[1])))
        sys.exit()
    calendar("XSHG")
    for line in sys.stdin:
        obey(*line.split())
