"""Seconds of a sweep of 1,000 points from the shell, on bars and launches of the size of W1. Target: 1.5 s warm.

python -m tests.bench.shell [ROUNDS] [OPTION OF SWEEP]…
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from launchlab.data.calendars import sessions as calendars

from .workloads import Workload, make

ASK = [
    "--grid",
    "hold=1:20",
    "--grid",
    "stop=none,0.03,0.05,0.08,0.12",
    "--grid",
    "target=none,0.05,0.1,0.15,0.25",
]
ASK += ["--grid", "gross=0.3,0.6", "--currency", "CNY", "--bad-bars", "suspend"]


def write(w: Workload, folder: Path) -> None:
    """One CSV of bars for each code, and the ledger."""
    days = calendars.sessions("XSHG", "2021-01-04", "2025-12-31")[: w.size.sessions]
    (folder / "bars").mkdir()
    names = []
    for i in range(w.size.codes):
        wide = np.nanmedian(w.up[:, i] / w.down[:, i]) > 1.35
        names.append(f"{688_001 + i if wide else 600_000 + i}.SS")
        columns = (w.open, w.high, w.low, w.close, w.volume)
        rows = [
            f"{day},{','.join(repr(float(one[t, i])) for one in columns)}"
            for t, day in enumerate(days)
            if w.volume[t, i] > 0
        ]
        text = "\n".join(["date,open,high,low,close,volume", *rows])
        (folder / "bars" / f"{names[-1]}.csv").write_text(text + "\n")
    lines = ["id,announced_at,precision,company,product,kind,codes,source"]
    for k, (row, codes) in enumerate(zip(w.row, w.codes, strict=True)):
        roles = ["pure_play"] * 3 + ["diversified"] * 3
        concerned = ";".join(f"{names[code]}:{role}" for code, role in zip(codes, roles, strict=True))
        lines.append(
            f"l{k},{days[row]}T18:00+08:00,exact,Company,Model,launch,{concerned},https://example.org/{k}"
        )
    (folder / "launches.csv").write_text("\n".join(lines) + "\n")


def measured(rounds: int, options: list[str]) -> tuple[str, float, float]:
    """What the last run printed, and medians of seconds and of processor time, after one run that warms the caches up."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(make("W1"), folder)
        market = ["--launches", str(folder / "launches.csv"), "--prices", str(folder / "bars")]
        command = [sys.executable, "-m", "launchlab.cli", "sweep", *market, *ASK, *options, "--out"]
        # as installed: with the bytecode that Python keeps of our sources
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        walls, busy = [], []
        for number in range(rounds + 1):
            before, started = os.times(), time.perf_counter()
            done = subprocess.run(
                [*command, str(folder / f"out{number}")],
                capture_output=True,
                text=True,
                check=False,
                env=environ,
            )
            walls.append(time.perf_counter() - started)
            after = os.times()
            busy.append(
                after.children_user + after.children_system - before.children_user - before.children_system
            )
            if done.returncode:
                sys.exit(done.stderr)
    return done.stdout, statistics.median(walls[1:]), statistics.median(busy[1:])


def thousand(rounds: int) -> float:
    """Seconds of processor time of 1,000 points that nobody judges."""
    return measured(rounds, ["--quick"])[2]


def main() -> None:
    """Print the medians."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    printed, seconds, busy = measured(rounds, sys.argv[2:])
    print(printed, end="")
    print(
        f"1,000 points from the shell: {seconds:.2f} s, {busy:.2f} s of processor time (medians of {rounds})"
    )


if __name__ == "__main__":
    main()
