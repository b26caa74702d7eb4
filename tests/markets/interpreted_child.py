"""Run in a child process with NUMBA_DISABLE_JIT=1: simulate random markets and save every record.

Usage: python interpreted_child.py OUT FIRST_SEED SEEDS
"""

import os
import sys
from pathlib import Path

import numpy as np

from launchlab.engine.compiled.simulate import simulate

from .random_markets import random_config, random_legs, random_panel

if __name__ == "__main__":
    out, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    if os.environ.get("NUMBA_DISABLE_JIT") != "1":
        raise SystemExit("NUMBA_DISABLE_JIT must be 1, or nothing is shown")
    for seed in range(first, first + count):
        rng = np.random.default_rng(seed)
        panel = random_panel(rng)
        run = simulate(random_legs(rng, panel), panel, random_config(rng))
        np.savez(out / f"{seed}.npz", **run._asdict())
