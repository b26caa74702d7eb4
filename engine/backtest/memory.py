"""What a strategy keeps from one question to the next may come from the future: each question goes to one that keeps nothing.

A mean worked out once on the whole market and kept by code passes every question about another market, since it is not
worked out again.
"""

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from .backtest import Strategy

SECONDS = 5.0  # what making them again may take, of all questions together


@runtime_checkable
class Forgetful(Protocol):
    """A strategy that can be made again, as one of a file can."""

    def afresh(self) -> "Strategy":
        """The same strategy, asked for the first time."""
        ...


@dataclass
class Unasked:
    """Gives the strategy as nobody has asked it; itself, which `remembers`, where it cannot be made again or that takes long."""

    strategy: "Strategy"
    spent: float = 0.0
    remembers: bool = False

    def __call__(self) -> "Strategy":
        if self.remembers or not isinstance(self.strategy, Forgetful):
            self.remembers = True
            return self.strategy
        begun = perf_counter()
        try:
            fresh = self.strategy.afresh()
        except Exception:  # noqa: BLE001 whatever its code raises when it is run a second time
            fresh, self.remembers = self.strategy, True
        self.spent += perf_counter() - begun
        self.remembers |= self.spent > SECONDS
        return fresh
