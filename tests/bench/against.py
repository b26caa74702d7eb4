"""This checkout beside another on the same points, in turn in one run; prints the ratio of their medians.

    python -m tests.bench.against OTHER_CHECKOUT [W1|W2] [--rounds 15]

Each checkout runs in a process of its own, which lives through all rounds. Counted is processor time on one thread, in many
short rounds, so that other work on the machine falls on both. A ratio above 1 means that this checkout is faster.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parents[2]
# points of a round: a second or so of each path
POINTS = {("W1", "general"): 2_400, ("W2", "general"): 240, ("W1", "auto"): 24_000, ("W2", "auto"): 6_000}
# What a process of a checkout does: after each line of its input, the points once; seconds and a digest of the answers.
CHILD = """
import hashlib, sys, time
from tests.bench import engines
from tests.bench.engines import choices, make, ours, tables
Layout = getattr(engines, "Layout", None) or engines.Market  # as older checkouts call it
name, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
workload = make(name)
chosen = choices(24_000)
layout, asked = Layout(workload.panel), tables(workload, chosen[:: len(chosen) // count])
ours(layout, asked, path)
print("ready", flush=True)
for _ in sys.stdin:
    started = time.process_time()
    answer = ours(layout, asked, path)
    print(time.process_time() - started, hashlib.sha256(answer.tobytes()).hexdigest(), flush=True)
"""


class Round(NamedTuple):
    """Processor seconds of one run, and the digest of its answers."""

    seconds: float
    digest: str


class Checkout:
    """A process that runs the points with one checkout's code; older ones import their workloads by a bare name."""

    def __init__(self, folder: Path, links: Path, asked: tuple[str, str]) -> None:
        folder = folder.resolve()
        links.mkdir()
        (links / "launchlab").symlink_to(folder)
        self.child = subprocess.Popen(
            [sys.executable, "-c", CHILD, *asked, str(POINTS[asked])],
            cwd=folder, env=os.environ | {"PYTHONPATH": f"{links}{os.pathsep}{folder / 'tests' / 'bench'}"}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self._line()

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
        seconds, digest = self._line().split()
        return Round(float(seconds), digest)

    def end(self) -> None:
        """Let the process end."""
        self.child.communicate()


def compare(other: Path, asked: tuple[str, str], rounds: int) -> str:
    """One line: points a second here, the ratio of medians, the middle half of the rounds' ratios, and whether answers agree."""
    with tempfile.TemporaryDirectory() as links:
        pair = [Checkout(folder, Path(links) / name, asked) for name, folder in (("a", HERE), ("b", other))]
        done = [
            [one.run() for one in (pair if n % 2 else pair[::-1])][:: 1 if n % 2 else -1]
            for n in range(rounds)
        ]
        for one in pair:
            one.end()
    here, there = zip(*done, strict=True)
    ratios = sorted(b.seconds / a.seconds for a, b in done)
    median = statistics.median(one.seconds for one in here)
    ratio = statistics.median(one.seconds for one in there) / median
    same = (
        "the same bytes" if {one.digest for one in here} == {one.digest for one in there} else "other answers"
    )
    return (
        f"{asked[0]} {asked[1]}: {POINTS[asked] / median:,.0f} points a second, {ratio:.3f} times as fast "
        f"(half of the rounds {ratios[rounds // 4]:.3f} to {ratios[-1 - rounds // 4]:.3f}), {same}"
    )


def main() -> None:
    """Compare both paths on one workload or both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path)
    parser.add_argument("workload", nargs="?", choices=["W1", "W2"])
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    for workload in [given.workload] if given.workload else ["W1", "W2"]:
        for path in ("general", "auto"):
            print(compare(given.other, (workload, path), given.rounds), flush=True)


if __name__ == "__main__":
    main()
