"""This checkout beside another on the same points, in turn in one run; prints the ratio of their medians.

    python -m tests.bench.against OTHER_CHECKOUT [W1|W2] [--rounds 15] [--threads 1]

Each checkout runs in a process of its own, which lives through all rounds. Counted is processor time on one thread, in many
short rounds, so that other work on the machine falls on both; on several threads the clock, for which the machine has to be
idle. A ratio above 1 means that this checkout is faster.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parents[2]
# points of a round: a second or so of each path
POINTS = {("W1", "general"): 2_400, ("W2", "general"): 240, ("W1", "auto"): 24_000, ("W2", "auto"): 6_000}
# What a process of a checkout does: after each line of its input, the points once; seconds and, in a file, the answers.
# All of it is machine code: left to itself a process of short runs would do some of the work as Python.
CHILD = """
import contextlib, sys, time
import numpy
from tests.bench import engines
from tests.bench.engines import choices, make, ours, tables
try:
    from launchlab.engine.machine.code import only
except ImportError:  # as in checkouts that compile everything
    only = contextlib.nullcontext
Layout = getattr(engines, "Layout", None) or engines.Market  # as older checkouts call it
name, path, count, threads, kept = *sys.argv[1:3], *map(int, sys.argv[3:5]), sys.argv[5]
workload = make(name)
chosen = choices(24_000)
layout, asked = Layout(workload.panel), tables(workload, chosen[:: len(chosen) // count])
with only("machine"):
    numpy.save(kept, ours(layout, asked, path))
    print("ready", flush=True)
    for _ in sys.stdin:
        spent, begun = time.process_time(), time.perf_counter()
        ours(layout, asked, path, threads)
        print(time.process_time() - spent, time.perf_counter() - begun, flush=True)
"""


class Round(NamedTuple):
    """Seconds of one run: of the processors, and on the clock."""

    spent: float
    clock: float


class Asked(NamedTuple):
    """A workload, one of its paths, and on how many threads."""

    workload: str
    path: str
    threads: int

    @property
    def points(self) -> int:
        """Points of a round."""
        return POINTS[self.workload, self.path]


class Checkout:
    """A process that runs the points with one checkout's code; older ones import their workloads by a bare name."""

    def __init__(self, folder: Path, links: Path, asked: Asked) -> None:
        folder = folder.resolve()
        links.mkdir()
        (links / "launchlab").symlink_to(folder)
        self.kept = links / "answers.npy"
        said = (asked.workload, asked.path, str(asked.points), str(asked.threads), str(self.kept))
        self.child = subprocess.Popen(
            [sys.executable, "-c", CHILD, *said],
            cwd=folder, env=os.environ | {"PYTHONPATH": f"{links}{os.pathsep}{folder / 'tests' / 'bench'}"}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._line()
        self.answers = np.load(self.kept)

    def _line(self) -> str:
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        if not line:
            sys.exit("a checkout's process has ended; what it said stands above")
        return line

    def run(self) -> Round:
        """The points once."""
        assert self.child.stdin is not None
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        return Round(*map(float, self._line().split()))

    def end(self) -> None:
        """Let the process end."""
        self.child.communicate()


def compare(other: Path, asked: Asked, rounds: int) -> str:
    """One line: points a second here, the ratio of medians, the middle half of the rounds' ratios, and whether answers agree."""
    with tempfile.TemporaryDirectory() as links:
        pair = [Checkout(folder, Path(links) / name, asked) for name, folder in (("a", HERE), ("b", other))]
        done = [
            [one.run() for one in (pair if n % 2 else pair[::-1])][:: 1 if n % 2 else -1]
            for n in range(rounds)
        ]
        for one in pair:
            one.end()
    seconds = np.array(done)[:, :, 0 if asked.threads == 1 else 1]
    here, there = np.median(seconds, axis=0)
    low, high = np.quantile(seconds[:, 1] / seconds[:, 0], (0.25, 0.75))
    return (
        f"{asked.workload} {asked.path}, {asked.threads} thread{'s' * (asked.threads > 1)}: {asked.points / here:,.0f} points a second, "
        f"the other {asked.points / there:,.0f}; {there / here:.3f} times as fast (half of the rounds {low:.3f} to {high:.3f}), "
        f"{difference(*(one.answers for one in pair))}"
    )


def difference(here: NDArray[np.float64], there: NDArray[np.float64]) -> str:
    """How far the answers of both are apart, relative to what is more than 1."""
    if here.tobytes() == there.tobytes():
        return "the same bytes"
    apart = np.abs(here - there) / np.maximum(np.abs(here), 1.0)
    return f"answers apart by at most {np.nanmax(apart):.1e}"


def main() -> None:
    """Compare both paths on one workload or both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path)
    parser.add_argument("workload", nargs="?", choices=["W1", "W2"])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    for workload in [given.workload] if given.workload else ["W1", "W2"]:
        for path in ("general", "auto"):
            asked = Asked(workload, path, given.threads)
            print(compare(given.other, asked, given.rounds), flush=True)


if __name__ == "__main__":
    main()
