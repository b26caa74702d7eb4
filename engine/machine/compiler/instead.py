"""One part of numba for another, for a while."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any


@contextmanager
def instead(owner: Any, name: str, asks: tuple[str, ...], make: Callable[[Any], Any]) -> Iterator[None]:
    """Within, `owner.name` is what `make` makes of it; where it does not ask for just these arguments it stays as it is."""
    usual = getattr(owner, name, None)
    if not callable(usual) or tuple(signature(usual).parameters) != asks:
        yield
        return
    setattr(owner, name, make(usual))
    try:
        yield
    finally:
        setattr(owner, name, usual)
