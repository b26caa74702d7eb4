"""A function of one order, asked about many at once: its own source runs on arrays, and where they part ways, on each part."""

from collections.abc import Callable
from operator import itemgetter
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import Rows

T = TypeVar("T")
Change = Callable[[NDArray[Any]], NDArray[Any]]


class _Parted(Exception):
    """A condition holds for some and not for others."""

    def __init__(self, holds: NDArray[np.bool_]) -> None:
        self.holds = holds


class _Many(np.ndarray[Any, Any]):
    """Numbers of many; a condition on them is one answer as long as it is the same for all.

    As with a number, `a += b` makes another and leaves the one that others know by another name.
    """

    def _make_another(self, other: Any) -> Any:
        return NotImplemented

    __iadd__ = __isub__ = __imul__ = __itruediv__ = __iand__ = __ior__ = _make_another

    def __bool__(self) -> bool:
        holds = int(np.count_nonzero(self))
        if 0 < holds < self.size:
            raise _Parted(np.asarray(self))
        return holds > 0


def ask(function: Callable[..., T], *args: Any) -> T:
    """What a function of scalars answers to each of n sets of arguments: arrays (n,), alone or in tuples; others are shared.

    The answer has arrays in the place of scalars. The function may branch and loop, but not write into arrays.
    """
    count = _count(args)
    try:
        return _spread(function(*_changed(args, _as_many, tables=True)), count)
    except _Parted as parted:
        holds = parted.holds
    places = holds.nonzero()[0], (~holds).nonzero()[0]
    answers = [ask(function, *_changed(args, itemgetter(some))) for some in places]
    return _merged(answers, places, count)


def _as_many(one: NDArray[Any]) -> NDArray[Any]:
    return one.view(_Many)


def _count(args: Any) -> int:
    for one in args:
        count = _count(one) if isinstance(one, tuple) else len(one) if _is_of_each(one) else -1
        if count >= 0:
            return count
    return -1


def _is_of_each(one: Any) -> bool:
    """Whether an argument has one element for each; what has two dimensions is a table that all share."""
    return isinstance(one, np.ndarray) and one.ndim == 1


def _changed(args: Any, change: Change, *, tables: bool = False) -> Any:
    """The arguments with what has one element for each changed, and where asked the tables as well."""
    parts = []
    for one in args:
        if isinstance(one, tuple):
            parts.append(_changed(one, change, tables=tables))
        elif isinstance(one, np.ndarray) and (tables or one.ndim == 1):
            parts.append(change(one))
        else:
            parts.append(one)
    return type(args)(*parts) if hasattr(args, "_fields") else tuple(parts)


def _spread(answer: Any, count: int) -> Any:
    """The answer with an array of its own in the place of each scalar."""
    if isinstance(answer, tuple):
        parts = [_spread(one, count) for one in answer]
        return type(answer)(*parts) if hasattr(answer, "_fields") else tuple(parts)
    whole = np.empty(count, np.asarray(answer).dtype)
    whole[:] = answer
    return whole


def _merged(answers: list[Any], places: tuple[Rows, ...], count: int) -> Any:
    if isinstance(answers[0], tuple):
        parts = [_merged(list(one), places, count) for one in zip(*answers, strict=True)]
        return type(answers[0])(*parts) if hasattr(answers[0], "_fields") else tuple(parts)
    whole = np.empty(count, np.result_type(*answers))
    for place, one in zip(places, answers, strict=True):
        whole[place] = one
    return whole
