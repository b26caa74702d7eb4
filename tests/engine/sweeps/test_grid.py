"""Points of a grid by number: all of them, once, in an order that keeps shared tables together."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchlab.data.errors import ConfigError
from launchlab.engine.sweeps.grid import Grid, draw

GRID = Grid({"hold": (1, 2, 5), "lag": (0, 1), "stop": (None, 0.05), "entry": ("open", "close")})


def test_the_points_are_every_combination_once() -> None:
    found = [GRID.point(number) for number in range(len(GRID))]
    names = list(GRID.values)
    wanted = set(product(*GRID.values.values()))
    assert len(GRID) == len(found) == 24
    assert {tuple(point[name] for name in names) for point in found} == wanted


def test_points_that_share_their_structural_parameters_stand_together() -> None:
    assert GRID.execution == ("hold", "stop")
    assert GRID.block == 6
    for first in range(0, 24, 6):
        group = {(p["lag"], p["entry"]) for p in map(GRID.point, range(first, first + 6))}
        assert len(group) == 1


def test_columns_are_in_the_order_given() -> None:
    assert list(GRID.point(0)) == ["hold", "lag", "stop", "entry"]


@given(st.integers(0, 23))
def test_the_number_of_a_points_levels_is_its_number(number: int) -> None:
    levels = GRID.levels(np.array([number]))
    assert GRID.number({name: int(level[0]) for name, level in levels.items()}) == number


@pytest.mark.parametrize(
    "values",
    [{"hold": ("a", "b")}, {"hold": (0, 1)}, {"hold": (True,)}, {"stop": (float("inf"),)}, {"gross": (0.0,)}],
)
def test_a_parameter_of_an_execution_name_but_other_values_is_structural(
    values: dict[str, tuple[object]],
) -> None:
    assert Grid(values).execution == ()


@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 99))
def test_drawn_numbers_are_distinct_ascending_and_inside(population: int, count: int, seed: int) -> None:
    count = min(count, population)
    found = draw(population, count, np.random.default_rng(seed))
    assert len(found) == count
    assert (np.diff(found) > 0).all()
    assert found[0] >= 0
    assert found[-1] < population


def test_the_same_seed_draws_the_same_points_of_a_grid_too_large_to_hold() -> None:
    huge = Grid({f"p{k}": tuple(range(1000)) for k in range(6)})
    first, again, other = huge.drawn(1000, 1), huge.drawn(1000, 1), huge.drawn(1000, 2)
    assert len(first) == 1000
    np.testing.assert_array_equal(first.numbers(0, 1000), again.numbers(0, 1000))
    assert (first.numbers(0, 1000) != other.numbers(0, 1000)).any()


def test_drawing_more_points_than_there_are_gives_all_of_them() -> None:
    assert GRID.drawn(100, 0).draws is None


def test_a_draw_is_even_over_the_grid() -> None:
    found = draw(1_000_000, 10_000, np.random.default_rng(3))
    counts = np.histogram(found, bins=10, range=(0, 1_000_000))[0]
    assert abs(counts - 1000).max() < 5 * np.sqrt(1000)


@pytest.mark.parametrize(("count", "said"), [(0, "at least 1 point"), (-5, "at least 1 point")])
def test_drawing_nothing_is_refused(count: int, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        GRID.drawn(count, 0)


def test_a_parameter_without_values_and_a_grid_beyond_numbers_are_refused() -> None:
    with pytest.raises(ConfigError, match="no value for hold"):
        Grid({"hold": ()})
    with pytest.raises(ConfigError, match="coarser steps"):
        Grid({f"p{k}": tuple(range(1000)) for k in range(7)})
