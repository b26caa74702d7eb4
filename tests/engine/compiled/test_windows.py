"""A panel and legs laid out for compiled code: the same whoever lays them out, and of one type for every panel."""

import numpy as np
import pytest

from launchlab.engine.compiled import processor
from launchlab.engine.compiled import windows as market
from launchlab.engine.compiled.state import STANDING
from launchlab.engine.compiled.windows import Layout, to_rules
from launchlab.engine.machine.code import machine_code
from launchlab.engine.njit import compiled

from ...markets.random_markets import random_config, random_legs, random_panel


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("threads", [2, 3])
def test_windows_gathered_by_several_threads_are_those_of_one(
    seed: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(seed)
    panel, config = random_panel(rng), random_config(rng)
    legs, laid_out = random_legs(rng, panel, n=40), Layout(panel)
    alone = laid_out.windows(legs, to_rules(config), (-1, -1, -1))
    monkeypatch.setattr(market, "ROWS_FOR_THREADS", 0)
    together = laid_out.windows(legs, to_rules(config), (-1, -1, -1), threads=threads)
    for name in ("order", "worth", "owed", "close", "bar", "leg"):
        assert getattr(alone, name).tobytes() == getattr(together, name).tobytes(), name


@pytest.mark.parametrize("seed", range(4))
def test_all_that_a_panel_gives_compiled_code_is_of_one_type(seed: int) -> None:
    """numba takes writable and read-only arrays for two types and would compile everything twice, half a minute each."""
    laid_out = Layout(random_panel(np.random.default_rng(seed)))
    arrays = [*laid_out.columns, *laid_out.tables, *laid_out.actions]
    assert {(one.flags.writeable, one.flags.c_contiguous) for one in arrays} == {(False, True)}


def test_rows_for_compiled_code_begin_on_cache_lines() -> None:
    for kind in (market.ORDER, STANDING):
        rows = market.lines(5, kind)
        assert (rows.shape, kind.itemsize) == ((5,), 64)
        assert rows.ctypes.data % 64 == 0
        assert not rows.view(np.uint8).any()


def test_what_the_processor_is_told_changes_no_number() -> None:
    @compiled
    def told(values: np.ndarray) -> tuple[float, float, float, float]:
        processor.fetch_line(values, 1)
        low = processor.lower(values[0, 0], values[1, 0])
        high = processor.higher(values[0, 0], values[1, 0])
        return low, high, processor.pick(values[0, 0] > 5.0, 1.0, 2.0), processor.stored(values[1, 0])

    assert machine_code(told)(np.array([[3.0], [7.0]])) == (3.0, 7.0, 2.0, 7.0)
