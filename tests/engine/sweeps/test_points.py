"""Parameter points: the batch gives for each point what a run of that point alone gives."""

import threading
import time

import numba
import numpy as np
import pytest

from launchlab.engine.compiled.points import POINT, point_of
from launchlab.engine.compiled.processor import take_next
from launchlab.engine.compiled.simulate import simulate
from launchlab.engine.compiled.windows import Layout
from launchlab.engine.config import Config
from launchlab.engine.machine.code import machine_code
from launchlab.engine.njit import compiled
from launchlab.engine.results.metrics import Annual, equity_metrics
from launchlab.engine.sweeps.points import (
    METRICS,
    _run_batches,
    _run_points,
    _share,
    simulate_points,
)

from ...markets.minute_market import minute_config, minute_legs, minute_panel
from ...markets.random_markets import random_config, random_legs, random_panel


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
    table = simulate_points(Layout(panel), legs, config, points, periods=253.0, threads=2)
    for j, p in enumerate(points):
        point = point_of(p)
        run = simulate(legs, panel, config, point)
        expected = equity_metrics(run.equity, config.capital, Annual(253.0, panel.years))
        for name, value in expected.items():
            assert table[j, METRICS.index(name)] == pytest.approx(value, rel=1e-9, abs=1e-12), (j, name)
        assert table[j, METRICS.index("fills")] == len(run.fills)
        assert table[j, METRICS.index("blocked")] == len(run.blocks)


@pytest.mark.parametrize("seed", range(4))
def test_points_that_hold_for_minutes_equal_their_own_runs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    panel, config = minute_panel(rng), minute_config(rng)
    legs, points = minute_legs(rng, panel), random_points(rng, 30)
    points["hold_minutes"] = rng.choice([-1, 0, 5, 60, 300], 30)
    table = simulate_points(Layout(panel), legs, config, points, periods=253.0, threads=2)
    for j, p in enumerate(points):
        point = point_of(p)
        run = simulate(legs, panel, config, point)
        assert table[j, METRICS.index("total_return")] == pytest.approx(
            run.equity[-1] / config.capital - 1.0, rel=1e-9, abs=1e-12
        )
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
            Layout(panel), legs, Config(participation=1.0), points, periods=253.0, threads=threads
        )
        for threads in (1, 2, 3)
    ]
    assert tables[0].tobytes() == tables[1].tobytes() == tables[2].tobytes()


@pytest.mark.parametrize("path", ["general", "auto"])
def test_points_may_be_read_only_or_every_second_one_and_nothing_is_compiled_for_that(path: str) -> None:
    rng = np.random.default_rng(3)
    panel = random_panel(rng, rows=60)
    legs, points, market = random_legs(rng, panel), random_points(rng, 260), Layout(panel)
    wanted = simulate_points(market, legs, Config(), points, periods=253.0, path=path)
    made = [] if numba.config.DISABLE_JIT else [machine_code(one) for one in (_run_batches, _run_points)]
    before = [len(getattr(one, "signatures", ())) for one in made]
    apart = np.zeros(2 * len(points), POINT)[::2]
    apart[:] = points
    points.flags.writeable = False
    for same in (points, apart):
        assert (
            simulate_points(market, legs, Config(), same, periods=253.0, path=path).tobytes()
            == wanted.tobytes()
        )
    assert [len(getattr(one, "signatures", ())) for one in made] == before


@pytest.mark.parametrize(("main", "error"), [(True, KeyboardInterrupt), (False, MemoryError)])
def test_all_threads_take_part_and_stop_when_one_of_them_fails(
    main: bool, error: type[BaseException]
) -> None:
    seen = set()

    @compiled
    def taken_from(place: np.ndarray) -> int:
        return take_next(place, 1)

    take = machine_code(taken_from)

    def begin():
        def work(place: np.ndarray) -> None:
            seen.add(threading.get_ident())
            taken = take(place)
            time.sleep(0.001)
            if taken > 50 and main == (threading.current_thread() is threading.main_thread()):
                raise error

        return work

    started = time.monotonic()
    with pytest.raises(error):
        _share(begin, 10**9, 3)
    assert time.monotonic() - started < 60.0
    assert len(seen) == 3
