"""A script that makes its own Cerebro: every one that it runs is put under the rules first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import backtrader as bt

from .plug import is_plugged


class Undrawn:
    """In the place of the figures of a plot: whatever a script asks of it (`[0][0].savefig("mine.png")`) is not done."""

    def __getattr__(self, name: str) -> "Undrawn":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, place: Any) -> "Undrawn":
        if isinstance(place, int) and place > 0:
            raise IndexError(place)
        return self

    def __call__(self, *words: Any, **options: Any) -> "Undrawn":
        return self


@contextmanager
def plugging(plug: Callable[[Any], None]) -> Iterator[list[Any]]:
    """While it lasts, a Cerebro that runs is plugged by `plug`, and plots nothing; gives those that have run."""
    usual, drawing = bt.Cerebro.run, bt.Cerebro.plot
    ran: list[Any] = []

    def run(cerebro: Any, *words: Any, **options: Any) -> Any:
        if not is_plugged(cerebro):
            plug(cerebro)
        found = usual(cerebro, *words, **options)
        ran.append(cerebro)
        return found

    def plot(cerebro: Any, *words: Any, **options: Any) -> Any:
        return Undrawn()

    bt.Cerebro.run, bt.Cerebro.plot = run, plot
    try:
        yield ran
    finally:
        bt.Cerebro.run, bt.Cerebro.plot = usual, drawing
