"""How often `--judge` calls a run more than chance: simulated bars, real rules and costs, placebo days and the study.

`python -m tests.bench.calibrations.runs` prints the table of docs/research.md (an hour).
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from launchlab.engine.luck.run_verdict import LEVEL, RunVerdict, run_verdict

from .simulated_market import Market, simulate
from .whole_sweeps import interval, to_job

PLACEBOS = 199


@dataclass(frozen=True)
class Traded:
    """A market, and how its launches are traded: `hold` sessions; with `sides` two, every second launch is sold short."""

    market: Market
    hold: int = 5
    sides: int = 1


CASES: Mapping[str, Traded] = {
    "flat": Traded(Market()),
    "flat, every second sold": Traded(Market(), sides=2),
    "flat, held for 20 sessions": Traded(Market(), hold=20),
    "noisy launches on few days": Traded(Market(event_noise=3.0, dates=12, factor_share=0.4)),
    "rising 60 % a year": Traded(Market(trend=0.002)),
    "rising 160 % a year": Traded(Market(trend=0.004)),
    "launches rise 1 % a day for five days": Traded(Market(drift=0.01)),
}


def judged_run(case: Traded, rng: np.random.Generator) -> RunVerdict:
    """What the judge says of one run in one simulated market."""
    job = to_job(*simulate(case.market, rng))
    strategy = job.build({"hold": case.hold, "stop": None})
    legs = strategy.legs(job.launches, job.panel)
    legs["side"][legs["launch"] % case.sides == 1] = -1
    panel = replace(job.panel, shortable=np.ones_like(job.panel.shortable))
    seed = int(rng.integers(2**31))
    return run_verdict(job.launches, panel, legs, job.config, draws=PLACEBOS, seed=seed)


def judge_table(runs: int, seed: int) -> Iterator[str]:
    """Markdown rows, rates in percent with their 95 % intervals."""
    yield "| market | placebo days p < 5 % | more than chance | unclear |"
    yield "|---|---|---|---|"
    for name, case in CASES.items():
        found = [judged_run(case, rng) for rng in np.random.default_rng(seed).spawn(runs)]
        labels = Counter(one.label for one in found)
        days = sum(one.days is not None and one.days.p < LEVEL for one in found)
        counts = (days, labels["more than chance"], labels["unclear"])
        yield f"| {name} | " + " | ".join(interval(count / runs, runs) for count in counts) + " |"


if __name__ == "__main__":
    for row in judge_table(int(sys.argv[1]) if len(sys.argv) > 1 else 200, 0):
        sys.stdout.write(row + "\n")
        sys.stdout.flush()
