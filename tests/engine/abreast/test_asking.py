"""A function of scalars answers many at once as it answers each, whatever ways they go in it."""

from typing import NamedTuple

import numpy as np

from launchlab.engine.abreast.asking import ask


class Pair(NamedTuple):
    low: float
    name: int


def steps(start: float, pair: Pair, table: np.ndarray) -> tuple[float, Pair]:
    """Branches, loops, a table by number, conditional expressions and the built-in `max`."""
    count = 0.0
    while start > 1.0:
        start /= 2.0
        count += 1.0
    if pair.low < 0.0 and count == 0.0:
        return -1.0, pair
    most = max(pair.low, start)
    return most if most > table[pair.name, 0] else table[pair.name, 1], Pair(count, pair.name)


def test_each_gets_the_answer_that_it_gets_alone() -> None:
    rng = np.random.default_rng(1)
    start, low = rng.uniform(0.0, 40.0, 60), rng.normal(size=60)
    name, table = rng.integers(0, 3, 60), rng.uniform(size=(3, 2))
    many, pairs = ask(steps, start, Pair(low, name), table)
    for k in range(60):
        one, pair = steps(start[k], Pair(low[k], name[k]), table)
        assert (many[k], pairs.low[k], pairs.name[k]) == (one, *pair)
    assert len(np.unique(pairs.low)) > 3


def test_what_all_share_is_given_once_and_answered_to_each() -> None:
    found, pair = ask(steps, np.array([0.5, 0.25]), Pair(-2.0, 1), np.zeros((3, 2)))
    assert found.tolist() == [-1.0, -1.0]
    assert pair.low.tolist() == [-2.0, -2.0]


def test_nobody_is_answered_nothing() -> None:
    found, _ = ask(steps, np.zeros(0), Pair(1.0, 0), np.zeros((3, 2)))
    assert found.shape == (0,)
