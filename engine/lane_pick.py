"""A choice between two numbers, and storing it, without a branch.

Of `a if condition else b` the compiler makes branches; where a choice may be what stood at its place before, it makes a
masked store, which on many processors costs more than the arithmetic around it.
"""

from collections.abc import Callable
from typing import Any

from numba.core import types
from numba.extending import intrinsic, overload

from .compiled import njit


def pick(condition: bool, a: float, b: float) -> float:
    """`a` where the condition holds, else `b`."""
    return a if condition else b


@intrinsic
def _select(context: Any, condition: Any, a: Any, b: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(*args)

    return types.float64(types.boolean, types.float64, types.float64), build


@overload(pick)
def _pick(condition: bool, a: float, b: float) -> Callable[..., Any]:
    def picked(condition: bool, a: float, b: float) -> Any:
        return _select(condition, a, b)

    return picked


@njit(inline="always")
def lower(a: float, b: float) -> Any:
    """The lower of two numbers."""
    return pick(a < b, a, b)


@njit(inline="always")
def higher(a: float, b: float) -> Any:
    """The higher of two numbers."""
    return pick(a > b, a, b)


@njit(inline="always")
def stored(chosen: float) -> float:
    """The same number, but not seen to be a choice: its store is not masked."""
    return chosen + 0.0
