"""Parameter points: the batch gives for each point what a run of that point alone gives."""

import numpy as np
import pytest

from launchlab.engine.config import Config
from launchlab.engine.market import Market, Point
from launchlab.engine.metrics import equity_metrics
from launchlab.engine.points import METRICS, POINT, simulate_points
from launchlab.engine.simulate import simulate

from .markets import random_config, random_legs, random_panel


def random_points(rng: np.random.Generator, n: int) -> np.ndarray:
    points = np.zeros(n, POINT)
    points["scale"] = rng.uniform(0.2, 1.5, n)
    points["wait"] = rng.integers(0, 4, n)
    points["hold"] = rng.integers(1, 15, n)
    for name in ("stop", "target", "trail"):
        points[name] = rng.choice([np.nan, 0.03, 0.08], n)
    return points


@pytest.mark.parametrize("seed", range(6))
def test_each_point_of_a_batch_equals_its_own_run(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel, config = random_panel(rng), random_config(rng)
    legs, points = random_legs(rng, panel), random_points(rng, 40)
    table = simulate_points(Market(panel), legs, config, points, periods=253.0, threads=2)
    for j, p in enumerate(points):
        point = Point(p["scale"], int(p["wait"]), int(p["hold"]), p["stop"], p["target"], p["trail"])
        run = simulate(legs, panel, config, point)
        expected = equity_metrics(run.equity, config.capital, 253.0)
        for name, value in expected.items():
            assert table[j, METRICS.index(name)] == pytest.approx(value, rel=1e-9, abs=1e-12), (j, name)
        assert table[j, METRICS.index("fills")] == len(run.fills)
        assert table[j, METRICS.index("blocked")] == len(run.blocks)


@pytest.mark.parametrize("seed", range(4))
def test_the_number_of_threads_changes_no_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng, rows=90, deep=True)
    legs, points = random_legs(rng, panel, n=25), random_points(rng, 700)
    legs["weight"] = rng.choice([0.002, 0.01, 0.03], len(legs))
    tables = [
        simulate_points(
            Market(panel), legs, Config(participation=1.0), points, periods=253.0, threads=threads
        )
        for threads in (1, 2, 3)
    ]
    assert tables[0].tobytes() == tables[1].tobytes() == tables[2].tobytes()
