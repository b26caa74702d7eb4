"""Indicators that step at less cost: what backtrader finds out anew at every bar is found out once.

Which lines an indicator has, what counts its bars, and that nothing on the way is somebody's own, stays as it is for
a whole run. Every indicator still calculates bar by bar, with its own `next`, `nextstart` and `prenext`.
"""

from collections.abc import Callable, Collection
from typing import Any

from backtrader.linebuffer import LineActions, LineBuffer
from backtrader.lineiterator import LineIterator
from backtrader.lineseries import Lines, LineSeries

NAN = float("nan")


def quicken(owner: Any, done: Collection[int] = ()) -> None:
    """Give the indicators and operations of an owner, and those that they are made of, a quicker step.

    What steps, counts or grows in a way of its own keeps it, and so do the ids `done`.
    """
    for node in owner._lineiterators[owner.IndType]:
        if id(node) in done:
            continue
        if isinstance(node, LineIterator):
            quicken(node, done)
        counter = _counter(getattr(node, "_clock", None))
        if counter is None or vars(node).keys() & {"_next", "_clk_update", "forward"}:
            continue
        if isinstance(node, LineActions) and _is_usual(node, LineActions, "_next") and _grows_as_usual(node):
            node._next = _operation_step(node, counter)
        elif isinstance(node, LineIterator) and _is_usual_indicator(node):
            node._next = _indicator_step(node, counter)


def _is_usual(node: Any, base: type, *names: str) -> bool:
    """Whether the class of a node has methods of backtrader's own base class."""
    return all(getattr(type(node), name) is getattr(base, name) for name in names)


def _is_usual_indicator(node: Any) -> bool:
    usual = _is_usual(node, LineIterator, "_next", "_clk_update", "_notify", "forward", "__len__")
    return (
        usual and _is_usual(node.lines, Lines, "forward", "__len__") and all(map(_grows_as_usual, node.lines))
    )


def _grows_as_usual(line: Any) -> bool:
    """Whether a line is a list of numbers that gets longer by one: no saved memory."""
    return line.mode == line.UnBounded and _is_usual(line, LineBuffer, "forward", "__len__")


def _counter(clock: Any) -> Any:
    """The line whose bars a clock counts; None where it counts in a way of its own."""
    if isinstance(clock, LineBuffer):
        return clock if _is_usual(clock, LineBuffer, "__len__") else None
    if isinstance(clock, LineSeries) and _is_usual(clock, LineSeries, "__len__"):
        return _counter(clock.lines[0]) if _is_usual(clock.lines, Lines, "__len__") else None
    return None


def _operation_step(node: Any, counter: Any) -> Callable[[], None]:
    """LineActions._next of a node."""

    def step() -> None:
        bars = counter.lencount
        if bars > node.lencount:
            node._idx += 1
            node.lencount += 1
            node.array.append(NAN)
        period = node._minperiod
        if bars > period:
            node.next()
        elif bars == period:
            node.nextstart()
        else:
            node.prenext()

    return step


def _indicator_step(node: Any, counter: Any) -> Callable[[], None]:
    """LineIterator._next of an indicator."""
    lines, parts = list(node.lines), node._lineiterators[node.IndType]

    def step() -> None:
        bars = counter.lencount
        if bars != lines[0].lencount:
            for line in lines:
                line._idx += 1
                line.lencount += 1
                line.array.append(NAN)
        for part in parts:
            part._next()
        period = node._minperiod
        if bars > period:
            node.next()
        elif bars == period:
            node.nextstart()
        elif bars:
            node.prenext()

    return step
