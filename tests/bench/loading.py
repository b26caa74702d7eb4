"""Seconds and memory of loading a store into a panel. Run: python -m tests.bench.loading [CODES SESSIONS]…

Targets: 60 codes × 1,000 sessions in 0.5 s warm; 5,500 × 2,500 in 6 s and 2.5 GB. Prices are made up.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from launchlab.data.bars.bars import Bars, bars_from_columns
from launchlab.data.calendars.sessions import calendar
from launchlab.data.panel.build import load_panel
from launchlab.data.store.store import Asked, Store

SHAPES = ((60, 1000), (5500, 2500))


def made(number: int, sessions: int) -> Bars:
    """A random walk on the tick, never near a limit."""
    days = calendar("XSHG").sessions[-sessions - 100 : -100]
    steps = np.random.default_rng(number).normal(0.0, 0.01, sessions).clip(-0.03, 0.03)
    close = np.round(30.0 * np.exp(np.cumsum(steps * 0.5)), 2)
    columns = {"open": close, "high": close + 0.01, "low": close - 0.01, "close": close, "date": days}
    columns |= {"volume": np.arange(1.0, sessions + 1) * 1e4, "pre_close": np.append(close[0], close[:-1])}
    code = f"{number:06d}.SZ" if number < 4000 else f"{596000 + number}.SS"
    return bars_from_columns(code, columns, {"provider": "files"})


def fill(store: Store, codes: int, sessions: int) -> None:
    for number in range(codes):
        bars = made(number, sessions)
        store.add(bars, Asked(str(bars.sessions[0]), str(bars.sessions[-1]), "2026-07-01T00:00:00+00:00"))


def load(store: Store, codes: int) -> float:
    started = time.perf_counter()
    load_panel(store.codes()[:codes], currency="CNY", prices=store)
    return time.perf_counter() - started


@contextmanager
def stored(codes: int, sessions: int) -> Iterator[Path]:
    """A store of made-up codes, which goes when the block ends."""
    with tempfile.TemporaryDirectory(prefix="launchlab-bench-") as folder:
        fill(Store(Path(folder)), codes, sessions)
        yield Path(folder)


def loaded(root: Path, codes: int, sessions: int) -> tuple[float, float, float]:
    """Seconds, seconds of processor time, and GB at the peak of a process that loads a store into a panel, largest child added."""
    words = [sys.executable, "-m", __spec__.name, str(root), str(codes), str(sessions)]
    done = subprocess.run(
        words, check=True, env={**os.environ, "PYTHONWARNINGS": "ignore"}, capture_output=True, text=True
    )
    wall, busy, peak = (float(word) for word in done.stdout.split())
    return wall, busy, peak


def measure(root: Path, codes: int) -> None:
    """Print the three numbers of `loaded`."""
    store = Store(root)
    load(store, min(codes, 2))
    busy = sum(os.times()[:4])
    seconds = load(store, codes)
    busy = sum(os.times()[:4]) - busy
    peak = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(seconds, busy, peak / 1e6)


def main(arguments: list[str]) -> None:
    if len(arguments) == 3:
        measure(Path(arguments[0]), int(arguments[1]))
        return
    given = [(int(arguments[0]), int(arguments[1]))] if arguments else SHAPES
    for codes, sessions in given:
        started = time.perf_counter()
        with stored(codes, sessions) as root:
            print(f"{codes} codes written in {time.perf_counter() - started:.1f} s")
            seconds, busy, peak = loaded(root, codes, sessions)
        print(
            f"{codes} codes x {sessions} sessions: {seconds:.2f} s ({busy:.2f} s of one core), peak {peak:.2f} GB"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
