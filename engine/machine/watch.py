"""What is being compiled, told to whoever watches: its name, and how much of the work is done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any

Tell = Callable[[str, float, float], None]

_watchers: list[Tell] = []


@contextmanager
def watching(tell: Tell) -> Iterator[None]:
    """Have `tell` called with what is compiled, how much is done, and of how much; once more with both equal at the end."""
    _watchers.append(tell)
    try:
        yield
    finally:
        _watchers.remove(tell)


def bulk(function: Any) -> float:
    """How much a marked function is to compile: its bytecode, and that of what is put into it."""
    inside = [one for one in called(function) if one.targetoptions.get("inline")]
    return float(len(function.__code__.co_code) + sum(map(bulk, inside)))


def called(function: Any) -> list[Any]:
    """The marked functions that a marked function calls, each once."""
    names, space = function.__code__.co_names, function.__globals__
    values = [space.get(name) for name in names]
    values += [getattr(one, name, None) for one in values if isinstance(one, ModuleType) for name in names]
    marked = [one for one in values if isinstance(one, FunctionType) and hasattr(one, "targetoptions")]
    return list(dict.fromkeys(marked))


def apart(function: Any, left_out: frozenset[Any] = frozenset()) -> dict[Any, float]:
    """All functions that are compiled on their own for a marked function, itself the last, with their bulks."""
    bulks: dict[Any, float] = {}
    left_out |= getattr(function, "left_out", frozenset())
    for one in called(function):
        bulks |= {} if one in left_out else apart(one, left_out)
    if not function.targetoptions.get("inline"):
        bulks[function] = bulk(function)
    return bulks


@contextmanager
def watched(function: Any) -> Iterator[None]:
    """Tell the watchers how the compilation of a function and of all that it calls goes on."""
    if not _watchers:
        yield
        return
    from .listener import listening

    with listening(apart(function), tell_watchers):
        yield


def tell_watchers(name: str, done: float, total: float) -> None:
    """Tell all that watch what is being compiled, how much is done, and of how much."""
    for one in tuple(_watchers):
        one(name, done, total)
