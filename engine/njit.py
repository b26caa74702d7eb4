"""Marks of the functions that can be machine code too.

Called as it stands a marked function is the Python that is written. `engine/machine` makes machine code of it, with all
that it calls, where there is enough to do. All of it then runs without the interpreter's lock, and divides by zero as numpy does.
"""

from collections.abc import Callable
from typing import Any

MARKED: list[Any] = []  # in the order of the sources: what a function calls stands before it
MODULES: list[
    str
] = []  # that tell numba what stands for functions which are not compiled as they are written


def _marked(function: Callable[..., Any], **options: Any) -> Any:
    """The function, with what numba looks for in those that it may put into others; options are numba.njit's."""
    function.targetoptions, function.py_func = options, function  # type: ignore[attr-defined]
    MARKED.append(function)
    return function


def compiled(function: Callable[..., Any]) -> Any:
    """Compiled as a function of its own. It makes no arrays: references to views are not counted, which would cost more
    than the arithmetic."""
    return _marked(function, _nrt=False)


def without(*left_out: Callable[..., Any]) -> Callable[[Callable[..., Any]], Any]:
    """Compiled as a function of its own, where a constant rules out every call of those that are `left_out`: so are they."""

    def mark(function: Callable[..., Any]) -> Any:
        function.left_out = frozenset(left_out)  # type: ignore[attr-defined]
        return compiled(function)

    return mark


def called_from_both(function: Any) -> Any:
    """Of a function that Python calls as well as compiled code: it is compiled once for both."""
    function.from_both = True
    return function


def inlined(function: Callable[..., Any]) -> Any:
    """Compiled into each of its callers: for what is hot, or used once, since handing over tuples of arrays costs."""
    return _marked(function, _nrt=False, inline="always")


def allocating(function: Callable[..., Any]) -> Any:
    """Compiled as a function of its own that may make arrays or assign one to a part of another."""
    return _marked(function)


def explained_by(module: str) -> None:
    """Have a module imported before anything is compiled, and not before: it tells numba what a function is in its words."""
    MODULES.append(module)
