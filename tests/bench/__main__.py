"""Everything that is promised about speed, in one table beside what it is held against.

    python -m tests.bench [--quick] [--only WORD]… [--before CHECKOUT] [--write]

Commands and strategies are counted in processor time (user and system, of all processes), the engine in points a second
of wall clock, the market in both: run it on an idle machine. `--quick` takes a quarter of an hour: fewer rounds, a tenth of the market, no
sweep of 100,000 points. `--before` runs the commands of another checkout in turn with this one's. `--write` puts the
table into README.md, between its marks; with `--only` the rows of the other parts stay as they are.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from . import commands, inside, own_strategies
from .engines import contenders, machine, measure
from .loading import loaded, stored
from .shell import thousand
from .table import README, Row, as_markdown, with_others, write_into
from .workloads import make

PARTS = ("small", "backtest", "sweep", "shell", "own", "market", "engine", "inside")
MARKET, QUICK_MARKET = (5_500, 2_500), (550, 2_500)


WANTED = {"W1, general, 1 thread": "45,000 points/s", "W1, fast, 1 thread": "500,000 points/s"}


def engine_rows(rounds: int) -> list[Row]:
    """Points a second of W1 and W2 on both paths, and of whom else is installed."""
    import time

    made = []
    for workload in ("W1", "W2"):
        asked = contenders(make(workload), peers=workload == "W1")
        medians = measure(asked, rounds if workload == "W1" else 3, time.perf_counter)
        peers = [name for name in medians if not name.startswith(("launchlab", "fast"))]
        beside = "; ".join(f"{peer}: {1 / medians[peer]:,.1f}" for peer in peers)
        for name, seconds in medians.items():
            if name in peers:
                continue
            what = f"{workload}, {name.removeprefix('launchlab ')}"
            made.append(Row(what, f"{1 / seconds:,.0f} points/s", WANTED.get(what, ""), beside))
            print(*made[-1], sep=" | ", flush=True)
    return made


def market_rows(codes: int, sessions: int) -> list[Row]:
    """A whole market from the store into a panel, and its check."""
    with stored(codes, sessions) as root:
        wall, busy, peak = loaded(root, codes, sessions)
        words = ("-m", "launchlab.cli", "check", "--prices", str(root))
        with commands.checkouts(None) as paths:
            checked = commands.runner(words, paths["here"], None)()
    size = f"{codes:,} codes × {sessions:,} sessions"
    wanted = "6 s, 2.5 GB" if (codes, sessions) == MARKET else f"6 s, 2.5 GB for {MARKET[0]:,} codes"
    made = [
        Row(f"panel of {size} from the store", f"{wall:.1f} s ({busy:.1f} s), {peak:.2f} GB", wanted),
        Row("`check` of it", f"{checked:.1f} s"),
    ]
    for row in made:
        print(*row, sep=" | ", flush=True)
    return made


def main() -> None:
    """Measure what is asked for, print the table, and write it where that is asked too."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--before", type=Path)
    parser.add_argument("--only", action="append", choices=PARTS)
    asked = parser.parse_args()
    rounds = 3 if asked.quick else 7
    with commands.checkouts(asked.before) as paths:
        parts: dict[str, Callable[[], list[Row]]] = {
            "small": lambda: [
                *commands.import_rows(paths, rounds), *commands.rows_of(commands.SMALL, paths, rounds)
            ],
            "backtest": lambda: commands.rows_of(commands.BACKTESTS, paths, 1 if asked.quick else 5),
            "sweep": lambda: commands.rows_of(
                commands.SWEEPS[:2] if asked.quick else commands.SWEEPS, paths, 1 if asked.quick else 3
            ),
            "shell": lambda: [Row("1,000 points of W1 from the shell, `--quick`", f"{thousand(rounds):.2f} s", "1.2 s")],
            "own": lambda: own_strategies.rows(rounds, sweep=not asked.quick),
            "market": lambda: market_rows(*(QUICK_MARKET if asked.quick else MARKET)),
            "engine": lambda: engine_rows(rounds),
            "inside": lambda: inside.rows(1 if asked.quick else 3, os.cpu_count() or 1),
        }  # fmt: skip
        rows = [row for name in PARTS if not asked.only or name in asked.only for row in parts[name]()]
    about = (
        f"Measured by `python -m tests.bench{' --quick' if asked.quick else ''}` on {os.cpu_count()} cores: "
        f"{machine()}. Medians of runs in turn; commands and strategies in seconds of processor time."
    )
    print(f"\n{as_markdown(rows)}\n\n{about}")
    if asked.write:
        page = README.read_text(encoding="utf-8")
        every = with_others(page, rows) if asked.only else rows
        write_into(README, f"{as_markdown(every)}\n\n{about}")


if __name__ == "__main__":
    main()
