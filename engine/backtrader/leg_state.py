"""A leg on its way through a run of the backtrader path, and the orders that it sends."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..judge.records import Order
from ..legs import CLOSE


@dataclass
class LegState:
    """One leg on its way; shares and prices in local units, `held` signed."""

    index: int
    launch: int
    code: int
    side: int
    at: int
    row: int
    wait: int
    hold: int
    weight: float
    rules: tuple[float, float, float]
    entering: bool = True
    planned: float = np.nan
    filled: float = 0.0
    first_try: int = -1
    held: float = 0.0
    basis: float = np.nan
    peak: float = np.nan
    opened_on: int = -1
    bought_row: int = -1
    exit_reason: int = -1
    cut: float = 0.0
    minute: int = -1  # from which it enters inside its first session; −1 at auctions only
    hold_minutes: int = 0  # 0: it holds for sessions
    due: tuple[int, int] = (0, 0)  # row, and minute of it, from which it gets out where it holds for minutes
    lacked: int = -1  # what its last order inside a session lacked


@dataclass
class Attempt:
    """One order about to be sent; `reason` is what a fill will be recorded as."""

    leg: LegState
    order: Order
    price: float
    reason: int
    bar: Any = None  # the minute bar that it meets, None at an auction or a price touched in the daily bar
    at_level: bool = False  # at a price that this bar touches


def leg_states(legs: NDArray[Any]) -> list[LegState]:
    """The rows of a LEG table as objects; `index` is the row in the table."""
    rules = np.column_stack([legs["stop"], legs["target"], legs["trail"]])
    return [
        LegState(
            index=k, launch=int(leg["launch"]), code=int(leg["code"]), side=int(leg["side"]), at=min(int(leg["at"]), CLOSE),
            row=int(leg["row"]), wait=int(leg["wait"]), hold=int(leg["hold"]), weight=float(leg["weight"]),
            rules=(float(rules[k, 0]), float(rules[k, 1]), float(rules[k, 2])),
            minute=int(leg["at"]) if leg["at"] > CLOSE else -1, hold_minutes=int(leg["hold_minutes"]),
        )
        for k, leg in enumerate(legs)
    ]  # fmt: skip
