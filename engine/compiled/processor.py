"""What the processor is told in words that Python has not.

Of `a if condition else b` the compiler makes branches; where a choice may be what stood at its place before, it makes a
masked store, which on many processors costs more than the arithmetic around it. A run reads single lines of large
tables in an order that no processor foresees, but its own agenda does. And threads that share work count together.
"""

from typing import Any

from numpy.typing import NDArray

from ..njit import explained_by, inlined

# what stands for `pick`, `fetch_line` and `take_next` in machine code; as Python they are what is written here
explained_by(f"{__package__}.instructions")


def pick(condition: bool, a: float, b: float) -> float:
    """`a` where the condition holds, else `b`."""
    return a if condition else b


@inlined
def lower(a: float, b: float) -> Any:
    """The lower of two numbers."""
    return pick(a < b, a, b)


@inlined
def higher(a: float, b: float) -> Any:
    """The higher of two numbers."""
    return pick(a > b, a, b)


@inlined
def stored(chosen: float) -> float:
    """The same number, but not seen to be a choice: its store is not masked."""
    return chosen + 0.0


def fetch_line(array: NDArray[Any], row: int) -> None:
    """Have the processor fetch the cache line in which a row of `array` begins, for use soon; changes nothing."""


def take_next(place: NDArray[Any], n: int) -> int:
    """The number at the front of `place` (1,), to which n is added: where compiled, in one piece, so that no other thread gets
    the same."""
    first = int(place[0])
    place[0] = first + n
    return first
