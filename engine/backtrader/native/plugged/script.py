"""A script that makes its own Cerebro: every one that it runs is put under the rules first."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import backtrader as bt

from ..cerebro import LaunchCerebro
from .plug import is_plugged


@contextmanager
def plugging(plug: Callable[[Any], None]) -> Iterator[list[Any]]:
    """While it lasts, a Cerebro that runs is plugged by `plug`, and plots nothing; gives those that have run."""
    usual, drawing = bt.Cerebro.run, bt.Cerebro.plot
    ran: list[Any] = []

    def run(cerebro: Any, *words: Any, **options: Any) -> Any:
        if isinstance(cerebro, LaunchCerebro):
            return usual(cerebro, *words, **options)
        if not is_plugged(cerebro):
            plug(cerebro)
        found = usual(cerebro, *words, **options)
        ran.append(cerebro)
        return found

    def plot(cerebro: Any, *words: Any, **options: Any) -> list[Any]:
        return []

    bt.Cerebro.run, bt.Cerebro.plot = run, plot
    try:
        yield ran
    finally:
        bt.Cerebro.run, bt.Cerebro.plot = usual, drawing
