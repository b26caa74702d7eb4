"""Random numbers: the same inputs give the same run."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

SEED = 0


def state_of_chance() -> Any:
    """Where `random` and `numpy.random` stand."""
    return random.getstate(), np.random.get_state()  # noqa: NPY002 (scripts use either)


@contextmanager
def drawing_from(state: Any) -> Iterator[None]:
    """Let `random` and `numpy.random` go on from a state; afterwards they stand where they stood."""
    before = state_of_chance()
    _set(state)
    try:
        yield
    finally:
        _set(before)


@contextmanager
def seeded() -> Iterator[None]:
    """`random` and `numpy.random` begin the same in every run; a Generator of the strategy's own needs a seed of its own."""
    before = state_of_chance()
    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002
    try:
        yield
    finally:
        _set(before)


def _set(state: Any) -> None:
    random.setstate(state[0])
    np.random.set_state(state[1])  # noqa: NPY002
