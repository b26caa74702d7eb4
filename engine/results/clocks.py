"""What a run owes to the clocks of its launches, as its summary has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class LaunchClock:
    """One launch whose clock leaves its auctions open: outcomes, and its profit in base money at the worst and best of them.

    `unbounded`: nothing bounds it from below. `run` is its profit at its latest instant.
    """

    __pydantic_config__: ClassVar[Mapping[str, bool]] = {"strict": True}

    launch: str
    choices: int
    unbounded: bool
    run: float
    worst: float
    best: float


@dataclass(frozen=True)
class Clocks:
    """What a run's result owes to clocks: total returns as fractions, profits in base money.

    `traded` launches had a fill in some case; `left_open` of them have more than one outcome, `unbounded` of those nothing bounds
    from below, which are taken to have been public at most `unbounded_days` before. `open_profit` is what they made in the
    run, `possible_profit` what was entered at an auction that is possible, not certain. `draws` are the total returns of the bootstrap,
    `low`, `median` and `high` their 5 %, 50 % and 95 %: the run's own where nothing is open.
    """

    __pydantic_config__: ClassVar[Mapping[str, bool]] = {"strict": True}

    traded: int
    left_open: int
    unbounded: int
    unbounded_days: float
    profit: float
    open_profit: float
    possible_profit: float
    as_run: float
    earliest: float
    latest: float
    worst: float
    low: float
    median: float
    high: float
    seed: int
    draws: tuple[float, ...] = ()
    launches: tuple[LaunchClock, ...] = ()
